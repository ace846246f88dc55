"""Calls in a few shared threads, one after another for each who asks."""

from __future__ import annotations

import concurrent.futures
import logging
import threading
from collections import deque
from collections.abc import Callable

_log = logging.getLogger(__name__)
Call = Callable[[], object]
_workers = concurrent.futures.ThreadPoolExecutor(4, thread_name_prefix="framepack-page")


def in_background(function: Callable[..., object], *args: object) -> None:
    """Call it in one of a few threads that are kept for what a click asks for.

    Not any more while the process ends: views still have things to look at then.
    """
    try:
        _workers.submit(function, *args)
    except RuntimeError as error:  # the pool takes no more
        _log.debug("%r is not called: %s", function, error)


class InTurn:
    """Calls that are made in the order in which they came, never two at a time.

    Two clicks on stars go to two threads otherwise, and the first one may be the last to be kept.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: deque[Call] = deque()
        self._is_busy = False

    def later(self, call: Call) -> None:
        """Have it called in a thread of the pool, after those before it. It must not raise."""
        with self._guard:
            self._waiting.append(call)
            if self._is_busy:
                return
            self._is_busy = True
        in_background(self._next)

    def _next(self) -> None:
        """One of them; then whoever else waits for a thread has a turn."""
        with self._guard:
            call = self._waiting.popleft()
        try:
            call()
        finally:
            with self._guard:
                self._is_busy = bool(self._waiting)
                goes_on = self._is_busy
            if goes_on:
                in_background(self._next)
