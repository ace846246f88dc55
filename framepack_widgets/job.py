"""One render that was asked for: its states and its record. Pure data.

What the user wants is kept apart from what is (`Wish`), so that a wish survives whatever the server
does meanwhile. How a record moves on is in `advance.py`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from framepack_widgets.errors import (
    FramePackError,
    JobCancelled,
    JobFailed,
    JobLost,
    WrongClip,
)
from framepack_widgets.frozen import FrozenDict
from framepack_widgets.settings import Settings

# Where a job's clip comes from.
RENDER = "render"  # rendered for this Library
ADOPTED = "adopted"  # made by the Studio for somebody else, or on its own page
JOINED = "joined"  # several clips behind one another
PROCESSED = "processed"  # a clip changed by the Studio's post-processing
ORIGINS = (RENDER, ADOPTED, JOINED, PROCESSED)


class JobState(str, Enum):
    """Where a job stands."""

    WAITING = "waiting"  # in our own list; the Studio knows nothing of it
    SENDING = "sending"  # being handed over; whether it arrived is not known yet
    SENT = "sent"  # in the Studio's queue
    RUNNING = "running"  # being rendered
    FETCHING = "fetching"  # over on the server; outcome, proof and download are under way
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    LOST = "lost"  # the server forgot it and left no clip
    UNSURE = "unsure"  # perhaps sent, perhaps not; never sent again by itself

    @property
    def is_finished(self) -> bool:
        """Whether nothing more will happen to the job by itself."""
        return self in _FINISHED

    def __str__(self) -> str:
        return self.value


_FINISHED = frozenset(
    {JobState.DONE, JobState.FAILED, JobState.CANCELLED, JobState.LOST, JobState.UNSURE}
)


class Wish(str, Enum):
    """What the user wants of a job."""

    RUN = "run"
    PAUSE = "pause"  # do not send it yet
    CANCEL = "cancel"
    STOP = "stop"  # end the render now and keep what there is

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True)
class Progress:
    """How far a render is, as the server told it last."""

    fraction: float = 0.0  # of the whole render, 0..1
    section_fraction: float = 0.0  # of the section being sampled, 0..1
    section: int = 0  # which section is being sampled, from 1; 0: not known
    sections: int = 0  # how many there will be; 0: not known
    step: int = 0  # sampling step within the section
    steps: int = 0
    eta_s: float | None = None  # until the last step, s, by the server's own estimate
    frames: int = 0  # frames that exist so far, at 30 a second
    text: str = ""  # what the server says it is doing; another machine's text, escape it
    preview: str | None = None  # the latent preview's path on the server
    video: str | None = None  # the newest section clip's path on the server

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Progress:
        """What `to_dict` gave; keys of a newer version are left out."""
        return cls(**_known(cls, data))


@dataclass(frozen=True)
class Trace:
    """What is known about a job on its server; enough to find it again after any crash."""

    app_id: str | None = None  # drawn anew at each start of the server
    session_hash: str | None = None  # of the submission; its answer can be read once
    server_id: str | None = None  # the Studio's id of the job, full
    opened: bool = False  # the answer's stream was opened; it cannot be read a second time
    known_ids: tuple[str, ...] = ()  # short ids in the Studio's queue before the submission
    timestamp: str | None = None  # drawn by the worker when it starts; all its files begin with it
    timestamp_seen: bool = False  # the timestamp was seen while our server id was running
    video: str | None = None  # the last clip seen while it ran; when it is over: the one to fetch
    named: bool = False  # the server itself connected that clip with our server id
    outcome: str | None = None  # the server's last word, where it had one
    sends: int = 0  # how often the job was handed over
    former_ids: tuple[str, ...] = ()  # server ids of earlier sends, lost with a restart
    cut_off: tuple[str, ...] = ()  # timestamps of runs that a restart ended; same stamp, no clip
    unwanted: tuple[str, ...] = ()  # server ids of ours in its queue, to be ended when they start
    ended: bool = False  # we asked the server to end it (cancel or stop)

    def to_dict(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Trace:
        data = _known(cls, data)
        for key in ("known_ids", "former_ids", "cut_off", "unwanted"):
            if key in data:
                data[key] = tuple(data[key])
        return cls(**data)


@dataclass(frozen=True)
class JobRecord:
    """Everything the Library keeps about a job."""

    id: str  # ours: 12 hexadecimal digits
    studio: str  # key of the Studio in the Library
    settings: Settings  # as resolved: server defaults, drawn seed, frames by content
    created_at: float  # s since 1970, this machine's clock
    state: JobState = JobState.WAITING
    wish: Wish = Wish.RUN
    stamp: int | None = None  # 40 bits carried through the render; None: no inert field to carry it
    stamp_key: str | None = None  # the sidecar's key that carries it
    stamp_step: float | None = None  # step of that slider; the stamp is in the digits below
    trace: Trace = field(default_factory=Trace)
    progress: Progress | None = None
    message: str = ""  # why it failed, was lost, ...; for the user
    wrong_clip: bool = False  # it failed because what came back is provably another job's
    notes: tuple[str, ...] = ()  # things to tell: a dropped LoRA, a wish that has to wait
    clip: str | None = None  # file name in the Library's clips folder
    partial: bool = False  # shorter than its settings ask for
    verified: str | None = None  # "stamp", "id", "settings": how the clip was proven
    stars: int = 0  # the user's own rating, 0..5; 0: not rated
    note: str = ""  # the user's own words about it
    origin: str = RENDER  # one of ORIGINS; of all but a render, the settings may be empty: unknown
    parents: tuple[str, ...] = ()  # ids of the jobs whose clips it was made from
    operation: str = ""  # how it was made from them: "continue", "join", "upscale", ...
    options: Mapping[str, Any] = field(default_factory=FrozenDict)  # of that operation; plain JSON
    run: str | None = None  # id of the sweep's run that it was made for
    content: str | None = None  # identity of its settings (`sweeps.identity.content_id`)
    sent_at: float | None = None
    started_at: float | None = None  # seen running for the first time
    ended_at: float | None = None  # seen to be over on the server; less started_at: the render
    finished_at: float | None = None  # nothing more will happen; for a clip: it is on disk

    def replace(self, **changes: Any) -> JobRecord:
        """The same with some values changed; of the Library's own record nothing changes."""
        return dataclasses.replace(self, **changes)


def timestamp_of(path: str | None) -> str | None:
    """The worker's timestamp in the name of one of its files, `<timestamp>_<latents>.mp4`."""
    if not path:
        return None
    name = path.replace("\\", "/").rsplit("/", 1)[-1]
    stem = name.rsplit(".", 1)[0]
    head, separator, tail = stem.rpartition("_")
    return head if separator and head and (tail.isdigit() or tail == "combined") else None


def error_of(record: JobRecord) -> FramePackError:
    """The error that a job's end stands for."""
    text = f"Job {record.id}: {record.message or record.state}"
    if record.state is JobState.FAILED:
        return WrongClip(text) if record.wrong_clip else JobFailed(text)
    if record.state is JobState.CANCELLED:
        return JobCancelled(text)
    return JobLost(text)


def _known(cls: type, data: dict[str, Any]) -> dict[str, Any]:
    """Only the keys this version knows, so that a record of a newer one can still be read."""
    names = {item.name for item in dataclasses.fields(cls)}
    return {key: value for key, value in data.items() if key in names}
