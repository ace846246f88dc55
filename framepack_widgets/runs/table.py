"""A run as a table: one row a point."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from framepack_widgets.errors import FramePackError
from framepack_widgets.library.inputs import FILE_FIELDS
from framepack_widgets.library.metrics_store import MetricsStore
from framepack_widgets.library.run_rows import JobFacts
from framepack_widgets.metrics.numbers import NAMES

if TYPE_CHECKING:
    import pandas as pd

    from framepack_widgets.runs.point import RunPoint
    from framepack_widgets.runs.sweep_run import SweepRun

METRICS = NAMES
_MOMENTS = ("created_at", "finished_at")  # columns
_PLAIN = (str, int, float, bool)


def table_of(run: SweepRun, *, measure: bool = False) -> pd.DataFrame:
    """See `SweepRun.table`."""
    try:
        import pandas as pd
    except ImportError as error:
        raise missing("pandas", "a table") from error
    table = pd.DataFrame(rows_of(run, measure=measure)).set_index("point")
    for name in _MOMENTS:
        table[name] = pd.to_datetime(table[name].astype(float), unit="s", utc=True).dt.round("s")
    return table


def rows_of(run: SweepRun, *, measure: bool = False) -> list[dict[str, Any]]:
    """One row a point, made of plain values."""
    points = run.points
    jobs = run.library.runs.facts(run.id)
    folder = run.library.clips_folder
    paths = {job.clip: folder / job.clip for job in jobs.values() if job.clip}
    if measure:
        _measure(points)
    store = MetricsStore.of(folder / "any.mp4")
    known = store.numbers(paths.values()) if store is not None and store.file.is_file() else {}
    axes = {axis.name: axis for axis in run.sweep.axes}
    rows = []
    for point in points:
        job = jobs.get(point.job_id or "")
        path = paths.get(job.clip) if job is not None and job.clip else None
        values = {name: _value(axes.get(name), point, name) for name in point.labels}
        numbers = known.get(path, {}) if path is not None else {}
        rows.append(
            {
                "point": point.number,
                **{column_of(name): value for name, value in values.items()},
                "state": point.state,
                "in_sweep": point.in_sweep,
                "reused": point.reused,
                **_times(job),
                **{name: numbers.get(name) for name in METRICS},
                "stars": job.stars if job is not None else 0,
                "note": job.note if job is not None else "",
                "partial": point.partial,
                "path": str(path) if path is not None else None,
                "error": point.error,
                "job": point.job_id,
            }
        )
    return rows


def _measure(points: tuple[RunPoint, ...]) -> None:
    for point in points:
        clip = point.clip
        if clip is not None:
            clip.metrics()


def _value(axis: Any, point: RunPoint, name: str) -> Any:
    """An axis' value where it is plain, else its label."""
    place = point.coordinates.get(name)
    if axis is not None and place is not None and place < len(axis.values):
        value = axis.values[place]
        if isinstance(value, _PLAIN) and axis.target.field not in FILE_FIELDS:
            return value
    return point.labels[name]


def column_of(name: str) -> str:
    """An axis' column; a setting that is called as one of ours gives way."""
    return f"{name} (axis)" if name in _COLUMNS else name


def _times(job: JobFacts | None) -> dict[str, Any]:
    if job is None:
        return {"created_at": None, "finished_at": None, "render_s": None}
    took = None
    if job.started_at is not None and job.ended_at is not None:
        took = job.ended_at - job.started_at
    return {"created_at": job.created_at, "finished_at": job.finished_at, "render_s": took}


_COLUMNS: Mapping[str, None] = dict.fromkeys(
    ("point", "state", "in_sweep", "reused", "stars", "note", "partial", "path", "error", "job")
)


def missing(module: str, what: str) -> FramePackError:
    """The error that says how to install what `what` needs."""
    return FramePackError(
        f"{module} is not installed, which {what} needs: pip install 'framepack-widgets[analysis]'"
    )
