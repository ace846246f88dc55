"""A Runner on a FakeStudio with a real Library, in time that only passes when a test steps."""

from __future__ import annotations

import asyncio
import functools
import secrets
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from framepack_widgets import stamp as stamps
from framepack_widgets.clip import Clip
from framepack_widgets.job import JobRecord, JobState, Wish
from framepack_widgets.library import Library
from framepack_widgets.lock import RunnerLock
from framepack_widgets.runner import Runner
from framepack_widgets.runner.context import Context
from framepack_widgets.settings import Settings
from framepack_widgets.testing import FakeStudio, number_of

ONE = {"model": "Original", "seconds": 1.0, "steps": 4}  # one section of 33 frames
TWO = {**ONE, "seconds": 2.4}  # two sections
THREE = {**ONE, "seconds": 3.6}


class SteppedRunner(Runner):
    """Rests only until it is told to go on; the rest passes on the world's clock."""

    def __init__(self, context: Context, lock: RunnerLock, world: Process) -> None:
        super().__init__(context, lock)
        self._process = world
        self.rested, self.go = asyncio.Event(), asyncio.Event()

    async def _rest(self, delay: float) -> None:
        self._process.delays.append(delay)
        self._process.world.clock += max(delay, 0.001)
        self._wake.clear()
        self.rested.set()
        await self.go.wait()
        self.go.clear()


class Process:
    """One process that has the Library open: its runner, and what it told its watchers."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.told: list[JobRecord] = []
        self.delays: list[float] = []
        self.sleeps: list[float] = []
        self.library = Library(world.folder)
        key = self.library.remember_studio(world.fake.url, app_id=None, version=None, schema=None)
        self.context = Context(
            self.library, key, world.fake, self.told.append, lambda ids: None,
            clock=lambda: world.clock, sleep=self._sleep,
        )  # fmt: skip
        locks = world.folder / "locks"
        locks.mkdir(exist_ok=True)
        self.runner = SteppedRunner(self.context, RunnerLock(locks / f"{key}.lock"), self)
        self.task: asyncio.Task[None] | None = None

    async def _sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.world.clock += seconds
        await asyncio.sleep(0)

    async def step(self) -> None:
        """One round of the runner. A `Crash` in it comes out of here, and the process is dead."""
        if self.task is None:
            self.task = asyncio.get_running_loop().create_task(self.runner.run())
        else:
            self.runner.go.set()
        self.runner.rested.clear()
        rested = asyncio.ensure_future(self.runner.rested.wait())
        await asyncio.wait({rested, self.task}, return_when=asyncio.FIRST_COMPLETED)
        rested.cancel()
        if self.task.done():
            self.task.result()
        await asyncio.sleep(0)

    async def end(self) -> None:
        """The process goes away; the system takes its lock back."""
        if self.task is not None:
            self.task.cancel()
            await asyncio.gather(self.task, return_exceptions=True)
        self.library.close()


class World:
    """A server, a Library's folder, and the processes that have it open (the first one: `main`)."""

    def __init__(self, folder: Path, **server: Any) -> None:
        self.folder = folder
        self.clock = 1000.0
        self.fake = FakeStudio(**server)
        self.processes: list[Process] = []
        self.main = self.open()

    def open(self) -> Process:
        process = Process(self)
        self.processes.append(process)
        return process

    @property
    def library(self) -> Library:
        return self.main.library

    async def new_process(self) -> None:
        """The process dies, and another one opens the Library."""
        await self.main.end()
        self.processes.remove(self.main)
        self.main = self.open()

    async def end(self) -> None:
        for process in self.processes:
            await process.end()

    # ------------------------------------------------------------------ jobs

    def ask(self, *, stamped: bool = True, wish: Wish = Wish.RUN, **values: Any) -> str:
        """Ask for a render, as `Studio.submit` does; the job's id."""
        wanted = Settings(**{"prompt": "ours", "seed": 7, **ONE, **values})
        settings = self.fake.schema.resolve(wanted)
        field = stamps.inert_field(self.fake.schema, settings)
        own = {}
        if stamped and field is not None:
            own = {
                "stamp": 1 + secrets.randbelow(stamps.MAX_STAMP),
                "stamp_key": stamps.SIDECAR_KEYS[field.name],
                "stamp_step": field.step,
            }
        record = JobRecord(
            id=secrets.token_hex(6), studio=self.main.context.key, settings=settings,
            created_at=time.time(), wish=wish, **own,
        )  # fmt: skip
        self.library.add(record)
        return record.id

    def job(self, job_id: str) -> JobRecord:
        return self.library.get(job_id)

    def state(self, job_id: str) -> JobState:
        return self.job(job_id).state

    def clip(self, job_id: str) -> Clip:
        clip = self.library.clip(job_id)
        assert clip is not None, self.job(job_id)
        return clip

    def whose(self, job_id: str) -> int:
        """The number of the server's render that the job's clip came from."""
        return number_of(self.clip(job_id).frame(0))

    # ------------------------------------------------------------------ time

    async def steps(self, count: int) -> None:
        for _ in range(count):
            await self.main.step()

    async def until(self, condition: Callable[[], object], *, steps: int = 400) -> None:
        """Step until it is so. Real time passes only while a clip is taken in, in its thread."""
        deadline = time.monotonic() + 15
        for _ in range(steps):
            if condition():
                return
            await self.main.step()
            if self.main.runner._fetcher._tasks:
                await asyncio.sleep(0.002)
                assert time.monotonic() < deadline, "taking a clip in hangs"
        while self.main.runner._fetcher._tasks and not condition():
            await self.main.step()
            await asyncio.sleep(0.005)
            assert time.monotonic() < deadline, "taking a clip in hangs"
        if not condition():
            raise AssertionError([self.job(r.id) for r in self.library.jobs()])

    async def until_state(self, job_id: str, *states: JobState) -> JobRecord:
        await self.until(lambda: self.state(job_id) in states)
        return self.job(job_id)

    async def sent(self, job_id: str) -> str:
        """Step until the server has named the job; its id there."""
        record = await self.until_state(job_id, JobState.SENT, JobState.RUNNING)
        assert record.trace.server_id is not None
        return record.trace.server_id


def scenario(
    **server: Any,
) -> Callable[[Callable[[World], Awaitable[None]]], Callable[[Path], None]]:
    """Make a test of `async def test(world)`; server: options of the FakeStudio."""

    def wrap(test: Callable[[World], Awaitable[None]]) -> Callable[[Path], None]:
        # Not functools.wraps: pytest would look for a fixture called "world".
        def run(tmp_path: Path) -> None:
            async def work() -> None:
                world = World(tmp_path / "library", **server)
                try:
                    await test(world)
                finally:
                    await world.end()

            asyncio.run(work())

        functools.update_wrapper(run, test)
        del run.__wrapped__  # type: ignore[attr-defined]
        return run

    return wrap
