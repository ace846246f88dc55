"""What stands still on a grid's sheet: title, headers, gaps, and tiles without a clip."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from framepack_widgets.video.layout import Layout, even
from framepack_widgets.video.lettering import Lettering

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

_GROUND = (24, 24, 27)
_TEXT = (235, 235, 240)
_EMPTY = (45, 45, 50)
_EDGE = (95, 95, 105)
_REASON = (205, 205, 212)
_COLUMN_LINES = 2
_TITLE_SCALE = 1.3
_ROW_HEADS = 0.5  # of a tile's width at the most


@dataclass(frozen=True)
class Headers:
    """What is written on the sheet; empty: no room is kept for it."""

    columns: Sequence[str] = ()
    rows: Sequence[str] = ()
    title: str = ""

    def room(self, tile_width: int, letter: int) -> tuple[int, int, int]:
        """Heights of title and column headers, width of row headers; px, even."""
        text = Lettering(letter)
        title = even(Lettering(round(letter * _TITLE_SCALE)).line_height * 1.5)
        most = max((len(text.lines(c, tile_width, _COLUMN_LINES)) for c in self.columns), default=0)
        widest = max((text.width(row) for row in self.rows), default=0)
        width = even(min(widest, max(tile_width * _ROW_HEADS, 6 * letter)) + letter + 1)
        return (
            title if self.title.strip() else 0,
            even(most * text.line_height + letter * 0.5) if most else 0,
            width if widest else 0,
        )


def draw_background(
    layout: Layout, headers: Headers, empty: Mapping[tuple[int, int], str]
) -> Image:
    """The sheet without its clips. empty: (row, column) -> why there is no clip."""
    import PIL.Image
    import PIL.ImageDraw

    sheet = PIL.Image.new("RGB", (layout.width, layout.height), _GROUND)
    draw = PIL.ImageDraw.Draw(sheet)
    text = Lettering(layout.letter)
    if layout.title_height:
        large = Lettering(round(layout.letter * _TITLE_SCALE))
        box = (layout.gap, 0, layout.width - 2 * layout.gap, layout.title_height)
        _write(draw, large, headers.title, box)
    if layout.header_height:
        for column, header in enumerate(headers.columns):
            x = layout.corner(0, column)[0]
            box = (x, layout.title_height, layout.tile[0], layout.header_height)
            _write(draw, text, header, box)
    if layout.header_width:
        for row, header in enumerate(headers.rows):
            y = layout.corner(row, 0)[1]
            room = layout.header_width - layout.letter // 2
            _write(draw, text, header, (layout.letter // 2, y, room, layout.tile[1]))
    for (row, column), reason in empty.items():
        x, y = layout.corner(row, column)
        corners = (x, y, x + layout.tile[0] - 1, y + layout.tile[1] - 1)
        draw.rectangle(corners, fill=_EMPTY, outline=_EDGE, width=2)
        pad = layout.letter
        box = (x + pad, y, max(pad, layout.tile[0] - 2 * pad), layout.tile[1])
        _write(draw, text, reason, box, _REASON)
    return sheet


def _write(
    draw: ImageDraw,
    text: Lettering,
    words: str,
    box: tuple[int, int, int, int],
    colour: tuple[int, int, int] = _TEXT,
) -> None:
    """Lines in the middle of a box: x, y, width, height."""
    x, y, width, height = box
    lines = text.lines(words, width, max(1, height // text.line_height))
    top = y + height / 2 - (len(lines) - 1) * text.line_height / 2
    for number, line in enumerate(lines):
        left = x + max(0.0, (width - text.width(line)) / 2)
        text.draw(draw, (left, top + number * text.line_height), line, colour)
