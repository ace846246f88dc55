"""What goes wrong between us and a Studio, in words: each kind of failure, and what to do about it.

The only place that turns what httpx raises, and HTTP statuses, into this package's errors. Nothing
here quotes what was sent: credentials travel in headers, and headers are never shown.
"""

from __future__ import annotations

import json
import re
import socket
import ssl
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin, urlsplit, urlunsplit

import httpx

from framepack_widgets.errors import FramePackError, NotAStudio, StudioRefused, StudioUnreachable
from framepack_widgets.studio.protocol import CallRefused

_PROXY_TROUBLE = (502, 503, 504, *range(520, 531))  # the latter are Cloudflare's own
LOOK = (
    "Open the address in a browser to see what is there; "
    "a Studio's page has 'FramePack Studio' on top."
)


class translated:  # noqa: N801 - reads as a word in `with translated(root):`
    """Turns what httpx raises into StudioUnreachable with the reason and the way out."""

    def __init__(self, root: str) -> None:
        self.root = root

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError)):
            raise StudioUnreachable(reason(error, self.root)) from error


def reason(error: BaseException, root: str) -> str:
    """Why `root` could not be reached."""
    causes = list(_causes(error))
    parts = urlsplit(root)
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return (
            f"There is no host named {parts.hostname!r}, or the network is down. Check the address."
        )
    certificate = next((c for c in causes if isinstance(c, ssl.SSLCertVerificationError)), None)
    if certificate is not None:
        return (
            f"The TLS certificate of {root} is not trusted: "
            f"{certificate.verify_message.rstrip('.')}. If it is your own, connect with "
            "verify='path/to/its-certificate.pem' (or verify=False: trusts whoever answers)."
        )
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        plain = urlunsplit(("http", *parts[1:]))
        return f"What answers at {root} does not speak TLS (https). Try {plain}"
    if isinstance(error, httpx.ProxyError):
        return (
            f"The network's proxy (HTTP_PROXY or HTTPS_PROXY) does not let us through to {root}: "
            f"{error}. Set NO_PROXY={parts.hostname} if it can be reached directly."
        )
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        hint = _port_hint(root)
        return f"Nothing listens at {root}. Start the Studio, or check the address.{hint}"
    if isinstance(error, httpx.ConnectTimeout):
        return (
            f"No connection to {root}: nothing answers there at all. Is that machine on, the "
            f"address right, and the port open in its firewall?{_port_hint(root)}"
        )
    if isinstance(error, httpx.TimeoutException):
        return (
            f"{root} did not answer in time ({type(error).__name__}). A Studio that is loading a "
            "model may need a while: try again. If it stays so, something else listens there."
        )
    if isinstance(error, (httpx.RemoteProtocolError, httpx.ReadError)):
        other = "" if parts.scheme == "https" else " If it speaks TLS, write https://."
        why = error or "no reason given"
        return f"{root} broke the connection off: {why}. Is it still up?{other}"
    return f"{root} cannot be reached: {error or type(error).__name__}. Is the address right?"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error, what it came from, and the members of groups on the way."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        current = waiting.pop()
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        waiting += [current.__cause__, current.__context__]
        waiting += getattr(current, "exceptions", ())


def _port_hint(root: str) -> str:
    if urlsplit(root).port is not None:
        return ""
    return " The address names no port; a Studio of your own usually has 7860."


def check_call(response: httpx.Response, root: str) -> None:
    """As `check`, for a call: CallRefused where the server says no to the call itself.

    Such a call would be refused again; a login that is wanted, or a proxy's no, may pass.
    """
    said = _reason_in(response) if response.status_code in (400, 422, 500) else None
    if said:
        raise CallRefused(f"The Studio at {root} refused the call: {said}")
    check(response, root, what="the call")


def check(response: httpx.Response, root: str, what: str = "the request") -> None:
    """Raises for an HTTP status that is no answer of a Studio.

    StudioUnreachable for what may pass (a proxy without its server), StudioRefused for a no.
    """
    status = response.status_code
    if status < 300:
        return
    if status < 400:
        raise StudioUnreachable(_redirected(response, root))
    if status in (401, 403):
        raise StudioRefused(refusal(response, root))
    if status == 400 and "https port" in _start_of(response).lower():
        secure = urlunsplit(("https", *urlsplit(root)[1:]))
        raise StudioUnreachable(f"{root} speaks TLS: connect to {secure}")
    said = _reason_in(response)
    if status == 413:
        raise StudioRefused(
            f"A proxy in front of {root} refuses {what} as too large (HTTP 413). Use a smaller "
            "picture or video, or raise its limit (nginx: client_max_body_size)."
        )
    if status == 429 or (status == 503 and said):
        raise StudioUnreachable(f"{root} is too busy (HTTP {status}): {said or 'try again later'}.")
    if status in _PROXY_TROUBLE:
        raise StudioUnreachable(
            f"A proxy in front of {root} answers {status}: the Studio behind it is down or "
            "starting. Wait, or look at the machine it runs on."
        )
    raise StudioRefused(
        f"The Studio at {root} answered {what} with HTTP {status}{': ' if said else ''}{said}. "
        "Its own console may say why."
    )


def refusal(response: httpx.Response, root: str) -> str:
    """What a 401 or 403 asks for: HTTP Basic, a token, or the Studio's own login."""
    sent = response.request.headers.get("authorization", "").partition(" ")[0].lower()
    challenge = response.headers.get("www-authenticate", "").lower()
    basic_way = (
        "Connect to https://user:password@host, or give headers={'Authorization': 'Basic ...'}."
    )
    if wants_login(response):
        return (
            f"The Studio at {root} wants its own login (or no longer knows the one given). "
            "Connect with auth=('user', 'password')."
        )
    if challenge.startswith("basic"):
        if sent == "basic":
            return (
                f"A proxy in front of {root} does not accept that user and password (HTTP Basic). "
                f"Check both. {basic_way}"
            )
        return f"A proxy in front of {root} wants a user and password (HTTP Basic). {basic_way}"
    if challenge.startswith("bearer"):
        if sent == "bearer":
            return (
                f"A proxy in front of {root} does not accept that token: it may have expired. "
                "Get a new one and connect with token=..."
            )
        return f"A proxy in front of {root} wants a token. Connect with token=..."
    if sent:
        return (
            f"{root} does not accept the credentials given (HTTP {response.status_code}). Check "
            "them, and that the address is the one they are for."
        )
    return (
        f"{root} answers {response.status_code} without saying what it wants: a token (token=...), "
        "HTTP Basic (https://user:password@host), headers (headers={...}) or another address."
    )


def wants_login(response: httpx.Response) -> bool:
    """Whether this is Gradio's own 401; a proxy's says what it wants in `www-authenticate`."""
    if response.status_code != 401 or response.headers.get("www-authenticate"):
        return False
    detail = _json_of(response).get("detail")
    if isinstance(detail, dict):  # since 6: with the text of the login page beside it
        detail = detail.get("error")
    return detail == "Not authenticated"


def decoded(response: httpx.Response, root: str) -> Any:
    """The response's JSON. Raises NotAStudio for a page of somebody else's."""
    try:
        return response.json()
    except ValueError as error:
        kind = response.headers.get("content-type", "something unnamed").split(";")[0].strip()
        title = re.search(r"<title[^>]*>\s*(.{1,80}?)\s*<", _start_of(response), re.I | re.S)
        named = f" titled {title[1]!r}" if title else ""
        raise NotAStudio(
            f"{root} answered with {kind}{named} where a Studio sends JSON: the login page of a "
            f"proxy, or another server. {LOOK} If it asks for a login there, connect with "
            "token=..., headers={...} or https://user:password@host."
        ) from error


def _redirected(response: httpx.Response, root: str) -> str:
    """Where a redirect leads, without what its query may carry."""
    asked = urlsplit(str(response.request.url))
    there = urlsplit(urljoin(str(response.request.url), response.headers.get("location", "")))
    tail = asked.path.removeprefix(urlsplit(root).path)
    host = there.hostname or "elsewhere"
    netloc = f"{host}:{there.port}" if there.port else host
    if there.path.endswith(tail) and tail != "/":
        target = urlunsplit((there.scheme, netloc, there.path.removesuffix(tail), "", ""))
        return f"{root} sends us on to {target}. Connect to that address, if it is yours."
    return (
        f"{root} sends us on to a page at {there.scheme}://{netloc}{there.path}, probably a login. "
        "Connect with what it lets programs in by: token=..., headers={...}, or another address."
    )


def _start_of(response: httpx.Response) -> str:
    """The first characters of a body; nothing where it has not been read."""
    try:
        return response.text[:4000]
    except httpx.ResponseNotRead:
        return ""


def _json_of(response: httpx.Response) -> dict[str, Any]:
    try:
        value = json.loads(_start_of(response))
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _reason_in(response: httpx.Response) -> str:
    """What the server says of its no, on one line."""
    body = _json_of(response)
    said = body.get("detail") or body.get("error") or ""
    return " ".join(str(said).split())[:200].rstrip(".")


def not_gradio(root: str) -> FramePackError:
    """Something answers, but not as Gradio does."""
    path = urlsplit(root).path
    hint = f" Is the path {path} right?" if path else ""
    return NotAStudio(f"Something answers at {root}, but it is no Gradio server.{hint} {LOOK}")
