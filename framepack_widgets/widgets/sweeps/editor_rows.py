"""The editor's rows: text of people -> axes -> a Sweep, and back. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from framepack_widgets.errors import SettingsError
from framepack_widgets.problem import Problem
from framepack_widgets.schema import Schema
from framepack_widgets.settings import Settings
from framepack_widgets.sweeps.axis import Axis
from framepack_widgets.sweeps.making import WAYS
from framepack_widgets.sweeps.sources import alternatives, search_replace, seeds
from framepack_widgets.sweeps.sweep import Sweep
from framepack_widgets.sweeps.targets import target_of
from framepack_widgets.widgets.sweeps.axis_offers import NEW_SEEDS, REPLACE, base_name

_MOST_ROWS = 20
_LONGEST = 100_000  # characters of a row
_ZIP_HINT = "Give as many of each, or combine every value with every other."
_SHOWN = 6  # values that are named below a row


class Row(NamedTuple):
    """One line of the editor."""

    id: str
    key: str
    """Of its offer; "": nothing was chosen yet."""
    text: str


@dataclass(frozen=True)
class Reading:
    """What the rows say."""

    sweep: Sweep | None
    """None: something has to be put right before."""
    errors: Mapping[str, str] = field(default_factory=dict)
    """{row: what is wrong with it}."""
    told: Mapping[str, str] = field(default_factory=dict)
    """{row: its values}."""
    error: str = ""
    """What is wrong with all of it."""


def rows_from(given: Any) -> list[Row]:
    """The rows of a message of the page."""
    rows = given if isinstance(given, list) else []
    return [
        Row(str(r.get("id"))[:40], str(r.get("key") or ""), str(r.get("text") or "")[:_LONGEST])
        for r in rows[:_MOST_ROWS]
        if isinstance(r, Mapping)
    ]


def read(
    rows: Sequence[Row], base: Settings, schema: Schema | None, combine: str = "grid"
) -> Reading:
    """The sweep of these rows. Raises nothing of ours; files of frames are looked at."""
    if not rows:
        return Reading(None, error="Add an axis: choose what is to vary.")
    axes: dict[str, Axis] = {}
    errors: dict[str, str] = {}
    names: list[str] = []
    for row in rows:
        try:
            axes[row.id] = axis = _axis(row, base, names)
            names.append(axis.name)
        except SettingsError as error:
            errors[row.id] = _sentence(error)
    told = {row: _told(axis) for row, axis in axes.items()}
    if errors:
        return Reading(None, errors, told)
    try:
        sweep = Sweep(base, *axes.values(), schema=schema, combine=_way(combine))
    except SettingsError as error:
        at_rows, rest = _shared_out(error, axes)
        return Reading(None, at_rows, told, rest)
    made = {axis.name: axis for axis in sweep.axes}
    return Reading(sweep, told={row: _told(made[axis.name]) for row, axis in axes.items()})


def rows_of(sweep: Sweep) -> list[Row]:
    """The rows that make the axes of this sweep."""
    return [Row(f"r{n}", *_written(axis)) for n, axis in enumerate(sweep.axes)]


def _way(combine: str) -> str:
    return combine if combine in WAYS else WAYS[0]


def _axis(row: Row, base: Settings, names: Sequence[str]) -> Axis:
    if not row.key:
        raise SettingsError("Choose what is to vary.")
    if not row.text.strip():
        raise SettingsError("Write its values.")
    name = base_name(row.key)
    if row.key == NEW_SEEDS:
        return Axis(name, seeds(_count(row.text)), settings=base)
    if row.key.endswith(REPLACE):
        words = _words(row.text)
        own = name if name not in names else f"{name}:{words[0]}"
        return Axis(own, search_replace(words[0], *words[1:]), settings=base)
    if target_of(name).is_text and row.text.strip()[0] not in "\"'":
        return Axis(name, _lines(row.text), settings=base)
    return Axis(name, row.text.strip(), settings=base)


def _count(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise SettingsError(
            f"{text.strip()!r} is no number of seeds: write 4, for example."
        ) from None


def _words(text: str) -> list[str]:
    """Texts between commas; quotes around those that have a comma in them."""
    rows = list(csv.reader(io.StringIO(" ".join(text.split("\n"))), skipinitialspace=True))
    found = [word.strip() for word in rows[0]] if rows else []
    if len(found) < 2 or not found[0]:
        raise SettingsError("Write what is searched, a comma, and what replaces it: cat, dog, fox.")
    return found


def _lines(text: str) -> list[str]:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return [made for line in lines for made in alternatives(line).texts]


def _written(axis: Axis) -> tuple[str, str]:
    if axis.search is not None:
        line = io.StringIO()
        csv.writer(line, lineterminator="").writerow(axis.values)
        return f"{axis.target.field}{REPLACE}", line.getvalue()
    return axis.name, axis.text


def _told(axis: Axis) -> str:
    some = ", ".join(axis.labels[:_SHOWN]) + (", …" if len(axis) > _SHOWN else "")
    return f"{len(axis):,} value{'' if len(axis) == 1 else 's'}: {some}"


def _sentence(error: SettingsError) -> str:
    """What is wrong, without the axis' name: it stands in that axis' row."""
    return _capital(str(error.__cause__ or error))


def _shared_out(error: SettingsError, axes: Mapping[str, Axis]) -> tuple[dict[str, str], str]:
    """(what belongs to one row, the rest)."""
    rows = {axis.name: row for row, axis in axes.items()}
    found: dict[str, list[str]] = {}
    rest = [] if error.problems else [str(error)]
    for problem in error.problems:
        if problem.field in rows:
            found.setdefault(rows[problem.field], []).append(_words_of(problem))
        elif problem.field == "combine":
            rest.append(f"{_capital(problem.message)} {_ZIP_HINT}")
        else:
            rest.append(_words_of(problem))
    return {row: " ".join(texts) for row, texts in found.items()}, " ".join(rest)


def _words_of(problem: Problem) -> str:
    return _capital(problem.message + (f" {problem.hint}" if problem.hint else ""))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
