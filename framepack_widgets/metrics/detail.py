"""How much fine detail a picture has: what a small blur takes of its edges."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Any

from framepack_widgets.metrics.luma import by_twos

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_FLAT = 0.01  # levels; below there are no edges


class Sharpness:
    """Takes pictures one by one."""

    def __init__(self) -> None:
        self._each: list[float | None] = []

    def add(self, luma: NDArray[np.float32]) -> None:
        # Coding leaves marks of a pixel's size; by twos they are gone.
        half = by_twos(luma)
        self._each.append(_sharpness(half) if min(half.shape) > 8 else None)

    def series(self) -> tuple[float | None, ...]:
        """Of each picture, %."""
        return tuple(None if one is None else round(one, 3) for one in self._each)

    def result(self) -> float | None:
        """The median, %."""
        known = [one for one in self._each if one is not None]
        return statistics.median(known) if known else None


def _sharpness(luma: NDArray[np.float32]) -> float | None:
    before = _edges(luma[2:-2, 2:-2])
    if before < _FLAT:
        return None
    return float(100 * (1 - _edges(_blurred(luma)) / before))


def _edges(luma: Any) -> float:
    """How strong all edges are: the root of the mean square of the slope, levels."""
    import numpy as np

    total = 0.0
    for slopes in (luma[:, 1:] - luma[:, :-1], luma[1:] - luma[:-1]):
        flat = slopes.ravel()
        total += float(np.dot(flat, flat)) / flat.size
    return float(total**0.5)


def _blurred(luma: Any) -> Any:
    """Weights 1, 4, 6, 4, 1 both ways; two pixels less on each side."""
    for _ in range(2):
        luma = luma.T
        around = luma[1:-3] + luma[3:-1]
        around *= 4
        around += luma[:-4]
        around += luma[4:]
        around += 6 * luma[2:-2]
        around /= 16
        luma = around
    return luma
