"""Looking at a run: how long it takes, its clips side by side, its numbers, what is best in full.

What each way of looking needs is loaded when it is asked for.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Any

from framepack_widgets.errors import SettingsError
from framepack_widgets.forecast import history
from framepack_widgets.job import JobState
from framepack_widgets.library.inputs import FILE_FIELDS
from framepack_widgets.library.run_rows import PLANNED, REFUSED
from framepack_widgets.runs.eta import time_left
from framepack_widgets.runs.point import RunPoint
from framepack_widgets.runs.waiting import Waiting

if TYPE_CHECKING:
    import pandas as pd

    from framepack_widgets.length import Render
    from framepack_widgets.library import Library
    from framepack_widgets.registry import Desk
    from framepack_widgets.runs.sweep_run import SweepRun
    from framepack_widgets.video.grid import GridVideo
    from framepack_widgets.video.report import SweepReport
    from framepack_widgets.widgets.compare.compare import Compare


class Looking(Waiting):
    """The part of `SweepRun` that is about looking at it."""

    _desk: Desk
    _earlier: tuple[str, list[Render]] = ("", [])

    @property
    def library(self) -> Library:
        """Where its jobs and clips are kept."""
        return self._desk.library

    @property
    def eta_s(self) -> tuple[float, float] | None:
        """(low, high) of the time until its own points are rendered, s; None: not known yet.

        Other runs and single jobs that come before it are not counted.
        """
        open_states = {PLANNED, *(str(s) for s in JobState if not s.is_finished)}
        rows = [row for row in self._run._rows() if row.listed and row.state in open_states]
        left = [(self._run._frozen(row.id), 1.0 - self._done_of(row.job)) for row in rows]
        return time_left(left, self._history())

    def _done_of(self, job_id: str | None) -> float:
        record = self.library.find(job_id) if job_id else None
        return self._desk.handle(record).progress.fraction if record is not None else 0.0

    def _history(self) -> list[Render]:
        renders = self.library.renders(self._desk.key)
        newest = renders[0].id if renders else ""
        if self._earlier[0] != newest:
            self._earlier = newest, history(renders)
        return self._earlier[1]

    def table(self, *, measure: bool = False) -> pd.DataFrame:
        """One row a point: axes, state, times, metrics, rating, path; the index is its number.

        created_at and finished_at are moments (UTC), render_s is in s.

        measure: measure the clips that were not measured yet (`clip.metrics()`), which takes about
        as long as they play. Raises FramePackError where pandas is not installed.
        """
        from framepack_widgets.runs.table import table_of

        return table_of(self._run, measure=measure)

    def plot(self, x: str, y: str, *, axes: Any = None) -> Any:
        """Draw a mark for each clip, by two columns of `table`; metrics are measured for it.

        What differs in the run's other axes gets a colour, seeds last; over an axis, a line goes
        through the means. axes: of matplotlib, to draw into; they are returned. Raises
        FramePackError where matplotlib is not installed, SettingsError for an unknown column.
        """
        from framepack_widgets.runs.plot import plot_of

        return plot_of(self._run, x, y, axes=axes)

    def grid(
        self,
        path: str | os.PathLike[str],
        *,
        x: str | Sequence[str] | None = None,
        y: str | Sequence[str] | None = None,
        page: str | None = None,
        **options: Any,
    ) -> GridVideo | tuple[GridVideo, ...]:
        """Write one video of all clips in rows and columns, playing in step.

        x, y: the axes of columns and rows; axes that are not placed go where there is room, then
        into the columns. page: an axis whose values get a file each. options: as `write_grid`
        takes them (tile, unequal, gap, fps, title, overwrite, progress, cancelled).
        """
        from framepack_widgets.runs.grid import grid_of

        return grid_of(self._run, path, x, y, page, **options)

    def report(self, path: str | os.PathLike[str], **options: Any) -> SweepReport:
        """Write a page that opens without a server; options: as `write_report` takes them."""
        from framepack_widgets.video.report import write_report

        options.setdefault("title", self._run.name)
        return write_report(path, [p for p in self._run.points if p.in_sweep], **options)

    def compare(self, *points: RunPoint | int, **traits: Any) -> Compare:
        """Play clips in step; points: which, or their numbers; none: the first 16 with a clip.

        Raises ValueError where fewer than 2 or more than 16 of the points have one.
        """
        from framepack_widgets.widgets.compare.compare import Compare

        shown = self._chosen(points) if points else [p for p in self._run.points if p.in_sweep]
        pairs = [(p, clip) for p in shown if (clip := p.clip) is not None]
        if not points:
            pairs = pairs[: Compare.most]
        labels = [", ".join(f"{a} {t}" for a, t in p.labels.items()) or p.id for p, _ in pairs]
        return Compare([clip for _, clip in pairs], labels, library=self.library, **traits)

    def promote(
        self, points: RunPoint | int | Collection[RunPoint | int], **changes: Any
    ) -> SweepRun:
        """Render points of a draft in full, in a run of their own; that run.

        points: which, or their numbers. changes: settings that replace the sweep's. Promoting more
        points later adds them to the same run. Raises SettingsError.
        """
        from framepack_widgets.runs.on_studio import promote

        one = isinstance(points, (RunPoint, int))
        chosen = self._chosen([points] if one else points)  # type: ignore[list-item, arg-type]
        sweep = self._run.sweep
        wanted = {}
        for point in chosen:
            frozen = self._run.settings_of(point)
            # The frames that the draft was rendered from, wherever the files are now.
            frames = {name: getattr(frozen, name) for name in FILE_FIELDS}
            wanted[point.number] = sweep[point.number].settings.replace(**{**frames, **changes})
        return promote(self._desk, self._run, wanted)

    def stop_when(self, function: Callable[..., object]) -> Callable[[], None]:
        """End renders early: `function(point, latent preview, progress)` is called for each new
        preview, an (H, W, 3) uint8 array, in a thread; True ends that render, which is kept as a
        partial clip. Holds in this process, until the function returned here is called.
        """
        from framepack_widgets.runs.early_stop import EarlyStop

        return EarlyStop(self._run, function).end

    def _chosen(self, points: Collection[RunPoint | int]) -> list[RunPoint]:
        known = {p.number: p for p in self._run.points if p.in_sweep and p.state != REFUSED}
        numbers = [point if isinstance(point, int) else point.number for point in points]
        wrong = [number for number in numbers if number not in known]
        if wrong or not numbers:
            raise SettingsError(
                f"This run has no point {wrong[0]} that can be rendered."
                if wrong
                else "Choose at least one point: numbers, or some of run.points."
            )
        return [known[number] for number in dict.fromkeys(numbers)]
