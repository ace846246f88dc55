"""What the Library keeps of a sweep's run, as values."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from framepack_widgets.frozen import FrozenDict
from framepack_widgets.job import JobState, Wish
from framepack_widgets.settings import Settings

# States of points beside those of their jobs.
PLANNED = "planned"  # not yet a job: its turn comes, or the run was stopped before
DELETED = "deleted"  # its job was deleted, or is in the trash
REFUSED = "refused"  # this Studio does not take its settings


@dataclass(frozen=True)
class Place:
    """Where in its sweep a point stands."""

    index: int  # its number in the sweep, from 0
    coordinates: Mapping[str, int]  # {axis: which of its values}
    labels: Mapping[str, str]  # {axis: the label of that value}
    asked: str = ""  # identity of its settings as they were meant, before a server's defaults
    reason: str = ""  # why the Studio refuses it

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON."""
        given = {"asked": self.asked, "reason": self.reason}
        return {
            "index": self.index,
            "coordinates": dict(self.coordinates),
            "labels": dict(self.labels),
            **{name: text for name, text in given.items() if text},
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Place:
        """What `to_dict` gave."""
        return cls(
            int(data["index"]),
            FrozenDict(data["coordinates"]),
            FrozenDict(data["labels"]),
            data.get("asked", ""),
            data.get("reason", ""),
        )


@dataclass(frozen=True)
class RunRecord:
    """Everything that is kept about a run but its points."""

    id: str  # 12 hexadecimal digits
    studio: str  # key of the Studio in the Library
    name: str  # unique on its Studio
    sweep: Mapping[str, Any]  # `Sweep.to_dict`
    created_at: float  # s since 1970
    position: float = 0.0  # runs take turns by it, the lowest first
    wish: Wish = Wish.RUN  # RUN, PAUSE or STOP
    digest: str = ""  # of the sweep as it was asked for: the same one finds this run again
    draft: Mapping[str, Any] = field(default_factory=FrozenDict)  # what a draft changes
    refused: tuple[Place, ...] = ()
    promoted: Mapping[str, Any] = field(default_factory=FrozenDict)  # {index: its settings}
    handover: bool = False  # its points go into the Studio's own queue, all at once

    def replace(self, **changes: Any) -> RunRecord:
        """The same with some values changed."""
        return dataclasses.replace(self, **changes)


@dataclass(frozen=True)
class NewPoint:
    """A point of a run that is made or changed; equal points of the sweep are one."""

    id: str  # identity of its resolved settings
    number: int  # its turn within the run
    places: tuple[Place, ...]
    settings: Settings | None  # as resolved; None: the run has the point already


class PointRow(NamedTuple):
    """A point of a run, and what has become of it."""

    id: str
    number: int
    places: tuple[Place, ...]
    listed: bool  # False: its sweep has it no more
    reused: bool  # its clip was there before
    job: str | None  # the job's id; None: it is none yet
    state: str  # of the job, or PLANNED or DELETED
    clip: str | None  # file name in the clips folder
    partial: bool
    message: str  # why it failed

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen to it by itself, unless its turn is still to come."""
        return self.state == DELETED or (self.state != PLANNED and JobState(self.state).is_finished)


class JobFacts(NamedTuple):
    """What a table of many points tells about a job; times in s since 1970."""

    job: str
    clip: str | None  # file name in the clips folder
    created_at: float
    started_at: float | None
    ended_at: float | None
    finished_at: float | None
    stars: int
    note: str


class Turn(NamedTuple):
    """A run, as far as the order of its points goes."""

    run: str
    wish: Wish
    has_next: bool  # whether it has points that are no jobs yet
    has_ended: bool = False  # whether points were cancelled by stopping it
    handover: bool = False  # whether its points are sent without waiting for one another
