"""The editor of a sweep's axes: rows of names and values, the plan while one types, Run."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import ipywidgets

from framepack_widgets.errors import FramePackError, SettingsError
from framepack_widgets.settings import Settings
from framepack_widgets.sweeps.plan import PlanCancelled
from framepack_widgets.widgets.sweeps.axis_offers import offers
from framepack_widgets.widgets.sweeps.editor_panel import EditorPanel
from framepack_widgets.widgets.sweeps.editor_rows import Reading, Row, read, rows_from, rows_of
from framepack_widgets.widgets.sweeps.plan_text import plan_lines
from framepack_widgets.widgets.sweeps.planner import Planner
from framepack_widgets.widgets.theme import dressed

if TYPE_CHECKING:
    from framepack_widgets.sweeps.sweep import Sweep
    from framepack_widgets.sweeps.sweep_plan import SweepPlan

_log = logging.getLogger(__name__)
_WORKING = "working out the plan…"
_MOST_LOOKED_UP = 500  # renders; of a larger sweep it is told when it runs
_LONGEST = 200  # characters of a run's name


@dataclass(frozen=True)
class Order:
    """What is to be planned."""

    rows: tuple[Row, ...]
    combine: str
    settings: Settings
    studio: Any
    edit: Any
    """The page's own number of the edit."""


@dataclass(frozen=True)
class Planned:
    """What an order comes to."""

    order: Order
    reading: Reading
    plan: SweepPlan | None = None
    trouble: str = ""


class SweepEditor(ipywidgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """Makes a sweep of settings by typing: axes, their values, the plan, Run.

    editor = fp.SweepEditor(studio, clip.settings)
    editor.settings = form.settings       # what all points have in common
    editor.sweep = fp.Sweep(...)          # fill the rows; read: what the rows say
    editor.run()                          # what the Run button does: a SweepRun

    Nothing is sent before Run. May be used from any thread.
    """

    def __init__(self, studio: Any, settings: Settings | None = None) -> None:
        self._guard = threading.RLock()
        self._studio = studio
        self._settings = settings if settings is not None else Settings()
        self._rows: tuple[Row, ...] = (Row("r0", "", ""),)
        self._combine, self._name, self._version = "grid", "", 0
        self._edit: Any = 0
        self._planned: Planned | None = None
        self._callbacks: list[Callable[[Any], object]] = []
        self._planner = Planner(plan_order, self._found)
        self.panel = EditorPanel(self._edited, self.run)
        super().__init__([self.panel])
        dressed(self, "fpw-sweep-editor", "fpw-wide")
        self._fill()

    # ------------------------------------------------------------------ what it holds

    @property
    def studio(self) -> Any:
        """Where it plans and runs."""
        return self._studio

    @property
    def settings(self) -> Settings:
        """What all points have in common; may be set."""
        return self._settings

    @settings.setter
    def settings(self, settings: Settings) -> None:
        with self._guard:
            if settings != self._settings:
                self._settings = settings
                self._offer()
                self._plan()

    @property
    def name(self) -> str:
        """Of the run; "": one is made of the axes."""
        return self._name

    @property
    def sweep(self) -> Sweep:
        """What the rows say; may be set. Raises SettingsError with what is wrong."""
        with self._guard:
            rows, settings, combine = self._rows, self._settings, self._combine
        reading = read(rows, settings, self._studio.schema, combine)
        if reading.sweep is None:
            raise SettingsError(f"There is no sweep yet. {why_not(reading)}")
        return reading.sweep

    @sweep.setter
    def sweep(self, sweep: Sweep) -> None:
        with self._guard:
            self._settings = sweep.settings
            self._rows = tuple(rows_of(sweep))
            self._combine = sweep.combine if sweep.combine in ("grid", "zip") else "grid"
            self._fill()

    @property
    def plan(self) -> SweepPlan | None:
        """The plan that is shown; None while it is worked out, or something is wrong."""
        planned = self._planned
        return planned.plan if planned is not None else None

    def run(self) -> Any:
        """Render the sweep: the SweepRun. Raises what is wrong with it."""
        with self._guard:
            name = self._name.strip()
        made = self._studio.run(self.sweep, name=name or None)
        self.panel.sent = f"Started: {made.name}"
        for callback in list(self._callbacks):
            callback(made)
        return made

    def on_run(self, callback: Callable[[Any], object]) -> None:
        """Call callback(run) after each run that is started here, in that thread."""
        self._callbacks.append(callback)

    def plan_anew(self) -> None:
        """The Library has other clips now."""
        with self._guard:
            self._plan()

    def schema_changed(self) -> None:
        """The server takes something else now."""
        with self._guard:
            self._offer()
            self._plan()

    def close(self) -> None:
        """Take it off the page. Runs go on."""
        self._planner.end()
        self.panel.close()
        super().close()

    # ------------------------------------------------------------------ edits and the plan

    def _fill(self) -> None:
        """Show what is held here instead of what the page shows."""
        self._version += 1
        self._show()
        self._offer()
        self._plan()

    def _show(self, by: str = "") -> None:
        """by: the view of the page that shows it already."""
        self.panel.state = {
            "rows": [row._asdict() for row in self._rows],
            "combine": self._combine,
            "name": self._name,
            "version": self._version,
            "by": by,
        }

    def _offer(self) -> None:
        found = [list(offer) for offer in offers(self._studio.schema, self._settings)]
        known = {"", *(offer[0] for offer in found)}
        lacking = [row.key for row in self._rows if row.key not in known]
        found += [[key, key, "other", "", "", False] for key in lacking]  # there was one
        if found != self.panel.offers:
            self.panel.offers = found

    def _edited(self, message: Mapping[str, Any]) -> None:
        with self._guard:
            self._rows = tuple(rows_from(message.get("rows")))
            self._combine = str(message.get("combine") or "grid")
            self._name = str(message.get("name") or "")[:_LONGEST]
            self._edit = message.get("edit")
            self.panel.sent = ""
            self._show(str(message.get("view"))[:40])
            self._plan()

    def _plan(self) -> None:
        self._planned = None
        self.panel.result = {**self.panel.result, "blocked": _WORKING, "is_old": True}
        self._planner.want(
            Order(self._rows, self._combine, self._settings, self._studio, self._edit)
        )

    def _found(self, planned: Planned) -> None:
        with self._guard:
            order = planned.order
            if (order.rows, order.combine, order.settings) != (
                self._rows, self._combine, self._settings,
            ):  # fmt: skip
                return  # there is a newer one to come
            self._planned = planned
            reading, plan = planned.reading, planned.plan
            self.panel.python = as_python(reading.sweep, self._name) if reading.sweep else ""
            self.panel.result = {
                "errors": dict(reading.errors),
                "told": dict(reading.told),
                "error": reading.error or planned.trouble,
                "plan": plan_lines(plan) if plan is not None else [],
                "blocked": blocked(planned),
                "count": len(plan.to_render) if plan is not None else 0,
                "edit": order.edit,
                "is_old": False,
            }


def plan_order(order: Order, cancelled: Callable[[], bool]) -> Planned:
    """Read the rows and plan them; raises nothing of ours but PlanCancelled."""
    reading = Reading(None)
    try:
        reading = read(order.rows, order.settings, order.studio.schema, order.combine)
        if reading.sweep is None or cancelled():
            return Planned(order, reading)
        plan = reading.sweep.plan(order.studio, cancelled=cancelled)
        return Planned(order, reading, _with_done(plan, order.studio.library))
    except PlanCancelled:
        raise
    except Exception as error:  # noqa: BLE001 - shown beside Run, which waits for the plan
        if not isinstance(error, FramePackError):
            _log.exception("a sweep could not be planned")
        return Planned(order, reading, trouble=str(error) or type(error).__name__)


def _with_done(plan: SweepPlan, library: Any) -> SweepPlan:
    """The same with those renders marked whose clip the Library has."""
    if len(plan.renders) > _MOST_LOOKED_UP:
        return plan
    renders = tuple(r._replace(is_done=library.runs.twin(r.id) is not None) for r in plan.renders)
    return replace(plan, renders=renders)


def why_not(reading: Reading) -> str:
    """The first thing that is wrong with the rows; "": nothing."""
    wrong = list(reading.errors.values())
    first = reading.error or (wrong[0] if wrong else "")
    more = len(wrong) - 1 if not reading.error else len(wrong)
    return f"{first} (and {more} more)" if more > 0 else first


def blocked(planned: Planned) -> str:
    """Why it cannot run; "": it can."""
    wrong = why_not(planned.reading) or planned.trouble
    plan = planned.plan
    if wrong or plan is None:
        return wrong or _WORKING
    if not plan.renders:
        first = f": {plan.reasons[0].problem}" if plan.reasons else ""
        return f"This Studio refuses all points{first}"
    return ""


def as_python(sweep: Sweep, name: str) -> str:
    """The cell that makes and runs it."""
    given = f", name={name.strip()!r}" if name.strip() else ""
    return f"sweep = {sweep.as_python()}\nrun = studio.run(sweep{given})\nrun"
