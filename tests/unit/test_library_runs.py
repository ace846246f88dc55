"""Runs in the database: links between points and jobs that hold whatever comes between."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from framepack_widgets.errors import LibraryError
from framepack_widgets.frozen import FrozenDict
from framepack_widgets.job import JobRecord, JobState, Wish
from framepack_widgets.library import Library
from framepack_widgets.library.run_rows import NewPoint, Place, RunRecord
from framepack_widgets.settings import Settings

PLACE = Place(0, FrozenDict({"steps": 0}), FrozenDict({"steps": "4"}), "asked")


def run_in(library: Library, *points: str, run: str = "run", name: str = "x") -> RunRecord:
    record = RunRecord(run, "studio", name, {"settings": {}}, time.time())
    new = [NewPoint(p, n, (PLACE,), Settings(prompt=p)) for n, p in enumerate(points)]
    return library.runs.save(record, new)


def job(job_id: str, content: str, **values: Any) -> JobRecord:
    settings = Settings(prompt=content)
    return JobRecord(job_id, "studio", settings, time.time(), content=content, **values)


def done(library: Library, job_id: str, content: str, **values: Any) -> None:
    file = library.clips_folder / f"{job_id}.mp4"
    file.write_bytes(b"a clip")
    values = {"verified": "stamp", **values}
    library.add(job(job_id, content, state=JobState.DONE, clip=file.name, **values))


def test_a_point_becomes_a_job_once(tmp_path: Path) -> None:
    with_library = Library(tmp_path)
    run_in(with_library, "a")
    assert with_library.runs.feed("run", "a", job("1" * 12, "a", run="run"))
    assert not with_library.runs.feed("run", "a", job("2" * 12, "a", run="run"))
    assert [record.id for record in with_library.jobs()] == ["1" * 12]
    assert with_library.runs.points("run")[0].job == "1" * 12
    with_library.close()


@pytest.mark.parametrize("wish", [Wish.PAUSE, Wish.STOP])
def test_a_run_that_is_not_to_go_on_is_not_fed(tmp_path: Path, wish: Wish) -> None:
    library = Library(tmp_path)
    run_in(library, "a")
    library.runs.wish("run", wish)
    assert not library.runs.feed("run", "a", job("1" * 12, "a", run="run"))
    assert library.jobs() == []
    library.close()


def test_a_point_that_has_a_job_keeps_it(tmp_path: Path) -> None:
    library = Library(tmp_path)
    run_in(library, "a")
    done(library, "1" * 12, "a")
    assert library.runs.feed("run", "a", job("2" * 12, "a", run="run"))
    assert library.runs.reuse("run", {"a": "1" * 12}) == 0
    assert library.runs.points("run")[0].job == "2" * 12
    library.close()


def test_which_clips_stand_for_a_point(tmp_path: Path) -> None:
    library = Library(tmp_path)
    assert library.runs.twin("a") is None
    done(library, "1" * 12, "a", partial=True)
    done(library, "2" * 12, "a", notes=("LoRA x: asked with weight 1, the server left it out",))
    done(library, "3" * 12, "b")
    done(library, "6" * 12, "a", verified=None)
    library.add(job("4" * 12, "a", state=JobState.FAILED))
    assert library.runs.twin("a") is None
    done(library, "5" * 12, "a", notes=("seed: has no effect",))
    assert library.runs.twin("a") == "5" * 12
    library.delete("5" * 12).confirm()
    assert library.runs.twin("a") is None
    library.close()


def test_what_a_table_tells_of_a_job_is_what_the_job_says(tmp_path: Path) -> None:
    library = Library(tmp_path)
    run_in(library, "a", "b", "c")
    times = {"started_at": 2.5, "ended_at": 8.0, "finished_at": 9.25}
    done(library, "1" * 12, "a", note='it says "no" – 好', **times)
    done(library, "2" * 12, "b")
    assert library.runs.reuse("run", {"a": "1" * 12, "b": "2" * 12}) == 2
    library.rate("1" * 12, 4)
    library.delete("2" * 12).confirm()
    (facts,) = library.runs.facts("run").values()
    assert facts._asdict() == {
        n: getattr(library.get(facts.job), n, facts.job) for n in facts._fields
    }
    assert (facts.stars, facts.note, facts.ended_at) == (4, 'it says "no" – 好', 8.0)
    library.close()


def test_settings_of_a_point_never_change(tmp_path: Path) -> None:
    library = Library(tmp_path)
    record = run_in(library, "a")
    other = [NewPoint("a", 0, (PLACE,), Settings(prompt="another"))]
    library.runs.save(record, other)
    assert library.runs.settings("run") == {"a": Settings(prompt="a")}
    library.close()


def test_two_runs_of_one_name(tmp_path: Path) -> None:
    library = Library(tmp_path)
    run_in(library, "a")
    with pytest.raises(LibraryError, match="another notebook"):
        run_in(library, "a", run="other")
    assert [record.id for record in library.runs.runs("studio")] == ["run"]
    library.close()


def test_earlier_renders_of_an_older_library_are_known_by_their_settings(tmp_path: Path) -> None:
    import sqlite3

    from framepack_widgets.library import migrations
    from framepack_widgets.sweeps.identity import content_id

    library = Library(tmp_path)
    library.add(job("1" * 12, "a", state=JobState.DONE, clip="a.mp4", verified="id"))
    library.close()
    database = sqlite3.connect(tmp_path / "library.sqlite3")
    for table in ("runs", "run_points"):
        database.execute(f"DROP TABLE {table}")
    for index in ("jobs_by_content", "jobs_by_run"):
        database.execute(f"DROP INDEX {index}")
    for column in ("run", "content"):
        database.execute(f"ALTER TABLE jobs DROP COLUMN {column}")
    database.execute(f"PRAGMA user_version = {migrations.VERSION - 1}")
    database.commit()
    database.close()
    library = Library(tmp_path)
    (library.clips_folder / "a.mp4").write_bytes(b"a clip")
    assert library.runs.twin(content_id(Settings(prompt="a"))) == "1" * 12
    library.close()


def test_runs_go_over_to_the_other_address_of_their_studio(tmp_path: Path) -> None:
    library = Library(tmp_path)
    facts: dict[str, Any] = {"version": None, "schema": None}
    new = library.remember_studio("http://one", app_id="A", **facts)
    old = library.studio("http://two")
    for run, studio, name in (("1", new, "x"), ("2", old, "x"), ("3", old, "y")):
        library.runs.save(RunRecord(run, studio, name, {"settings": {}}, time.time()), [])
    assert library.remember_studio("http://two", app_id="A", **facts) == new
    found = {record.id: record.name for record in library.runs.runs(new)}
    assert found == {"1": "x", "2": "x 2", "3": "y"}
    library.close()
