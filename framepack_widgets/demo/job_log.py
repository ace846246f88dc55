"""The server's own log of its jobs, `jobs.jsonl`: what a client's answers are held against.

One JSON object a line: `event` (queued, started, ended), `id`, `timestamp` (the name of its files,
null before it runs), `time` (s since 1970), `outcome` (ok, failed, partial, cancelled; null before
the end), `foreign`, and `status`, which is what the server tells clients.
"""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path

from .job import Job


class JobLog:
    """Appends to one file; safe to use from several threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def write(self, event: str, job: Job) -> None:
        """Note that `event` has happened to `job`."""
        line = json.dumps(
            {
                "event": event,
                "id": job.id,
                "timestamp": job.timestamp,
                "time": time.time(),
                "outcome": job.outcome if event == "ended" else None,
                "foreign": job.foreign,
                "status": job.status.value,
            }
        )
        with self._lock, self._path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
