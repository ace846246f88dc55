"""How alike two pictures are: SSIM (Wang, Bovik, Sheikh and Simoncelli 2004).

With the paper's values: a Gaussian window of 11 px and 1.5 px width, K1 = 0.01, K2 = 0.03.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_WINDOW = 11  # px
_WIDTH = 1.5  # px
_C1 = (0.01 * 255) ** 2
_C2 = (0.03 * 255) ** 2


def ssim(one: NDArray[np.float32], other: NDArray[np.float32]) -> float | None:
    """-1 to 1 (the same) for two pictures of one size; None for smaller ones than 11 px."""
    import numpy as np

    if min(one.shape) < _WINDOW:
        return None
    x, y = one.astype(np.float64), other.astype(np.float64)
    mean_x, mean_y = _smoothed(x), _smoothed(y)
    spread_x = _smoothed(x * x) - mean_x**2
    spread_y = _smoothed(y * y) - mean_y**2
    together = _smoothed(x * y) - mean_x * mean_y
    likeness = (2 * mean_x * mean_y + _C1) * (2 * together + _C2)
    likeness /= (mean_x**2 + mean_y**2 + _C1) * (spread_x + spread_y + _C2)
    return float(likeness.mean())


def _smoothed(picture: Any) -> Any:
    """Means under the window, where all of it is inside the picture."""
    import numpy as np

    distance = np.arange(_WINDOW) - _WINDOW // 2
    weights = np.exp(-(distance**2) / (2 * _WIDTH**2))
    weights /= weights.sum()
    for _ in range(2):
        picture = picture.T
        length = len(picture) - _WINDOW + 1
        picture = sum(weight * picture[i : i + length] for i, weight in enumerate(weights))
    return picture
