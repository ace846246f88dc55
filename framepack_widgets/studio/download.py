"""Files from the server: resumed where a part is there, complete or not at all."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import Any

from framepack_widgets.errors import LibraryError, StudioRefused, StudioUnreachable
from framepack_widgets.studio.line import Line, check

_TRIES = 4


async def exists(line: Line, path: str) -> bool:
    """Whether the server serves that file. A file it may not serve counts as absent."""
    async with line.open_file(path, {"range": "bytes=0-0"}) as response:
        if response.status_code in (200, 206):
            return True
        if response.status_code >= 500 or response.status_code == 401:
            check(response, line.root)
        return False


async def read_small(line: Line, path: str, *, as_json: bool = False) -> Any:
    """A small file's bytes, or what its JSON says; None where the server does not serve it."""
    response = await line.get_file(path)
    if response.status_code in (403, 404):
        return None
    check(response, line.root, what=f"the request for {path}")
    if not as_json:
        return response.content
    try:
        value = json.loads(response.content)
    except ValueError:
        return None  # being written just now: as good as not there yet
    return value if isinstance(value, dict) else None


async def download(line: Line, path: str, target: Path) -> None:
    """Fetch `path` of the server's to `target`. A part left by an earlier try is gone on with.

    Raises StudioUnreachable when the server goes away for longer than a few tries, StudioRefused
    when it does not serve the file, LibraryError when it cannot be written here.
    """
    part = target.with_name(target.name + ".part")
    for attempt in range(_TRIES):
        try:
            await _fetch(line, path, part)
            os.replace(part, target)
            return
        except StudioUnreachable:
            if attempt == _TRIES - 1:
                raise
            await asyncio.sleep(0.5 * 2**attempt)
        except OSError as error:
            raise LibraryError(
                f"{target} cannot be written: {error.strerror or error}. Free some space, or make the "
                "folder writable; the clip is still on the server and is fetched at the next start."
            ) from error


async def _fetch(line: Line, path: str, part: Path) -> None:
    have = part.stat().st_size if part.exists() else 0
    tag_file = part.with_name(part.name + ".tag")
    tag = tag_file.read_text(encoding="utf-8") if have and tag_file.exists() else ""
    headers = {"range": f"bytes={have}-", "if-range": tag} if have and tag else {}
    async with line.open_file(path, headers) as response:
        if response.status_code in (403, 404):
            raise StudioRefused(f"The Studio at {line.root} no longer serves {path}.")
        if response.status_code == 416:  # the part is no part of this file
            _remove(part, tag_file)
            raise StudioUnreachable(f"{path} on {line.root} has changed; starting over.")
        check(response, line.root, what=f"the request for {path}")
        resumed = response.status_code == 206 and _starts_at(response.headers, have)
        start = have if resumed else 0
        length = response.headers.get("content-length")
        expected = start + int(length) if length else None
        new_tag = response.headers.get("etag") or response.headers.get("last-modified") or ""
        if not resumed:
            tag_file.write_text(new_tag, encoding="utf-8")
        written = start
        with part.open("ab" if resumed else "wb") as file:
            async for chunk in response.aiter_raw():
                file.write(chunk)
                written += len(chunk)
            file.flush()
            os.fsync(file.fileno())
    if expected is not None and written != expected:
        raise StudioUnreachable(
            f"{path} from {line.root} broke off after {written} of {expected} bytes."
        )
    tag_file.unlink(missing_ok=True)


def _starts_at(headers: Any, offset: int) -> bool:
    return str(headers.get("content-range", "")).startswith(f"bytes {offset}-")


def _remove(*paths: Path) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
