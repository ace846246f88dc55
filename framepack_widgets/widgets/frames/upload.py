"""A file that comes from the browser in chunks, written to disk as they arrive.

Chunks carry their number and may arrive in any order, or twice; the file is whole when every byte
that was announced is there. Nothing here knows about messages or pages.
"""

from __future__ import annotations

import re
import secrets
import threading
from contextlib import suppress
from pathlib import Path

from framepack_widgets import durable
from framepack_widgets.errors import LibraryError

CHUNK = 1 << 20  # bytes of every chunk but the last; static/uploads.js has the same number
MAX_BYTES = 20 * (1 << 30)
_UNWANTED = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')
_NAME_LENGTH = 100


class Upload:
    """One file on its way in. May be used from several threads."""

    def __init__(self, upload_id: str, name: str, size: int, folder: Path) -> None:
        """Begin: `size` bytes are announced, the unfinished file lies in `folder`.

        Raises LibraryError for an impossible size or a folder that cannot be written to.
        """
        self.id = upload_id
        self.name = safe_name(name)
        self.size = size
        if size <= 0:
            raise LibraryError(f"{self.name} is empty (0 bytes). Choose another file.")
        if size > MAX_BYTES:
            raise LibraryError(
                f"{self.name} is too large to upload. Copy it to the kernel's machine, then give "
                "its path."
            )
        self.path = folder / f"upload-{secrets.token_hex(8)}{durable.TEMPORARY}"
        self._missing = set(range(-(-size // CHUNK)))
        self._guard = threading.Lock()
        self._open = True
        with durable.explaining("keep an upload in", folder, needs=size):
            folder.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("xb")

    @property
    def received(self) -> int:
        """How many chunks are on disk."""
        with self._guard:
            return -(-self.size // CHUNK) - len(self._missing)

    @property
    def is_open(self) -> bool:
        """Whether chunks are still taken."""
        return self._open

    def add(self, number: int, data: bytes | memoryview) -> bool:
        """Write chunk `number`; True once the file is whole, and then closed.

        A chunk that is there already is left alone. Raises LibraryError, and gives the upload up,
        for a chunk that the announced size has no room for or that is too short, and where the
        disk does.
        """
        with self._guard:
            if not self._open:
                return False
            try:
                self._write(number, data)
            except LibraryError:
                self._give_up()
                raise
            if self._missing:
                return False
            self._open = False
            with durable.explaining("finish", self.path):
                self._file.close()
            return True

    def abort(self) -> None:
        """Give up and remove what had arrived. Harmless afterwards."""
        with self._guard:
            self._give_up()

    def _write(self, number: int, data: bytes | memoryview) -> None:
        start = number * CHUNK
        expected = min(CHUNK, self.size - start)
        if number < 0 or expected <= 0 or len(data) != expected:
            raise LibraryError(
                f"{self.name} did not arrive as it was announced (part {number} has {len(data):,} "
                "bytes). It may have changed while it was read; upload it again."
            )
        if number not in self._missing:
            return
        with durable.explaining("write the upload", self.path, needs=self.size):
            self._file.seek(start)
            self._file.write(data)
        self._missing.discard(number)

    def _give_up(self) -> None:
        self._open = False
        with suppress(OSError):
            self._file.close()
        with suppress(OSError):
            self.path.unlink(missing_ok=True)


def safe_name(name: str) -> str:
    """A file's name without folders and characters that some system refuses."""
    last = re.split(r"[/\\]", name)[-1]
    cleaned = _UNWANTED.sub("_", last).strip(" .")
    stem, dot, suffix = cleaned.rpartition(".")
    if dot and len(suffix) <= 10:
        return f"{stem[: _NAME_LENGTH - len(suffix) - 1] or 'file'}.{suffix}"
    return cleaned[:_NAME_LENGTH] or "file"
