"""What tests of the contract do again and again: submit, watch, end, wait."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from framepack_widgets.settings import Settings
from framepack_widgets.studio.protocol import (
    Current,
    Ending,
    StudioAdapter,
    Submission,
)
from framepack_widgets.testing.reach import Server

_PATIENCE = 2000  # looks at the server before a test gives up


class ContractSteps:
    """Steps that fit any adapter and any server behind it."""

    settings: Settings
    """A render of one section."""

    def _resolved(self, studio: StudioAdapter, **values: Any) -> Settings:
        if "cache" not in studio.schema:  # 0.4: with it on, nothing could carry a stamp
            values |= {"cache": None, "use_teacache": False}
        return studio.schema.resolve(self.settings.replace(**values))

    async def _end(self, studio: StudioAdapter, server_id: str) -> None:
        """End this job, and no other, if it still runs."""
        now = await studio.current()
        if now is not None and now.server_id == server_id:
            await studio.end_current()

    async def _submit(
        self,
        studio: StudioAdapter,
        server: Server,
        resolved: Settings | None = None,
        overrides: dict[str, Any] | None = None,
        order: list[str] | None = None,
    ) -> Submission:
        async def joined() -> None:
            if order is not None:
                order.append("joined")

        wanted = resolved if resolved is not None else self._resolved(studio)
        arguments = await studio.prepare(wanted, overrides or {})
        return await studio.submit(arguments, server.new_session(), joined)

    async def _until(
        self, studio: StudioAdapter, server: Server, condition: Callable[[Current | None], bool]
    ) -> Current | None:
        for _ in range(_PATIENCE):
            now = await studio.current()
            if condition(now):
                return now
            await server.idle()
        raise AssertionError("the server never came there")

    async def _watch(self, studio: StudioAdapter, server: Server, server_id: str) -> list[Current]:
        """Everything told of a job, until it is over."""
        seen: list[Current] = []
        for _ in range(_PATIENCE):
            now = await studio.current()
            if now is not None and now.server_id == server_id:
                seen.append(now)
            elif now is None:
                ending = await studio.ending(server_id)
                if ending is not None and not ending.pending:
                    return seen
            await server.idle()
        raise AssertionError("the render never ended")

    async def _ending(
        self, studio: StudioAdapter, server: Server, submission: Submission
    ) -> Ending:
        """How a job that is over ended; a server that is busy may have to be asked again."""
        for _ in range(_PATIENCE):
            ending = await studio.ending(submission.server_id)
            if ending is not None:
                return ending
            await server.idle()
        raise AssertionError("nobody says how the job ended")

    async def _until_idle(self, studio: StudioAdapter, server: Server) -> None:
        for _ in range(_PATIENCE):
            if await studio.current() is None:
                rows = await studio.queue()
                if not any(row.is_open for row in rows):
                    return
            await server.idle()
        raise AssertionError("the server is never idle")
