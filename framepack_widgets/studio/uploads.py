"""Frames on their way to the server: uploaded once, ahead of the submission that uses them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from framepack_widgets.errors import SettingsError
from framepack_widgets.settings import ImageData
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
        """The server's reference to an image or video, given as a path or as ImageData."""
        name, content, key = _read(source)
        path, at = self._sent.get(key, ("", 0.0))
        if not path or time.monotonic() - at > _FRESH_S:
            path = await self._line.upload(name, content)
            self._sent[key] = (path, time.monotonic())
        return {"path": path, "orig_name": name, "meta": {"_type": "gradio.FileData"}}


def _read(source: Any) -> tuple[str, bytes, str]:
    if isinstance(source, ImageData):
        return f"{source.sha256[:16]}.png", source.png, source.sha256
    path = Path(source).expanduser()
    try:
        content = path.read_bytes()
        stat = path.stat()
    except OSError as error:
        raise SettingsError(f"The file {path} cannot be read: {error.strerror or error}.") from error
    return path.name, content, f"{path}:{stat.st_size}:{stat.st_mtime_ns}"
