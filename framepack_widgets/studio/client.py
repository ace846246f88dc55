"""A Studio over HTTP: the adapter that keeps the promises of `protocol.StudioAdapter`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from framepack_widgets.errors import NotAStudio, StudioRefused, StudioUnreachable
from framepack_widgets.schema import Schema
from framepack_widgets.settings import Settings
from framepack_widgets.studio import dialect, gallery, wire
from framepack_widgets.studio.download import download, exists, read_small
from framepack_widgets.studio.line import Line, new_session
from framepack_widgets.studio.long_call import Told, long_call
from framepack_widgets.studio.protocol import (
    AnswerGone,
    CallRefused,
    Current,
    Ending,
    QueueRow,
    Submission,
)
from framepack_widgets.studio.queue_answer import queue_rows
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
        # Called in the loop's thread with the schemas before and now, when they differ.
        self.schema_watchers: list[Callable[[Schema, Schema], object]] = []
        self._read_config(config)

    def _read_config(self, config: Mapping[str, Any]) -> None:
        endpoints = wire.endpoints(config)
        schema = Schema.from_config(config, complete=False)
        missing = dialect.lacks(endpoints, schema)
        if missing:
            raise NotAStudio(
                f"The Studio at {self.url} cannot be used: it lacks {'; '.join(missing)}. "
                "Versions known to work are in docs/compatibility.md."
            )
        self._line.prefix = str(config.get("api_prefix") or "")
        self._endpoints, self._schema = endpoints, schema
        self._dialect = dialect.detect(endpoints, schema)
        self._version = wire.version(config)
        self._app_id = str(config["app_id"]) if config.get("app_id") is not None else None
        self._wraps_videos = wire.gradio_major(config) < 6
        self._outputs = wire.folder(config, wire.OUTPUT_FOLDER)
        self._metadata = wire.folder(config, wire.METADATA_FOLDER)
        self.lora_folder = wire.folder(config, wire.LORA_FOLDER)  # where it looks; None: not told

    def take_over(self, newer: StudioClient) -> None:
        """Go on over a newer connection to the same Studio, whose address and way in are right.

        From the event loop's thread only.
        """
        old, before = self._line, self._schema
        watchers = [*self.schema_watchers, *newer.schema_watchers]
        vars(self).update(vars(newer))
        self.schema_watchers = watchers
        newer.__dict__ = self.__dict__  # who holds the newer one must see later changes, too
        self._tell_schema(before)
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
    def dialect(self) -> dialect.Dialect:
        """What this Studio has of what differs between versions."""
        return self._dialect

    @property
    def app_id(self) -> str | None:
        return self._app_id

    async def refresh(self) -> None:
        config = await self._line.get_json("/config")
        before = self._schema
        self._read_config(config)
        self._tell_schema(before)

    def _tell_schema(self, before: Schema) -> None:
        if self._schema != before:
            for watcher in list(self.schema_watchers):
                watcher(before, self._schema)

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
        for component in self._endpoint(dialect.SUBMIT).inputs:
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
        endpoint = self._endpoint(dialect.SUBMIT)
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
        endpoint = self._endpoint(dialect.SUBMIT)
        data = await self._line.result(session_hash, _SUBMIT_TIMEOUT_S)
        server_id = wire.submitted_id(endpoint, data)
        if server_id is None:
            raise CallRefused(
                f"The Studio at {self.url} took the submission but named no job. "
                "Look at its own page for a message; nothing was queued."
            )
        return Submission(server_id, tuple(queue_rows(endpoint, data)))

    async def current(self) -> Current | None:
        endpoint = self._endpoint("check_for_current_job")
        answer = await self._line.ask(endpoint.name, endpoint.fn_index, [])
        return wire.current(endpoint, answer)

    async def queue(self) -> list[QueueRow]:
        endpoint = self._endpoint("update_stats")
        return queue_rows(endpoint, await self._line.call(endpoint.fn_index, []))

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
                if wire.is_pending(message):
                    return Ending(outcome="", video=None, pending=True)
                if wire.is_switching(message) or len(messages) > _ENDING_MESSAGES:
                    return None
            return wire.ending(endpoint, messages)

        try:
            return await asyncio.wait_for(read(), _ENDING_TIMEOUT_S)
        except asyncio.TimeoutError:
            return None

    async def end_current(self) -> None:
        if not self._dialect.ends_current:
            raise StudioRefused(
                f"This Studio ({self._version or 'version not shown'}) has no endpoint that ends "
                "what runs; end the render on the Studio's own page."
            )
        await self._line.call(self._endpoint(dialect.END_CURRENT).fn_index, [])

    async def cancel_pending(self, server_id: str) -> bool:
        call = self._dialect.cancel_one
        if call is None:
            return False
        endpoint = self._endpoint(call.endpoint)
        texts = iter([call.payload(server_id)])
        arguments = [
            next(texts, None) if component.get("type") == "textbox" else None
            for component in endpoint.inputs
        ]
        try:
            await self._line.call(endpoint.fn_index, arguments)
        except CallRefused:
            return False
        own = [row for row in await self.queue() if row.is_of(server_id)]
        # A job that is in no row may as well be over; what runs already is ended otherwise.
        return bool(own) and all(row.is_cancelled for row in own)

    async def recent_timestamps(self) -> list[str]:
        endpoint = self._endpoints.get(gallery.ENDPOINT)
        if endpoint is None:
            return []
        found = gallery.in_answer(endpoint, await self._line.call(endpoint.fn_index, []))
        return [entry.timestamp for entry in found]

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

    def endpoint(self, name: str) -> wire.Endpoint | None:
        """One of the server's named endpoints; None where this Studio has none of that name."""
        return self._endpoints.get(name)

    def endpoints(self) -> Mapping[str, wire.Endpoint]:
        """All named endpoints, also those whose names say nothing ("lambda_3")."""
        return self._endpoints

    async def call(self, name: str, data: list[Any], session: str | None = None) -> list[Any]:
        """Call one of the server's endpoints without arguments of ours to interpret.

        session: a hash from `new_session`, for calls that build on what an earlier one changed.
        """
        return await self._line.call(self._endpoint(name).fn_index, data, session)

    async def upload(self, value: Any) -> Any:
        """Send a file (a path, an ImageData) to the server; what stands for it in a call."""
        return await self._uploads.send(value)

    async def work(self, endpoint: wire.Endpoint, data: list[Any], told: Told) -> list[Any]:
        """Call an endpoint that may take long; `told` gets every message on the way."""
        return await long_call(self._line, endpoint.fn_index, data, told)

    def as_video(self, uploaded: Any) -> Any:
        """What was uploaded, as this server takes a video."""
        return {"video": uploaded, "subtitles": None} if self._wraps_videos else uploaded

    def open_gradio(self) -> Any:
        """gradio_client's own Client, let in as we are; see `gradio.open_gradio`."""
        from framepack_widgets.studio.gradio import open_gradio

        return open_gradio(self._line)

    async def aclose(self) -> None:
        await self._line.aclose()

    def _endpoint(self, name: str) -> wire.Endpoint:
        return wire.require(self._endpoints, name, self.url)
