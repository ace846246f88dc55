"""One kept-open HTTP line to a Gradio server: call an endpoint, read its event stream, fetch files.

gradio_client opens a new HTTP client, and with it a new TLS context, for every call (40 ms of CPU);
following a render asks once a second, for hours. It also ties all calls to one session whose
answers cannot be read after a crash. Hence this line: the same protocol (`queue/join`,
`queue/data`), one connection, a session of our own choosing for each call.

What may be asked twice without harm is asked again where a kept-open connection turns out dead; a
submission never is. What was turned away because the server forgot our login (it was restarted) was
not looked at: it is sent again after a new login.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, BinaryIO
from urllib.parse import quote

import httpx

from framepack_widgets.errors import StudioRefused, StudioUnreachable
from framepack_widgets.studio.address import is_local
from framepack_widgets.studio.diagnosis import check, check_call, decoded, translated, wants_login
from framepack_widgets.studio.protocol import SessionUnknown
from framepack_widgets.studio.quick import DEAD_CONNECTION, Quick
from framepack_widgets.studio.stream import is_unknown_session, messages, outputs_of, patiently

CALL_TIMEOUT_S = 30.0  # of silence
CALL_DEADLINE_S = 180.0  # for a call as a whole, waiting in the server's line included
_UPLOAD_TIMEOUT_S = 600.0
_CONNECT_TIMEOUT_S = 10.0
# A Gradio server closes a connection that was idle for 5 s: using one at that very moment fails.
_KEEP_OPEN_S = 4.0


class Line:
    """HTTP to one server.

    root: the address the user gave, without a trailing slash; the server's own idea of its address
    (an inner host name behind a proxy) is never followed.
    login: user and password of the server's own login; see `log_in`.
    """

    def __init__(
        self,
        root: str,
        *,
        headers: Mapping[str, str],
        verify: Any,
        login: tuple[str, str] | None = None,
    ) -> None:
        self.root = root.rstrip("/")
        self.prefix = ""
        self.headers = dict(headers)
        self.verify = verify
        self._login = login
        self._logins = 0
        self._door = asyncio.Lock()
        self._one_request = True  # until the server says otherwise
        self._closed = False
        common: dict[str, Any] = {
            "headers": {"accept-encoding": "identity", **headers},
            "verify": verify,
            "timeout": httpx.Timeout(CALL_TIMEOUT_S, connect=_CONNECT_TIMEOUT_S),
            "limits": httpx.Limits(max_keepalive_connections=4, keepalive_expiry=_KEEP_OPEN_S),
            "follow_redirects": False,
            "trust_env": not is_local(root),
        }
        self._http = httpx.AsyncClient(**common)
        self._quick = Quick(httpx.Client(**common))

    def __repr__(self) -> str:
        return f"Line({self.root!r})"

    @property
    def api(self) -> str:
        """Where the endpoints are: the root plus the server's own prefix."""
        return self.root + self.prefix

    @property
    def cookies(self) -> dict[str, str]:
        """What the server knows us by, after a login."""
        return {c.name: c.value for c in self._http.cookies.jar if c.value is not None}

    async def aclose(self) -> None:
        self._closed = True
        self._quick.close()
        await self._http.aclose()

    async def log_in(self) -> None:
        """Log in with the server's own login; nothing happens at a server that has none.

        Raises StudioRefused where user or password are wrong.
        """
        if self._login is None:
            return
        user, password = self._login
        form = {"username": user, "password": password}
        with translated(self.root):
            response = await self._http.post(f"{self.root}/login", data=form)
        if response.status_code == 400:
            raise StudioRefused(
                f"The Studio at {self.root} does not accept the login of {user!r}. Check both."
            )
        if response.status_code not in (404, 405) and not response.has_redirect_location:
            check(response, self.root, what="the login")
        self._quick.cookies.clear()
        self._quick.cookies.update(self._http.cookies)
        self._logins += 1

    async def get(self, path: str, timeout_s: float = CALL_TIMEOUT_S) -> httpx.Response:
        """What is at a path below the root; its status is the caller's to judge."""
        timeout = httpx.Timeout(timeout_s, connect=min(timeout_s, _CONNECT_TIMEOUT_S))
        return await self._send("GET", self.root + path, again=True, timeout=timeout)

    async def get_json(self, path: str) -> Any:
        """JSON from a path below the root."""
        response = await self.get(path)
        check(response, self.root)
        return decoded(response, self.root)

    async def join(self, fn_index: int, data: list[Any], session_hash: str) -> str:
        """Ask for a call; it is processed whether or not its answer is ever read. Its event id."""
        body = {
            "data": data,
            "fn_index": fn_index,
            "session_hash": session_hash,
            "event_data": None,
            "trigger_id": None,
        }
        response = await self._send("POST", f"{self.api}/queue/join", json=body)
        check_call(response, self.root)
        answer = decoded(response, self.root)
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
        timeout = httpx.Timeout(timeout_s, connect=_CONNECT_TIMEOUT_S)
        async with self._opened(
            "GET", url, params={"session_hash": session_hash}, timeout=timeout
        ) as response:
            if response.status_code == 404:
                raise SessionUnknown(session_hash)
            check(response, self.root)
            async for message in messages(response, self.root):
                if is_unknown_session(message):
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
            raise StudioUnreachable(f"The Studio at {self.root} broke off before the result.")
        return data

    async def ask(self, name: str, fn_index: int, data: list[Any]) -> list[Any]:
        """Call an endpoint outside the server's waiting line, in one request, where it allows that.

        For cheap questions only, which change nothing: it may be asked twice.
        """
        if not self._one_request:
            return await self.call(fn_index, data)
        response = await self._quickly("POST", f"{self.api}/run/{name}", json={"data": data})
        if response.status_code in (401, 404, 405):  # closed there; the line is always open
            self._one_request = False
            return await self.call(fn_index, data)
        check(response, self.root, what=f"/{name}")
        answer = decoded(response, self.root)
        return list(answer.get("data") or []) if isinstance(answer, dict) else []

    async def call(
        self, fn_index: int, data: list[Any], session_hash: str | None = None
    ) -> list[Any]:
        """Call an endpoint and return its outputs, all of them, in the server's order."""
        session_hash = session_hash or new_session()
        await self.join(fn_index, data, session_hash)
        reading = self.result(session_hash, CALL_DEADLINE_S)
        alive = partial(self.get_json, self.prefix + "/app_id")
        return await patiently(reading, alive, CALL_DEADLINE_S, self.root)

    async def upload(self, name: str, content: bytes | BinaryIO) -> str:
        """Upload bytes, or an open file as it is read; the path on the server.

        A server keeps uploads by their content, so sending one twice is harmless.
        """
        response = await self._send(
            "POST",
            f"{self.api}/upload",
            again=True,
            files={"files": (name, content)},
            timeout=httpx.Timeout(_UPLOAD_TIMEOUT_S, connect=_CONNECT_TIMEOUT_S),
        )
        check(response, self.root, what=f"the upload of {name}")
        answer = decoded(response, self.root)
        if not isinstance(answer, list) or not answer:
            raise StudioRefused(f"The Studio at {self.root} did not take the upload of {name}.")
        return str(answer[0])

    def file_url(self, path: str) -> str:
        """Where a file of the server's is served."""
        return f"{self.api}/file={quote(path, safe='/:')}"

    async def get_file(self, path: str) -> httpx.Response:
        """A small file of the server's, read whole; its status is the caller's to judge."""
        return await self._quickly("GET", self.file_url(path))

    @asynccontextmanager
    async def open_file(
        self, path: str, headers: Mapping[str, str] | None = None
    ) -> AsyncIterator[httpx.Response]:
        """A response whose body is that file; its status is the caller's to judge."""
        url = self.file_url(path)
        async with self._opened("GET", url, headers=dict(headers or {})) as response:
            yield response

    # ------------------------------------------------------------------ one request

    async def _send(
        self, method: str, url: str, *, again: bool = False, **kwargs: Any
    ) -> httpx.Response:
        self._require_open()
        logins = self._logins
        with translated(self.root):
            try:
                response = await self._http.request(method, url, **kwargs)
            except DEAD_CONNECTION:
                if not again:
                    raise
                response = await self._http.request(method, url, **kwargs)
        if wants_login(response) and await self._logged_in_again(logins):
            with translated(self.root):
                response = await self._http.request(method, url, **kwargs)
        return response

    async def _quickly(self, method: str, url: str, **kwargs: Any) -> httpx.Response:
        self._require_open()
        logins = self._logins
        with translated(self.root):
            response = await self._quick.ask(method, url, **kwargs)
        if wants_login(response) and await self._logged_in_again(logins):
            with translated(self.root):
                response = await self._quick.ask(method, url, **kwargs)
        return response

    @asynccontextmanager
    async def _opened(self, method: str, url: str, **kwargs: Any) -> AsyncIterator[httpx.Response]:
        self._require_open()
        logins = self._logins
        with translated(self.root):
            async with self._http.stream(method, url, **kwargs) as response:
                if response.status_code >= 300:
                    await response.aread()  # it says why
                if not wants_login(response) or not await self._logged_in_again(logins):
                    yield response
                    return
            async with self._http.stream(method, url, **kwargs) as response:
                yield response

    async def _logged_in_again(self, logins: int) -> bool:
        """Log in anew, unless somebody did since there were `logins`. False: there is none."""
        if self._login is None:
            return False
        async with self._door:
            if self._logins == logins:
                self._http.cookies.clear()
                await self.log_in()
        return True

    def _require_open(self) -> None:
        if self._closed:
            raise StudioUnreachable(
                f"The connection to {self.root} was closed by this program. "
                f"Connect again: connect({self.root!r})"
            )


def new_session() -> str:
    """A session hash nobody used before."""
    return uuid.uuid4().hex
