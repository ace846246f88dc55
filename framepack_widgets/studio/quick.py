"""Short questions to a server, each in a short-lived thread of its own.

Following a render asks once a second, for hours: a plain blocking HTTP client in a thread costs
half the CPU of an asynchronous one. The threads are daemons, so that a server which never answers
does not hold up the end of the program as a thread pool would.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from typing import Any

import httpx

# What a kept-open connection raises when the server closed it between two questions.
DEAD_CONNECTION = (
    httpx.RemoteProtocolError,
    httpx.ReadError,
    httpx.WriteError,
    httpx.CloseError,
)


class Quick:
    """An `httpx.Client` for questions that do no harm if they are asked twice."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client
        self._guard = threading.Lock()
        self._under_way = 0
        self._closing = False

    @property
    def cookies(self) -> httpx.Cookies:
        return self._client.cookies

    async def ask(self, method: str, url: str, **kwargs: Any) -> httpx.Response:
        """The response, read whole. Asks once more where a kept-open connection turned out dead.

        Raises what httpx raises.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[httpx.Response] = loop.create_future()

        def settle(response: httpx.Response | None, error: Exception | None) -> None:
            if answer.done():  # given up meanwhile
                return
            if response is not None:
                answer.set_result(response)
            elif error is not None:
                answer.set_exception(error)

        def work() -> None:
            response, trouble = None, None
            try:
                response = self._request(method, url, **kwargs)
            except Exception as error:  # noqa: BLE001 - handed over to whoever asked
                trouble = error
            finally:
                self._leave()
            with contextlib.suppress(RuntimeError):  # the loop may be closed by now
                loop.call_soon_threadsafe(settle, response, trouble)

        with self._guard:
            self._under_way += 1
        threading.Thread(target=work, name="framepack-question", daemon=True).start()
        return await answer

    def close(self) -> None:
        """Close the connections; one that is in use is closed by its user when it is done."""
        with self._guard:
            self._closing = True
            idle = self._under_way == 0
        if idle:
            self._client.close()

    def _request(self, method: str, url: str, **kwargs: Any) -> httpx.Response:
        try:
            return self._client.request(method, url, **kwargs)
        except DEAD_CONNECTION:
            return self._client.request(method, url, **kwargs)

    def _leave(self) -> None:
        with self._guard:
            self._under_way -= 1
            last = self._closing and self._under_way == 0
        if last:
            self._client.close()
