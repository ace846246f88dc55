"""Sweeps on a FakeStudio: a session's half about runs, over the Library and runner of a World."""

from __future__ import annotations

from typing import Any

from runner_world import ONE, Process, World

from framepack_widgets.feed import Feed
from framepack_widgets.job import JobRecord
from framepack_widgets.live_job import Job
from framepack_widgets.runs.on_studio import Running
from framepack_widgets.runs.sweep_run import SweepRun
from framepack_widgets.settings import Settings
from framepack_widgets.sweeps.sweep import Sweep
from framepack_widgets.testing.renders import FakeRender

BASE = {"prompt": "ours", "seed": 7, **ONE}


class DeskOf:
    """What a Desk is to a run, for one process of a World."""

    trouble = None

    def __init__(self, process: Process) -> None:
        self.library = process.library
        self.key = process.context.key
        self.client = process.world.fake
        self.feed = Feed(process.library)
        process.context.publish = self.feed.publish
        process.context.refresh = self.feed.refresh
        self.woken = 0

    def wake(self) -> None:
        self.woken += 1

    def handle(self, record: JobRecord) -> Job:
        known = self.feed.watcher(record.id)
        if isinstance(known, Job):
            return known
        job = Job(record, self.library, self.wake)
        self.feed.watch(job)
        return job


class Session(Running):
    """`Studio.run` and its like, in the process that a World has open now."""

    def __init__(self, world: World, process: Process | None = None) -> None:
        self._desk: Any = DeskOf(process or world.main)
        remember_renders(world)


def remember_renders(world: World) -> None:
    """Keep what a restart of the server forgets, for `assert_right`."""
    if not hasattr(world, "made"):
        made: dict[str, FakeRender] = {}
        real = world.fake.add

        def add(*arguments: Any, **options: Any) -> FakeRender:
            render = real(*arguments, **options)
            made[render.id] = render
            return render

        vars(world)["made"] = made
        vars(world.fake)["add"] = add


def sweep_of(**axes: Any) -> Sweep:
    """A sweep of these axes over one small render."""
    return Sweep(Settings(**BASE), **axes)


async def until_over(world: World, run: SweepRun, *, steps: int = 3000) -> None:
    """Step until nothing more will happen to the run."""
    await world.until(lambda: run.done, steps=steps)


def assert_right(world: World, run: SweepRun) -> None:
    """Every clip is the render of its own point's settings: read from the pixels."""
    for point in run.points:
        if point.clip is None:
            continue
        assert point.job is not None
        render = vars(world)["made"][str(point.job.record.trace.server_id)]
        assert (render.number - world.whose(point.job.id)) % 12 == 0, "another render's clip"
        made = render.values
        asked = point.settings.set_values()
        assert point.job.settings == point.settings
        for name in ("prompt", "seed", "steps", "cfg_scale", "seconds"):
            assert made[name] == asked[name], (point, name, made[name], asked[name])


def rendered(world: World) -> int:
    """How many renders the server began."""
    return sum(render.status != "pending" for render in world.fake.renders)
