"""Background work of which only the newest order matters: previews while somebody drags."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from framepack_widgets.widgets.in_turn import in_background

_log = logging.getLogger(__name__)


class Latest:
    """Calls `work(*args)` in the background, one call at a time, leaving out what is outdated.

    The arguments given last are always worked on. work shows its errors itself.
    """

    def __init__(self, work: Callable[..., object], gap: float = 0.0) -> None:
        """gap: the shortest time between the beginnings of two calls, s."""
        self._work = work
        self._gap = gap
        self._guard = threading.Lock()
        self._wanted: tuple[Any, ...] | None = None
        self._is_running = False

    def want(self, *args: Any) -> None:
        """Order a call. From any thread; returns at once."""
        with self._guard:
            self._wanted = args
            if self._is_running:
                return
            self._is_running = True
        in_background(self._run)

    def _run(self) -> None:
        while True:
            with self._guard:
                args, self._wanted = self._wanted, None
                if args is None:
                    self._is_running = False
                    return
            began = time.monotonic()
            try:
                self._work(*args)
            except Exception:  # noqa: BLE001 - one broken preview must not be the last one
                _log.exception("background work for a view failed")
            time.sleep(max(0.0, began + self._gap - time.monotonic()))
