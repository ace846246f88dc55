"""`framepack-widgets login` and `logout`: a way in, kept in the system's keyring."""

from __future__ import annotations

from typing import Annotated

import typer

import framepack_widgets as fp
from framepack_widgets.cli.options import PASSWORD, TOKEN, Output, secret

_Url = Annotated[str, typer.Argument(metavar="URL", help="Address of the Studio.")]


def login(
    url: _Url,
    *,
    output: Output,
    user: Annotated[
        str | None,
        typer.Option("--user", metavar="USER", help="User of the Studio's own login page."),
    ] = None,
    basic: Annotated[
        str | None,
        typer.Option("--basic", metavar="USER", help="User of a proxy (HTTP Basic)."),
    ] = None,
    check: Annotated[
        bool,
        typer.Option("--check/--no-check", help="Keep it only if the Studio lets us in with it."),
    ] = True,
    verify: Annotated[
        bool, typer.Option("--verify/--no-verify", help="Check the server's TLS certificate.")
    ] = True,
) -> None:
    """Keep a token, or a user's password, in the system's keyring; it is asked for, unseen."""
    if user and basic:
        raise typer.BadParameter("give --user or --basic, not both")
    name = user or basic
    given = secret(PASSWORD, f"Password of {name}") if name else secret(TOKEN, "Token")
    if check:
        _try(url, name, given, basic=bool(basic), verify=verify)
    if name:
        fp.save_login(url, name, given, basic=bool(basic))
    else:
        fp.save_token(url, given)
    told = {"url": url, "saved": "login" if name else "token"}
    output.talk().result(told, f"Kept in the keyring: connecting to {url} finds it by itself.")


def logout(url: _Url, output: Output) -> None:
    """Remove what `login` kept for that address from the keyring."""
    gone = fp.forget_login(url)
    text = "Removed from the keyring." if gone else f"The keyring had nothing for {url}."
    output.talk().result({"url": url, "removed": gone}, text)


def _try(url: str, user: str | None, given: str, *, basic: bool, verify: bool) -> None:
    """Raises what `connect` raises where it does not let us in."""
    from dataclasses import replace

    from framepack_widgets import _loop
    from framepack_widgets.studio.address import parse
    from framepack_widgets.studio.connect import Credentials, open_at

    address = parse(url)
    credentials = Credentials(verify=verify, token=None if user else given)
    if user and basic:
        address = replace(address, basic=(user, given))
    elif user:
        credentials = replace(credentials, auth=(user, given))

    async def look() -> None:
        await (await open_at(address, credentials)).aclose()

    _loop.run(look())
