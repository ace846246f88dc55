"""The editor's rows where points are drawn: ranges and choices instead of lists. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from framepack_widgets.errors import SettingsError
from framepack_widgets.fields import short_number
from framepack_widgets.schema import Schema
from framepack_widgets.sweeps import draws
from framepack_widgets.sweeps.axis import Axis
from framepack_widgets.sweeps.spread import MOST_VALUES
from framepack_widgets.sweeps.sweep import Sweep

DRAWN = ("random", "sobol")
_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_RANGE = re.compile(rf"\s*({_NUMBER})\s*\.\.\s*({_NUMBER})\s*(log)?\s*")


@dataclass(frozen=True)
class Range:
    """Numbers between two, any of them."""

    low: float
    high: float
    is_log: bool = False
    """Every ratio is as likely, not every number."""

    @property
    def ends(self) -> tuple[float, float]:
        """The smallest and the largest."""
        return self.low, self.high

    @property
    def way(self) -> draws.Distribution:
        """What draws from it. Raises SettingsError where there is nothing between."""
        make = draws.log_uniform if self.is_log else draws.uniform
        return make(self.low, self.high)

    @property
    def told(self) -> str:
        """In words."""
        ends = f"from {short_number(self.low)} to {short_number(self.high)}"
        return f"any number {ends}" + (", every ratio as likely" if self.is_log else "")


def range_in(text: str) -> Range | None:
    """The range that a text names: `1..3`, `0.1..10 log`; None: it names no range.

    Raises SettingsError for one without numbers in it.
    """
    match = _RANGE.fullmatch(text)
    if match is None:
        return None
    low, high = (
        float(part) if re.search("[.eE]", part) else int(part) for part in match.groups()[:2]
    )
    found = Range(low, high, match[3] is not None)
    _ = found.way
    return found


def drawn_sweep(
    grid: Sweep,
    ways_of_axes: Mapping[str, Any],
    schema: Schema | None,
    count: int,
    start: int,
    *,
    evenly: bool = False,
) -> Sweep:
    """`count` points drawn from the axes of a grid.

    ways_of_axes: what is drawn from where it is not the values of an axis. start: the same number
    draws the same points. Raises SettingsError, and FramePackError where `evenly` needs what is
    not installed.
    """
    if not 1 <= count <= MOST_VALUES:
        raise SettingsError(f"draw 1 to {MOST_VALUES:,} points, not {count:,}.")
    ways: dict[str, Any] = {}
    for axis in grid.axes:
        if axis.name in ways_of_axes:
            name, way = axis.name, ways_of_axes[axis.name]
        else:
            name, way = _way_of(axis, grid, schema)
        if name in ways:
            raise SettingsError(
                "what is drawn of a prompt has to stand in one row: write the whole texts there."
            )
        ways[name] = way
    shares = (draws.sobol_shares if evenly else draws.random_shares)(count, len(ways), start)
    drawn = draws.drawn(grid.settings, ways, shares)
    return Sweep(grid.settings, schema=schema, combine="zip", **drawn)


def _way_of(axis: Axis, grid: Sweep, schema: Schema | None) -> tuple[str, Any]:
    """(the axis that is drawn for it, what it is drawn from)."""
    if axis.search is None:
        return axis.name, draws.choice(list(axis.values))
    # The searched word stands first in its axis, drawn ones come in any order: so whole texts.
    name = axis.target.field
    alone = Sweep(grid.settings, axis, schema=schema)
    return name, draws.choice([getattr(point.settings, name) for point in alone])
