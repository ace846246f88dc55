"""Where a job belongs: its Library, its place in the waiting list, the Studio open for it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from framepack_widgets.job import JobState
from framepack_widgets.library import Library
from framepack_widgets.live_job import Job
from framepack_widgets.provenance import beside
from framepack_widgets.registry import open_desk
from framepack_widgets.session import Studio


@dataclass(frozen=True)
class Kept:
    """A file that came back for a job and could not be shown as its clip."""

    path: Path
    size: int
    """Bytes."""
    why: str
    """As it was noted when the file was kept; "" where that cannot be read."""


def library_of(job: Job) -> Library:
    """The Library that keeps the job."""
    return job._library


def position_of(job: Job) -> int | None:
    """Which it is among the jobs that wait for the same Studio, from 1; None: it does not wait.

    Reads the Library. Raises LibraryError where that is not possible.
    """
    waiting = [
        record.id
        for record in library_of(job).unfinished(job.record.studio)
        if record.state is JobState.WAITING
    ]
    return waiting.index(job.id) + 1 if job.id in waiting else None


def studio_of(job: Job) -> Studio | None:
    """The Studio that is connected for this job in this process; None: none is."""
    desk = open_desk(library_of(job), job.record.studio)
    return Studio(desk.client, desk) if desk is not None else None


def kept_aside(job: Job) -> list[Kept]:
    """The job's files in the Library's folder `aside`. Reads the disk."""
    kept = []
    for path in sorted(library_of(job).aside_folder.glob(f"{job.id}-*")):
        if path.suffix == ".json":
            continue
        try:
            kept.append(Kept(path, path.stat().st_size, _why(path)))
        except OSError:  # removed while we looked
            continue
    return kept


def _why(path: Path) -> str:
    try:
        about = json.loads(beside(path).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ""
    return str(about.get("why") or "") if isinstance(about, dict) else ""
