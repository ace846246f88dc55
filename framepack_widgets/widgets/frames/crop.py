"""Which part of a picture a Studio keeps: it scales it to cover the clip and cuts off the rest.

The rule is diffusers_helper/utils.py of FramePack Studio 0.5.1, resize_and_center_crop; 0.4 and
0.6-dev have the same.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Crop:
    """The part that is kept, as fractions of the picture's width and height; 0, 0 is top left."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def cut_width(self) -> float:
        """Fraction of the width that is cut off, both sides together."""
        return 1 - (self.right - self.left)

    @property
    def cut_height(self) -> float:
        """Fraction of the height that is cut off, top and bottom together."""
        return 1 - (self.bottom - self.top)


def crop_of(source: tuple[int, int], target: tuple[int, int]) -> Crop:
    """What is kept of a picture of `source` (width, height) px in a clip of `target` px.

    Raises ValueError for a side below 1 px.
    """
    width, height = source
    wanted_width, wanted_height = target
    if min(width, height, wanted_width, wanted_height) < 1:
        raise ValueError(f"a picture of {source} px cannot be cut to {target} px")
    scale = max(wanted_width / width, wanted_height / height)
    # In whole pixels, as the server does it; Python rounds halves as Pillow's crop() does.
    left, right = _kept(int(round(width * scale)), wanted_width)  # noqa: RUF046 as there
    top, bottom = _kept(int(round(height * scale)), wanted_height)  # noqa: RUF046
    return Crop(left, top, right, bottom)


def crop_text(source: tuple[int, int], target: tuple[int, int]) -> str:
    """Such as "608 × 672 px; 12 % cut left and right"."""
    crop = crop_of(source, target)
    size = f"{target[0]} × {target[1]} px"
    cuts = [
        f"{_percent(cut)} cut {where}"
        for cut, where in ((crop.cut_width, "left and right"), (crop.cut_height, "above and below"))
        if cut > 0
    ]
    scale = max(target[0] / source[0], target[1] / source[1])
    larger = f"; enlarged {scale:.1f} times" if scale >= 1.25 else ""
    return f"{size}; {', '.join(cuts) or 'nothing cut'}{larger}"


def _kept(scaled: int, wanted: int) -> tuple[float, float]:
    start, stop = round((scaled - wanted) / 2), round((scaled + wanted) / 2)
    return max(0.0, start / scaled), min(1.0, stop / scaled)


def _percent(fraction: float) -> str:
    return "under 1 %" if fraction < 0.005 else f"{fraction * 100:.0f} %"
