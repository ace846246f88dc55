"""Following: which job runs now, and whose it is.

A Studio's monitor shows whatever runs, and everything ends as "Completed"; so nothing here believes
a text. What counts is the id that the server names as running, taken under one lock with its video.
How a job that no longer runs has ended is found out in `settle.py`.
"""

from __future__ import annotations

from framepack_widgets.events import Cancelled, Dropped, EndAsked, Noted, Returned, Seen
from framepack_widgets.job import JobRecord, JobState, Wish
from framepack_widgets.runner.cadence import next_question
from framepack_widgets.runner.context import Context, now
from framepack_widgets.runner.dormant import ids_of
from framepack_widgets.runner.evidence import Evidence
from framepack_widgets.runner.settle import Settler
from framepack_widgets.studio.protocol import Current

# A server takes up to a second to pick up a job; until then, "nothing runs" says nothing.
_PICK_UP_S = 1.0
_END_AGAIN_S = 15.0  # a server's queue refresh can bring a cancelled job back
_SILENT_S = 900.0  # a model that is loaded for the first time may need minutes
_LOOK_AGAIN_S = 10.0  # between two looks at what a job has left while another one runs


class Follower:
    """Asks who runs, once a `step`, and moves our jobs on accordingly."""

    def __init__(self, context: Context, evidence: Evidence) -> None:
        self._context = context
        self._settler = Settler(context, evidence)
        self._running: str | None = None  # who ran at the last step
        self._since = context.clock()  # for how long that has been so
        self._changed = False  # somebody else runs now, and what follows from it is not done yet
        self._doubt = True  # whether it is still the same server that our jobs were sent to
        self._known: set[str] = set()  # the jobs that were followed at the last step
        self._asked_to_end: dict[str, float] = {}  # server id: when
        self._asked_to_leave: dict[str, float] = {}
        self._looked: dict[str, float] = {}

    def doubt(self) -> None:
        """The server could not be reached: it may have been restarted."""
        self._doubt = True

    async def step(self, active: list[JobRecord], others: list[JobRecord]) -> float:
        """One question to the server. Seconds until the next.

        active: our jobs that the server has. others: ours that it may have, or bring back, all the
        same: one that was told to resume its queue after a restart runs them under their old ids.
        """
        current = await self._context.studio.current()
        waited = self._notice(current, active)
        if (self._changed or self._doubt) and await self._is_another_server(active):
            return 0.0
        owner = self._owner(current, active, others)
        for record in active:
            if owner is None or record.id != owner.id:
                await self._absent(record, current, waited, owner)
        await self._end_duplicates(current, [*active, *others], owner, waited)
        self._changed = self._doubt = False
        if current is not None and waited >= _SILENT_S and _says_nothing(current):
            for record in active:
                self._context.apply(record, Noted(now(), SILENT))
        if current is not None and owner is not None:
            await self._present(owner, current)
            return next_question(current.progress, None, waited)
        return next_question(None, current.progress if current else None, waited)

    def _notice(self, current: Current | None, active: list[JobRecord]) -> float:
        """For how long the situation has been as it is, s."""
        running = current.server_id if current else None
        known = {record.id for record in active}
        if running != self._running or not known <= self._known:
            self._changed |= running != self._running
            self._running, self._since = running, self._context.clock()
        self._known = known
        return self._context.clock() - self._since

    async def _is_another_server(self, active: list[JobRecord]) -> bool:
        app_id = await self._context.studio.check_app()
        strange = [record for record in active if record.trace.app_id != app_id]
        for record in strange:
            await self._settler.settle(record, None)
        return bool(strange)

    def _owner(
        self, current: Current | None, active: list[JobRecord], others: list[JobRecord]
    ) -> JobRecord | None:
        """Which job of ours runs; one that had been given up is adopted."""
        if current is None:
            return None
        for record in active:
            if record.trace.server_id == current.server_id:
                return record
        for record in (*active, *others):
            returns = record.state in (JobState.SENT, JobState.WAITING, JobState.LOST)
            if returns and current.server_id in _given_up(record):
                app_id = self._context.studio.app_id
                return self._context.apply(record, Returned(now(), current.server_id, app_id))
        return None

    async def _present(self, record: JobRecord, current: Current) -> None:
        record = self._context.saw(record, Seen(now(), current.server_id, current.progress))
        if record.wish in (Wish.CANCEL, Wish.STOP):
            await self._end(record, current.server_id)

    async def _end(self, record: JobRecord, server_id: str) -> None:
        """End a run of ours, and no other: the server ends whatever runs, so ask who that is."""
        asked = self._asked_to_end.get(server_id)
        if asked is not None and self._context.clock() - asked <= _END_AGAIN_S:
            return
        current = await self._context.studio.current()
        if current is None or current.server_id != server_id:
            return
        if current.progress.fraction >= 1:
            return  # it ends by itself: the request could only hit whoever comes next
        if server_id == record.trace.server_id:
            self._context.apply(record, EndAsked(now()))
        await self._context.studio.end_current()
        self._asked_to_end[server_id] = self._context.clock()

    async def _end_duplicates(
        self,
        current: Current | None,
        records: list[JobRecord],
        owner: JobRecord | None,
        waited: float,
    ) -> None:
        """End runs of ours that nobody wants any more, when they come up."""
        running = current.server_id if current else None
        if running is not None and owner is None:
            app_id = self._context.studio.app_id
            duplicate = next((r for r in records if running in _duplicates(r, app_id)), None)
            if duplicate is not None:
                await self._end(duplicate, running)
        for record in records:
            for server_id in record.trace.unwanted:
                if server_id != running and await self._is_over(server_id, current, waited):
                    self._context.apply(record, Dropped(now(), server_id))
                    self._context.some_ended = True

    async def _is_over(self, server_id: str, current: Current | None, waited: float) -> bool:
        if server_id in self._asked_to_end:
            return True  # it ran, we ended it, and it runs no more
        if current is not None or waited < _PICK_UP_S:
            return False
        ending = await self._context.studio.ending(server_id)
        return ending is not None and not ending.pending

    async def _absent(
        self,
        record: JobRecord,
        current: Current | None,
        waited: float,
        owner: JobRecord | None,
    ) -> None:
        """Our job is not the one that runs: it is over, still in line, or the server forgot it."""
        if current is None:
            # Between two jobs nothing runs for a moment; one that ran before is over.
            if record.state is JobState.RUNNING or waited >= _PICK_UP_S:
                await self._settler.settle(record, None)
        elif record.state is JobState.RUNNING:
            looked = self._looked.get(record.id)
            now_ = self._context.clock()
            if self._changed or looked is None or now_ - looked >= _LOOK_AGAIN_S:
                await self._settler.settle(record, current)
                self._looked[record.id] = now_
        else:
            if record.wish in (Wish.CANCEL, Wish.STOP) and await self._taken_out(record):
                return
            # Between two others, ours may have come and gone; not if it was sent after the one
            # that runs. (Many are in line where a sweep was handed over.)
            if self._changed and not _is_behind(record, owner):
                await self._settler.passed_by(record, current)

    async def _taken_out(self, record: JobRecord) -> bool:
        """Cancel our job where it waits, if this Studio can cancel a single one."""
        server_id = record.trace.server_id or ""
        asked = self._asked_to_leave.get(server_id)
        if asked is not None and self._context.clock() - asked <= _END_AGAIN_S:
            return False
        self._asked_to_leave[server_id] = self._context.clock()
        if await self._context.studio.cancel_pending(server_id):
            self._context.apply(record, Cancelled(now(), TAKEN_OUT))
            return True
        self._context.apply(record, Noted(now(), WAITS_BEHIND))
        return False


def _is_behind(record: JobRecord, owner: JobRecord | None) -> bool:
    if owner is None or record.sent_at is None or owner.sent_at is None:
        return False
    return record.sent_at > owner.sent_at


def _says_nothing(current: Current) -> bool:
    """Whether the job that runs has told nothing since it started."""
    told = current.progress
    silent = not (told.fraction or told.section_fraction or told.step or told.frames)
    return silent and (not told.text.strip() or "starting job" in told.text.lower())


def _given_up(record: JobRecord) -> tuple[str, ...]:
    return ids_of(record) if record.state is JobState.LOST else record.trace.former_ids


def _duplicates(record: JobRecord, app_id: str | None) -> tuple[str, ...]:
    """Ids of runs of this job that nobody wants."""
    if record.state not in (JobState.DONE, JobState.CANCELLED, JobState.FETCHING):
        return record.trace.unwanted
    # Its own id cannot run twice on a server that was not restarted.
    same = record.trace.app_id == app_id
    return record.trace.former_ids + record.trace.unwanted if same else ids_of(record)


TAKEN_OUT = "taken out of the Studio's queue before it started"
WAITS_BEHIND = (
    "It waits on the server behind another job and cannot be taken out of its queue; "
    "it is ended as soon as it starts."
)
SILENT = (
    "For 15 minutes the job that runs there has said no more than that it starts. A model that is "
    "downloaded for the first time can take that long; where the Studio's own log shows an error, "
    "it is blocked: restart it, and this job goes on by itself."
)
