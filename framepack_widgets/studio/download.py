"""Files from the server: resumed where a part is there, complete or not at all."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx

from framepack_widgets import durable
from framepack_widgets.durable import explaining
from framepack_widgets.errors import StudioRefused, StudioUnreachable
from framepack_widgets.studio.diagnosis import check
from framepack_widgets.studio.line import Line

_TRIES = 4  # in a row that bring nothing
_PAUSE_S = 0.5  # before the second; doubled each time
# Two bytes: Gradio 5 answers a question for the first one alone with a wrong Content-Length.
_FIRST_BYTES = {"range": "bytes=0-1"}


async def exists(line: Line, path: str) -> bool:
    """Whether the server serves that file. A file it may not serve counts as absent."""
    async with line.open_file(path, _FIRST_BYTES) as response:
        if _is_absent(response):
            return False
        if response.status_code == 416:  # nothing in it (yet)
            return False
        check(response, line.root, what=f"the request for {path}")
        if response.status_code == 206:
            await response.aread()
        return True


async def read_small(line: Line, path: str, *, as_json: bool = False) -> Any:
    """A small file's bytes, or what its JSON says; None where the server does not serve it."""
    response = await line.get_file(path)
    if _is_absent(response):
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

    Gives up after a few tries in a row that bring nothing; what has arrived stays there.
    Raises StudioUnreachable when the server goes away, StudioRefused when it does not serve the
    file, LibraryError when it cannot be written here.
    """
    part = Part(target)
    with explaining("read", part.path):
        tries, most = 0, part.size
    while True:
        try:
            await _fetch(line, path, part)
            break
        except StudioUnreachable:
            tries = 0 if part.size > most else tries + 1
            most = max(most, part.size)  # starting over is no progress
            if tries >= _TRIES:
                raise
            await asyncio.sleep(_PAUSE_S * 2 ** max(0, tries - 1))
    with explaining("write the clip", target):
        await asyncio.to_thread(part.finish)


@dataclass(frozen=True)
class Edition:
    """Which state of a file on the server a part belongs to. Empty: the server does not say."""

    etag: str = ""
    modified: str = ""
    total: int | None = None  # bytes

    @classmethod
    def of(cls, response: httpx.Response) -> Edition:
        """What the response says of the whole file."""
        etag = response.headers.get("etag", "")
        return cls(
            "" if etag.startswith("W/") else etag,  # a weak one does not vouch for every byte
            response.headers.get("last-modified", ""),
            _total(response),
        )

    @property
    def condition(self) -> str:
        """For `If-Range`; empty where nothing can be asked for."""
        return self.etag or self.modified

    def differs(self, other: Edition) -> bool:
        """Whether the two are surely not the same: a proxy's cache may ignore `If-Range`."""
        pairs = zip(asdict(self).values(), asdict(other).values())
        return any(mine and theirs and mine != theirs for mine, theirs in pairs)


class Part:
    """What has arrived of a file, beside its target, with a note on what it is a part of."""

    def __init__(self, target: Path) -> None:
        self.target = target
        self.path = target.with_name(target.name + durable.TEMPORARY)
        self._note = target.with_name(self.path.name + ".tag")

    @property
    def size(self) -> int:
        """Bytes that are there."""
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return 0

    @property
    def edition(self) -> Edition:
        """What the part is a part of; an empty one where that is not known."""
        try:
            return Edition(**json.loads(self._note.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return Edition()

    def begin(self, edition: Edition) -> None:
        """Start over. The old part goes first: a note never stands beside another's part."""
        self.path.unlink(missing_ok=True)
        self._note.write_text(json.dumps(asdict(edition)), encoding="utf-8")
        self.path.touch()

    def drop(self) -> None:
        """It is a part of nothing."""
        self.path.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)

    def finish(self) -> None:
        """It is the whole: bring it to its name, durably."""
        durable.put_in_place(self.path, self.target)
        self._note.unlink(missing_ok=True)


async def _fetch(line: Line, path: str, part: Part) -> None:
    """One request. Returns when the part is the whole file."""
    have, edition = part.size, part.edition
    headers = {}
    if have and edition.condition:
        headers = {"range": f"bytes={have}-", "if-range": edition.condition}
    async with line.open_file(path, headers) as response:
        if _is_absent(response):
            raise StudioRefused(f"The Studio at {line.root} no longer serves {path}.")
        if response.status_code != 416:
            check(response, line.root, what=f"the request for {path}")
        found = Edition.of(response)
        with explaining("write the clip", part.target, found.total):
            if response.status_code == 416 and found.total == have == edition.total:
                return  # it had arrived whole when somebody stopped us
            if response.status_code in (206, 416) and not _goes_on(response, have, edition):
                part.drop()
                raise StudioUnreachable(f"{path} on {line.root} has changed; starting over.")
            if response.status_code != 206:
                part.begin(found)
            with part.path.open("ab") as file:
                async for chunk in response.aiter_bytes():
                    file.write(chunk)
    total = found.total if found.total is not None else await _asked_total(line, path)
    if total is not None and part.size != total:
        arrived = part.size
        if arrived > total:
            part.drop()
        raise StudioUnreachable(f"{path} from {line.root} broke off: {arrived} of {total} bytes.")


def _goes_on(response: httpx.Response, have: int, edition: Edition) -> bool:
    """Whether a 206 is the rest of what we have a part of, and not of a newer file."""
    starts = response.headers.get("content-range", "").startswith(f"bytes {have}-")
    return starts and not _is_encoded(response) and not edition.differs(Edition.of(response))


async def _asked_total(line: Line, path: str) -> int | None:
    """The file's size where the response did not say (a proxy packs it, or counts nothing)."""
    async with line.open_file(path, _FIRST_BYTES) as response:
        return _total(response) if response.status_code == 206 else None


def _total(response: httpx.Response) -> int | None:
    """Bytes of the whole file."""
    if _is_encoded(response):
        return None
    whole = re.search(r"/(\d+)$", response.headers.get("content-range", ""))
    if whole:
        return int(whole[1])
    length = response.headers.get("content-length", "")
    return int(length) if response.status_code == 200 and length.isdigit() else None


def _is_encoded(response: httpx.Response) -> bool:
    """Whether a proxy packed it, asked not to: lengths and offsets say nothing then."""
    encoding = str(response.headers.get("content-encoding", "identity"))
    return encoding.strip().lower() not in ("", "identity")


def _is_absent(response: httpx.Response) -> bool:
    """Not there, or not served. Gradio says both with 403; a proxy's own is another matter."""
    if response.status_code == 403:
        return "json" in response.headers.get("content-type", "")
    return response.status_code in (404, 410)
