"""What `/monitor_job` tells: always the story of the job that RUNS, whatever id it was asked about.

Pure but for sleeping: it looks at the queue and yields what the page should show.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

from .job import Job, JobStatus
from .job_queue import JobQueue
from .progress import Pixels, bar

_LOOK = 0.05  # s between two looks
_UNDER_WAY = (JobStatus.RUNNING, JobStatus.CANCELLING)
_FALLBACK = 0.5  # s after which a running job without progress is told of again


@dataclass(frozen=True)
class Update:
    """What a page should show now."""

    video: str | None
    preview: Pixels | None
    """None: leave the picture that is there."""
    text: str
    html: str
    is_over: bool = False
    """The last update of this story."""
    is_unknown: bool = False
    """There is no such job."""


def follow(queue: JobQueue, job_id: str | None) -> Iterator[Update]:
    """Follow the job that runs until there is an ended one to tell of."""
    video: str | None = None
    preview: Pixels | None = None
    told = 0.0
    while True:
        current, job, status = queue.look(job_id)
        if current and current.id != job_id and current.status in _UNDER_WAY:
            job_id = current.id
            told = 0.0
            yield Update(video, None, "", "Switching to current job...")
            continue
        if job is None or status is None:
            yield Update(None, None, "No job ID provided", "", is_over=True, is_unknown=True)
            return
        if job.result and job.result != video:
            video = job.result
            yield Update(video, None, "", "")
        if status is JobStatus.PENDING:
            place = f"Waiting in queue. Position: {queue.position(job)}"
            yield Update(video, None, "", place)
        elif status is JobStatus.CANCELLING:
            yield Update(job.result, preview, "Cancelling job...", bar(0, "Cancelling..."))
        elif status is JobStatus.RUNNING:
            pause = _LOOK if job.progress else _FALLBACK
            if time.monotonic() - told >= pause:
                told = time.monotonic()
                preview = job.progress.preview if job.progress else None
                yield _running(job)
        else:
            yield _ended(job, status, preview)
            return
        time.sleep(_LOOK)


def _running(job: Job) -> Update:
    now = job.progress
    if now is None:
        return Update(job.result, None, "Processing...", bar(0, "Processing..."))
    return Update(job.result, now.preview, now.text, now.html)


def _ended(job: Job, status: JobStatus, preview: Pixels | None) -> Update:
    text, html = {
        JobStatus.COMPLETED: ("Completed", bar(100, "Completed")),
        JobStatus.FAILED: (f"Error: {job.error}", bar(0, "Failed")),
    }.get(status, ("Job cancelled", bar(0, "Cancelled")))
    return Update(job.result, preview, text, html, is_over=True)
