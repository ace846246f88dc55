"""One run of a Studio's post-processing, as the user holds it."""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
import threading
from collections.abc import Callable, Coroutine, Generator, Mapping
from dataclasses import dataclass
from typing import Any

from framepack_widgets import _loop
from framepack_widgets.clip import Clip
from framepack_widgets.errors import FramePackError, JobCancelled

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class TaskProgress:
    """How far a run is."""

    stage: str  # "waiting", "uploading", "processing", "fetching", "done", "failed", "cancelled"
    fraction: float | None = None  # of the processing, 0..1; None: the server does not say
    text: str = ""  # the server's own words; another machine's text, escape it


class ToolboxTask:
    """A clip being processed. Await it, or wait with `result`; the kernel is free meanwhile."""

    def __init__(self, operation: str, parents: tuple[str, ...], values: Mapping[str, Any]) -> None:
        self.operation = operation
        self.parents = parents
        self.values = values
        self._progress = TaskProgress("waiting")
        self._guard = threading.Lock()
        self._listeners: list[Callable[[], None]] = []
        self._finished: concurrent.futures.Future[Clip] = concurrent.futures.Future()
        self._work: concurrent.futures.Future[None] | None = None

    @property
    def progress(self) -> TaskProgress:
        """Where it stands now."""
        return self._progress

    @property
    def done(self) -> bool:
        """Whether it is over, well or badly."""
        return self._finished.done()

    @property
    def error(self) -> BaseException | None:
        """Why there is no clip; None while it runs, or where there is one."""
        return self._finished.exception() if self._finished.done() else None

    @property
    def clip(self) -> Clip | None:
        """The new clip, once it is in the Library."""
        return self._finished.result() if self.done and self.error is None else None

    def result(self, timeout: float | None = None) -> Clip:
        """Wait for the new clip; timeout in s, None: as long as it takes.

        Ctrl-C ends the wait, not the work. Raises TimeoutError, StudioRefused with what the Studio
        said, StudioUnreachable, LibraryError, or JobCancelled.
        """
        return _loop.wait(self._finished, timeout)

    def __await__(self) -> Generator[Any, None, Clip]:
        # A future of its own: whoever stops waiting here stops nothing.
        return asyncio.shield(asyncio.wrap_future(self._finished)).__await__()

    def cancel(self) -> None:
        """Do not take the result in. What the Studio has begun, it finishes by itself.

        Its post-processing cannot be stopped from outside; what still waits there is dropped.
        """
        work = self._work
        if work is not None and not self.done:
            work.cancel()

    def watch(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener()` after every change, until the function returned here is called.

        In the thread that has the news, so it has to return at once.
        """
        with self._guard:
            self._listeners.append(listener)

        def end() -> None:
            with self._guard:
                if listener in self._listeners:
                    self._listeners.remove(listener)

        return end

    def start(self, work: Coroutine[Any, Any, Clip]) -> None:
        """Do the work in the background loop. Called once, by `Toolbox`."""
        self._work = _loop.submit(self._do(work))

    def tell(self, progress: TaskProgress) -> None:
        """Something has changed."""
        with self._guard:
            if progress == self._progress:
                return
            self._progress = progress
            listeners = list(self._listeners)
        for listener in listeners:
            try:
                listener()
            except RuntimeError:  # its event loop was closed meanwhile
                _log.debug("a listener of %r is gone", self)

    async def _do(self, work: Coroutine[Any, Any, Clip]) -> None:
        try:
            clip = await work
        except asyncio.CancelledError:
            told = f"{self.operation} was cancelled. What the Studio had begun, it finishes."
            self._finished.set_exception(JobCancelled(told))
            self.tell(TaskProgress("cancelled", text=told))
        except Exception as error:  # noqa: BLE001 - raised where the result is waited for
            if not isinstance(error, FramePackError):
                _log.exception("%r", self)
            self._finished.set_exception(error)
            self.tell(TaskProgress("failed", text=str(error)))
        else:
            self._finished.set_result(clip)
            self.tell(TaskProgress("done", 1.0))

    def __repr__(self) -> str:
        stage = self._progress.stage
        share = self._progress.fraction
        told = f" {share:.0%}" if stage == "processing" and share is not None else ""
        return f"<ToolboxTask {self.operation}: {stage}{told}>"
