"""Adopting from a Studio's outputs folder on this machine: clips made long before us."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from framepack_widgets import _loop
from framepack_widgets.adoption import names
from framepack_widgets.adoption.adopter import Adopter
from framepack_widgets.adoption.gallery import GalleryItem
from framepack_widgets.adoption.results import Adopted, OnStep
from framepack_widgets.adoption.written import read
from framepack_widgets.errors import LibraryError
from framepack_widgets.job import timestamp_of
from framepack_widgets.schema import Schema
from framepack_widgets.sidecar_settings import facts_in
from framepack_widgets.studio.gallery import is_timestamp
from framepack_widgets.video_file import VideoFile

if TYPE_CHECKING:
    from framepack_widgets.library import Library

_MAY_GROW_S = 3600.0  # a section takes minutes, on slow machines many


def adopt_folder(
    path: str | os.PathLike[str],
    library: Library | str | os.PathLike[str] | None = None,
    *,
    metadata: str | os.PathLike[str] | None = None,
    progress: OnStep | None = None,
) -> Adopted:
    """Make the clips in a Studio's outputs folder clips of a Library, oldest first.

    metadata: the Studio's metadata folder, where it is another one. library: as for `connect`.
    Files are copied, with the settings that the Studio wrote beside them; the folder stays as it
    is, and its sub-folders are not looked at. Calling it again adopts only what is new. What could
    not be adopted is in `.problems` of the answer. Raises LibraryError where there is no folder.
    """
    from framepack_widgets.registry import library_at

    folder = Path(path).expanduser()
    source = FolderSource(folder, Path(metadata).expanduser() if metadata else folder)
    return _loop.run(Adopter(library_at(library), source, progress).run(source.items()))


class FolderSource:
    """The files of a folder."""

    studio = ""
    schema: Schema | None = None  # only its files are there

    def __init__(self, folder: Path, metadata: Path) -> None:
        for each in (folder, metadata):
            if not each.is_dir():
                raise LibraryError(f"There is no folder {each}. Check the path.")
        self._folder = folder
        self._places = (metadata, folder)

    def items(self) -> list[GalleryItem]:
        """A render for each timestamp in the names of its videos, oldest first."""
        files: dict[str, list[Path]] = {}
        for file in self._folder.glob("*.mp4"):
            timestamp = timestamp_of(file.name)
            if timestamp is not None and is_timestamp(timestamp):
                files.setdefault(timestamp, []).append(file)
        return [
            GalleryItem(timestamp, video=str(_longest(files[timestamp])))
            for timestamp in sorted(files)
        ]

    async def still_growing(self, item: GalleryItem) -> str | None:
        return await asyncio.to_thread(self._still_growing, item)

    def _still_growing(self, item: GalleryItem) -> str | None:
        files = list(self._folder.glob(f"{item.timestamp}_*.mp4"))
        age = time.time() - max((file.stat().st_mtime for file in files), default=0.0)
        if not 0 <= age < _MAY_GROW_S or any(names.is_combined(file.name) for file in files):
            return None
        expected = names.expected_frames(read(self._facts(item), None).settings)
        if expected is None or VideoFile(_longest(files)).frame_count >= expected:
            return None
        return (
            f"it is not whole and was written {age / 60:.0f} minutes ago: perhaps it is still "
            "being rendered. Adopt the folder again in an hour"
        )

    async def facts(self, item: GalleryItem) -> Mapping[str, Any] | None:
        return await asyncio.to_thread(self._facts, item)

    def _facts(self, item: GalleryItem) -> Mapping[str, Any] | None:
        for suffix in (".json", ".png"):
            for place in self._places:
                facts = facts_in(place / f"{item.timestamp}{suffix}")
                if facts is not None:
                    return facts
        return None

    async def picture(self, item: GalleryItem) -> Path | None:
        files = (place / f"{item.timestamp}.png" for place in reversed(self._places))
        return next((file for file in files if file.is_file()), None)

    async def find(self, names: list[str]) -> str | None:
        found = await asyncio.to_thread(self._find, names)
        return None if found is None else str(found)

    def _find(self, names: list[str]) -> Path | None:
        return next((self._folder / n for n in names if (self._folder / n).is_file()), None)

    async def fetch(self, name: str, target: Path) -> Path:  # noqa: ARG002 - see Source
        return Path(name)

    def discard(self, item: GalleryItem, file: Path) -> None:
        """Nothing was fetched."""


def _longest(files: list[Path]) -> Path:
    def number(file: Path) -> float:
        text = names.number_in(file.name)
        return float(text) if text.isdigit() else float("inf")

    return max(files, key=number)
