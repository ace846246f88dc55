"""From an address to a Studio: find it, log in, make sure that it is one."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from framepack_widgets.errors import FramePackError, NotAStudio, StudioRefused, StudioUnreachable
from framepack_widgets.studio import wire
from framepack_widgets.studio.address import ENVIRONMENT, Address, candidates, parse
from framepack_widgets.studio.client import StudioClient
from framepack_widgets.studio.line import Line, check, refusal, translated

_FIND_TIMEOUT_S = 1.5  # for all usual ports of this machine together


@dataclass(frozen=True)
class Credentials:
    """How to get in. Kept in memory only.

    token: sent as `Authorization: Bearer <token>`, for a proxy or a private host.
    auth: user and password of the Studio's own (Gradio's) login page.
    headers: sent with every request; they win over what `token` would send.
    verify: False accepts any certificate; a path or an ssl.SSLContext names the ones to trust.
    """

    token: str | None = None
    auth: tuple[str, str] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    verify: bool | str | ssl.SSLContext = True

    def __repr__(self) -> str:
        return "Credentials(...)"

    def all_headers(self) -> dict[str, str]:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return {**headers, **self.headers}


def tls_context(address: Address, verify: bool | str | ssl.SSLContext) -> ssl.SSLContext:
    """One TLS context for all connections; making one costs 40 ms, so plain HTTP gets a bare one."""
    if isinstance(verify, ssl.SSLContext):
        return verify
    if not address.is_tls:
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if isinstance(verify, str):
        return ssl.create_default_context(cafile=verify)
    return httpx.create_ssl_context(verify=verify)


async def open_client(url: str, credentials: Credentials) -> StudioClient:
    """The Studio at `url`.

    Raises StudioUnreachable (nobody answers), NotAStudio (somebody else does), StudioRefused (a
    login, a token or HTTP Basic is wanted; the message says which).
    """
    address = parse(url)
    context = tls_context(address, credentials.verify)
    line = Line(
        address.root,
        headers=credentials.all_headers(),
        cookies=await _login(address, credentials, context) if credentials.auth else {},
        verify=context,
        auth=address.basic,
    )
    try:
        config = await _config(line)
        return StudioClient(line, config)
    except BaseException:
        await line.aclose()
        raise


async def _config(line: Line) -> Mapping[str, Any]:
    try:
        config = await line.get_json("/config")
    except StudioRefused as error:
        if "HTTP 404" in str(error):
            raise NotAStudio(
                f"Something answers at {line.root}, but it is no Gradio server. {_LOOK}"
            ) from error
        raise
    except StudioUnreachable as error:
        if "where a Studio sends JSON" in str(error):
            raise NotAStudio(str(error)) from error
        raise
    if not isinstance(config, Mapping) or "dependencies" not in config:
        raise NotAStudio(f"Something answers at {line.root}, but it is no Gradio server. {_LOOK}")
    if not wire.is_studio(config):
        title = str(config.get("title") or "untitled")[:80]
        raise NotAStudio(
            f"{line.root} is a Gradio server ({title!r}), but not a FramePack Studio: "
            f"it has no /handle_start_button. {_LOOK}"
        )
    return config


async def _login(
    address: Address, credentials: Credentials, context: ssl.SSLContext
) -> dict[str, str]:
    """Cookies of the Studio's own login."""
    user, password = credentials.auth or ("", "")
    async with httpx.AsyncClient(
        headers=credentials.all_headers(), verify=context, auth=address.basic
    ) as http:
        with translated(address.root):
            response = await http.post(
                f"{address.root}/login", data={"username": user, "password": password}
            )
    if response.status_code in (400, 401, 403):
        if response.headers.get("www-authenticate"):
            raise StudioRefused(refusal(response, address.root))
        raise StudioRefused(
            f"The Studio at {address.root} does not accept the login of {user!r}. "
            "Check user and password."
        )
    if response.status_code == 404:
        return {}  # a server without a login of its own needs no cookies
    check(response, address.root, what="the login")
    return dict(response.cookies)


async def find(credentials: Credentials) -> StudioClient:
    """The Studio that the environment names, else the first one on this machine's usual ports.

    Raises StudioUnreachable, naming where was looked.
    """
    urls = candidates()
    if len(urls) == 1:
        return await open_client(urls[0], credentials)
    tasks = [asyncio.ensure_future(open_client(url, credentials)) for url in urls]
    await asyncio.wait(tasks, timeout=_FIND_TIMEOUT_S)
    found: StudioClient | None = None
    told: list[FramePackError] = []
    for task in tasks:
        if not task.done():
            task.cancel()
            continue
        error = task.exception()
        if error is None:
            if found is None:
                found = task.result()
            else:
                await task.result().aclose()
        elif isinstance(error, (NotAStudio, StudioRefused)):
            told.append(error)
        elif not isinstance(error, StudioUnreachable):
            raise error
    if found is not None:
        return found
    if told and isinstance(told[0], StudioRefused):
        raise told[0]
    also = "".join(f"\n- {error}" for error in told)
    raise StudioUnreachable(
        f"No FramePack Studio found on ports {urls[0].rsplit(':', 1)[1]} to "
        f"{urls[-1].rsplit(':', 1)[1]} of this machine, and {ENVIRONMENT} is not set.{also}\n"
        "Start your Studio, give its address, or try the built-in one: connect('demo')."
    )


_LOOK = "Open the address in a browser to see what is there; a Studio's page has 'FramePack Studio' on top."
