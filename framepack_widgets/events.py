"""What can happen to a job. Pure data; what becomes of the job then is in `advance.py`."""

from __future__ import annotations

from dataclasses import dataclass

from framepack_widgets.job import Progress


@dataclass(frozen=True)
class Event:
    """Something that happened to a job; `at` is this machine's clock, s since 1970."""

    at: float


@dataclass(frozen=True)
class Sending(Event):
    """The job is about to be handed over. Must be on disk before the first byte goes out."""

    app_id: str | None
    session_hash: str
    known_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Joined(Event):
    """The server took the request; its answer, which names the job, is being read."""


@dataclass(frozen=True)
class Sent(Event):
    """The Studio took the job and named it."""

    server_id: str


@dataclass(frozen=True)
class Seen(Event):
    """The Studio said that this job is the one running, and how far it is."""

    server_id: str
    progress: Progress


@dataclass(frozen=True)
class Located(Event):
    """The worker's timestamp of this job became known otherwise (by its stamp)."""

    timestamp: str
    server_id: str | None = None


@dataclass(frozen=True)
class EndAsked(Event):
    """We told the Studio to end this job."""


@dataclass(frozen=True)
class Over(Event):
    """The render is over on the server; what it left is to be fetched."""

    outcome: str
    video: str  # path on the server
    named: bool  # the server itself connected that file with our job's id
    timestamp: str | None = None


@dataclass(frozen=True)
class Fetched(Event):
    """The clip is in the Library."""

    clip: str
    verified: str
    partial: bool
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Failed(Event):
    """The render failed, or what came back is provably not this job's."""

    message: str
    wrong_clip: bool = False


@dataclass(frozen=True)
class Cancelled(Event):
    """The job ended because somebody wanted it to."""

    message: str = ""


@dataclass(frozen=True)
class Gone(Event):
    """The server forgot the job (a restart, a cleared list) and left no clip of it."""

    message: str
    resend: bool = True  # it is certain that it was not rendered to its end
    cut_off: tuple[str, ...] = ()  # timestamps of what it left unfinished


@dataclass(frozen=True)
class Rebound(Event):
    """The server was restarted and has the job again under its old id; it starts from nothing."""

    app_id: str | None
    cut_off: tuple[str, ...] = ()  # timestamps of what it left unfinished before


@dataclass(frozen=True)
class NeverSent(Event):
    """It is certain that the hand-over never reached the server."""


@dataclass(frozen=True)
class Undecidable(Event):
    """Nothing says whether the hand-over reached the server."""

    message: str


@dataclass(frozen=True)
class Returned(Event):
    """The server runs the job again under an id of ours that had been given up.

    If it was sent again meanwhile, this run counts, and the one that was sent is unwanted.
    """

    server_id: str
    app_id: str | None = None


@dataclass(frozen=True)
class Dropped(Event):
    """A run of this job that was not wanted any more is over, or was never there."""

    server_id: str


@dataclass(frozen=True)
class Noted(Event):
    """Something the user should read beside the job."""

    note: str
