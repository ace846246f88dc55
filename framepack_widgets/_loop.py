"""The one background event loop, and the only module that knows about running loops.

Everything that waits (following, downloading, resuming) runs in one asyncio loop in one daemon
thread. It goes on while a cell computes or blocks, and no loop of the notebook's is patched for it.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import threading
import time
from collections.abc import Coroutine
from typing import Any, TypeVar

from framepack_widgets import _pump

T = TypeVar("T")

_guard = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None
_thread: threading.Thread | None = None

# A lock's wait cannot be interrupted by Ctrl-C on every system; short waits in a row can.
_SLICE_S = 0.1


def background() -> asyncio.AbstractEventLoop:
    """The background loop; started on first use, again after a fork."""
    global _loop, _thread  # noqa: PLW0603 - one loop a process is the point
    with _guard:
        if _loop is None or _thread is None or not _thread.is_alive():
            loop = asyncio.new_event_loop()
            ready = threading.Event()
            _thread = threading.Thread(
                target=_run, args=(loop, ready), name="framepack-widgets", daemon=True
            )
            _thread.start()
            ready.wait()
            _loop = loop
        return _loop


def _run(loop: asyncio.AbstractEventLoop, ready: threading.Event) -> None:
    asyncio.set_event_loop(loop)
    loop.call_soon(ready.set)
    loop.run_forever()


def submit(work: Coroutine[Any, Any, T]) -> concurrent.futures.Future[T]:
    """Run a coroutine in the background loop."""
    return asyncio.run_coroutine_threadsafe(work, background())


def call_soon(function: Any, *args: Any) -> None:
    """Call a function in the background loop."""
    background().call_soon_threadsafe(function, *args)


def run(work: Coroutine[Any, Any, T], timeout: float | None = None) -> T:
    """Run a coroutine in the background loop and wait for it, from any thread but the loop's own.

    Raises TimeoutError; KeyboardInterrupt cancels the coroutine and goes on to the caller.
    """
    if threading.current_thread() is _thread:
        work.close()
        raise RuntimeError("a blocking call inside the background loop would wait for itself")
    future = submit(work)
    try:
        return wait(future, timeout)
    except BaseException:
        future.cancel()
        raise


def wait(future: concurrent.futures.Future[T], timeout: float | None = None) -> T:
    """The future's result. KeyboardInterrupt ends the wait, not the work. Raises TimeoutError.

    In a notebook's cell, clicks in widgets are handled meanwhile (`_pump`).
    """
    end = None if timeout is None else time.monotonic() + timeout
    _pump.wait(future, end)
    while True:
        left = _SLICE_S if end is None else min(_SLICE_S, end - time.monotonic())
        try:
            return future.result(max(0.0, left))
        except concurrent.futures.TimeoutError:
            if future.done():  # just now; or the work itself raised a TimeoutError
                return future.result()
            if end is not None and time.monotonic() >= end:
                raise TimeoutError(f"not finished after {timeout} s") from None


class News:
    """Something may have changed: told by any thread, waited for by one."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._future: concurrent.futures.Future[None] = concurrent.futures.Future()

    def tell(self) -> None:
        """Wake who waits; who does not wait now will not wait the next time."""
        with self._guard:
            if not self._future.done():
                self._future.set_result(None)

    def wait(self, timeout: float | None = None) -> None:
        """Until it was told since the last wait; at the most `timeout` s."""
        with contextlib.suppress(TimeoutError):
            wait(self._future, timeout)
        with self._guard:
            self._future = concurrent.futures.Future()


def allow_nested_loops() -> None:
    """Let cells call `asyncio.run` or `loop.run_until_complete` while the notebook's loop runs.

    Nothing in this package needs it. It patches asyncio for the whole process (nest_asyncio2) and
    is never called by the package itself. Raises RuntimeError where the original nest_asyncio was
    applied before: it makes newer kernels lose messages, and only a kernel restart undoes that.
    """
    if getattr(asyncio, "_nest_patched", False) and not hasattr(asyncio, "_nest_asyncio2"):
        import sys

        if "nest_asyncio" in sys.modules:
            raise RuntimeError(
                "nest_asyncio (the archived original) was applied in this kernel; on current "
                "kernels it loses messages. Remove its apply(), restart the kernel, and call "
                "this instead."
            )
    import nest_asyncio2

    nest_asyncio2.apply()
