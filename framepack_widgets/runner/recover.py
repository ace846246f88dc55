"""After a crash between sending and knowing: did the server get the job, and which one is it?

What was committed before the first byte went out decides: the session whose answer may still be
unread, the stamp that the sidecar would carry, and which jobs the server's queue held before.
"""

from __future__ import annotations

from framepack_widgets.events import (
    Gone,
    Located,
    NeverSent,
    Noted,
    Over,
    Seen,
    Sent,
    Undecidable,
)
from framepack_widgets.job import JobRecord, timestamp_of
from framepack_widgets.runner.context import Context, all_names, now
from framepack_widgets.runner.evidence import Evidence
from framepack_widgets.studio.protocol import Current, QueueRow, SessionUnknown

_IN_FLIGHT_S = 3.0  # what a dead process had sent may still be on its way for that long
_LOOK_S = 1.5  # between two looks at the server's queue


class Recovery:
    """Moves jobs out of `sending` without ever sending one twice."""

    def __init__(self, context: Context, evidence: Evidence) -> None:
        self._context = context
        self._evidence = evidence
        self._first_look: dict[str, float] = {}

    async def step(self, record: JobRecord) -> float:
        """One look. Seconds until the next, if the job is still `sending` then."""
        studio, trace = self._context.studio, record.trace
        app_id = await studio.check_app()
        if app_id != trace.app_id:
            await self._restarted(record)
            return 0.0
        try:
            submission = await studio.read_answer(trace.session_hash or "")
        except SessionUnknown:
            pass
        else:
            self._context.apply(record, Sent(now(), submission.server_id))
            return 0.0
        waited = self._context.clock() - self._first_look.setdefault(record.id, self._context.clock())
        if not trace.opened:
            # The server never held this session: the request did not arrive.
            if waited < _IN_FLIGHT_S:
                return _LOOK_S
            self._context.apply(record, NeverSent(now()))
            return 0.0
        return await self._search(record, waited)

    async def _search(self, record: JobRecord, waited: float) -> float:
        """The request arrived, its answer is lost: the job is in the queue, or was dropped from it."""
        context = self._context
        timestamp = await self._evidence.locate(record)
        current = await context.studio.current()
        if timestamp is not None:
            return await self._found(record, timestamp, current, waited)
        rows = [row for row in await context.studio.queue() if self._may_be(record, row)]
        open_rows = [row for row in rows if row.status in ("pending", "running")]
        if not rows or (not open_rows and self._would_be_stamped(record)):
            if waited < _IN_FLIGHT_S:
                return _LOOK_S
            context.apply(record, NeverSent(now()))
            return 0.0
        if record.stamp is None or (not self._evidence.has_sidecars and not self._all_pending(rows)):
            context.apply(record, Undecidable(now(), self._what_was_found(rows)))
            return 0.0
        context.apply(record, Noted(now(), LOOKING))
        return _LOOK_S

    async def _found(
        self, record: JobRecord, timestamp: str, current: Current | None, waited: float
    ) -> float:
        """Our stamp is in a sidecar, so the render has begun: is it the one that runs?"""
        context = self._context
        if current is not None:
            running = timestamp_of(current.progress.video)
            if running == timestamp:
                record = context.apply(record, Located(now(), timestamp, current.server_id))
                context.apply(record, Seen(now(), current.server_id, current.progress))
                return 0.0
            if running is None and waited < _IN_FLIGHT_S:
                return _LOOK_S  # a section's file is there a moment before the server names it
        record = context.apply(record, Located(now(), timestamp))
        video = await context.studio.find_video(all_names(record.settings, timestamp))
        if video is None:
            message = "It was rendered, or begun, while nobody followed it, and left no video."
            context.apply(record, Gone(now(), message, resend=False))
        else:
            context.apply(record, Over(now(), "ended", video, named=False, timestamp=timestamp))
        return 0.0

    async def _restarted(self, record: JobRecord) -> None:
        timestamp = await self._evidence.locate(record)
        if timestamp is not None:
            await self._found(record, timestamp, None, 0.0)
            return
        message = "The Studio was restarted while this job was handed over."
        self._context.apply(record, Gone(now(), message))

    def _may_be(self, record: JobRecord, row: QueueRow) -> bool:
        if row.id in record.trace.known_ids:
            return False
        # A queue that shows no model says nothing against a row.
        return not row.type or row.type.strip() in _names(record.settings.model)

    def _would_be_stamped(self, record: JobRecord) -> bool:
        return record.stamp is not None and self._evidence.has_sidecars

    @staticmethod
    def _all_pending(rows: list[QueueRow]) -> bool:
        return all(row.status == "pending" for row in rows)

    @staticmethod
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
