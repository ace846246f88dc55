"""How much a clip jumps when it begins again, against how much it moves anyway."""

from __future__ import annotations

from typing import TYPE_CHECKING

from framepack_widgets.metrics.luma import shrunk

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_SIDE = 80  # px, the shorter side of the picture that is looked at
_FLAT = 0.5  # levels; pictures with less contrast are all alike
_USUAL = 90  # percentile of the steps
_MARGIN = 1.25
_LEAST = 0.01  # what coding alone makes of two equal pictures


class Seam:
    """Takes pictures one by one."""

    def __init__(self) -> None:
        self._first: NDArray[np.float32] | None = None
        self._last: NDArray[np.float32] | None = None
        self._steps: list[float] = []

    def add(self, luma: NDArray[np.float32]) -> None:
        now = _pattern(shrunk(luma, _SIDE))
        if self._first is None or self._last is None:
            self._first = now
        else:
            self._steps.append(_unlike(self._last, now))
        self._last = now

    def result(self) -> float | None:
        """0 to 1; None for fewer than three pictures."""
        import numpy as np

        if self._first is None or self._last is None or len(self._steps) < 2:
            return None
        usual = float(np.percentile(self._steps, _USUAL))
        jump = _unlike(self._last, self._first) - max(usual * _MARGIN, _LEAST)
        return min(1.0, max(0.0, jump))


def _pattern(small: NDArray[np.float32]) -> NDArray[np.float32]:
    """The picture without its brightness and contrast."""
    import numpy as np

    centred = small - small.mean()
    contrast = float(np.sqrt((centred**2).mean()))
    return centred / contrast if contrast > _FLAT else np.zeros_like(centred)


def _unlike(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """The root of 1 - correlation."""
    import numpy as np

    return float(np.sqrt(((one - other) ** 2).mean() / 2))
