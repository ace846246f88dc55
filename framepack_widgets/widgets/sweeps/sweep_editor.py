"""The editor of a sweep's axes: rows of names and values, the plan while one types, Run."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import ipywidgets

from framepack_widgets.errors import SettingsError
from framepack_widgets.settings import Settings
from framepack_widgets.widgets.sweeps.axis_offers import offers
from framepack_widgets.widgets.sweeps.editor_panel import EditorPanel
from framepack_widgets.widgets.sweeps.editor_plan import (
    WORKING,
    Draft,
    Order,
    Planned,
    as_python,
    blocked,
    plan_order,
    read_order,
    why_not,
)
from framepack_widgets.widgets.sweeps.editor_rows import Row, Way, rows_from, rows_of
from framepack_widgets.widgets.sweeps.planner import Planner
from framepack_widgets.widgets.theme import dressed

if TYPE_CHECKING:
    from framepack_widgets.sweeps.sweep import Sweep
    from framepack_widgets.sweeps.sweep_plan import SweepPlan

_LONGEST = 200  # characters of a run's name, and of a number's field
_WAYS = ("grid", "zip", "random", "sobol")


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
        self._way, self._draft = Way(), Draft()
        self._name, self._version = "", 0
        self._edit = ""
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
        return self._wanted()[0]

    @sweep.setter
    def sweep(self, sweep: Sweep) -> None:
        with self._guard:
            self._settings = sweep.settings
            self._rows = tuple(rows_of(sweep))
            combine = sweep.combine if sweep.combine in ("grid", "zip") else "grid"
            self._way = replace(self._way, combine=combine)
            self._fill()

    @property
    def draft(self) -> dict[str, Any]:
        """What quick previews have instead of the settings; {}: all is rendered in full at once."""
        return self._draft.changes(self._studio.schema)

    @property
    def plan(self) -> SweepPlan | None:
        """The plan that is shown; None while it is worked out, or something is wrong."""
        planned = self._planned
        return planned.plan if planned is not None else None

    def run(self) -> Any:
        """Render the sweep: the SweepRun. Raises what is wrong with it."""
        with self._guard:
            name = self._name.strip()
        sweep, changes = self._wanted()
        options = {"draft": changes} if changes else {}
        made = self._studio.run(sweep, name=name or None, **options)
        self.panel.sent = f"Started: {made.name}"
        for callback in list(self._callbacks):
            callback(made)
        return made

    def on_run(self, callback: Callable[[Any], object]) -> None:
        """Call callback(run) after each run that is started here, in that thread."""
        self._callbacks.append(callback)

    def plan_anew(self) -> None:
        """The Library has other clips now. Until they are in it, the plan that is shown holds: who
        presses Run while another run goes on means that one.
        """
        with self._guard:
            self._planner.want(self._order())

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

    def _order(self) -> Order:
        with self._guard:
            return Order(
                self._rows, self._way, self._draft, self._settings, self._studio, self._edit
            )

    def _wanted(self) -> tuple[Sweep, dict[str, Any]]:
        """(the sweep, what drafts have instead). Raises SettingsError with what is wrong."""
        reading, changes = read_order(self._order())
        if reading.sweep is None:
            raise SettingsError(f"There is no sweep yet. {why_not(reading)}")
        return reading.sweep, changes

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
            **asdict(self._way),
            "draft": self._draft._asdict(),
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
            self._way, self._draft = _way(message), _draft(message.get("draft"))
            self._name = str(message.get("name") or "")[:_LONGEST]
            self._edit = str(message.get("edit"))[:60]
            self.panel.sent = ""
            self._show(str(message.get("view"))[:40])
            self._plan()

    def _plan(self) -> None:
        self._planned = None
        self.panel.result = {**self.panel.result, "blocked": WORKING, "is_old": True}
        self._planner.want(self._order())

    def _found(self, planned: Planned) -> None:
        with self._guard:
            order = planned.order
            if order.is_of != self._order().is_of:
                return  # there is a newer one to come
            self._planned = planned
            reading, plan = planned.reading, planned.plan
            sweep, changes = reading.sweep, planned.changes
            self.panel.python = as_python(sweep, self._name, changes) if sweep is not None else ""
            self.panel.result = {
                "errors": dict(reading.errors),
                "told": dict(reading.told),
                "fields": dict(reading.fields),
                "error": reading.error or planned.trouble,
                "plan": planned.lines,
                "blocked": blocked(planned),
                "count": len(plan.to_render) if plan is not None else 0,
                "edit": order.edit,
                "is_old": False,
            }


def _way(message: Mapping[str, Any]) -> Way:
    combine = str(message.get("combine"))
    numbers = (str(message.get(name, ""))[:_LONGEST] for name in ("count", "start"))
    return Way(combine if combine in _WAYS else _WAYS[0], *numbers)


def _draft(given: Any) -> Draft:
    if not isinstance(given, Mapping):
        return Draft()
    numbers = (str(given.get(name, ""))[:_LONGEST] for name in ("steps", "seconds"))
    return Draft(bool(given.get("is_on")), *numbers)
