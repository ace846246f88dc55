"""Grid videos: which picture of which clip stands where, seen in the file's own pixels."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import PIL.Image
import pytest

from framepack_widgets import video
from framepack_widgets.clip import Clip
from framepack_widgets.errors import LibraryError
from framepack_widgets.video import Empty, GridCancelled, GridVideo, write_grid

SIZE = (64, 48)


def level(number: int, clip: int) -> int:
    """The grey of a clip's picture: which clip it is and which picture, told from one pixel."""
    return 30 + clip * 60 + number % 25 * 4


def make(
    path: Path, pictures: int, clip: int = 0, size: tuple[int, int] = SIZE, rate: int = 30, **how
) -> Path:
    width, height = size
    with av.open(str(path), "w", format="mp4") as out:
        stream = out.add_stream("libx264", rate=rate)
        stream.width, stream.height = size
        stream.pix_fmt = how.pop("pix_fmt", "yuv420p")
        stream.options = {"crf": "4", "bf": "2", **how}
        for number in range(pictures):
            grey = np.full((height, width, 3), level(number, clip), np.uint8)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(grey, format="rgb24")))
        out.mux(stream.encode(None))
    return path


def numbers(grid: GridVideo, at: tuple[int, int], clip: int) -> list[int]:
    """Which of the clip's pictures is to be seen there (x, y) in each picture of the grid."""
    x, y = at
    greys = [picture[y, x].astype(int).mean() for picture in Clip(grid.path).iter_frames()]
    return [round((grey - level(0, clip)) / 4) for grey in greys]


def middle(row: int, column: int, tile: tuple[int, int] = SIZE, gap: int = 8) -> tuple[int, int]:
    """The middle of a tile of a grid without headers."""
    return tuple(
        gap + place * (side + gap) + side // 2
        for place, side in zip((column, row), tile, strict=True)
    )


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """10, 6 and 4 pictures long."""
    folder = tmp_path_factory.mktemp("clips")
    return [make(folder / f"{n}.mp4", count, n) for n, count in enumerate((10, 6, 4))]


# -- what is shown when --------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("unequal", "second", "third"),
    [
        ("freeze", [0, 1, 2, 3, 4, 5, 5, 5, 5, 5], [0, 1, 2, 3, 3, 3, 3, 3, 3, 3]),
        ("loop", [0, 1, 2, 3, 4, 5, 0, 1, 2, 3], [0, 1, 2, 3, 0, 1, 2, 3, 0, 1]),
        ("trim", [0, 1, 2, 3], [0, 1, 2, 3]),
    ],
)
def test_clips_of_unequal_length(
    clips: list[Path], tmp_path: Path, unequal: str, second: list[int], third: list[int]
) -> None:
    grid = write_grid(tmp_path / "g.mp4", [clips[:2], [None, Clip(clips[2])]], unequal=unequal)
    assert grid.frames == len(second) == Clip(grid.path).frame_count
    assert numbers(grid, middle(0, 0), 0) == list(range(len(second)))
    assert numbers(grid, middle(0, 1), 1) == second
    assert numbers(grid, middle(1, 1), 2) == third
    assert grid.notes == ()


def test_every_clip_keeps_its_own_time(tmp_path: Path) -> None:
    slow = make(tmp_path / "slow.mp4", 4, 0, rate=10)
    quick = make(tmp_path / "quick.mp4", 24, 0, rate=60)
    grid = write_grid(tmp_path / "g.mp4", [[slow, quick]])
    assert numbers(grid, middle(0, 0), 0) == [n // 3 for n in range(12)]
    assert numbers(grid, middle(0, 1), 0) == [2 * n for n in range(12)]
    half = write_grid(tmp_path / "half.mp4", [[slow, quick]], fps=15)
    assert Clip(half.path).fps == 15
    assert numbers(half, middle(0, 1), 0) == [0, 4, 8, 12, 16, 20]


# -- the file ------------------------------------------------------------------------------------
def test_the_file_is_one_that_pages_play_and_jump_about_in(tmp_path: Path) -> None:
    clip = make(tmp_path / "a.mp4", 40)
    grid = write_grid(tmp_path / "new" / "out", [[clip]], title="a sweep")
    assert grid.path == tmp_path / "new" / "out.mp4"
    with av.open(str(grid.path)) as video:
        stream = video.streams.video[0]
        assert (stream.codec_context.name, stream.pix_fmt) == ("h264", "yuv420p")
        assert (stream.width, stream.height) == (grid.width, grid.height)
        frames = list(video.decode(stream))
        assert [n for n, frame in enumerate(frames) if frame.key_frame] == [0, 15, 30]
        assert frames[0].colorspace == 6, "else a page takes a large video for ITU-R 709"
    content = grid.path.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")
    poster = PIL.Image.open(grid.poster)
    assert (poster.format, poster.size) == ("PNG", (grid.width, grid.height))
    seen = np.asarray(poster.convert("L"))[-40, 40]
    assert abs(int(seen) - level(20, 0)) <= 2, "the picture in the middle"
    assert sorted(p.name for p in grid.path.parent.iterdir()) == ["out-poster.png", "out.mp4"]


@pytest.mark.parametrize("ending", [".gif", ".webp"])
def test_animated_pictures(clips: list[Path], tmp_path: Path, ending: str) -> None:
    grid = write_grid(tmp_path / f"g{ending}", [clips[:2]], fps=10, unequal="loop")
    with PIL.Image.open(grid.path) as picture:
        assert (picture.n_frames, picture.size) == (grid.frames, (grid.width, grid.height))
        assert grid.frames == 3
        assert picture.info["loop"] == 0, "without end"
        shown = []
        for number in range(picture.n_frames):
            picture.seek(number)
            shown.append(np.asarray(picture.convert("L"))[middle(0, 0)[::-1]])
            assert picture.info.get("duration", 100) == 100
    assert np.allclose(shown, [level(n, 0) for n in (0, 3, 6)], atol=6)
    assert PIL.Image.open(grid.poster).size == (grid.width, grid.height)


@pytest.mark.parametrize("ending", [".gif", ".webp", ".mp4"])
def test_the_right_edge_is_there(clips: list[Path], tmp_path: Path, ending: str) -> None:
    """FFmpeg leaves the last pixels out of some pictures with 4 bytes a pixel."""
    grid = write_grid(tmp_path / f"g{ending}", [[clips[0]]], tile=(66, 50), gap=0, fps=15)
    if ending == ".mp4":
        shown = list(Clip(grid.path).iter_frames())
    else:
        with PIL.Image.open(grid.path) as picture:
            shown = []
            for number in range(picture.n_frames):
                picture.seek(number)
                shown.append(np.asarray(picture.convert("RGB")))
    for number, frame in enumerate(shown):
        assert np.abs(frame[:, 50:].astype(int) - level(2 * number, 0)).max() < 12
    poster = np.asarray(PIL.Image.open(grid.poster).convert("L")).astype(int)
    assert np.ptp(poster) < 8


# -- sizes ---------------------------------------------------------------------------------------
def test_clips_are_fitted_in_whole(tmp_path: Path, clips: list[Path]) -> None:
    tall = make(tmp_path / "tall.mp4", 4, 1, size=(31, 63), pix_fmt="yuv444p")
    grid = write_grid(tmp_path / "g.mp4", [[clips[2], tall]], gap=4)
    assert (grid.width, grid.height) == (4 + 2 * (64 + 4), 4 + 64 + 4)
    frame = Clip(grid.path).frame(0).astype(int).mean(axis=2)
    assert abs(frame[36, 36] - level(0, 2)) <= 2
    assert abs(frame[36, 4 + 68 + 32] - level(0, 1)) <= 2
    assert frame[6, 36] < 40, "above a clip that is less high than its tile"
    assert frame[36, 4 + 68 + 4] < 40, "left of one that is narrow"


def test_tiles_of_a_size_of_ones_own(clips: list[Path], tmp_path: Path) -> None:
    small = write_grid(tmp_path / "s.mp4", [[clips[0]]], tile=32, gap=0)
    assert (small.width, small.height) == (32, 24)
    wide = write_grid(tmp_path / "w.mp4", [[clips[0]]], tile=(200, 50), gap=0)
    assert (wide.width, wide.height) == (200, 50)


def test_a_sheet_is_4096_px_at_the_most(clips: list[Path], tmp_path: Path) -> None:
    row = [clips[2]] * 2 + [None] * 28
    grid = write_grid(
        tmp_path / "g.mp4", [row], tile=(640, 480), row_headers=["a"], unequal="trim", fps=5
    )
    assert 3900 < grid.width <= 4096
    (note,) = grid.notes
    assert "instead of 640 x 480" in note
    assert "4096 x 4096" in note
    frame = Clip(grid.path).frame(0)
    assert abs(int(frame[grid.height // 2, 100, 0]) - level(0, 2)) <= 3
    with pytest.raises(ValueError, match="do not fit"):
        write_grid(tmp_path / "h.mp4", [[clips[0]] + [None] * 400])


def test_other_colour_spaces_look_the_same(tmp_path: Path) -> None:
    colour = np.zeros((48, 64, 3), np.uint8)
    colour[:] = (200, 60, 40)
    paths = []
    for matrix, full in (("bt709", False), ("smpte170m", True)):
        path = tmp_path / f"{matrix}.mp4"
        with av.open(str(path), "w", format="mp4") as out:
            stream = out.add_stream("libx264", rate=30)
            stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
            stream.options = {
                "crf": "4",
                "colorspace": matrix,
                "color_range": "pc" if full else "tv",
            }
            frame = av.VideoFrame.from_ndarray(colour, format="rgb24").reformat(
                format="yuv420p",
                dst_colorspace=1 if matrix == "bt709" else 5,
                dst_color_range=2 if full else 1,
            )
            out.mux(stream.encode(frame))
            out.mux(stream.encode(None))
        paths.append(path)
    grid = write_grid(tmp_path / "g.mp4", [paths])
    frame = Clip(grid.path).frame(0).astype(int)
    for column in range(2):
        x, y = middle(0, column)
        assert np.abs(frame[y, x] - (200, 60, 40)).max() <= 4


# -- what is not there ---------------------------------------------------------------------------
def test_what_cannot_be_read_is_a_placeholder(clips: list[Path], tmp_path: Path) -> None:
    text = tmp_path / "text.mp4"
    text.write_text("no video")
    cells = [[clips[2], Empty("out of memory")], [text, tmp_path / "gone.mp4"]]
    grid = write_grid(tmp_path / "g.mp4", cells, tile=(160, 120))
    assert [name for name in ("text.mp4", "gone.mp4") if any(name in n for n in grid.notes)] == [
        "text.mp4",
        "gone.mp4",
    ]
    frame = Clip(grid.path).frame(0).astype(int)
    x, y = middle(0, 1, (160, 120))
    tile = frame[y - 50 : y + 50, x - 70 : x + 70]
    assert tile.max() > 150, "the reason is written there"
    assert 30 < np.median(tile) < 60


def test_a_clip_that_is_damaged_in_the_middle_stands_still(
    clips: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from framepack_widgets.video.tile import Tile

    def start(tile: Tile) -> None:
        original(tile)
        tile._frames = failing(tile._frames, 3)

    def failing(frames, count):
        for _, frame in zip(range(count), frames):
            yield frame
        raise av.error.InvalidDataError(1, "damaged")

    original = Tile._start
    monkeypatch.setattr(Tile, "_start", start)
    grid = write_grid(tmp_path / "g.mp4", [[clips[0]]])
    assert numbers(grid, middle(0, 0), 0) == [0, 1, 2, 3, 3, 3, 3, 3, 3, 3]
    assert grid.notes == (
        "0.mp4 is damaged: it cannot be read after 0.1 s, and stands still from there.",
    )


# -- ending and refusing -------------------------------------------------------------------------
def test_progress_and_an_end_that_leaves_nothing(clips: list[Path], tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    write_grid(tmp_path / "a.gif", [[clips[0]]], progress=lambda *done: told.append(done))
    assert told == [(n, 10) for n in range(1, 11)]
    with pytest.raises(GridCancelled, match=r"b\.mp4 was cancelled after 9 of 10"):
        write_grid(
            tmp_path / "b.mp4",
            [[clips[0]]],
            progress=lambda *done: told.append(done),
            cancelled=lambda: told[-1] == (9, 10),
        )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a-poster.png", "a.gif"]


def test_an_error_in_between_leaves_nothing(clips: list[Path], tmp_path: Path) -> None:
    def progress(done: int, total: int) -> None:
        if done == 9:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_grid(tmp_path / "b.mp4", [clips], progress=progress)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten_unasked(clips: list[Path], tmp_path: Path) -> None:
    poster = tmp_path / "g-poster.png"
    poster.write_text("mine")
    with pytest.raises(LibraryError, match=r"g-poster\.png exists already"):
        write_grid(tmp_path / "g.mp4", [clips])
    write_grid(tmp_path / "g.mp4", [clips], overwrite=True)
    with pytest.raises(LibraryError, match=r"g\.mp4 exists already"):
        write_grid(tmp_path / "g.mp4", [clips])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"unequal": "stretch"}, "freeze, loop, trim"),
        ({"name": "g.avi"}, r"\.mp4, \.gif or \.webp, not as \.avi"),
        ({"fps": 0}, "above 0"),
        ({"gap": -1}, "0 to 200 px"),
        ({"tile": 0}, "longer side"),
        ({"column_headers": ["a"]}, "column_headers= has 1 text"),
        ({"row_headers": ["a", "b"]}, "row_headers= has 2 texts"),
    ],
)
def test_what_cannot_be_meant(clips: list[Path], tmp_path: Path, wrong: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        write_grid(tmp_path / wrong.pop("name", "g.mp4"), [clips], **wrong)
    assert list(tmp_path.iterdir()) == []


def test_nothing_to_show(tmp_path: Path) -> None:
    for cells in ([], [[]], [[None, Empty("failed")]]):
        with pytest.raises(LibraryError, match="no clip to show"):
            write_grid(tmp_path / "g.mp4", cells)
    with pytest.raises(LibraryError, match=r"no clip to show.*gone\.mp4"):
        write_grid(tmp_path / "g.mp4", [[tmp_path / "gone.mp4"]])


# -- what is loaded ------------------------------------------------------------------------------
def test_a_grid_loads_nothing_of_reports() -> None:
    program = """
import sys
from framepack_widgets import video
assert "framepack_widgets.video.report" not in sys.modules
assert "framepack_widgets.library" not in sys.modules
assert all(getattr(video, name) for name in video.__all__)
assert "framepack_widgets.video.report" in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True)
    with pytest.raises(AttributeError, match="no attribute 'write_film'"):
        video.write_film  # noqa: B018


# -- memory --------------------------------------------------------------------------------------
@pytest.mark.skipif(sys.platform == "win32", reason="resource is POSIX's")
def test_memory_does_not_grow_with_the_length(tmp_path: Path) -> None:
    program = """
import resource, sys
from framepack_widgets.video import write_grid
write_grid(sys.argv[1], [sys.argv[2:]])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
    used = []
    for pictures in (30, 240):
        clip = make(tmp_path / f"{pictures}.mp4", pictures, size=(320, 320), preset="ultrafast")
        command = [sys.executable, "-c", program, tmp_path / f"g{pictures}.mp4", clip, clip]
        used.append(int(subprocess.run(command, check=True, capture_output=True).stdout))
    assert used[1] < used[0] * 1.1
