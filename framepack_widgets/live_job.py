"""A job as the user holds it: to be awaited, iterated, waited for, cancelled."""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
import threading
import time
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from framepack_widgets import _loop
from framepack_widgets.clip import Clip
from framepack_widgets.errors import JobLost
from framepack_widgets.job import JobRecord, JobState, Progress, Wish, error_of
from framepack_widgets.library import Library
from framepack_widgets.settings import Settings

_log = logging.getLogger(__name__)


class Job:
    """One render that was asked for; everything about it is in the Library.

    Dropping this object cancels nothing: `studio.job(id)` finds it again, also in another kernel.
    """

    def __init__(  # noqa: PLR0917 - made in one place
        self,
        record: JobRecord,
        library: Library,
        wake: Callable[[], None],
        trouble: Callable[[], str | None] = lambda: None,
        preview: Callable[[str], bytes] | None = None,
        section: Callable[[str], Path] | None = None,
    ) -> None:
        self._record = record
        self._library = library
        self._wake = wake
        self._trouble = trouble
        self._read_preview = preview
        self._fetch_section = section
        self._changed = threading.Condition()
        self._finished: concurrent.futures.Future[None] = concurrent.futures.Future()
        self._callbacks: list[Callable[[Job], object]] = []
        self._listeners: list[Callable[[], None]] = []
        if record.state.is_finished:
            self._finished.set_result(None)

    # ------------------------------------------------------------------ what is

    @property
    def record(self) -> JobRecord:
        """Everything the Library keeps about the job, as of now."""
        return self._record

    @property
    def id(self) -> str:
        """Our own id, 12 hexadecimal digits. (The server's is `record.trace.server_id`.)"""
        return self._record.id

    @property
    def state(self) -> JobState:
        """Where it stands; `state.is_finished` when nothing more will happen."""
        return self._record.state

    @property
    def done(self) -> bool:
        """Whether the job is over, well or badly."""
        return self._record.state.is_finished

    @property
    def progress(self) -> Progress:
        """How far it is; `fraction` 0..1 of the whole render."""
        if self._record.state in (JobState.DONE, JobState.FETCHING):
            return Progress(fraction=1.0, section_fraction=1.0)
        return self._record.progress or Progress()

    @property
    def settings(self) -> Settings:
        """As resolved: the server's defaults filled in, the seed drawn."""
        return self._record.settings

    @property
    def message(self) -> str:
        """Why it failed, was cancelled or lost; empty otherwise."""
        return self._record.message

    @property
    def notes(self) -> tuple[str, ...]:
        """What is worth knowing beside the result: a field without effect, a dropped LoRA."""
        return self._record.notes

    @property
    def trouble(self) -> str | None:
        """What keeps it from going on now (the Studio cannot be reached); None: nothing."""
        return None if self.done else self._trouble()

    @property
    def clip(self) -> Clip | None:
        """The clip, once it is in the Library; also what a cancelled render left."""
        return self._library.clip(self._record) if self._record.clip else None

    def preview(self) -> bytes | None:
        """The latent preview of this moment, an encoded image; None while there is none.

        Fetched from the server by this call.
        """
        path = self._record.progress.preview if self._record.progress else None
        if path is None or self._read_preview is None:
            return None
        return self._read_preview(path)

    def so_far(self) -> Clip | None:
        """The clip as far as it is rendered; None before the first section is done.

        It grows section by section (the Original models begin with the end of the clip). Fetched
        from the server by this call, into a temporary file that goes when this process ends.
        """
        path = self._record.progress.video if self._record.progress else None
        if path is None or self._fetch_section is None:
            return self.clip
        return Clip.open(self._fetch_section(path))

    # ------------------------------------------------------------------ waiting

    def result(self, timeout: float | None = None) -> Clip:
        """Wait for the clip, in a script or a cell; `timeout` in s, None: as long as it takes.

        Ctrl-C (or interrupting the kernel) ends the wait, not the job. Raises TimeoutError,
        JobFailed, WrongClip, JobCancelled or JobLost (also where nobody can tell).
        """
        end = None if timeout is None else time.monotonic() + timeout
        while not (record := self._record).state.is_finished:  # it may come back as the wait ends
            left = None if end is None else max(0.0, end - time.monotonic())
            try:
                _loop.wait(self._finished, left)
            except TimeoutError:
                raise TimeoutError(
                    f"Job {self.id} is still {self.state} after {timeout} s. It goes on; "
                    "call result() again, or cancel()."
                ) from None
        return self._outcome(record)

    def __await__(self) -> Generator[Any, None, Clip]:
        return self._wait().__await__()

    async def _wait(self) -> Clip:
        # A listener of its own: cancelling one waiting task ends no other's wait, and nothing is
        # left behind that would wake a loop which is closed by then.
        with self._news() as news:
            while not (record := self._record).state.is_finished:
                await news.wait()
                news.clear()
        return self._outcome(record)

    def _outcome(self, record: JobRecord) -> Clip:
        if record.state is JobState.DONE:
            clip = self._library.clip(record)
            if clip is None:
                raise JobLost(f"The clip of job {self.id} is no longer in {self._library.path}.")
            return clip
        raise error_of(record)

    def __iter__(self) -> Iterator[Progress]:
        news, last = _loop.News(), None
        end = self.watch(news.tell)
        try:
            while True:
                over, progress = self.done, self._news_since(last)
                if progress is not None:
                    yield (last := progress)
                elif over:
                    return
                else:
                    news.wait()
        finally:
            end()

    async def __aiter__(self) -> AsyncIterator[Progress]:
        with self._news() as news:
            last: Progress | None = None
            while True:
                news.clear()
                over, progress = self.done, self._news_since(last)
                if progress is not None:
                    last = progress
                    yield progress
                elif over:
                    return
                else:
                    await news.wait()

    def _news_since(self, last: Progress | None) -> Progress | None:
        """What is to be told next; a job that ended badly has no progress any more."""
        if self.done and self.state is not JobState.DONE:
            return None
        progress = self.progress
        return None if progress == last else progress

    @contextmanager
    def _news(self) -> Iterator[asyncio.Event]:
        """An event of the running loop that is set whenever something has changed."""
        loop, news = asyncio.get_running_loop(), asyncio.Event()

        def listen() -> None:
            loop.call_soon_threadsafe(news.set)

        end = self.watch(listen)
        try:
            yield news
        finally:
            end()

    def watch(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener()` after every change, until the function returned here is called.

        For views. In the thread that has the news, so it has to return at once.
        """
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def on_done(self, callback: Callable[[Job], object]) -> None:
        """Call `callback(job)` when the job is over (at once if it is), in a thread of its own.

        It may take its time; an exception in it is logged, and stops nothing.
        """
        with self._changed:
            if not self.done:
                self._callbacks.append(callback)
                return
        self._call(callback)

    # ------------------------------------------------------------------ wishes

    def cancel(self) -> None:
        """Do not render it, or stop rendering it. What was rendered so far is kept as `clip`.

        A job that waits on the server behind another one is ended when it starts; its notes say so.
        """
        self._wish(Wish.CANCEL)

    def stop(self) -> None:
        """Enough: end the render now and keep it, as a partial clip that counts as done."""
        self._wish(Wish.STOP)

    def pause(self) -> None:
        """Do not send it yet. A job that the server has already goes on."""
        self._wish(Wish.PAUSE)

    def resume(self) -> None:
        """Take a pause back."""
        self._wish(Wish.RUN)

    def _wish(self, wish: Wish) -> None:
        self.tell(self._library.wish(self.id, wish))
        self._wake()

    # ------------------------------------------------------------------ news

    def tell(self, record: JobRecord) -> None:
        """The job's record has changed: pass it on to whoever waits."""
        with self._changed:
            if self._record.state.is_finished and not record.state.is_finished:
                # It came back (the server resumed its queue): there is something to wait for again.
                self._finished = concurrent.futures.Future()
            self._record = record
            callbacks: list[Callable[[Job], object]] = []
            if record.state.is_finished and not self._finished.done():
                callbacks, self._callbacks = self._callbacks, []
                self._finished.set_result(None)
            self._changed.notify_all()
        for listener in list(self._listeners):
            try:
                listener()
            except RuntimeError:  # its event loop was closed meanwhile
                _log.debug("a listener of job %s is gone", self.id)
        if callbacks:
            # In a thread of their own: a slow one must not hold up the jobs that go on.
            calls = threading.Thread(target=self._call_all, args=(callbacks,), daemon=True)
            calls.start()

    def _call_all(self, callbacks: list[Callable[[Job], object]]) -> None:
        for callback in callbacks:
            self._call(callback)

    def _call(self, callback: Callable[[Job], object]) -> None:
        try:
            callback(self)
        except Exception:  # noqa: BLE001 - the user's own code; logged with its traceback
            _log.exception("on_done callback of job %s", self.id)

    def __repr__(self) -> str:
        text = f"<Job {self.id} {self.state}"
        if self.state is JobState.RUNNING:
            text += f" {self.progress.fraction:.0%}"
        return f"{text}: {self.message}>" if self.message else f"{text}>"
