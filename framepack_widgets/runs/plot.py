"""A run as a plot: one column of its table over another, the other axes told apart."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from framepack_widgets.errors import SettingsError
from framepack_widgets.runs.table import METRICS, column_of, missing, rows_of

if TYPE_CHECKING:
    from framepack_widgets.runs.sweep_run import SweepRun

UNITS: Mapping[str, str] = {
    "motion": "px a picture",
    "flicker": "levels of 255",
    "sharpness": "%",
    "start_ssim": "SSIM",
    "end_ssim": "SSIM",
    "loop_seam": "0 to 1",
    "render_s": "s",
    "created_at": "s since 1970",
    "finished_at": "s since 1970",
    "stars": "0 to 5",
    "seconds": "s",
    "width": "px",
    "height": "px",
}
_MOST_LINES = 10  # matplotlib has so many colours; what has more values is not told apart

_Row = Mapping[str, Any]


def plot_of(run: SweepRun, x: str, y: str, *, axes: Any = None) -> Any:
    """See `SweepRun.plot`."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise missing("matplotlib", "a plot") from error
    names = [column_of(axis.name) for axis in run.sweep.axes]
    rows = _rows(run, {x, y} & set(METRICS))
    for name in (x, y):
        if name not in rows[0]:
            raise SettingsError(f"There is nothing called {name!r} to plot, only: {[*rows[0]]}.")
    rows = [_labelled(row, run) for row in rows if None not in (row[x], row[y])]
    told = _told_apart(rows, [name for name in names if name not in (x, y)])
    groups: defaultdict[tuple[Any, ...], list[_Row]] = defaultdict(list)
    for row in rows:
        groups[tuple(row[name] for name in told)].append(row)
    drawn = plt.subplots(layout="constrained")[1] if axes is None else axes
    for values, its in groups.items():
        label = ", ".join(map(_text, values))
        _draw(drawn, its, x, y, label, with_line=x in names)
    drawn.set_xlabel(_with_unit(x))
    drawn.set_ylabel(_with_unit(y))
    drawn.set_title(_short(run.name, 60))
    if any(isinstance(row[x], str) for row in rows):
        drawn.tick_params(axis="x", rotation=30)
    if told and groups:
        drawn.legend(title=", ".join(told))
    return drawn


def _rows(run: SweepRun, measured: set[str]) -> list[dict[str, Any]]:
    """Those with a clip; measured: columns that are measured where they are not known yet."""

    def with_clip(*, measure: bool) -> list[dict[str, Any]]:
        return [r for r in rows_of(run, measure=measure) if r["in_sweep"] and r["path"]]

    rows = with_clip(measure=False)
    if not rows:
        raise SettingsError(f"The run {run.name!r} has no clips yet; there is nothing to plot.")
    if any(row[name] is None for row in rows for name in measured):
        rows = with_clip(measure=True)
    return rows


def _labelled(row: _Row, run: SweepRun) -> dict[str, Any]:
    """With the sweep's short labels instead of long texts; they differ where the texts do."""
    changed = {}
    for axis in run.sweep.axes:
        name = column_of(axis.name)
        if isinstance(row.get(name), str) and row[name] in axis.values:
            changed[name] = axis.labels[list(axis.values).index(row[name])]
    return {**row, **changed}


def _told_apart(rows: Sequence[_Row], others: Sequence[str]) -> list[str]:
    """The axes whose values get colours: in their order, as long as these suffice; seeds last."""
    told: list[str] = []
    for name in sorted(others, key=lambda name: name == "seed"):
        lines = {tuple(row[n] for n in (*told, name)) for row in rows}
        if len({row[name] for row in rows}) > 1 and len(lines) <= _MOST_LINES:
            told.append(name)
    return told


def _draw(drawn: Any, rows: Sequence[_Row], x: str, y: str, label: str, *, with_line: bool) -> None:
    """A mark for each clip, and a line through the mean where several stand at one place."""
    marks = drawn.scatter(
        [row[x] for row in rows], [row[y] for row in rows], label=label, alpha=0.8
    )
    at: defaultdict[Any, list[float]] = defaultdict(list)
    for row in rows:
        if isinstance(row[y], (int, float)):
            at[row[x]].append(row[y])
    if not with_line or len(at) < 2:
        return
    numbers = all(isinstance(value, (int, float)) for value in at)
    places = sorted(at) if numbers else list(at)
    means = [statistics.fmean(at[place]) for place in places]
    drawn.plot(places, means, color=marks.get_facecolor()[0], linewidth=1.2)


def _text(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _with_unit(column: str) -> str:
    return f"{column} ({UNITS[column]})" if column in UNITS else column
