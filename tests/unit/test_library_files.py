"""Frames by content, clips by name, and downloads that become clips whatever happens meanwhile."""

from __future__ import annotations

import errno
import hashlib
import json
import re
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from library_tools import (
    done_job,
    make_image,
    make_video,
    new_record,
    picture,
    python,
    render,
    tree,
    until,
)

from framepack_widgets import durable, provenance
from framepack_widgets.clip import Clip
from framepack_widgets.errors import LibraryError
from framepack_widgets.images import ImageData
from framepack_widgets.job import JobRecord
from framepack_widgets.library import Library
from framepack_widgets.library.clip_files import clip_name
from framepack_widgets.settings import Settings


@pytest.fixture
def library(tmp_path: Path):
    library = Library(tmp_path / "lib")
    yield library
    library.close()


# frames


def test_an_input_is_kept_by_its_content(library: Library, tmp_path: Path) -> None:
    file = make_image(tmp_path / "Cat.PNG")
    kept = library.keep_input(file)
    assert kept == library.inputs_folder / (hashlib.sha256(file.read_bytes()).hexdigest() + ".png")
    assert kept.read_bytes() == file.read_bytes()
    changed = kept.stat().st_mtime_ns
    assert library.keep_input(str(make_image(tmp_path / "other name.png"))) == kept
    assert library.keep_input(file.read_bytes(), ".PNG") == kept
    assert library.keep_input(kept) == kept
    assert kept.stat().st_mtime_ns == changed, "written once"
    assert len(tree(library.inputs_folder)) == 1


def test_a_damaged_input_is_written_again(library: Library, tmp_path: Path) -> None:
    file = make_image(tmp_path / "cat.png")
    kept = library.keep_input(file)
    kept.write_bytes(b"half")
    assert library.keep_input(file).read_bytes() == file.read_bytes()


def test_pictures_in_memory(library: Library) -> None:
    image = ImageData.of(picture(3))
    settings = library.localise(Settings(start_frame=picture(3), end_frame=image, prompt="x"))
    assert settings.start_frame == settings.end_frame
    assert Path(settings.start_frame).read_bytes() == image.png
    assert settings.start_frame.endswith(f"{image.sha256}.png")


def test_localise_keeps_the_rest_and_does_nothing_twice(library: Library, tmp_path: Path) -> None:
    video = make_video(tmp_path / "source.mp4")
    settings = Settings(video=str(video), prompt="x", seed=4, other=5)
    local = library.localise(settings)
    assert local.replace(video=None) == settings.replace(video=None)
    assert Path(local.video).read_bytes() == video.read_bytes()
    assert library.localise(local) is local
    assert library.localise(Settings(prompt="x")) == Settings(prompt="x")


@pytest.mark.parametrize(
    ("suffix", "kept"),
    [(".JPEG", ".jpeg"), ("", ""), (".tar.gz", ""), (".p/ng", ""), (".ünï", ""), ("." * 50, "")],
)
def test_only_plain_suffixes(library: Library, suffix: str, kept: str) -> None:
    name = library.keep_input(b"content", suffix).name
    assert name == hashlib.sha256(b"content").hexdigest() + kept


def test_frames_that_cannot_be_kept(library: Library, tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match=r"start_frame: .*read .*no\.png.*Check the path"):
        library.localise(Settings(start_frame=str(tmp_path / "no.png")))
    with pytest.raises(LibraryError, match="is a folder"):
        library.keep_input(tmp_path)
    with pytest.raises(LibraryError, match="not 5"):
        library.keep_input(5)
    with pytest.raises(LibraryError, match="end_frame"):
        library.localise(Settings(end_frame=np.zeros((2, 2), np.float32)))
    assert tree(library.inputs_folder) == {}


def test_a_full_disk_names_the_file_and_the_room(library: Library, monkeypatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(durable, "put_in_place", full)
    with pytest.raises(LibraryError, match=r"inputs.*No space.*needs 5,000 bytes.*empty_trash"):
        library.keep_input(b"x" * 5000)
    assert tree(library.inputs_folder) == {}, "nothing half-written is left"


# names


def test_the_name_of_a_clip() -> None:
    at = time.mktime((2026, 11, 20, 12, 0, 0, 0, 0, -1))

    def name(prompt: str | None, seed: int | None = 7) -> str:
        settings = Settings(prompt=prompt, seed=seed)
        return clip_name(JobRecord("3f2a9c81d04e", "key", settings, created_at=at))

    assert name("It looks up!") == "2026-11-20-it-looks-up-7-3f2a9c81d04e.mp4"
    timed = "[0s: it looks up] [2.5s-4s: it yawns]"
    assert name(timed) == "2026-11-20-it-looks-up-it-yawns-7-3f2a9c81d04e.mp4"
    assert name("Grüße, Fluß; ÅÉÎ") == "2026-11-20-grusse-fluss-aei-7-3f2a9c81d04e.mp4"
    assert name("猫が見上げる", None) == "2026-11-20-clip-3f2a9c81d04e.mp4"
    assert name(None) == "2026-11-20-clip-7-3f2a9c81d04e.mp4"
    assert (
        name("word " * 50)
        == "2026-11-20-word-word-word-word-word-word-word-word-7-3f2a9c81d04e.mp4"
    )
    assert name("x" * 99) == f"2026-11-20-{'x' * 40}-7-3f2a9c81d04e.mp4"
    assert name("CON/../a:b*?") == "2026-11-20-con-a-b-7-3f2a9c81d04e.mp4"


@given(
    prompt=st.none() | st.text(max_size=300),
    seed=st.none() | st.integers(-(10**30), 10**30) | st.floats() | st.text(),
    job_id=st.text(max_size=40) | st.from_regex(r"[0-9a-f]{12}", fullmatch=True),
    other_id=st.from_regex(r"[0-9a-f]{12}", fullmatch=True),
    created_at=st.floats(allow_nan=True) | st.floats(0, 4e9),
)
def test_any_name_is_valid_everywhere_and_unique(
    prompt: str | None, seed: object, job_id: str, other_id: str, created_at: float
) -> None:
    settings = Settings(prompt=prompt, seed=seed)
    record = JobRecord(job_id, "key", settings, created_at=created_at)
    name = clip_name(record)
    assert name == clip_name(record)
    assert re.fullmatch(r"[0-9a-z][0-9a-z-]*\.mp4", name)
    assert len(name) < 120
    reserved = {"con", "prn", "aux", "nul", *(f"{d}{n}" for d in ("com", "lpt") for n in range(10))}
    assert name.removesuffix(".mp4") not in reserved
    if other_id != job_id:
        assert clip_name(replace(record, id=other_id)) != name


# downloads


def test_a_download_becomes_a_clip(library: Library, tmp_path: Path) -> None:
    library.remember_studio("http://u:secret@host:1", app_id="a", version="0.5.1", schema=None)
    record = new_record(
        library,
        studio=library.studio("http://host:1"),
        start_frame=str(make_image(tmp_path / "c.png")),
    )
    library.add(record)
    record = render(library, record.id)
    download = make_video(library.incoming_folder / "x.mp4", frames=9)
    frames = Clip.open(download).frames()
    path = library.adopt(
        record, download, verified="stamp", partial=True, extra={"lora note": "dropped"}
    )
    assert path == library.clips_folder / library.clip_name(record)
    assert not download.exists()
    clip = Clip.open(path)
    assert np.array_equal(clip.frames(), frames)
    assert clip.settings == record.settings
    assert (clip.partial, clip.verified, clip.job_id) == (True, "stamp", record.id)
    inside, beside = provenance.read(path), provenance.read(provenance.beside(path))
    assert inside == beside
    frame = Path(record.settings.start_frame).name
    assert inside["inputs"] == {"start_frame": {"sha256": frame[:64], "name": frame}}
    assert inside["settings"]["start_frame"] == f"inputs/{frame}"
    assert inside["studio"] == {"key": record.studio, "url": "http://host:1", "version": "0.5.1"}
    assert inside["rendered_at"] == record.ended_at
    assert inside["lora note"] == "dropped"
    assert "secret" not in json.dumps(inside)
    assert str(tmp_path) not in json.dumps(inside)


def test_adopting_again_gives_the_same(library: Library) -> None:
    record = render_one(library)
    download = library.incoming_folder / "x.mp4"
    make_video(download)
    copy = download.read_bytes()
    path = library.adopt(record, download, verified="id", partial=False)
    before, content = tree(library.path), path.read_bytes()
    # Killed before the database heard of it, download gone already.
    assert library.adopt(record, download, verified="id", partial=False) == path
    # Killed before the download was removed.
    download.write_bytes(copy)
    assert library.adopt(record, download, verified="id", partial=False) == path
    # Killed between the clip and the JSON beside it.
    provenance.beside(path).unlink()
    assert library.adopt(record, download, verified="id", partial=False) == path
    assert tree(library.path) == before
    assert path.read_bytes() == content


def render_one(library: Library, **values: object) -> JobRecord:
    record = new_record(library, **values)
    library.add(record)
    return render(library, record.id)


def test_a_clip_keeps_its_name_in_another_time_zone(library: Library, monkeypatch) -> None:
    record = render_one(library)
    make_video(library.incoming_folder / "x.mp4")
    path = library.adopt(record, library.incoming_folder / "x.mp4", verified="id", partial=False)
    monkeypatch.setattr("framepack_widgets.library.clip_files._day", lambda _: "1999-01-01")
    assert library.clip_name(record) != path.name
    again = library.adopt(record, library.incoming_folder / "x.mp4", verified="id", partial=False)
    assert again == path


def test_no_download_and_no_clip(library: Library) -> None:
    record = render_one(library)
    with pytest.raises(LibraryError, match=f"{record.id}.*gone.*Fetch it again"):
        library.adopt(record, library.incoming_folder / "x.mp4", verified="id", partial=False)


@pytest.mark.parametrize("damage", ["text", "empty", "cut", "garbled"])
def test_a_download_that_is_no_whole_video(library: Library, tmp_path: Path, damage: str) -> None:
    record = render_one(library)
    download = library.incoming_folder / "x.mp4"
    provenance.write(make_video(tmp_path / "v.mp4", frames=20), download, {})
    data = download.read_bytes()
    start = data.index(b"mdat") + 4
    contents = {
        "text": b"<html>502</html>",
        "empty": b"",
        "cut": data[: len(data) // 2],
        "garbled": data[:start] + bytes(len(data) - start),
    }
    download.write_bytes(contents[damage])
    with pytest.raises(LibraryError, match=r"x\.mp4.*Download it again"):
        library.adopt(record, download, verified="id", partial=False)
    assert tree(library.clips_folder) == {}
    assert download.exists(), "whoever downloaded it decides"


def test_frames_that_were_never_kept_do_not_name_folders(library: Library, tmp_path: Path) -> None:
    frame = make_image(tmp_path / "cat.png")
    record = new_record(start_frame=str(frame), end_frame=ImageData.of(picture(1)))
    library.add(record)
    record = render(library, record.id)
    make_video(library.incoming_folder / "x.mp4")
    path = library.adopt(record, library.incoming_folder / "x.mp4", verified="id", partial=False)
    facts = provenance.read(path)
    assert str(tmp_path) not in json.dumps(facts) and "base64" not in json.dumps(facts)
    assert len(Clip.open(path).missing_inputs) == 2


ADOPT = """
import os, sys, threading
from pathlib import Path
from framepack_widgets import durable, provenance
from framepack_widgets.library import Library
library = Library(sys.argv[1])
record = library.get(sys.argv[2])
where = sys.argv[3]

def die(*_):
    os.kill(os.getpid(), 9)

def before(module, name):
    setattr(module, name, die)

def after(module, name):
    real = getattr(module, name)
    def wrapped(*arguments):
        real(*arguments)
        die()
    setattr(module, name, wrapped)

if where == "in the copy":
    before(provenance, "_copy_streams")
elif where == "before the rename":
    before(durable, "put_in_place")
elif where == "after the rename":
    after(durable, "put_in_place")
elif where == "in the JSON":
    before(durable, "write_json")
elif where == "before the download goes":
    after(durable, "write_json")
library.adopt(record, library.incoming_folder / "x.mp4", verified="id", partial=False)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9")
@pytest.mark.parametrize(
    "where",
    [
        "in the copy",
        "before the rename",
        "after the rename",
        "in the JSON",
        "before the download goes",
    ],
)
def test_killed_while_adopting(library: Library, where: str) -> None:
    record = render_one(library)
    download = make_video(library.incoming_folder / "x.mp4", frames=15)
    frames = Clip.open(download).frames()
    victim = python(ADOPT, library.path, record.id, where)
    _, error = victim.communicate(timeout=60)
    assert victim.returncode == -9, error
    assert download.exists()
    path = library.adopt(record, download, verified="id", partial=False)
    assert set(tree(library.path)) == {f"clips/{path.name}", f"clips/{path.stem}.json"}
    assert np.array_equal(Clip.open(path).frames(), frames)
    assert Clip.open(path).settings == record.settings


def test_killed_at_any_moment_while_adopting(library: Library) -> None:
    """The same without choosing the moment."""
    record = render_one(library)
    download = make_video(library.incoming_folder / "x.mp4", frames=60, size=(640, 480))
    copy = download.read_bytes()
    for wait in (0.0, 0.004, 0.008, 0.02):
        download.write_bytes(copy)
        victim = python(ADOPT.replace("library.adopt", "print(1, flush=True);library.adopt"),
                        library.path, record.id, "nowhere")  # fmt: skip
        victim.stdout.readline()
        time.sleep(wait)
        victim.kill()
        victim.communicate()
        path = library.adopt(record, download, verified="id", partial=False)
        assert Clip.open(path).frame_count == 60
        assert set(tree(library.path)) == {f"clips/{path.name}", f"clips/{path.stem}.json"}


def test_a_file_that_a_player_holds_open_is_waited_for(tmp_path: Path, monkeypatch) -> None:
    """Windows: replacing fails while somebody reads."""
    real, calls = Path.replace, []

    def busy(self: Path, target: Path) -> Path:
        calls.append(1)
        if len(calls) < 3:
            raise PermissionError(13, "in use")
        return real(self, target)

    (tmp_path / "a").write_text("new")
    monkeypatch.setattr(Path, "replace", busy)
    monkeypatch.setattr(durable, "_IS_WINDOWS", True)
    durable.move(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "b").read_text() == "new" and len(calls) == 3
    calls.clear()
    monkeypatch.setattr(durable, "_IS_WINDOWS", False)
    (tmp_path / "a").write_text("newer")
    with pytest.raises(PermissionError):
        durable.move(tmp_path / "a", tmp_path / "b")


def test_a_file_that_must_not_be_shown(library: Library) -> None:
    record = render_one(library)
    download = make_video(library.incoming_folder / "x.mp4")
    kept = library.keep_aside(record, download, "its stamp is another job's")
    assert kept.parent == library.path / "aside" and kept.name == f"{record.id}-x.mp4"
    assert not download.exists()
    about = json.loads(kept.with_suffix(".json").read_text())
    assert about["why"] == "its stamp is another job's" and about["job"] == record.id
    assert provenance.read(kept) is None, "it carries no settings that are not its own"
    assert library.keep_aside(record, download, "again") == kept
    with pytest.raises(LibraryError, match="no file"):
        library.keep_aside(record, library.incoming_folder / "y.mp4", "x")


def test_the_clip_of_a_job(library: Library) -> None:
    record = done_job(library)
    clip = library.clip(record.id[:6])
    assert clip == library.clip(record) == Clip(library.clips_folder / record.clip)
    assert clip.settings is record.settings or clip.settings == record.settings
    assert (clip.verified, clip.partial, clip.job_id) == ("stamp", False, record.id)
    clip.path.unlink()
    assert library.clip(record) is None
    assert library.clip(new_record()) is None
    with pytest.raises(LibraryError):
        library.clip("ffffffff")


def test_a_library_is_told_in_numbers_and_words(library: Library, tmp_path: Path) -> None:
    record = done_job(library, start_frame=str(make_image(tmp_path / "c.png")), prompt="<b>&x</b>")
    done_job(library)
    size = library.size()
    assert (size.jobs, size.clips_count, size.trash) == (2, 2, 0)
    assert size.clips == sum(tree(library.clips_folder).values())
    assert size.inputs == sum(tree(library.inputs_folder).values())
    assert size.total == size.clips + size.inputs + size.trash + size.database + size.other
    assert str(size).startswith("2 clips, 2 jobs, ")
    assert repr(library).startswith(f"<Library {library.path}: 2 clips")
    page = library._repr_html_()
    assert "&lt;b&gt;&amp;x&lt;/b&gt;" in page and "<b>&x" not in page
    assert record.id in page and str(library.path) in page
    library.delete(record).confirm()
    assert library.size().trash > 0 and library.size().jobs == 1


def test_until_has_a_deadline() -> None:
    with pytest.raises(AssertionError, match="still not so"):
        until(lambda: False, seconds=0.05)


def test_a_copied_clip_gets_its_frames_back_from_the_library(tmp_path: Path) -> None:
    """Its settings name the frame by content: never rendered without it, found where it is kept."""
    library = Library(tmp_path / "lib")
    make_image(tmp_path / "cat.png")
    kept = library.keep_input(tmp_path / "cat.png")
    elsewhere = Settings(prompt="x", start_frame=kept.name)
    assert library.recall(elsewhere).start_frame == str(kept)
    assert library.recall(Settings(start_frame="cat.png")).start_frame == "cat.png"
    other = Library(tmp_path / "other")
    assert other.recall(elsewhere) == elsewhere
    library.close()
    other.close()
