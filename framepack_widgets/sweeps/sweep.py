"""Many Settings made from axes; every point is made when it is asked for."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from framepack_widgets.errors import SettingsError
from framepack_widgets.frozen import FrozenDict
from framepack_widgets.schema import Schema
from framepack_widgets.settings import Settings
from framepack_widgets.sweeps import draws
from framepack_widgets.sweeps.axis import Axis
from framepack_widgets.sweeps.making import axes_of, axes_of_list, checked_list, seeded, source_axes
from framepack_widgets.sweeps.point import Point, groups_of, value_at

if TYPE_CHECKING:
    from framepack_widgets.session import Studio
    from framepack_widgets.sweeps.plan import SweepPlan

__all__ = ["Point", "Sweep"]

Keep = Callable[[Settings], "bool | Settings | None"]
LIST = "list"


class Sweep:
    """Settings that differ along axes. Immutable; iterating gives its points, lazily."""

    settings: Settings
    """What all points have in common; a seed that was not set is drawn here, one for all."""
    axes: tuple[Axis, ...]
    combine: str
    """grid: every value with every other; zip: the first of each, then the second; list."""
    limit: int | None
    _keep: Keep | None
    _kept: tuple[tuple[int, Settings | None], ...] | None
    _points: tuple[Settings, ...] | None
    _rows: tuple[tuple[int, ...], ...] | None
    _groups: dict[str, tuple[int, ...]]

    def __init__(
        self,
        settings: Settings | Mapping[str, Any] | None = None,
        /,
        *axis: Axis,
        schema: Schema | None = None,
        combine: str = "grid",
        keep: Keep | None = None,
        limit: int | None = None,
        **axes: Any,
    ) -> None:
        """A sweep of these settings along these axes.

        axes: name=values as `Axis` takes them (names with dots: **{"loras.film": [0, 1]}); the
        first varies slowest. schema: studio.schema; then values are checked against the server.
        keep: called with the settings of each point; False drops it, Settings replace it. limit:
        at most so many points, the first ones.
        Raises SettingsError with all wrong values of all axes in `.problems`.
        """
        base, made = axes_of([*axis, *axes.items()], seeded(settings), schema, combine=combine)
        self._fill(base, made, combine, keep=keep, limit=_limit(limit))

    @classmethod
    def of(cls, settings: Iterable[Settings], *, schema: Schema | None = None) -> Sweep:
        """A sweep of exactly these settings, in this order; its axes are what differs in them."""
        points = checked_list(settings, schema)
        sweep = object.__new__(cls)
        base, axes, rows = axes_of_list(points)
        sweep._fill(base, axes, LIST, points=points, rows=rows)
        return sweep

    @classmethod
    def random(
        cls,
        settings: Settings | Mapping[str, Any] | None,
        count: int,
        /,
        *,
        schema: Schema | None = None,
        keep: Keep | None = None,
        **axes: Any,
    ) -> Sweep:
        """`count` points drawn at random: cfg_scale=fp.uniform(1, 3), steps=fp.choice([10, 20]).

        seed=7, a number, is where drawing begins (0 if not given): the same number draws the same
        points. seed=fp.seeds(1) gives every point a seed of its own. Raises SettingsError.
        """
        return cls._drawn(settings, count, draws.random_shares, axes, schema=schema, keep=keep)

    @classmethod
    def sobol(
        cls,
        settings: Settings | Mapping[str, Any] | None,
        count: int,
        /,
        *,
        schema: Schema | None = None,
        keep: Keep | None = None,
        **axes: Any,
    ) -> Sweep:
        """As `random`, but spread evenly by a Sobol sequence: fewer points show as much.

        Raises SettingsError, and FramePackError where scipy is not installed.
        """
        return cls._drawn(settings, count, draws.sobol_shares, axes, schema=schema, keep=keep)

    @classmethod
    def _drawn(
        cls, settings: Any, count: int, shares: Any, axes: dict[str, Any], **rest: Any
    ) -> Sweep:
        base = seeded(settings)
        seed, ways, count = source_axes(axes, count)
        found = draws.drawn(base, ways, shares(count, len(ways), seed))
        return cls(base, combine="zip", **rest, **found)

    def _fill(self, settings: Settings, axes: Sequence[Axis], combine: str, **rest: Any) -> None:
        self.__dict__.update(settings=settings, axes=tuple(axes), combine=combine)
        self.__dict__["limit"] = rest.pop("limit", None)
        for name in ("keep", "kept", "points", "rows"):
            self.__dict__[f"_{name}"] = rest.get(name)
        self.__dict__["_groups"] = groups_of(axes)

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError("a Sweep cannot be changed; make a new one")

    # ------------------------------------------------------------------ points

    @property
    def is_plain(self) -> bool:
        """Whether its points follow from the axes alone, so that they need not be made to know."""
        return self._keep is None and self._kept is None and self._points is None

    @property
    def size(self) -> int:
        """How many points there are, exact at any size; with `keep` all have to be made once."""
        if self._keep is not None or self._kept is not None:
            return len(self.kept())
        return self.raw_size if self.limit is None else min(self.raw_size, self.limit)

    @property
    def raw_size(self) -> int:
        """How many points there are before `keep` and `limit`."""
        if self._points is not None:
            return len(self._points)
        if self.combine == "zip" and self.axes:
            return len(self.axes[0])
        return math.prod(len(axis) for axis in self.axes)

    def __len__(self) -> int:
        return self.size

    def __bool__(self) -> bool:
        return True  # a sweep is there, whatever its size

    def __iter__(self) -> Iterator[Point]:
        is_whole = self._keep is None and self._kept is None
        return itertools.islice(self._raw() if is_whole else self._filtered(), self.limit)

    def __getitem__(self, index: int) -> Point:
        wanted = index + self.size if index < 0 else index
        if not 0 <= wanted < self.size:
            raise IndexError(f"this sweep has {self.size} points, none is number {index}")
        if self._keep is None and self._kept is None:
            return self._point(wanted, wanted)
        place, instead = self.kept()[wanted]
        return self._point(wanted, place, instead)

    def kept(self) -> tuple[tuple[int, Settings | None], ...]:
        """Which points of the full sweep are left by `keep`, and what each was changed into."""
        if self._kept is None:
            ways = itertools.islice(self._judged(), self.limit)
            self.__dict__["_kept"] = tuple((p.index, s) for p, s in ways)
        return self._kept or ()

    def at(self, place: int) -> tuple[int, ...]:
        """Which value of each axis the point has, before `keep`."""
        if self._rows is not None:
            return self._rows[place]
        if self.combine == "zip":
            return (place,) * len(self.axes)
        found = []
        for axis in reversed(self.axes):
            place, value = divmod(place, len(axis))
            found.append(value)
        return tuple(reversed(found))

    def _point(self, index: int, place: int, instead: Settings | None = None) -> Point:
        at = self.at(place)
        pairs = [(axis, axis.first[value]) for axis, value in zip(self.axes, at, strict=True)]
        return Point(
            index,
            FrozenDict({axis.name: value for axis, value in pairs}),
            FrozenDict({axis.name: axis.labels[value] for axis, value in pairs}),
            instead if instead is not None else self._settings_at(place, at),
        )

    def _settings_at(self, place: int, at: tuple[int, ...]) -> Settings:
        if self._points is not None:
            return self._points[place]
        values = self.settings.set_values()
        for name, group in self._groups.items():
            where = [at[number] for number in group]
            values[name] = value_at(self.axes, group, where, values.get(name))
        if values.get("seed") is None:
            values["seed"] = self.settings.seed
        return Settings(**values)

    def _raw(self) -> Iterator[Point]:
        return (self._point(place, place) for place in _counting(self.raw_size))

    def _judged(self) -> Iterator[tuple[Point, Settings | None]]:
        keep = self._keep or (lambda _: True)
        for point in self._raw():
            told = keep(point.settings)
            if isinstance(told, Settings):
                yield point, seeded(told, like=self.settings)
            elif told:
                yield point, None

    def _filtered(self) -> Iterator[Point]:
        if self._kept is not None:
            yield from (self._point(n, place, s) for n, (place, s) in enumerate(self._kept))
            return
        for number, (point, instead) in enumerate(self._judged()):
            settings = point.settings if instead is None else instead
            yield Point(number, point.coordinates, point.labels, settings)

    def plan(self, studio: Studio | Schema, **options: Any) -> SweepPlan:
        """Its renders on this Studio: which, in which order, their time and room; sends nothing.

        A Schema instead of a Studio: without time and room, as no Library is looked at. options:
        done, check_files, progress, cancelled (`sweeps.plan.plan`).
        """
        from framepack_widgets.sweeps.plan import plan_on

        return plan_on(self, studio, **options)

    # ------------------------------------------------------------------ keeping

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON. What a `keep` left is kept, not the function."""
        from framepack_widgets.sweeps.sweep_text import as_dict

        return as_dict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Sweep:
        """What `to_dict` gave; nothing is checked or looked at again."""
        try:
            base = Settings.from_dict(data["settings"])
            if data["combine"] == LIST:
                return cls.of([Settings.from_dict(point) for point in data["points"]])
            kept = data.get("kept")
            left = None if kept is None else tuple((n, _given(s)) for n, s in kept)
            sweep = object.__new__(cls)
            axes = [Axis.from_dict(axis) for axis in data["axes"]]
            sweep._fill(base, axes, data["combine"], limit=data.get("limit"), kept=left)
        except (KeyError, TypeError, ValueError) as error:
            raise SettingsError(f"this is no sweep that was kept ({error!r}).") from error
        return sweep

    def as_python(self) -> str:
        """The call that makes this sweep again, as text to paste into a cell."""
        from framepack_widgets.sweeps.sweep_text import as_python

        return as_python(self)

    def __eq__(self, other: object) -> bool:
        return self.to_dict() == other.to_dict() if isinstance(other, Sweep) else NotImplemented

    def __hash__(self) -> int:
        return hash((self.settings, self.axes, self.combine, self.limit))

    def __reduce__(self) -> tuple[Any, ...]:
        return Sweep.from_dict, (self.to_dict(),)

    def __repr__(self) -> str:
        from framepack_widgets.sweeps.sweep_text import as_line

        return as_line(self)


def _given(data: Any) -> Settings | None:
    return None if data is None else Settings.from_dict(data)


def _counting(size: int) -> Iterator[int]:
    return itertools.takewhile(lambda number: number < size, itertools.count())


def _limit(limit: Any) -> int | None:
    if limit is None or (isinstance(limit, int) and not isinstance(limit, bool) and limit > 0):
        return limit
    raise SettingsError(f"limit is the largest number of points, 1 or more, not {limit!r}.")
