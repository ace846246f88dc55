"""Whether the values of axes fit: all wrong ones of all axes at once."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import fields
from difflib import get_close_matches
from typing import Any

from framepack_widgets.errors import SettingsError
from framepack_widgets.fields import Field
from framepack_widgets.problem import Problem
from framepack_widgets.schema import Schema
from framepack_widgets.schema_text import shortened
from framepack_widgets.settings import IMAGE_FIELDS, KNOWN, Settings
from framepack_widgets.sweeps.axis import Axis
from framepack_widgets.sweeps.point import groups_of, value_at
from framepack_widgets.value_checks import check_value, is_finite_number

_MOST_TOLD = 20  # wrong values of one axis
_MOST_TRIED = 5000  # combinations of the axes that change parts of one text

_KINDS = {"int": "integer", "float": "number", "bool": "flag", "str": "text"}


def field_of(axis: Axis, schema: Schema | None) -> Field | None:
    """The field whose values the axis takes; None: nothing is known of it."""
    target, known = axis.target, schema or _BY_THEMSELVES
    if target.time is not None:
        return Field(axis.name, axis.name, "number")
    if target.lora is not None:
        weights = [f for f in known.lora_fields if f.lora == target.lora]
        return weights[0] if weights else None
    return known.get(target.field)


def refuse(problems: Sequence[Problem]) -> None:
    """Raise SettingsError, listing every problem, if there is one."""
    if problems:
        lines = "\n".join(f"  {problem}" for problem in problems)
        raise SettingsError(f"the sweep was not made, because of\n{lines}", problems)


def problems_of(
    axes: Sequence[Axis], base: Settings, schema: Schema | None, *, combine: str = "grid"
) -> list[Problem]:
    """What is wrong with these axes on these settings; without a schema what is clear anyway."""
    found: list[Problem] = []
    whole: dict[str, str] = {}
    for axis in axes:
        found += _of_values(axis, base, schema)
        if axis.target.is_whole and axis.search is None:
            other = whole.setdefault(axis.target.field, axis.name)
            if other != axis.name:
                message = f"it sets the same as the axis {other}."
                found.append(Problem(axis.name, message, "Leave one of them out."))
    return found or _of_edits(axes, base, combine)


def _of_values(axis: Axis, base: Settings, schema: Schema | None) -> list[Problem]:
    name = axis.target.field
    known = schema or _BY_THEMSELVES
    if name not in known:
        return [] if schema is None and name in base.extra else _unknown(axis, schema)
    told: list[Problem] = []
    for value in dict.fromkeys(axis.first):
        told += _of_value(axis, axis.values[value], known, is_sure=schema is not None)
    seen = list(dict.fromkeys(told))
    if len(seen) > _MOST_TOLD:
        more = Problem(axis.name, f"{len(seen) - _MOST_TOLD} more of its values are wrong.")
        seen[_MOST_TOLD:] = [more]
    return seen


def _of_value(axis: Axis, value: Any, schema: Schema, *, is_sure: bool) -> list[Problem]:
    target = axis.target
    if value is None:
        return []
    if target.part is not None:
        return []  # tried in the text itself
    if target.field == "loras" and not is_sure:
        return _weights({target.lora: value} if target.lora is not None else value, axis.name)
    given = {target.lora: value} if target.lora is not None else value
    found = check_value(target.field, given, schema)
    return [Problem(axis.name, p.message, p.hint) for p in found]


def _weights(given: Any, name: str) -> list[Problem]:
    if not isinstance(given, Mapping):
        hint = 'Use a list of {name: weight}, or an axis for one LoRA: "loras.name".'
        return [Problem(name, f"{given!r} does not give each LoRA a weight.", hint)]
    wrong = [weight for weight in given.values() if not is_finite_number(weight)]
    return [Problem(name, f"{weight!r} is not a number.") for weight in wrong]


def _unknown(axis: Axis, schema: Schema | None) -> list[Problem]:
    offered = list(KNOWN) if schema is None else list(schema.names)
    name = axis.target.field
    if schema is None:
        message = f"there is no setting {name}."
    else:
        message = f"this Studio has no field {name}."
    close = get_close_matches(name, offered, n=1)
    hint = f"Did you mean {close[0]}?" if close else "studio.schema lists all names."
    if schema is None and not close:
        hint = "For a field that only your Studio has, give schema=studio.schema."
    return [Problem(axis.name, message, hint)]


def _of_edits(axes: Sequence[Axis], base: Settings, combine: str) -> list[Problem]:
    """Every combination of the axes that change parts of one text is tried."""
    found: list[Problem] = []
    for name, group in groups_of(axes).items():
        if all(axes[n].search is None and axes[n].target.part is None for n in group):
            continue
        begin = base.set_values().get(name)
        places = [range(len(axes[n])) for n in group]
        ways = itertools.product(*places) if combine == "grid" else zip(*places, strict=False)
        edits = next(n for n in group if axes[n].search or axes[n].target.part)
        for at in itertools.islice(iter(ways), _MOST_TRIED):
            try:
                value_at(axes, group, at, begin)
            except SettingsError as error:
                message = shortened(str(error), 400)
                found.append(Problem(axes[edits].name, message))
                break
    return found


def base_value(base: Settings, name: str, schema: Schema | None) -> Any:
    """What the settings have under this name, or the server's own text where they have none."""
    value = base.set_values().get(name)
    field = schema.get(name) if schema is not None else None
    if value is None and field is not None and field.kind == "text":
        return field.default
    return value


def _known_fields() -> Schema:
    """What is known of every Studio's fields: their kinds."""
    found = []
    for place, item in enumerate(fields(Settings)):
        kind = "image" if item.name in IMAGE_FIELDS else _KINDS.get(str(item.type).split(" ")[0])
        if item.name == "video":
            kind = "video"
        if item.name in KNOWN:
            found.append(Field(item.name, item.name, kind or "unknown", index=place))
    return Schema(tuple(found))


_BY_THEMSELVES = _known_fields()
