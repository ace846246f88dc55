"""`framepack-widgets library`: what was rendered, found again, taken out, thrown away."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from framepack_widgets.cli.follow import input_of
from framepack_widgets.cli.options import Output, Shelf, command
from framepack_widgets.cli.records import COLUMNS, details, record_data, row, when
from framepack_widgets.cli.talk import Talk

if TYPE_CHECKING:
    from framepack_widgets.job import JobRecord
    from framepack_widgets.library import Deletion, Library

app = typer.Typer(no_args_is_help=True, help="Jobs and clips that were kept.")

Ids = Annotated[list[str], typer.Argument(metavar="JOB...", help="Ids; 4 first characters do.")]
State = Annotated[
    list[str] | None, typer.Option("--state", help="done, failed, waiting ...; may be repeated.")
]
Model = Annotated[str | None, typer.Option("--model")]
Since = Annotated[
    str | None, typer.Option("--since", metavar="DATE", help="2026-11-20, or a time.")
]
Until = Annotated[str | None, typer.Option("--until", metavar="DATE", help="That whole day.")]
Limit = Annotated[int, typer.Option("--limit", min=1, help="How many at most.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


@command(app, "list")
def list_jobs(
    *,
    shelf: Shelf,
    output: Output,
    state: State = None,
    model: Model = None,
    since: Since = None,
    until: Until = None,
    limit: Limit = 30,
) -> None:
    """The newest jobs."""
    with_library = shelf.open()
    found = with_library.jobs(state=state, model=model, since=since, until=until, limit=limit)
    _show(with_library, found, output.talk())


@command(app, "search")
def search(
    *,
    shelf: Shelf,
    output: Output,
    words: Annotated[list[str], typer.Argument(help="All of them have to be in it.")],
    state: State = None,
    model: Model = None,
    since: Since = None,
    until: Until = None,
    limit: Limit = 30,
) -> None:
    """Jobs by words of their prompt, file name or id."""
    library = shelf.open()
    found = library.jobs(
        text=" ".join(words), state=state, model=model, since=since, until=until, limit=limit
    )
    _show(library, found, output.talk())


def _show(library: Library, found: list[JobRecord], talk: Talk) -> None:
    talk.table(
        [record_data(record, library.clip(record)) for record in found] if talk.as_json else None,
        COLUMNS,
        map(row, found),
    )
    if not found:
        talk.say(f"No such job in {library.path}.")


@command(app, "show")
def show(shelf: Shelf, output: Output, job: Annotated[str, typer.Argument(help="Its id.")]) -> None:
    """Everything about one job."""
    library = shelf.open()
    record = library.get(job)
    clip = library.clip(record)
    output.talk().result(record_data(record, clip), details(record, clip))


@command(app, "export")
def export(
    *,
    shelf: Shelf,
    output: Output,
    target: Annotated[Path, typer.Argument(help="A folder, or a file ending in .zip.")],
    jobs: Annotated[
        list[str] | None, typer.Argument(metavar="[JOB]...", help="Ids; none: all.")
    ] = None,
    inputs: Annotated[bool, typer.Option(help="The frames, too.")] = True,
    overwrite: Annotated[bool, typer.Option("--overwrite")] = False,
) -> None:
    """Copy clips with their settings to a folder or zip file."""
    library = shelf.open()
    written = library.export(target, *(jobs or ()), inputs=inputs, overwrite=overwrite)
    output.talk().result({"written": str(written)}, f"written: {written}")


@command(app, "delete")
def delete(shelf: Shelf, output: Output, jobs: Ids, yes: Yes = False) -> None:
    """Move jobs and their clips to the trash, after asking. `undo` brings them back."""
    library = shelf.open()
    _carry_out(library.delete(*jobs), output.talk(), yes)


@command(app, "trash")
def trash(
    shelf: Shelf,
    output: Output,
    empty: Annotated[bool, typer.Option("--empty", help="Delete all of it for good.")] = False,
    yes: Yes = False,
) -> None:
    """What is in the trash; with --empty: free its room, after asking."""
    library, talk = shelf.open(), output.talk()
    if empty:
        _carry_out(library.empty_trash(), talk, yes)
        return
    deletions = library.trash()
    talk.table(
        [_deletion_data(item) for item in deletions],
        ("deletion", "when", "jobs", "clips", "MB"),
        (
            (d.id, when(d.deleted_at or 0), len(d.jobs), len(d.clips), f"{d.size / 1e6:.1f}")
            for d in deletions
        ),
    )


@command(app, "undo")
def undo(
    shelf: Shelf,
    output: Output,
    deletion: Annotated[str | None, typer.Argument(help="Its id; none: the last one.")] = None,
) -> None:
    """Bring a deletion back from the trash."""
    library, talk = shelf.open(), output.talk()
    if deletion is None:
        newest = library.trash()[:1]
        if not newest:
            talk.result({"state": "nothing"}, "The trash is empty: there is nothing to undo.")
            return
        deletion = newest[0].id
    restored = library.restore(deletion)
    talk.result(_deletion_data(restored), str(restored))


@command(app, "size")
def size(shelf: Shelf, output: Output) -> None:
    """How much room the Library takes."""
    library = shelf.open()
    room = library.size()
    data: dict[str, Any] = {"path": str(library.path), "total": room.total, **vars(room)}
    output.talk().result(data, f"{library.path}: {room}")


def _carry_out(deletion: Deletion, talk: Talk, yes: bool) -> None:
    if not yes:
        talk.say(deletion)
        if not sys.stdin.isatty():
            raise typer.BadParameter("nobody can be asked here: nothing was deleted. Use --yes")
        talk.say("Go on? [y/N]")
        if input_of(talk) != "y":
            talk.result(_deletion_data(deletion), "Nothing was deleted.")
            return
    deletion.confirm()
    talk.result(_deletion_data(deletion), str(deletion))


def _deletion_data(deletion: Deletion) -> dict[str, Any]:
    return {
        "id": deletion.id,
        "state": deletion.state,
        "jobs": list(deletion.jobs),
        "clips": deletion.clips,
        "bytes": deletion.size,
    }
