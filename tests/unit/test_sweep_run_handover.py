"""A sweep that is put into the Studio's own queue, and claimed later with proof."""

from __future__ import annotations

import asyncio

import pytest
from run_world import Session, assert_right, rendered, sweep_of, until_over
from runner_world import World, scenario

from framepack_widgets.job import JobState
from framepack_widgets.testing import Crash


async def hand_over(world: World, count: int = 5) -> None:
    run = Session(world).run(sweep_of(steps=range(4, 4 + count)), name="x", handover=True)
    await world.until(lambda: len(world.fake.pending()) == count)
    assert run.counts == {"sent": count}


@scenario()
async def test_all_points_go_into_the_queue_and_are_claimed_after_the_laptop_was_closed(
    world: World,
) -> None:
    await hand_over(world)
    await world.main.end()
    world.processes.remove(world.main)
    world.fake.run_until_idle()
    world.main = world.open()
    run = Session(world).run_of("x")
    await until_over(world, run)
    assert run.counts == {"done": 5}
    assert {point.clip.verified for point in run.points} == {"stamp"}
    assert rendered(world) == 5
    assert_right(world, run)


@scenario(metadata=False)
async def test_without_sidecars_they_are_claimed_by_their_ids(world: World) -> None:
    await hand_over(world)
    world.fake.run_until_idle()
    await world.new_process()
    run = Session(world).run_of("x")
    await until_over(world, run)
    assert run.counts == {"done": 5}
    assert {point.clip.verified for point in run.points} == {"id"}
    assert_right(world, run)


@scenario()
async def test_while_it_is_looked_at(world: World) -> None:
    await hand_over(world)
    run = Session(world).run_of("x")
    world.fake.autoplay = True
    await until_over(world, run)
    assert run.counts == {"done": 5}
    assert rendered(world) == 5
    assert_right(world, run)


@scenario()
async def test_some_were_rendered_while_nobody_looked_and_the_rest_after(world: World) -> None:
    await hand_over(world)
    await world.new_process()
    for _ in range(2):
        world.fake.start_next()
        world.fake.finish()
    world.fake.start_next()
    world.fake.sample(2)
    run = Session(world).run_of("x")
    await world.until(lambda: run.counts.get("running"))
    world.fake.autoplay = True
    await until_over(world, run)
    assert run.counts == {"done": 5}
    assert rendered(world) == 5
    assert_right(world, run)


@scenario()
async def test_strangers_in_between(world: World) -> None:
    world.fake.add_stranger(start=True)
    run = Session(world).run(sweep_of(steps=range(4, 8)), name="x", handover=True)
    await world.until(lambda: len(world.fake.pending()) == 2)
    world.fake.add_stranger()
    await world.until(lambda: len(world.fake.pending()) == 5)
    world.fake.autoplay = True
    await until_over(world, run)
    assert run.counts == {"done": 4}
    assert_right(world, run)


@pytest.mark.parametrize("arrives", [True, False])
@pytest.mark.parametrize("read", [True, False])
def test_killed_while_the_third_is_handed_over(tmp_path, arrives: bool, read: bool) -> None:
    @scenario()
    async def check(world: World) -> None:
        run = Session(world).run(sweep_of(steps=range(4, 9)), name="x", handover=True)
        await world.until(lambda: len(world.fake.pending()) == 2)
        world.fake.lose_submission(arrives=arrives, read=arrives and read, error=Crash())
        with pytest.raises(Crash):
            await world.steps(50)
        await world.new_process()
        run = Session(world).run_of("x")
        world.fake.autoplay = True
        await until_over(world, run)
        assert run.counts == {"done": 5}
        assert rendered(world) == 5
        assert_right(world, run)

    check(tmp_path)


@pytest.mark.parametrize("resumed", [True, False])
def test_the_server_is_restarted_overnight(tmp_path, resumed: bool) -> None:
    @scenario()
    async def check(world: World) -> None:
        await hand_over(world)
        world.fake.start_next()
        world.fake.finish()
        world.fake.start_next()
        world.fake.sample(2)
        await world.new_process()
        world.fake.restart(keep_queue=resumed)
        if resumed:
            world.fake.resume_queue()
        world.fake.autoplay = True
        run = Session(world).run_of("x")
        await until_over(world, run)
        assert run.counts == {"done": 5}
        assert_right(world, run)

    check(tmp_path)


@scenario()
async def test_a_single_job_comes_behind_what_was_handed_over(world: World) -> None:
    await hand_over(world, 3)
    single = world.ask(steps=20)
    await world.steps(10)
    assert world.state(single) is JobState.WAITING
    world.fake.autoplay = True
    await world.until_state(single, JobState.DONE)
    assert [render.values["steps"] for render in world.fake.renders] == [4, 5, 6, 20]


@scenario()
async def test_stop_ends_what_was_handed_over(world: World) -> None:
    await hand_over(world, 3)
    run = Session(world).run_of("x")
    run.stop()
    world.fake.autoplay = True
    await until_over(world, run)
    assert run.state in ("stopped", "done")
    assert set(run.counts) <= {"cancelled", "done"}
    assert_right(world, run)


@scenario()
async def test_many_clips_are_fetched_a_few_at_a_time(world: World) -> None:
    await hand_over(world, 8)
    world.fake.run_until_idle()
    run = Session(world).run_of("x")
    most = 0
    real = world.fake.download

    async def download(*arguments, **options):
        nonlocal most
        at_once.append(1)
        most = max(most, len(at_once))
        try:
            for _ in range(50):  # time enough for others to begin
                await asyncio.sleep(0)
            return await real(*arguments, **options)
        finally:
            at_once.pop()

    at_once: list[int] = []
    vars(world.fake)["download"] = download
    await until_over(world, run)
    assert run.counts == {"done": 8}
    assert most <= 4
    assert_right(world, run)


@scenario()
async def test_a_long_night_and_a_restart_in_the_morning(world: World) -> None:
    """Their sidecars prove them, further back than for a single job."""
    await hand_over(world, 64)
    world.fake.run_until_idle()
    await world.new_process()
    world.fake.restart(keep_queue=False)
    run = Session(world).run_of("x")
    await until_over(world, run, steps=5000)
    assert run.counts == {"done": 64}
    assert world.fake.renders == []
    assert_right(world, run)
