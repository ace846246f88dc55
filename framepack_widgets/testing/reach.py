"""How the contract suite reaches a Studio, and runs one check on it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Protocol

from framepack_widgets.studio.protocol import StudioAdapter


class Server(Protocol):
    """A Studio for the contract; each test opens its own adapter inside its own event loop."""

    async def open(self) -> StudioAdapter:
        """An adapter for the Studio, which is idle: nothing runs, nothing is queued."""

    async def idle(self) -> None:
        """Let a little of the server's time pass."""

    def new_session(self) -> str:
        """A session hash that was never used."""

    def refuse_connections(self) -> bool:
        """Make the server unreachable, for the rest of this test; False: it cannot be done."""


def run(server: Server, check: Callable[[StudioAdapter], Coroutine[Any, Any, None]]) -> None:
    """Run one check in an event loop of its own."""

    async def work() -> None:
        studio = await server.open()
        try:
            await check(studio)
        finally:
            await studio.aclose()

    asyncio.run(work())


async def raises(kind: type[Exception], work: Awaitable[object]) -> None:
    try:
        await work
    except kind:
        return
    raise AssertionError(f"{kind.__name__} was not raised")


async def never() -> None:
    raise AssertionError("the server cannot have taken anything")
