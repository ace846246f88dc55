"""Whether anybody is looking at a widget, and work that is only done while somebody is.

Twin of `static/presence.js`.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any

from framepack_widgets import _loop
from framepack_widgets.widgets.in_turn import in_background
from framepack_widgets.widgets.page import PageWidget

_FORGOTTEN_S = 150.0  # a view says every 60 s that it is there; one that fell silent is gone


class SeenWidget(PageWidget):
    """A page widget that knows whether one of its views is in sight."""

    def __init__(self, **traits: Any) -> None:
        self._views: dict[str, tuple[float, bool]] = {}
        self._views_guard = threading.Lock()
        self._on_seen: list[Callable[[], object]] = []
        super().__init__(**traits)

    @property
    def is_seen(self) -> bool:
        """Whether a view is on a visible page, scrolled into sight and not in a hidden tab."""
        return any(self._open_views())

    @property
    def is_open(self) -> bool:
        """Whether there is a view on any page, also on one that is hidden or scrolled away."""
        return bool(self._open_views())

    def _open_views(self) -> list[bool]:
        """Of each view that has not fallen silent: whether it is in sight."""
        oldest = time.monotonic() - _FORGOTTEN_S
        with self._views_guard:
            return [seen for at, seen in self._views.values() if at > oldest]

    def _on_here(self, message: dict[str, Any], _: object) -> None:
        view, seen = str(message.get("view"))[:40], message.get("seen")
        before = self.is_seen
        with self._views_guard:
            if seen is None:  # closed
                self._views.pop(view, None)
            else:
                self._views[view] = time.monotonic(), bool(seen)
        if self.is_seen and not before:
            for callback in self._on_seen:
                self._guarded(callback)

    def on_seen(self, callback: Callable[[], object]) -> None:
        """Call `callback()` when somebody begins to look."""
        self._on_seen.append(callback)


class Ticker:
    """Calls `work` again and again, in a worker's thread, as long as `wanted()` says so.

    every_s: the seconds between, a number or what gives it. It stops by itself and costs nothing
    then; `start()` sets it going again.
    """

    def __init__(
        self,
        work: Callable[[], object],
        wanted: Callable[[], bool],
        every_s: float | Callable[[], float],
    ) -> None:
        self._work = work
        self._wanted = wanted
        self._every_s = every_s
        self._guard = threading.Lock()
        self._is_going = False
        self._is_ended = False
        self._planned: asyncio.TimerHandle | None = None

    @property
    def is_going(self) -> bool:
        """Whether it ticks."""
        return self._is_going

    def start(self) -> None:
        """Work now, and go on while that is wanted. From any thread; returns at once."""
        with self._guard:
            if self._is_going or self._is_ended:
                return
            self._is_going = True
        in_background(self._run)

    def end(self) -> None:
        """Never again."""
        self._is_ended = True

    def _run(self) -> None:
        try:
            if not self._is_ended:
                self._work()
        finally:
            with self._guard:
                go_on = self._is_going = not self._is_ended and self._wanted()
            if go_on:
                _loop.call_soon(self._plan)

    def _plan(self) -> None:
        wait = self._every_s() if callable(self._every_s) else self._every_s
        self._planned = _loop.background().call_later(wait, in_background, self._run)
