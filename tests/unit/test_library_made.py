"""Clips that were not rendered for a Library become jobs of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from library_tools import done_job, make_image, make_video

from framepack_widgets import provenance
from framepack_widgets.clip import Clip
from framepack_widgets.descent import Descent, describe
from framepack_widgets.errors import LibraryError
from framepack_widgets.job import JobState
from framepack_widgets.library import Library
from framepack_widgets.library.made import made_id, settings_known
from framepack_widgets.settings import Settings


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "library")


@pytest.fixture
def video(tmp_path: Path) -> Path:
    return make_video(tmp_path / "big.mp4", 6)


def take(library: Library, video: Path, **more: object) -> Clip:
    values = {"studio": "", "origin": "processed", "parents": ("aa", "bb"), "operation": "upscale"}
    return library.take_in(video, None, **{**values, "options": {"factor": 2, "of": [1]}, **more})


def test_a_clip_says_where_it_comes_from_whoever_is_asked(library: Library, video: Path) -> None:
    clip = take(library, video)
    record = library.get(clip.job_id)
    assert record.state is JobState.DONE
    assert record.wish.value == "run"
    for found in (clip, library.clip(record), Clip.open(clip.path)):
        assert found.origin == "processed"
        assert found.parents == ("aa", "bb")
        assert found.operation == "upscale"
        assert found.options == {"factor": 2, "of": (1,)}
        assert found.settings is None, "nobody knows them, so nothing is claimed"
        assert found.facts()["parents"] == ["aa", "bb"]
    assert provenance.read_beside(clip.path) == provenance.read(clip.path)
    assert video.is_file(), "it was copied"
    assert "upscale" in clip.path.name
    assert [r.id for r in library.made_from("bb")] == [record.id]
    assert library.made_from("b") == []


def test_the_record_comes_back_from_the_database_as_it_was(library: Library, video: Path) -> None:
    clip = take(library, video, notes=("looked odd",), created_at=1_600_000_000.0)
    record = library.get(clip.job_id)
    assert record.notes == ("looked odd",)
    assert record.created_at == 1_600_000_000.0
    assert Descent.of(record) == Descent("processed", ("aa", "bb"), "upscale", record.options)
    with pytest.raises(TypeError):
        record.options["factor"] = 3


def test_taking_in_the_same_again_changes_nothing(library: Library, video: Path) -> None:
    first = take(library, video, identity="one")
    before = first.path.stat().st_mtime_ns
    again = take(library, video, identity="one", options={})
    assert again == first
    assert first.path.stat().st_mtime_ns == before
    assert library.count() == 1
    assert library.taken_in("one").id == first.job_id == made_id("one")
    assert library.taken_in("two") is None
    assert take(library, video) != take(library, video), "without an identity each is another"


def test_a_crash_before_the_record_is_made_good_by_calling_again(
    library: Library, video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(library._store, "add", crash)
        take(library, video, identity="one")
    assert library.count() == 0
    clip = take(library, video, identity="one")
    assert [path.name for path in library.clips_folder.glob("*.mp4")] == [clip.path.name]
    assert library.count() == 1


def test_a_crash_before_the_record_is_made_good_by_a_rescan(library: Library, video: Path) -> None:
    clip = take(library, video, identity="one")
    library._database.close()
    for file in library.path.glob("library.sqlite3*"):
        file.unlink()
    again = Library(library.path)
    (record,) = again.rescan()
    assert record.id == made_id("one") == clip.job_id
    assert Descent.of(record) == Descent.of(library_record := again.get(record.id))
    assert library_record.parents == ("aa", "bb")
    assert library_record.origin == "processed"
    assert again.clip(record).settings is None


def test_a_deleted_one_is_not_brought_back_behind_the_users_back(
    library: Library, video: Path
) -> None:
    clip = take(library, video, identity="one")
    assert not library.is_in_trash("one")
    library.delete(clip.job_id).confirm()
    assert library.is_in_trash("one")
    assert library.taken_in("one") is None
    with pytest.raises(LibraryError, match=r"in the trash; library.restore"):
        take(library, video, identity="one")


def test_settings_keep_their_frames_and_name_what_is_missing(
    library: Library, video: Path, tmp_path: Path
) -> None:
    frame = make_image(tmp_path / "frame.png")
    settings = Settings(prompt="a cat", start_frame=str(frame), end_frame="(missing end_frame)")
    clip = library.take_in(video, settings, studio="", origin="adopted", verified="settings")
    found = Clip.open(clip.path).settings
    assert Path(found.start_frame).parent == library.inputs_folder
    assert library.get(clip.job_id).settings.end_frame == "(missing end_frame)"
    assert clip.settings.prompt == "a cat"
    assert clip.verified == "settings"
    assert "a-cat" in clip.path.name


def test_a_render_is_no_origin_to_take_in(library: Library, video: Path) -> None:
    with pytest.raises(LibraryError, match="adopted, joined, processed"):
        take(library, video, origin="render")


def test_what_is_no_video_is_refused_and_leaves_nothing(library: Library, tmp_path: Path) -> None:
    text = tmp_path / "no.mp4"
    text.write_text("no video")
    with pytest.raises(LibraryError, match="not a video"):
        take(library, text)
    assert library.count() == 0
    assert list(library.clips_folder.iterdir()) == []


def test_move_takes_the_file_away(library: Library, video: Path) -> None:
    take(library, video, move=True)
    assert not video.exists()


def test_a_plain_render_writes_nothing_new_into_its_file(library: Library) -> None:
    record = done_job(library)
    facts = provenance.read(library.clip(record).path)
    assert not {"origin", "parents", "operation", "options"} & facts.keys()
    assert library.clip(record).origin == "render"
    assert settings_known(record) is record.settings


@pytest.mark.parametrize(
    ("descent", "text"),
    [
        (Descent(), ""),
        (Descent(parents=("aabbccddeeff",), operation="continue"), "continues aabbccdd"),
        (Descent("joined", ("aabbccddeeff", "112233445566")), "joined from aabbccdd and 11223344"),
        (Descent("processed", ("aabbccddeeff",), "upscale"), "upscale from aabbccdd"),
        (Descent("adopted"), "adopted"),
    ],
)
def test_descent_in_words(descent: Descent, text: str) -> None:
    assert describe(descent) == text


def test_foreign_facts_are_no_descent() -> None:
    assert Descent.read({"origin": 7, "parents": "aa", "operation": [], "options": 1}) == Descent()
