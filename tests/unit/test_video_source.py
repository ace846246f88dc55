"""Which address a page may play a clip from, and that nothing but that clip's bytes get out."""

from __future__ import annotations

import json
import os
import sys
import zlib
from pathlib import Path

import pytest
from library_tools import make_video

from framepack_widgets.clip import Clip
from framepack_widgets.errors import LibraryError, WrongClip
from framepack_widgets.widgets.clips import video_source
from framepack_widgets.widgets.clips.video_source import CHUNK, VideoSource, route_of


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Jupyter server's root."""
    monkeypatch.setattr(video_source, "jupyter_root", lambda: tmp_path / "root")
    (tmp_path / "root").mkdir()
    return tmp_path / "root"


@pytest.mark.parametrize(
    ("place", "route", "why"),
    [
        ("a.mp4", "a.mp4", ""),
        ("lib/clips/a b#1 100%.mp4", "lib/clips/a%20b%231%20100%25.mp4", ""),
        ("größe?.mp4", "gr%C3%B6%C3%9Fe%3F.mp4", ""),
        ("../a.mp4", None, "outside the notebook server's folder"),
        ("../root-2/a.mp4", None, "outside the notebook server's folder"),
        (".hidden/a.mp4", None, "hidden place (.hidden)"),
        ("lib/.a.mp4", None, "hidden place (.a.mp4)"),
    ],
)
def test_an_address_only_where_the_server_serves_it(
    root: Path, place: str, route: str | None, why: str
) -> None:
    found, reason = route_of(root / place)
    assert found == route
    assert why in reason
    assert bool(reason) == (found is None)


def test_without_a_server_there_is_no_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(video_source, "jupyter_root", lambda: None)
    assert route_of(tmp_path / "a.mp4")[0] is None


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right of their own there")
def test_links_are_followed_before_asking_where_a_clip_lies(root: Path) -> None:
    (root / "inside").mkdir()
    (root / "link.mp4").symlink_to(root / "inside" / "a.mp4")
    (root / "away.mp4").symlink_to(root.parent / "a.mp4")
    (root.parent / "way-in").symlink_to(root)
    assert route_of(root / "link.mp4")[0] == "inside/a.mp4"
    assert route_of(root / "away.mp4")[0] is None
    assert route_of(root.parent / "way-in" / "a.mp4")[0] == "a.mp4"


def test_the_page_is_told_how_to_know_the_file(root: Path) -> None:
    path = make_video(root / "clip.mp4", frames=8)
    data = path.read_bytes()
    told = VideoSource.of(Clip(path)).for_page()
    length, checksum = told["head"]
    assert (told["size"], told["name"], told["route"]) == (len(data), "clip.mp4", "clip.mp4")
    assert zlib.crc32(data[:length]) == checksum
    length, checksum = told["tail"]
    assert zlib.crc32(data[-length:]) == checksum
    assert len(json.dumps(told)) < 1000


def test_parts_make_the_whole_file(root: Path) -> None:
    path = make_video(root / "clip.mp4", frames=4)
    with path.open("ab") as file:
        file.write(os.urandom(2 * CHUNK + 5))
    source = VideoSource.of(Clip(path))
    parts = [source.chunk(number) for number in range(-(-source.size // CHUNK))]
    assert b"".join(parts) == path.read_bytes()
    assert {len(part) for part in parts[:-1]} == {CHUNK}
    for number in (-1, len(parts)):
        with pytest.raises(LibraryError, match="no part"):
            source.chunk(number)


def test_a_file_that_changed_gives_no_bytes(root: Path) -> None:
    path = make_video(root / "clip.mp4", frames=8)
    source = VideoSource.of(Clip(path))
    other = bytes(reversed(path.read_bytes()))  # of the same size
    path.write_bytes(other)
    os.utime(path, ns=(0, source.mtime_ns + 1))
    with pytest.raises(LibraryError, match=r"clip\.mp4 has changed since"):
        source.chunk(0)
    path.unlink()
    with pytest.raises(LibraryError, match="cannot be read"):
        source.chunk(0)


def test_each_state_of_a_file_has_a_key_of_its_own(root: Path) -> None:
    path = make_video(root / "clip.mp4", frames=8)
    first = VideoSource.of(Clip(path)).key
    assert VideoSource.of(Clip(path)).key == first
    make_video(path, frames=9)
    assert VideoSource.of(Clip(path)).key != first


def test_another_jobs_clip_in_its_place_is_refused(root: Path) -> None:
    inside = json.dumps({"framepack_widgets": 1, "job": "bbbbbbbbbbbb"})
    path = make_video(root / "clip.mp4", frames=4, comment=inside)
    assert Clip(path).job_id == "bbbbbbbbbbbb"
    assert VideoSource.of(Clip(path, job_id="bbbbbbbbbbbb"))
    with pytest.raises(WrongClip, match="is job bbbbbbbbbbbb's now, not job aaaaaaaaaaaa's"):
        VideoSource.of(Clip(path, job_id="aaaaaaaaaaaa"))


def test_a_file_that_is_gone_is_told(root: Path) -> None:
    with pytest.raises(LibraryError, match=r"gone\.mp4"):
        VideoSource.of(Clip(root / "gone.mp4"))
