"""The queue table and the gallery, as a Studio's page shows them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from .job import Job, JobStatus

_COLUMNS = ("Job ID", "Type", "Status", "Created", "Started", "Completed", "Elapsed", "Preview")
_ROW = """
<div class="queue-row" data-job-id="{id}">
  <div class="queue-row-status queue-row-status-{status}">
    <svg class="queue-row-status-icon" viewBox="0 0 24 24"></svg>
  </div>
  <div class="queue-row-prompt-text">{prompt}</div>
  <span class="queue-row-setting-label">Type</span>
  <span class="queue-row-setting-value">{model}</span>
  <span class="queue-row-setting-label">Seed</span>
  <span class="queue-row-setting-value">{seed}</span>
  <div>Started: {started}</div> <div>Elapsed: {elapsed}</div> <div>Completed: {completed}</div>
  <button class="queue-row-action-btn" data-action="{action}" data-job-id="{id}">x</button>
  <div class="queue-row-preview">{thumbnail}</div>
</div>
"""
_SCRIPT = "<script>document.querySelector('.queue-row[data-job-id]');</script>"


def queue_rows(jobs: list[Job], columns: Sequence[str] = _COLUMNS) -> list[list[str]]:
    """One row a job: id (six characters), type, status, three times, elapsed, thumbnail."""
    return [[_cell(job, column) for column in columns] for job in jobs]


def _cell(job: Job, column: str) -> str:
    picture = f'<img src="{job.thumbnail}" width="64" height="64" style="object-fit: contain;">'
    return {
        "job id": job.id[:6] + "...",
        "type": str(job.params["model_type"]),
        "status": job.status.value,
        "created": _clock(job.created_at),
        "started": _clock(job.started_at),
        "completed": _clock(job.completed_at),
        "elapsed": _elapsed(job),
        "preview": picture,
        "prompt": str(job.params["prompt_text"]),
    }[column.lower()]


def queue_page(jobs: list[Job]) -> str:
    """The queue as a page: what runs, what waits, what is over. Prompts stand in it as typed."""
    order = {JobStatus.RUNNING: 0, JobStatus.CANCELLING: 0, JobStatus.PENDING: 1}
    rows = "".join(
        _ROW.format(**_facts(job)) for job in sorted(jobs, key=lambda j: order.get(j.status, 2))
    )
    script = _SCRIPT if jobs else ""
    return f'<div class="queue-container"><div class="queue-body">{rows}{script}</div></div>'


def _facts(job: Job) -> dict[str, str]:
    is_open = job.status in (JobStatus.PENDING, JobStatus.RUNNING)
    return {
        "id": job.id,
        "status": job.status.value,
        "prompt": str(job.params["prompt_text"]),
        "model": str(job.params["model_type"]),
        "seed": str(job.params["seed"]),
        "started": _clock(job.started_at) or "--",
        "completed": _clock(job.completed_at) or "--",
        "elapsed": _elapsed(job).partition(" ")[0] or "--",
        "action": "cancel" if is_open else "remove",
        "thumbnail": f'<img src="{job.thumbnail}">',
    }


def gallery_items(outputs: Path, metadata: Path) -> list[tuple[str, str]]:
    """Path of the PNG sidecar and timestamp of every render that has a clip, newest first."""
    items = []
    for png in metadata.glob("*.png"):
        videos = [
            path
            for path in outputs.glob(f"{png.stem}_*.mp4")
            if path.stem[len(png.stem) + 1 :].isdigit()
        ]
        if videos:
            newest = max(videos, key=lambda path: int(path.stem.rpartition("_")[2]))
            items.append((newest.stat().st_mtime, str(png), png.stem))
    return [(path, stem) for _, path, stem in sorted(items, reverse=True)]


def _clock(seconds: float | None) -> str:
    return time.strftime("%H:%M:%S", time.localtime(seconds)) if seconds else ""


def _elapsed(job: Job) -> str:
    if not job.started_at:
        return ""
    if job.completed_at:
        return f"{job.completed_at - job.started_at:.2f}s"
    return f"{time.time() - job.started_at:.2f}s (running)"
