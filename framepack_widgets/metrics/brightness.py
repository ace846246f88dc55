"""How much the brightness jumps from picture to picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Flicker:
    """Takes pictures one by one."""

    def __init__(self) -> None:
        self._means: list[float] = []

    def add(self, luma: NDArray[np.float32]) -> None:
        self._means.append(float(luma.mean(dtype="float64")))

    def result(self) -> float | None:
        """Levels of 0 to 255; None for fewer than three pictures."""
        import numpy as np

        means = np.array(self._means)
        if len(means) < 3:
            return None
        return float(np.abs(means[1:-1] - (means[:-2] + means[2:]) / 2).mean())
