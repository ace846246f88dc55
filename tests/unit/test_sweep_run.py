"""A sweep that is rendered: fed in its turn, reused, paused, stopped, retried, added to."""

from __future__ import annotations

import asyncio
import dataclasses
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from run_world import BASE, Session, assert_right, rendered, sweep_of, until_over
from runner_world import THREE, World, scenario

from framepack_widgets.errors import LibraryError, SettingsError
from framepack_widgets.job import JobState, Wish
from framepack_widgets.settings import Settings
from framepack_widgets.sweeps.identity import content_id
from framepack_widgets.sweeps.sweep import Sweep

WAITING, DONE = JobState.WAITING, JobState.DONE


def waiting(world: World) -> list[Any]:
    return [r for r in world.library.unfinished(world.main.context.key) if r.state is WAITING]


@scenario(autoplay=True)
async def test_all_points_are_rendered_once_each_with_its_own_settings(world: World) -> None:
    session = Session(world)
    run = session.run(sweep_of(cfg_scale=[1.0, 1.5], steps=[4, 5, 6]), name="six")
    assert (run.state, run.counts, run.done) == ("waiting", {"planned": 6}, False)
    await until_over(world, run)
    assert (run.state, run.counts) == ("done", {"done": 6})
    assert rendered(world) == 6
    assert_right(world, run)
    assert [p.number for p in run.points] == list(range(6))
    for point in run.points:
        assert point.settings.cfg_scale == [1.0, 1.5][point.coordinates["cfg_scale"]]
        assert point.settings.steps == [4, 5, 6][point.coordinates["steps"]]
        assert point.id == content_id(point.settings) == point.job.record.content
        assert point.labels["steps"] == str(point.settings.steps)
    assert run.result(0) == run.points
    assert len(run.clips) == len(run.jobs) == 6


@scenario(autoplay=True)
async def test_two_points_at_the_most_wait_as_jobs(world: World) -> None:
    run = Session(world).run(sweep_of(steps=range(4, 14)))
    most = 0
    while not run.done:
        await world.main.step()
        most = max(most, len(waiting(world)))
    assert most == 2
    assert rendered(world) == 10


@scenario()
async def test_single_jobs_go_before_sweeps_and_sweeps_in_turn(world: World) -> None:
    session = Session(world)
    first = session.run(sweep_of(steps=[4, 5, 6]), name="first")
    second = session.run(sweep_of(steps=[7, 8]), name="second")
    await world.until(lambda: world.fake.renders)
    single = world.ask(steps=20)
    sent = [4]
    for _ in range(5):
        world.fake.run_until_idle()
        count = len(world.fake.renders)
        await world.until(lambda count=count: len(world.fake.renders) > count)
        sent.append(world.fake.renders[-1].values["steps"])
    world.fake.run_until_idle()
    await world.until(lambda: first.done and second.done)
    assert sent == [4, 20, 5, 6, 7, 8]
    assert world.state(single) is DONE


@scenario()
async def test_first_brings_a_run_forward(world: World) -> None:
    session = Session(world)
    session.run(sweep_of(steps=[4, 5, 6, 7]), name="first")
    second = session.run(sweep_of(steps=[8, 9]), name="second")
    await world.until(lambda: world.fake.renders and len(waiting(world)) == 2)
    second.first()
    assert [run.name for run in session.runs()] == ["second", "first"]
    world.fake.run_until_idle()
    await world.until(lambda: len(world.fake.renders) == 2)
    assert world.fake.renders[-1].values["steps"] == 8
    second.move(5)
    world.fake.run_until_idle()
    await world.until(lambda: len(world.fake.renders) == 3)
    assert world.fake.renders[-1].values["steps"] == 5


@scenario(autoplay=True)
async def test_a_clip_that_is_there_is_not_rendered_again(world: World) -> None:
    session = Session(world)
    one = session.run(sweep_of(steps=[4, 5]), name="one")
    await until_over(world, one)
    two = session.run(sweep_of(steps=[5, 6]), name="two")
    await until_over(world, two)
    assert rendered(world) == 3
    assert [point.reused for point in two.points] == [True, False]
    assert two.points[0].clip == one.points[1].clip
    assert_right(world, two)


@scenario(autoplay=True)
async def test_what_is_in_the_trash_or_gone_or_partial_is_rendered_again(world: World) -> None:
    session = Session(world)
    one = session.run(sweep_of(steps=[4, 5, 6]), name="one")
    await until_over(world, one)
    world.library.delete(one.points[0].job).confirm()
    one.points[1].clip.path.unlink()
    assert [point.state for point in one.points] == ["deleted", "done", "done"]
    two = session.run(sweep_of(steps=[4, 5, 6]), name="two")
    await until_over(world, two)
    assert [point.reused for point in two.points] == [False, False, True]
    again = session.run(sweep_of(steps=[4, 5, 6]), name="one")
    assert again is one
    await until_over(world, one)
    assert [point.reused for point in one.points] == [True, True, False]
    assert rendered(world) == 5
    assert_right(world, one)


@scenario(autoplay=True)
async def test_the_same_sweep_again_renders_nothing(world: World) -> None:
    session = Session(world)
    run = session.run(sweep_of(steps=[4, 5]))
    await until_over(world, run)
    assert session.run(sweep_of(steps=[4, 5])) is run
    assert run.done
    assert rendered(world) == 2
    assert run.name == "steps"
    assert session.run(sweep_of(steps=[4, 6])).name == "steps 2"


@scenario(autoplay=True)
async def test_a_changed_default_renders_nothing_by_itself(world: World) -> None:
    session = Session(world)
    run = session.run(sweep_of(steps=[4, 5]), name="x")
    await until_over(world, run)
    frozen = [point.settings for point in run.points]
    world.fake._schema = dataclasses.replace(
        world.fake.schema,
        inputs=tuple(
            dataclasses.replace(field, default=7.5)
            if field.name == "distilled_cfg_scale"
            else field
            for field in world.fake.schema.inputs
        ),
    )
    session.run(sweep_of(steps=[4, 5, 6]), name="x")
    await until_over(world, run)
    assert rendered(world) == 3
    assert [point.settings for point in run.points][:2] == frozen
    assert run.points[2].settings.distilled_cfg_scale == 7.5
    assert_right(world, run)


@scenario(autoplay=True)
async def test_other_points_under_the_same_name(world: World) -> None:
    session = Session(world)
    run = session.run(sweep_of(steps=[4, 5]), name="x")
    await until_over(world, run)
    session.run(sweep_of(steps=[5, 6, 7]), name="x")
    await until_over(world, run)
    assert rendered(world) == 4
    assert [(p.number, p.settings.steps, p.in_sweep) for p in run.points] == [
        (0, 5, True), (1, 6, True), (2, 7, True), (-1, 4, False),
    ]  # fmt: skip
    assert run.points[-1].coordinates == {}
    assert run.points[-1].clip is not None
    assert run.counts == {"done": 3}
    assert_right(world, run)


@scenario(autoplay=True)
async def test_vanished_points_are_not_rendered_any_more(world: World) -> None:
    session = Session(world)
    run = session.run(sweep_of(steps=[4, 5, 6, 7, 8, 9]), name="x")
    await world.until(lambda: run.counts.get("done"))
    session.run(sweep_of(steps=[4]), name="x")
    while run.state == "planning":
        await asyncio.sleep(0.01)
    jobs = len(run.jobs)
    assert jobs < 6
    await until_over(world, run)
    await world.steps(30)
    assert rendered(world) <= jobs


@scenario(autoplay=True)
async def test_equal_points_are_rendered_once(world: World) -> None:
    run = Session(world).run(sweep_of(steps=[4, 5], cfg_scale=[1.0, 1]))
    await until_over(world, run)
    assert rendered(world) == 2
    assert [point.settings.steps for point in run.points] == [4, 4, 5, 5]
    assert run.points[0].clip == run.points[1].clip
    assert run.counts == {"done": 4}


@scenario()
async def test_pause_and_resume(world: World) -> None:
    session = Session(world)
    run = session.run(sweep_of(steps=[4, 5, 6]), name="x")
    await world.until(lambda: world.fake.renders)
    run.pause()
    world.fake.run_until_idle()
    await world.until(lambda: run.counts.get("done") == 1)
    await world.steps(10)
    assert len(world.fake.renders) == 1
    assert (run.state, run.done) == ("paused", False)
    await world.new_process()
    session = Session(world)
    run = session.run_of("x")
    await world.steps(10)
    session.run(sweep_of(steps=[4, 5, 6]), name="x")
    await world.steps(5)
    assert (run.state, len(world.fake.renders)) == ("paused", 1)
    run.resume()
    world.fake.autoplay = True
    await until_over(world, run)
    assert rendered(world) == 3


@scenario()
async def test_stop_and_go_on(world: World) -> None:
    session = Session(world)
    run = session.run(sweep_of(steps=[4, 5, 6, 7]), name="x")
    await world.until(lambda: world.fake.renders)
    world.fake.start_next()
    await world.until(lambda: run.counts.get("running"))
    run.stop()
    await world.until(lambda: world.fake.ended)
    world.fake.autoplay = True
    await until_over(world, run)
    assert run.state == "stopped"
    assert len(run.result(0)) == 4
    assert run.counts.get("planned") == 1
    assert run.counts.get("cancelled") == 3
    await world.steps(10)
    assert len(world.fake.renders) == 1
    assert session.run(sweep_of(steps=[4, 5, 6, 7]), name="x") is run
    assert not run.done
    await until_over(world, run)
    assert run.counts == {"done": 4}
    assert len(world.fake.renders) == 5
    assert_right(world, run)


@scenario()
async def test_going_on_before_the_stopped_render_has_ended(world: World) -> None:
    run = Session(world).run(sweep_of(steps=[4, 5]), name="x")
    await world.until(lambda: world.fake.renders)
    world.fake.start_next()
    await world.until(lambda: run.counts.get("running"))
    run.stop()
    await world.until(lambda: world.fake.ended)
    run.resume()
    world.fake.autoplay = True
    await until_over(world, run)
    await world.steps(5)
    await until_over(world, run)
    assert run.counts == {"done": 2}
    assert_right(world, run)


@scenario()
async def test_a_stop_whose_process_died_is_carried_out_by_the_next(world: World) -> None:
    run = Session(world).run(sweep_of(steps=[4, 5]), name="x")
    await world.until(lambda: world.fake.renders)
    world.fake.start_next()
    await world.until(lambda: run.counts.get("running"))
    world.library.runs.wish(run.id, Wish.STOP)
    await world.new_process()
    run = Session(world).run_of("x")
    await world.until(lambda: world.fake.ended)
    world.fake.autoplay = True
    await until_over(world, run)
    assert run.counts == {"cancelled": 2}


@scenario()
async def test_failed_points_are_rendered_again_when_asked(world: World) -> None:
    session = Session(world)
    run = session.run(sweep_of(steps=[4, 5]), name="x")
    await world.until(lambda: world.fake.renders)
    world.fake.start_next()
    await world.until(lambda: run.counts.get("running"))
    world.fake.fail()
    world.fake.autoplay = True
    await until_over(world, run)
    assert run.counts == {"failed": 1, "done": 1}
    bad = next(point for point in run.points if point.state == "failed")
    assert "without a video" in bad.error
    assert session.run(sweep_of(steps=[4, 5]), name="x").done
    assert run.retry("failed") == 1
    assert run.state == "waiting"
    await until_over(world, run)
    assert run.counts == {"done": 2}
    assert run.retry(run.points) == 0
    assert_right(world, run)
    with pytest.raises(SettingsError, match="'failed'"):
        run.retry("bad")


@scenario(autoplay=True)
async def test_a_frame_that_is_gone_fails_its_point_and_not_the_others(world: World) -> None:
    frames = [str(world.folder / f"frame{n}.png") for n in range(3)]
    for n, path in enumerate(frames):
        Image.new("RGB", (64, 64), (80 * n, 0, 0)).save(path)
    run = Session(world).run(sweep_of(start_frame=frames))
    gone = next(p for p in run.points if p.number == 1).settings.start_frame
    Path(gone).unlink()
    await until_over(world, run)
    assert [point.state for point in run.points] == ["done", "failed", "done"]
    assert "is gone" in run.points[1].error


@scenario(autoplay=True)
async def test_frames_of_points_to_come_survive_an_emptied_trash(world: World) -> None:
    frame = world.folder / "frame.png"
    Image.new("RGB", (64, 64), (9, 90, 0)).save(frame)
    session = Session(world)
    alone = session.run(sweep_of(start_frame=[str(frame)], steps=[4]), name="alone")
    await until_over(world, alone)
    run = session.run(sweep_of(start_frame=[str(frame)], steps=[5, 6]), name="later")
    frame.unlink()
    world.library.delete(alone.points[0].job).confirm()
    world.library.empty_trash().confirm()
    await until_over(world, run)
    assert run.counts == {"done": 2}


@scenario()
async def test_what_cannot_be_rendered_is_told_at_once(world: World) -> None:
    session = Session(world)
    with pytest.raises(SettingsError, match="Nothing of this sweep"):
        session.run(sweep_of(model=["no such model"]), name="x")
    assert session.runs() == []
    with pytest.raises(LibraryError, match="no run 'x'"):
        session.run_of("x")
    with pytest.raises(SettingsError, match=r"takes an fp\.Sweep"):
        session.run(Settings(prompt="x"))  # type: ignore[arg-type]


@scenario(autoplay=True)
async def test_refused_points_are_shown_and_the_others_rendered(world: World) -> None:
    run = Session(world).run(sweep_of(model=["Original", "no such model"]), name="x")
    await until_over(world, run)
    assert [point.state for point in run.points] == ["done", "refused"]
    assert "no such model" in run.points[1].error
    assert run.counts == {"done": 1, "refused": 1}


@scenario(autoplay=True)
async def test_waiting_point_by_point(world: World) -> None:
    run = Session(world).run(sweep_of(steps=[4, 5, 6]))

    async def look() -> list[int]:
        return [point.settings.steps async for point in run]

    looking = asyncio.ensure_future(look())
    await until_over(world, run)
    assert sorted(await asyncio.wait_for(looking, 10)) == [4, 5, 6]
    assert await run == run.points
    assert [point.number for point in run] == [0, 1, 2]


@scenario()
async def test_a_whole_file_says_enough_while_the_server_is_idle(world: World) -> None:
    asked: list[int] = []
    world.fake.before("ending", lambda: asked.append(1))
    run = Session(world).run(sweep_of(seconds=[THREE["seconds"]], steps=[4, 5]), name="x")
    await world.until(lambda: world.fake.renders)
    world.fake.start_next()
    world.fake.render_section()
    await world.until(lambda: run.points[0].job.record.trace.timestamp_seen)
    world.fake.run_until_idle()
    await world.until(lambda: len(world.fake.renders) == 2)
    assert asked == []
    world.fake.autoplay = True
    await until_over(world, run)
    assert [(p.clip.verified, p.partial) for p in run.points] == [("stamp", False)] * 2
    assert_right(world, run)


@scenario()
async def test_result_does_not_wait_longer_than_asked(world: World) -> None:
    run = Session(world).run(sweep_of(steps=[4]), name="x")
    with pytest.raises(TimeoutError, match="still waiting"):
        run.result(0.01)


@scenario(autoplay=True)
async def test_each_frame_is_read_once(world: World) -> None:
    frame = world.folder / "frame.png"
    Image.new("RGB", (64, 64), (9, 90, 0)).save(frame)
    library = world.library
    real, read = library._inputs.keep, []

    def keep(*arguments: Any) -> Path:
        read.append(arguments)
        return real(*arguments)

    vars(library._inputs)["keep"] = keep
    run = Session(world).run(sweep_of(start_frame=[str(frame)], seed=range(50)))
    assert len(read) == 1
    assert len(run.points) == 50


@scenario(autoplay=True)
async def test_frames_of_a_clip_that_was_copied_elsewhere(world: World) -> None:
    frame = world.folder / "frame.png"
    Image.new("RGB", (64, 64), (9, 90, 0)).save(frame)
    kept = world.library.keep_input(frame)
    elsewhere = str(world.folder / "another" / kept.name)
    base = Settings(**BASE, start_frame=elsewhere)
    run = Session(world).run(Sweep(base, steps=[4, 5]), name="x")
    await until_over(world, run)
    assert run.counts == {"done": 2}
    assert {point.settings.start_frame for point in run.points} == {str(kept)}


@scenario(autoplay=True)
async def test_points_whose_clip_is_gone_are_rendered_again_when_asked(world: World) -> None:
    run = Session(world).run(sweep_of(steps=[4, 5, 6]), name="x")
    await until_over(world, run)
    world.library.delete(run.points[0].job).confirm()
    world.library.empty_trash().confirm()
    run.points[1].clip.path.unlink()
    assert run.retry(run.points) == 2
    await until_over(world, run)
    assert run.counts == {"done": 3}
    assert rendered(world) == 5
    assert len(run.clips) == 3
    assert_right(world, run)
