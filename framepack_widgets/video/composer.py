"""The sheets of a grid, one after the other: clips are decoded while the last sheet is encoded."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from framepack_widgets.video.tile import COLOURS, FORMAT, Tile, TilePlan, planes_of

if TYPE_CHECKING:
    import av
    from PIL.Image import Image


class Composer:
    """All pictures of the grid. Memory: two sheets and one decoder a clip, however long."""

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
        workers = min(len(self._tiles), os.cpu_count() or 1)
        with ExitStack() as files:
            tiles = [files.enter_context(plan.opened()) for plan in self._tiles]
            pair = [self._blank(), self._blank()]
            planes = [planes_of(sheet) for sheet in pair]
            # Left before the files are closed, so that nobody decodes a closed one.
            with ThreadPoolExecutor(max(1, workers), "grid") as pool:

                def draw(number: int) -> list[Future[None]]:
                    return [pool.submit(tile.draw, number, planes[number % 2]) for tile in tiles]

                drawn = draw(0)
                for number in range(self.count):
                    for one in drawn:
                        one.result()
                    drawn = draw(number + 1) if number + 1 < self.count else []
                    sheet = pair[number % 2]
                    sheet.pts, sheet.time_base = number, 1 / self.rate
                    yield sheet
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
