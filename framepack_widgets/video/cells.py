"""What is to stand where in a grid, and which of these clips can be read."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from framepack_widgets.errors import LibraryError
from framepack_widgets.video_file import VideoFile

_FASTEST = 240  # pictures a second; what claims more is damaged
_USUAL_FPS = 30.0  # of a file that does not say
_REASON = "no clip"


@dataclass(frozen=True)
class Empty:
    """A place in a grid without a clip; reason: what is written there."""

    reason: str = _REASON


@dataclass(frozen=True)
class Readable:
    """A clip that can be shown, and where."""

    row: int
    column: int
    video: VideoFile
    size: tuple[int, int]  # width, height, px
    seconds: float  # length


@dataclass(frozen=True)
class Looked:
    """The cells of a grid, looked into."""

    rows: int
    columns: int
    clips: tuple[Readable, ...]
    empty: dict[tuple[int, int], str]  # (row, column) -> why
    notes: tuple[str, ...]


def look_into(cells: Sequence[Sequence[Any]]) -> Looked:
    """Which clips there are. Raises LibraryError if none of them can be shown."""
    rows, columns = len(cells), max((len(row) for row in cells), default=0)
    clips: list[Readable] = []
    empty: dict[tuple[int, int], str] = {}
    notes: list[str] = []
    given = [
        (row, column, line[column] if column < len(line) else None)
        for row, line in enumerate(cells)
        for column in range(columns)
    ]
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        looked = list(pool.map(lambda cell: _look(*cell), given))
    for (row, column, cell), found in zip(given, looked):
        if isinstance(found, Readable):
            clips.append(found)
        elif isinstance(found, LibraryError):
            empty[row, column] = f"{Path(str(cell)).name} cannot be read"
            notes.append(str(found))
        else:
            empty[row, column] = found
    if not clips:
        why = f" {notes[0]}" if notes else ""
        raise LibraryError(f"There is no clip to show in this grid.{why}")
    return Looked(rows, columns, tuple(clips), empty, tuple(notes))


def _look(row: int, column: int, cell: Any) -> Readable | LibraryError | str:
    """What is there, what is wrong with it, or why there is nothing."""
    if cell is None or isinstance(cell, Empty):
        return _REASON if cell is None else cell.reason
    try:
        return _readable(row, column, Path(cell).expanduser())
    except LibraryError as error:
        return error


def _readable(row: int, column: int, path: Path) -> Readable:
    video = VideoFile(path)
    count, probe = video.frame_count, video.probe()  # in this order the file is opened once
    fps = probe.fps if 0 < probe.fps <= _FASTEST else _USUAL_FPS
    next(video.decode(range(1)))  # a file whose head is whole may still hold nothing
    size = (probe.width, probe.height)
    return Readable(row, column, video, size, count / fps)
