"""Working a waiting list: one job of ours at a time on the Studio, the rest in the Library."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from framepack_widgets import stamp as stamps
from framepack_widgets.errors import (
    FramePackError,
    SettingsError,
    StudioRefused,
    StudioUnreachable,
)
from framepack_widgets.events import Failed, Joined, NeverSent, Sending, Sent
from framepack_widgets.job import JobRecord, JobState
from framepack_widgets.lock import RunnerLock
from framepack_widgets.runner.context import Context, now
from framepack_widgets.runner.dormant import Dormant
from framepack_widgets.runner.evidence import Evidence
from framepack_widgets.runner.feeder import Feeder
from framepack_widgets.runner.fetch import Fetcher
from framepack_widgets.runner.follow import Follower
from framepack_widgets.runner.recover import Recovery
from framepack_widgets.studio.line import new_session
from framepack_widgets.studio.protocol import CallRefused, SessionUnknown
from framepack_widgets.validation import validate

_IDLE_S = 1.0  # between two looks at whether another process has asked for something
_VIEW_S = 0.3  # the same, while another process runs our jobs
_HOPE_S = 15.0  # between two questions for a lost job that may come back
_ON_SERVER = (JobState.SENT, JobState.RUNNING)


class Runner:
    """Runs the jobs of one Library on one Studio, if no other process does.

    One runner per Library and Studio holds the lock; all others look on, and take over when it is
    gone.
    """

    def __init__(self, context: Context, lock: RunnerLock) -> None:
        self._context = context
        self._lock = lock
        self._evidence = Evidence(context.studio)
        self._follower = Follower(context, self._evidence)
        self._recovery = Recovery(context, self._evidence)
        self._fetcher = Fetcher(context)
        self._dormant = Dormant(context)
        self._feeder = Feeder(context)
        self._wake = asyncio.Event()
        self._ahead: asyncio.Task[None] | None = None
        self._ahead_of: str | None = None
        self._looked_at = -_HOPE_S
        self._trouble: str | None = None

    @property
    def trouble(self) -> str | None:
        """What keeps it from going on, for whoever shows it; None: nothing."""
        return self._trouble or self._fetcher.trouble

    @property
    def is_holder(self) -> bool:
        """Whether this process runs the jobs (and not another one)."""
        return self._lock.held

    def wake(self) -> None:
        """Something was asked for. From the background loop's thread only."""
        self._wake.set()

    async def run(self) -> None:
        """Work until cancelled."""
        pause = 0.5
        try:
            while True:
                try:
                    delay = await self._step()
                    self._trouble, pause = None, 0.5
                except FramePackError as error:
                    if isinstance(error, StudioUnreachable):
                        self._follower.doubt()
                    self._context.some_ended = True  # perhaps a job was deleted meanwhile
                    self._trouble, delay = str(error), pause
                    pause = min(10.0, pause * 1.6)
                except Exception as error:  # noqa: BLE001 - shown to the user as the runner's trouble
                    self._trouble = f"unexpected: {type(error).__name__}: {error}"
                    delay = pause = min(10.0, pause * 1.6)
                await self._rest(delay)
        finally:
            if self._ahead is not None:
                self._ahead.cancel()
            await self._fetcher.aclose()
            self._lock.release()

    async def _rest(self, delay: float) -> None:
        if delay > 0:
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._wake.wait(), delay)
        self._wake.clear()

    async def _step(self) -> float:
        """One round. Seconds until the next."""
        jobs = self._context.jobs()
        is_idle = not (jobs or self._feeder.is_hungry())
        if is_idle and not (self._dormant.is_expecting() or self._dormant.is_hoping()):
            self._lock.release()
            return _IDLE_S
        if not self._lock.held:
            if not self._lock.acquire():
                return _VIEW_S
            jobs = self._context.jobs()  # the former holder's last word
            self._context.some_ended = True
        jobs = self._feeder.feed(jobs)
        for record in jobs:
            if record.state is JobState.FETCHING:
                self._fetcher.start(record)
        for record in jobs:
            if record.state is JobState.SENDING:
                return await self._recovery.step(record)
        if any(r.state in _ON_SERVER for r in jobs):
            delay = await self._follow(jobs)
            handed = self._feeder.to_hand_over(self._context.jobs())
            if handed is not None:
                await self._send(handed)
                return 0.0
            return min(delay, 0.0) if self._is_free() else delay
        ready = self._feeder.in_turn(jobs)
        if ready:
            await self._send(ready[0])
            return 0.0
        return await self._look_around(jobs)

    async def _follow(self, jobs: list[JobRecord]) -> float:
        self._upload_ahead(self._feeder.in_turn(jobs))
        active = [r for r in jobs if r.state in _ON_SERVER]
        others = [r for r in jobs if r.state not in _ON_SERVER]
        self._evidence.on_server = len(active)
        return await self._follower.step(active, [*others, *self._dormant.records()])

    async def _look_around(self, jobs: list[JobRecord]) -> float:
        """Nothing is to be sent or followed: is there a run of ours that turned up again?"""
        if self._dormant.is_expecting():
            return await self._follow(jobs)
        if self._dormant.is_hoping() and self._looked_at + _HOPE_S <= self._context.clock():
            self._looked_at = self._context.clock()
            await self._follow(jobs)
        return _IDLE_S

    def _is_free(self) -> bool:
        """Whether the last step ended the job that was being followed: then go on at once."""
        return not any(r.state in _ON_SERVER for r in self._context.jobs())

    def _upload_ahead(self, waiting: list[JobRecord]) -> None:
        """Send the next job's frames while the current one renders."""
        nxt = next(iter(waiting), None)
        if nxt is None or nxt.id == self._ahead_of or (self._ahead and not self._ahead.done()):
            return
        self._ahead_of = nxt.id

        async def upload() -> None:
            # Its own turn brings the same trouble up again, where the user sees it.
            with contextlib.suppress(FramePackError):
                await self._context.studio.prepare(nxt.settings, self._overrides(nxt))

        self._ahead = asyncio.get_running_loop().create_task(upload())

    async def _send(self, record: JobRecord) -> None:
        """Hand a job over. What it takes to find it again is on disk before the first byte."""
        context, studio = self._context, self._context.studio
        app_id = await studio.check_app()
        problem = self._obstacle(record)
        if problem is not None:
            context.apply(record, Failed(now(), problem))
            return
        try:
            arguments = await studio.prepare(record.settings, self._overrides(record))
        except SettingsError as error:  # a frame that can no longer be read
            context.apply(record, Failed(now(), str(error)))
            return
        if context.known_ids is None:
            context.known_ids = tuple(row.id for row in await studio.queue())
        if await studio.check_app() != app_id:
            return  # restarted during the upload: it may want other values in another order
        session = new_session()
        fresh = context.apply(record, Sending(now(), studio.app_id, session, context.known_ids))
        if fresh.state is not JobState.SENDING or fresh.trace.session_hash != session:
            return  # cancelled, paused or taken meanwhile

        arrived = []

        async def joined() -> None:
            arrived.append(True)
            context.apply(fresh, Joined(now()))

        try:
            submission = await studio.submit(arguments, session, joined)
        except CallRefused as error:
            context.apply(fresh, Failed(now(), str(error)))
            return
        except StudioRefused:
            if not arrived:  # turned away at the door (a login, a proxy): it was not looked at
                context.apply(fresh, NeverSent(now()))
            raise
        except SessionUnknown:
            return  # restarted between request and answer: the next round finds out
        self._recovery.heard(session, submission)
        context.apply(fresh, Sent(now(), submission.server_id))
        context.known_ids = tuple(row.id for row in submission.queue)

    def _obstacle(self, record: JobRecord) -> str | None:
        """Why this job cannot be sent any more, though it could be: the server has changed."""
        report = validate(record.settings, self._context.studio.schema)
        if report.ok:
            return None
        try:
            report.raise_if_any()
        except SettingsError as error:
            return (
                "The Studio has changed since this job was asked for and does not take its "
                f"settings any more, so it was not sent: {error}\n"
                "Ask for it again with settings that fit (the form shows which do not)."
            )
        return None

    def _overrides(self, record: JobRecord) -> dict[str, Any]:
        """The stamp, in the field that these settings make inert."""
        if record.stamp is None:
            return {}
        field = stamps.inert_field(self._context.studio.schema, record.settings)
        if field is None:
            return {}
        base = getattr(record.settings, field.name, None)
        base = field.default if base is None else base
        return {field.name: stamps.apply(float(base), record.stamp, field)}
