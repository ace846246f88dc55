"""How a grid is to look and how long it lasts, before anything is encoded."""

from __future__ import annotations

import os
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from framepack_widgets.video.background import Headers, draw_background
from framepack_widgets.video.cells import Looked, Readable
from framepack_widgets.video.layout import MOST, Layout, arrange
from framepack_widgets.video.tile import TilePlan

if TYPE_CHECKING:
    from PIL.Image import Image

UNEQUAL = ("freeze", "loop", "trim")
_MOST_GAP = 200  # px


@dataclass(frozen=True)
class GridPlan:
    """Everything the composer needs."""

    background: Image
    tiles: tuple[TilePlan, ...]
    count: int  # pictures
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Style:
    """How the grid was asked for; see `write_grid`. Raises ValueError for what cannot be meant."""

    tile: int | tuple[int, int] | None
    gap: int
    unequal: str
    rate: Fraction

    def __post_init__(self) -> None:
        if self.unequal not in UNEQUAL:
            raise ValueError(f"unequal= is one of {', '.join(UNEQUAL)}, not {self.unequal!r}")
        if not 0 <= self.gap <= _MOST_GAP:
            raise ValueError(f"gap= is 0 to {_MOST_GAP} px, not {self.gap}")


def plan_grid(looked: Looked, headers: Headers, style: Style) -> GridPlan:
    """The whole sheet. Raises ValueError for sizes that cannot be."""
    wanted = _tile_size(looked, style.tile)
    layout = arrange(looked.rows, looked.columns, wanted, style.gap, headers.room)
    lengths = [max(1, round(clip.seconds * style.rate)) for clip in looked.clips]
    count = min(lengths) if style.unequal == "trim" else max(lengths)
    threads = max(1, (os.cpu_count() or 1) // len(looked.clips))
    tiles = tuple(
        TilePlan(
            clip.video, _box(layout, clip), length, style.rate, style.unequal == "loop", threads
        )
        for clip, length in zip(looked.clips, lengths)
    )
    notes = []
    if layout.tile[0] < wanted[0] - 1:
        notes.append(
            f"The tiles are {layout.tile[0]} x {layout.tile[1]} px instead of {wanted[0]} x "
            f"{wanted[1]}, so that the sheet fits into {MOST} x {MOST} px."
        )
    return GridPlan(draw_background(layout, headers, looked.empty), tiles, count, tuple(notes))


def _tile_size(looked: Looked, tile: int | tuple[int, int] | None) -> tuple[int, int]:
    sizes = [clip.size for clip in looked.clips]
    largest = (max(width for width, _ in sizes), max(height for _, height in sizes))
    if tile is None:
        return largest
    if isinstance(tile, int):
        scale = tile / max(largest)
        size = (round(largest[0] * scale), round(largest[1] * scale))
    else:
        size = (int(tile[0]), int(tile[1]))
    if min(size) < 1:
        raise ValueError(f"tile= is the longer side or (width, height) in px, not {tile!r}")
    return size


def _box(layout: Layout, clip: Readable) -> tuple[int, int, int, int]:
    x, y = layout.corner(clip.row, clip.column)
    left, top, width, height = layout.inside(clip.size)
    return x + left, y + top, width, height
