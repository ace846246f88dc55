"""The plan of a sweep, as it is looked at: before anything is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from framepack_widgets.problem import Problem
from framepack_widgets.settings import Settings

if TYPE_CHECKING:
    from framepack_widgets.schema import Schema
    from framepack_widgets.sweeps.costs import Cost
    from framepack_widgets.sweeps.sweep import Sweep


class PlannedRender(NamedTuple):
    """One render of a plan."""

    id: str
    """Its identity, 24 hexadecimal digits (`identity.content_id`)."""
    points: tuple[int, ...]
    """The points that it is the render of; more than one where points are equal."""
    cost: Cost
    is_done: bool
    """It is there already."""


class Refused(NamedTuple):
    """A point that this Studio cannot render."""

    point: int
    problems: tuple[Problem, ...]


class Reason(NamedTuple):
    """Why points are refused, or what is doubtful about them."""

    problem: Problem
    points: int
    """How many."""
    first: int | None
    """The first of them; None for a warning."""


@dataclass(frozen=True, repr=False)
class SweepPlan:
    """What will be rendered, in which order, and what it will take."""

    sweep: Sweep
    schema: Schema
    points: int
    """How many points the sweep has."""
    renders: tuple[PlannedRender, ...]
    """Different renders in the order they are sent in, those that are there already included."""
    refused: tuple[Refused, ...]
    warnings: tuple[tuple[Problem, int], ...]
    """(warning, number of points)."""
    model_changes: int
    """How often the model changes on the way."""
    lora_changes: int
    """How often LoRAs or their weights change, changes of the model included."""

    def settings(self, render: PlannedRender) -> Settings:
        """The settings of a render as this Studio resolves them, its defaults filled in."""
        return self.schema.resolve(self.sweep[render.points[0]].settings)

    @property
    def ok(self) -> bool:
        """Whether there is something to render and nothing was refused."""
        return bool(self.renders) and not self.refused

    @cached_property
    def to_render(self) -> tuple[PlannedRender, ...]:
        """The renders that are not there yet, in order."""
        return tuple(render for render in self.renders if not render.is_done)

    @cached_property
    def duplicates(self) -> Mapping[int, int]:
        """{point: the earlier point that it equals}; they are rendered once."""
        return {n: r.points[0] for r in self.renders for n in r.points[1:]}

    @cached_property
    def render_of(self) -> Mapping[int, PlannedRender]:
        """{point: its render}; refused points have none."""
        return {number: render for render in self.renders for number in render.points}

    @cached_property
    def estimate(self) -> tuple[float, float] | None:
        """(low, high) of the time of all that is still to be rendered, s; None: unknown."""
        times = [render.cost.seconds for render in self.to_render]
        known = [time for time in times if time is not None]
        if len(known) < len(times):
            return None
        return sum(low for low, _ in known), sum(high for _, high in known)

    @cached_property
    def bytes(self) -> int | None:
        """Room on disk of all that is still to be rendered; None: unknown."""
        sizes = [render.cost.bytes for render in self.to_render]
        known = [size for size in sizes if size is not None]
        return sum(known) if len(known) == len(sizes) else None

    @cached_property
    def reasons(self) -> tuple[Reason, ...]:
        """Why points are refused, each reason once, the most frequent first."""
        found: dict[Problem, list[int]] = {}
        for point, problems in self.refused:
            for problem in problems:
                found.setdefault(problem, []).append(point)
        reasons = [Reason(problem, len(p), p[0]) for problem, p in found.items()]
        return tuple(sorted(reasons, key=lambda reason: -reason.points))

    def __str__(self) -> str:
        done = len(self.renders) - len(self.to_render)
        lines = [f"{counted(self.points, 'point')}, {counted(len(self.to_render), 'render')} to do"]
        lines[0] += f", {done} there already" if done else ""
        lines[0] += f"; {time_text(self.estimate)}" if self.to_render else ""
        if self.duplicates:
            lines.append(f"{counted(len(self.duplicates), 'point')} equal to others, rendered once")
        if self.refused:
            lines.append(f"{counted(len(self.refused), 'point')} refused:")
            lines += [f"  {r.problem} ({counted(r.points, 'point')})" for r in self.reasons]
        lines += [f"note: {p} ({counted(n, 'point')})" for p, n in self.warnings]
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"SweepPlan({self.points} points, {len(self.to_render)} renders to do)"


def counted(number: int, word: str) -> str:
    """A number and its word: 1 point, 2,000 points."""
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def time_text(estimate: tuple[float, float] | None) -> str:
    """`about 1:20:00 to 2:10:00`, or that the time is unknown."""
    if estimate is None:
        return "time unknown (no similar render in the Library yet)"
    return f"about {_clock(estimate[0])} to {_clock(estimate[1])}"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:,}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
