"""Words from the Studio's own models: a prompt improved, a picture described."""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any

from framepack_widgets import _loop
from framepack_widgets.errors import FramePackError, SettingsError, StudioRefused
from framepack_widgets.file_checks import check_frames
from framepack_widgets.images import ImageData
from framepack_widgets.settings import Settings
from framepack_widgets.studio import writer_calls
from framepack_widgets.studio.protocol import CallRefused
from framepack_widgets.studio.writer_calls import DESCRIBE, ENHANCE, WriterCall

if TYPE_CHECKING:
    from framepack_widgets.library import Library
    from framepack_widgets.registry import Desk
    from framepack_widgets.studio.client import StudioClient


class PromptWriter:
    """Asks a Studio's own language models. From `studio.writer`; 0.5 and newer have them.

    studio.writer.enhance("[0s: a cat looks up] [2s: it yawns]")   # the times stay
    studio.writer.describe("cat.png")

    A model is loaded when it is first asked, which takes minutes where it has to be downloaded, and
    it shares the GPU with what is rendered meanwhile.
    """

    def __init__(self, client: StudioClient, library: Library) -> None:
        self._client = client
        self._library = library

    @property
    def offers_enhancing(self) -> bool:
        """Whether this Studio improves prompts; asks nothing."""
        return self._find(ENHANCE) is not None

    @property
    def offers_describing(self) -> bool:
        """Whether this Studio describes pictures; asks nothing."""
        return self._find(DESCRIBE) is not None

    def enhance(self, prompt: str, timeout: float | None = None) -> str:
        """The prompt in the Studio's better words, its parts at the times they had.

        timeout: s; None: as long as it takes. Ctrl-C and the timeout stop the Studio, too, where it
        can be stopped (0.6). An empty answer, an error's text, the same prompt again and one with
        other times are no answers: StudioRefused says what came. Raises SettingsError for an empty
        prompt, StudioUnreachable, TimeoutError.
        """
        return _loop.run(self._enhance(prompt), timeout)

    def describe(self, image: Any, timeout: float | None = None) -> str:
        """What a picture shows, as a prompt that can be gone on from.

        image: a path, a PIL image, an array (H, W, 3 or 4) uint8; as for `start_frame`. Else as
        `enhance`; raises SettingsError for what is no image.
        """
        return _loop.run(self._describe(image), timeout)

    def begin_enhancing(self, prompt: str) -> concurrent.futures.Future[str]:
        """`enhance`, without waiting for it; to cancel the future stops it."""
        return _loop.submit(self._enhance(prompt))

    def begin_describing(self, image: Any) -> concurrent.futures.Future[str]:
        """`describe`, without waiting for it; to cancel the future stops it."""
        return _loop.submit(self._describe(image))

    def is_rendering(self) -> bool:
        """Whether something is rendered on the Studio just now, on the same GPU. Asks it."""
        return _loop.run(self._client.current()) is not None

    async def _enhance(self, prompt: str) -> str:
        call = self._require(ENHANCE)
        if not prompt.strip():
            raise SettingsError("The prompt is empty: write a few words that can be improved.")
        return writer_calls.improved(prompt, await self._ask(call, prompt))

    async def _describe(self, image: Any) -> str:
        call = self._require(DESCRIBE)
        picture = await self._client.upload(await asyncio.to_thread(self._checked, image))
        return writer_calls.described(await self._ask(call, "", picture))

    async def _ask(self, call: WriterCall, prompt: str, picture: Any = None) -> str:
        data = call.arguments(prompt, picture)
        try:
            return await self._once(call, data)
        except CallRefused as error:
            refused = error
        if await self._renders():
            # A render that starts unloads the model, whoever is being answered (0.5.1, 0.6).
            try:
                return await self._once(call, data)
            except CallRefused as error:
                refused = error
        raise StudioRefused(
            f"The Studio's language model failed. {refused} At its first use it downloads "
            "itself: the server needs internet, and room on its disk; while something is "
            "rendered the GPU's memory may be too small for both. Its console says more."
        ) from refused

    async def _once(self, call: WriterCall, data: list[Any]) -> str:
        begun = False

        def told(message: Mapping[str, Any]) -> None:
            nonlocal begun
            begun = begun or message.get("msg") == "process_starts"

        try:
            return call.answer(await self._client.work(call.endpoint, data, told))
        except asyncio.CancelledError:
            # While it only waits in the line, what runs there is somebody else's.
            if begun and call.stop is not None:
                with suppress(FramePackError):
                    await self._client.call(call.stop.name, [None] * len(call.stop.inputs))
            raise

    async def _renders(self) -> bool:
        with suppress(FramePackError):
            return await self._client.current() is not None
        return False

    def _find(self, what: str) -> WriterCall | None:
        return writer_calls.find(self._client.endpoints(), what)

    def _require(self, what: str) -> WriterCall:
        call = self._find(what)
        if call is None:
            version = self._client.version or "version not shown"
            raise StudioRefused(
                f"This Studio ({version}) has no {what}; Studios from 0.5 on have it. Update the "
                "Studio, or write the prompt yourself."
            )
        return call

    def _checked(self, image: Any) -> str | ImageData:
        """What is uploaded for it: as a start frame, turned upright on the way or there."""
        settings = self._library.recall(Settings(start_frame=image))
        frame = settings.start_frame
        problems = check_frames(settings, self._client.schema)
        if problems:
            raise SettingsError(f"The picture cannot be described: {problems[0]}", problems)
        if not isinstance(frame, (str, ImageData)):
            shown = getattr(frame, "description", None) or f"{type(image).__name__}"
            raise SettingsError(
                f"{shown} is no picture that can be described. Give a path, a PIL image or an "
                "array (H, W, 3 or 4) uint8."
            )
        return frame

    def __repr__(self) -> str:
        found = [what for what in (ENHANCE, DESCRIBE) if self._find(what) is not None]
        return f"<writer on the Studio at {self._client.url}: {', '.join(found) or 'nothing here'}>"


class Writing:
    """The part of `Studio` that writes prompts."""

    _client: StudioClient
    _desk: Desk

    @cached_property
    def writer(self) -> PromptWriter:
        """The Studio's own language models: improve a prompt, describe a picture."""
        return PromptWriter(self._client, self._desk.library)
