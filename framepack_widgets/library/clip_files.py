"""Clips as files: their names, and how a finished download becomes one of them.

`adopt` may be killed at any point and called again: each step either happened or did not, and the
download goes last.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import time
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from framepack_widgets import durable, provenance
from framepack_widgets.descent import Descent
from framepack_widgets.errors import LibraryError
from framepack_widgets.job import RENDER, JobRecord
from framepack_widgets.library.inputs import FILE_FIELDS, Inputs, kept_names

if TYPE_CHECKING:
    from framepack_widgets.library.studios import StudioRow

_MAX_PROMPT = 40  # characters of the prompt in a file name
_MAX_SEED = 20
_TIMED = re.compile(r"\[\s*\d+(?:\.\d+)?s(?:\s*-\s*\d+(?:\.\d+)?s)?\s*:([^\]]*)\]?")  # "[2s: …]"
_DAY = re.compile(r"\d{4}-\d\d-\d\d\Z")
_PLAIN_ID = re.compile(r"[0-9a-z]{1,32}\Z")


class ClipFiles:
    """The folders `clips`, `incoming` (downloads on their way) and `aside` (not to be shown)."""

    def __init__(self, root: Path, inputs: Inputs) -> None:
        self.clips = root / "clips"
        self.incoming = root / "incoming"
        self.aside = root / "aside"
        self._inputs = inputs

    def adopt(
        self, record: JobRecord, file: Path, facts: Mapping[str, Any], *, keep: bool = False
    ) -> Path:
        """See `Library.adopt`. keep: the file stays where it is, too."""
        target = self.place_of(record)
        durable.remove_temporaries_of(target)
        durable.remove_temporaries_of(provenance.beside(target))
        if not file.is_file():
            if self._is_clip_of(target, record.id):
                self._write_beside(target)
                return target
            raise LibraryError(
                f"Job {record.id}: download {file} is gone, and no clip was made of it yet. "
                "Fetch it again."
            )
        self._write_clip(file, target, facts)
        self._write_beside(target, facts)
        if not keep:
            with contextlib.suppress(OSError):
                file.unlink()
        return target

    def keep_aside(self, record: JobRecord, file: Path, why: str) -> Path:
        """See `Library.keep_aside`."""
        target = self.aside / f"{_plain_id(record.id)}-{file.name}"
        about = {
            "why": why,
            "job": record.id,
            "kept_at": time.time(),
            "asked": self._inputs.to_stored(record.settings),
        }
        with durable.explaining("keep aside", target):
            durable.write_json(provenance.beside(target), about)
            if file.is_file():
                durable.move(file, target)
            elif not target.is_file():
                raise LibraryError(f"Job {record.id}: there is no file {file} to keep aside.")
        return target

    def add_beside(self, clip: str, values: Mapping[str, Any]) -> None:
        """Add to what the JSON beside the clip of that file name says."""
        beside = provenance.beside(self.clips / clip)
        facts = provenance.read_beside(self.clips / clip) or provenance.read(self.clips / clip)
        with durable.explaining("write", beside):
            durable.write_json(beside, {**(facts or {}), **values})

    def place_of(self, record: JobRecord) -> Path:
        """Where the job's clip is or is to go. A name once given stays, in any time zone."""
        name = record.clip or clip_name(record)
        if not (self.clips / name).exists():
            earlier = sorted(self.clips.glob(f"*-{_plain_id(record.id)}.mp4"))
            if earlier:
                return earlier[0]
        return self.clips / name

    def facts_of(
        self,
        record: JobRecord,
        *,
        verified: str | None,
        partial: bool,
        studio: StudioRow | None,
        extra: Mapping[str, Any] | None,
    ) -> dict[str, Any]:
        """What is written into the clip; see provenance.py."""
        settings = self._inputs.to_stored(record.settings)
        inputs: dict[str, dict[str, str | None]] = {}
        for field in FILE_FIELDS:
            if field in settings:
                # Files that were never kept have no name that means anything elsewhere.
                name = kept_names(settings).get(field)
                inputs[field] = {"sha256": name[:64] if name else None, "name": name}
                settings.pop(field)
                if name:
                    settings[field] = f"inputs/{name}"
        unknown = record.origin != RENDER and not settings
        return {
            **(extra or {}),
            **Descent.of(record).to_facts(),
            provenance.MARK: provenance.FORMAT,
            "settings": None if unknown else settings,
            "job": record.id,
            "studio": {
                "key": record.studio,
                "url": studio.url if studio else None,
                "version": studio.version if studio else None,
            },
            "verified": verified,
            "partial": partial,
            "rendered_at": record.ended_at or record.finished_at or time.time(),
            "inputs": inputs,
        }

    def _write_clip(self, file: Path, target: Path, facts: Mapping[str, Any]) -> None:
        with (
            durable.explaining("write the clip", target, needs=file.stat().st_size),
            durable.whole(target) as temporary,
        ):
            provenance.write(file, temporary, facts)
            _check_readable(temporary, file)

    def _write_beside(self, clip: Path, facts: Mapping[str, Any] | None = None) -> None:
        beside = provenance.beside(clip)
        if facts is None and beside.is_file():
            return
        with durable.explaining("write", beside):
            durable.write_json(beside, facts or provenance.read(clip) or {})

    def _is_clip_of(self, target: Path, job_id: str) -> bool:
        facts = provenance.read(target) if target.is_file() else None
        return facts is not None and facts.get("job") == job_id


def clip_name(record: JobRecord) -> str:
    """`<date>-<short prompt>-<seed>-<id>.mp4`: ASCII, valid on every system, one for each id."""
    settings = record.settings
    prompt = str(settings.prompt) if settings.prompt else ""
    parts = (
        _day(record.created_at),
        _slug(_TIMED.sub(r" \1 ", prompt), _MAX_PROMPT)
        or _slug(record.operation, _MAX_PROMPT)
        or "clip",
        "" if settings.seed is None else _slug(str(settings.seed), _MAX_SEED),
        _plain_id(record.id),
    )
    return "-".join(part for part in parts if part) + ".mp4"


def _slug(text: str, limit: int) -> str:
    # "ß" only comes apart when folded; accents only when decomposed.
    plain = unicodedata.normalize("NFKD", text.casefold()).encode("ascii", "ignore").decode()
    words = re.findall(r"[a-z0-9]+", plain)
    slug = ""
    for word in words:
        longer = f"{slug}-{word}" if slug else word
        if len(longer) > limit:
            return slug or word[:limit]
        slug = longer
    return slug


def _day(at: float) -> str:
    try:
        day = time.strftime("%Y-%m-%d", time.localtime(at))
    except (ValueError, OverflowError, OSError):
        return "undated"
    return day if _DAY.match(day) else "undated"  # a clock set to before Christ


def _plain_id(job_id: str) -> str:
    # Ids are hexadecimal; anything else becomes a number of its own, so that no two share a name.
    if _PLAIN_ID.match(job_id):
        return job_id
    return hashlib.sha256(job_id.encode("utf-8", "surrogatepass")).hexdigest()[:24]


def _check_readable(copy: Path, original: Path) -> None:
    """The last and the first picture decode: what came over the network is whole."""
    from framepack_widgets.clip import Clip

    try:
        clip = Clip.open(copy)
        clip.frame(0)
        clip.frame(-1)
    except (LibraryError, IndexError) as error:
        raise LibraryError(
            f"{original} is no complete video ({error}). Download it again."
        ) from error
