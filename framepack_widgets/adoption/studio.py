"""Adopting from a Studio over the network."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any

from framepack_widgets import _loop
from framepack_widgets.adoption.adopter import Adopter
from framepack_widgets.adoption.gallery import GalleryItem, marked
from framepack_widgets.adoption.ours import Ours
from framepack_widgets.adoption.results import Adopted, OnStep
from framepack_widgets.errors import FramePackError, LibraryError, StudioUnreachable
from framepack_widgets.job import timestamp_of
from framepack_widgets.schema import Schema
from framepack_widgets.sidecar_settings import facts_in
from framepack_widgets.studio import gallery as shelf

if TYPE_CHECKING:
    from framepack_widgets.library import Library
    from framepack_widgets.session import Studio
    from framepack_widgets.studio.client import StudioClient

Wanted = Iterable[GalleryItem | str] | None


def adopt(
    client: StudioClient,
    library: Library,
    studio: str,
    items: Wanted = None,
    progress: OnStep | None = None,
) -> Adopted:
    """See `Studio.adopt`. studio: its key in the Library."""
    adopter = Adopter(library, StudioSource(client, library, studio), progress)

    async def work() -> Adopted:
        return await adopter.run(await wanted(client, library, items))

    return _loop.run(work())


class Underway:
    """An adoption that goes on in the background. done(adopted or the error) is told once."""

    def __init__(
        self,
        studio: Studio,
        items: Wanted,
        progress: OnStep,
        done: Callable[[Adopted | BaseException], object],
    ) -> None:
        client, library, key = studio._client, studio.library, studio._desk.key
        self._adopter = adopter = Adopter(library, StudioSource(client, library, key), progress)

        async def work() -> Adopted:
            return await adopter.run(await wanted(client, library, items))

        def over(future: Future[Adopted]) -> None:
            done(future.exception() or future.result())

        _loop.submit(work()).add_done_callback(over)

    def stop(self) -> None:
        """Leave the rest. What was adopted stays; what has arrived is gone on with next time."""
        _loop.call_soon(self._adopter.stop)


async def wanted(
    client: StudioClient, library: Library, items: Wanted = None
) -> Sequence[GalleryItem]:
    """What is to be adopted: items as they are, timestamps looked up, None: all strangers'."""
    if isinstance(items, (str, GalleryItem)):
        items = [items]
    given = None if items is None else list(items)
    if given is not None and all(isinstance(item, GalleryItem) for item in given):
        return [item for item in given if isinstance(item, GalleryItem)]
    try:
        listed = marked(await shelf.entries(client), Ours(library))
    except FramePackError:
        if given is None:
            raise
        listed = marked([], Ours(library))  # a timestamp is enough to find the files
    if given is None:
        return listed.strangers
    known = {item.timestamp: item for item in listed}
    return [
        item if isinstance(item, GalleryItem) else known.get(str(item), GalleryItem(str(item)))
        for item in given
    ]


class StudioSource:
    """The files of a Studio's server."""

    def __init__(self, client: StudioClient, library: Library, studio: str) -> None:
        self.studio = studio
        self.schema: Schema | None = client.schema
        self._client = client
        self._library = library

    async def still_growing(self, item: GalleryItem) -> str | None:
        current = await self._client.current()
        if current is None or timestamp_of(current.progress.video) != item.timestamp:
            return None
        return "it is still being rendered, and its file grows; adopt it when it is over"

    async def facts(self, item: GalleryItem) -> Mapping[str, Any] | None:
        sidecar = await self._client.sidecar(item.timestamp)
        if sidecar is not None:
            return sidecar
        picture = await self.picture(item)  # carries the same facts, as text
        return facts_in(picture) if picture is not None else None

    async def picture(self, item: GalleryItem) -> Path | None:
        beside = await self._client.find_video((f"{item.timestamp}.png",))
        for path in (beside, item.thumbnail):
            if path is None:
                continue
            try:
                content = await self._client.read_file(path)
                return self._library.keep_input(content, ".png")
            except StudioUnreachable:
                continue  # gone meanwhile
        return None

    async def find(self, names: list[str]) -> str | None:
        return await self._client.find_video(tuple(names))

    async def fetch(self, name: str, target: Path) -> Path:
        if not target.exists():  # else it had arrived when somebody ended us
            await self._client.download(name, target)
        return target

    def discard(self, item: GalleryItem, file: Path) -> None:
        try:
            file.unlink(missing_ok=True)
        except OSError as error:
            raise LibraryError(f"{file} of {item.timestamp} cannot be removed: {error}") from error
