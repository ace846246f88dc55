"""One Library object a folder and one runner a Studio, however often a process connects."""

from __future__ import annotations

import asyncio
import functools
import os
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from framepack_widgets import _loop
from framepack_widgets.continuing import ContinuedJob, Joiner
from framepack_widgets.feed import Feed
from framepack_widgets.job import JobRecord
from framepack_widgets.library import Library
from framepack_widgets.library.joins import CONTINUE
from framepack_widgets.live_job import Job
from framepack_widgets.locations import default_folder
from framepack_widgets.lock import RunnerLock
from framepack_widgets.runner import Runner
from framepack_widgets.runner.context import Context
from framepack_widgets.studio.client import StudioClient

# Changes in this process are told at once; jobs that another one adds are found this often.
_POLL_S = 0.5

_guard = threading.RLock()
_libraries: dict[Path, Library] = {}
_feeds: dict[Path, Feed] = {}
_desks: dict[tuple[Path, str], Desk] = {}
_demo: Any = None


class Desk:
    """Where the jobs of one Library on one Studio are handled in this process."""

    clock: Callable[[], float] = staticmethod(time.time)

    def __init__(self, library: Library, feed: Feed, key: str, client: StudioClient) -> None:
        self.library = library
        self.key = key
        self._feed = feed
        self._client = client
        self._task: Future[None] | None = None
        self._joiner = Joiner(library, key, feed.publish)
        context = Context(library, key, client, self._publish, feed.refresh)
        locks = library.path / "locks"
        locks.mkdir(exist_ok=True)
        self._runner_parts = context, RunnerLock(locks / f"{key}.lock")
        self._runner: Runner | None = None

    @property
    def client(self) -> StudioClient:
        """The connection that its jobs go over."""
        return self._client

    @property
    def feed(self) -> Feed:
        """Who tells what becomes of its jobs."""
        return self._feed

    def start(self) -> None:
        """Run (or watch) the jobs from now on."""

        async def work() -> None:
            self._runner = Runner(*self._runner_parts)
            await self._runner.run()

        if self._task is None or self._task.done():
            self._task = _loop.submit(work())
            self._joiner.look()
            # What takes a clip in is heavy to load: now, not between the render's end and the clip.
            threading.Thread(target=_warm_up, daemon=True).start()

    def adopt(self, client: StudioClient) -> None:
        """Go on over a newer connection to the same Studio: a new token, or a new address."""
        _loop.call_soon(self._client.take_over, client)
        self.wake()

    @property
    def trouble(self) -> str | None:
        """What keeps the runner from going on."""
        return self._runner.trouble if self._runner else None

    @property
    def is_holder(self) -> bool:
        """Whether the jobs are run from this process."""
        return self._runner is not None and self._runner.is_holder

    def wake(self) -> None:
        """There is something to do."""

        def wake() -> None:
            if self._runner is not None:
                self._runner.wake()

        _loop.call_soon(wake)

    def handle(self, record: JobRecord) -> Job:
        """The one Job object of this process for that record."""
        known = self._feed.watcher(record.id)
        if isinstance(known, Job):
            return known
        kind = ContinuedJob if record.operation == CONTINUE else Job
        job = kind(
            record, self.library, self.wake, lambda: self.trouble, self._preview, self._section
        )
        kept = self._feed.watch(job)  # another thread may have been faster
        return kept if isinstance(kept, Job) else job

    def _publish(self, record: JobRecord) -> None:
        self._feed.publish(record)
        self._joiner.told(record)

    def _preview(self, path: str) -> bytes:
        return _loop.run(self._client.read_file(path))

    def _section(self, path: str) -> Path:
        target = Path(_temporary().name) / path.replace("\\", "/").rsplit("/", 1)[-1]
        if not target.exists():  # a section's file never changes; the next one has another name
            _loop.run(self._client.download(path, target))
        return target

    def wait_until_idle(self, timeout: float | None) -> Sequence[Job]:
        """Wait until nothing is left to do; the jobs that were left when the wait began."""
        end = None if timeout is None else time.monotonic() + timeout
        news = _loop.News()
        jobs: dict[str, Job] = {}
        with ExitStack() as ends:
            while True:
                left = self.library.unfinished(self.key)
                for record in left:
                    if record.id not in jobs:
                        jobs[record.id] = self.handle(record)
                        ends.callback(jobs[record.id].watch(news.tell))
                to_come = self.library.runs.has_next(self.key)  # points that are no jobs yet
                if not (left or to_come) and all(job.done for job in jobs.values()):
                    return list(jobs.values())
                if end is not None and time.monotonic() >= end:
                    raise TimeoutError(f"{len(left)} jobs are left after {timeout} s; they go on.")
                news.wait(_POLL_S if end is None else min(_POLL_S, end - time.monotonic()))

    def close(self) -> None:
        """Stop, and let another process run the jobs."""
        task, self._task = self._task, None
        if task is not None:
            _loop.call_soon(task.cancel)
            # The lock is given back by the runner itself, in its own thread.
            while self.is_holder:
                time.sleep(0.01)
        with _guard:
            for key in [k for k, desk in _desks.items() if desk is self]:
                del _desks[key]
        _loop.run(self._close_client())

    async def _close_client(self) -> None:
        await asyncio.sleep(0)
        await self._client.aclose()


def open_desks() -> list[Desk]:
    """Those that are open in this process, the one that was opened last at the end."""
    with _guard:
        return list(_desks.values())


@functools.cache
def _temporary() -> tempfile.TemporaryDirectory[str]:
    """Removed when this process ends."""
    return tempfile.TemporaryDirectory(prefix="framepack-", ignore_cleanup_errors=True)


def _warm_up() -> None:
    import av  # noqa: F401
    import numpy  # noqa: F401


def library_at(library: Library | str | os.PathLike[str] | None) -> Library:
    """The Library of that folder; one object a folder, so that changes are seen at once."""
    with _guard:
        if isinstance(library, Library):
            path, given = library.path, library
        else:
            path = default_folder() if library is None else Path(library)
            path, given = path.expanduser().resolve(), None
        known = _libraries.get(path)
        if known is None or not known.is_open:
            known = _libraries[path] = given if given is not None else Library(path)
            _feeds[path] = Feed(known)
        return known


def desk_for(library: Library, client: StudioClient, name: str | None = None) -> Desk:
    """The desk for that Studio; a second connection in one process shares it.

    name: what the Library calls this Studio, where its address is different each time.
    """
    with _guard:
        feed = _feeds[library.path]
        key = library.remember_studio(
            name or client.url,
            app_id=client.app_id,
            version=client.version,
            schema=client.schema.to_dict(),
        )
        desk = _desks.get((library.path, key))
        if desk is None:
            desk = _desks[library.path, key] = Desk(library, feed, key, client)
            desk.start()
        else:
            desk.adopt(client)
        return desk


def open_desk(library: Library, key: str) -> Desk | None:
    """The desk for the Studio of that key, if this process is connected to it."""
    with _guard:
        return _desks.get((library.path, key))


def demo_url() -> str:
    """The address of the built-in Studio; started for this process on first use, ends with it."""
    global _demo  # noqa: PLW0603 - one a process is enough
    with _guard:
        if _demo is None or not _demo.is_running:
            from framepack_widgets.demo.process import start

            _demo = start()
        return str(_demo.url)
