"""What takes a moment to know about settings, worked out behind the form while it goes on.

Opens frames, reads the Library: at most a few times a second, never in the thread that handles
clicks, and only the latest settings count.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from framepack_widgets.errors import FramePackError
from framepack_widgets.forecast import Forecast
from framepack_widgets.problem import Report
from framepack_widgets.settings import Settings
from framepack_widgets.widgets.pace import Paced
from framepack_widgets.widgets.page import in_background

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
