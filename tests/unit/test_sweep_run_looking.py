"""Looking at a run: its table, grid, report, drafts in full, renders that are ended early."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from run_world import Session, assert_right, rendered, sweep_of, until_over
from runner_world import THREE, World, scenario

from framepack_widgets.errors import SettingsError
from framepack_widgets.runs.sweep_run import SweepRun
from framepack_widgets.runs.table import METRICS, rows_of
from framepack_widgets.testing.renders import number_of


async def six(world: World) -> SweepRun:
    run = Session(world).run(sweep_of(cfg_scale=[1.0, 1.5], steps=[4, 5, 6]), name="six")
    await until_over(world, run)
    return run


@scenario(autoplay=True)
async def test_a_row_a_point(world: World) -> None:
    pytest.importorskip("pandas")
    run = await six(world)
    world.library.rate(run.points[4].job, 5)
    table = run.table()
    assert str(table["finished_at"].dtype).endswith("UTC]"), "moments, not seconds since 1970"
    assert (table["created_at"].dt.year > 2000).all()
    assert list(table.index) == list(range(6))
    assert list(table["steps"]) == [4, 5, 6, 4, 5, 6]
    assert list(table["cfg_scale"]) == [1.0, 1.0, 1.0, 1.5, 1.5, 1.5]
    assert list(table["stars"]) == [0, 0, 0, 0, 5, 0]
    assert set(table["state"]) == {"done"}
    assert [Path(path) for path in table["path"]] == [point.clip.path for point in run.points]
    assert (table["render_s"] >= 0).all()
    assert table["motion"].isna().all()
    assert run.table(measure=True)["flicker"].notna().all()
    assert set(METRICS) <= set(table.columns)


@scenario(autoplay=True)
async def test_a_grid_shows_each_clip_at_its_place(world: World) -> None:
    from framepack_widgets.clip import Clip

    run = await six(world)
    sheet = run.grid(world.folder / "grid.mp4", x="steps", y="cfg_scale", tile=64, gap=0)
    picture = Clip.open(sheet.path).frame(5)
    height, width = picture.shape[:2]
    # Tiles stand in the lower right corner, behind the headers.
    for point in run.points:
        column, row = point.coordinates["steps"], point.coordinates["cfg_scale"]
        left, top = width - 64 * (3 - column), height - 64 * (2 - row)
        tile = picture[top + 8 : top + 56, left + 8 : left + 56]
        assert number_of(tile) == world.whose(point.job_id), point
    pages = run.grid(world.folder / "page.mp4", page="cfg_scale", tile=64)
    assert len(pages) == 2
    assert len({sheet.path for sheet in pages}) == 2
    with pytest.raises(SettingsError, match="no axis 'seed'"):
        run.grid(world.folder / "other.mp4", x="seed")


@scenario(autoplay=True)
async def test_a_report_of_a_run(world: World) -> None:
    run = await six(world)
    made = run.report(world.folder / "report.html", single_file=True)
    assert made.path.is_file()


@scenario(autoplay=True)
async def test_a_report_shows_the_stars_of_now(world: World) -> None:
    run = await six(world)
    held = run.points[4].job  # somebody looks at the job meanwhile
    world.library.rate(run.points[4].job_id, 4)
    made = run.report(world.folder / "report.html", single_file=True)
    assert made.path.read_text(encoding="utf-8").count('"stars":4') == 1
    assert held is run.points[4].job


@scenario(autoplay=True)
async def test_chosen_points_of_a_draft_are_rendered_in_full(world: World) -> None:
    frame = world.folder / "frame.png"
    Image.new("RGB", (64, 64), (9, 90, 0)).save(frame)
    session = Session(world)
    sweep = sweep_of(cfg_scale=[1.0, 1.5, 2.0], start_frame=[str(frame)], seconds=[2.4])
    drafts = session.run(sweep, name="x", draft={"steps": 2})
    assert (drafts.name, drafts.is_draft) == ("x (draft)", True)
    assert session.run_of("x") is drafts
    await until_over(world, drafts)
    assert {point.settings.steps for point in drafts.points} == {2}
    frame.unlink()
    full = drafts.promote([drafts.points[2]])
    await until_over(world, full)
    assert (full.name, full.is_draft) == ("x", False)
    assert session.run_of("x") is full
    (point,) = full.points
    assert (point.number, point.settings.cfg_scale, point.settings.steps) == (2, 2.0, 4)
    assert point.coordinates == drafts.points[2].coordinates
    assert drafts.promote(0, steps=5) is full
    await until_over(world, full)
    assert [(p.number, p.settings.cfg_scale, p.settings.steps) for p in full.points] == [
        (0, 1.0, 5), (2, 2.0, 4),
    ]  # fmt: skip
    assert rendered(world) == 5
    assert_right(world, drafts)
    assert_right(world, full)
    with pytest.raises(SettingsError, match="no point 9"):
        drafts.promote(9)
    with pytest.raises(SettingsError, match="at least one"):
        drafts.promote([])
    with pytest.raises(SettingsError, match="is an axis"):
        session.run(sweep, name="y", draft={"cfg_scale": 1.0})


@scenario()
async def test_a_render_is_ended_by_its_preview(world: World) -> None:
    run = Session(world).run(sweep_of(seconds=[THREE["seconds"]], seed=[1, 2]), name="x")
    seen: list[Any] = []
    picture = np.zeros((8, 8, 3), np.uint8)

    def judge(point: Any, preview: Any, progress: Any) -> bool:
        seen.append((point.number, preview.shape, progress.fraction))
        return point.number == 0

    desk: Any = run._desk
    handle = desk.handle

    def with_preview(record: Any) -> Any:
        import io

        job = handle(record)
        data = io.BytesIO()
        Image.fromarray(picture).save(data, "PNG")
        job._read_preview = lambda _: data.getvalue()
        return job

    desk.handle = with_preview
    end = run.stop_when(judge)
    await world.until(lambda: world.fake.renders)
    world.fake.start_next()
    world.fake.render_section()
    for _ in range(500):
        await world.main.step()
        await asyncio.sleep(0.005)
        if world.fake.ended:
            break
    assert world.fake.ended
    world.fake.autoplay = True
    await until_over(world, run)
    end()
    assert seen[0][:2] == (0, (8, 8, 3))
    assert [point.partial for point in run.points] == [True, False]
    assert {number for number, *_ in seen} >= {0}
    assert run.counts == {"done": 2}


@scenario(autoplay=True)
async def test_the_time_that_is_left(world: World) -> None:
    session = Session(world)
    one = session.run(sweep_of(steps=[4]), name="one")
    assert one.eta_s is None
    await until_over(world, one)
    assert one.eta_s == (0.0, 0.0)
    world.fake.autoplay = False
    two = session.run(sweep_of(steps=[4, 8, 16]), name="two")
    rest = session.run(sweep_of(steps=[8]), name="three")
    assert two.eta_s is None or two.eta_s[1] >= rest.eta_s[1]
    assert [row["state"] for row in rows_of(two)] == ["planned"] * 3


@scenario(autoplay=True)
async def test_promoting_leaves_a_whole_run_of_that_name_alone(world: World) -> None:
    session = Session(world)
    sweep = sweep_of(steps=[4, 5])
    whole = session.run(sweep, name="x")
    drafts = session.run(sweep, name="x", draft={"cfg_scale": 1.5})
    full = drafts.promote(1)
    assert (full.name, len(full.points)) == ("x (full)", 1)
    assert whole.counts == {"planned": 2}
    await until_over(world, whole)
    await until_over(world, full)
    assert drafts.promote([0]) is full
    assert len(full.points) == 2


@scenario(autoplay=True)
async def test_clips_of_a_run_in_step(world: World) -> None:
    run = await six(world)
    compared = run.compare()
    assert list(compared.clips) == list(run.clips)
    assert compared.labels[0] == "cfg_scale 1, steps 4"
    compared.close()
    two = run.compare(run.points[1], 4)
    assert list(two.clips) == [run.clips[1], run.clips[4]]
    two.close()


@scenario(autoplay=True)
async def test_more_clips_than_fit_are_the_first_ones_unless_they_were_chosen(world: World) -> None:
    run = await six(world)
    with pytest.MonkeyPatch.context() as patch:
        for most in ("clip_set.MOST", "compare.Compare.most"):
            patch.setattr(f"framepack_widgets.widgets.compare.{most}", 4)
        compared = run.compare()
        assert list(compared.clips) == list(run.clips[:4])
        compared.close()
        with pytest.raises(ValueError, match="2 to 4 clips, not 5"):
            run.compare(0, 1, 2, 3, 4)
