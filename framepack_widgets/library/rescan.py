"""Clips that lie in the clips folder while the database does not know them.

That is so after a damaged database, or when they were copied in by hand. Each carries its own
facts, so it can become a job of this Library again.
"""

from __future__ import annotations

import hashlib
import re
import warnings
from pathlib import Path
from typing import Any

from framepack_widgets import provenance
from framepack_widgets.clip import Clip
from framepack_widgets.descent import Descent
from framepack_widgets.errors import LibraryError, SettingsError
from framepack_widgets.job import RENDER, JobRecord, JobState
from framepack_widgets.library.search import MAX_STARS
from framepack_widgets.library.studios import key_of, normalised
from framepack_widgets.settings import Settings
from framepack_widgets.sweeps.identity import content_id

_ID = re.compile(r"[0-9a-f]{12}\Z")
_PROOFS = ("stamp", "id", "settings")


def unknown_clips(folder: Path, known: set[str]) -> list[Path]:
    """The mp4 files whose names are not among `known`."""
    return sorted(path for path in folder.glob("*.mp4") if path.name not in known)


def record_from(path: Path, taken: set[str], at_work: set[str]) -> JobRecord | None:
    """A finished job for the clip at `path`; None, with a warning, if it says too little of itself.

    taken: ids that cannot be used any more. at_work: ids of jobs that are not over; their clips are
    left to whoever runs them, without a warning.
    """
    try:
        clip = Clip.open(path)
        settings = clip.settings
        facts = provenance.read(path) or {}
    except LibraryError as error:
        warnings.warn(f"left alone: {error}", stacklevel=3)
        return None
    if clip.job_id in at_work:
        return None
    descent = Descent.read(facts)
    if settings is None and descent.origin != RENDER and "settings" in facts:
        settings = Settings()  # it says itself that nobody knows them
    if settings is None:
        warnings.warn(
            f"left alone: {path.name} carries no settings, so it cannot become a job.", stacklevel=3
        )
        return None
    made_at = facts.get("rendered_at")
    at = float(made_at) if isinstance(made_at, (int, float)) else path.stat().st_mtime
    return JobRecord(
        id=_id_for(clip, taken),
        studio=_studio_key(facts),
        settings=settings,
        created_at=at,
        state=JobState.DONE,
        clip=path.name,
        partial=clip.partial,
        verified=clip.verified if clip.verified in _PROOFS else None,
        **_judgement(provenance.read_beside(path) or {}),
        finished_at=at,
        notes=clip.missing_inputs,
        content=_content(settings) if descent.origin == RENDER else None,
        **vars(descent),
    )


def _content(settings: Settings) -> str | None:
    """What a sweep with these settings finds the clip by."""
    try:
        return content_id(settings)
    except SettingsError:  # a frame that is not here
        return None


def _judgement(beside: dict[str, Any]) -> dict[str, Any]:
    """Stars and note as the JSON beside the clip has them; nothing of what is no such thing."""
    stars, note = beside.get("stars"), beside.get("note")
    found: dict[str, Any] = {"note": note} if isinstance(note, str) else {}
    if isinstance(stars, int) and stars in range(MAX_STARS + 1):
        found["stars"] = int(stars)
    return found


def _id_for(clip: Clip, taken: set[str]) -> str:
    own = clip.job_id
    if own is not None and _ID.match(own) and own not in taken:
        return own
    # Made from the name, so that scanning again does not make another job of the same file.
    return hashlib.sha256(clip.path.name.encode()).hexdigest()[:12]


def _studio_key(facts: dict[str, Any]) -> str:
    studio = facts.get("studio")
    if not isinstance(studio, dict):
        return ""
    key, url = studio.get("key"), studio.get("url")
    if isinstance(key, str):
        return key
    return key_of(normalised(url)) if isinstance(url, str) else ""
