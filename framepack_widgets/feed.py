"""News about jobs inside one process: who watches a job is told what becomes of it."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Collection
from typing import Protocol

from framepack_widgets.errors import LibraryError
from framepack_widgets.job import JobRecord
from framepack_widgets.library import Library


class Watcher(Protocol):
    """Whoever wants to know what becomes of one job."""

    @property
    def record(self) -> JobRecord: ...

    def tell(self, record: JobRecord) -> None:
        """The record has changed. Called from the background loop's thread; returns at once."""


class Onlooker(Protocol):
    """Whoever wants to know what becomes of many jobs."""

    def told(self, record: JobRecord | None) -> None:
        """A job has changed; None: something may have. From any thread; returns at once."""


class Feed:
    """Which objects of this process watch which jobs of one Library. They are held weakly."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._watchers: weakref.WeakValueDictionary[str, Watcher] = weakref.WeakValueDictionary()
        self._onlookers: weakref.WeakSet[Onlooker] = weakref.WeakSet()
        self._guard = threading.Lock()

    def watch(self, watcher: Watcher) -> Watcher:
        """Tell this one from now on, unless somebody watches that job already; who is told.

        One watcher a job: the job's own handle, which tells others.
        """
        with self._guard:
            return self._watchers.setdefault(watcher.record.id, watcher)

    def watcher(self, job_id: str) -> Watcher | None:
        """Who watches that job."""
        with self._guard:
            return self._watchers.get(job_id)

    def look_on(self, onlooker: Onlooker) -> None:
        """Tell this one of every change, as long as somebody else holds it."""
        with self._guard:
            self._onlookers.add(onlooker)

    def _tell_onlookers(self, record: JobRecord | None) -> None:
        with self._guard:
            onlookers = list(self._onlookers)
        for onlooker in onlookers:
            onlooker.told(record)

    def publish(self, record: JobRecord) -> None:
        """Tell the one who watches this job."""
        watcher = self.watcher(record.id)
        if watcher is not None:
            watcher.tell(record)
        self._tell_onlookers(record)

    def refresh(self, known: Collection[str] = ()) -> None:
        """Look up every watched job that is not finished: another process may have moved it on.

        known: ids of jobs that the caller knows better than the database does.
        """
        with self._guard:
            watchers = list(self._watchers.values())
        for watcher in watchers:
            if not watcher.record.state.is_finished and watcher.record.id not in known:
                try:
                    record = self._library.get(watcher.record.id)
                except LibraryError:
                    continue  # deleted meanwhile
                if record != watcher.record:
                    watcher.tell(record)
        self._tell_onlookers(None)
