"""Ends this process together with the one that started it, however that ended.

The parent holds the writing end of our standard input and never writes: when it is gone, even by
kill -9, the system closes the pipe and reading returns. This works on every platform. Where the
system tells who our parent is, a change of it is noticed too, in case somebody else inherited the
pipe.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable


def end_with_parent(at_end: Callable[[], None]) -> None:
    """From now on, call `at_end` and exit as soon as the parent process is gone."""
    once = threading.Lock()

    def end() -> None:
        if once.acquire(blocking=False):
            at_end()
            os._exit(0)  # threads that render or answer must not delay it

    threading.Thread(target=_read_to_end, args=(end,), name="lifeline-pipe", daemon=True).start()
    if sys.platform != "win32":  # there, a parent's number stays when it is gone
        threading.Thread(target=_watch_parent, args=(end,), name="lifeline-id", daemon=True).start()


def _read_to_end(end: Callable[[], None]) -> None:
    while True:
        try:
            if not os.read(0, 1024):
                break
        except OSError:
            break
    end()


def _watch_parent(end: Callable[[], None]) -> None:
    parent = os.getppid()
    while os.getppid() == parent:
        time.sleep(1.0)
    end()
