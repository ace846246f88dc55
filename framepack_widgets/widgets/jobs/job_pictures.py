"""Latent previews on their way to the page: fetched only while somebody looks.

A page says which of its views can be seen, and that a picture has arrived; the next is fetched only
then. So a page that was closed, or a slow line, costs one picture and no more.
"""

from __future__ import annotations

import concurrent.futures
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from framepack_widgets.errors import FramePackError
from framepack_widgets.job import JobState
from framepack_widgets.live_job import Job
from framepack_widgets.widgets.pace import Paced

_log = logging.getLogger(__name__)
_PER_SECOND = 0.7

# Not the threads that clicks are answered in: a Studio that hangs must not delay a Cancel.
fetching = concurrent.futures.ThreadPoolExecutor(2, thread_name_prefix="framepack-pictures")


@dataclass(frozen=True)
class Picture:
    """An encoded image as the server gave it, animated ones included."""

    path: str
    mime: str
    data: bytes


class Previews:
    """The newest latent preview of one job at a time, handed to `send(picture)`."""

    def __init__(self, send: Callable[[Picture], object]) -> None:
        self._send = send
        self._paced = Paced(self._look, _PER_SECOND)
        self._guard = threading.Lock()
        self._job: Job | None = None
        self._visible: set[str] = set()
        self._sent: str | None = None  # path of the picture that was sent last
        self._last: Picture | None = None
        self._unconfirmed = False
        self._busy = False

    def follow(self, job: Job | None) -> None:
        """Show this job's previews from now on."""
        with self._guard:
            self._job, self._sent, self._last, self._unconfirmed = job, None, None, False
        self.touch()

    def look(self, view: str, *, visible: bool) -> None:
        """Whether that view of the page can be seen now."""
        with self._guard:
            if visible:
                self._visible.add(view)
                self._sent, self._unconfirmed = None, False  # it has no picture yet
            else:
                self._visible.discard(view)
        self.touch()

    def seen(self) -> None:
        """The page has shown the last picture."""
        with self._guard:
            self._unconfirmed = False
        self.touch()

    def touch(self) -> None:
        """There may be a newer one."""
        if self._wanted() is not None:
            self._paced.touch()

    def _wanted(self) -> tuple[Job, str] | None:
        """Job and path of a preview that is to be fetched now."""
        with self._guard:
            job = self._job
            if job is None or not self._visible or self._unconfirmed or self._busy:
                return None
            progress = job.record.progress
            path = progress.preview if progress is not None else None
            if job.state is not JobState.RUNNING or path is None or path == self._sent:
                return None
            return job, path

    def _look(self) -> None:
        wanted = self._wanted()
        if wanted is None:
            return
        with self._guard:
            self._busy = True
        fetching.submit(self._fetch, *wanted)

    def _fetch(self, job: Job, path: str) -> None:
        picture = None
        try:
            last = self._last
            picture = last if last is not None and last.path == path else _read(job, path)
        except FramePackError as error:  # the job's own trouble says so where it matters
            _log.debug("preview of job %s: %s", job.id, error)
        except Exception:  # noqa: BLE001 - a picture less; the render goes on
            _log.exception("preview of job %s", job.id)
        with self._guard:
            self._busy = False
            if job is not self._job:
                picture = None
            else:
                self._sent = path
            if picture is not None:
                self._last, self._unconfirmed = picture, True
        if picture is not None:
            self._send(picture)
        self.touch()


def _read(job: Job, path: str) -> Picture | None:
    data = job.preview()
    mime = mime_of(data) if data else None
    return Picture(path, mime, data) if data and mime else None


def mime_of(data: bytes) -> str | None:
    """The kind of an encoded image by its first bytes; None: none that a page shows."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    for start, mime in _STARTS.items():
        if data.startswith(start):
            return mime
    return None


_STARTS = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
}
