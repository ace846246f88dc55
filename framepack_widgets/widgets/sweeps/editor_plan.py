"""From the editor's rows to a plan: the sweep, its drafts, why it cannot run."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from framepack_widgets.errors import FramePackError, SettingsError
from framepack_widgets.runs.making import check_draft, drafted
from framepack_widgets.settings import Settings
from framepack_widgets.sweeps.plan import PlanCancelled
from framepack_widgets.value_checks import check_value
from framepack_widgets.widgets.sweeps.editor_rows import Reading, Row, Way, capital, read
from framepack_widgets.widgets.sweeps.plan_text import Lines, draft_lines, plan_lines

if TYPE_CHECKING:
    from framepack_widgets.schema import Schema
    from framepack_widgets.sweeps.sweep import Sweep
    from framepack_widgets.sweeps.sweep_plan import SweepPlan

_log = logging.getLogger(__name__)
WORKING = "working out the plan…"


class Draft(NamedTuple):
    """Quick previews before the renders in full."""

    is_on: bool = False
    steps: str = "8"
    """As it was typed; "": those of the form."""
    seconds: str = "1"

    def changes(self, schema: Schema) -> dict[str, Any]:
        """What the drafts have instead; {} where there are none. Raises SettingsError."""
        if not self.is_on:
            return {}
        found: dict[str, Any] = {}
        for name, text in (("steps", self.steps), ("seconds", self.seconds)):
            if text.strip():
                found[name] = _number(name, text)
                wrong = check_value(name, found[name], schema)
                if wrong:
                    hint = f" {wrong[0].hint}" if wrong[0].hint else ""
                    raise SettingsError(f"{name}: {wrong[0].message}{hint}")
        if not found:
            raise SettingsError("write the steps or the seconds of the drafts.")
        return found


@dataclass(frozen=True)
class Order:
    """What is to be planned."""

    rows: tuple[Row, ...]
    way: Way
    draft: Draft
    settings: Settings
    studio: Any
    edit: str
    """The page's own name of the edit."""

    @property
    def is_of(self) -> tuple[Any, ...]:
        """What the plan depends on."""
        return self.rows, self.way, self.draft, self.settings


@dataclass(frozen=True)
class Planned:
    """What an order comes to."""

    order: Order
    reading: Reading
    plan: SweepPlan | None = None
    """Of the drafts where there are any."""
    full: SweepPlan | None = None
    """Of the renders in full where drafts come first."""
    changes: Mapping[str, Any] = field(default_factory=dict)
    """What drafts have instead."""
    trouble: str = ""

    @property
    def lines(self) -> Lines:
        """The plan for the page."""
        if self.plan is None:
            return []
        if self.full is None:
            return plan_lines(self.plan)
        return draft_lines(self.plan, self.full, self.changes)


def plan_order(order: Order, cancelled: Callable[[], bool]) -> Planned:
    """Read the rows and plan them; raises nothing of ours but PlanCancelled."""
    reading = Reading(None)
    try:
        reading, changes = read_order(order)
        sweep = reading.sweep
        if sweep is None or cancelled():
            return Planned(order, reading)
        full = sweep.plan(order.studio, cancelled=cancelled)
        if not changes:
            return Planned(order, reading, full)
        quick = drafted(sweep, changes).plan(order.studio, cancelled=cancelled)
        return Planned(order, reading, quick, full, changes)
    except PlanCancelled:
        raise
    except Exception as error:  # noqa: BLE001 - shown beside Run, which waits for the plan
        if not isinstance(error, FramePackError):
            _log.exception("a sweep could not be planned")
        return Planned(order, reading, trouble=str(error) or type(error).__name__)


def read_order(order: Order) -> tuple[Reading, dict[str, Any]]:
    """(what the rows say, what drafts have instead)."""
    schema = order.studio.schema
    reading = read(order.rows, order.settings, schema, order.way)
    try:
        changes = order.draft.changes(schema)
        if reading.sweep is not None and changes:
            check_draft(reading.sweep, changes)
    except SettingsError as error:
        fields = {**reading.fields, "draft": capital(str(error))}
        return replace(reading, sweep=None, fields=fields), {}
    return reading, changes


def why_not(reading: Reading) -> str:
    """The first thing that is wrong; "": nothing."""
    wrong = [*reading.errors.values(), *reading.fields.values()]
    first = reading.error or (wrong[0] if wrong else "")
    more = len(wrong) - 1 if not reading.error else len(wrong)
    return f"{first} (and {more} more)" if more > 0 else first


def blocked(planned: Planned) -> str:
    """Why it cannot run; "": it can."""
    wrong = why_not(planned.reading) or planned.trouble
    plan = planned.plan
    if wrong or plan is None:
        return wrong or WORKING
    if not plan.renders:
        first = f": {plan.reasons[0].problem}" if plan.reasons else ""
        return f"This Studio refuses all points{first}"
    return ""


def as_python(sweep: Sweep, name: str, changes: Mapping[str, Any]) -> str:
    """The cell that makes and runs it."""
    given = f", name={name.strip()!r}" if name.strip() else ""
    if changes:
        inside = ", ".join(f"{key}={value!r}" for key, value in changes.items())
        given += f", draft=dict({inside})"
    return f"sweep = {sweep.as_python()}\nrun = studio.run(sweep{given})\nrun"


def _number(name: str, text: str) -> int | float:
    try:
        value = float(text)
        return int(value) if value == int(value) else value
    except (ValueError, OverflowError):
        raise SettingsError(f"{name}: {text.strip()!r} is no number.") from None
