"""Runs whose process dies anywhere, or that two processes have open: nothing lost or doubled."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
from run_world import Session, assert_right, rendered, sweep_of, until_over
from runner_world import World, scenario

from framepack_widgets.job import JobState
from framepack_widgets.library.run_turns import Turns
from framepack_widgets.library.store import JobStore
from framepack_widgets.runs.sweep_run import SweepRun
from framepack_widgets.testing import Crash

METHODS = ("check_app", "prepare", "queue", "submit", "current", "ending", "sidecar", "download")


def die() -> None:
    raise Crash


async def go_on(world: World) -> SweepRun:
    """A new process; the same cell is run again."""
    await world.new_process()
    return Session(world).run(sweep_of(steps=[4, 5, 6]), name="x")


async def die_somewhere(world: World, run: SweepRun) -> bool:
    """Step until the process dies; False if the run was over before."""
    try:
        await until_over(world, run)
    except Crash:
        return True
    return False


@pytest.mark.parametrize(
    ("method", "moment", "after_calls"),
    list(itertools.product(METHODS, ("before", "after"), (0, 3))),
)
def test_killed_at_a_call(tmp_path: Path, method: str, moment: str, after_calls: int) -> None:
    @scenario(autoplay=True)
    async def check(world: World) -> None:
        run = Session(world).run(sweep_of(steps=[4, 5, 6]), name="x")
        for _ in range(after_calls):
            world.fake.__getattribute__(moment)(method, lambda: None)
        world.fake.__getattribute__(moment)(method, die)
        if await die_somewhere(world, run):
            run = await go_on(world)
            await until_over(world, run)
        assert run.counts == {"done": 3}
        assert rendered(world) == 3
        assert_right(world, run)

    check(tmp_path)


@pytest.mark.parametrize("place", ["feed", "insert", "reuse"])
def test_killed_while_a_point_becomes_a_job(tmp_path: Path, place: str, monkeypatch: Any) -> None:
    home: Any = JobStore if place == "insert" else Turns
    real = getattr(home, place)

    def dies(self: Any, *arguments: Any) -> Any:
        answer = real(self, *arguments)
        if calls.pop():
            raise Crash
        return answer

    @scenario(autoplay=True)
    async def check(world: World) -> None:
        if place == "reuse":
            await until_over(world, Session(world).run(sweep_of(steps=[4, 5]), name="first"))
        run = Session(world).run(sweep_of(steps=[4, 5, 6]), name="x")
        monkeypatch.setattr(home, place, dies)
        with pytest.raises(Crash):
            await until_over(world, run)
        monkeypatch.setattr(home, place, real)
        run = await go_on(world)
        await until_over(world, run)
        assert run.counts == {"done": 3}
        assert rendered(world) == 3
        assert len(world.library.jobs()) == 3
        assert_right(world, run)

    second = [True] if place == "reuse" else [True, False]
    calls = [False] * 50 + second  # the second call; clips are taken over in one
    check(tmp_path)


@scenario()
async def test_a_point_that_was_lost_between_sending_and_knowing(world: World) -> None:
    run = Session(world).run(sweep_of(steps=[4, 5, 6]), name="x")
    world.fake.lose_submission(arrives=True, read=True, error=Crash())
    with pytest.raises(Crash):
        await world.steps(20)
    run = await go_on(world)
    world.fake.autoplay = True
    await until_over(world, run)
    assert run.counts == {"done": 3}
    assert rendered(world) == 3
    assert_right(world, run)


@scenario(autoplay=True)
async def test_a_server_that_is_restarted_in_between(world: World) -> None:
    run = Session(world).run(sweep_of(steps=[4, 5, 6, 7]), name="x")
    for count in (1, 2):
        await world.until(lambda count=count: run.counts.get("done", 0) >= count, steps=2000)
        world.fake.restart(keep_queue=False)
    await until_over(world, run)
    assert run.counts == {"done": 4}
    assert_right(world, run)


@scenario(autoplay=True)
async def test_two_processes(world: World) -> None:
    """One asks, the other one renders; both see the same, and either can pause it."""
    looker = world.open()
    session, other = Session(world), Session(world, looker)
    run = other.run(sweep_of(steps=[4, 5, 6, 7]), name="x")
    heard: list[str] = []
    end = run.watch(lambda: heard.append(run.state))
    ours = session.run_of("x")
    assert (ours.name, ours.counts) == ("x", {"planned": 4})
    await world.until(lambda: ours.counts.get("running"))
    await looker.step()
    assert not looker.runner.is_holder
    assert heard[-1] == "running"
    end()
    run.pause()
    await world.until(lambda: ours.state == "paused" and ours.counts.get("done"))
    done = ours.counts["done"]
    await world.steps(20)
    assert (ours.state, ours.counts["done"]) == ("paused", done)
    await world.main.end()
    world.processes.remove(world.main)
    world.main = looker
    run.resume()
    await until_over(world, run)
    assert run.counts == {"done": 4}
    assert rendered(world) == 4
    assert_right(world, run)


@scenario(autoplay=True)
async def test_two_runs_with_the_same_point_render_it_once(world: World) -> None:
    session = Session(world)
    one = session.run(sweep_of(steps=[4, 5]), name="one")
    two = session.run(sweep_of(steps=[5, 4]), name="two")
    await until_over(world, one)
    await until_over(world, two)
    assert rendered(world) == 2
    assert_right(world, one)
    assert_right(world, two)
    assert {job.state for job in two.jobs} == {JobState.DONE}
