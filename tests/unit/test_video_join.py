"""Clips behind one another: which pictures are in the file, seen in its pixels."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from library_tools import make_video, picture

import framepack_widgets as fp
from framepack_widgets.clip import Clip
from framepack_widgets.errors import LibraryError
from framepack_widgets.video_join import Piece, write_joined


def seen(clip: Clip, size: tuple[int, int] = (96, 64), most: int = 40) -> list[int]:
    """Which of `make_video`'s pictures each picture of the clip is."""
    known = np.stack([picture(number, size) for number in range(most)]).astype(int)
    return [
        int(np.abs(known - frame.astype(int)).mean(axis=(1, 2, 3)).argmin())
        for frame in clip.iter_frames()
    ]


def joined(target: Path, *pieces: Piece) -> Clip:
    write_joined(pieces, target)
    return Clip.open(target)


def test_the_repeated_picture_is_there_once(tmp_path: Path) -> None:
    first = make_video(tmp_path / "a.mp4", 9)
    second = make_video(tmp_path / "b.mp4", 7)
    clip = fp.join([Clip(first), second], tmp_path / "both", overlap=1)
    assert clip.path.name == "both.mp4"
    assert clip.frame_count == 9 + 7 - 1
    assert seen(clip) == [*range(9), *range(1, 7)]
    assert clip.fps == 30
    assert abs(clip.seconds - 15 / 30) < 0.001
    with av.open(str(clip.path)) as video:
        assert video.streams.video[0].codec_context.name == "h264"
        assert video.streams.video[0].codec_context.pix_fmt == "yuv420p"
    content = clip.path.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat"), "a page can play it while it loads"


def test_cutting_a_piece_short(tmp_path: Path) -> None:
    first = make_video(tmp_path / "a.mp4", 12)
    clip = joined(tmp_path / "c.mp4", Piece(first, 0, 4), Piece(first, 8), Piece(first, 1, 2))
    assert seen(clip) == [0, 1, 2, 3, 8, 9, 10, 11, 1]


def test_whole_clips_of_one_make_are_copied_not_encoded(tmp_path: Path) -> None:
    first = make_video(tmp_path / "a.mp4", 9)
    second = make_video(tmp_path / "b.mp4", 12)
    clip = fp.join([first, second, first], tmp_path / "c.mp4")
    assert seen(clip) == [*range(9), *range(12), *range(9)]
    assert np.array_equal(clip.frame(9), Clip(second).frame(0)), "not one pixel was changed"
    assert np.array_equal(clip.frame(-1), Clip(first).frame(-1))


def test_other_sizes_and_rates_are_fitted_to_the_first(tmp_path: Path) -> None:
    first = make_video(tmp_path / "a.mp4", 6)
    large = make_video(tmp_path / "b.mp4", 6, size=(192, 128))
    quick = tmp_path / "quick.mp4"
    with av.open(str(quick), "w") as out:
        stream = out.add_stream("libx264", rate=60)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        for number in range(8):
            out.mux(stream.encode(av.VideoFrame.from_ndarray(picture(number), format="rgb24")))
        out.mux(stream.encode())
    clip = fp.join([first, large, quick], tmp_path / "c.mp4")
    assert (clip.width, clip.height) == (96, 64)
    assert clip.fps == 30
    assert clip.frame_count == 6 + 6 + 4
    assert seen(clip)[-4:] in ([0, 2, 4, 6], [1, 3, 5, 7])


def test_odd_sizes_become_even(tmp_path: Path) -> None:
    first = tmp_path / "odd.mp4"
    with av.open(str(first), "w") as out:
        stream = out.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = 95, 63, "yuv444p"
        out.mux(stream.encode(av.VideoFrame.from_ndarray(picture(0, (95, 63)), format="rgb24")))
        out.mux(stream.encode())
    clip = fp.join([first, first], tmp_path / "c.mp4")
    assert (clip.width, clip.height, clip.frame_count) == (96, 64, 2)


def test_what_is_refused(tmp_path: Path) -> None:
    first = make_video(tmp_path / "a.mp4", 3)
    text = tmp_path / "text.mp4"
    text.write_text("no video")
    with pytest.raises(LibraryError, match="nothing to join"):
        fp.join([], tmp_path / "c.mp4")
    with pytest.raises(LibraryError, match=r"no clip .*gone.mp4"):
        fp.join([first, tmp_path / "gone.mp4"], tmp_path / "c.mp4")
    with pytest.raises(LibraryError, match=r"text\.mp4"):
        fp.join([first, text], tmp_path / "c.mp4")
    with pytest.raises(LibraryError, match="cannot be -1"):
        fp.join([first, first], tmp_path / "c.mp4", overlap=-1)
    with pytest.raises(LibraryError, match="exists already"):
        fp.join([first, first], first)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.mp4", "text.mp4"]
