"""From an address to a Studio: find it, log in, make sure that it is one."""

from __future__ import annotations

import asyncio
import base64
import logging
import os
import re
import ssl
import sys
import threading
import traceback
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import httpx

from framepack_widgets import logins
from framepack_widgets.errors import FramePackError, NotAStudio, StudioRefused, StudioUnreachable
from framepack_widgets.studio import wire
from framepack_widgets.studio.address import ENVIRONMENT, Address, from_environment, parse, usual
from framepack_widgets.studio.client import StudioClient
from framepack_widgets.studio.diagnosis import LOOK, check, decoded, not_gradio
from framepack_widgets.studio.line import Line

_log = logging.getLogger(__name__)
_CONFIG_TIMEOUT_S = 15.0  # for the first word of a server
_FIND_TIMEOUT_S = 1.3  # for all usual ports of this machine together
_KEYRING_TIMEOUT_S = 30.0  # a keyring may ask its owner first
_silent: threading.Thread | None = None  # one that has asked the keyring in vain
_GRACE_S = 0.2  # for lower ports, once a Studio was found on a higher one


@dataclass(frozen=True)
class Credentials:
    """How to get in. Kept in memory only.

    token: sent as `Authorization: Bearer <token>`, for a proxy or a private host.
    auth: user and password of the Studio's own (Gradio's) login page.
    headers: sent with every request; they win over what `token` would send.
    verify: False accepts any certificate; a path (a PEM file, or a folder of them) or an
    ssl.SSLContext names the ones to trust.
    """

    token: str | None = None
    auth: tuple[str, str] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    verify: bool | str | os.PathLike[str] | ssl.SSLContext = True

    def __repr__(self) -> str:
        return "Credentials(...)"

    @property
    def is_empty(self) -> bool:
        return not (self.token or self.auth or self.headers)

    def names_somebody(self, address: Address) -> bool:
        """Whether somebody said, here or in the address, who we are."""
        named = "authorization" in {str(name).lower() for name in self.headers}
        return bool(self.token or self.auth or address.basic or named)

    def login(self) -> tuple[str, str] | None:
        """User and password of the Studio's own login. Raises StudioRefused for anything else."""
        if self.auth is None:
            return None
        if isinstance(self.auth, str) or len(self.auth) != 2:
            raise StudioRefused("auth= takes a pair: auth=('user', 'password').")
        return str(self.auth[0]), str(self.auth[1])

    def all_headers(self, basic: tuple[str, str] | None = None) -> dict[str, str]:
        """Every header to send; basic: user and password of an address.

        Raises StudioRefused, never showing a value, for what no server could be sent.
        """
        headers = {str(name): str(value).strip() for name, value in self.headers.items()}
        ours = [("token=", f"Bearer {self.token.strip()}")] if self.token else []
        if basic is not None:
            pair = base64.b64encode(":".join(basic).encode()).decode("ascii")
            ours.append(("the user and password in the address", f"Basic {pair}"))
        if "authorization" not in {name.lower() for name in headers}:
            if len(ours) > 1:
                raise StudioRefused(
                    f"{ours[0][0]} and {ours[1][0]} would both be sent as the Authorization "
                    "header, and there is only one. Leave one of them out."
                )
            headers.update(("Authorization", value) for _, value in ours)
        for name, value in headers.items():
            if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name):
                raise StudioRefused(f"{name!r} cannot be the name of a header. See headers=.")
            if not re.fullmatch(r"[\t\x20-\x7e]*", value):
                raise StudioRefused(
                    f"The value of {name} has a character that no header can carry (a line break, "
                    "a letter outside ASCII). Was it copied whole? See token= and headers=."
                )
        return headers


def tls_context(
    address: Address, verify: bool | str | os.PathLike[str] | ssl.SSLContext
) -> ssl.SSLContext:
    """One TLS context for all connections; making one costs 40 ms, so plain HTTP gets a bare one.

    Raises StudioUnreachable where `verify` names no certificates.
    """
    if isinstance(verify, ssl.SSLContext):
        return verify
    if not address.is_tls:
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if isinstance(verify, bool):
        return httpx.create_ssl_context(verify=verify)
    path = os.path.expanduser(os.fspath(verify))  # noqa: PTH111 - ssl takes texts
    try:
        folder = os.path.isdir(path)  # noqa: PTH112
        context = ssl.create_default_context(
            capath=path if folder else None, cafile=None if folder else path
        )
    except OSError as error:  # ssl.SSLError is one
        raise StudioUnreachable(
            f"verify={path!r} names no certificate that can be read: {error.strerror or error}. "
            "Give a PEM file ('-----BEGIN CERTIFICATE-----')."
        ) from error
    # Who names a certificate means that one: it need not be a well-formed authority's (which 3.13
    # asks for), nor its own issuer.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


async def open_client(url: str, credentials: Credentials) -> StudioClient:
    """The Studio at `url`.

    Where nothing was given to get in with and the server turns us away, what the environment or
    the keyring has for that address is tried.
    Raises StudioUnreachable (nobody answers), NotAStudio (somebody else does), StudioRefused (a
    login, a token or HTTP Basic is wanted; the message says which).
    """
    address = parse(url)
    try:
        return await open_at(address, credentials)
    except FramePackError as error:
        nobody = isinstance(error.__cause__, (httpx.HTTPError, OSError))
        login = None if nobody or credentials.names_somebody(address) else await _kept(address)
        if login is None:
            raise
    try:
        found = replace(credentials, token=login.token, auth=login.auth)
        return await open_at(replace(address, basic=login.basic), found)
    except FramePackError as error:
        raise type(error)(f"{error}\n(What was sent is from {login.source}.)") from error


async def _kept(address: Address) -> logins.Login | None:
    """What is kept for that address. The keyring is asked in a thread: it may take its time."""
    global _silent  # noqa: PLW0603 - there is one keyring
    given = logins.from_environment(address.root)
    if given is not None:
        return given
    if _silent is not None and _silent.is_alive():
        return None  # it still has an earlier question: one connection waits for that, not each
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[logins.Login | None] = loop.create_future()

    def tell(login: logins.Login | None) -> None:
        if not answer.done():
            answer.set_result(login)

    def ask() -> None:
        login = logins.saved(address.root)
        with suppress(RuntimeError):  # nobody waits any more
            loop.call_soon_threadsafe(tell, login)

    asking = threading.Thread(target=ask, name="framepack-keyring", daemon=True)
    asking.start()
    try:
        return await asyncio.wait_for(answer, _KEYRING_TIMEOUT_S)
    except asyncio.TimeoutError:
        _silent = asking
        frame = sys._current_frames().get(asking.ident or 0)
        where = "".join(traceback.format_stack(frame)) if frame is not None else ""
        _log.warning("The keyring has not answered for %d s:\n%s", _KEYRING_TIMEOUT_S, where)
        return None


async def open_at(address: Address, credentials: Credentials) -> StudioClient:
    """The Studio there, let in with these credentials and no others. Raises as `open_client`."""
    line = Line(
        address.root,
        headers=credentials.all_headers(address.basic),
        verify=tls_context(address, credentials.verify),
        login=credentials.login(),
    )
    try:
        await line.log_in()
        return StudioClient(line, await _config(line))
    except BaseException:
        await line.aclose()
        raise


async def _config(line: Line) -> Mapping[str, Any]:
    response = await line.get("/config", _CONFIG_TIMEOUT_S)
    if response.status_code in (404, 405, 501):
        raise not_gradio(line.root)
    check(response, line.root)
    config = decoded(response, line.root)
    if not isinstance(config, Mapping) or "dependencies" not in config:
        raise not_gradio(line.root)
    if not wire.is_studio(config):
        title = str(config.get("title") or "untitled")[:80]
        raise NotAStudio(
            f"{line.root} is a Gradio server ({title!r}), but not a FramePack Studio: "
            f"it has no /handle_start_button. {LOOK}"
        )
    return config


async def find(credentials: Credentials) -> StudioClient:
    """The Studio that the environment names, else that on the lowest of this machine's usual ports.

    Credentials are only sent to the one that was chosen, not to whatever listens on those ports.
    Raises StudioUnreachable, naming where was looked, and what else was there.
    """
    given = from_environment()
    if given is not None:
        try:
            return await open_client(given, credentials)
        except FramePackError as error:
            raise type(error)(f"{error}\n(That address is from {ENVIRONMENT}.)") from error
    url, client, told = await _look_around(replace(credentials, token=None, auth=None, headers={}))
    if client is not None and credentials.is_empty:
        return client
    if client is not None:
        await client.aclose()
    if url is not None:
        return await open_client(url, credentials)
    also = "".join(f"\n- {error}" for error in told)
    raise StudioUnreachable(
        f"No FramePack Studio found on ports {usual()[0].rsplit(':', 1)[1]} to "
        f"{usual()[-1].rsplit(':', 1)[1]} of this machine, and {ENVIRONMENT} is not set.{also}\n"
        "Start your Studio, give its address, or try the built-in one: connect('demo')."
    )


async def _look_around(
    nobody: Credentials,
) -> tuple[str | None, StudioClient | None, list[FramePackError]]:
    """Where a Studio is, a client if it lets everybody in, and what else was met."""
    loop = asyncio.get_running_loop()
    urls = usual()
    tasks = [asyncio.ensure_future(open_at(parse(url), nobody)) for url in urls]
    end = loop.time() + _FIND_TIMEOUT_S
    found: int | None = None
    try:
        while waiting := [task for task in tasks[:found] if not task.done()]:
            left = end - loop.time()
            if left <= 0:
                break
            await asyncio.wait(waiting, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            good = next((n for n, task in enumerate(tasks) if _is_good(task)), None)
            if good is not None and found is None:
                end = min(end, loop.time() + _GRACE_S)
            found = good
        return await _chosen(urls, tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _chosen(
    urls: list[str], tasks: list[asyncio.Task[StudioClient]]
) -> tuple[str | None, StudioClient | None, list[FramePackError]]:
    url, client, refusing = None, None, None
    told: list[FramePackError] = []
    for where, task in zip(urls, tasks):
        if not task.done():
            told.append(StudioUnreachable(f"{where} takes connections, but does not answer."))
        elif _is_good(task):
            if client is None:
                url, client = where, task.result()
            else:
                await task.result().aclose()
        else:
            error = task.exception()
            if isinstance(error, StudioRefused):
                refusing = refusing or where
            elif isinstance(error, NotAStudio):
                told.append(error)
            elif not isinstance(error, StudioUnreachable) and error is not None:
                raise error
    return url or refusing, client, told


def _is_good(task: asyncio.Task[StudioClient]) -> bool:
    return task.done() and not task.cancelled() and task.exception() is None
