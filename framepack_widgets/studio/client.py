"""A Studio over HTTP: the adapter that keeps the promises of `protocol.StudioAdapter`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from framepack_widgets.errors import StudioUnreachable
from framepack_widgets.schema import Schema
from framepack_widgets.settings import Settings
from framepack_widgets.studio import wire
from framepack_widgets.studio.download import download, exists, read_small
from framepack_widgets.studio.line import Line, new_session
from framepack_widgets.studio.protocol import (
    AnswerGone,
    CallRefused,
    Current,
    Ending,
    QueueRow,
    Submission,
)
from framepack_widgets.studio.uploads import Uploads

# How long the monitor may take to say how a job ended while nothing runs. It answers at once unless
# another page holds the server's only monitor slot.
_ENDING_TIMEOUT_S = 5.0
_ENDING_MESSAGES = 12
# A submission may queue behind somebody else's in the server; it is never sent twice for that.
_SUBMIT_TIMEOUT_S = 120.0
_UNREAD_TIMEOUT_S = 10.0
_LINGER_S = 300.0  # before an old connection is closed, on which something may still be under way


class StudioClient:
    """One Studio behind one `Line`. Made by `connect.open_client`, used from one event loop."""

    def __init__(self, line: Line, config: Mapping[str, Any]) -> None:
        self._line = line
        self._uploads = Uploads(line)
        self._read_config(config)

    def _read_config(self, config: Mapping[str, Any]) -> None:
        self._line.prefix = str(config.get("api_prefix") or "")
        self._endpoints = wire.endpoints(config)
        self._schema = Schema.from_config(config)
        self._version = wire.version(config)
        self._app_id = str(config["app_id"]) if config.get("app_id") is not None else None
        self._wraps_videos = wire.gradio_major(config) < 6
        self._outputs = wire.folder(config, wire.OUTPUT_FOLDER)
        self._metadata = wire.folder(config, wire.METADATA_FOLDER)

    def take_over(self, newer: StudioClient) -> None:
        """Go on over a newer connection to the same Studio, whose address and way in are right.

        From the event loop's thread only.
        """
        old = self._line
        vars(self).update(vars(newer))
        loop = asyncio.get_running_loop()
        loop.call_later(_LINGER_S, lambda: loop.create_task(old.aclose()))

    @property
    def url(self) -> str:
        return self._line.root

    @property
    def schema(self) -> Schema:
        return self._schema

    @property
    def version(self) -> str | None:
        return self._version

    @property
    def app_id(self) -> str | None:
        return self._app_id

    async def refresh(self) -> None:
        self._read_config(await self._line.get_json("/config"))

    async def check_app(self) -> str | None:
        answer = await self._line.get_json(self._line.prefix + "/app_id")
        app_id = str(answer.get("app_id")) if isinstance(answer, Mapping) else None
        if app_id != self._app_id:
            self._uploads.forget()  # a restart may have swept the server's temporary folder
            await self.refresh()
        return self._app_id

    async def prepare(self, settings: Settings, overrides: Mapping[str, Any]) -> list[Any]:
        values = iter(self._schema.arguments(settings, overrides=overrides))
        arguments: list[Any] = []
        for component in self._endpoint("handle_start_button").inputs:
            kind = component.get("type")
            if kind == "state":
                arguments.append(None)  # the server keeps its own; what is sent is not read
                continue
            value = next(values)
            if kind == "image" and value is not None:
                value = await self._uploads.send(value)
            elif kind == "video" and value is not None:
                value = await self._uploads.send(value)
                # Gradio 5 takes a video wrapped and refuses it bare; 6 the other way round.
                value = {"video": value, "subtitles": None} if self._wraps_videos else value
            arguments.append(value)
        return arguments

    async def submit(
        self, arguments: list[Any], session_hash: str, joined: Callable[[], Awaitable[None]]
    ) -> Submission:
        endpoint = self._endpoint("handle_start_button")
        await self._line.join(endpoint.fn_index, arguments, session_hash)
        await joined()
        return await self._answer(session_hash)

    async def read_answer(self, session_hash: str) -> Submission:
        # A session that was read before gives heartbeats for ever; one that was not speaks at once.
        try:
            return await asyncio.wait_for(self._answer(session_hash), _UNREAD_TIMEOUT_S)
        except asyncio.TimeoutError:
            raise AnswerGone(session_hash) from None

    async def _answer(self, session_hash: str) -> Submission:
        endpoint = self._endpoint("handle_start_button")
        data = await self._line.result(session_hash, _SUBMIT_TIMEOUT_S)
        server_id = wire.submitted_id(endpoint, data)
        if server_id is None:
            raise CallRefused(
                f"The Studio at {self.url} took the submission but named no job. "
                "Look at its own page for a message; nothing was queued."
            )
        return Submission(server_id, tuple(wire.queue_rows(endpoint, data)))

    async def current(self) -> Current | None:
        endpoint = self._endpoint("check_for_current_job")
        answer = await self._line.ask(endpoint.name, endpoint.fn_index, [])
        return wire.current(endpoint, answer)

    async def queue(self) -> list[QueueRow]:
        endpoint = self._endpoint("update_stats")
        return wire.queue_rows(endpoint, await self._line.call(endpoint.fn_index, []))

    async def ending(self, server_id: str) -> Ending | None:
        endpoint = self._endpoint("monitor_job")
        session_hash = new_session()
        messages: list[Mapping[str, Any]] = []
        await self._line.join(endpoint.fn_index, [server_id], session_hash)

        async def read() -> Ending | None:
            # Leaving the stream early gives the server's only monitor slot back. A job that is over
            # is told in two messages; a monitor that goes on is following something that runs.
            async for message in self._line.answers(session_hash):
                messages.append(message)
                output = str(message.get("output"))
                if wire.PENDING in output:
                    return Ending(outcome="", video=None, pending=True)
                if wire.SWITCHING in output or len(messages) > _ENDING_MESSAGES:
                    return None
            return wire.ending(endpoint, messages)

        try:
            return await asyncio.wait_for(read(), _ENDING_TIMEOUT_S)
        except asyncio.TimeoutError:
            return None

    async def end_current(self) -> None:
        endpoint = self._endpoint("end_process_with_update")
        await self._line.call(endpoint.fn_index, [])

    async def recent_timestamps(self) -> list[str]:
        endpoint = self._endpoints.get("refresh_gallery")
        if endpoint is None:
            return []
        return wire.gallery_timestamps(await self._line.call(endpoint.fn_index, []))

    async def sidecar(self, timestamp: str) -> dict[str, Any] | None:
        if self._metadata is None:
            return None
        path = wire.join_path(self._metadata, f"{timestamp}.json")
        found: dict[str, Any] | None = await read_small(self._line, path, as_json=True)
        return found

    async def find_video(self, names: tuple[str, ...]) -> str | None:
        if self._outputs is None:
            return None
        for name in names:
            path = wire.join_path(self._outputs, name)
            if await exists(self._line, path):
                return path
        return None

    async def download(self, path: str, target: Path) -> None:
        await download(self._line, path, target)

    async def read_file(self, path: str) -> bytes:
        content = await read_small(self._line, path)
        if content is None:
            raise StudioUnreachable(f"The Studio at {self.url} no longer has the file {path}.")
        return bytes(content)

    async def call(self, name: str, data: list[Any]) -> list[Any]:
        """Call one of the server's endpoints without arguments of ours to interpret."""
        return await self._line.call(self._endpoint(name).fn_index, data)

    def open_gradio(self) -> Any:
        """gradio_client's own Client, let in as we are; see `gradio.open_gradio`."""
        from framepack_widgets.studio.gradio import open_gradio

        return open_gradio(self._line)

    async def aclose(self) -> None:
        await self._line.aclose()

    def _endpoint(self, name: str) -> wire.Endpoint:
        return wire.require(self._endpoints, name, self.url)
