"""Frames on their way to the server: uploaded once, ahead of the submission that uses them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from framepack_widgets.errors import SettingsError
from framepack_widgets.settings import ImageData
from framepack_widgets.studio.download import exists
from framepack_widgets.studio.line import Line

# A server's temporary folder is swept now and then; an older upload is sent again.
_FRESH_S = 15 * 60.0


class Uploads:
    """Remembers, for a while, what the server already has."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._sent: dict[str, tuple[str, float]] = {}

    def forget(self) -> None:
        """The server may have lost what was uploaded."""
        self._sent.clear()

    async def send(self, source: Any) -> dict[str, Any]:
        """The server's reference to an image or video, given as a path or as ImageData.

        Raises SettingsError where the file cannot be read.
        """
        if isinstance(source, ImageData):
            name, key = f"{source.sha256[:16]}.png", source.sha256
            path = await self._known(key)
            path = path or self._note(key, await self._line.upload(name, source.png))
        else:
            name, path = await self._send_file(Path(source).expanduser())
        return {"path": path, "orig_name": name, "meta": {"_type": "gradio.FileData"}}

    async def _send_file(self, file: Path) -> tuple[str, str]:
        """A source video may be large: it is read as it is sent."""
        try:
            stat = file.stat()
        except OSError as error:
            raise _unreadable(file, error) from error
        key = f"{file}:{stat.st_size}:{stat.st_mtime_ns}"
        known = await self._known(key)
        if known is not None:
            return file.name, known
        try:
            content = file.open("rb")
        except OSError as error:
            raise _unreadable(file, error) from error
        with content:
            return file.name, self._note(key, await self._line.upload(file.name, content))

    async def _known(self, key: str) -> str | None:
        """Where the server has it; anybody can clear its temporary files on its page."""
        path, at = self._sent.get(key, ("", 0.0))
        if not path or time.monotonic() - at > _FRESH_S:
            return None
        return path if await exists(self._line, path) else None

    def _note(self, key: str, path: str) -> str:
        self._sent[key] = (path, time.monotonic())
        return path


def _unreadable(file: Path, error: OSError) -> SettingsError:
    return SettingsError(f"The file {file} cannot be read: {error.strerror or error}.")
