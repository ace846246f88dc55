"""Where everything lies on a grid's sheet. All lengths are even: yuv420p knows no odd ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

MOST = 4096  # px, the sheet's width and height at the most
_LEAST_TILE = 16  # px
_LETTERS = (12, 36)  # px, height of letters: small and large tiles

# (tile width, letter height) -> heights of title and column headers, width of row headers; px.
Heads = Callable[[int, int], tuple[int, int, int]]


@dataclass(frozen=True)
class Layout:
    """A sheet of rows x columns tiles; px. The gap also runs around the tiles."""

    rows: int
    columns: int
    tile: tuple[int, int]  # width, height
    gap: int
    letter: int  # height of letters
    title_height: int
    header_height: int  # above each column
    header_width: int  # left of each row

    @property
    def width(self) -> int:
        return self.header_width + self.columns * (self.tile[0] + self.gap) + self.gap

    @property
    def height(self) -> int:
        heads = self.title_height + self.header_height
        return heads + self.rows * (self.tile[1] + self.gap) + self.gap

    def corner(self, row: int, column: int) -> tuple[int, int]:
        """The upper left corner of a tile: x, y."""
        x = self.header_width + self.gap + column * (self.tile[0] + self.gap)
        y = self.title_height + self.header_height + self.gap + row * (self.tile[1] + self.gap)
        return x, y

    def inside(self, size: tuple[int, int]) -> tuple[int, int, int, int]:
        """Where in a tile a picture of that size goes, whole and as large as it can: x, y, w, h."""
        scale = min(self.tile[0] / size[0], self.tile[1] / size[1])
        width = min(self.tile[0], max(2, even(size[0] * scale + 0.5)))
        height = min(self.tile[1], max(2, even(size[1] * scale + 0.5)))
        return even((self.tile[0] - width) / 2), even((self.tile[1] - height) / 2), width, height


def even(length: float) -> int:
    """The next even number below, or this one."""
    return int(length) // 2 * 2


def arrange(rows: int, columns: int, tile: tuple[int, int], gap: int, heads: Heads) -> Layout:
    """The sheet with tiles of that size, or of the largest size that fits into 4096 x 4096 px.

    Raises ValueError where not even tiles of 16 px fit.
    """
    width, height = (max(_LEAST_TILE, even(side + 1)) for side in tile)
    gap = even(gap + 1)
    while True:
        smallest, largest = _LETTERS
        letter = max(smallest, min(largest, min(width, height) // 22))
        layout = Layout(rows, columns, (width, height), gap, letter, *heads(width, letter))
        if layout.width <= MOST and layout.height <= MOST:
            return layout
        room = (
            (MOST - layout.width + columns * width) / (columns * width),
            (MOST - layout.height + rows * height) / (rows * height),
        )
        scale = min(*room, 1.0)
        # Rounding may leave it as it is; then it has to become smaller anyway.
        for smaller in ((width * scale, height * scale), (width - 2, height - 2)):
            next_width, next_height = (max(_LEAST_TILE, even(side)) for side in smaller)
            if (next_width, next_height) != (width, height):
                break
        else:
            raise ValueError(
                f"{rows} x {columns} tiles do not fit into a video of {MOST} x {MOST} px. Put "
                "fewer of them into one grid."
            )
        width, height = next_width, next_height
