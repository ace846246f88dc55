"""Where a page gets a clip's bytes from, and how it makes sure that they are that clip's.

The page asks the Jupyter server for `/files/<route>` and compares the file's size and the checksums
of its first and last bytes with what this process read. Where that does not work it asks here for
the bytes, in chunks. The twin in the page is `static/video_bytes.js`.
"""

from __future__ import annotations

import hashlib
import os
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote

from framepack_widgets.clip import Clip
from framepack_widgets.errors import LibraryError, WrongClip
from framepack_widgets.locations import jupyter_root

CHUNK = 1_048_576  # bytes; a message of 10 MiB makes a notebook server drop the connection
_HEAD = 16_384  # bytes; of a clip that starts playing early: the sizes of all its frames
_TAIL = 1_024  # bytes


@dataclass(frozen=True)
class VideoSource:
    """One state of one clip's file; whatever is handed out is of exactly that state."""

    path: Path
    size: int  # bytes
    mtime_ns: int
    head: tuple[int, int]  # how many bytes at the start, and their CRC-32
    tail: tuple[int, int]  # how many bytes at the end, and their CRC-32
    route: str | None
    """The file's address below the server's `/files/`, quoted; None: it is not served."""
    why_no_route: str
    """Why not, for people."""

    @classmethod
    def of(cls, clip: Clip, now: Clip | None = None) -> VideoSource:
        """The clip's file as it is now (`now`: that file as a Clip that has read nothing older).

        Raises LibraryError if it cannot be read, WrongClip if it says that it is another job's.
        """
        _refuse_another_jobs(clip, now or Clip(clip.path))
        try:
            with clip.path.open("rb") as file:
                about = os.fstat(file.fileno())
                head = _checksum(file, 0, min(_HEAD, about.st_size))
                tail = _checksum(file, max(0, about.st_size - _TAIL), min(_TAIL, about.st_size))
        except OSError as error:
            raise LibraryError(_gone(clip.path, error)) from error
        route, why = route_of(clip.path)
        return cls(clip.path, about.st_size, about.st_mtime_ns, head, tail, route, why)

    @property
    def key(self) -> str:
        """Names this state of this file, in the page too."""
        text = f"{self.path}\0{self.size}\0{self.mtime_ns}\0{self.head}\0{self.tail}"
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:24]

    def for_page(self) -> dict[str, Any]:
        """What the page is told; small, because a saved notebook may hold it."""
        return {
            "key": self.key,
            "name": self.path.name,
            "size": self.size,
            "chunk": CHUNK,
            "head": list(self.head),
            "tail": list(self.tail),
            "route": self.route,
            "why": self.why_no_route,
        }

    def chunk(self, number: int) -> bytes:
        """The bytes from `number * CHUNK`, at most CHUNK of them.

        Raises LibraryError if the file is gone or is not the same any more.
        """
        if not 0 <= number * CHUNK < self.size:
            raise LibraryError(f"{self.path.name} has no part {number}; show the clip again.")
        try:
            with self.path.open("rb") as file:
                file.seek(number * CHUNK)
                data = file.read(CHUNK)
                about = os.fstat(file.fileno())  # after reading: nothing of a newer file gets out
        except OSError as error:
            raise LibraryError(_gone(self.path, error)) from error
        whole = min(CHUNK, self.size - number * CHUNK)
        if (about.st_size, about.st_mtime_ns, len(data)) != (self.size, self.mtime_ns, whole):
            raise LibraryError(
                f"The file {self.path.name} has changed since the clip was shown, so it is not "
                "played. Show the clip again to see what the file holds now."
            )
        return data


def route_of(path: Path) -> tuple[str | None, str]:
    """A file's address below the Jupyter server's `/files/`, quoted; or None, and why.

    The server serves what lies below its root, hidden folders left out.
    """
    root = jupyter_root()
    if root is None:
        return None, "this kernel was not started by a Jupyter server of this machine"
    # Links resolved on both sides: a server refuses those that lead out of its root.
    real, real_root = Path(os.path.realpath(path)), Path(os.path.realpath(root))
    if not real.is_relative_to(real_root):
        return None, f"the clip lies outside the notebook server's folder {root}"
    relative = real.relative_to(real_root)
    hidden = next((part for part in relative.parts if part.startswith(".")), None)
    if hidden is not None:
        return None, f"the clip lies in a hidden place ({hidden}) that notebook servers keep back"
    return quote(relative.as_posix()), ""


def _refuse_another_jobs(clip: Clip, now: Clip) -> None:
    """What was known about the clip must fit what its file says now."""
    known, inside = clip.job_id_so_far, now.job_id
    if known and inside and known != inside:
        raise WrongClip(
            f"The file {clip.path.name} is job {inside}'s now, not job {known}'s: somebody has "
            "put another clip in its place. It is not shown beside the wrong settings; "
            "fp.Clip.open(path) shows it with its own."
        )


def _checksum(file: BinaryIO, start: int, length: int) -> tuple[int, int]:
    file.seek(start)
    return length, zlib.crc32(file.read(length))


def _gone(path: Path, error: OSError) -> str:
    return (
        f"The clip {path} cannot be read ({error.strerror or error}). Clips deleted from a Library "
        "are in library.trash()."
    )
