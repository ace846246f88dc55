"""One point of a sweep that is rendered: its settings, and what has become of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from framepack_widgets.frozen import FrozenDict
from framepack_widgets.library.run_rows import DELETED, PLANNED, REFUSED, Place, PointRow
from framepack_widgets.settings import Settings

if TYPE_CHECKING:
    from framepack_widgets.clip import Clip
    from framepack_widgets.live_job import Job
    from framepack_widgets.runs.sweep_run import SweepRun

__all__ = ["DELETED", "PLANNED", "REFUSED", "RunPoint"]


@dataclass(frozen=True, repr=False)
class RunPoint:
    """A point of a run as it was when `run.points` was asked for; job and clip as of now."""

    run: SweepRun = field(compare=False)
    id: str
    """Identity of its settings; equal points of the sweep share it, and their render."""
    number: int
    """Its number in the sweep, from 0; -1 where the sweep has it no more."""
    turn: int
    """When it is rendered: its place in the run's order, from 0."""
    coordinates: Mapping[str, int]
    """{axis: which of its values}; empty where the sweep has the point no more."""
    labels: Mapping[str, str]
    """{axis: the label of that value}."""
    state: str
    """planned (not yet a job), the job's state, refused by the Studio, or deleted."""
    job_id: str | None
    error: str
    """Why there is no clip; "" otherwise."""
    reused: bool
    """Its clip was in the Library before."""
    partial: bool
    in_sweep: bool
    """False: it was rendered for an earlier form of the sweep, and is kept."""

    @property
    def settings(self) -> Settings:
        """As they were frozen when the run was made: with them it is, or was, rendered."""
        return self.run.settings_of(self)

    @property
    def job(self) -> Job | None:
        """Its job, once it is one."""
        return self.run.job_of(self)

    @property
    def clip(self) -> Clip | None:
        """Its clip, once it is in the Library; also what a cancelled render left."""
        job = self.job
        return job.clip if job is not None else None

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen to it by itself."""
        return self.state in _OVER

    def __repr__(self) -> str:
        where = ", ".join(f"{axis} {label}" for axis, label in self.labels.items())
        told = f": {self.error}" if self.error else ""
        return f"<RunPoint {self.number} ({where}) {self.state}{told}>"


_OVER = {"done", "failed", "cancelled", "lost", "unsure", DELETED, REFUSED}


def points_of(run: SweepRun, row: PointRow) -> list[RunPoint]:
    """The points of the sweep that are this one render."""
    return [
        RunPoint(
            run,
            row.id,
            place.index if row.listed else -1,
            row.number,
            place.coordinates if row.listed else FrozenDict(),
            place.labels,
            row.state,
            row.job,
            row.message,
            row.reused,
            row.partial,
            row.listed,
        )
        for place in row.places
    ]


def refused_point(run: SweepRun, place: Place) -> RunPoint:
    """A point that the Studio does not take."""
    return RunPoint(
        run, "", place.index, -1, place.coordinates, place.labels, REFUSED, None,
        place.reason, False, False, True,
    )  # fmt: skip
