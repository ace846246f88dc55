"""The queue of the built-in Studio: one job runs at a time, in the order of submission.

Where it is odd it is so because a Studio is. `mark_current_running` is one example: looking at the
queue sets the current job's status to running, which brings a cancelled one back to life, so that
it ends as completed.
"""

from __future__ import annotations

import queue
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

from .dialects import DIALECTS, Dialect
from .job import Job, JobStatus
from .job_log import JobLog
from .progress import Progress
from .queue_file import load_jobs, save_jobs

Renderer = Callable[[Job], Iterator["Progress | Path"]]
"""Renders a job, telling its progress and each new video file."""

_OVER = (JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELLED)


class JobQueue:
    """All jobs of one server, and the thread that works on them."""

    def __init__(
        self,
        render: Renderer,
        folder: Path,
        metadata: bool,
        loras: list[str],
        dialect: Dialect = DIALECTS["0.5.1"],
    ) -> None:
        self.current: Job | None = None
        self.lock = threading.Lock()
        self._jobs: dict[str, Job] = {}
        self._waiting: queue.Queue[str] = queue.Queue()
        self._saving = threading.Lock()
        self._render = render
        self._folder = folder
        self._metadata = metadata
        self._loras = loras
        self._dialect = dialect
        self._log = JobLog(folder / "jobs.jsonl")
        threading.Thread(target=self._work, name="demo-queue", daemon=True).start()

    def add(self, job: Job) -> None:
        """Put a new job at the end of the queue."""
        with self.lock:
            self._jobs[job.id] = job
            self._log.write("queued", job)
            self._waiting.put(job.id)
        self._save()

    def look(self, job_id: str | None) -> tuple[Job | None, Job | None, JobStatus | None]:
        """The job that runs, the one with this id, and what state that is in, at one moment."""
        with self.lock:
            job = self._jobs.get(job_id) if job_id else None
            return self.current, job, job.status if job else None

    def all(self) -> list[Job]:
        """All jobs the server knows, oldest first."""
        with self.lock:
            return list(self._jobs.values())

    def position(self, job: Job) -> int:
        """How many pending jobs are before this one, plus one."""
        pending = [j for j in self.all() if j.status is JobStatus.PENDING]
        return 1 + sum(j.created_at < job.created_at for j in pending)

    def mark_current_running(self) -> None:
        """Set the current job's status to running, whatever it was: without the lock, as it is.

        Not of one that is being cancelled, where the version knows that.
        """
        current = self.current
        if current is not None and not (self._dialect.cancelling and current.stop.is_set()):
            current.status = JobStatus.RUNNING

    def end_current(self) -> None:
        """Cancel the job that runs, whosever it is."""
        with self.lock:
            if self.current is not None:
                self._stop(self.current)

    def cancel_one(self, job_id: str) -> None:
        """Cancel this job, whether it waits or runs."""
        with self.lock:
            job = self._jobs.get(job_id)
            if job is not None and job.status is JobStatus.PENDING:
                self._drop(job)
            elif job is not None and job.status is JobStatus.RUNNING:
                self._stop(job)
        self._save()

    def remove_one(self, job_id: str) -> None:
        """Forget this job, if it is over."""
        with self.lock:
            job = self._jobs.get(job_id)
            if job is not None and job is not self.current and job.status in _OVER:
                del self._jobs[job_id]
        self._save()

    def cancel_pending(self) -> None:
        """Cancel all jobs that wait, whosever they are."""
        with self.lock:
            for job in self._jobs.values():
                if job.status is JobStatus.PENDING:
                    self._drop(job)
        self._save()

    def _drop(self, job: Job) -> None:
        """Cancel a job that waits. The lock is held."""
        job.status = JobStatus.CANCELLED
        job.completed_at = time.time()
        job.outcome = "cancelled"
        self._log.write("ended", job)

    def _stop(self, job: Job) -> None:
        """Cancel a job that runs. The lock is held."""
        job.stop.set()
        if self._dialect.cancelling:
            job.status = JobStatus.CANCELLING
        else:
            job.status = JobStatus.CANCELLED
            job.completed_at = time.time()

    def forget_ended(self) -> None:
        """Drop completed and cancelled jobs, whosever they are. Failed ones stay."""
        with self.lock:
            for job in list(self._jobs.values()):
                if job.status in (JobStatus.COMPLETED, JobStatus.CANCELLED):
                    del self._jobs[job.id]
        self._save()

    def resume(self) -> None:
        """Take up the jobs that queue.json holds and this server does not know."""
        with self.lock:
            for job in load_jobs(self._folder, set(self._jobs), self._loras):
                self._jobs[job.id] = job
                self._log.write("queued", job)
                self._waiting.put(job.id)
        self._save()

    def _save(self) -> None:
        with self._saving:
            save_jobs(self.all(), self._folder, self._metadata, self._dialect)

    def _work(self) -> None:
        while True:
            job_id = self._waiting.get()
            with self.lock:
                job = self._begin(job_id)
            while job is not None:
                try:
                    self._run(job)
                except Exception as error:  # noqa: BLE001  the thread must live; the log tells
                    traceback.print_exc()
                    job.status, job.error = JobStatus.FAILED, str(error)
                    job.outcome = "failed"
                # In one go, so that whoever follows a job is taken on to the next and does not see
                # it end: on a Studio, too, there is hardly a moment between two jobs.
                with self.lock:
                    self._end(job)
                    job = self._begin_next()
            self._save()

    def _begin_next(self) -> Job | None:
        """Start the next job that waits and was not cancelled. The lock is held."""
        while not self._waiting.empty():
            job = self._begin(self._waiting.get())
            if job is not None:
                return job
        return None

    def _begin(self, job_id: str) -> Job | None:
        job = self._jobs.get(job_id)
        if job is None or job.status is JobStatus.CANCELLED:
            return None
        job.status = JobStatus.RUNNING
        job.started_at = time.time()
        self.current = job
        return job

    def _run(self, job: Job) -> None:
        self._log.write("started", job)
        self._save()
        for news in self._render(job):
            with self.lock:
                if isinstance(news, Progress):
                    job.progress = news
                else:
                    job.result = str(news)
                if job.status in (JobStatus.CANCELLED, JobStatus.CANCELLING):
                    return

    def _end(self, job: Job) -> None:
        """Note how a job ended. The lock is held."""
        if job.status is JobStatus.RUNNING:
            # A render that failed ends here too: nothing tells the queue that it did.
            job.status = JobStatus.COMPLETED
        elif job.status is JobStatus.CANCELLING:
            job.status = JobStatus.CANCELLED
        job.completed_at = job.completed_at or time.time()
        if job.stop.is_set():
            job.outcome = "cancelled"
        self._log.write("ended", job)
        self.current = None
