"""After a crash between sending and knowing: did the server get the job, and which one is it?

What was committed before the first byte went out decides: the session whose answer may still be
unread, the stamp that the sidecar would carry, and which jobs the server's queue held before.
"""

from __future__ import annotations

import dataclasses

from framepack_widgets.errors import StudioRefused
from framepack_widgets.events import (
    Failed,
    Gone,
    Joined,
    Located,
    NeverSent,
    Noted,
    Over,
    Seen,
    Sent,
    Undecidable,
)
from framepack_widgets.job import JobRecord, timestamp_of
from framepack_widgets.runner.context import Context, all_names, full_names, now
from framepack_widgets.runner.evidence import Evidence
from framepack_widgets.runner.likeness import may_show
from framepack_widgets.studio.protocol import (
    AnswerGone,
    CallRefused,
    Current,
    QueueRow,
    SessionUnknown,
    Submission,
)

_IN_FLIGHT_S = 3.0  # what a dead process had sent may still be on its way for that long
_LOOK_S = 1.5  # between two looks, at first
_LOOK_SELDOM_S = 10.0  # later on, behind a long render
_QUEUE_S = 30.0  # between two looks at the server's queue while the same job runs


class Recovery:
    """Moves jobs out of `sending` without ever sending one twice."""

    def __init__(self, context: Context, evidence: Evidence) -> None:
        self._context = context
        self._evidence = evidence
        self._heard: dict[str, Submission] = {}  # session: an answer that is not written down yet
        self._first_look: dict[str, float] = {}
        self._read: set[str] = set()  # jobs whose answer was looked for
        self._unheard: set[str] = set()  # of these: nobody had read it, and the server has none
        self._doubted: set[str] = set()
        self._strangers: set[str] = set()  # server ids that are not ours, by their sidecars
        self._rows: list[QueueRow] = []
        self._rows_of: tuple[str | None, float] | None = None  # who ran then, and when

    def heard(self, session_hash: str, submission: Submission) -> None:
        """The server has named a job; should writing it down fail, it is not forgotten."""
        self._heard[session_hash] = submission

    async def step(self, record: JobRecord) -> float:
        """One look. Seconds until the next, if the job is still `sending` then."""
        session = record.trace.session_hash or ""
        if session in self._heard:
            self._context.apply(record, Sent(now(), self._heard[session].server_id))
            return 0.0
        waited = self._waited(record)
        if await self._context.studio.check_app() != record.trace.app_id:
            return await self._restarted(record, waited)
        if await self._has_answer(record, session):
            return 0.0
        if record.id in self._unheard:  # the server never held this session: it did not arrive
            return self._never_sent(record, waited)
        return await self._search(record, waited)

    def _waited(self, record: JobRecord) -> float:
        clock = self._context.clock()
        return clock - self._first_look.setdefault(record.id, clock)

    async def _has_answer(self, record: JobRecord, session: str) -> bool:
        """Whether the unread answer is there. Looking consumes it, so that is on disk before."""
        unheard = record.id in self._unheard or not record.trace.opened
        if not unheard and record.id in self._read:
            return False
        if not record.trace.opened:
            record = self._context.apply(record, Joined(now()))
        self._read.add(record.id)
        self._unheard.discard(record.id)  # also where the look breaks off: it may be read now
        try:
            submission = await self._context.studio.read_answer(session)
        except AnswerGone:
            return False
        except SessionUnknown:
            if unheard:
                self._unheard.add(record.id)
            return False
        except CallRefused as error:
            self._context.apply(record, Failed(now(), str(error)))
            return True
        except StudioRefused:  # it wants a login: the answer was not touched
            self._read.discard(record.id)
            if unheard:
                self._unheard.add(record.id)
            raise
        self.heard(session, submission)
        self._context.apply(record, Sent(now(), submission.server_id))
        return True

    def _never_sent(self, record: JobRecord, waited: float) -> float:
        if waited < _IN_FLIGHT_S:
            return _LOOK_S
        self._context.apply(record, NeverSent(now()))
        return 0.0

    async def _search(self, record: JobRecord, waited: float) -> float:
        """The request may have arrived, its answer is lost: is the job running, over, in line?"""
        context = self._context
        timestamp = await self._evidence.locate(record)
        current = await context.studio.current()
        silent = current is not None and await self._is_without_sidecar(record, current)
        if current is not None and await self._runs(record, current, timestamp):
            return 0.0
        if timestamp is not None:
            return await self._over(record, timestamp, current)
        rows = [row for row in await self._queue(current) if self._may_be(record, row)]
        if not rows:
            return self._never_sent(record, waited)
        is_open = any(row.is_open for row in rows)
        if record.stamp is None or silent or not (is_open or self._evidence.has_sidecars):
            context.apply(record, Undecidable(now(), _what_was_found(rows)))
            return 0.0
        if not is_open:  # whatever left a clip carries other stamps
            return self._never_sent(record, waited)
        context.apply(record, Noted(now(), LOOKING))
        return max(_LOOK_S, min(_LOOK_SELDOM_S, waited / 4))

    async def _is_without_sidecar(self, record: JobRecord, current: Current) -> bool:
        """Whether the render that runs shows that this server writes no stamps down.

        What has a sidecar without our stamp is noted as a stranger's.
        """
        running = timestamp_of(current.progress.video)
        if running is None:
            return False
        carries = await self._evidence.carries_stamp(record, running)
        if carries is False:
            self._strangers.add(current.server_id)
        return carries is None

    async def _runs(self, record: JobRecord, current: Current, located: str | None) -> bool:
        """Whether our job is the one that runs; it is followed from now on."""
        running = timestamp_of(current.progress.video)
        if running is None:
            return False
        if running != located and not await self._evidence.carries_stamp(record, running):
            return False
        record = self._context.apply(record, Located(now(), running, current.server_id))
        self._context.apply(record, Seen(now(), current.server_id, current.progress))
        return True

    async def _over(self, record: JobRecord, timestamp: str, current: Current | None) -> float:
        """Our stamp is beside a video, and it is not ours that runs: it was rendered."""
        nameless = current is not None and timestamp_of(current.progress.video) is None
        if nameless and record.id not in self._doubted:
            self._doubted.add(record.id)
            return _LOOK_S  # a section's file is there a moment before the server names it
        record = self._context.apply(record, Located(now(), timestamp))
        await self._take(record, timestamp, all_names(record.settings, timestamp))
        return 0.0

    async def _take(self, record: JobRecord, timestamp: str, names: tuple[str, ...]) -> None:
        video = await self._context.studio.find_video(names)
        if video is None:
            message = "It was rendered, or begun, while nobody followed it, and left no video."
            event: Gone | Over = Gone(now(), message, resend=False)
        else:
            event = Over(now(), "ended", video, named=False, timestamp=timestamp)
        self._context.apply(record, event)

    async def _restarted(self, record: JobRecord, waited: float) -> float:
        """The server was restarted meanwhile: it was rendered before, it is back, or it is gone."""
        runs = await self._evidence.runs_of(record)
        for timestamp in runs:
            names = full_names(record.settings, timestamp)
            if await self._context.studio.find_video(names) is not None:
                await self._take(record, timestamp, names)
                return 0.0
        current = await self._context.studio.current()
        if current is not None and await self._runs(record, current, None):
            return 0.0
        rows = [row for row in await self._queue(current) if self._may_be(record, row)]
        if any(row.is_open for row in rows) and record.stamp is not None:
            trace = dataclasses.replace(record.trace, cut_off=record.trace.cut_off + runs)
            return await self._search(record.replace(trace=trace), waited)
        message = "The Studio was restarted while this job was handed over."
        self._context.apply(record, Gone(now(), message, cut_off=runs))
        return 0.0

    async def _queue(self, current: Current | None) -> list[QueueRow]:
        """The server's queue; seldom asked for again while the same job runs: it costs much."""
        running, clock = (current.server_id if current else None), self._context.clock()
        if self._rows_of is not None and running is not None:
            known, at = self._rows_of
            if known == running and clock - at < _QUEUE_S:
                return self._rows
        self._rows = await self._context.studio.queue()
        self._rows_of = running, clock
        return self._rows

    def _may_be(self, record: JobRecord, row: QueueRow) -> bool:
        if row.id in record.trace.known_ids or any(row.is_of(other) for other in self._strangers):
            return False
        # A queue that shows no model says nothing against a row.
        if row.type and row.type.strip() not in _names(record.settings.model):
            return False
        return may_show(record.settings, row.thumbnail)


def _what_was_found(rows: list[QueueRow]) -> str:
    found = ", ".join(f"{row.id} ({row.status})" for row in rows[:5])
    return (
        "It was handed over just as this side broke off, and nothing on the server proves which "
        f"job it became. Jobs there that it may be: {found}. It is not sent again by itself: look "
        "at the Studio's queue, then submit its settings again if it is not there."
    )


def _names(model: str | None) -> set[str]:
    # "Video with Endframe" is put into the queue as "Video".
    return {str(model), str(model).removesuffix(" with Endframe")}


LOOKING = "It was handed over as this side broke off; looking for it in the server's queue."
