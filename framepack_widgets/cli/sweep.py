"""`framepack-widgets sweep`: a spec file planned, rendered, and put into a grid or a report."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import framepack_widgets as fp
from framepack_widgets.cli.exits import ExitCode
from framepack_widgets.cli.options import Output, Reach, Shelf
from framepack_widgets.cli.sweep_follow import follow_run, writing
from framepack_widgets.cli.talk import Talk
from framepack_widgets.sweeps.spec import Spec, load_spec

if TYPE_CHECKING:
    from framepack_widgets.runs.sweep_run import SweepRun
    from framepack_widgets.session import Studio
    from framepack_widgets.sweeps.sweep_plan import SweepPlan

_SHOWN = 20  # refused points that are told one by one, in JSON


def sweep(
    *,
    spec: Annotated[Path, typer.Argument(help="The sweep, a .toml or .json file.")],
    plan: Annotated[
        bool, typer.Option("--plan", help="What it would render; sends nothing. The default.")
    ] = False,
    run: Annotated[
        bool, typer.Option("--run", help="Render what is missing of it, and wait.")
    ] = False,
    report: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write a page of its clips: FILE.html, or a folder of that name."
        ),
    ] = None,
    grid: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write a grid video: FILE.mp4, .gif or .webp."),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(help="Of the run; default: the name in the file, else that of the file."),
    ] = None,
    retry: Annotated[
        bool, typer.Option("--retry", help="With --run: points that failed once more.")
    ] = False,
    x: Annotated[str | None, typer.Option("--x", help="The grid's columns, an axis.")] = None,
    y: Annotated[str | None, typer.Option("--y", help="The grid's rows, an axis.")] = None,
    page: Annotated[
        str | None, typer.Option("--page", help="An axis whose values get a grid video each.")
    ] = None,
    single_file: Annotated[
        bool, typer.Option("--single-file", help="The report's clips in the page itself.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Report and grid may exist.")
    ] = False,
    reach: Reach,
    shelf: Shelf,
    output: Output,
) -> None:
    """Plan a sweep, render it, and look at it; the same file can be run again and goes on."""
    talk = output.talk()
    _refuse_early(report, grid, overwrite)
    axes = {"x": x, "y": y, "page": page}
    _refuse_unused(run, retry=retry, grid=grid, single_file=single_file, report=report, **axes)
    _refuse_axes(load_spec(spec), axes)  # what is wrong with the file is told without a Studio
    with reach.connect(shelf.library) as studio:
        read = load_spec(spec, schema=studio.schema)
        called = name or read.name or spec.stem
        code = ExitCode.OK
        if plan or not (run or report or grid):
            code = _plan(studio, read, called, talk)
        if run:
            going = studio.run(read.sweep, name=called, retry="failed" if retry else None)
            code = follow_run(going, talk)
        elif report or grid:
            going = _found(studio, called)
        if report:
            look: dict[str, Any] = {"single_file": single_file, "overwrite": overwrite}
            made = writing(talk, report.name, partial(going.report, report, **look))
            _tell(talk, "report", made.path, made.notes)
        if grid:
            look = {**axes, "overwrite": overwrite}
            sheets = writing(talk, grid.name, partial(going.grid, grid, **look))
            for sheet in sheets if isinstance(sheets, tuple) else (sheets,):
                _tell(talk, "grid", sheet.path, sheet.notes)
        raise typer.Exit(code)


def _refuse_early(report: Path | None, grid: Path | None, overwrite: bool) -> None:
    """What would only go wrong after a night of rendering."""
    if grid is not None and grid.suffix.lower() not in ("", ".mp4", ".gif", ".webp"):
        raise typer.BadParameter(f"{grid} ends in none of .mp4, .gif, .webp", param_hint="--grid")
    for file, option in ((report, "--report"), (grid, "--grid")):
        if file is not None and file.exists() and not overwrite:
            raise typer.BadParameter(f"{file} exists; add --overwrite", param_hint=option)


def _refuse_unused(run: bool, **given: Any) -> None:
    """Options that would do nothing."""
    if given["retry"] and not run:
        raise typer.BadParameter("it goes with --run", param_hint="--retry")
    for option in ("x", "y", "page"):
        if given[option] and not given["grid"]:
            raise typer.BadParameter("it goes with --grid", param_hint=f"--{option}")
    if given["single_file"] and not given["report"]:
        raise typer.BadParameter("it goes with --report", param_hint="--single-file")


def _refuse_axes(read: Spec, given: dict[str, str | None]) -> None:
    """Axes that the sweep does not have, or that are to be two things."""
    known = [axis.name for axis in read.sweep.axes]
    for option, name in given.items():
        if name is not None and name not in known:
            raise typer.BadParameter(
                f"the sweep has no axis {name}, but {', '.join(known) or 'none'}",
                param_hint=f"--{option}",
            )
    named = [name for name in given.values() if name is not None]
    if len(set(named)) < len(named):
        raise typer.BadParameter("each axis can be only one of them", param_hint="--x --y --page")


def _plan(studio: Studio, read: Spec, name: str, talk: Talk) -> ExitCode:
    """Say what the sweep would be; nothing is sent."""
    planned = read.sweep.plan(studio)
    lines = [f"{name}: {read.sweep!r}", str(planned)]
    if planned.bytes is not None and planned.to_render:
        lines.append(f"about {planned.bytes / 1e6:,.0f} MB on disk")
    hint = "nothing was sent; --run renders it" if planned.to_render else "nothing was sent"
    talk.result(plan_data(planned, name), "\n".join([*lines, hint]))
    return ExitCode.OK if planned.ok else ExitCode.SETTINGS


def plan_data(planned: SweepPlan, name: str) -> dict[str, Any]:
    """A plan, made of what JSON knows."""
    refused = [
        {"point": point, "problems": [_problem(problem) for problem in problems]}
        for point, problems in planned.refused[:_SHOWN]
    ]
    return {
        "name": name,
        "points": planned.points,
        "renders": len(planned.renders),
        "to_render": len(planned.to_render),
        "duplicates": len(planned.duplicates),
        "refused": len(planned.refused),
        "refused_points": refused,
        "warnings": [{**_problem(problem), "points": count} for problem, count in planned.warnings],
        "model_changes": planned.model_changes,
        "lora_changes": planned.lora_changes,
        "estimate_s": list(planned.estimate) if planned.estimate else None,
        "bytes": planned.bytes,
    }


def _problem(problem: Any) -> dict[str, Any]:
    return {"field": problem.field, "message": problem.message, "hint": problem.hint}


def _found(studio: Studio, name: str) -> SweepRun:
    """The run of this name. Raises LibraryError."""
    try:
        return studio.run_of(name)
    except fp.LibraryError as error:
        raise fp.LibraryError(f"{error} Add --run to render it, or name another one.") from error


def _tell(talk: Talk, what: str, path: Path, notes: tuple[str, ...]) -> None:
    for note in notes:
        talk.say(f"note: {note}", style="yellow")
    talk.result({what: str(path), "notes": list(notes)}, str(path))
