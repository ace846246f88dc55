"""A sweep that is rendered, or was: to be awaited, iterated, paused, stopped, looked at."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from framepack_widgets.errors import FramePackError, SettingsError
from framepack_widgets.job import JobRecord, JobState, Wish
from framepack_widgets.library.run_rows import PLANNED, REFUSED, RunRecord
from framepack_widgets.live_job import Job
from framepack_widgets.run_looking import Looking
from framepack_widgets.run_point import RunPoint, points_of, refused_point
from framepack_widgets.sweeps.sweep import Sweep

if TYPE_CHECKING:
    from framepack_widgets.clip import Clip
    from framepack_widgets.registry import Desk
    from framepack_widgets.settings import Settings

_log = logging.getLogger(__name__)

_AT_WORK = {str(s) for s in JobState if not s.is_finished and s is not JobState.WAITING}
_OPEN = {*_AT_WORK, str(JobState.WAITING)}
_BADLY = {"failed": ("failed", "lost", "unsure"), "cancelled": ("cancelled",)}


class SweepRun(Looking):
    """A sweep being rendered on a Studio, or rendered; all of it is in the Library.

    Dropping this object ends nothing: `studio.run_of(name)` finds it again, also in another kernel.
    """

    def __init__(self, desk: Desk, record: RunRecord) -> None:
        self._desk = desk
        self._record = record
        self._sweep: Sweep | None = None
        self._is_planned = True
        self._error: FramePackError | None = None
        self._settings: dict[str, Settings] = {}
        self._listeners: list[Callable[[], None]] = []
        self._guard = threading.RLock()
        desk.feed.look_on(self)

    # ------------------------------------------------------------------ what is

    @property
    def record(self) -> RunRecord:
        """What the Library keeps of the run but its points, as of now."""
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
        """planning, waiting, running, paused, stopped or done."""
        if not self._is_planned:
            return "planning" if self._error is None else "stopped"
        counts, wish = self.counts, self.record.wish
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
        counts = self.counts
        if _all_over(counts):
            return True
        return self.record.wish is Wish.STOP and not _OPEN & counts.keys()

    @property
    def counts(self) -> dict[str, int]:
        """{state: how many points}, see `RunPoint.state`."""
        counts = self._desk.library.runs.counts(self.id)
        refused = len(self._record.refused)
        return {**counts, REFUSED: refused} if refused else counts

    @property
    def points(self) -> tuple[RunPoint, ...]:
        """All points by their number in the sweep; those that it has no more at the end."""
        rows = self._desk.library.runs.points(self.id)
        found = [point for row in rows for point in points_of(self, row)]
        found += [refused_point(self, place) for place in self.record.refused]
        return tuple(sorted(found, key=lambda p: (not p.in_sweep, p.number, p.turn)))

    @property
    def jobs(self) -> tuple[Job, ...]:
        """The jobs of its points so far, in their turn."""
        found = self._desk.library.runs.jobs(self.id)
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
                self._settings = self._desk.library.runs.settings(self.id)
            return self._settings[point]

    # ------------------------------------------------------------------ wishes

    def pause(self) -> None:
        """Send no more points. One that the Studio has already goes on."""
        self._wish(Wish.PAUSE)

    def resume(self) -> None:
        """Take a pause or a stop back; points that the stop ended are rendered anew."""
        self._wish(Wish.RUN)

    def stop(self) -> None:
        """End it: the render under way is cancelled, points to come stay as they are."""
        self._wish(Wish.STOP)
        for record in self._desk.library.runs.jobs(self.id):
            ours = record.run == self.id and not record.state.is_finished
            if ours and record.wish not in (Wish.CANCEL, Wish.STOP):
                self._desk.handle(record).cancel()
        self._tell()

    def retry(self, which: str | RunPoint | Collection[RunPoint] = "failed") -> int:
        """Render points again that ended badly; how many.

        which: "failed" (also lost and unsure ones), "cancelled", or points, whose partial or
        deleted clips count as bad, too. Their old jobs stay in the Library.
        """
        store = self._desk.library.runs
        if isinstance(which, str):
            if which not in _BADLY:
                raise SettingsError(f"retry takes 'failed', 'cancelled' or points, not {which!r}.")
            count = store.retry(self.id, _BADLY[which])
        else:
            points = [which] if isinstance(which, RunPoint) else list(which)
            ids = [p.id for p in points if p.state != "done" or p.partial or p.clip is None]
            states = [str(state) for state in JobState if state.is_finished]
            count = store.retry(self.id, states, ids) if ids else 0
        self._tell()
        return count

    def first(self) -> None:
        """Render its points before those of all other runs."""
        self.move(0)

    def move(self, to: int) -> None:
        """Give it another turn among its Studio's runs: 0 is the first."""
        self._desk.library.runs.move(self.id, to)
        self._tell()

    def _wish(self, wish: Wish) -> None:
        self._desk.library.runs.wish(self.id, wish)
        self._tell()

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

    def planned(self, record: RunRecord | None, error: FramePackError | None = None) -> None:
        """The run was made; or it cannot be, and if there is one already, it goes on as it was."""
        with self._guard:
            known = record
            if known is None:
                with contextlib.suppress(FramePackError):  # the Library was closed meanwhile
                    known = self._desk.library.runs.find(self.id)
            self._is_planned, self._error = known is not None, error
            if known is not None:
                self._record, self._sweep, self._settings = known, None, {}
        self._tell()

    def __repr__(self) -> str:
        text = f"<SweepRun {self.name!r} {self.state}"
        if not self._is_planned:
            return f"{text}: {self._error}>" if self._error else f"{text}>"
        told = ", ".join(f"{count} {state}" for state, count in sorted(self.counts.items()))
        return f"{text}: {told}>"


def _all_over(counts: dict[str, int]) -> bool:
    return not (_OPEN | {PLANNED}) & counts.keys()
