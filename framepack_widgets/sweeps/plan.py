"""What a sweep will be, before anything is sent: its renders in order, their time and room."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeAlias

from framepack_widgets.errors import FramePackError, SettingsError
from framepack_widgets.length import Render
from framepack_widgets.problem import Problem
from framepack_widgets.schema import Schema
from framepack_widgets.sweeps.costs import Cost, Costs
from framepack_widgets.sweeps.library_facts import LibraryFacts
from framepack_widgets.sweeps.lines import Lines
from framepack_widgets.sweeps.rules import Rules
from framepack_widgets.sweeps.sweep import Sweep
from framepack_widgets.sweeps.sweep_plan import PlannedRender, Refused, SweepPlan
from framepack_widgets.sweeps.table import Row, Table, table_of

if TYPE_CHECKING:
    from framepack_widgets.library import Library
    from framepack_widgets.session import Studio

__all__ = [
    "PlanCancelled",
    "PlannedRender",
    "Refused",
    "SweepPlan",
    "plan",
    "plan_on",
    "plan_with",
]

# Identities of renders, or what tells from all of them those that are there.
There: TypeAlias = Collection[str] | Callable[[Collection[str]], Collection[str]]

_OFTEN = 256  # points between two looks at `cancelled`


class PlanCancelled(FramePackError):
    """The plan is not wanted any more."""


def plan(
    sweep: Sweep,
    schema: Schema,
    *,
    history: Sequence[Render] = (),
    bytes_per_pixel: float | None = None,
    done: There = (),
    check_files: bool = True,
    progress: Callable[[int, int | None], object] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> SweepPlan:
    """The renders of a sweep on the Studio with this schema; sends nothing.

    history, bytes_per_pixel: what earlier renders took (`LibraryFacts`). done: identities of
    renders that are there already, or what tells them from all. check_files: open the frames.
    progress(points so far, all or None) is called now and then; once cancelled() is true,
    PlanCancelled is raised.
    """

    def look(number: int) -> None:
        if number % _OFTEN == 0 and cancelled is not None and cancelled():
            raise PlanCancelled("The plan was cancelled; nothing was sent.")

    table = table_of(sweep, look)
    planner = _Planner(sweep, table, schema, Costs(table, schema, history, bytes_per_pixel))
    planner.check(check_files=check_files)
    for number, row in enumerate(table.rows):
        look(number)
        if progress is not None and number % _OFTEN == 0:
            progress(number, table.size)
        planner.add(number, row)
    if progress is not None:
        progress(planner.points, planner.points)
    return planner.finished(done)


def plan_on(sweep: Sweep, studio: Studio | Schema, **options: Any) -> SweepPlan:
    """The plan on a Studio, with what its Library knows of earlier renders."""
    if isinstance(studio, Schema):
        return plan(sweep, studio, **options)
    return plan_with(sweep, studio.schema, studio.library, studio.key, **options)


def plan_with(
    sweep: Sweep, schema: Schema, library: Library, key: str, **options: Any
) -> SweepPlan:
    """The plan on the Studio that the Library knows as `key`; clips that it has are not to do."""
    facts = LibraryFacts.of(library.renders(key), library.clips_folder)
    given = {**facts.as_arguments(), "done": library.runs.there, **options}
    return plan(sweep, schema, **given)


class _Planner:
    """Takes the points one by one, folds and sorts them."""

    def __init__(self, sweep: Sweep, table: Table, schema: Schema, costs: Costs) -> None:
        self.points = 0
        self._sweep, self._table, self._schema, self._costs = sweep, table, schema, costs
        self._lines: Lines | None = None
        self._lost: Problem | None = None  # a frame of all points that cannot be read
        self._warned: Counter[Problem] = Counter()
        self._by_id: dict[str, list[int]] = {}
        self._cost: dict[str, Cost] = {}
        self._keys: dict[str, tuple[Any, ...]] = {}
        self._rest: dict[Row, int] = {}
        self._refused: list[Refused] = []
        self._seed = table.column("seed")

    def check(self, *, check_files: bool) -> None:
        """Look at what all points share."""
        self._rules = Rules(self._table, self._schema, check_files=check_files)
        self._always_wrong = tuple(p for p in self._rules.always if p.severity == "error")
        if self._always_wrong:  # a frame that cannot be read has no identity
            return
        try:
            self._lines = lines = Lines(self._table, self._schema)
        except SettingsError as error:
            self._lost = _unreadable(error)
            return
        self._model = lines.ranked("model")
        self._loras = lines.ranked("loras", _names)
        self._weights = lines.ranked("loras", repr)

    def add(self, number: int, row: Row) -> None:
        self.points += 1
        told = self._rules.of(row)
        wrong = [problem for problem in told if problem.severity == "error"] if told else []
        if wrong or self._lines is None:
            if self._lost is not None and all(p.field != self._lost.field for p in wrong):
                wrong = [self._lost, *wrong]
            self._refused.append(Refused(number, (*self._always_wrong, *wrong)))
            return
        try:
            name = self._lines.of(row)
        except SettingsError as error:
            self._refused.append(Refused(number, (_unreadable(error),)))
            return
        if told:
            self._warned.update(told)
        same = self._by_id.get(name)
        if same is not None:
            same.append(number)
            return
        self._by_id[name] = [number]
        self._cost[name] = self._costs.of(row)
        self._keys[name] = self._order(number, row)

    def _order(self, number: int, row: Row) -> tuple[Any, ...]:
        """Fewest changes of model and LoRAs, then the sweep's own order, seeds innermost."""
        rest = number
        if self._seed is not None:
            others = row[: self._seed] + row[self._seed + 1 :]
            rest = self._rest.setdefault(others, number)
        return self._model.of(row), self._loras.of(row), self._weights.of(row), rest, number

    def finished(self, done: There) -> SweepPlan:
        order = sorted(self._keys, key=self._keys.__getitem__)
        there = set(done(order) if callable(done) else done)
        renders = tuple(
            PlannedRender(name, tuple(self._by_id[name]), self._cost[name], name in there)
            for name in order
        )
        wanted = [self._keys[render.id] for render in renders if not render.is_done]
        warnings = [(p, self.points - len(self._refused)) for p in self._rules.always]
        return SweepPlan(
            sweep=self._sweep,
            schema=self._schema,
            points=self.points,
            renders=renders,
            refused=tuple(self._refused),
            warnings=(
                *((p, n) for p, n in warnings if p.severity == "warning" and n),
                *self._warned.most_common(),
            ),
            model_changes=_changes([key[0] for key in wanted]),
            lora_changes=_changes([key[:3] for key in wanted]),
        )


def _names(loras: Any) -> Any:
    return frozenset(loras) if isinstance(loras, Mapping) else repr(loras)


def _changes(row: Sequence[Any]) -> int:
    return sum(before != after for before, after in pairwise(row))


def _unreadable(error: SettingsError) -> Problem:
    name, _, message = str(error).partition(": ")
    return Problem(name, message)
