"""A sweep that is rendered, or was: to be awaited, iterated, paused, stopped, looked at."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from framepack_widgets.errors import FramePackError, LibraryError
from framepack_widgets.job import JobRecord, JobState, Wish
from framepack_widgets.library.run_rows import DELETED, PLANNED, REFUSED, PointRow, RunRecord
from framepack_widgets.live_job import Job
from framepack_widgets.runs.point import RunPoint, points_of, refused_point
from framepack_widgets.runs.wishes import Wishes
from framepack_widgets.sweeps.sweep import Sweep

if TYPE_CHECKING:
    from framepack_widgets.clip import Clip
    from framepack_widgets.registry import Desk
    from framepack_widgets.settings import Settings

_log = logging.getLogger(__name__)

_AT_WORK = {str(s) for s in JobState if not s.is_finished and s is not JobState.WAITING}
_OPEN = {*_AT_WORK, str(JobState.WAITING)}


class SweepRun(Wishes):
    """A sweep being rendered on a Studio, or rendered; all of it is in the Library.

    Dropping this object ends nothing: `studio.run_of(name)` finds it again, also in another kernel.
    """

    def __init__(self, desk: Desk, record: RunRecord) -> None:
        self._desk = desk
        self._record = record
        self._sweep: Sweep | None = None
        self._is_planned = True
        self._error: FramePackError | None = None
        self._asked: Wish | None = None  # while it is being planned
        self._settings: dict[str, Settings] = {}
        self._listeners: list[Callable[[], None]] = []
        self._guard = threading.RLock()
        desk.feed.look_on(self)

    # ------------------------------------------------------------------ what is

    @property
    def record(self) -> RunRecord:
        """What the Library keeps of the run but its points; of a deleted one, what it kept."""
        found = self._desk.library.runs.find(self._record.id)
        if found is not None:
            self._record = found
        return self._record

    @property
    def id(self) -> str:
        """12 hexadecimal digits."""
        return self._record.id

    @property
    def name(self) -> str:
        """Unique among the runs of its Studio."""
        return self._record.name

    @property
    def sweep(self) -> Sweep:
        """What is rendered: axes, values, points."""
        with self._guard:
            if self._sweep is None:
                self._sweep = Sweep.from_dict(self._record.sweep)
            return self._sweep

    @property
    def is_draft(self) -> bool:
        """Whether its points are quick previews; `promote` renders chosen ones in full."""
        return bool(self._record.draft)

    @property
    def error(self) -> FramePackError | None:
        """Why the run could not be made; None: it was, or is being made."""
        return self._error

    @property
    def state(self) -> str:
        """planning, waiting, running, paused, stopped, done or deleted."""
        if not self._is_planned:
            return "planning" if self._error is None else "stopped"
        if self._is_deleted:
            return DELETED
        counts, wish = self._counts(), self._record.wish
        if _AT_WORK & counts.keys() and wish is not Wish.PAUSE:
            return "running"
        if wish is Wish.STOP:
            return "stopped" if not _all_over(counts) else "done"
        if _all_over(counts):
            return "done"
        return "paused" if wish is Wish.PAUSE else "waiting"

    @property
    def done(self) -> bool:
        """Whether nothing more will happen by itself: all points ended, or the run was stopped."""
        if not self._is_planned:
            return self._error is not None
        counts = self._counts()
        if _all_over(counts):  # also where it was deleted: there is none
            return True
        return self.record.wish is Wish.STOP and not _OPEN & counts.keys()

    @property
    def counts(self) -> dict[str, int]:
        """{state: how many points}, see `RunPoint.state`."""
        counts = self._counts()
        if not counts:
            self._must_be_there()
        return counts

    def _counts(self) -> dict[str, int]:
        counts = self._desk.library.runs.counts(self.id)
        refused = len(self._record.refused)
        return {**counts, REFUSED: refused} if counts and refused else counts

    @property
    def points(self) -> tuple[RunPoint, ...]:
        """All points by their number in the sweep; those that it has no more at the end."""
        found = [point for row in self._rows() for point in points_of(self, row)]
        found += [refused_point(self, place) for place in self.record.refused]
        return tuple(sorted(found, key=lambda p: (not p.in_sweep, p.number, p.turn)))

    def _rows(self) -> list[PointRow]:
        rows = self._desk.library.runs.points(self.id)
        if not rows:
            self._must_be_there()
        return rows

    @property
    def jobs(self) -> tuple[Job, ...]:
        """The jobs of its points so far, in their turn."""
        found = self._desk.library.runs.jobs(self.id)
        if not found:
            self._must_be_there()
        return tuple(self._desk.handle(record) for record in found)

    @property
    def clips(self) -> tuple[Clip, ...]:
        """The clips of its points so far, by their number in the sweep."""
        found = (point.clip for point in self.points if point.in_sweep)
        return tuple(clip for clip in found if clip is not None)

    @property
    def trouble(self) -> str | None:
        """What keeps it from going on now (the Studio cannot be reached); None: nothing."""
        return None if self.done else self._desk.trouble

    def job_of(self, point: RunPoint) -> Job | None:
        """The job of a point, once it is one."""
        record = self._desk.library.find(point.job_id) if point.job_id else None
        return self._desk.handle(record) if record is not None else None

    def settings_of(self, point: RunPoint) -> Settings:
        """The settings that a point is rendered with, frozen when the run was made."""
        if point.state == REFUSED:
            return self.sweep[point.number].settings
        return self._frozen(point.id)

    def _frozen(self, point: str) -> Settings:
        with self._guard:
            if point not in self._settings:
                found = self._desk.library.runs.settings(self.id)
                if not found:
                    self._must_be_there()
                self._settings = found
            return self._settings[point]

    @property
    def _is_deleted(self) -> bool:
        found = self._desk.library.runs.find(self.id)
        self._record = found or self._record
        return found is None and self._is_planned

    def _must_be_there(self) -> None:
        if self._is_deleted:
            raise self._deleted()

    def _deleted(self) -> LibraryError:
        return LibraryError(
            f"The run {self.name!r} was deleted; its jobs and clips are still in the Library. "
            "studio.run(run.sweep, name=…) makes it anew and renders only what is missing."
        )

    # ------------------------------------------------------------------ news

    def watch(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener()` after every change, until the function returned here is called.

        For views. In the thread that has the news, so it has to return at once.
        """
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def told(self, record: JobRecord | None) -> None:
        """A job has changed; None: something may have."""
        if record is None or record.run == self.id:
            self._notify()

    def _tell(self) -> None:
        self._desk.wake()
        self._notify()

    def _notify(self) -> None:
        for listener in list(self._listeners):
            try:
                listener()
            except RuntimeError:  # its event loop was closed meanwhile
                _log.debug("a listener of run %s is gone", self.name)

    # ------------------------------------------------------------------ making

    def begin(self, sweep: Sweep) -> None:
        """The run is being made, or given other points."""
        with self._guard:
            self._sweep, self._is_planned, self._error = sweep, False, None
            self._asked = None

    def planned(self, record: RunRecord | None, error: FramePackError | None = None) -> None:
        """The run was made; or it cannot be, and if there is one already, it goes on as it was."""
        with self._guard:
            known = record
            if known is None:
                with contextlib.suppress(FramePackError):  # the Library was closed meanwhile
                    known = self._desk.library.runs.find(self.id)
            if known is None and error is None:
                error = self._deleted()
            self._is_planned, self._error = known is not None, error
            if known is not None:
                self._record, self._sweep, self._settings = known, None, {}
            asked, self._asked = self._asked, None
        if known is not None and asked is not None:
            {Wish.PAUSE: self.pause, Wish.STOP: self.stop}.get(asked, self.resume)()
        self._tell()

    def __repr__(self) -> str:
        text = f"<SweepRun {self.name!r} {self.state}"
        if not self._is_planned:
            return f"{text}: {self._error}>" if self._error else f"{text}>"
        told = ", ".join(f"{count} {state}" for state, count in sorted(self._counts().items()))
        return f"{text}: {told}>" if told else f"{text}>"


def _all_over(counts: dict[str, int]) -> bool:
    return not (_OPEN | {PLANNED}) & counts.keys()
