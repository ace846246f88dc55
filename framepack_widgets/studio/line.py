"""One kept-open HTTP line to a Gradio server: call an endpoint, read its event stream, fetch files.

gradio_client opens a new HTTP client, and with it a new TLS context, for every call (40 ms of CPU);
following a render asks once a second, for hours. It also ties all calls to one session whose answers
cannot be read after a crash. Hence this line: the same protocol (`queue/join`, `queue/data`), one
connection, a session of our own choosing for each call. No retries here: who calls knows what a
second try would mean.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx

from framepack_widgets.errors import StudioRefused, StudioUnreachable
from framepack_widgets.studio.protocol import SessionUnknown

CALL_TIMEOUT_S = 30.0
_TIMEOUT = httpx.Timeout(CALL_TIMEOUT_S, connect=10.0)


class Line:
    """HTTP to one server.

    root: the address the user gave, without a trailing slash; the server's own idea of its address
    (an inner host name behind a proxy) is never followed.
    """

    def __init__(
        self,
        root: str,
        *,
        headers: Mapping[str, str],
        cookies: Mapping[str, str],
        verify: Any,
        auth: tuple[str, str] | None = None,
    ) -> None:
        self.root = root.rstrip("/")
        self.prefix = ""
        self._one_request = True  # until the server says otherwise
        common: dict[str, Any] = {
            "headers": {"accept-encoding": "identity", **headers},
            "cookies": dict(cookies),
            "verify": verify,
            "auth": auth,
            "timeout": _TIMEOUT,
            "limits": httpx.Limits(max_keepalive_connections=4, keepalive_expiry=60),
            "follow_redirects": False,
        }
        self._http = httpx.AsyncClient(**common)
        # Asked once a second for hours: in a worker thread, this costs half of what the other does.
        self._quick = httpx.Client(**common)

    @property
    def api(self) -> str:
        """Where the endpoints are: the root plus the server's own prefix."""
        return self.root + self.prefix

    async def aclose(self) -> None:
        await self._http.aclose()
        self._quick.close()

    async def get_json(self, path: str) -> Any:
        """JSON from a path below the root."""
        with translated(self.root):
            response = await self._http.get(self.root + path)
            check(response, self.root)
            return _decoded(response, self.root)

    async def join(self, fn_index: int, data: list[Any], session_hash: str) -> str:
        """Ask for a call; it is processed whether or not its answer is ever read. Its event id."""
        body = {
            "data": data,
            "fn_index": fn_index,
            "session_hash": session_hash,
            "event_data": None,
            "trigger_id": None,
        }
        with translated(self.root):
            response = await self._http.post(f"{self.api}/queue/join", json=body)
            check(response, self.root)
            answer = _decoded(response, self.root)
        if not isinstance(answer, dict) or not answer.get("event_id"):
            raise StudioRefused(f"The Studio at {self.root} did not take the call: {answer!r:.200}")
        return str(answer["event_id"])

    async def answers(
        self, session_hash: str, timeout_s: float = CALL_TIMEOUT_S
    ) -> AsyncIterator[dict[str, Any]]:
        """The messages of a session, until its calls are over. Can be read once only.

        Raises SessionUnknown where the server holds nothing for it.
        """
        url = f"{self.api}/queue/data"
        timeout = httpx.Timeout(timeout_s, connect=10.0)
        with translated(self.root):
            async with self._http.stream(
                "GET", url, params={"session_hash": session_hash}, timeout=timeout
            ) as response:
                if response.status_code == 404:
                    raise SessionUnknown(session_hash)
                check(response, self.root)
                async for message in _messages(response):
                    if _is_unknown(message):
                        raise SessionUnknown(session_hash)
                    yield message

    async def result(self, session_hash: str, timeout_s: float = CALL_TIMEOUT_S) -> list[Any]:
        """The outputs of the one call made under that session."""
        data: list[Any] | None = None
        async for message in self.answers(session_hash, timeout_s):
            if message.get("msg") == "process_completed":
                data = outputs_of(message, self.root)
            elif message.get("msg") == "unexpected_error":
                raise StudioUnreachable(
                    f"The Studio at {self.root} broke off: {message.get('message', '')}"
                )
        if data is None:
            raise StudioUnreachable(f"The Studio at {self.root} ended its answer before the result.")
        return data

    async def ask(self, name: str, fn_index: int, data: list[Any]) -> list[Any]:
        """Call an endpoint outside the server's waiting line, in one request, where it allows that.

        For cheap questions only: what runs this way is not held back by anything.
        """
        if not self._one_request:
            return await self.call(fn_index, data)
        url = f"{self.api}/run/{name}"
        with translated(self.root):
            response = await asyncio.to_thread(self._quick.post, url, json={"data": data})
            if response.status_code in (401, 404, 405):  # closed there; the line is always open
                self._one_request = False
                return await self.call(fn_index, data)
            check(response, self.root, what=f"/{name}")
            answer = _decoded(response, self.root)
        return list(answer.get("data") or []) if isinstance(answer, dict) else []

    async def call(self, fn_index: int, data: list[Any]) -> list[Any]:
        """Call an endpoint and return its outputs, all of them, in the server's order."""
        session_hash = new_session()
        await self.join(fn_index, data, session_hash)
        return await self.result(session_hash)

    async def upload(self, name: str, content: bytes) -> str:
        """Upload a file; its path on the server."""
        with translated(self.root):
            response = await self._http.post(
                f"{self.api}/upload",
                files={"files": (name, content)},
                timeout=httpx.Timeout(CALL_TIMEOUT_S, write=600.0, read=600.0),
            )
            check(response, self.root, what=f"the upload of {name}")
            answer = _decoded(response, self.root)
        if not isinstance(answer, list) or not answer:
            raise StudioRefused(f"The Studio at {self.root} did not take the upload of {name}.")
        return str(answer[0])

    def file_url(self, path: str) -> str:
        """Where a file of the server's is served."""
        from urllib.parse import quote

        return f"{self.api}/file={quote(path, safe='/:')}"

    async def get_file(self, path: str) -> httpx.Response:
        """A small file of the server's, read whole; its status is the caller's to judge."""
        with translated(self.root):
            return await asyncio.to_thread(self._quick.get, self.file_url(path))

    @asynccontextmanager
    async def open_file(
        self, path: str, headers: Mapping[str, str] | None = None, method: str = "GET"
    ) -> AsyncIterator[httpx.Response]:
        """A response whose body is that file; its status is the caller's to judge."""
        with translated(self.root):
            async with self._http.stream(
                method, self.file_url(path), headers=dict(headers or {})
            ) as response:
                yield response


def new_session() -> str:
    """A session hash nobody used before."""
    return uuid.uuid4().hex


def outputs_of(message: Mapping[str, Any], root: str) -> list[Any]:
    """The outputs in a `process_completed` message. Raises StudioRefused with the server's reason."""
    output = message.get("output") or {}
    if message.get("success") is False:
        reason = output.get("error") or message.get("title") or "no reason given"
        raise StudioRefused(f"The Studio at {root} refused the call: {reason}")
    return list(output.get("data") or [])


def _is_unknown(message: Mapping[str, Any]) -> bool:
    if message.get("msg") != "unexpected_error":
        return False
    text = str(message.get("message") or "").lower()
    return bool(message.get("session_not_found")) or text.startswith("404")


class translated:  # noqa: N801 - reads as a word in `with translated(root):`
    """Turns what httpx raises into this package's errors; the only place that does."""

    def __init__(self, root: str) -> None:
        self.root = root

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, httpx.TimeoutException):
            raise StudioUnreachable(
                f"The Studio at {self.root} did not answer in time ({type(error).__name__}). "
                "Is it busy loading a model, or the connection slow?"
            ) from error
        if isinstance(error, (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError)):
            raise StudioUnreachable(
                f"The Studio at {self.root} cannot be reached: {error or type(error).__name__}. "
                "Is it running, and is the address right?"
            ) from error


def check(response: httpx.Response, root: str, what: str = "the request") -> None:
    """Raises for an HTTP status that is no answer of a Studio."""
    status = response.status_code
    if status < 300:
        return
    if status in (401, 403):
        raise StudioRefused(refusal(response, root))
    if status in (502, 503, 504):
        raise StudioUnreachable(
            f"A proxy in front of {root} answers {status}: the Studio behind it is down or starting."
        )
    if status < 400:
        raise StudioUnreachable(
            f"{root} redirects to {response.headers.get('location', 'elsewhere')}. "
            "Connect to that address, if it is yours."
        )
    raise StudioRefused(f"The Studio at {root} answered {what} with HTTP {status}.")


def refusal(response: httpx.Response, root: str) -> str:
    """What a 401 or 403 asks for: HTTP Basic, a token, or the Studio's own login."""
    challenge = response.headers.get("www-authenticate", "").lower()
    if challenge.startswith("basic"):
        return (
            f"A proxy in front of {root} wants HTTP Basic credentials. "
            "Connect to https://user:password@host, or give headers={'Authorization': ...}."
        )
    if challenge.startswith("bearer"):
        return f"A proxy in front of {root} wants a token. Connect with token=..."
    if "application/json" in response.headers.get("content-type", ""):
        return (
            f"The Studio at {root} wants its own login (or refused the one given). "
            "Connect with auth=('user', 'password')."
        )
    return (
        f"{root} answers {response.status_code} without saying what it wants: "
        "a token (token=...), headers (headers={...}) or another address."
    )


def _decoded(response: httpx.Response, root: str) -> Any:
    try:
        return response.json()
    except ValueError as error:
        kind = response.headers.get("content-type", "something unnamed").split(";")[0]
        raise StudioUnreachable(
            f"{root} answered with {kind} where a Studio sends JSON: a proxy's or a login page. "
            "Open the address in a browser to see what is there."
        ) from error


async def _messages(response: httpx.Response) -> AsyncIterator[dict[str, Any]]:
    buffer = b""
    async for chunk in response.aiter_raw():
        buffer += chunk
        while b"\n\n" in buffer:
            event, buffer = buffer.split(b"\n\n", 1)
            if event.startswith(b"data:"):
                yield json.loads(event[5:])
