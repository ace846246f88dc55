"""A Gradio server's event stream: bytes in, messages out, and what the last one of a call says."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from typing import Any, TypeVar

import httpx

from framepack_widgets.errors import StudioUnreachable
from framepack_widgets.studio.protocol import CallRefused

_Outputs = TypeVar("_Outputs")
SILENCE_S = 30.0  # after which the server is asked whether it is still there


async def messages(response: httpx.Response, root: str) -> AsyncIterator[dict[str, Any]]:
    """The messages as they come; the answer of a long queue is megabytes in one of them."""
    rest = bytearray()
    async for chunk in response.aiter_bytes():
        looked = max(0, len(rest) - 1)  # what was searched for the end of a message before
        rest += chunk
        while (end := rest.find(b"\n\n", looked)) >= 0:
            event, looked = bytes(rest[:end]), 0
            del rest[: end + 2]
            if event.startswith(b"data:"):
                try:
                    yield json.loads(event[5:])
                except ValueError as error:
                    raise StudioUnreachable(f"{root} sent an event that is no JSON.") from error


def outputs_of(message: Mapping[str, Any], root: str) -> list[Any]:
    """The outputs in a `process_completed` message. Raises CallRefused with the reason."""
    output = message.get("output") or {}
    if message.get("success") is False:
        reason = output.get("error") or message.get("title") or "no reason given"
        raise CallRefused(f"The Studio at {root} refused the call: {reason}")
    return list(output.get("data") or [])


def is_unknown_session(message: Mapping[str, Any]) -> bool:
    """Whether the server says that it holds nothing for this session."""
    if message.get("msg") != "unexpected_error":
        return False
    text = str(message.get("message") or "").lower()
    return bool(message.get("session_not_found")) or text.startswith("404")


async def patiently(
    reading: Coroutine[Any, Any, _Outputs],
    alive: Callable[[], Awaitable[object]],
    deadline_s: float,
    root: str,
) -> _Outputs:
    """What `reading` a stream gives. Raises StudioUnreachable after `deadline_s`.

    A proxy that buffers (nginx does, if nobody told it not to) keeps a server's signs of life to
    itself: so silence is no reason to give up, unless `alive` raises that the server is gone.
    """
    task = asyncio.ensure_future(reading)
    end = asyncio.get_running_loop().time() + deadline_s
    try:
        while (left := end - asyncio.get_running_loop().time()) > 0:
            await asyncio.wait({task}, timeout=min(SILENCE_S, left))
            if task.done():
                return task.result()
            await alive()
        raise StudioUnreachable(
            f"The Studio at {root} is up, but did not get round to our call within "
            f"{deadline_s:.0f} s. Look at its own page, or restart it."
        )
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
