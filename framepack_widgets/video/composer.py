"""The sheets of a grid, one after the other: clips are decoded while the last sheet is encoded."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from framepack_widgets.video.tile import COLOURS, FORMAT, Tile, TilePlan, planes_of

if TYPE_CHECKING:
    import av
    from PIL.Image import Image


_AHEAD = 3  # sheets that are drawn while the one before them is encoded


class Composer:
    """All pictures of the grid. Memory: four sheets and one decoder a clip, however long."""

    def __init__(
        self, background: Image, tiles: Sequence[TilePlan], count: int, rate: Fraction
    ) -> None:
        self._background = background
        self._tiles = tiles
        self.count = count  # pictures
        self.rate = rate  # pictures a second
        self.width, self.height = background.size
        self.damage: dict[str, float] = {}  # file name -> s from which on it cannot be read

    def sheets(self) -> Iterator[av.VideoFrame]:
        """The pictures, yuv420p, ITU-R 601. Each is good until the next is asked for."""
        workers = max(1, min(len(self._tiles), os.cpu_count() or 1))
        ring = [self._blank() for _ in range(_AHEAD + 1)]
        planes = [planes_of(sheet) for sheet in ring]
        with ExitStack() as files:
            tiles = [files.enter_context(plan.opened()) for plan in self._tiles]
            # Left before the files are closed, so that nobody decodes a closed one. One sheet is
            # drawn after the other, its tiles at once: each clip has to be decoded in order.
            with ThreadPoolExecutor(workers, "tile") as pool, ThreadPoolExecutor(1, "sheet") as one:

                def draw(number: int) -> None:
                    place = planes[number % len(ring)]
                    for _ in pool.map(lambda tile: tile.draw(number, place), tiles):
                        pass

                drawn = deque(one.submit(draw, n) for n in range(min(_AHEAD, self.count)))
                try:
                    for number in range(self.count):
                        drawn.popleft().result()
                        if number + _AHEAD < self.count:
                            drawn.append(one.submit(draw, number + _AHEAD))
                        sheet = ring[number % len(ring)]
                        sheet.pts, sheet.time_base = number, 1 / self.rate
                        yield sheet
                finally:
                    for waiting in drawn:
                        waiting.cancel()
            self._note_damage(tiles)

    def _blank(self) -> av.VideoFrame:
        import av

        image: Any = av.VideoFrame.from_image(self._background)  # type: ignore[no-untyped-call]
        frame: av.VideoFrame = image.reformat(format=FORMAT, **COLOURS)
        return frame

    def _note_damage(self, tiles: Sequence[Tile]) -> None:
        for plan, tile in zip(self._tiles, tiles):
            if tile.damaged_at is not None:
                self.damage[plan.video.path.name] = tile.damaged_at
