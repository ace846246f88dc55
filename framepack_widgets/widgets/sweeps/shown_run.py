"""A run as a view sees it: its points by their keys, its counts, how each tile looks now."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from framepack_widgets.errors import FramePackError
from framepack_widgets.widgets.sweeps import tile_text
from framepack_widgets.widgets.sweeps.tile_layout import Spot, first_roles

if TYPE_CHECKING:
    from framepack_widgets.clip import Clip
    from framepack_widgets.live_job import Job

_ETA_S = 2.0  # how often the time that is left is worked out anew


class ShownRun:
    """One look at a run after the other: `look()` reads it, the rest tells what was read."""

    def __init__(self, run: Any) -> None:
        self.run = run
        self.points: dict[str, Any] = {}
        self.counts: Counter[str] = Counter()
        self._jobs: dict[str, Any] = {}
        self._eta: tuple[float, float] | None = None
        self._eta_at = 0.0

    @property
    def library(self) -> Any:
        """The Library that it lies in."""
        return self.run.library

    def look(self) -> None:
        """Read the points as they are now."""
        points = self.run.points
        self.points = {tile_text.key_of(point): point for point in points}
        self.counts = Counter(str(point.state) for point in points if point.in_sweep)
        self._jobs = {point.job_id: point for point in points if point.job_id}
        now = time.monotonic()
        if now - self._eta_at >= _ETA_S:
            self._eta_at, self._eta = now, self.run.eta_s

    def axes(self) -> dict[str, tuple[str, ...]]:
        """{axis: labels of its values}."""
        return {axis.name: axis.labels for axis in self.run.sweep.axes}

    def spots(self) -> list[Spot]:
        """Where the points lie."""
        return [Spot(key, point.coordinates) for key, point in self.points.items()]

    def first_roles(self) -> dict[str, str]:
        """How its axes are laid out to begin with."""
        sweep = self.run.sweep
        lengths = {axis.name: len(set(axis.first)) for axis in sweep.axes}
        return first_roles(lengths, is_grid=sweep.combine == "grid")

    def head(self) -> dict[str, Any]:
        """What stands above the tiles."""
        run, state = self.run, str(self.run.state)
        return {
            "run": str(run.id),
            "name": str(run.name),
            "state": state,
            "totals": tile_text.totals(self.counts, self._eta) if self.points else "",
            "share": round(tile_text.share_done(self.counts), 3),
            "wishes": tile_text.wishes(state, self.counts),
            "is_draft": bool(run.is_draft),
            "trouble": str(run.error or run.trouble or ""),
        }

    def tiles(self, keys: Collection[str]) -> dict[str, dict[str, Any]]:
        """{key: what the page is told of the tile}."""
        found = {}
        for key in keys:
            point = self.points.get(key)
            if point is not None:
                found[key] = tile_text.tile(point, self._stars(point), self._fraction(point))
        return found

    def at_work(self) -> tuple[str, Job] | None:
        """(key, job) of the point that is rendered now."""
        for key, point in self.points.items():
            if point.state == "running":
                job = point.job
                return (key, job) if job is not None else None
        return None

    def clip(self, job: str) -> Clip | None:
        """The clip of one of its jobs."""
        point = self._jobs.get(job)
        return point.clip if point is not None else None

    def _stars(self, point: Any) -> int:
        if not point.job_id:
            return 0
        try:
            record = self.library.find(point.job_id)
        except FramePackError:
            return 0
        return record.stars if record is not None else 0

    def _fraction(self, point: Any) -> float | None:
        if point.state not in tile_text.AT_WORK:
            return None
        job = point.job
        return job.progress.fraction if job is not None else None
