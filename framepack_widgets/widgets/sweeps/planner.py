"""Work that follows what somebody types: begun when they pause, dropped at the next keystroke."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from typing import Any

from framepack_widgets import _loop
from framepack_widgets.sweeps.plan import PlanCancelled
from framepack_widgets.widgets.in_turn import in_background

_log = logging.getLogger(__name__)
Cancelled = Callable[[], bool]


class Planner:
    """Calls `show(work(order, cancelled))` for the newest order only, in a worker's thread.

    cancelled() is true once there is a newer order; work may raise PlanCancelled then. work shows
    its own errors in what it gives.
    """

    def __init__(
        self,
        work: Callable[[Any, Cancelled], Any],
        show: Callable[[Any], object],
        wait_s: float = 0.15,
    ) -> None:
        """wait_s: how long nothing must be ordered before work begins."""
        self._work, self._show, self._wait_s = work, show, wait_s
        self._guard = threading.Lock()
        self._newest = 0
        self._planned: asyncio.TimerHandle | None = None  # touched in the loop's thread only

    @property
    def number(self) -> int:
        """How many orders there were; the answer to an older one is never shown."""
        return self._newest

    def want(self, order: Any) -> None:
        """Order it, instead of what was ordered before. From any thread; returns at once."""
        with self._guard:
            self._newest += 1
            number = self._newest
        _loop.call_soon(self._plan, number, order)

    def end(self) -> None:
        """Drop what is under way; nothing is shown any more."""
        with self._guard:
            self._newest += 1

    def _plan(self, number: int, order: Any) -> None:
        if self._planned is not None:
            self._planned.cancel()
        self._planned = _loop.background().call_later(
            self._wait_s, in_background, self._run, number, order
        )

    def _run(self, number: int, order: Any) -> None:
        def is_old() -> bool:
            return self._newest != number

        if is_old():
            return
        try:
            found = self._work(order, is_old)
            if not is_old():
                self._show(found)
        except PlanCancelled:
            return
        except Exception:  # noqa: BLE001 - the next keystroke plans anew
            _log.exception("a sweep could not be planned")
