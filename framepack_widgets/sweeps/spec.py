"""A sweep as a file, TOML or JSON: the same sweep as in Python and in the form.

    name = "cfg against seeds"      # of the run
    [settings]
    start_frame = "cat.png"         # paths begin at the file's own folder
    prompt = "a cat yawns"
    [axes]
    cfg_scale = [1, 1.5, 2]
    seed = "seeds(4)"
    "loras.film" = "0..1/5"

Beside these: combine, limit, [random] or [sobol] with count and seed, and [[points]] instead of
axes.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from framepack_widgets.errors import SettingsError
from framepack_widgets.images import DATA_URL
from framepack_widgets.problem import Problem
from framepack_widgets.schema import Schema
from framepack_widgets.settings import KNOWN, Settings
from framepack_widgets.sweeps.axis import Axis
from framepack_widgets.sweeps.making import seeded
from framepack_widgets.sweeps.sources import FRAMES, search_replace
from framepack_widgets.sweeps.sweep import Sweep

_KEYS = ("name", "combine", "limit", "settings", "axes", "random", "sobol", "points")
_DRAWN = ("random", "sobol")
_SOURCES = ("values", "text", "search_replace")
_AXIS_KEYS = (*_SOURCES, "labels")
_TABLES = ("settings", "axes", *_DRAWN)


@dataclass(frozen=True)
class Spec:
    """What a spec file says."""

    sweep: Sweep
    name: str = ""
    """Of the run; "": it has none."""


def load_spec(path: str | os.PathLike[str], *, schema: Schema | None = None) -> Spec:
    """The sweep in a .toml or .json file.

    Raises SettingsError: for a file that cannot be read, for every wrong key of it at once, for
    every wrong value of its axes at once.
    """
    file = Path(path).expanduser()
    try:
        text = file.read_text(encoding="utf-8-sig")
        data = json.loads(text) if file.suffix.casefold() == ".json" else _toml(text)
    except (OSError, ValueError) as error:
        raise SettingsError(f"the sweep in {file} cannot be read ({_reason(error)}).") from error
    try:
        return read_spec(data, folder=file.absolute().parent, schema=schema)
    except SettingsError as error:
        raise SettingsError(f"{file.name}: {error}", error.problems) from error


def save_spec(path: str | os.PathLike[str], sweep: Sweep, name: str = "") -> None:
    """Write the sweep to a .toml or .json file that `load_spec` reads. Raises OSError.

    Drawn values and seeds are written as they were drawn. Frames in the file's folder are named
    from there, so that both can be moved together; others with their whole path.
    """
    from framepack_widgets.sweeps.spec_text import spec_text

    file = Path(path).expanduser()
    is_json = file.suffix.casefold() == ".json"
    text = spec_text(sweep, name, as_json=is_json, folder=file.absolute().parent)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8", newline="\n")


def read_spec(data: Any, *, folder: Path | None = None, schema: Schema | None = None) -> Spec:
    """The sweep in what a spec file holds. Raises SettingsError with every wrong key."""
    found = _wrong_keys(data, schema)
    if found:
        lines = "\n".join(f"  {problem}" for problem in found)
        raise SettingsError(f"this is no spec of a sweep, because of\n{lines}", found)
    name, axes = str(data.get("name", "")), data.get("axes", {})
    base = _settings(data.get("settings", {}), folder)
    if "points" in data:
        points = [base.replace(**_placed(point, folder)) for point in data["points"]]
        return Spec(Sweep.of(points, schema=schema), name)
    for way in _DRAWN:
        if way in data:
            drawn = {**axes, "seed": axes.get("seed", data[way].get("seed", 0))}
            make = Sweep.random if way == "random" else Sweep.sobol
            return Spec(make(base, data[way]["count"], schema=schema, **drawn), name)
    base = seeded(base)
    made = [_axis(key, given, base, folder, found) for key, given in axes.items()]
    options = {key: data[key] for key in ("combine", "limit") if key in data}
    try:
        sweep = Sweep(base, *(a for a in made if a is not None), schema=schema, **options)
    except SettingsError as error:
        found += error.problems or [Problem("spec", str(error))]
    if found:
        lines = "\n".join(f"  {problem}" for problem in found)
        raise SettingsError(f"the sweep was not made, because of\n{lines}", found)
    return Spec(sweep, name)


def _toml(text: str) -> Any:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    return tomllib.loads(text)


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return (error.strerror or str(error)).lower()
    # The mistake that nearly everybody makes once.
    hint = "; in TOML, texts stand in quotes" if "Invalid value" in str(error) else ""
    return f"{error}{hint}"


def _wrong_keys(data: Any, schema: Schema | None) -> list[Problem]:
    if not isinstance(data, Mapping):
        return [Problem("spec", "it holds no keys.", "Write [settings] and [axes].")]
    found = [_unknown(key, key, _KEYS) for key in data if key not in _KEYS]
    tables = [(key, data[key]) for key in _TABLES if key in data]
    for key, table in tables:
        if not isinstance(table, Mapping):
            found.append(Problem(key, "it is no table.", f"Write [{key}] with a line for each."))
    is_odd = bool(found)
    data = {k: v for k, v in data.items() if k not in _TABLES or isinstance(v, Mapping)}
    offered = tuple(schema.names) if schema is not None else KNOWN
    points = data.get("points", ())
    if not isinstance(points, (list, tuple)) or not all(isinstance(p, Mapping) for p in points):
        wrong_list = Problem("points", "it is no list of settings.", "Write [[points]] for each.")
        return [*found, wrong_list]
    places = [
        ("settings", data.get("settings", {})),
        *((f"points[{n}]", p) for n, p in enumerate(points)),
    ]
    for place, table in places:
        wrong = [key for key in table if key not in offered and key != "extra"]
        found += [_unknown(f"{place}.{key}", key, offered) for key in wrong]
        if not isinstance(table.get("extra", {}), Mapping):
            found.append(Problem(f"{place}.extra", "it is no table.", "Write {name = value}."))
    for key, given in data.get("axes", {}).items():
        if isinstance(given, Mapping):
            found += _wrong_axis(f"axes.{key}", given)
    return found if is_odd else found + _wrong_ways(data)


def _wrong_axis(place: str, given: Mapping[str, Any]) -> list[Problem]:
    """What is wrong with an axis that is written as a table."""
    wrong = [key for key in given if key not in _AXIS_KEYS]
    found = [_unknown(f"{place}.{key}", key, _AXIS_KEYS) for key in wrong]
    sources = [key for key in _SOURCES if key in given]
    if len(sources) > 1:
        hint = "Leave out all but one."
        found.append(Problem(place, f"{' and '.join(sources)} exclude each other.", hint))
    if not sources and not wrong:
        found.append(Problem(place, "it has no values.", "Write values = [1, 2]."))
    if not isinstance(given.get("labels") or [], (list, tuple)):
        hint = 'Write labels = ["low", "high"].'
        found.append(Problem(place, "labels is a list of a text for each value.", hint))
    pair = given.get("search_replace", [""])
    if not isinstance(pair, (list, tuple)) or not pair:
        hint = 'Write search_replace = ["cat", "dog"].'
        found.append(Problem(place, "search_replace is a list.", hint))
    return found


def _wrong_ways(data: Mapping[str, Any]) -> list[Problem]:
    """Keys that are not for each other."""
    found = []
    ways = [key for key in ("axes", "points") if key in data]
    ways += [key for key in _DRAWN if key in data and "points" in data]
    if len(ways) > 1:
        hint = "Leave out all but one."
        found.append(Problem("spec", f"{' and '.join(ways)} exclude each other.", hint))
    other = [key for key in (*_DRAWN, "points") if key in data]
    idle = [key for key in ("combine", "limit") if key in data and other]
    found += [Problem(k, f"it does nothing beside {other[0]}.", "Leave it out.") for k in idle]
    if not ways:
        found.append(Problem("spec", "it has neither axes nor points.", "Write [axes]."))
    for key in (key for key in _DRAWN if key in data):
        inner = ("count", "seed")
        found += [_unknown(f"{key}.{k}", k, inner) for k in data[key] if k not in inner]
        if "schema" in data.get("axes", {}):  # no setting's name, but that of a Python argument
            found.append(_unknown("axes.schema", "schema", KNOWN))
        if "count" not in data[key]:
            found.append(Problem(key, "it does not say how many.", "Write count = 20."))
    return found


def _unknown(place: str, key: str, offered: Iterable[str]) -> Problem:
    close = get_close_matches(key, list(offered), n=1)
    hint = f"Did you mean {close[0]}?" if close else f"Known are {', '.join(offered)}."
    return Problem(place, "there is no such key.", hint)


def _settings(data: Mapping[str, Any], folder: Path | None) -> Settings:
    return Settings(**_placed(data, folder))


def _placed(data: Mapping[str, Any], folder: Path | None) -> dict[str, Any]:
    """The values with paths that begin at the file's folder."""
    values = dict(data)
    for name in FRAMES:
        value = values.get(name)
        if isinstance(value, str) and not value.startswith(DATA_URL) and folder is not None:
            values[name] = str(folder / Path(value).expanduser())
    return values


def _axis(
    name: str, given: Any, base: Settings, folder: Path | None, found: list[Problem]
) -> Axis | None:
    """The axis; what is wrong with it goes to `found`."""
    try:
        if not isinstance(given, Mapping):
            return Axis(name, given, settings=base, folder=folder)
        values = given.get("values", given.get("text"))
        if "search_replace" in given:
            values = search_replace(*list(given["search_replace"]))
        return Axis(name, values, labels=given.get("labels"), settings=base, folder=folder)
    except (SettingsError, TypeError) as error:
        found.append(Problem(name, str(error.__cause__ or error)))
        return None
