"""Jobs and clips as the terminal shows them, and as JSON."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from framepack_widgets.cli.follow import duration

if TYPE_CHECKING:
    from framepack_widgets.clip import Clip
    from framepack_widgets.job import JobRecord
    from framepack_widgets.live_job import Job

COLUMNS = ("id", "when", "state", "seconds", "seed", "prompt")


def row(record: JobRecord) -> tuple[str, ...]:
    """A job as a line of a table; see COLUMNS."""
    settings = record.settings
    state = f"{record.state}, partial" if record.partial else str(record.state)
    return (
        record.id,
        when(record.created_at),
        state,
        "" if settings.seconds is None else f"{settings.seconds:g}",
        "" if settings.seed is None else str(settings.seed),
        _short(settings.prompt or ""),
    )


def record_data(record: JobRecord, clip: Clip | None = None) -> dict[str, Any]:
    """A job, made of what JSON knows. Times are UTC, ISO 8601."""
    return {
        "id": record.id,
        "state": str(record.state),
        "wish": str(record.wish),
        "message": record.message,
        "notes": list(record.notes),
        "settings": record.settings.to_dict(),
        "created_at": _iso(record.created_at),
        "started_at": _iso(record.started_at),
        "finished_at": _iso(record.finished_at),
        "partial": record.partial,
        "verified": record.verified,
        "clip": str(clip.path) if clip is not None else None,
    }


def job_data(job: Job) -> dict[str, Any]:
    """The same of a live job."""
    return record_data(job.record, job.clip)


def clip_line(clip: Clip) -> str:
    """One line of facts about a clip."""
    facts = [f"{clip.seconds:.2f} s", f"{clip.width} x {clip.height}", f"{clip.size / 1e6:.1f} MB"]
    if clip.partial:
        facts.append("partial")
    facts.append(f"verified by {clip.verified}" if clip.verified else "not verified")
    return ", ".join(facts)


def details(record: JobRecord, clip: Clip | None) -> str:
    """Everything about a job, for reading."""
    lines = [f"job {record.id}: {record.state}", f"created {when(record.created_at)}"]
    if record.message:
        lines.append(f"message: {record.message}")
    lines += [f"note: {note}" for note in record.notes]
    if record.started_at and record.ended_at:
        lines.append(f"rendered in {duration(record.ended_at - record.started_at)}")
    if clip is not None:
        lines.append(f"clip {clip.path}")
        if clip.path.exists():
            lines.append(f"     {clip_line(clip)}")
    lines += ["", *(f"{name} = {value!r}" for name, value in record.settings.set_values().items())]
    return "\n".join(lines)


def when(at: float) -> str:
    """Local date and time, to the minute."""
    return datetime.datetime.fromtimestamp(at).astimezone().strftime("%Y-%m-%d %H:%M")


def _iso(at: float | None) -> str | None:
    if at is None:
        return None
    return datetime.datetime.fromtimestamp(at, tz=datetime.timezone.utc).isoformat()


def _short(text: str, length: int = 48) -> str:
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1] + "…"
