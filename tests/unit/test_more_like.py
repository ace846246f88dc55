"""More like one clip: a run of its settings with new seeds, that goes on when asked for again."""

from __future__ import annotations

from types import SimpleNamespace

from library_tools import until
from run_world import BASE, Session, sweep_of, until_over
from runner_world import World, scenario

from framepack_widgets.runs.more_like import more_beside, more_like
from framepack_widgets.settings import Settings
from framepack_widgets.widgets.compare.more_offer import offer_more
from framepack_widgets.widgets.sweeps.sweep_view import SweepView


def seeds_of(run) -> list[int]:
    return [point.settings.seed for point in run.points]


@scenario(autoplay=True)
async def test_new_seeds_of_the_same_settings_in_a_run_of_their_own(world: World) -> None:
    session = Session(world)
    settings = Settings(**{**BASE, "prompt": "a <b>cat</b>\nyawns", "cfg_scale": 1.5})
    run = more_like(session, settings)
    assert run.name == "more like a <b>cat</b> yawns"
    await until_over(world, run)
    assert run.counts == {"done": 4}
    found = seeds_of(run)
    assert len(set(found)) == 4
    assert BASE["seed"] not in found
    assert all(point.settings.cfg_scale == 1.5 for point in run.points)


@scenario(autoplay=True)
async def test_asked_for_again_there_are_more_and_none_is_rendered_twice(world: World) -> None:
    session = Session(world)
    run = more_like(session, Settings(**BASE), 2)
    await until_over(world, run)
    first = seeds_of(run)
    again = more_like(session, run.points[1].settings, 3)  # a clip of that run
    assert again is run
    await until_over(world, run)
    assert seeds_of(run)[:2] == first
    assert len(set(seeds_of(run))) == 5
    assert len(world.fake.renders) == 5


@scenario()
async def test_runs_of_something_else_keep_their_names(world: World) -> None:
    session = Session(world)
    words = "word " * 30
    settings = Settings(**{**BASE, "prompt": words})
    first = more_like(session, settings)
    other = more_like(session, settings.replace(cfg_scale=1.25))
    draft = session.run(sweep_of(steps=[4, 5]), name="more like ours")
    last = more_like(session, Settings(**BASE))
    assert first.name == "more like word word word word word word word word …"
    assert other.name == f"{first.name} 2"
    assert last.name == f"{draft.name} 2"
    assert len(session.runs()) == 4
    assert more_like(session, Settings()).name == "more of the same"


@scenario()
async def test_beside_a_run(world: World) -> None:
    run = Session(world).run(sweep_of(steps=[4, 5]))
    offered, shown = [], []
    offer_more(SimpleNamespace(on_more=offered.append), run, [shown.append])
    offered[0](run.points[0].settings)
    assert shown[0].points[0].settings.steps == 4
    assert len(shown[0].points) == 4
    assert more_beside(run, run.points[0].settings) is shown[0]


@scenario(autoplay=True)
async def test_in_the_view_of_a_run(world: World) -> None:
    run = Session(world).run(sweep_of(steps=[4, 5]))
    await until_over(world, run)
    view = SweepView(run)
    view._act("compare", list(run.points))
    (compare,) = view._below.children
    assert compare._can_more
    message = {"kind": "act", "action": "more", "clip": 1, "key": compare._clips[1]["key"]}
    compare._handle_page(None, message, [])
    until(lambda: view.run is not run)
    assert view.run.name == "more like ours"
    assert {point.settings.steps for point in view.run.points} == {5}
    view.close()
