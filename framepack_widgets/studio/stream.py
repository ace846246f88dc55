"""A Gradio server's event stream: bytes in, messages out, and what the last one of a call says."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx

from framepack_widgets.errors import StudioUnreachable
from framepack_widgets.studio.protocol import CallRefused


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
