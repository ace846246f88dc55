"""A call that takes minutes: it is heard of on the way, and has no deadline of ours."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from framepack_widgets.errors import StudioUnreachable
from framepack_widgets.studio.line import Line, new_session
from framepack_widgets.studio.stream import outputs_of, patiently

_LONGEST_S = 24 * 3600.0

Told = Callable[[Mapping[str, Any]], None]


async def long_call(line: Line, fn_index: int, data: list[Any], told: Told) -> list[Any]:
    """Call an endpoint and return its outputs; `told` gets every message on the way.

    Being cancelled leaves the server's waiting line; what it has begun it finishes by itself.
    """
    session_hash = new_session()
    await line.join(fn_index, data, session_hash)

    async def read() -> list[Any]:
        async for message in line.answers(session_hash, _LONGEST_S):
            told(message)
            if message.get("msg") == "process_completed":
                return outputs_of(message, line.root)
        raise StudioUnreachable(f"The Studio at {line.root} broke off before the result.")

    alive = partial(line.get_json, line.prefix + "/app_id")
    return await patiently(read(), alive, _LONGEST_S, line.root)


def progress_of(message: Mapping[str, Any]) -> tuple[float | None, str] | None:
    """How far a call is (0..1, None: not told) and in which words; None: the message says nothing.

    The words are another machine's text.
    """
    kind = message.get("msg")
    if kind == "estimation":
        rank = message.get("rank")
        ahead = f", {rank} before it" if isinstance(rank, int) and rank > 0 else ""
        return None, f"waits in the Studio's line{ahead}"
    if kind == "process_starts":
        return None, "started"
    if kind != "progress":
        return None
    steps = message.get("progress_data")
    last = steps[-1] if isinstance(steps, list) and steps else None
    if not isinstance(last, Mapping):
        return None
    fraction = last.get("progress")
    index, length = last.get("index"), last.get("length")
    if not isinstance(fraction, (int, float)) and isinstance(index, int) and length:
        fraction = index / length
    known = min(1.0, max(0.0, float(fraction))) if isinstance(fraction, (int, float)) else None
    return known, str(last.get("desc") or "")
