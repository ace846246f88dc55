"""`framepack-widgets adopt`: clips that others rendered, from a Studio or its folder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import framepack_widgets as fp
from framepack_widgets.cli.exits import ExitCode
from framepack_widgets.cli.options import Output, Reach, Shelf
from framepack_widgets.cli.talk import Talk

if TYPE_CHECKING:
    from framepack_widgets.adoption import Adopted, Gallery, Step

_HINT = "Nothing was adopted. Name timestamps, or use --all for what has no job yet."


def adopt(
    *,
    wanted: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[URL|TIMESTAMP]",
            help="The Studio's address, else as with --studio; which renders. None: list them.",
        ),
    ] = None,
    all_: Annotated[
        bool, typer.Option("--all", help="Everything that is not in the Library yet.")
    ] = False,
    folder: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="A Studio's outputs folder on this machine: all of it."),
    ] = None,
    reach: Reach,
    shelf: Shelf,
    output: Output,
) -> None:
    """Take clips that others rendered into the Library, with their settings."""
    talk = output.talk()
    url, timestamps = _split(wanted or [])
    if all_ and timestamps:
        raise typer.BadParameter("give timestamps or --all, not both")
    if folder is not None:
        if url or timestamps or reach.studio:
            raise typer.BadParameter("a folder is adopted as a whole, without a Studio")
        _carry_out(lambda told: fp.adopt_folder(folder, shelf.open(), progress=told), talk)
        return
    if url is not None:
        reach = replace(reach, studio=url)
    with reach.connect(shelf.library) as studio:
        if all_ or timestamps:
            chosen = None if all_ else timestamps
            _carry_out(lambda told: studio.adopt(chosen, progress=told), talk)
        else:
            _list(studio.gallery(), talk)


def _split(wanted: list[str]) -> tuple[str | None, list[str]]:
    """An address comes first, if there is one."""
    if wanted and (wanted[0] == "demo" or not wanted[0].replace("_", "").isdigit()):
        return wanted[0], wanted[1:]
    return None, wanted


def _list(gallery: Gallery, talk: Talk) -> None:
    talk.table(
        {
            "note": gallery.note,
            "renders": [
                {"timestamp": item.timestamp, "job": item.job, "in_trash": item.in_trash}
                for item in gallery
            ],
        },
        ("timestamp", "job"),
        (
            (item.timestamp, f"{item.job or ''}{' (in the trash)' if item.in_trash else ''}")
            for item in gallery
        ),
    )
    talk.say(_HINT if gallery else gallery.note)


def _carry_out(work: Any, talk: Talk) -> None:
    def told(step: Step) -> None:
        if step.timestamp is not None:
            talk.say(f"{step.done + 1} of {step.total}: {step.timestamp}")

    try:
        result: Adopted = work(told)
    except KeyboardInterrupt:
        talk.say("Stopped. What was adopted stays; the same command goes on where it was.")
        raise typer.Exit(ExitCode.INTERRUPTED) from None
    data = {
        "adopted": [
            {"job": clip.job_id, "file": str(clip.path), "partial": clip.partial} for clip in result
        ],
        "known": list(result.known),
        "problems": [
            {"timestamp": item.timestamp, "reason": item.reason} for item in result.problems
        ],
    }
    files = "\n".join(str(clip.path) for clip in result)
    talk.result(data, f"{files}\n{result}" if files else str(result))
    if result.problems:
        raise typer.Exit(ExitCode.FAILED)
