"""Start frames, end frames and source videos, kept by their content.

A file's name in the inputs folder is its SHA-256 and its suffix, so the same picture is kept once
and can never change under a job. The database knows inputs by that name alone (`{"kept": name}`),
which is why the Library's folder can be moved.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from framepack_widgets import durable
from framepack_widgets.errors import LibraryError
from framepack_widgets.images import ImageData
from framepack_widgets.settings import Settings

FILE_FIELDS = ("start_frame", "end_frame", "video")  # the settings that are files
KEPT = "kept"
_NAME = re.compile(r"[0-9a-f]{64}(\.[a-z0-9]{1,10})?\Z")
_SUFFIX = re.compile(r"\.[a-z0-9]{1,10}\Z")


class Inputs:
    """The inputs folder of a Library."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(self, source: str | os.PathLike[str] | ImageData | bytes, suffix: str = "") -> Path:
        """Copy `source` in and return its path here; nothing happens if it is here already.

        suffix: for bytes, such as ".png"; files keep their own, in lower case. Raises LibraryError
        if the source cannot be read or does not fit on the disk.
        """
        if isinstance(source, ImageData):
            return self._keep_bytes(source.png, ".png")
        if isinstance(source, bytes):
            return self._keep_bytes(source, suffix)
        if not isinstance(source, (str, os.PathLike)):
            raise LibraryError(f"A frame has to be a path or an image, not {source!r}.")
        return self._keep_file(Path(source).expanduser(), suffix)

    def localise(self, settings: Settings) -> Settings:
        """The same settings with their frames and video copied in, as paths in this folder."""
        changes: dict[str, str] = {}
        for field in FILE_FIELDS:
            value = getattr(settings, field)
            if value is None or (isinstance(value, str) and self.name_of(value) is not None):
                continue
            try:
                changes[field] = str(self.keep(value))
            except LibraryError as error:
                raise LibraryError(f"{field}: {error}") from error
        return settings.replace(**changes) if changes else settings

    def recall(self, settings: Settings) -> Settings:
        """The same settings; a file that is not where they say is taken from here, by its name.

        Names are content hashes, so what bears the name is the file.
        """
        changes: dict[str, str] = {}
        for field in FILE_FIELDS:
            value = getattr(settings, field)
            if isinstance(value, str) and _NAME.match(Path(value).name):
                kept = self.folder / Path(value).name
                if not Path(value).is_file() and kept.is_file():
                    changes[field] = str(kept)
        return settings.replace(**changes) if changes else settings

    def name_of(self, path: str) -> str | None:
        """The name of a file in this folder, None for any other path."""
        folder, name = os.path.split(os.path.abspath(path))  # noqa: PTH100 no symlinks resolved
        inside = os.path.normcase(folder) == os.path.normcase(self.folder)
        return name if inside and _NAME.match(name) else None

    def path_of(self, name: str) -> Path:
        """Where the input of that name lies."""
        return self.folder / name

    def to_stored(self, settings: Settings) -> dict[str, Any]:
        """`settings.to_dict()` with kept files by name, whatever the folder is called."""
        stored = settings.to_dict()
        for field in FILE_FIELDS:
            value = stored.get(field)
            name = self.name_of(value) if isinstance(value, str) else None
            if name is not None:
                stored[field] = {KEPT: name}
        return stored

    def from_stored(self, stored: Mapping[str, Any]) -> Settings:
        """The settings that `to_stored` wrote, with paths in this folder."""
        values = dict(stored)
        for field, name in kept_names(stored).items():
            values[field] = str(self.path_of(name))
        return Settings.from_dict(values)

    def _keep_file(self, source: Path, suffix: str) -> Path:
        with durable.explaining("read", source):
            if source.is_dir():
                raise LibraryError(f"{source} is a folder, not a picture or video.")
            size = source.stat().st_size
            name = durable.sha256_of(source) + _safe_suffix(suffix or source.suffix)
        target = self.path_of(name)
        if not self._here(target, size):
            with durable.explaining("copy to", target, needs=size):
                durable.copy(source, target)
            if durable.sha256_of(target) != target.name[:64]:
                target.unlink()
                raise LibraryError(f"{source} changed while it was copied; try again.")
        return target

    def _keep_bytes(self, data: bytes, suffix: str) -> Path:
        target = self.path_of(hashlib.sha256(data).hexdigest() + _safe_suffix(suffix))
        if not self._here(target, len(data)):
            with durable.explaining("write", target, needs=len(data)):
                durable.write_bytes(target, data)
        return target

    def _here(self, target: Path, size: int) -> bool:
        # A file of another size under this name is damaged; it is written again.
        try:
            return target.stat().st_size == size
        except OSError:
            return False


def kept_names(stored: Mapping[str, Any]) -> dict[str, str]:
    """{field: name} of the kept files in stored settings; names that leave the folder are none."""
    names = {}
    for field in FILE_FIELDS:
        value = stored.get(field)
        name = value.get(KEPT) if isinstance(value, Mapping) else None
        if isinstance(name, str) and _NAME.match(name):
            names[field] = name
    return names


def _safe_suffix(suffix: str) -> str:
    suffix = suffix.lower()
    return suffix if _SUFFIX.match(suffix) else ""
