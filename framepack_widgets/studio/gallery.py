"""What a Studio's own page lists under "Outputs": one picture for each render that has a clip.

The pictures are `<timestamp>.png`, the start frames as they were rendered. A Studio that writes no
metadata, or writes it into another folder than the pictures, lists nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from framepack_widgets.errors import StudioRefused
from framepack_widgets.studio import wire

ENDPOINT = "refresh_gallery"
_TIMESTAMP = re.compile(r"[0-9_]{10,40}\Z")


class Asked(Protocol):
    """What is needed of a Studio."""

    @property
    def url(self) -> str: ...

    @property
    def version(self) -> str | None: ...

    def endpoint(self, name: str) -> wire.Endpoint | None: ...

    async def call(self, name: str, data: list[Any]) -> list[Any]: ...


@dataclass(frozen=True)
class Entry:
    """One render that has a clip."""

    timestamp: str
    picture: str  # path on the server


async def entries(studio: Asked) -> list[Entry]:
    """The renders in the Studio's gallery, newest first.

    Costs the server some work: it looks at all its files. Raises StudioRefused where this Studio
    has no gallery.
    """
    endpoint = studio.endpoint(ENDPOINT)
    if endpoint is None:
        raise StudioRefused(
            f"This Studio ({studio.version or 'version not shown'}) has no gallery that a program "
            "can ask for. If its outputs folder can be reached from here, use "
            "fp.adopt_folder(folder)."
        )
    return in_answer(endpoint, await studio.call(ENDPOINT, []))


def in_answer(endpoint: wire.Endpoint, data: list[Any]) -> list[Entry]:
    """The entries in an answer; versions differ in which output is the gallery."""
    pictures = endpoint.pick(data, "gallery")
    if isinstance(pictures, Mapping):
        pictures = pictures.get("value") or pictures.get("root")
    found: dict[str, Entry] = {}
    for item in pictures if isinstance(pictures, (list, tuple)) else ():
        path = wire.file_path(item.get("image", item) if isinstance(item, Mapping) else item)
        stem = re.split(r"[\\/]", path or "")[-1].rsplit(".", 1)[0]
        if path is not None and is_timestamp(stem):
            found.setdefault(stem, Entry(stem, path))
    return list(found.values())


def is_timestamp(text: str) -> bool:
    """Whether a Studio may have drawn this as a render's name: digits and underscores."""
    return _TIMESTAMP.match(text) is not None
