"""What a sweep is made of: its base settings, its axes, an explicit list of points."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from framepack_widgets.errors import SettingsError
from framepack_widgets.frozen import freeze
from framepack_widgets.problem import Problem
from framepack_widgets.schema import Schema
from framepack_widgets.settings import Settings
from framepack_widgets.sweeps import draws
from framepack_widgets.sweeps.axis import Axis
from framepack_widgets.sweeps.axis_checks import base_value, field_of, problems_of, refuse
from framepack_widgets.sweeps.axis_values import parse
from framepack_widgets.sweeps.sources import Seeds, drawn_seeds
from framepack_widgets.sweeps.spread import MOST_VALUES
from framepack_widgets.sweeps.value_labels import key_of, labels_of
from framepack_widgets.value_checks import check_value

WAYS = ("grid", "zip")


def seeded(settings: Any, like: Settings | None = None) -> Settings:
    """These settings with a seed: the one of `like`, else one that follows from them."""
    if settings is None or isinstance(settings, Mapping):
        settings = Settings(**dict(settings or {}))
    if not isinstance(settings, Settings):
        raise SettingsError(
            f"a sweep is made of Settings, not of {type(settings).__name__}: use clip.settings or "
            "fp.Settings(...)."
        )
    if settings.seed is not None:
        return settings
    drawn = drawn_seeds(settings, Seeds(1))[0] if like is None else like.seed
    return settings.replace(seed=drawn)


def axes_of(
    given: Sequence[Axis | tuple[str, Any]],
    base: Settings,
    schema: Schema | None,
    *,
    combine: str,
) -> tuple[Settings, tuple[Axis, ...]]:
    """The base and the axes, checked all together. Raises SettingsError with every problem."""
    if combine not in WAYS:
        raise SettingsError(f'combine is "grid" or "zip", not {combine!r}.')
    axes, found = [], []
    for item in given:
        try:
            axis = item if isinstance(item, Axis) else Axis(item[0], item[1], settings=base)
        except SettingsError as error:
            cause = error.__cause__ or error
            name = "axes" if isinstance(item, Axis) else item[0]
            found.append(Problem(name, str(cause)))
            continue
        field = field_of(axis, schema)
        # In a zip equal values stay, beside each other's partners.
        axes.append(axis if field is None else axis.fitted(field, fold=combine == "grid"))
    names = [axis.name for axis in axes]
    twice = {name for name in names if names.count(name) > 1}
    found += [Problem(name, "two axes have this name.", "Leave one out.") for name in sorted(twice)]
    base = _with_default_texts(axes, base, schema)
    found += problems_of(axes, base, schema, combine=combine)
    if combine == "zip" and len({len(axis) for axis in axes}) > 1:
        lengths = ", ".join(f"{axis.name} has {len(axis)}" for axis in axes)
        hint = "Give as many of each, or leave out combine to have all combinations."
        found.append(Problem("combine", f"zipped axes are equally long, but {lengths}.", hint))
    refuse(found)
    return base, tuple(axes)


def _with_default_texts(axes: Sequence[Axis], base: Settings, schema: Schema | None) -> Settings:
    names = {axis.target.field for axis in axes if axis.target.part or axis.search is not None}
    return base.replace(**{name: base_value(base, name, schema) for name in names})


def checked_list(given: Iterable[Settings], schema: Schema | None) -> tuple[Settings, ...]:
    """The points of an explicit list, all with a seed. Raises SettingsError with every problem."""
    points: list[Settings] = []
    for settings in given:
        points.append(seeded(settings, like=points[0] if points else None))
    if not points:
        raise SettingsError("a sweep of no settings at all: give it at least one.")
    found = []
    for number, point in enumerate(points if schema is not None else ()):
        for name, value in point.set_values().items():
            wrong = check_value(name, value, schema) if schema is not None else []
            found += [Problem(name, f"point {number}: {p.message}", p.hint) for p in wrong]
    refuse(found)
    return tuple(points)


def axes_of_list(
    points: Sequence[Settings],
) -> tuple[Settings, tuple[Axis, ...], tuple[tuple[int, ...], ...]]:
    """(what all have in common, axes of what differs, for each point its values' places)."""
    all_values = [point.set_values() for point in points]
    names = dict.fromkeys(name for values in all_values for name in values)
    common, axes, columns = {}, [], []
    for name in names:
        places: dict[Any, int] = {}
        column = [places.setdefault(key_of(v.get(name)), len(places)) for v in all_values]
        if len(places) == 1:
            common[name] = all_values[0][name]
            continue
        firsts = [all_values[column.index(place)].get(name) for place in range(len(places))]
        axes.append(Axis.plain(name, firsts, labels_of(firsts, name)))
        columns.append(column)
    rows = tuple(zip(*columns, strict=True)) if columns else ((),) * len(points)
    return Settings(**common), tuple(axes), rows


def source_axes(axes: Mapping[str, Any], count: Any) -> tuple[int, dict[str, Any], int]:
    """(where drawing begins, {axis: what is drawn from}, count). Raises SettingsError."""
    count = freeze(count)
    if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= MOST_VALUES:
        raise SettingsError(f"a drawn sweep has 1 to {MOST_VALUES:,} points, not {count!r}.")
    ways, seed, found = {}, 0, []
    for name, given in axes.items():
        way = parse(given) if isinstance(given, str) else given
        if name == "seed" and isinstance(freeze(way), int):
            seed = freeze(way)
        elif draws.is_distribution(way):
            ways[name] = way
        elif isinstance(way, (list, tuple, range)) or hasattr(way, "tolist"):
            ways[name] = draws.choice(way)
        else:
            hint = "Use fp.uniform(1, 3), fp.log_uniform(0.1, 1) or fp.choice([10, 20])."
            found.append(Problem(name, f"nothing can be drawn from {way!r}.", hint))
    if not ways and not found:
        hint = "Give one, such as cfg_scale=fp.uniform(1, 3)."
        found.append(Problem("axes", "there is none to draw values for.", hint))
    refuse(found)
    return seed, ways, count
