"""Short names for the values of an axis, each of them another one: for headers and file names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

from framepack_widgets.fields import short_number
from framepack_widgets.images import ImageData
from framepack_widgets.schema_text import shortened
from framepack_widgets.sweeps.sources import FRAMES

LONGEST = 28  # characters


def key_of(value: Any) -> Any:
    """Equal for equal values and only for them: 1 and 1.0 are equal, 1 and True are not."""
    try:
        hash(value)
    except TypeError:
        return repr(value)
    return (bool, value) if isinstance(value, bool) else value


def labels_of(values: Sequence[Any], field: str) -> tuple[str, ...]:
    """A label for each value; equal values have the same one."""
    distinct = list({key_of(value): value for value in values}.items())
    texts = [_text(value, field) for _, value in distinct]
    short = [shortened(text, LONGEST) for text in texts]
    if len(set(short)) < len(short):
        start = _common_start(texts) if len(texts) > 1 else 0
        short = [shortened(("…" if start else "") + text[start:], LONGEST) for text in texts]
    unique = _unique(short)
    known = {key: label for (key, _), label in zip(distinct, unique, strict=True)}
    return tuple(known[key_of(value)] for value in values)


def _text(value: Any, field: str) -> str:
    if value is None:
        return "unset"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, (int, float)):
        return _number(value)
    if isinstance(value, Mapping):
        named = [f"{name} {_text(weight, field)}" for name, weight in value.items()]
        return ", ".join(named) or "none"
    if isinstance(value, ImageData):
        return f"image {value.sha256[:6]}"
    if field in FRAMES and isinstance(value, str):
        value = PurePath(value.replace("\\", "/")).stem or value
    return " ".join(str(value).split()) or "empty"


def _number(value: float) -> str:
    try:
        return short_number(value)
    except (OverflowError, ValueError):  # infinite, or too long to be written out
        return f"{value!r:.20}" if isinstance(value, float) else "a huge number"


def _common_start(texts: Sequence[str]) -> int:
    """How much all texts begin with, up to a word's beginning."""
    first, last = min(texts), max(texts)  # in order, so what these two share, all share
    same = (n for n, (a, b) in enumerate(zip(first, last, strict=False)) if a != b)
    return first.rfind(" ", 0, next(same, min(len(first), len(last)))) + 1


def _unique(labels: Sequence[str]) -> list[str]:
    taken: set[str] = set(labels)
    seen: dict[str, int] = {}
    found = []
    for label in labels:
        number = seen.get(label, 0) + 1
        name = label if number == 1 else f"{label} ({number})"
        while number > 1 and name in taken:
            number += 1
            name = f"{label} ({number})"
        seen[label] = number
        taken.add(name)
        found.append(name)
    return found
