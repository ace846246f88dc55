"""Stars and notes: kept with the job and beside its clip, found again, never lost."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from pathlib import Path

import pytest
from library_tools import add_job, done_job, make_video, render

from framepack_widgets import provenance
from framepack_widgets.errors import LibraryError
from framepack_widgets.events import Fetched
from framepack_widgets.library import Library, migrations


@pytest.fixture
def library(tmp_path: Path):
    made = Library(tmp_path / "lib")
    yield made
    made.close()


def ids(records) -> list[str]:
    return [record.id for record in records]


def test_stars_and_notes_are_kept(library: Library) -> None:
    record = done_job(library)
    assert (record.stars, record.note) == (0, "")
    assert library.rate(record, 4).stars == 4
    assert library.annotate(record.id[:6], "the yawn is good").note == "the yawn is good"
    again = Library(library.path)
    assert (again.get(record.id).stars, again.get(record.id).note) == (4, "the yawn is good")
    again.close()
    assert library.rate(library.clip(record), 0).stars == 0
    assert library.annotate(record, "").note == ""


@pytest.mark.parametrize("stars", [-1, 6, 2.0, "3", None, True])
def test_no_other_ratings(library: Library, stars: object) -> None:
    record = done_job(library)
    with pytest.raises(LibraryError, match="whole number from 0"):
        library.rate(record, stars)
    with pytest.raises(LibraryError, match="whole number from 0"):
        library.jobs(stars=stars) if stars is not None else library.rate(record, stars)
    assert library.get(record.id).stars == 0


@pytest.mark.parametrize("note", [None, 5, "x" * 10_001])
def test_no_other_notes(library: Library, note: object) -> None:
    with pytest.raises(LibraryError, match="10,000 characters"):
        library.annotate(done_job(library), note)


def test_they_are_searched_counted_and_sorted_by(library: Library) -> None:
    records = [done_job(library, seed=seed) for seed in range(4)]
    for record, stars in zip(records, (3, 5, 0, 3), strict=True):
        library.rate(record, stars)
    add_job(library)
    first, second, _, last = ids(records)
    assert ids(library.jobs(stars=3)) == [last, second, first]
    assert ids(library.jobs(stars=3, sort="stars")) == [second, last, first]
    assert ids(library.jobs(sort="stars", has_clip=True, limit=1)) == [second]
    assert (library.count(stars=3), library.count(has_clip=True), library.count()) == (3, 4, 5)
    library.annotate(second, "Wärme im Bild")
    assert ids(library.jobs(text="wärme bild")) == [second]
    with pytest.raises(LibraryError, match="newest or stars"):
        library.jobs(sort="size")


def test_they_survive_deletion_and_undo(library: Library) -> None:
    record = done_job(library)
    library.rate(record, 5)
    library.annotate(record, "keep")
    deletion = library.delete(record).confirm()
    assert library.jobs(stars=1) == []
    with pytest.raises(LibraryError, match="in the trash"):
        library.rate(record.id, 1)
    deletion.undo()
    assert (library.get(record.id).stars, library.get(record.id).note) == (5, "keep")


def test_they_survive_a_lost_database(library: Library, tmp_path: Path) -> None:
    record = done_job(library)
    library.rate(record, 2)
    library.annotate(record, "日本")
    library.close()
    for file in library.path.glob("library.sqlite3*"):
        file.unlink()
    again = Library(library.path)
    (found,) = again.rescan()
    assert (found.id, found.stars, found.note) == (record.id, 2, "日本")
    assert ids(again.jobs(stars=2)) == [record.id]
    again.close()


@pytest.mark.parametrize("wrong", [{"stars": 9, "note": 3}, {"stars": "5"}, {"stars": 2.5}])
def test_nonsense_beside_a_clip_is_left_out(library: Library, wrong: dict) -> None:
    record = done_job(library)
    library.close()
    beside = provenance.beside(library.clips_folder / record.clip)
    beside.write_text(json.dumps({**json.loads(beside.read_text("utf-8")), **wrong}), "utf-8")
    for file in library.path.glob("library.sqlite3*"):
        file.unlink()
    again = Library(library.path)
    (found,) = again.rescan()
    assert (found.stars, found.note) == (0, "")
    again.close()


def test_stars_given_before_there_is_a_clip_reach_its_file(library: Library) -> None:
    record = render(library, add_job(library).id)
    library.rate(record, 3)
    file = make_video(library.incoming_folder / "download.mp4", 4)
    path = library.adopt(record, file, verified="stamp", partial=False)
    library.apply(record.id, Fetched(at=9.0, clip=path.name, verified="stamp", partial=False))
    assert provenance.read_beside(path)["stars"] == 3
    assert library.get(record.id).stars == 3, "what happens to a job leaves its stars alone"


def test_an_export_carries_them(library: Library, tmp_path: Path) -> None:
    record = done_job(library)
    library.rate(record, 4)
    library.annotate(record, "for you")
    with zipfile.ZipFile(library.export(tmp_path / "out.zip")) as archive:
        (job,) = json.loads(archive.read("index.json"))["jobs"]
        beside = json.loads(archive.read(Path(record.clip).with_suffix(".json").name))
    assert (job["stars"], job["note"]) == (4, "for you")
    assert (beside["stars"], beside["note"]) == (4, "for you")


def test_a_live_job_that_is_rated_shows_it(library: Library) -> None:
    from framepack_widgets.live_job import Job

    job = Job(done_job(library), library, lambda: None)
    library.rate(job, 5)
    assert job.record.stars == 5


def test_a_library_of_the_version_before_is_migrated(tmp_path: Path, monkeypatch) -> None:
    """A database as the version without stars wrote it."""
    before = migrations.MIGRATIONS[:2]
    monkeypatch.setattr("framepack_widgets.library.database.MIGRATIONS", before)
    monkeypatch.setattr("framepack_widgets.library.database.VERSION", 2)
    Library(tmp_path / "lib").close()
    monkeypatch.undo()
    file = tmp_path / "lib" / "library.sqlite3"
    with sqlite3.connect(file) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (2,)
        rest = {"wish": "run", "trace": {}, "notes": []}
        connection.execute(
            "INSERT INTO jobs (id, position, studio, state, open, model, created_at, search, "
            "settings, record) VALUES (?, 1, 'k', 'done', 0, 'F1', 5.0, 'old one', '{}', ?)",
            ("aaaabbbbcccc", json.dumps(rest)),
        )
    connection.close()
    library = Library(tmp_path / "lib")
    assert (library.get("aaaa").stars, library.get("aaaa").note) == (0, "")
    assert ids(library.jobs(stars=0)) == ["aaaabbbbcccc"]
    library.rate("aaaa", 5)
    assert ids(library.jobs(stars=5)) == ["aaaabbbbcccc"]
    library.close()
