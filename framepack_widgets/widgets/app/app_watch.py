"""What the App looks up in the Library again and again, and what has become of jobs meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from framepack_widgets.job import JobRecord

if TYPE_CHECKING:
    from framepack_widgets.session import Studio

_RECENT = 200


@dataclass(frozen=True)
class Look:
    """The Library at one moment."""

    unfinished: tuple[JobRecord, ...]  # in the order in which they are sent
    latest: JobRecord | None  # the job that was made last
    clips: int  # how many there are


class LibraryWatch:
    """Looks at one Studio's jobs; asks the database nothing where nothing has changed.

    show(look): draw it. over(record): this job has ended since the look before.
    """

    def __init__(
        self,
        studio: Studio,
        show: Callable[[Look], object],
        over: Callable[[JobRecord], object],
    ) -> None:
        self.studio = studio
        self._show, self._over = show, over
        self._key = studio.key
        self._changes = -1
        self._open: frozenset[str] | None = None
        self._guard = threading.Lock()

    @property
    def has_open_jobs(self) -> bool:
        """As of the last look."""
        return bool(self._open)

    def unfinished(self) -> list[JobRecord]:
        """The jobs that are not over, in the order in which they are sent."""
        return self.studio.library.unfinished(self._key)

    def recent(self) -> list[JobRecord]:
        """The newest jobs, also those that are over."""
        return self.studio.library.jobs(studio=self._key, limit=_RECENT)

    def look(self, *, always: bool = False) -> None:
        """Look, and tell what is new; always: draw it even if nothing is. From worker threads."""
        library = self.studio.library
        with self._guard:
            changes = library.changes()
            if changes == self._changes and not always:
                return
            self._changes = changes
            unfinished = self.unfinished()
            now = frozenset(record.id for record in unfinished)
            ended = sorted((self._open or frozenset()) - now)
            self._open = now
            latest = library.jobs(studio=self._key, limit=1)
            self._show(
                Look(tuple(unfinished), latest[0] if latest else None, library.count(has_clip=True))
            )
        for job in ended:
            record = library.find(job)
            if record is not None and record.state.is_finished:
                self._over(record)
