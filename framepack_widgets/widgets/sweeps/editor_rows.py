"""The editor's rows: text of people -> axes -> a Sweep, and back. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from framepack_widgets.errors import FramePackError, SettingsError
from framepack_widgets.problem import Problem
from framepack_widgets.schema import Schema
from framepack_widgets.settings import Settings
from framepack_widgets.sweeps.axis import Axis
from framepack_widgets.sweeps.making import WAYS
from framepack_widgets.sweeps.sources import Seeds, alternatives, search_replace, seeds
from framepack_widgets.sweeps.sweep import Sweep
from framepack_widgets.sweeps.targets import target_of
from framepack_widgets.widgets.sweeps.axis_offers import NEW_SEEDS, REPLACE, base_name
from framepack_widgets.widgets.sweeps.drawn_rows import DRAWN, Range, drawn_sweep, range_in

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
class Way:
    """How the values of all rows come together."""

    combine: str = WAYS[0]
    """grid, zip, random or sobol."""
    count: str = "12"
    """How many points are drawn, as it was typed."""
    start: str = "0"
    """Where drawing begins, as it was typed."""


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
    fields: Mapping[str, str] = field(default_factory=dict)
    """{combine, count, start, draft: what is wrong there}."""


def rows_from(given: Any) -> list[Row]:
    """The rows of a message of the page."""
    rows = given if isinstance(given, list) else []
    return [
        Row(str(r.get("id"))[:40], str(r.get("key") or ""), str(r.get("text") or "")[:_LONGEST])
        for r in rows[:_MOST_ROWS]
        if isinstance(r, Mapping)
    ]


def read(
    rows: Sequence[Row], base: Settings, schema: Schema | None, way: Way | None = None
) -> Reading:
    """The sweep of these rows. Raises nothing of ours; files of frames are looked at."""
    way = way or Way()
    if not rows:
        return Reading(None, error="Add an axis: choose what is to vary.")
    axes: dict[str, Axis] = {}
    ranges: dict[str, Range] = {}
    errors: dict[str, str] = {}
    for row in rows:
        try:
            names = [axis.name for axis in axes.values()]
            found = range_in(row.text) if way.combine in DRAWN and _may_be_range(row) else None
            if found is not None:
                axis = Axis(base_name(row.key), list(found.ends), settings=base)
                ranges[axis.name] = found
            else:
                axis = _axis(row, base, names)
            axes[row.id] = axis
        except SettingsError as error:
            errors[row.id] = _sentence(error)
    told = {row: _told(axis) for row, axis in axes.items() if axis.name not in ranges}
    combine = way.combine if way.combine in WAYS and not errors else WAYS[0]
    try:
        sweep = Sweep(base, *axes.values(), schema=schema, combine=combine)
    except SettingsError as error:
        wrong = _shared_out(error, axes, told)
        return replace(wrong, errors={**wrong.errors, **errors})
    if errors:
        return Reading(None, errors, told)
    made = {axis.name: axis for axis in sweep.axes}
    if way.combine not in DRAWN:
        return Reading(sweep, told={row: _told(made[axis.name]) for row, axis in axes.items()})
    told = {row: f"one of {text}" for row, text in told.items()}
    told |= {row: ranges[axis.name].told for row, axis in axes.items() if axis.name in ranges}
    told |= {row.id: "a new seed for each point" for row in rows if row.key == NEW_SEEDS}
    ways: dict[str, Any] = {name: found.way for name, found in ranges.items()}
    ways |= {base_name(row.key): Seeds(1) for row in rows if row.key == NEW_SEEDS}
    return _drawn(way, sweep, axes, ways, told, schema=schema)


def _drawn(
    way: Way,
    sweep: Sweep,
    axes: Mapping[str, Axis],
    ways: Mapping[str, Any],
    told: Mapping[str, str],
    *,
    schema: Schema | None,
) -> Reading:
    """The same rows, but points are drawn from them."""
    numbers, wrong = {}, {}
    for name, text in (("count", way.count), ("start", way.start)):
        try:
            numbers[name] = int(text)
        except ValueError:
            wrong[name] = f"{text.strip()!r} is no whole number." if text.strip() else "How many?"
    if wrong:
        return Reading(None, told=told, fields=wrong)
    try:
        evenly = way.combine == "sobol"
        found = drawn_sweep(sweep, ways, schema, numbers["count"], numbers["start"], evenly=evenly)
    except SettingsError as error:
        if error.problems:
            return _shared_out(error, axes, told)
        return Reading(None, told=told, fields={"count": capital(str(error))})
    except FramePackError as error:  # scipy is not there
        return Reading(None, told=told, fields={"combine": str(error)})
    return Reading(found, told=told)


def rows_of(sweep: Sweep) -> list[Row]:
    """The rows that make the axes of this sweep."""
    return [Row(f"r{n}", *_written(axis)) for n, axis in enumerate(sweep.axes)]


def _may_be_range(row: Row) -> bool:
    is_other = not row.key or row.key == NEW_SEEDS or row.key.endswith(REPLACE)
    return not is_other and not target_of(base_name(row.key)).is_text


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
    return capital(str(error.__cause__ or error))


def _shared_out(error: SettingsError, axes: Mapping[str, Axis], told: Mapping[str, str]) -> Reading:
    """What is wrong, where it belongs."""
    rows = {axis.name: row for row, axis in axes.items()}
    found: dict[str, list[str]] = {}
    fields: dict[str, str] = {}
    rest = [] if error.problems else [str(error)]
    for problem in error.problems:
        if problem.field in rows:
            found.setdefault(rows[problem.field], []).append(_words_of(problem))
        elif problem.field == "combine":
            fields["combine"] = f"{capital(problem.message)} {_ZIP_HINT}"
        else:
            rest.append(_words_of(problem))
    at_rows = {row: " ".join(texts) for row, texts in found.items()}
    return Reading(None, at_rows, told, " ".join(rest), fields)


def _words_of(problem: Problem) -> str:
    return capital(problem.message + (f" {problem.hint}" if problem.hint else ""))


def capital(text: str) -> str:
    """The text as a sentence begins."""
    return text[:1].upper() + text[1:]
