"""A server that nobody asks for anything takes no CPU worth naming.

Gradio's queue looks for calls again and again, newer versions a thousand times a second: a demo
that is left open for a day would keep a laptop warm. It looks often while there is something to do,
and five times a second after a while without.
"""

from __future__ import annotations

import asyncio
from typing import Any

_OFTEN = {"sleep_when_free": 0.02, "progress_update_sleep_when_free": 0.05}  # s between two looks
_SELDOM = 0.2  # s
_AWAKE = 3.0  # s after the last call


def rest_when_idle(queue: Any) -> None:
    """Let this queue of a Gradio app sleep longer when it has nothing to do.

    Before the app is launched. Where a version has no such settings, nothing is different.
    """
    often = {
        name: max(seconds, getattr(queue, name))
        for name, seconds in _OFTEN.items()
        if hasattr(queue, name)
    }
    if len(often) < len(_OFTEN) or not hasattr(queue, "push"):
        return
    usual_push = queue.push
    dozing: asyncio.TimerHandle | None = None

    def wake() -> None:
        nonlocal dozing
        vars(queue).update(often)
        if dozing is not None:
            dozing.cancel()
        dozing = asyncio.get_running_loop().call_later(_AWAKE, doze)

    def doze() -> None:
        if len(queue) or any(queue.active_jobs):
            wake()
        else:
            vars(queue).update(dict.fromkeys(often, _SELDOM))

    async def push(*arguments: Any, **more: Any) -> Any:
        wake()
        return await usual_push(*arguments, **more)

    vars(queue).update(dict.fromkeys(often, _SELDOM))
    queue.push = push
