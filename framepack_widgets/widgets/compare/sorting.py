"""The order in which compared clips stand: by a setting, the rating, a number about the clip."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from framepack_widgets.metrics.numbers import Metrics
from framepack_widgets.widgets.compare.differing import Difference

GIVEN = ""  # as the clips were given
RATING = "rating"
LABEL = "label"
METRICS = tuple(Metrics().to_dict())
DOWN = "-"  # before a name: the largest first


def choices(differences: Sequence[Sequence[Difference]], labels: bool) -> list[str]:
    """By what these clips can be sorted; labels: whether they have labels of their own."""
    names = dict.fromkeys(item.name for items in differences for item in items)
    return [GIVEN, *([LABEL] if labels else []), RATING, *names, *METRICS]


def order(values: Sequence[Any], down: bool = False) -> list[int]:
    """The numbers of the clips in the order of their values; what has none stands last.

    Equal ones stay as they were given. Numbers in texts count as numbers.
    """
    there = [number for number, value in enumerate(values) if value is not None]
    there.sort(key=lambda number: _key(values[number]), reverse=down)  # stable either way
    return there + [number for number, value in enumerate(values) if value is None]


def _key(value: Any) -> tuple[Any, ...]:
    if isinstance(value, (bool, int, float)):
        return (0, float(value))
    if isinstance(value, Mapping):
        value = ", ".join(f"{name} {weight}" for name, weight in value.items())
    parts = re.split(r"(\d+)", str(value).casefold())
    return (1, [(int(part), "") if part.isdecimal() else (-1, part) for part in parts])
