"""What a notebook's page is given: escaped, small, and with an address only where one works."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from library_tools import make_video

import framepack_widgets as fp
from framepack_widgets import _display
from framepack_widgets.job import JobState, Progress

EVIL = '<script>alert("x")</script>'


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Jupyter server's root with the kernel in a folder below it."""
    here = tmp_path / "notebooks"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setattr(_display, "jupyter_root", lambda: tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("place", "url"),
    [
        ("notebooks/a.mp4", "a.mp4"),
        ("notebooks/lib/clips/a b#1.mp4", "lib/clips/a%20b%231.mp4"),
        ("lib/a.mp4", "../lib/a.mp4"),
        ("notebooks/.hidden/a.mp4", None),
        ("../outside.mp4", None),
    ],
)
def test_an_address_only_where_the_server_serves_it(
    root: Path, place: str, url: str | None
) -> None:
    assert _display.url_of((root / place).resolve()) == url


def test_without_a_server_only_what_lies_below_the_kernel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(_display, "jupyter_root", lambda: None)
    assert _display.url_of(tmp_path.resolve() / "lib" / "a.mp4") == "lib/a.mp4"
    assert _display.url_of(tmp_path.resolve().parent / "a.mp4") is None


def test_a_clip_is_a_poster_and_facts_not_bytes(root: Path) -> None:
    path = make_video(root / "clip.mp4", frames=12)
    clip = fp.Clip(path, settings=fp.Settings(prompt=EVIL, steps=9), verified="stamp")
    page = _display.clip_html(clip)
    assert 'src="../clip.mp4"' in page
    assert "0.40 s" in page
    assert "96 × 64" in page
    assert "this job&#x27;s own stamp" in page
    assert EVIL not in page
    assert "&lt;script&gt;" in page
    assert "data:video" not in page
    assert 'preload="none"' in page


def test_a_poster_is_small_even_of_noise(root: Path) -> None:
    noise = SimpleNamespace(poster=lambda width: b"x" * width * 200)
    assert len(_display._poster(noise)) <= _display.POSTER_LIMIT  # type: ignore[arg-type]


def test_a_clip_that_is_gone_says_so(root: Path) -> None:
    page = _display.clip_html(fp.Clip(root / "gone<b>.mp4"))
    assert "gone&lt;b&gt;.mp4" in page
    assert "<video" not in page


def job(**values: Any) -> Any:
    facts: dict[str, Any] = {
        "id": "0123456789ab", "state": JobState.RUNNING, "done": False, "message": "",
        "trouble": None, "notes": (), "clip": None, "progress": Progress(),
        "settings": fp.Settings(prompt=EVIL),
    }  # fmt: skip
    return SimpleNamespace(**{**facts, **values})


def test_a_running_job_shows_how_far_it_is() -> None:
    progress = Progress(
        fraction=0.5, section_fraction=0.25, section=2, sections=3, eta_s=61, text=EVIL
    )
    page = _display.job_html(job(progress=progress, notes=(EVIL,)))
    assert re.search(r'value="0.500".*whole 50%', page)
    assert "section 2 of 3 25%" in page
    assert "61 s left" in page
    assert "<script" not in page


def test_a_failed_job_says_why() -> None:
    page = _display.job_html(job(state=JobState.FAILED, done=True, message="out of <memory>"))
    assert "failed" in page
    assert "out of &lt;memory&gt;" in page
    assert "<progress" not in page


def test_registering_needs_no_ipython_and_happens_by_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names: list[str] = []
    formatter = SimpleNamespace(
        for_type_by_name=lambda module, name, function: names.append(f"{module}.{name}")
    )
    shell = SimpleNamespace(display_formatter=SimpleNamespace(formatters={"text/html": formatter}))
    monkeypatch.delitem(_display.sys.modules, "IPython", raising=False)
    _display.register()
    monkeypatch.setitem(
        _display.sys.modules,
        "IPython",
        SimpleNamespace(get_ipython=lambda: shell),  # type: ignore[arg-type]
    )
    _display.register()
    for name in names:
        module, _, attribute = name.rpartition(".")
        assert hasattr(__import__(module, fromlist=[attribute]), attribute)
    assert len(names) == 3
