"""How far parts of a picture move to the next one, by phase correlation.

The phases of two pictures' spectra tell how one is moved against the other and do not know how
light or contrasty they are. Blurred a little, the peak that they give is a bell, whose top lies
between the pixels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from framepack_widgets.metrics.luma import factor_to, shrunk

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_SIDE = 320  # px, the shorter side of the picture that is looked at
_PART = 64  # px of it
_STEP = 48  # px from one part to the next
_LEAST_PART = 16  # px; smaller pictures say nothing
_BELL = 0.8  # px, how wide the peak is made
_FLAT = 1.0  # levels; parts with less texture say nothing
_NOISE = 0.05  # of the mean strength: frequencies that are weaker count little
_CLEAR = 0.4  # of a perfect peak's height; pictures with nothing in common give up to 0.35
_ENOUGH = 0.25  # of the parts with texture have to be followed


class Motion:
    """Takes pictures one by one."""

    def __init__(self) -> None:
        self._grid: _Grid | None = None
        self._before: tuple[Any, Any] | None = None
        self._moves: list[float] = []

    def add(self, luma: NDArray[np.float32]) -> None:
        if self._grid is None:
            self._grid = _Grid(luma.shape)
        if self._grid.part < _LEAST_PART:
            return
        now = self._grid.spectra(shrunk(luma, _SIDE))
        if self._before is not None:
            move = self._grid.move(self._before, now)
            if move is not None:
                self._moves.append(move)
        self._before = now

    def result(self) -> float | None:
        """Distance, px of the clip per picture."""
        return sum(self._moves) / len(self._moves) if self._moves else None


class _Grid:
    """The parts of a picture of that shape, and their spectra."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        import numpy as np

        self._factor = factor_to(shape, _SIDE)
        height, width = (side // self._factor for side in shape)
        self.part = min(_PART, 1 << (min(height, width).bit_length() - 1))
        self._rows = _places(height, self.part)
        self._columns = _places(width, self.part)
        ramp = np.arange(self.part) / self.part
        hann = 0.5 - 0.5 * np.cos(2 * np.pi * ramp)
        self._window = np.outer(hann, hann).astype(np.float32)
        down, across = np.fft.fftfreq(self.part), np.fft.rfftfreq(self.part)
        square = down[:, None] ** 2 + across[None, :] ** 2
        self._bell = np.exp(-2 * (np.pi * _BELL) ** 2 * square).astype(np.float32)

    def spectra(self, small: NDArray[np.float32]) -> tuple[Any, Any]:
        """Of all parts, and which of them have texture."""
        import numpy as np

        part = self.part
        parts = np.stack(
            [small[y : y + part, x : x + part] for y in self._rows for x in self._columns]
        )
        weights = self._window / self._window.sum()
        parts = parts - (parts * weights).sum(axis=(1, 2), keepdims=True)
        has_texture = np.sqrt((parts**2 * weights).sum(axis=(1, 2))) > _FLAT
        return np.fft.rfft2(parts * self._window), has_texture

    def move(self, before: tuple[Any, Any], now: tuple[Any, Any]) -> float | None:
        """The mean distance, px of the clip; None where it cannot be told."""
        import numpy as np

        has_texture = before[1] & now[1]
        if not has_texture.any():
            return None
        cross = np.conj(before[0][has_texture]) * now[0][has_texture]
        strength = np.abs(cross)
        weight = self._bell / (strength + _NOISE * strength.mean(axis=(1, 2), keepdims=True))
        peaks = np.fft.irfft2(cross * weight, s=(self.part, self.part))
        perfect = np.fft.irfft2(strength * weight, s=(self.part, self.part))[:, 0, 0]
        tops = peaks.reshape(len(peaks), -1).argmax(axis=1)
        y, x = np.divmod(tops, self.part)
        one = np.arange(len(peaks))
        is_clear = peaks[one, y, x] > _CLEAR * perfect
        if is_clear.sum() < max(1, _ENOUGH * len(peaks)):
            return None
        down = _between(peaks[one, y - 1, x], peaks[one, y, x], peaks[one, (y + 1) % self.part, x])
        across = _between(
            peaks[one, y, x - 1], peaks[one, y, x], peaks[one, y, (x + 1) % self.part]
        )
        half = self.part // 2
        distance = np.hypot(
            (y + half) % self.part - half + down, (x + half) % self.part - half + across
        )
        return float(distance[is_clear].mean()) * self._factor


def _places(length: int, part: int) -> list[int]:
    """Where parts begin, evenly from edge to edge."""
    count = 1 + round((length - part) / _STEP * (_PART / part))
    return [round(i * (length - part) / max(1, count - 1)) for i in range(count)]


def _between(left: Any, top: Any, right: Any) -> Any:
    """Where between the pixels a bell has its top, -0.5 to 0.5, from its heights around it."""
    import numpy as np

    least = np.float32(1e-6) * top
    left, middle, right = (np.log(np.maximum(height, least)) for height in (left, top, right))
    bend = left - 2 * middle + right
    offset = (left - right) / (2 * np.where(bend < 0, bend, -1))
    return np.clip(offset, -0.5, 0.5)
