"""Options that several commands share, declared once, and the Studio or Library they stand for.

A command takes a whole group as one parameter: `def render(reach: Reach, output: Output)`. Typer
sees the group's fields as options of the command; `command` puts them together again.
"""

from __future__ import annotations

import dataclasses
import inspect
import os
import sys
import typing
from collections.abc import Callable
from dataclasses import dataclass
from getpass import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import framepack_widgets as fp
from framepack_widgets.cli.talk import Talk

if TYPE_CHECKING:
    from framepack_widgets.library import Library
    from framepack_widgets.session import Studio

PASSWORD = "FRAMEPACK_PASSWORD"  # noqa: S105 - names of variables, not their values
TOKEN = "FRAMEPACK_STUDIO_TOKEN"  # noqa: S105


_REACH = "How to reach the Studio"


@dataclass(frozen=True)
class Output:
    """How to answer."""

    json: Annotated[
        bool, typer.Option("--json", help="JSON on stdout, everything else on stderr.")
    ] = False

    def talk(self) -> Talk:
        return Talk(as_json=self.json)


@dataclass(frozen=True)
class Shelf:
    """Which Library."""

    library: Annotated[
        Path | None,
        typer.Option("--library", metavar="DIR", help="Library folder (default: your own)."),
    ] = None

    def open(self) -> Library:
        """Raises LibraryError."""
        return fp.Library(self.library)


@dataclass(frozen=True)
class Reach:
    """How to reach a Studio."""

    studio: Annotated[
        str | None,
        typer.Option(
            "--studio",
            rich_help_panel=_REACH,
            metavar="URL",
            help='Address, or "demo" for the built-in Studio. Default: FRAMEPACK_STUDIO_URL, '
            "else ports 7860 to 7869 of this machine.",
        ),
    ] = None
    login: Annotated[
        str | None,
        typer.Option(
            "--login",
            rich_help_panel=_REACH,
            metavar="USER",
            help=f"The Studio's own login. The password is asked for, or taken from {PASSWORD}.",
        ),
    ] = None
    token: Annotated[
        bool,
        typer.Option(
            "--token",
            rich_help_panel=_REACH,
            help=f"Send a token: asked for, or taken from {TOKEN}.",
        ),
    ] = False
    header: Annotated[
        list[str] | None,
        typer.Option(
            "--header",
            rich_help_panel=_REACH,
            metavar="NAME:VALUE",
            help="Sent with every request; may be repeated.",
        ),
    ] = None
    verify: Annotated[
        bool,
        typer.Option(
            "--verify/--no-verify",
            rich_help_panel=_REACH,
            help="Check the server's TLS certificate.",
        ),
    ] = True

    def connect(self, library: Path | None) -> Studio:
        """The Studio these options mean. Raises what `fp.connect` raises."""
        return fp.connect(
            self.studio,
            library=library,
            token=secret(TOKEN, "Token") if self.token else None,
            auth=(self.login, secret(PASSWORD, f"Password of {self.login}"))
            if self.login
            else None,
            headers=self._headers(),
            verify=self.verify,
        )

    def _headers(self) -> dict[str, str] | None:
        headers = {}
        for text in self.header or ():
            name, colon, value = text.partition(":")
            if not (colon and name.strip()):
                raise typer.BadParameter(f'"{text}" is not NAME:VALUE', param_hint="--header")
            headers[name.strip()] = value.strip()
        return headers or None


def secret(variable: str, prompt: str) -> str:
    """What must not stand on a command line: from the environment, else asked for, unseen."""
    value = os.environ.get(variable)
    if value:
        return value
    if not sys.stdin.isatty():
        raise typer.BadParameter(f"set {variable}, or use a terminal where it can be asked for")
    return getpass(f"{prompt}: ", stream=sys.stderr)


def command(app: typer.Typer, name: str, **settings: Any) -> Callable[[Any], Any]:
    """Register a function whose parameters may be groups of options, as a command of `app`."""

    def register(function: Callable[..., None]) -> Callable[..., None]:
        app.command(name, **settings)(_flattened(function))
        return function

    return register


def _flattened(function: Callable[..., None]) -> Callable[..., None]:
    """The same function, taking the fields of its groups one by one."""
    groups: dict[str, type[Any]] = {}
    parameters: list[inspect.Parameter] = []
    # Not typing.get_type_hints: on Python 3.10 it hides Annotated behind the default None.
    for parameter in inspect.signature(function, eval_str=True).parameters.values():
        hint = parameter.annotation
        if dataclasses.is_dataclass(hint) and isinstance(hint, type):
            groups[parameter.name] = hint
            parameters += _fields_as_parameters(hint)
        else:
            parameters.append(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY))

    def call(**values: Any) -> None:
        for group_name, group in groups.items():
            own = {item.name: values.pop(item.name) for item in dataclasses.fields(group)}
            values[group_name] = group(**own)
        function(**values)

    call.__name__, call.__doc__ = function.__name__, function.__doc__
    call.__module__ = function.__module__
    call.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    call.__annotations__ = {item.name: item.annotation for item in parameters}
    return call


def _fields_as_parameters(group: type[Any]) -> list[inspect.Parameter]:
    hints = typing.get_type_hints(group, include_extras=True)
    return [
        inspect.Parameter(
            item.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=item.default,
            annotation=hints[item.name],
        )
        for item in dataclasses.fields(group)
    ]
