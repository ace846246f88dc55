"""What the rest of the package expects of a Studio. Pure: types and promises, no network.

`client.StudioClient` keeps these promises over HTTP, `testing.FakeStudio` in memory; one contract
suite runs on both.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from framepack_widgets.errors import StudioRefused
from framepack_widgets.job import Progress
from framepack_widgets.schema import Schema
from framepack_widgets.settings import Settings


@dataclass(frozen=True)
class Current:
    """The job that is running on the server: taken under the server's lock, so it fits together."""

    server_id: str
    progress: Progress  # .video is that job's newest clip, a path on the server


@dataclass(frozen=True)
class QueueRow:
    """A row of the server's queue table, as text of the server (escape it before showing it)."""

    id: str  # the job's id, or its first six characters
    type: str  # the model
    status: str  # pending, running, completed, failed, cancelled, ...; in small letters
    created: str
    started: str
    completed: str
    elapsed: str
    thumbnail: bytes | None = field(default=None, repr=False)  # PNG of the start frame

    def is_of(self, server_id: str) -> bool:
        """Whether this row belongs to the job with that full id."""
        return bool(self.id) and server_id.startswith(self.id)

    @property
    def is_open(self) -> bool:
        """Whether it may still be rendered: what is not known to be over counts as open."""
        return self.status not in ("completed", "failed") and not self.is_cancelled

    @property
    def is_cancelled(self) -> bool:
        """Whether it was cancelled, and nothing of it runs any more."""
        return self.status in ("cancelled", "canceled")


@dataclass(frozen=True)
class Submission:
    """The server's answer to a job handed over."""

    server_id: str
    queue: tuple[QueueRow, ...] = ()  # its queue just after


@dataclass(frozen=True)
class Ending:
    """A job's own final state, asked for by its id while nothing else was running."""

    outcome: str  # the server's text: "Completed", "Error: ...", "Job cancelled", ...
    video: str | None  # path on the server
    known: bool = True  # False: the server does not know the id
    pending: bool = False  # it has not even started


class CallRefused(StudioRefused):
    """The Studio processed the call, and its answer is an error: nothing came of it."""


class SessionUnknown(Exception):
    """The server holds no unread answer for that session."""


class AnswerGone(SessionUnknown):
    """The session may have been there: its answer was read before, or did not come in time."""


class StudioAdapter(Protocol):
    """One Studio, asynchronously. Every method may raise StudioUnreachable or StudioRefused."""

    @property
    def url(self) -> str: ...

    @property
    def schema(self) -> Schema: ...

    @property
    def version(self) -> str | None: ...

    @property
    def app_id(self) -> str | None:
        """As of the last `refresh` or `check_app`."""

    async def refresh(self) -> None:
        """Read the server's description anew: schema, version, folders, app_id."""

    async def check_app(self) -> str | None:
        """Ask for the server's app_id, drawn anew at each start; refreshes if it has changed."""

    async def prepare(self, settings: Settings, overrides: Mapping[str, Any]) -> list[Any]:
        """Arguments in the server's order, files uploaded."""

    async def submit(
        self, arguments: list[Any], session_hash: str, joined: Callable[[], Awaitable[None]]
    ) -> Submission:
        """Hand a job over.

        `joined` runs once the server took the request, before its answer is read.
        """

    async def read_answer(self, session_hash: str) -> Submission:
        """The unread answer of an earlier `submit`; it can be read once.

        Raises SessionUnknown where the server never held that session (or was restarted since), and
        AnswerGone where it did, or may have done so. Raises CallRefused if the answer is a no.
        """

    async def current(self) -> Current | None:
        """The job that is running now, whoever asked for it; None: nothing runs."""

    async def queue(self) -> list[QueueRow]:
        """The whole queue. Costly and not without effect on the server: never in a loop."""

    async def ending(self, server_id: str) -> Ending | None:
        """A job's final state; None where it cannot be told, because another job runs."""

    async def end_current(self) -> None:
        """End whatever runs. Ask `current` who that is just before."""

    async def cancel_pending(self, server_id: str) -> bool:
        """Take one job that has not started out of the server's queue, and nobody else's.

        True: it will not run. False: it could not be done, mostly because this Studio cannot.
        """

    async def recent_timestamps(self) -> list[str]:
        """Timestamps of renders that have a video, newest first; empty without sidecars."""

    async def sidecar(self, timestamp: str) -> dict[str, Any] | None:
        """What the server wrote down about a render; None: nothing (metadata is off)."""

    async def find_video(self, names: tuple[str, ...]) -> str | None:
        """The first of these file names that is in the server's output folder, as a path."""

    async def download(self, path: str, target: Path) -> None:
        """Fetch a file of the server's, whole or not at all; goes on with a part that is there."""

    async def read_file(self, path: str) -> bytes:
        """A small file of the server's (a preview)."""

    async def aclose(self) -> None: ...
