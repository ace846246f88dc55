"""What is measured in a clip, and what each number means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

VERSION = 1  # of the definitions: another one makes what was kept of before worthless
SERIES = "sharpness_over_time"


@dataclass(frozen=True)
class Metrics:
    """Numbers about a clip's pictures; None where one cannot be told.

    All but flicker heed the brightness's pattern only: making a picture lighter, darker or of more
    contrast changes none of them by much.
    """

    motion: float | None = None
    """How far things move, px of the clip per picture: 0 for a still, about 0.5 to 3 for usual
    clips. The mean distance that parts of the picture (64 px wide in a picture of 320 px) go from
    one picture to the next, over all parts with texture and all pictures; moves of more than about
    5 % of the shorter side are not followed and left out. None: one picture, or nothing to see."""

    flicker: float | None = None
    """How much the brightness jumps, in levels of 0 to 255: 0 for none; 1 can be seen. The mean
    distance of a picture's mean brightness from halfway between its neighbours', so that a slow
    fade counts nothing. None: fewer than three pictures."""

    sharpness: float | None = None
    """How much fine detail there is, %, 0 to 100: what a blur of about 10 px takes of the
    strength of all edges, in the picture at half its size (where the marks of coding are gone).
    About 5 for a soft picture, 50 for a crisp one; grain counts as detail. The median over all
    pictures. None: nothing but one colour."""

    start_ssim: float | None = None
    """How much the first picture is like the start frame: SSIM of the brightness, -1 to 1 (the
    same). The frame is scaled and cut to the clip's size as a Studio does it. None: the clip has
    no start frame, or it cannot be found."""

    end_ssim: float | None = None
    """How much the last picture is like the end frame; as `start_ssim`."""

    loop_seam: float | None = None
    """How much the clip jumps when it begins again, 0 to 1: 0 is a loop whose seam nobody sees, 1
    two pictures without anything in common. How unlike last and first picture are (the root of 1 -
    correlation of the brightness), less what is usual from one picture to the next (the 90th
    percentile and a quarter of it, or 0.01). None: fewer than three pictures."""

    sharpness_over_time: tuple[float | None, ...] = ()
    """The sharpness of each picture, %."""

    def to_dict(self) -> dict[str, float | None]:
        """The numbers without the series over time: what a row of a table has."""
        return {name: getattr(self, name) for name in NAMES}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], series: Any = ()) -> Metrics:
        """The reverse of `to_dict`; what is unknown is left out."""
        numbers = {name: value for name, value in values.items() if name in NAMES}
        return cls(**numbers, sharpness_over_time=tuple(series))


NAMES = tuple(field.name for field in fields(Metrics) if field.name != SERIES)
"""The numbers without the series over time, in their order."""
