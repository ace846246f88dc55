"""Jobs and runs of a Studio stand under one key, whatever it is called and wherever it is today."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from library_tools import add_job

from framepack_widgets import registry
from framepack_widgets.job import JobState
from framepack_widgets.library import Library
from framepack_widgets.session import Studio
from framepack_widgets.testing import FakeStudio
from framepack_widgets.widgets.app.app_watch import LibraryWatch, Look


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Library]:
    monkeypatch.setattr(registry.Desk, "start", lambda _: None)  # nothing is sent
    monkeypatch.setattr(registry.Desk, "adopt", lambda *_: None)
    with closing(Library(tmp_path / "library")) as library:
        yield registry.library_at(library)
        for desk in registry.open_desks():
            if desk.library is library:
                registry._desks.pop((library.path, desk.key))


def studio_at(library: Library, url: str, name: str | None = None) -> Studio:
    client: Any = FakeStudio()
    vars(client)["url"] = url
    return Studio(client, registry.desk_for(library, client, name))


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("http://127.0.0.1:40001", "demo"),  # another port each time
        ("https://box.example/proxy/7860", None),
        ("http://127.0.0.1:7860", None),
    ],
)
def test_the_app_looks_where_the_jobs_are(library: Library, url: str, name: str | None) -> None:
    studio = studio_at(library, url, name)
    record = add_job(library, studio=studio.key)
    assert [job.id for job in studio.jobs()] == [record.id]
    looks: list[Look] = []
    watch = LibraryWatch(studio, looks.append, lambda _: None)
    watch.look()
    assert [record.state for record in looks[0].unfinished] == [JobState.WAITING]
    assert watch.has_open_jobs


def test_the_built_in_studio_has_one_key_on_every_port(library: Library) -> None:
    keys = {studio_at(library, f"http://127.0.0.1:{p}", "demo").key for p in (40001, 40002)}
    assert keys == {library.studio("demo")}
