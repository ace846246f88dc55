"""What takes a moment to know about settings, worked out behind the form while it goes on.

Opens frames, reads the Library: at most a few times a second, never in the thread that handles
clicks, and only the latest settings count.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from framepack_widgets.errors import FramePackError
from framepack_widgets.forecast import Forecast
from framepack_widgets.problem import Problem, Report
from framepack_widgets.settings import Settings
from framepack_widgets.widgets.form.plan_line import plan_text
from framepack_widgets.widgets.in_turn import in_background
from framepack_widgets.widgets.pace import Paced

_log = logging.getLogger(__name__)
_PER_SECOND = 4


@dataclass(frozen=True)
class Findings:
    """What was found out about some settings."""

    settings: Settings
    report: Report
    """With the files opened."""
    forecast: Forecast | None
    """None while there is a problem, or where `trouble` says why."""
    trouble: str = ""

    def still_true(self, now: Settings, frames: Collection[str]) -> list[Problem]:
        """What was found in frames that are the same now."""
        if self.settings.model != now.model:
            return []
        before, after = self.settings.set_values(), now.set_values()
        return [
            problem
            for problem in (*self.report.problems, *self.report.warnings)
            if problem.field in frames and before.get(problem.field) == after.get(problem.field)
        ]

    def crop(self, now: Settings) -> tuple[int, int] | None:
        """(width, height) px of the clip, if these are the settings; None: not known."""
        if self.forecast is None or self.settings != now:
            return None
        width, height = self.forecast.width, self.forecast.height
        return (width, height) if width and height else None


def plan_of(found: Findings | None, now: Settings) -> str:
    """What the clip will be, why that is not known, or that it is being worked out."""
    if found is None or found.settings != now:
        return "working out what it will be…"
    return found.trouble if found.forecast is None else plan_text(found.forecast)


def joined(quick: Report, more: list[Problem]) -> Report:
    """One report of both, each problem once."""
    known = {*quick.problems, *quick.warnings}
    added = [problem for problem in more if problem not in known]
    return Report(
        problems=(*quick.problems, *(p for p in added if p.severity == "error")),
        warnings=(*quick.warnings, *(p for p in added if p.severity == "warning")),
    )


class Checker:
    """Looks at a form's settings soon after `touch()`, in the background, one look at a time."""

    def __init__(
        self,
        look_at: Callable[[], tuple[Any, Settings]],
        found: Callable[[Findings], object],
    ) -> None:
        """look_at: (studio, settings) of this moment. found: called from a background thread."""
        self._look_at = look_at
        self._found = found
        self._guard = threading.Lock()
        self._looking = False
        self._again = False
        self._pace = Paced(self._start, _PER_SECOND)

    def touch(self) -> None:
        """The settings have changed."""
        self._pace.touch()

    def _start(self) -> None:
        with self._guard:
            self._again = self._looking
            if self._looking:
                return
            self._looking = True
        in_background(self._run)

    def _run(self) -> None:
        try:
            studio, settings = self._look_at()
            self._found(findings(studio, settings))
        except Exception:  # noqa: BLE001 - the next change looks again
            _log.exception("the form's settings could not be looked at")
        finally:
            with self._guard:
                self._looking, again = False, self._again
                self._again = False
        if again:
            self.touch()


def findings(studio: Any, settings: Settings) -> Findings:
    """All problems of these settings, and what their render will be; raises nothing of ours."""
    try:
        report = studio.check(settings)
        forecast = studio.plan(settings) if report.ok else None
    except (FramePackError, OSError, ValueError) as error:
        return Findings(settings, Report(), None, str(error) or type(error).__name__)
    return Findings(settings, report, forecast)
