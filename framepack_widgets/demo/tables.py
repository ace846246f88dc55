"""The queue table and the gallery, as a Studio's page shows them."""

from __future__ import annotations

import time
from pathlib import Path

from .job import Job


def queue_rows(jobs: list[Job]) -> list[list[str]]:
    """One row a job: id (six characters), type, status, three times, elapsed, thumbnail."""
    return [
        [
            job.id[:6] + "...",
            str(job.params["model_type"]),
            job.status.value,
            _clock(job.created_at),
            _clock(job.started_at),
            _clock(job.completed_at),
            _elapsed(job),
            f'<img src="{job.thumbnail}" width="64" height="64" style="object-fit: contain;">',
        ]
        for job in jobs
    ]


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
