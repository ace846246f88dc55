"""One point of a sweep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from framepack_widgets.settings import Settings
from framepack_widgets.sweeps.axis import Axis
from framepack_widgets.sweeps.targets import changed


@dataclass(frozen=True)
class Point:
    """The settings of one point, and where in the sweep it lies."""

    index: int
    """Its number in the sweep, from 0."""
    coordinates: Mapping[str, int]
    """{axis: which of its values}; of equal values the first."""
    labels: Mapping[str, str]
    """{axis: the label of that value}."""
    settings: Settings
    """As the user means them: not yet filled up with a server's defaults."""


def groups_of(axes: Sequence[Axis]) -> dict[str, tuple[int, ...]]:
    """{setting: the axes that change it}, those that set the whole of it first."""
    found: dict[str, tuple[int, ...]] = {}
    for number, axis in enumerate(axes):
        found[axis.target.field] = (*found.get(axis.target.field, ()), number)
    return {name: tuple(sorted(n, key=lambda i: _order(axes[i]))) for name, n in found.items()}


def value_at(axes: Sequence[Axis], group: Sequence[int], at: Sequence[int], base: Any) -> Any:
    """A setting's value where its axes `group` have the values `at`; base: without them."""
    value = base
    for number, place in zip(group, at, strict=True):
        axis = axes[number]
        value = changed(value, axis.target, axis.values[place], axis.search)
    return value


def _order(axis: Axis) -> int:
    edits = axis.search is not None or not axis.target.is_whole
    return (1 if axis.target.part is None else 2) if edits else 0
