"""The plan of a sweep beside a Library: renders whose clips are there are not to do."""

from __future__ import annotations

from run_world import Session, sweep_of, until_over
from runner_world import World, scenario

from framepack_widgets.sweeps.plan import plan_with


@scenario(autoplay=True)
async def test_a_plan_knows_what_is_there(world: World) -> None:
    session = Session(world)
    run = session.run(sweep_of(steps=[4, 5, 6]))
    await until_over(world, run)
    world.library.delete(run.points[0].job).confirm()
    run.points[1].clip.path.unlink()

    def planned() -> list[bool]:
        found = plan_with(
            sweep_of(steps=[4, 5, 6, 7], seed=[7, 8]),
            session._desk.client.schema,
            world.library,
            session._desk.key,
        )
        assert len(found.to_render) == 8 - sum(render.is_done for render in found.renders)
        return [found.render_of[number].is_done for number in range(0, 8, 2)]

    assert planned() == [False, False, True, False], "in the trash, gone, there, new"
    again = session.run(sweep_of(steps=[4, 5, 6]))
    await until_over(world, again)
    assert planned() == [True, True, True, False]
