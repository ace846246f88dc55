"""Settling: how did a job end that no longer runs?

What counts: our own job's state asked for by id while nothing runs, and the files that bear our
timestamp. A job is left as it is while nobody can tell.
"""

from __future__ import annotations

from framepack_widgets.events import Cancelled, Failed, Gone, Located, Noted, Over, Rebound
from framepack_widgets.job import JobRecord, Wish, timestamp_of
from framepack_widgets.runner.context import Context, all_names, file_name, full_names, now
from framepack_widgets.runner.evidence import Evidence
from framepack_widgets.studio.protocol import Current


class Settler:
    """Turns what a render left behind into events."""

    def __init__(self, context: Context, evidence: Evidence) -> None:
        self._context = context
        self._evidence = evidence

    async def passed_by(self, record: JobRecord, current: Current) -> None:
        """Our job waits in line, as far as we know: has it been rendered meanwhile?"""
        timestamp = await self._evidence.locate(record)
        if timestamp is not None and timestamp_of(current.progress.video) != timestamp:
            record = self._context.apply(record, Located(now(), timestamp))
            await self.settle(record, current)

    async def settle(self, record: JobRecord, current: Current | None) -> None:
        """Find out how a job that no longer runs has ended. current: who runs now."""
        app_id = await self._context.studio.check_app()
        if app_id != record.trace.app_id:
            await self._restarted(record, app_id)
            return
        trace = record.trace
        if trace.timestamp and trace.timestamp_seen:
            video = await self._whole(record, trace.timestamp, is_idle=current is None)
            if video is not None:
                self._over(record, "Completed", video, named=True)
                return
        if current is None:
            await self._ask_ending(record)
        else:
            await self._from_files(record)

    async def _whole(self, record: JobRecord, timestamp: str, *, is_idle: bool) -> str | None:
        """The file of the whole render, if the server told it, or has it and is idle.

        Looking takes a tenth of asking how the job ended, and nothing is rendered meanwhile.
        """
        whole = full_names(record.settings, timestamp)[0]
        if record.trace.video and file_name(record.trace.video) == whole:
            return record.trace.video
        return await self._context.studio.find_video((whole,)) if is_idle else None

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
        """The server was restarted under our job: it was over before, it is back, or it is gone."""
        known = (record.trace.timestamp,) if record.trace.timestamp else ()
        runs = tuple(dict.fromkeys((*await self._evidence.runs_of(record), *known)))
        if await self._was_made(record, runs, whole=True):
            return
        current = await self._context.studio.current()
        if await self._is_back(record, current):
            # The run that is under way now is not one that was cut off.
            alive = timestamp_of(current.progress.video) if current else None
            cut_off = tuple(timestamp for timestamp in runs if timestamp != alive)
            self._context.apply(record, Rebound(now(), app_id, cut_off))
            return
        enough = record.wish in (Wish.CANCEL, Wish.STOP)
        if enough and await self._was_made(record, runs, whole=False):
            return
        self._context.apply(record, Gone(now(), RESTARTED, cut_off=runs))

    async def _was_made(self, record: JobRecord, runs: tuple[str, ...], *, whole: bool) -> bool:
        """Whether one of these runs left a clip; the job is over then."""
        for timestamp in runs:
            names = (full_names if whole else all_names)(record.settings, timestamp)
            video = await self._context.studio.find_video(names)
            if video is not None:
                named = record.trace.timestamp_seen and timestamp == record.trace.timestamp
                self._over(record, "Completed", video, named=named, timestamp=timestamp)
                return True
        return False

    async def _is_back(self, record: JobRecord, current: Current | None) -> bool:
        """Whether the server has our job again under its old id, in line, running or over."""
        server_id = record.trace.server_id or ""
        if current is not None and current.server_id == server_id:
            return True
        return any(row.is_of(server_id) for row in await self._context.studio.queue())

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
            event = Cancelled(now(), "cancelled before anything was rendered")
        elif outcome.lower().startswith("job cancelled"):
            event = Cancelled(now(), "cancelled on the server by somebody else")
        else:
            reason = outcome if outcome.lower().startswith("error") else f"it {ENDED_EMPTY}"
            message = f"The render failed on the server: {reason}"
            self._context.apply(record, Failed(now(), message))
            return
        self._context.apply(record, event)


ENDED_EMPTY = (
    "ended without a video. The Studio's own console says why (memory, a missing model, ...)"
)
WAITS_FOR_WORD = (
    "It seems to be over, but while another job runs the server does not say how it ended."
)
RESTARTED = "The Studio was restarted and lost this job."
CLEARED = (
    "Somebody cleared the server's list, and no file of this job is there. It was not sent again, "
    "as it may have been rendered; submit its settings again if you want it."
)
