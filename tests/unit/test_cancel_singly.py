"""A job of ours that waits on the server behind a stranger's, where one job can be cancelled."""

from __future__ import annotations

import pytest
from runner_world import TWO, World, scenario

from framepack_widgets.job import JobState, Wish


@pytest.mark.parametrize("wish", [Wish.CANCEL, Wish.STOP])
def test_it_is_taken_out_and_the_stranger_goes_on(tmp_path, wish) -> None:
    @scenario(cancels_singly=True)
    async def check(world: World) -> None:
        stranger = world.fake.add_stranger(start=True, seconds=3.6)
        job = world.ask(**TWO)
        server_id = await world.sent(job)
        world.library.wish(job, wish)
        record = await world.until_state(job, JobState.CANCELLED)
        assert "taken out of the Studio's queue" in record.message
        assert (world.fake.running, world.fake.ended) == (stranger, [])
        world.fake.run_until_idle()
        cancelled = world.fake.find(server_id)
        assert cancelled is not None
        assert (cancelled.status, cancelled.video) == ("cancelled", None)
        assert stranger.status == "completed"

    check(tmp_path)


@scenario(cancels_singly=True)
async def test_one_that_starts_just_then_is_ended_as_ever(world: World) -> None:
    world.fake.add_stranger(start=True)
    job = world.ask(**TWO)
    server_id = await world.sent(job)
    world.fake.before("cancel_pending", lambda: (world.fake.finish(), world.fake.start_next()))
    world.library.wish(job, Wish.CANCEL)
    await world.until(lambda: world.fake.ended)
    assert world.fake.ended == [server_id]
    world.fake.tick()
    await world.until_state(job, JobState.CANCELLED)


@scenario()
async def test_a_studio_that_cannot_is_not_asked_all_the_time(world: World) -> None:
    world.fake.add_stranger(start=True, seconds=3.6)
    job = world.ask(**TWO)
    await world.sent(job)
    world.library.wish(job, Wish.CANCEL)
    await world.steps(10)
    assert world.fake.calls["cancel_pending"] <= 2
