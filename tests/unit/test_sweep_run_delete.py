"""A run that is deleted: its clips stay, its name and its frames are free, its objects say so."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from run_world import Session, assert_right, rendered, sweep_of, until_over
from runner_world import World, scenario

from framepack_widgets.errors import LibraryError
from framepack_widgets.job import JobState, Wish
from framepack_widgets.library import Library
from framepack_widgets.library.run_rows import RunRecord

GONE = "'x' was deleted; its jobs and clips are still in the Library"


@scenario(autoplay=True)
async def test_its_jobs_and_clips_stay_and_are_taken_over_by_the_next(world: World) -> None:
    session = Session(world)
    run = session.run(sweep_of(steps=[4, 5]), name="x")
    await until_over(world, run)
    jobs, clips = run.jobs, run.clips
    heard: list[str] = []
    run.watch(lambda: heard.append(run.state))
    run.delete()
    assert heard[-1] == "deleted"
    assert {job.record.run for job in jobs} == {None}
    records = [world.library.get(job.id) for job in jobs]
    assert [(r.run, r.state) for r in records] == [(None, JobState.DONE)] * 2
    assert [world.library.clip(record) for record in records] == list(clips)
    assert session.runs() == []
    with pytest.raises(LibraryError, match="no run 'x'"):
        session.run_of("x")
    again = session.run(sweep_of(steps=[4, 5, 6]), name="x")
    assert (again.id != run.id, again.name) == (True, "x")
    await until_over(world, again)
    assert [point.reused for point in again.points] == [True, True, False]
    assert [point.job_id for point in again.points][:2] == [job.id for job in jobs]
    assert rendered(world) == 3
    assert_right(world, again)
    assert run.state == "deleted"


@scenario(autoplay=True)
async def test_every_object_of_it_says_so(world: World) -> None:
    looker = world.open()
    ours, theirs = Session(world), Session(world, looker)
    made = ours.run(sweep_of(steps=[4, 5]), name="x")
    await until_over(world, made)
    other = theirs.run_of("x")
    point = other.points[0]
    made.delete()
    for run in (made, other):
        assert (run.state, run.done, run.name) == ("deleted", True, "x")
        assert repr(run) == "<SweepRun 'x' deleted>"
        for use in (
            lambda run=run: run.counts,
            lambda run=run: run.points,
            lambda run=run: run.jobs,
            lambda run=run: run.clips,
            lambda run=run: run.eta_s,
            lambda run=run: run.result(1),
            lambda run=run: list(run),
            lambda run=run: run.pause(),
            lambda run=run: run.resume(),
            lambda run=run: run.stop(),
            lambda run=run: run.first(),
            lambda run=run: run.retry("failed"),
            lambda run=run: run.promote(0),
            lambda run=run: run.compare(),
            lambda run=run: run.delete(),
        ):
            with pytest.raises(LibraryError, match=GONE):
                use()
        with pytest.raises(LibraryError, match=GONE):
            await run
    with pytest.raises(LibraryError, match=GONE):
        _ = point.settings
    assert point.clip is not None
    assert point.job is not None
    assert list(theirs.runs()) == []


@scenario()
async def test_what_is_under_way_is_not_deleted(world: World) -> None:
    session = Session(world)
    run = session.run(sweep_of(steps=[4, 5, 6, 7]), name="x")
    with pytest.raises(LibraryError, match=r"'x' is not over.*Stop it first \(run\.stop\(\)\)"):
        run.delete()
    await world.until(lambda: world.fake.renders)
    world.fake.start_next()
    await world.until(lambda: run.counts.get("running"))
    run.pause()
    with pytest.raises(LibraryError, match=r"is not over.*Nothing was deleted"):
        run.delete()
    run.stop()
    with pytest.raises(LibraryError, match=r"is not over.*It was stopped; when the Studio has"):
        run.delete()
    await world.until(lambda: world.fake.ended)
    world.fake.autoplay = True
    await until_over(world, run)
    run.delete()
    await world.steps(20)
    assert len(world.fake.renders) == 1
    assert [record.run for record in world.library.jobs()] == [None] * 3


@scenario()
async def test_a_paused_run_of_which_nothing_is_under_way(world: World) -> None:
    run = Session(world).run(sweep_of(steps=[4, 5, 6]), name="x")
    run.pause()
    run.delete()
    world.fake.autoplay = True
    await world.steps(20)
    assert world.library.jobs() == []
    assert world.fake.renders == []


@scenario(autoplay=True)
async def test_the_process_that_renders_is_another_one(world: World) -> None:
    looker = world.open()
    run = Session(world, looker).run(sweep_of(steps=[4, 5, 6, 7]), name="x")
    await world.until(lambda: run.counts.get("done"))
    run.stop()
    await until_over(world, run)
    await world.until(lambda: not world.library.unfinished(run._desk.key))
    begun = len(world.fake.renders)
    run.delete()
    again = Session(world, looker).run(sweep_of(steps=[4, 5, 6, 7]), name="x")
    await until_over(world, again)
    assert again.counts == {"done": 4}
    assert len(world.fake.renders) <= begun + 4
    assert_right(world, again)


@scenario(autoplay=True)
async def test_deleted_while_another_process_adds_points(world: World) -> None:
    session = Session(world)
    run = session.run(sweep_of(steps=[4]), name="x")
    await until_over(world, run)
    save = world.library.runs.save

    def late(record: RunRecord, points: Any) -> RunRecord:
        world.library.runs.delete(record.id)
        return save(record, points)

    vars(world.library.runs)["save"] = late
    with pytest.raises(LibraryError, match="'x' was deleted meanwhile; run the sweep again"):
        session.run(sweep_of(steps=[4, 5]), name="x")
    assert session.runs() == []
    vars(world.library.runs)["save"] = save
    again = session.run(sweep_of(steps=[4, 5]), name="x")
    await until_over(world, again)
    assert again.counts == {"done": 2}


@scenario(autoplay=True)
async def test_clips_that_another_run_took_over_are_still_its_own(world: World) -> None:
    session = Session(world)
    one = session.run(sweep_of(steps=[4, 5]), name="x")
    await until_over(world, one)
    two = session.run(sweep_of(steps=[5, 4]), name="y")
    await until_over(world, two)
    one.delete()
    assert two.counts == {"done": 2}
    assert_right(world, two)


@scenario(autoplay=True)
async def test_its_frames_are_released(world: World) -> None:
    frames = [str(world.folder / f"frame{n}.png") for n in range(2)]
    for n, path in enumerate(frames):
        Image.new("RGB", (64, 64), (80 * n, 0, 0)).save(path)
    session = Session(world)
    run = session.run(sweep_of(start_frame=frames), name="x")
    await until_over(world, run)
    job = run.points[0].job
    kept = Path(job.settings.start_frame).name
    assert world.library.delete(job).contents.inputs == ()
    run.delete()
    assert [file.path for file in world.library.delete(job).contents.inputs] == [f"inputs/{kept}"]


@scenario(autoplay=True)
async def test_a_job_that_comes_back_from_the_trash_is_a_single_one(world: World) -> None:
    run = Session(world).run(sweep_of(steps=[4, 5]), name="x")
    await until_over(world, run)
    job = run.points[0].job
    deletion = world.library.delete(job).confirm()
    run.delete()
    deletion.undo()
    assert world.library.get(job.id).run is None
    assert world.library.clip(job.id) is not None


@scenario(autoplay=True)
async def test_whoever_waits_for_it_is_told(world: World) -> None:
    run = Session(world).run(sweep_of(steps=[4, 5]), name="x")
    run.pause()

    async def look() -> None:
        async for _ in run:
            pass

    looking = asyncio.ensure_future(look())
    await world.steps(3)
    run.delete()
    with pytest.raises(LibraryError, match=GONE):
        await asyncio.wait_for(looking, 10)


@scenario(autoplay=True)
async def test_a_wish_while_it_is_being_planned_holds(world: World) -> None:
    session = Session(world)
    run = session.run(sweep_of(steps=[4, 5]), name="x")
    record = world.library.runs.find(run.id)
    for wish, state in ((run.stop, "stopped"), (run.resume, "waiting"), (run.pause, "paused")):
        run.begin(run.sweep)
        wish()
        assert (run.state, run.done) == ("planning", False)
        with pytest.raises(LibraryError, match="still being planned"):
            run.delete()
        world.library.runs.wish(run.id, Wish.RUN)
        run.planned(record)
        assert run.state == state


def test_a_run_that_is_not_there(tmp_path: Path) -> None:
    library = Library(tmp_path)
    with pytest.raises(LibraryError, match="no run abc in"):
        library.runs.delete("abc")
    library.close()
