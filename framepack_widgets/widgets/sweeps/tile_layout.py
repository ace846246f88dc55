"""Which point of a run stands where: axes as columns, rows, pages, or beside each other. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

X, Y, PAGE, FOLDED = "x", "y", "page", "folded"
ROLES = (X, Y, PAGE, FOLDED)
MOST = 1000  # tiles on one page; a page with more of them is slow to lay out
_WIDE = 8  # columns that still are of a useful size


class Spot(NamedTuple):
    """A point, and which value of each axis it has; without any it is not in the sweep any more."""

    key: str
    coordinates: Mapping[str, int]


@dataclass(frozen=True)
class Pager:
    """An axis of which one value is shown at a time."""

    axis: str
    labels: tuple[str, ...]
    at: int
    """Place in `labels` of the value that is shown."""


@dataclass(frozen=True)
class Layout:
    """The page that is shown."""

    roles: Mapping[str, str]
    pagers: tuple[Pager, ...] = ()
    columns: tuple[str, ...] = ("",)
    rows: tuple[str, ...] = ("",)
    cells: tuple[tuple[tuple[str, ...], ...], ...] = ((),)
    """Row by row, column by column, the keys of the points there."""
    rest: tuple[str, ...] = ()
    """Points that the sweep has no more."""
    left_out: int = 0
    """Points of this page that are too many to be shown."""

    def for_page(self) -> dict[str, Any]:
        """Plain JSON."""
        return {
            "roles": dict(self.roles),
            "pagers": [[pager.axis, list(pager.labels), pager.at] for pager in self.pagers],
            "columns": list(self.columns),
            "rows": list(self.rows),
            "cells": [[list(cell) for cell in row] for row in self.cells],
            "rest": list(self.rest),
            "left_out": self.left_out,
        }


def first_roles(lengths: Mapping[str, int], *, is_grid: bool = True) -> dict[str, str]:
    """{axis: role} to begin with. is_grid: every value with every other.

    The last two axes make columns and rows, those before them pages; axes with one value are
    folded, as all are where points are only a list.
    """
    roles = dict.fromkeys(lengths, FOLDED)
    varied = [name for name, length in lengths.items() if length > 1]
    if not is_grid or not varied:
        return roles
    roles.update(dict.fromkeys(varied, PAGE))
    *_, last = varied
    roles[last] = X
    if len(varied) > 1:
        before = varied[-2]
        roles[before] = Y
        if lengths[last] > max(_WIDE, lengths[before]):
            roles[last], roles[before] = Y, X
    return roles


def with_role(roles: Mapping[str, str], axis: str, role: str) -> dict[str, str]:
    """The same with another role for one axis; who was columns or rows takes its former one."""
    if axis not in roles or role not in ROLES:
        return dict(roles)
    changed = dict(roles)
    if role in (X, Y):
        for other, its in roles.items():
            if its == role and other != axis:
                changed[other] = roles[axis] if roles[axis] != role else FOLDED
    changed[axis] = role
    return changed


def layout(
    axes: Mapping[str, Sequence[str]],
    spots: Iterable[Spot],
    roles: Mapping[str, str],
    at: Mapping[str, int],
) -> Layout:
    """The page to show.

    axes: {name: labels of its values}. at: {axis of pages: place of the value to show among those
    that there are}.
    """
    all_spots = list(spots)
    inside = [spot for spot in all_spots if spot.coordinates or not axes]
    outside = tuple(spot.key for spot in all_spots if not spot.coordinates and axes)
    there = {name: sorted({s.coordinates.get(name, 0) for s in inside}) for name in axes}
    pagers, shown = [], inside
    for name in axes:
        if roles.get(name) == PAGE and there[name]:
            place = min(max(0, at.get(name, 0)), len(there[name]) - 1)
            value = there[name][place]
            pagers.append(Pager(name, _labels(axes[name], there[name]), place))
            shown = [spot for spot in shown if spot.coordinates.get(name, 0) == value]
    across, down = _axis(roles, X, axes), _axis(roles, Y, axes)
    columns, rows = there.get(across, [0]), there.get(down, [0])
    cells: dict[tuple[int, int], list[str]] = {}
    for spot in shown[:MOST]:
        place_of = spot.coordinates.get(down, 0), spot.coordinates.get(across, 0)
        cells.setdefault(place_of, []).append(spot.key)
    return Layout(
        dict(roles),
        tuple(pagers),
        _labels(axes.get(across, ("",)), columns),
        _labels(axes.get(down, ("",)), rows),
        tuple(tuple(tuple(cells.get((row, col), ())) for col in columns) for row in rows),
        outside[:MOST],
        max(0, len(shown) - MOST),
    )


def _axis(roles: Mapping[str, str], role: str, axes: Mapping[str, Sequence[str]]) -> str:
    return next((name for name in axes if roles.get(name) == role), "")


def _labels(labels: Sequence[str], values: Sequence[int]) -> tuple[str, ...]:
    return tuple(labels[value] if value < len(labels) else "" for value in values)
