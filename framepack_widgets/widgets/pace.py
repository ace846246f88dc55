"""Views that are drawn at most ten times a second, and always once more after the last change.

Jupyter drops a client's messages beyond about 1000 in 3 s; a progress bar must not be the reason.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from framepack_widgets import _loop

_log = logging.getLogger(__name__)
PER_SECOND = 10


class Paced:
    """Calls `draw` soon after `touch()`, in the background loop's thread, at most so often.

    draw must be quick, total (it shows whatever state it finds) and idempotent.
    """

    def __init__(self, draw: Callable[[], object], per_second: float = PER_SECOND) -> None:
        self._draw = draw
        self._gap = 1 / per_second
        self._guard = threading.Lock()
        self._planned = False
        self._last = 0.0

    def touch(self) -> None:
        """Something has changed. From any thread; returns at once."""
        with self._guard:
            if self._planned:
                return
            self._planned = True
        _loop.call_soon(self._plan)

    def _plan(self) -> None:
        wait = self._last + self._gap - time.monotonic()
        if wait > 0:
            _loop.background().call_later(wait, self._draw_now)
        else:
            self._draw_now()

    def _draw_now(self) -> None:
        self._last = time.monotonic()
        with self._guard:  # before drawing: a change during it is drawn again
            self._planned = False
        try:
            self._draw()
        except Exception:  # noqa: BLE001 - one broken view must not stop the loop that renders
            _log.exception("a view could not be drawn")
