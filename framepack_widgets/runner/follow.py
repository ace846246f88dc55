"""Following: which job runs now, and what became of ours when it no longer does.

A Studio's monitor shows whatever runs, and everything ends as "Completed"; so nothing here believes a
text. What counts: the id that the server names as running (taken under one lock with its video), our
own job's state asked for by id while nothing runs, and the files that bear our timestamp.
"""

from __future__ import annotations

from framepack_widgets.events import (
    Cancelled,
    EndAsked,
    Failed,
    Gone,
    Located,
    Noted,
    Over,
    Rebound,
    Returned,
    Seen,
)
from framepack_widgets.job import JobRecord, JobState, Wish, timestamp_of
from framepack_widgets.runner.cadence import next_question
from framepack_widgets.runner.context import Context, all_names, file_name, full_names, now
from framepack_widgets.runner.evidence import Evidence
from framepack_widgets.studio.protocol import Current

# A server takes up to a second to pick a job from its queue; before that, "nothing runs" says nothing.
_PICK_UP_S = 1.0
_END_AGAIN_S = 15.0  # a server's queue refresh can bring a cancelled job back


class Follower:
    """Asks who runs, once a `step`, and moves our jobs on accordingly."""

    def __init__(self, context: Context, evidence: Evidence) -> None:
        self._context = context
        self._evidence = evidence
        self._running: str | None = None  # who ran at the last step
        self._since = self._context.clock()  # for how long that has been so
        self._asked_to_end: dict[str, float] = {}

    async def step(self, active: list[JobRecord], dormant: list[JobRecord]) -> float:
        """One question to the server. Seconds until the next.

        active: our jobs that the server has. dormant: ours that it may bring back (a server that
        was restarted and told to resume its queue runs them under their old ids).
        """
        current = await self._context.studio.current()
        running = current.server_id if current else None
        changed = running != self._running
        if changed:
            self._running, self._since = running, self._context.clock()
        waited = self._context.clock() - self._since
        owner = self._owner(current, active, dormant)
        for record in active:
            if owner is None or record.id != owner.id:
                await self._absent(record, current, changed=changed, waited=waited)
        if current is not None and owner is not None:
            await self._present(owner, current)
            return next_question(current.progress, None, waited)
        return next_question(None, current.progress if current else None, waited)

    def _owner(
        self, current: Current | None, active: list[JobRecord], dormant: list[JobRecord]
    ) -> JobRecord | None:
        if current is None:
            return None
        for record in active:
            if record.trace.server_id == current.server_id:
                return record
        for record in dormant:
            if current.server_id in record.trace.former_ids:
                return self._context.apply(record, Returned(now(), current.server_id))
        return None

    async def _present(self, record: JobRecord, current: Current) -> None:
        record = self._context.saw(record, Seen(now(), current.server_id, current.progress))
        if record.wish in (Wish.CANCEL, Wish.STOP):
            asked = self._asked_to_end.get(record.id)
            if asked is None or self._context.clock() - asked > _END_AGAIN_S:
                self._asked_to_end[record.id] = self._context.clock()
                await self._end(record)

    async def _end(self, record: JobRecord) -> None:
        """End our job, and no other: who runs is asked just before, as the server ends whatever runs."""
        current = await self._context.studio.current()
        if current is not None and current.server_id == record.trace.server_id:
            self._context.apply(record, EndAsked(now()))
            await self._context.studio.end_current()

    async def _absent(
        self, record: JobRecord, current: Current | None, *, changed: bool, waited: float
    ) -> None:
        """Our job is not the one that runs: it is over, still in line, or the server forgot it."""
        if record.state is JobState.RUNNING:
            await self.settle(record, current)
        elif record.state is JobState.SENT:
            if current is None:
                if waited >= _PICK_UP_S:
                    await self.settle(record, None)
            else:
                if record.wish in (Wish.CANCEL, Wish.STOP):
                    self._context.apply(record, Noted(now(), WAITS_BEHIND))
                if changed:  # between two others, ours may have come and gone
                    await self._passed_by(record, current)

    async def _passed_by(self, record: JobRecord, current: Current) -> None:
        timestamp = await self._evidence.locate(record)
        if timestamp is not None and timestamp_of(current.progress.video) != timestamp:
            record = self._context.apply(record, Located(now(), timestamp))
            await self.settle(record, current)

    async def settle(self, record: JobRecord, current: Current | None) -> None:
        """Find out how a job that no longer runs has ended. Leaves it as it is while nobody can tell."""
        app_id = await self._context.studio.check_app()
        if app_id != record.trace.app_id:
            await self._restarted(record, app_id)
            return
        trace = record.trace
        if trace.video and trace.timestamp and trace.timestamp_seen:
            if file_name(trace.video) in full_names(record.settings, trace.timestamp):
                self._over(record, "Completed", trace.video, named=True)
                return
        if current is None:
            await self._ask_ending(record)
        else:
            await self._from_files(record)

    async def _ask_ending(self, record: JobRecord) -> None:
        ending = await self._context.studio.ending(record.trace.server_id or "")
        if ending is None or ending.pending:
            return  # something started meanwhile, or it is still in line: ask again
        if not ending.known:
            await self._cleared(record)
            return
        video = ending.video or (record.trace.video if record.trace.timestamp_seen else None)
        if video is not None:
            self._over(record, ending.outcome, video, named=True)
        else:
            self._over_without_video(record, ending.outcome)

    async def _from_files(self, record: JobRecord) -> None:
        """Another job runs, so nobody answers for ours: what did it leave?"""
        timestamp = record.trace.timestamp or await self._evidence.locate(record)
        if timestamp is None:
            self._context.apply(record, Noted(now(), WAITS_FOR_WORD))
            return
        named = record.trace.timestamp_seen and timestamp == record.trace.timestamp
        names = all_names(record.settings, timestamp)
        video = await self._context.studio.find_video(names)
        if video is None and named:
            video = record.trace.video  # the server's own copy outlives the original
        if video is None:
            self._over_without_video(record, "ended")
            return
        self._over(record, "ended", video, named=named, timestamp=timestamp)

    async def _restarted(self, record: JobRecord, app_id: str | None) -> None:
        """The server was restarted under our job: it finished just before, it is back, or it is gone."""
        timestamp = record.trace.timestamp or await self._evidence.locate(record)
        if timestamp is not None:
            video = await self._context.studio.find_video(full_names(record.settings, timestamp))
            if video is not None:
                named = record.trace.timestamp_seen
                self._over(record, "Completed", video, named=named, timestamp=timestamp)
                return
        current = await self._context.studio.current()
        server_id = record.trace.server_id or ""
        back = current is not None and current.server_id == server_id
        if not back:
            rows = await self._context.studio.queue()
            back = any(row.is_of(server_id) and row.status == "pending" for row in rows)
        if back:
            self._context.apply(record, Rebound(now(), app_id))
        else:
            self._context.apply(record, Gone(now(), "The Studio was restarted and lost this job."))

    async def _cleared(self, record: JobRecord) -> None:
        """The same server no longer knows the job: somebody cleared its list of ended jobs."""
        timestamp = record.trace.timestamp or await self._evidence.locate(record)
        video = None
        if timestamp is not None:
            video = await self._context.studio.find_video(all_names(record.settings, timestamp))
        if video is not None:
            named = record.trace.timestamp_seen
            self._over(record, "ended", video, named=named, timestamp=timestamp)
            return
        self._context.apply(record, Gone(now(), CLEARED, resend=False))

    def _over(
        self,
        record: JobRecord,
        outcome: str,
        video: str,
        *,
        named: bool,
        timestamp: str | None = None,
    ) -> None:
        self._context.apply(record, Over(now(), outcome, video, named, timestamp))

    def _over_without_video(self, record: JobRecord, outcome: str) -> None:
        if record.wish in (Wish.CANCEL, Wish.STOP):
            self._context.apply(record, Cancelled(now(), "cancelled before anything was rendered"))
        elif outcome.startswith("Job cancelled"):
            self._context.apply(record, Cancelled(now(), "cancelled on the server by somebody else"))
        else:
            reason = outcome if outcome.startswith("Error") else f"it {ENDED_EMPTY}"
            self._context.apply(record, Failed(now(), f"The render failed on the server: {reason}"))




ENDED_EMPTY = "ended without a video. The Studio's own console says why (memory, a missing model, ...)"
WAITS_BEHIND = (
    "It waits on the server behind another job and cannot be taken out of its queue; "
    "it is ended as soon as it starts."
)
WAITS_FOR_WORD = (
    "It seems to be over, but while another job runs the server does not say how it ended."
)
CLEARED = (
    "Somebody cleared the server's list, and no file of this job is there. It was not sent again, "
    "as it may have been rendered; submit its settings again if you want it."
)
