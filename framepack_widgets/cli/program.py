"""The commands put together, and the one place where errors become messages and exit codes."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from io import TextIOWrapper
from typing import Annotated, Any

import typer

import framepack_widgets as fp
from framepack_widgets.cli import library
from framepack_widgets.cli.adopt import adopt
from framepack_widgets.cli.app import app as serve_app
from framepack_widgets.cli.connect import connect
from framepack_widgets.cli.demo import demo
from framepack_widgets.cli.exits import code_of
from framepack_widgets.cli.login import login, logout
from framepack_widgets.cli.options import command
from framepack_widgets.cli.render import render
from framepack_widgets.cli.run import run
from framepack_widgets.cli.sweep import sweep
from framepack_widgets.cli.talk import Talk, write

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    # Local variables of a traceback may hold a password.
    pretty_exceptions_enable=False,
    help="Image to video with FramePack Studio, from a terminal.",
    epilog="Exit codes: 0 done, 1 unexpected, 2 usage or settings, 3 unreachable, 4 refused, "
    "5 failed, 6 cancelled, 7 lost or unsure, 8 library, 130 left running (Ctrl-C).",
)

command(app, "connect")(connect)
command(app, "render")(render)
command(app, "run")(run)
command(app, "sweep")(sweep)
command(app, "adopt")(adopt)
command(app, "app")(serve_app)
command(app, "login")(login)
command(app, "logout")(logout)
app.add_typer(library.app, name="library")
app.command(
    "demo",
    add_help_option=False,  # the built-in Studio explains its own options
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)(demo)


def _version(wanted: bool) -> None:
    if wanted:
        write(f"framepack-widgets {fp.__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say it and stop.")
    ] = False,
) -> None:
    """Image to video with FramePack Studio, from a terminal."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the program; always ends with SystemExit."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    talk = Talk(as_json="--json" in given)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a prompt may hold what the terminal cannot show
            stream.reconfigure(errors="backslashreplace")
    warnings.showwarning = _warner(talk)
    try:
        app(args=given, prog_name="framepack-widgets")
    except fp.FramePackError as error:
        code = code_of(error)
        talk.error(error, code)
        sys.exit(int(code))


def _warner(talk: Talk) -> Any:
    def show(message: Warning | str, category: type[Warning], *_where: Any) -> None:
        if issubclass(category, UserWarning):
            talk.say(f"warning: {message}", style="yellow")

    return show
