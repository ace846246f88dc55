"""Watching one job for a view: when there is something new to draw, and what it says.

The job tells of its changes. What changes without it (the Studio cannot be reached, the place in
the waiting list) is looked at once a second while the job is not over; nothing is drawn unless the
words have changed.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable

from framepack_widgets import _loop
from framepack_widgets.errors import FramePackError
from framepack_widgets.job import JobState, Wish
from framepack_widgets.job_place import library_of, position_of
from framepack_widgets.live_job import Job
from framepack_widgets.widgets.in_turn import in_background
from framepack_widgets.widgets.jobs.job_text import JobText, present

_log = logging.getLogger(__name__)
_TICK_S = 1.0


class JobWatch:
    """Calls `changed()` in any thread, soon after there is something new; until `close()`."""

    def __init__(self, job: Job, changed: Callable[[], object]) -> None:
        self.job = job
        self.heard: Wish | None = None
        """A wish that was clicked and is not written down yet."""
        self._changed = changed
        self._guard = threading.Lock()
        self._closed = False
        self._timer: asyncio.TimerHandle | None = None
        self._ticking = False
        self._words: tuple[object, ...] = ()
        self._position: int | None = None
        self._changes: int | None = None
        self._looking = False
        self._unwatch = job.watch(self._news)
        self._tick_on()

    def text(self) -> JobText:
        """What there is to show now."""
        text = self._present()
        self._words = words_of(text)
        return text

    def close(self) -> None:
        """Watch no longer. May be called again."""
        with self._guard:
            if self._closed:
                return
            self._closed = True
        self._unwatch()
        _loop.call_soon(self._end_timer)

    def _present(self) -> JobText:
        job = self.job
        return present(
            job.record,
            trouble=job.trouble,
            now=time.time(),
            position=self._position,
            heard=self.heard,
        )

    def _news(self) -> None:
        if not self._closed:
            self._changed()
            self._tick_on()  # it may have come back from the dead

    def _tick_on(self) -> None:
        with self._guard:
            if self._closed or self._ticking or self.job.done:
                return
            self._ticking = True
        _loop.call_soon(self._tick)

    def _tick(self) -> None:
        """In the background loop's thread, so nothing in here may wait."""
        self._timer = None
        with self._guard:
            if self._closed or self.job.done:
                self._ticking = False
                return
        self._timer = _loop.background().call_later(_TICK_S, self._tick)
        if self.job.state is JobState.WAITING and not self._looking:
            self._looking = True
            in_background(self._look_up_position)
        self._tell_new_words()

    def _tell_new_words(self) -> None:
        words = words_of(self._present())
        with self._guard:
            if self._closed or words == self._words:
                return
            self._words = words
        self._changed()

    def _end_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _look_up_position(self) -> None:
        try:
            changes = library_of(self.job).changes()
            if changes != self._changes:
                self._position = position_of(self.job)
                self._changes = changes
                self._tell_new_words()
        except FramePackError as error:  # whoever needs the Library next says what is wrong
            _log.debug("place of job %s: %s", self.job.id, error)
        finally:
            self._looking = False


def words_of(text: JobText) -> tuple[object, ...]:
    """What is worth drawing again for; mere progress comes with the job's own news."""
    return text.headline, text.detail, text.trouble, text.message, text.notes, text.actions
