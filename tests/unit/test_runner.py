"""What becomes of jobs on a Studio: followed, settled, proven, fetched, cancelled, shared."""

from __future__ import annotations

import asyncio

import pytest
from runner_world import ONE, THREE, TWO, World, scenario

from framepack_widgets import provenance
from framepack_widgets.errors import LibraryError, StudioRefused, StudioUnreachable
from framepack_widgets.job import JobState, Wish
from framepack_widgets.runner.follow import SILENT
from framepack_widgets.testing import page
from framepack_widgets.testing.renders import tiny_clip

DONE, FAILED, CANCELLED = JobState.DONE, JobState.FAILED, JobState.CANCELLED
SENT, RUNNING, WAITING = JobState.SENT, JobState.RUNNING, JobState.WAITING

# ---------------------------------------------------------------------- the way of a job


@scenario()
async def test_a_job_goes_all_the_way(world: World) -> None:
    job = world.ask(**TWO)
    server_id = await world.sent(job)
    world.fake.start_next()
    world.fake.sample(2)
    record = await world.until_state(job, RUNNING)
    assert record.trace.server_id == server_id
    world.fake.render_section()
    await world.steps(3)
    shown = world.main.told[-1].progress
    assert shown is not None
    assert (shown.fraction, shown.sections) == (0.5, 2)
    world.fake.finish()
    record = await world.until_state(job, DONE)
    assert (record.verified, record.partial, record.notes) == ("stamp", False, ())
    assert world.whose(job) == 1
    assert world.clip(job).frame_count == 73 - 4  # no start frame: 4 * 18 - 3
    assert record.started_at is not None
    assert record.ended_at is not None
    await world.until(lambda: not world.main.runner.is_holder)


@scenario()
async def test_one_job_of_ours_at_a_time(world: World) -> None:
    first, second = world.ask(), world.ask()
    await world.sent(first)
    await world.steps(5)
    assert world.state(second) is WAITING
    world.fake.start_next()
    world.fake.finish()
    await world.sent(second)
    assert len(world.fake.renders) == 2
    world.fake.run_until_idle()
    await world.until_state(second, DONE)
    await world.until_state(first, DONE)  # taking it in may have lasted longer
    assert (world.whose(first), world.whose(second)) == (1, 2)


def restarts_with(world: World, *loras: str) -> None:
    """The server is restarted, with other LoRAs, between preparing a job and sending it."""

    def changes() -> None:
        world.fake.restart(keep_queue=False)
        world.fake._schema = page.schema(loras)

    world.fake.before("queue", changes)  # asked for just after a job was prepared


@scenario(loras=("a", "b"))
async def test_a_server_that_changes_during_the_upload_gets_its_own_order(world: World) -> None:
    job = world.ask(loras={"b": 0.4})
    restarts_with(world, "b", "a")  # as many values, in another order
    await world.sent(job)
    assert world.fake.renders[-1].values["loras"] == {"b": 0.4}
    assert len(world.fake.renders) == 1


@scenario(loras=("a", "b"))
async def test_a_job_whose_lora_is_gone_fails_and_the_next_one_goes_on(world: World) -> None:
    job, other = world.ask(loras={"b": 0.4}), world.ask()
    restarts_with(world, "a", "c")
    record = await world.until_state(job, FAILED)
    assert "has changed since this job was asked for" in str(record.message)
    assert "'b'" in str(record.message)
    await world.sent(other)
    assert [render.values["loras"] for render in world.fake.renders] == [{}]


@scenario()
async def test_the_next_job_goes_out_before_the_download(world: World) -> None:
    first, second = world.ask(), world.ask()
    await world.sent(first)
    world.fake.before("download", lambda: seen.append(world.state(second)))
    world.fake.before("download", lambda: seen.append(world.state(second)))
    seen: list[JobState] = []
    for _ in range(2):
        world.fake.break_download(0)
    world.fake.start_next()
    world.fake.finish()
    await world.until_state(first, DONE)
    assert seen[-1] is not WAITING


@scenario(metadata=False)
async def test_without_sidecars_the_server_s_word_is_the_proof(world: World) -> None:
    job = world.ask()
    await world.sent(job)
    world.fake.run_until_idle()
    assert (await world.until_state(job, DONE)).verified == "id"


@scenario()
async def test_a_job_that_ends_without_a_video_has_failed(world: World) -> None:
    job = world.ask()
    await world.sent(job)
    world.fake.start_next()
    await world.until_state(job, RUNNING)
    world.fake.fail()
    record = await world.until_state(job, FAILED)
    assert "without a video" in record.message


@scenario()
async def test_a_shorter_clip_is_partial_and_done(world: World) -> None:
    job = world.ask(**THREE)
    await world.sent(job)
    world.fake.start_next()
    world.fake.render_section()
    await world.until_state(job, RUNNING)
    world.fake.end()
    record = await world.until_state(job, DONE)
    assert record.partial
    assert world.clip(job).partial


@scenario()
async def test_a_job_that_came_and_went_between_two_questions(world: World) -> None:
    job = world.ask()
    await world.sent(job)
    world.fake.before("current", world.fake.run_until_idle)
    assert (await world.until_state(job, DONE)).verified == "stamp"


@scenario()
async def test_a_refused_submission_fails_and_the_next_goes_on(world: World) -> None:
    job, after = world.ask(), world.ask()
    world.fake.refuse_submission("no such thing")
    record = await world.until_state(job, FAILED)
    assert "no such thing" in record.message
    await world.sent(after)


@scenario()
async def test_a_frame_that_is_gone_fails_its_job_and_not_the_others(
    world: World,
) -> None:
    from PIL import Image

    frame = world.folder / "cat.png"
    Image.new("RGB", (64, 64)).save(frame)
    job, after = world.ask(start_frame=str(frame)), world.ask()
    # It goes between the check of the settings and the upload.
    world.fake.before("prepare", frame.unlink)
    assert "cat.png" in (await world.until_state(job, FAILED)).message
    await world.sent(after)


@scenario()
async def test_a_paused_job_is_not_sent(world: World) -> None:
    job, other = world.ask(wish=Wish.PAUSE), world.ask()
    await world.sent(other)
    world.fake.run_until_idle()
    await world.until_state(other, DONE)
    await world.steps(5)
    assert world.state(job) is WAITING
    world.library.wish(job, Wish.RUN)
    await world.sent(job)


@scenario()
async def test_a_pause_just_before_sending_holds(world: World) -> None:
    job = world.ask()
    world.fake.before("prepare", lambda: world.library.wish(job, Wish.PAUSE))
    await world.steps(5)
    assert world.state(job) is WAITING
    assert not world.fake.renders


# ---------------------------------------------------------------------- strangers


@pytest.mark.parametrize("metadata", [True, False])
@pytest.mark.parametrize("shape", [ONE, THREE], ids=["one section", "three sections"])
def test_a_stranger_starts_directly_after_ours(tmp_path, metadata: bool, shape: dict) -> None:
    @scenario(metadata=metadata)
    async def check(world: World) -> None:
        job = world.ask(**shape)
        await world.sent(job)
        world.fake.start_next()
        world.fake.sample()
        await world.until_state(job, RUNNING)
        if shape is THREE:
            world.fake.render_section()
            await world.steps(5)
        stranger = world.fake.add_stranger()
        world.fake.finish()
        world.fake.start_next()
        world.fake.render_section()
        await world.steps(40)
        if not metadata and shape is ONE:
            assert world.state(job) is RUNNING  # nobody can tell until the stranger is through
            assert "does not say how it ended" in " ".join(world.job(job).notes)
            world.fake.finish()
        record = await world.until_state(job, DONE)
        assert record.verified == ("stamp" if metadata else "id")
        assert not record.partial
        assert world.whose(job) == 1
        assert stranger.number == 2

    check(tmp_path)


@scenario()
async def test_ours_came_and_went_and_a_stranger_runs(world: World) -> None:
    job = world.ask()
    await world.sent(job)
    stranger = world.fake.add_stranger(seconds=12.0)
    world.fake.start_next()
    world.fake.finish()
    world.fake.start_next()
    assert world.fake.running is stranger
    assert (await world.until_state(job, DONE)).verified == "stamp"
    assert world.whose(job) == 1


@scenario()
async def test_looking_for_ours_survives_an_outage(world: World) -> None:
    """The look at the gallery fails once; the stranger's job runs for long."""
    job = world.ask()
    await world.sent(job)
    world.fake.add_stranger(seconds=12.0)
    world.fake.start_next()
    world.fake.finish()
    world.fake.start_next()
    world.fake.before("recent_timestamps", world.fake.go_down)
    await world.until(lambda: world.main.runner.trouble)
    world.fake.come_up()
    await world.until_state(job, DONE)


@scenario()
async def test_looking_for_ours_is_not_done_at_every_question(world: World) -> None:
    job = world.ask()
    await world.sent(job)
    world.fake.start_next()
    await world.until_state(job, RUNNING)
    world.fake.add_stranger(seconds=60.0, steps=100)
    world.fake.fail()
    world.fake.start_next()
    before = world.fake.calls["recent_timestamps"], world.clock
    await world.steps(60)
    looks = world.fake.calls["recent_timestamps"] - before[0]
    assert 1 <= looks <= 2 + (world.clock - before[1]) / 10
    world.fake.running.made = 50
    world.fake.finish()
    assert "without a video" in (await world.until_state(job, FAILED)).message


@scenario()
async def test_somebody_cancels_our_job_in_line(world: World) -> None:
    world.fake.add_stranger(start=True)
    job = world.ask()
    await world.sent(job)
    world.fake.clear_queue()
    world.fake.finish()
    record = await world.until_state(job, CANCELLED)
    assert "somebody else" in record.message


@scenario()
async def test_somebody_ends_our_running_job(world: World) -> None:
    job = world.ask(**THREE)
    await world.sent(job)
    world.fake.start_next()
    world.fake.sample()
    await world.until_state(job, RUNNING)
    world.fake.end_running()
    world.fake.render_section()
    world.fake.end()
    record = await world.until_state(job, DONE)
    assert record.partial


@scenario()
async def test_a_wrong_stamp_is_a_wrong_clip(world: World) -> None:
    job = world.ask()
    await world.sent(job)
    render = world.fake.start_next()
    await world.until_state(job, RUNNING)
    sidecar = world.fake._sidecars[render.timestamp]
    sidecar["teacache_rel_l1_thresh"] += 1e-9
    world.fake.finish()
    record = await world.until_state(job, FAILED)
    assert record.wrong_clip
    assert world.library.clip(job) is None
    kept = list((world.folder / "aside").glob("*.mp4"))
    assert [path.name in record.message for path in kept] == [True]
    assert provenance.beside(kept[0]).is_file()
    assert not list(world.library.clips_folder.iterdir())


@scenario(metadata=False)
async def test_the_server_names_a_file_of_another_timestamp(world: World) -> None:
    """Seen while ours ran: one timestamp. Told for our id in the end: another."""
    job = world.ask(**THREE)
    await world.sent(job)
    render = world.fake.start_next()
    world.fake.render_section()
    await world.until_state(job, RUNNING)
    await world.steps(4)
    world.fake.end()
    render.shown = render.shown.replace(render.timestamp, "261120_235959_999_9")
    world.fake.files[render.shown] = tiny_clip(5, 33)
    record = await world.until_state(job, FAILED, DONE)
    assert record.wrong_clip
    assert world.library.clip(job) is None


# ---------------------------------------------------------------------- cancel and stop


@scenario()
async def test_cancel_before_sending(world: World) -> None:
    first, second = world.ask(), world.ask()
    await world.sent(first)
    world.library.wish(second, Wish.CANCEL)
    assert world.state(second) is CANCELLED
    world.fake.run_until_idle()
    await world.until_state(first, DONE)
    assert len(world.fake.renders) == 1
    assert not world.fake.ended


@scenario()
async def test_cancel_in_line_behind_a_stranger(world: World) -> None:
    stranger = world.fake.add_stranger(start=True, seconds=3.6)
    job = world.ask(**TWO)
    server_id = await world.sent(job)
    world.library.wish(job, Wish.CANCEL)
    await world.steps(30)
    assert world.fake.ended == []  # nothing of a stranger's is ever ended
    assert "it is ended as soon as it starts" in " ".join(world.job(job).notes)
    world.fake.finish()
    assert stranger.status == "completed"
    world.fake.start_next()
    await world.until(lambda: world.fake.ended)
    assert world.fake.ended == [server_id]
    world.fake.tick()
    record = await world.until_state(job, CANCELLED)
    assert record.clip is None


@scenario()
async def test_cancel_while_it_renders_keeps_what_there_is(world: World) -> None:
    job = world.ask(**THREE)
    await world.sent(job)
    world.fake.start_next()
    world.fake.sample()
    await world.until_state(job, RUNNING)
    world.library.wish(job, Wish.CANCEL)
    await world.until(lambda: world.fake.ended)
    world.fake.render_section()
    world.fake.end()
    record = await world.until_state(job, CANCELLED)
    assert record.partial
    assert world.whose(job) == 1


@scenario()
async def test_stop_keeps_a_partial_clip_as_done(world: World) -> None:
    job = world.ask(**THREE)
    await world.sent(job)
    world.fake.start_next()
    world.fake.render_section()
    await world.until_state(job, RUNNING)
    world.library.wish(job, Wish.STOP)
    await world.until(lambda: world.fake.ended)
    world.fake.render_section()
    world.fake.end()
    record = await world.until_state(job, DONE)
    assert record.partial
    assert record.message == ""


@scenario()
async def test_cancel_too_late_is_no_cancel(world: World) -> None:
    job = world.ask()
    await world.sent(job)
    world.fake.start_next()
    await world.until_state(job, RUNNING)
    world.fake.finish()
    world.library.wish(job, Wish.CANCEL)
    record = await world.until_state(job, DONE, CANCELLED)
    assert record.state is DONE
    assert not world.fake.ended


@scenario()
async def test_nothing_is_ended_once_all_steps_are_done(world: World) -> None:
    """It ends by itself then; a stranger's job may start before our request arrives."""
    job = world.ask()
    await world.sent(job)
    world.fake.start_next()
    world.fake.sample(4)
    await world.until_state(job, RUNNING)
    world.library.wish(job, Wish.CANCEL)
    await world.steps(20)
    assert not world.fake.ended
    world.fake.finish()
    assert (await world.until_state(job, DONE, CANCELLED)).state is DONE


@scenario()
async def test_who_runs_is_asked_just_before_ending(world: World) -> None:
    job = world.ask(**TWO)
    await world.sent(job)
    world.fake.start_next()
    world.fake.sample()
    await world.until_state(job, RUNNING)
    world.library.wish(job, Wish.CANCEL)

    def ours_ends_and_a_stranger_starts() -> None:
        world.fake.finish()
        world.fake.add_stranger(start=True)

    world.fake.after("current", ours_ends_and_a_stranger_starts)
    record = await world.until_state(job, DONE, CANCELLED)
    assert world.fake.ended == []
    assert record.state is DONE


@scenario()
async def test_a_failed_end_is_asked_for_again_at_once(world: World) -> None:
    job = world.ask(**TWO)
    server_id = await world.sent(job)
    world.fake.start_next()
    world.fake.sample()
    await world.until_state(job, RUNNING)
    world.fake.before("end_current", world.fake.go_down)
    world.library.wish(job, Wish.CANCEL)
    await world.until(lambda: world.fake.is_down)
    world.fake.come_up()
    before = world.clock
    await world.until(lambda: world.fake.ended)
    assert world.fake.ended == [server_id]
    assert world.clock - before < 5


@pytest.mark.parametrize("whose", ["ours", "a stranger's"])
def test_a_studio_that_says_nothing_for_long_is_told_of(tmp_path, whose: str) -> None:
    @scenario()
    async def check(world: World) -> None:
        if whose != "ours":
            world.fake.add_stranger(start=True, seconds=3.6)
        job = world.ask(**TWO)
        await world.sent(job)
        if whose == "ours":
            world.fake.start_next()
        await world.steps(3)
        assert SILENT not in world.library.get(job).notes
        world.clock += 900
        await world.steps(2)
        assert world.library.get(job).notes.count(SILENT) == 1

    check(tmp_path)


@scenario()
async def test_a_job_that_samples_slowly_is_not_silent(world: World) -> None:
    job = world.ask(**TWO)
    await world.sent(job)
    world.fake.start_next()
    world.fake.sample()
    await world.until_state(job, RUNNING)
    world.clock += 5000
    await world.steps(3)
    assert world.library.get(job).notes == ()


@scenario()
async def test_a_job_that_a_queue_refresh_brought_back_is_ended_again(world: World) -> None:
    job = world.ask(**THREE)
    await world.sent(job)
    world.fake.start_next()
    world.fake.sample()
    world.library.wish(job, Wish.CANCEL)
    await world.until(lambda: len(world.fake.ended) == 1)
    before = world.clock
    await world.until(lambda: len(world.fake.ended) == 2)
    assert world.clock - before > 10


# ---------------------------------------------------------------------- fetching


@scenario()
async def test_a_download_that_breaks_off_is_gone_on_with(world: World) -> None:
    job = world.ask()
    await world.sent(job)
    for after in (100, 200):
        world.fake.break_download(after)
    world.fake.run_until_idle()
    record = await world.until_state(job, DONE)
    assert [start for _, start in world.fake.downloads] == [0, 100, 200]
    assert record.notes == ()  # it went well in the end: nothing to tell
    assert world.main.runner.trouble is None


@scenario()
async def test_what_keeps_a_download_is_shown(world: World) -> None:
    job = world.ask()
    await world.sent(job)
    world.fake.before("download", world.fake.go_down)
    world.fake.run_until_idle()
    await world.until(lambda: world.main.runner.trouble)
    assert "cannot be reached" in world.main.runner.trouble
    world.fake.come_up()
    await world.until_state(job, DONE)
    await world.steps(2)
    assert world.main.runner.trouble is None


@scenario()
async def test_a_swept_copy_is_fetched_from_the_output_folder(world: World) -> None:
    job = world.ask()
    await world.sent(job)
    world.fake.before("download", world.fake.sweep_temporary)
    world.fake.run_until_idle()
    await world.until_state(job, DONE)
    assert world.whose(job) == 1


@scenario()
async def test_a_clip_that_is_nowhere_any_more_has_failed(world: World) -> None:
    job = world.ask()
    await world.sent(job)
    world.fake.before("download", world.fake.files.clear)
    world.fake.run_until_idle()
    record = await world.until_state(job, FAILED)
    assert "cannot be fetched" in record.message


@scenario()
async def test_a_full_disk_is_told_and_tried_again(world: World) -> None:
    job = world.ask()
    await world.sent(job)
    library, adopt = world.library, world.library.adopt
    full = [LibraryError("the disk is full: free 3 MB")] * 3

    def sometimes(*args, **named):
        if full:
            raise full.pop()
        return adopt(*args, **named)

    library.adopt = sometimes
    world.fake.run_until_idle()
    record = await world.until_state(job, DONE)
    assert record.notes == ("the disk is full: free 3 MB",)
    assert len(world.fake.downloads) == 1
    assert world.main.sleeps == sorted(world.main.sleeps)
    assert world.whose(job) == 1


@scenario()
async def test_a_damaged_download_is_fetched_again(world: World) -> None:
    job = world.ask()
    await world.sent(job)
    world.fake.start_next()
    await world.until_state(job, RUNNING)
    render = world.fake.finish()
    good = world.fake.files[render.shown]
    world.fake.files[render.shown] = good[: len(good) // 2]
    world.fake.before("download", lambda: None)
    world.fake.before("download", lambda: world.fake.files.update({render.shown: good}))
    await world.until_state(job, DONE)
    assert len(world.fake.downloads) == 2


@scenario()
async def test_a_file_that_is_no_video_is_given_up(world: World) -> None:
    job = world.ask()
    await world.sent(job)
    world.fake.start_next()
    await world.until_state(job, RUNNING)
    render = world.fake.finish()
    world.fake.files[render.shown] = b"no video"
    record = await world.until_state(job, FAILED)
    assert "no whole video" in record.message
    assert 1 < len(world.fake.downloads) < 10


@scenario()
async def test_a_clip_taken_in_just_before_a_crash_is_not_fetched_again(world: World) -> None:
    """The clip is in the Library, the word of it is not; the server has swept its files since."""
    job = world.ask()
    await world.sent(job)
    world.fake.start_next()
    await world.until_state(job, RUNNING)
    apply = world.main.context.apply

    def die_at_the_last_step(record, event):
        if type(event).__name__ == "Fetched":
            raise asyncio.CancelledError
        return apply(record, event)

    world.main.context.apply = die_at_the_last_step
    world.fake.finish()
    await world.until(lambda: list(world.library.clips_folder.glob("*.json")))
    await world.new_process()
    assert world.state(job) is JobState.FETCHING
    world.fake.files.clear()
    world.fake.go_down()
    record = await world.until_state(job, DONE, FAILED)
    assert (record.state, record.verified, record.partial) == (DONE, "stamp", False)
    assert world.whose(job) == 1


# ---------------------------------------------------------------------- server down, two viewers


@scenario()
async def test_a_server_that_is_down_for_a_while(world: World) -> None:
    job = world.ask(**TWO)
    await world.sent(job)
    world.fake.start_next()
    world.fake.sample()
    await world.until_state(job, RUNNING)
    world.fake.go_down()
    await world.steps(8)
    assert "cannot be reached" in (world.main.runner.trouble or "")
    assert max(world.main.delays[-8:]) <= 10
    assert world.state(job) is RUNNING
    world.fake.come_up()
    world.fake.finish()
    await world.until_state(job, DONE)
    assert world.main.runner.trouble is None


@scenario()
async def test_an_unexpected_error_is_shown_and_not_the_end(world: World) -> None:
    job = world.ask()

    def broken() -> None:
        raise ZeroDivisionError("of our own making")

    world.fake.before("check_app", broken)
    await world.steps(1)
    assert "of our own making" in (world.main.runner.trouble or "")
    await world.sent(job)


@scenario()
async def test_one_process_runs_and_the_other_looks_on(world: World) -> None:
    job = world.ask(**THREE)
    await world.sent(job)
    viewer = world.open()
    await viewer.step()
    assert (world.main.runner.is_holder, viewer.runner.is_holder) == (True, False)
    world.fake.start_next()
    fractions = []
    for _ in range(2):
        world.fake.sample(2)
        for _ in range(8):
            await world.main.step()
            await viewer.step()
        told = next(r for r in reversed(viewer.told) if r.id == job)
        fractions.append(told.progress.fraction if told.progress else None)
    assert fractions == [2 / 12, 4 / 12]
    viewer.library.wish(job, Wish.STOP)
    await world.until(lambda: world.fake.ended)
    world.fake.render_section()
    world.fake.end()
    await world.until_state(job, DONE)
    assert len(world.fake.renders) == 1


@scenario()
async def test_the_other_process_takes_over(world: World) -> None:
    job = world.ask(**TWO)
    await world.sent(job)
    viewer = world.open()
    await viewer.step()
    world.fake.start_next()
    world.fake.sample()
    await world.main.end()
    world.processes.remove(world.main)
    world.main = viewer
    await world.until_state(job, RUNNING)
    assert viewer.runner.is_holder
    world.fake.finish()
    await world.until_state(job, DONE)
    assert len(world.fake.renders) == 1


@scenario()
async def test_progress_is_told_at_once_and_committed_now_and_then(world: World) -> None:
    job = world.ask(**{**TWO, "steps": 100})
    await world.sent(job)
    world.fake.start_next()
    await world.until_state(job, RUNNING)
    told, commits = len(world.main.told), set()
    for _ in range(20):
        world.fake.sample(1)
        await world.main.step()
        commits.add(world.job(job).progress)
    assert len(world.main.told) - told == 20
    assert len(commits) <= 13  # 20 questions in 22 s: one commit every 2 s


@scenario()
async def test_progress_that_was_told_never_goes_back(world: World) -> None:
    """Somebody else's change makes the runner read the Library, where older progress stands."""
    job = world.ask(**{**TWO, "steps": 100})
    await world.sent(job)
    world.fake.start_next()
    await world.until_state(job, RUNNING)
    for _ in range(12):
        world.fake.sample(2)
        await world.main.step()
        world.ask()
        await world.main.step()
    told = [r.progress.fraction for r in world.main.told if r.id == job and r.progress]
    assert len(set(told)) > 10
    assert told == sorted(told)


@scenario()
async def test_errors_of_the_adapter_reach_the_user_in_their_own_words(world: World) -> None:
    world.ask()

    def refused() -> None:
        raise StudioRefused("wants its own login")

    world.fake.before("check_app", refused)
    await world.steps(1)
    assert world.main.runner.trouble == "wants its own login"
    with pytest.raises(StudioUnreachable):
        world.fake.go_down()
        await world.fake.current()
