"""Clips that leave a Library, and clips that come in."""

from __future__ import annotations

import json
import shutil
import warnings
import zipfile
from pathlib import Path

import pytest
from library_tools import add_job, done_job, failed_job, make_image, make_video, tree

from framepack_widgets import provenance
from framepack_widgets.clip import Clip
from framepack_widgets.errors import LibraryError
from framepack_widgets.job import JobState
from framepack_widgets.library import Library
from framepack_widgets.settings import Settings


@pytest.fixture
def library(tmp_path: Path):
    library = Library(tmp_path / "lib")
    yield library
    library.close()


def expected_names(*records, inputs: bool = True) -> set[str]:
    names = {"index.json"}
    for record in records:
        names |= {record.clip, record.clip[:-4] + ".json"}
        if inputs and record.settings.start_frame:
            names.add(f"inputs/{Path(record.settings.start_frame).name}")
    return names


def test_export_to_a_zip(library: Library, tmp_path: Path) -> None:
    first = done_job(library, start_frame=str(make_image(tmp_path / "a.png")), prompt="ä")
    second = done_job(library)
    failed_job(library)
    target = library.export(tmp_path / "new" / "out.zip")
    assert target == tmp_path / "new" / "out.zip"
    with zipfile.ZipFile(target) as archive:
        assert set(archive.namelist()) == expected_names(first, second)
        assert archive.testzip() is None
        index = json.loads(archive.read("index.json"))
        archive.extractall(tmp_path / "elsewhere")
    assert {job["id"] for job in index["jobs"]} == {first.id, second.id}
    assert {job["file"] for job in index["jobs"]} == {first.clip, second.clip}
    assert str(tmp_path) not in json.dumps(index)
    shutil.rmtree(library.inputs_folder)
    clip = Clip.open(tmp_path / "elsewhere" / first.clip)
    frame = tmp_path / "elsewhere" / "inputs" / Path(first.settings.start_frame).name
    assert clip.settings == first.settings.replace(start_frame=str(frame))


def test_export_to_a_folder_of_chosen_jobs(library: Library, tmp_path: Path) -> None:
    first = done_job(library, start_frame=str(make_image(tmp_path / "a.png")))
    second = done_job(library)
    target = library.export(tmp_path / "out", first.id[:8], library.clip(second), inputs=False)
    assert set(tree(target)) == expected_names(first, second, inputs=False)
    assert (target / first.clip).read_bytes() == (library.clips_folder / first.clip).read_bytes()


def test_export_overwrites_only_when_told(library: Library, tmp_path: Path) -> None:
    record = done_job(library)
    for name in ("out.zip", "out"):
        target = library.export(tmp_path / name, record)
        before = tree(tmp_path)
        with pytest.raises(LibraryError, match=r"exists already.*overwrite=True"):
            library.export(target, record)
        assert tree(tmp_path) == before
        library.export(target, record, overwrite=True)
    (tmp_path / "out" / "mine.txt").write_text("stays")
    library.export(tmp_path / "out", record, overwrite=True)
    assert (tmp_path / "out" / "mine.txt").exists()
    (tmp_path / "empty").mkdir()
    library.export(tmp_path / "empty", record)


def test_export_of_a_job_without_a_clip_says_so_in_the_index(
    library: Library, tmp_path: Path
) -> None:
    record = failed_job(library)
    target = library.export(tmp_path / "out", record)
    index = json.loads((target / "index.json").read_text())
    assert index["jobs"][0]["file"] is None and index["jobs"][0]["state"] == "failed"
    with pytest.raises(LibraryError, match="no job"):
        library.export(tmp_path / "out2", "nothing")
    assert not (tmp_path / "out2").exists()


def test_export_into_a_file(library: Library, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(LibraryError, match="exists already"):
        library.export(tmp_path / "file")
    with pytest.raises(LibraryError, match="write"):
        library.export(tmp_path / "file" / "below")


def test_everything_comes_back_after_the_database_is_lost(library: Library, tmp_path: Path) -> None:
    key = library.remember_studio("http://host:1", app_id="a", version="0.5.1", schema=None)
    # Reached at another address since: the clips still know whose they are.
    library.remember_studio("http://tunnel", app_id="a", version="0.5.1", schema=None)
    records = [
        done_job(library, studio=key, start_frame=str(make_image(tmp_path / "a.png"))),
        done_job(library, studio=key, partial=True),
    ]
    library.close()
    for file in library.path.glob("library.sqlite3*"):
        file.rename(file.with_name("old-" + file.name))
    again = Library(library.path)
    assert again.jobs() == []
    found = again.rescan()
    assert {r.id for r in found} == {r.id for r in records} == {r.id for r in again.jobs()}
    for record in records:
        new = again.get(record.id)
        assert (new.settings, new.clip, new.partial, new.verified, new.studio) == (
            record.settings, record.clip, record.partial, "stamp", key,
        )  # fmt: skip
        assert new.state is JobState.DONE
        assert new.created_at == record.ended_at
        assert again.clip(new).frame_count == 6
    assert again.rescan() == [], "once"
    assert [f.path for f in again.delete(records[0].id).contents.inputs]
    again.close()


def test_what_cannot_be_taken_in_is_left_alone_and_told(library: Library, tmp_path: Path) -> None:
    make_video(library.clips_folder / "bare.mp4")
    (library.clips_folder / "broken.mp4").write_text("x")
    before = tree(library.path)
    with pytest.warns(UserWarning) as caught:
        assert library.rescan() == []
    texts = " ".join(str(warning.message) for warning in caught)
    assert "bare.mp4 carries no settings" in texts and "broken.mp4 is not a video" in texts
    assert tree(library.path) == before and library.jobs() == []


def test_clips_of_jobs_at_work_or_in_the_trash(library: Library, tmp_path: Path) -> None:
    """A clip adopted just before a crash is its runner's; a copied clip gets an id of its own."""
    from library_tools import render

    record = render(library, add_job(library).id)
    make_video(library.incoming_folder / "x.mp4")
    library.adopt(record, library.incoming_folder / "x.mp4", verified="id", partial=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert library.rescan() == []
    done = done_job(library)
    shutil.copy(library.clips_folder / done.clip, library.clips_folder / "a copy.mp4")
    library.delete(done).confirm()
    (copied,) = library.rescan()
    assert copied.id != done.id and copied.clip == "a copy.mp4"
    assert library.rescan() == []


def test_facts_of_any_kind_in_a_file_from_elsewhere(library: Library, tmp_path: Path) -> None:
    video = make_video(tmp_path / "v.mp4", frames=2)
    facts = {
        "framepack_widgets": 1, "settings": {"prompt": 5, "seed": "x"}, "job": "../../etc",
        "studio": "?", "verified": "certainly", "partial": [], "rendered_at": "now", "inputs": 3,
    }  # fmt: skip
    provenance.write(video, library.clips_folder / "odd.mp4", facts)
    (record,) = library.rescan()
    assert len(record.id) == 12 and record.verified is None and record.partial is False
    assert library.get(record.id).settings == Settings(prompt=5, seed="x")
    assert library.clip(record).frame_count == 2
    library._repr_html_()
    library.delete(record).confirm()
