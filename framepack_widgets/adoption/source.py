"""Where renders are adopted from: what the Studio server and a folder have in common."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from framepack_widgets.adoption.gallery import GalleryItem
from framepack_widgets.schema import Schema


class Source(Protocol):
    """Files of finished renders. Methods raise what goes wrong as FramePackError."""

    studio: str
    """The Studio's key in the Library, "" where it is not known."""

    schema: Schema | None
    """What the Studio knows of itself; None: only its files are there."""

    async def still_growing(self, item: GalleryItem) -> str | None:
        """Why the render cannot be adopted yet; None: it is over."""

    async def facts(self, item: GalleryItem) -> Mapping[str, Any] | None:
        """What was written down about it, by the sidecar's keys."""

    async def picture(self, item: GalleryItem) -> Path | None:
        """The start frame's file, on this machine."""

    async def find(self, names: list[str]) -> str | None:
        """The first of these files that is there."""

    async def fetch(self, name: str, target: Path) -> Path:
        """The whole file on this machine: `target`, or where it lies already."""

    def discard(self, item: GalleryItem, file: Path) -> None:
        """The file is in the Library, or useless: remove it if it was fetched for that."""
