"""Writing files so that a crash leaves either the old state or the new one, and saying what went
wrong in words: every OSError of the Library's files becomes a LibraryError here.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from framepack_widgets.errors import LibraryError

TEMPORARY = ".part"  # the end of every unfinished file's name
STALE_S = 24 * 3600.0  # an unfinished file that nobody touched for so long belongs to nobody
_REPLACE_TRIES = 20  # Windows refuses to replace a file while a player or scanner has it open
_CHUNK = 1 << 20
_IS_WINDOWS = os.name == "nt"


@contextmanager
def explaining(doing: str, path: Path, needs: int | None = None) -> Iterator[None]:
    """Turn an OSError into a LibraryError that names the file, the space needed and the way out.

    doing: what was tried, such as "write the clip"; needs: bytes that have to fit on the disk.
    """
    try:
        yield
    except OSError as error:
        raise LibraryError(_explanation(doing, path, needs, error)) from error


def _explanation(doing: str, path: Path, needs: int | None, error: OSError) -> str:
    what = f"Could not {doing} {path}: {error.strerror or error}."
    if error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)):
        room = "" if needs is None else f" It needs {needs:,} bytes."
        return f"{what}{room} Free some space on that disk (library.empty_trash()), then try again."
    if error.errno == errno.ENOENT:
        return f"{what} Check the path; the file or its folder is not there."
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return (
            f"{what} Close programs that have it open, check the folder's permissions, or choose "
            "another folder with library=…"
        )
    return f"{what} Try again; if it stays, choose another folder with library=…"


def temporary_beside(target: Path) -> Path:
    """A free name in the target's folder, so that the rename stays on one disk."""
    return target.with_name(f"{target.name}.{os.getpid()}-{secrets.token_hex(3)}{TEMPORARY}")


def remove_temporaries_of(target: Path) -> None:
    """Remove what earlier, killed attempts at `target` left beside it."""
    for leftover in target.parent.glob(f"{_escaped(target.name)}.*{TEMPORARY}"):
        with suppress(OSError):
            leftover.unlink()


def remove_stale_temporaries(folder: Path) -> None:
    """Remove unfinished files that nobody touched for a day; others may be at work on theirs."""
    for leftover in folder.glob(f"*{TEMPORARY}"):
        with suppress(OSError):
            if time.time() - leftover.stat().st_mtime > STALE_S:
                leftover.unlink()


@contextmanager
def whole(target: Path) -> Iterator[Path]:
    """Write under another name, which this gives; at its end the file is at `target`, durably.

    After an error nothing of it is left, and what was at `target` before stays. Raises OSError.
    """
    temporary = temporary_beside(target)
    try:
        yield temporary
        put_in_place(temporary, target)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise


def put_in_place(temporary: Path, target: Path) -> None:
    """Bring a finished temporary file to its name, durably. Raises OSError."""
    with temporary.open("rb+") as file:
        os.fsync(file.fileno())
    move(temporary, target)
    sync_folder(target.parent)


def move(source: Path, target: Path) -> None:
    """`os.replace`, patient with files that are open elsewhere on Windows. Raises OSError."""
    for attempt in range(_REPLACE_TRIES):
        try:
            source.replace(target)
            return
        except PermissionError:
            if not _IS_WINDOWS or attempt == _REPLACE_TRIES - 1:
                raise
            time.sleep(0.05)


def write_bytes(target: Path, data: bytes) -> None:
    """Write a whole file atomically and durably. Raises OSError."""
    with whole(target) as temporary:
        temporary.write_bytes(data)


def write_json(target: Path, value: Mapping[str, Any]) -> None:
    """Write a JSON file atomically and durably. Raises OSError."""
    write_bytes(target, json_text(value, indent=1).encode())


def json_text(value: Any, *, indent: int | None = None, default: Any = None) -> str:
    """JSON that stays readable in other languages, and that UTF-8 can always encode."""
    separators = (",", ":") if indent is None else None
    text = json.dumps(
        value, ensure_ascii=False, indent=indent, separators=separators, default=default
    )
    if any("\ud800" <= character <= "\udfff" for character in text):
        # Half of a character, as a broken paste leaves it: only escapes can write it.
        text = json.dumps(value, indent=indent, separators=separators, default=default)
    return text


def copy(source: Path, target: Path) -> None:
    """Copy a file atomically and durably. Raises OSError."""
    with (
        whole(target) as temporary,
        source.open("rb") as reader,
        temporary.open("wb") as writer,
    ):
        while chunk := reader.read(_CHUNK):
            writer.write(chunk)


def sha256_of(path: Path) -> str:
    """The content's SHA-256, 64 hexadecimal digits. Raises OSError."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def sync_folder(folder: Path) -> None:
    """Make a rename survive a power cut. Only POSIX systems can open a folder."""
    if _IS_WINDOWS:
        return
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _escaped(name: str) -> str:
    import glob

    return glob.escape(name)
