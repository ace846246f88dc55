"""The points of a sweep by columns: which settings vary, which values they take, one row a point.

A hundred thousand Settings take a minute to make; a row is a tuple of a few small numbers, and what
depends on one column is worked out once for each of its values.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from framepack_widgets.sweeps.point import groups_of, value_at
from framepack_widgets.sweeps.sweep import Sweep
from framepack_widgets.sweeps.value_labels import key_of

Row = tuple[int, ...]


@dataclass(frozen=True)
class Table:
    """The points of a sweep, one row each."""

    constant: Mapping[str, Any]
    """{setting: value} of what all points share."""
    fields: tuple[str, ...]
    """The settings that vary; one column each."""
    values: tuple[list[Any], ...]
    """For each column its values; a row holds places in these lists. None: not set."""
    rows: Iterator[Row]
    """One a point, in order; can be gone through once. The lists of values may grow meanwhile."""
    size: int | None
    """How many rows there are; None: not known before the end."""

    def column(self, name: str) -> int | None:
        """The column of a setting; None: it does not vary."""
        return self.fields.index(name) if name in self.fields else None

    def value(self, name: str, row: Row) -> Any:
        """What the point has under this name; None: not set."""
        if name in self.fields:
            place = self.fields.index(name)
            return self.values[place][row[place]]
        return self.constant.get(name)


def table_of(sweep: Sweep, look: Callable[[int], object] = lambda _: None) -> Table:
    """The columns and rows of a sweep.

    Points that are listed, or that a function made, are all gone through here; look(points so far)
    is called at each.
    """
    return _of_axes(sweep) if sweep.is_plain else _of_points(sweep, look)


def _of_axes(sweep: Sweep) -> Table:
    groups = groups_of(sweep.axes)
    constant = {n: v for n, v in sweep.settings.set_values().items() if n not in groups}
    base = sweep.settings.set_values()
    columns = [_Column(sweep, group, base.get(name)) for name, group in groups.items()]
    at: Iterator[Row] = _places(sweep)
    if not all(column.is_axis for column in columns):
        at = (tuple(column.place(row) for column in columns) for row in at)
    names = tuple(groups)
    values = tuple(column.values for column in columns)
    return Table(constant, names, values, itertools.islice(at, sweep.limit), sweep.size)


def _places(sweep: Sweep) -> Iterator[Row]:
    places = [axis.first for axis in sweep.axes]  # a zip may have few values many times
    if sweep.combine == "grid":
        return itertools.product(*places)
    return zip(*places, strict=True) if places else iter([()])


class _Column:
    """The values of one setting, made from the axes that change it."""

    def __init__(self, sweep: Sweep, group: Sequence[int], base: Any) -> None:
        self._axes, self._group, self._base = sweep.axes, group, base
        self._known: dict[Row, int] = {}
        axis = sweep.axes[group[0]]
        self.is_axis = len(group) == 1 and axis.target.is_whole and axis.search is None
        self.values: list[Any] = list(axis.values) if self.is_axis else []
        if self.is_axis and axis.name == "seed":
            self.values = [base if value is None else value for value in self.values]

    def place(self, row: Row) -> int:
        if self.is_axis:
            return row[self._group[0]]
        at = tuple(row[number] for number in self._group)
        place = self._known.get(at)
        if place is None:
            place = self._known[at] = len(self.values)
            self.values.append(value_at(self._axes, self._group, at, self._base))
        return place


def _of_points(sweep: Sweep, look: Callable[[int], object]) -> Table:
    """Points that are there, or that a function made."""
    places: dict[str, dict[Any, int]] = {}
    values: dict[str, list[Any]] = {}
    found: list[dict[str, int]] = []
    for point in sweep:
        look(point.index)
        row: dict[str, int] = {}
        for name, value in point.settings.set_values().items():
            known = places.setdefault(name, {})
            listed = values.setdefault(name, [None])
            place = known.setdefault(key_of(value), len(listed))
            if place == len(listed):
                listed.append(value)
            row[name] = place
        found.append(row)
    same = {n for n in values if len(values[n]) == 2 and all(n in row for row in found)}
    names = tuple(name for name in values if name not in same)
    rows = (tuple(row.get(name, 0) for name in names) for row in found)
    constant = {name: values[name][1] for name in values if name in same}
    return Table(constant, names, tuple(values[n] for n in names), rows, len(found))
