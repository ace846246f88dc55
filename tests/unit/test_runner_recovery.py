"""Crashes between sending and knowing, restarts of the server, jobs that come back."""

from __future__ import annotations

import pytest
from runner_world import ONE, THREE, TWO, World, scenario

from framepack_widgets.advance import MAX_SENDS
from framepack_widgets.errors import LibraryError, StudioRefused
from framepack_widgets.job import JobState, Wish
from framepack_widgets.studio.protocol import CallRefused
from framepack_widgets.testing import Crash

DONE, FAILED, CANCELLED = JobState.DONE, JobState.FAILED, JobState.CANCELLED
SENT, RUNNING, WAITING = JobState.SENT, JobState.RUNNING, JobState.WAITING
SENDING, LOST, UNSURE = JobState.SENDING, JobState.LOST, JobState.UNSURE


async def crash_while_sending(world: World, **how) -> None:
    """The process dies during a submission; another one opens the Library."""
    world.fake.lose_submission(error=Crash(), **how)
    with pytest.raises(Crash):
        await world.steps(20)
    await world.new_process()


def mine(world: World) -> list:
    return [render for render in world.fake.renders if not render.foreign]


# ---------------------------------------------------------------------- sending and knowing


@scenario()
async def test_an_unread_answer_names_the_job(world: World) -> None:
    job = world.ask()
    await crash_while_sending(world, arrives=True)
    assert world.state(job) is SENDING
    await world.sent(job)
    world.fake.run_until_idle()
    await world.until_state(job, DONE)
    assert len(world.fake.renders) == 1


@scenario()
async def test_what_never_arrived_is_sent_once_more(world: World) -> None:
    job = world.ask()
    await crash_while_sending(world, arrives=False)
    await world.sent(job)
    assert len(world.fake.renders) == 1
    assert world.job(job).trace.sends == 1


@scenario()
async def test_a_broken_line_is_recovered_from_by_the_same_process(world: World) -> None:
    never, unread, read = world.ask(), world.ask(), world.ask()
    world.fake.lose_submission(arrives=False)
    await world.sent(never)
    world.fake.lose_submission(arrives=True)
    world.fake.run_until_idle()
    await world.sent(unread)
    world.fake.lose_submission(arrives=True, read=True)
    world.fake.run_until_idle()
    await world.until_state(read, SENDING)
    world.fake.run_until_idle()
    await world.until_state(read, DONE)
    assert len(world.fake.renders) == 3


@scenario()
async def test_an_answer_that_breaks_off_while_it_is_recovered_is_not_taken_for_none(
    world: World,
) -> None:
    """The look at the unread answer consumes it, and then the line breaks."""
    job = world.ask()
    await crash_while_sending(world, arrives=True)

    def breaks() -> None:
        world.fake.go_down()
        world.fake._sessions.clear()  # a stream that was dropped is forgotten

    world.fake.before("read_answer", breaks)
    await world.steps(2)
    world.fake.come_up()
    await world.steps(60)
    assert len(world.fake.renders) == 1, "sent twice"
    world.fake.run_until_idle()
    await world.until_state(job, DONE)
    assert len(world.fake.renders) == 1


@scenario()
async def test_a_late_request_whose_answer_breaks_off_is_not_taken_for_none(world: World) -> None:
    """What the dead process had sent arrives after the first look; the second one breaks off."""
    job = world.ask()
    await crash_while_sending(world, arrives=False)
    await world.until(lambda: world.fake.calls["read_answer"])
    late = await world.fake.prepare(
        world.job(job).settings, world.main.runner._overrides(world.job(job))
    )

    def arrives_and_breaks() -> None:
        world.fake._queue_up(late)
        world.fake.go_down()

    world.fake.before("read_answer", arrives_and_breaks)
    await world.until(lambda: world.fake.is_down)
    world.fake.come_up()
    await world.steps(60)
    assert len(world.fake.renders) == 1, "sent twice"
    world.fake.run_until_idle()
    await world.until_state(job, DONE)


@scenario()
async def test_an_answer_that_is_slow_to_come_is_not_taken_for_none(world: World) -> None:
    """The server is busy: it holds the session, but does not answer in time."""
    job = world.ask()
    await crash_while_sending(world, arrives=True)
    session = world.job(job).trace.session_hash
    world.fake._sessions[session] = None  # answers with AnswerGone
    await world.steps(60)
    assert len(world.fake.renders) == 1, "sent twice"
    world.fake.run_until_idle()
    await world.until_state(job, DONE)


@scenario()
async def test_an_unread_refusal_fails_the_job(world: World) -> None:
    job, after = world.ask(), world.ask()
    await crash_while_sending(world, arrives=True)
    session = world.job(job).trace.session_hash
    world.fake._sessions[session] = CallRefused("not in the list of choices")
    world.fake.renders.clear()
    record = await world.until_state(job, FAILED)
    assert "not in the list of choices" in record.message
    await world.sent(after)


@pytest.mark.parametrize("arrives", [False, True])
def test_a_login_that_is_wanted_in_the_middle_of_a_submission(tmp_path, arrives: bool) -> None:
    """Turned away at the door it was not sent; turned away at its answer it is in the queue."""

    @scenario()
    async def check(world: World) -> None:
        job = world.ask()
        refusal = StudioRefused("wants its own login")
        world.fake.lose_submission(arrives=arrives, read=True, error=refusal)
        await world.until(lambda: world.main.runner.trouble == "wants its own login")
        assert world.state(job) is (SENDING if arrives else WAITING)
        await world.until(lambda: world.fake.renders)
        world.fake.run_until_idle()
        await world.until_state(job, DONE)
        assert len(world.fake.renders) == 1

    check(tmp_path)


@scenario()
async def test_an_answer_that_could_not_be_written_down_is_not_forgotten(world: World) -> None:
    job = world.ask()
    apply, full = world.main.context.library.apply, [True, True]

    def sometimes(job_id, event):
        if type(event).__name__ == "Sent" and full:
            full.pop()
            raise LibraryError("the disk is full")
        return apply(job_id, event)

    world.main.context.library.apply = sometimes
    await world.until(lambda: world.main.runner.trouble == "the disk is full")
    record = world.job(job)
    assert record.state is SENDING
    await world.sent(job)
    assert world.fake.calls["queue"] <= 1
    assert len(world.fake.renders) == 1


@pytest.mark.parametrize("shape", [ONE, THREE], ids=["one section", "three sections"])
def test_a_lost_answer_is_found_by_the_stamp_once_it_renders(tmp_path, shape: dict) -> None:
    @scenario()
    async def check(world: World) -> None:
        job = world.ask(**shape)
        await crash_while_sending(world, arrives=True, read=True)
        await world.steps(10)
        assert world.state(job) is SENDING
        world.fake.start_next()
        world.fake.sample()
        await world.steps(10)
        assert world.state(job) is SENDING  # nothing carries its stamp yet
        world.fake.render_section()
        if shape is THREE:
            await world.until_state(job, RUNNING)
        world.fake.finish()
        record = await world.until_state(job, DONE)
        assert record.verified == "stamp"
        assert len(world.fake.renders) == 1

    check(tmp_path)


@scenario()
async def test_a_lost_answer_behind_strangers_of_the_same_model(world: World) -> None:
    world.fake.add_stranger(start=True, seconds=2.4)
    job = world.ask(**TWO)
    world.fake.before("submit", lambda: world.fake.add_stranger(seconds=2.4))
    await crash_while_sending(world, arrives=True, read=True)
    for _ in range(3):
        world.fake.start_next()
        for _ in range(2):
            world.fake.render_section()
            await world.steps(6)
            assert len(mine(world)) == 1
        world.fake.end()
    record = await world.until_state(job, DONE)
    assert record.verified == "stamp"
    assert world.whose(job) == 3


@scenario()
async def test_a_stranger_s_render_is_soon_known_as_one(world: World) -> None:
    """The server dropped ours; a stranger's job of the same model came at the same time."""
    job = world.ask()
    world.fake.before("submit", lambda: world.fake.add_stranger(seconds=12.0))
    await crash_while_sending(world, arrives=True, read=True)
    world.fake.renders = [r for r in world.fake.renders if r.foreign]
    world.fake.start_next()
    await world.steps(10)
    assert world.state(job) is SENDING  # the stranger's might be ours
    world.fake.render_section()
    await world.sent(job)
    assert world.fake.running.foreign
    assert len(mine(world)) == 1


@scenario(metadata=False)
async def test_without_proof_it_is_unsure_and_never_sent_again(world: World) -> None:
    job, after = world.ask(**TWO), world.ask()
    await crash_while_sending(world, arrives=True, read=True)
    await world.steps(10)
    assert world.state(job) is SENDING  # it may still turn out that stamps can be read
    world.fake.start_next()
    world.fake.render_section()
    record = await world.until_state(job, UNSURE)
    assert world.fake.renders[0].id[:6] in record.message
    await world.sent(after)
    world.fake.run_until_idle()
    await world.until_state(after, DONE)
    await world.steps(50)
    assert world.state(job) is UNSURE
    assert len(world.fake.renders) == 2


@scenario()
async def test_without_a_stamp_it_is_unsure(world: World) -> None:
    job = world.ask(stamped=False)
    await crash_while_sending(world, arrives=True, read=True)
    await world.until_state(job, UNSURE)


@scenario()
async def test_an_answer_lost_without_any_candidate_is_sent_again(world: World) -> None:
    world.fake.add_stranger(start=True)  # was there before: no candidate
    job = world.ask()
    await crash_while_sending(world, arrives=True, read=True)
    world.fake.renders = [r for r in world.fake.renders if r.foreign]  # dropped by the server
    await world.sent(job)
    assert len(mine(world)) == 1


@scenario(metadata=False)
async def test_jobs_that_were_there_before_are_no_candidates(world: World) -> None:
    """Also for the first submission of a process."""
    world.fake.add_stranger()
    world.fake.run_until_idle()
    job = world.ask()
    await crash_while_sending(world, arrives=True, read=True)
    world.fake.renders = [r for r in world.fake.renders if r.foreign]
    record = await world.until_state(job, SENT, UNSURE)
    assert record.state is SENT


@scenario()
async def test_a_wish_meets_a_job_that_is_being_recovered(world: World) -> None:
    job = world.ask(**TWO)
    await crash_while_sending(world, arrives=True)
    world.library.wish(job, Wish.CANCEL)
    server_id = await world.sent(job)
    world.fake.start_next()
    await world.until(lambda: world.fake.ended)
    assert world.fake.ended == [server_id]
    other = world.ask()
    world.fake.end()
    await world.until_state(job, CANCELLED)
    await crash_while_sending(world, arrives=False)
    world.library.wish(other, Wish.CANCEL)
    assert (await world.until_state(other, CANCELLED)).trace.sends == 0
    assert len(world.fake.renders) == 1


@scenario()
async def test_a_crash_while_it_renders_costs_nothing(world: World) -> None:
    job = world.ask(**TWO)
    await world.sent(job)
    world.fake.start_next()
    world.fake.render_section()
    await world.until_state(job, RUNNING)
    await world.new_process()
    world.fake.finish()
    await world.until_state(job, DONE)
    assert len(world.fake.renders) == 1


# ---------------------------------------------------------------------- restarts


@scenario()
async def test_a_restart_during_the_render_sends_it_again(world: World) -> None:
    job = world.ask(**TWO)
    first = await world.sent(job)
    world.fake.start_next()
    world.fake.render_section()
    await world.until_state(job, RUNNING)
    world.fake.restart(keep_queue=False)
    await world.until(lambda: world.fake.renders)
    record = await world.until_state(job, SENT)
    assert record.trace.former_ids == (first,)
    assert "restarted" in record.notes[0]
    world.fake.run_until_idle()
    record = await world.until_state(job, DONE)
    assert not record.partial
    assert world.whose(job) == 2


@scenario()
async def test_a_job_that_takes_the_server_down_is_not_sent_for_ever(world: World) -> None:
    job = world.ask(**TWO)
    for _ in range(MAX_SENDS):
        await world.until(lambda: world.fake.renders)
        world.fake.start_next()
        await world.until_state(job, RUNNING)
        world.fake.restart(keep_queue=False)
        await world.until(lambda: world.state(job) is not RUNNING)
    record = await world.until_state(job, LOST)
    assert record.trace.sends == MAX_SENDS


@pytest.mark.parametrize("metadata", [True, False])
def test_a_restart_just_after_the_end(tmp_path, metadata: bool) -> None:
    @scenario(metadata=metadata)
    async def check(world: World) -> None:
        job = world.ask(**TWO)
        await world.sent(job)
        world.fake.start_next()
        world.fake.render_section()
        await world.until_state(job, RUNNING)
        await world.steps(4)
        world.fake.finish()
        world.fake.restart()
        record = await world.until_state(job, DONE)
        assert record.verified == ("stamp" if metadata else "id")
        assert not record.partial
        assert len(world.fake.renders) == 0

    check(tmp_path)


@scenario()
async def test_a_stop_before_a_restart_keeps_what_there_is(world: World) -> None:
    job = world.ask(**THREE)
    await world.sent(job)
    world.fake.start_next()
    world.fake.render_section()
    await world.until_state(job, RUNNING)
    await world.steps(4)
    world.library.wish(job, Wish.STOP)
    world.fake.restart()
    record = await world.until_state(job, DONE, CANCELLED)
    assert (record.state, record.partial) == (DONE, True)


@scenario()
async def test_a_resumed_queue_brings_the_job_back(world: World) -> None:
    job = world.ask(**TWO)
    server_id = await world.sent(job)
    world.fake.start_next()
    world.fake.render_section()
    await world.until_state(job, RUNNING)
    await world.steps(4)
    world.fake.restart()
    world.fake.resume_queue()
    record = await world.until_state(job, SENT)
    assert record.trace.server_id == server_id
    world.fake.start_next()
    world.fake.render_section()
    record = await world.until_state(job, RUNNING)
    assert record.progress.fraction <= 0.5
    world.fake.finish()
    record = await world.until_state(job, DONE)
    assert not record.partial
    assert len(world.fake.renders) == 1
    assert record.trace.sends == 1


@pytest.mark.parametrize("metadata", [True, False])
def test_a_job_that_was_resumed_and_rendered_while_nobody_looked(tmp_path, metadata: bool) -> None:
    """The first run was cut off by the restart; the second one, under the same id, is whole."""

    @scenario(metadata=metadata)
    async def check(world: World) -> None:
        job = world.ask(**TWO)
        await world.sent(job)
        world.fake.start_next()
        world.fake.render_section()
        await world.until_state(job, RUNNING)
        await world.steps(4)
        world.fake.restart()
        world.fake.resume_queue()
        world.fake.run_until_idle()
        record = await world.until_state(job, DONE)
        assert not record.partial
        assert len(world.fake.renders) == 1

    check(tmp_path)


@scenario()
async def test_a_resumed_run_is_not_taken_for_the_one_that_was_cut_off(world: World) -> None:
    """It runs already when the restart is noticed, and is over before the next question."""
    job = world.ask(**TWO)
    await world.sent(job)
    world.fake.start_next()
    world.fake.render_section()
    await world.until_state(job, RUNNING)
    await world.steps(4)
    world.fake.go_down()
    await world.steps(2)
    world.fake.restart()
    world.fake.resume_queue()
    world.fake.start_next()
    world.fake.render_section()
    await world.until_state(job, SENT)
    world.fake.add_stranger(seconds=60.0)
    world.fake.finish()
    world.fake.start_next()
    record = await world.until_state(job, DONE)
    assert (record.verified, record.partial) == ("stamp", False)
    assert world.fake.running.foreign


@scenario()
async def test_a_restart_during_an_outage_is_noticed_though_the_same_job_runs(
    world: World,
) -> None:
    job = world.ask(**THREE)
    server_id = await world.sent(job)
    world.fake.start_next()
    world.fake.render_section()
    await world.until_state(job, RUNNING)
    await world.steps(4)
    first = world.job(job).trace.timestamp
    world.fake.go_down()
    await world.until(lambda: world.main.runner.trouble)
    world.fake.restart()
    world.fake.resume_queue()
    world.fake.start_next()
    await world.until(lambda: not world.main.runner.trouble)
    record = await world.until_state(job, RUNNING)
    assert record.trace.server_id == server_id
    assert (record.trace.app_id, record.trace.cut_off) == ("app-2", (first,))
    assert record.trace.video is None


@scenario()
async def test_a_restart_is_noticed_though_strangers_keep_the_server_busy(world: World) -> None:
    world.fake.add_stranger(start=True, seconds=12.0)
    job = world.ask()
    await world.sent(job)
    world.fake.restart(keep_queue=False)
    world.fake.add_stranger(start=True, seconds=12.0)
    await world.until(lambda: mine(world))
    await world.sent(job)


@scenario()
async def test_a_killed_run_is_not_taken_for_the_new_one(world: World) -> None:
    """The first run left a section that carries the same stamp; the second waits in line."""
    job = world.ask(**THREE)
    await world.sent(job)
    world.fake.start_next()
    world.fake.render_section()
    await world.until_state(job, RUNNING)
    await world.steps(4)
    world.fake.restart(keep_queue=False)
    for _ in range(2):
        world.fake.add_stranger(seconds=2.4)
    world.fake.start_next()
    await world.until(lambda: mine(world))
    await world.sent(job)
    for _ in range(2):
        world.fake.finish()
        world.fake.start_next()
        await world.steps(20)
        assert world.state(job) in (SENT, RUNNING)
    world.fake.finish()
    record = await world.until_state(job, DONE)
    assert not record.partial


@scenario()
async def test_a_killed_run_that_was_never_seen_is_not_taken_for_the_new_one(
    world: World,
) -> None:
    job = world.ask(**THREE)
    await world.sent(job)
    world.fake.start_next()
    world.fake.render_section()  # nobody asks while the section is there
    world.fake.restart(keep_queue=False)
    for _ in range(2):
        world.fake.add_stranger(seconds=2.4)
    world.fake.start_next()
    await world.until(lambda: mine(world))
    await world.sent(job)
    world.fake.finish()
    world.fake.start_next()
    await world.steps(20)
    assert world.state(job) is SENT
    world.fake.finish()
    world.fake.start_next()
    world.fake.finish()
    assert not (await world.until_state(job, DONE)).partial


@scenario()
async def test_an_answer_lost_after_a_killed_run(world: World) -> None:
    """Recovery, too, must not take the first run's section for the new render."""
    job = world.ask(**THREE)
    await world.sent(job)
    world.fake.start_next()
    world.fake.render_section()
    await world.until_state(job, RUNNING)
    world.fake.restart(keep_queue=False)
    world.fake.lose_submission(arrives=True, read=True, error=Crash())
    with pytest.raises(Crash):
        await world.steps(50)
    await world.new_process()
    await world.steps(20)
    assert world.state(job) is SENDING
    world.fake.run_until_idle()
    record = await world.until_state(job, DONE)
    assert not record.partial
    assert len(world.fake.renders) == 1


@scenario()
async def test_a_restart_while_it_was_handed_over(world: World) -> None:
    job = world.ask()
    await crash_while_sending(world, arrives=True)
    world.fake.restart(keep_queue=False)
    await world.sent(job)
    assert len(world.fake.renders) == 1


@scenario()
async def test_a_restart_while_it_was_handed_over_and_then_resumed(world: World) -> None:
    """It comes back under an id that we never learned; its stamp says that it is ours."""
    job = world.ask(**TWO)
    await crash_while_sending(world, arrives=True)
    world.fake.restart()
    world.fake.resume_queue()
    await world.steps(30)
    world.fake.run_until_idle()
    await world.until_state(job, DONE)
    assert len(world.fake.renders) == 1


# ---------------------------------------------------------------------- jobs that come back


@scenario()
async def test_a_former_id_that_runs_is_adopted_and_the_resend_ended(world: World) -> None:
    """The queue is resumed just after we gave the job up; the old one comes before the new one."""
    job = world.ask(**TWO)
    old = await world.sent(job)
    world.fake.start_next()
    await world.until_state(job, RUNNING)
    world.fake.restart()
    world.fake.before("submit", world.fake.resume_queue)
    await world.until(lambda: len(world.fake.renders) == 2)
    new = await world.sent(job)
    assert new != old
    assert world.fake.start_next().id == old
    record = await world.until_state(job, RUNNING)
    assert record.trace.server_id == old
    world.fake.render_section()
    world.fake.render_section()
    world.fake.end()
    assert world.fake.start_next().id == new
    record = await world.until_state(job, DONE)
    assert not record.partial
    await world.until(lambda: world.fake.ended)
    assert world.fake.ended == [new]
    world.fake.end()
    await world.until(lambda: not world.main.runner.is_holder)
    assert world.job(job).state is DONE
    assert world.whose(job) == 1


@scenario()
async def test_the_resend_is_dropped_also_by_the_next_process(world: World) -> None:
    job = world.ask(**TWO)
    old = await world.sent(job)
    world.fake.start_next()
    await world.until_state(job, RUNNING)
    world.fake.restart()
    world.fake.before("submit", world.fake.resume_queue)
    await world.until(lambda: len(world.fake.renders) == 2)
    new = await world.sent(job)
    world.fake.start_next()
    await world.until_state(job, RUNNING)
    assert world.job(job).trace.server_id == old
    world.fake.finish()
    await world.until_state(job, DONE)
    await world.new_process()
    await world.steps(3)
    world.fake.start_next()
    await world.until(lambda: world.fake.ended)
    assert world.fake.ended == [new]


@scenario()
async def test_a_resend_that_a_restart_swept_away_is_waited_for_no_more(world: World) -> None:
    job = world.ask(**TWO)
    await world.sent(job)
    world.fake.start_next()
    await world.until_state(job, RUNNING)
    world.fake.restart()
    world.fake.before("submit", world.fake.resume_queue)
    await world.until(lambda: len(world.fake.renders) == 2)
    await world.sent(job)
    world.fake.start_next()
    await world.until_state(job, RUNNING)
    world.fake.finish()
    await world.until_state(job, DONE)
    world.fake.restart(keep_queue=False)
    await world.until(lambda: not world.main.runner.is_holder)
    assert world.fake.ended == []


@scenario()
async def test_a_duplicate_of_a_finished_job_is_ended_when_it_is_seen(world: World) -> None:
    """Killed between its last file and its end, it is done here and still in the saved queue."""
    job = world.ask(**TWO)
    server_id = await world.sent(job)
    world.fake.start_next()
    await world.until_state(job, RUNNING)
    world.fake.render_section()
    world.fake.render_section()
    world.fake.restart()
    await world.until_state(job, DONE)
    world.fake.resume_queue()
    other = world.ask()
    await world.sent(other)
    assert world.fake.start_next().id == server_id
    await world.until(lambda: world.fake.ended)
    assert world.fake.ended == [server_id]
    world.fake.end()
    world.fake.run_until_idle()
    await world.until_state(other, DONE)
    assert world.job(job).trace.server_id == server_id


@scenario()
async def test_a_lost_job_comes_back_while_nothing_else_is_to_do(world: World) -> None:
    job = world.ask(**TWO)
    for _ in range(MAX_SENDS):
        await world.until(lambda: mine(world))
        last = await world.sent(job)
        world.fake.start_next()
        await world.until_state(job, RUNNING)
        world.fake.restart()
        await world.until(lambda: world.state(job) is not RUNNING)
    await world.until_state(job, LOST)
    asked, clock = world.fake.calls["current"], world.clock
    await world.steps(10)
    assert world.fake.calls["current"] - asked <= 1 + (world.clock - clock) / 10
    world.fake.resume_queue()
    world.fake.start_next()
    record = await world.until_state(job, RUNNING)
    assert record.trace.server_id == last
    assert record.message == ""
    world.fake.finish()
    record = await world.until_state(job, DONE)
    assert not record.partial


@scenario()
async def test_a_lost_job_that_came_back_and_failed_is_not_taken_for_a_restart(
    world: World,
) -> None:
    job = world.ask(**TWO)
    for _ in range(MAX_SENDS):
        await world.until(lambda: mine(world))
        await world.sent(job)
        world.fake.start_next()
        await world.until_state(job, RUNNING)
        world.fake.restart()
        await world.until(lambda: world.state(job) is not RUNNING)
    world.fake.resume_queue()
    world.fake.start_next()
    await world.until_state(job, RUNNING)
    world.fake.fail()
    record = await world.until_state(job, FAILED, LOST)
    assert record.state is FAILED


@scenario()
async def test_a_cancelled_job_that_comes_back_is_ended(world: World) -> None:
    job = world.ask(**TWO)
    old = await world.sent(job)
    world.fake.start_next()
    await world.until_state(job, RUNNING)
    world.fake.go_down()
    world.library.wish(job, Wish.CANCEL)
    world.fake.restart()
    await world.until_state(job, CANCELLED)
    world.fake.resume_queue()
    other = world.ask()
    await world.sent(other)
    assert world.fake.start_next().id == old
    await world.until(lambda: world.fake.ended)
    assert world.fake.ended == [old]
    assert world.state(job) is CANCELLED


def test_a_job_s_own_run_is_its_duplicate_on_another_server_only() -> None:
    from framepack_widgets.job import JobRecord, Trace
    from framepack_widgets.runner.follow import _duplicates
    from framepack_widgets.settings import Settings

    trace = Trace(app_id="app-1", server_id="own", former_ids=("old",), unwanted=("again",))
    record = JobRecord("0123456789ab", "studio", Settings(), 1.0, state=DONE, trace=trace)
    assert set(_duplicates(record, "app-1")) == {"old", "again"}
    assert set(_duplicates(record, "app-2")) == {"old", "again", "own"}
    assert _duplicates(record.replace(state=RUNNING), "app-2") == ("again",)


# ---------------------------------------------------------------------- cleared lists


@scenario()
async def test_the_list_was_cleared_but_the_clip_is_there(world: World) -> None:
    job = world.ask(**TWO)
    await world.sent(job)
    world.fake.run_until_idle()
    world.fake.clear_ended()
    record = await world.until_state(job, DONE)
    assert (record.verified, record.partial) == ("stamp", False)


@scenario()
async def test_the_list_was_cleared_and_nothing_is_there(world: World) -> None:
    job = world.ask(**TWO)
    await world.sent(job)
    world.fake.start_next()
    await world.until_state(job, RUNNING)
    world.fake.fail()
    world.fake.clear_ended()
    record = await world.until_state(job, LOST)
    assert "cleared the server's list" in record.message
    assert not world.fake.renders  # never sent again: it may have been rendered


@scenario(metadata=False)
async def test_the_list_was_cleared_without_sidecars(world: World) -> None:
    job = world.ask(**THREE)
    await world.sent(job)
    world.fake.start_next()
    world.fake.render_section()
    await world.until_state(job, RUNNING)
    await world.steps(4)
    world.fake.finish()
    world.fake.clear_ended()
    record = await world.until_state(job, DONE)
    assert (record.verified, record.partial) == ("id", False)


@scenario()
async def test_a_lost_job_that_was_deleted_does_not_come_back(world: World) -> None:
    job = world.ask(**TWO)
    await world.sent(job)
    world.fake.start_next()
    await world.until_state(job, RUNNING)
    world.fake.fail()
    world.fake.clear_ended()
    await world.until_state(job, LOST)
    await world.steps(3)  # it is among those that may come back
    world.library.delete(job).confirm()
    stranger = world.fake.add_stranger()
    stranger.id = world.main.runner._dormant.records()[0].trace.server_id
    other = world.ask()
    world.fake.start_next()
    await world.until_state(other, SENT)
    await world.steps(5)
    assert world.main.runner.trouble is None
