"""Which clip of a run stands where in a grid video."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from framepack_widgets.errors import SettingsError
from framepack_widgets.video.cells import Empty
from framepack_widgets.video.grid import GridVideo, write_grid

if TYPE_CHECKING:
    from framepack_widgets.runs.point import RunPoint
    from framepack_widgets.runs.sweep_run import SweepRun

_REASON = 120  # characters of an error in a tile
_Key = tuple[int, ...]


def grid_of(
    run: SweepRun, path: Any, x: Any, y: Any, page: Any, **options: Any
) -> GridVideo | tuple[GridVideo, ...]:
    """See `SweepRun.grid`."""
    points = [point for point in run.points if point.in_sweep]
    names = [axis.name for axis in run.sweep.axes]
    pages = _named(page, names)
    rows, columns = _layout(names, _named(y, names), _named(x, names), pages, run)
    options.setdefault("title", run.name)
    if not pages:
        return _written(path, points, columns, rows, options)
    target, made = Path(path), []
    for place in sorted({_at(point, pages) for point in points}):
        own = [point for point in points if _at(point, pages) == place]
        label = _header(own[0], pages)
        number = "-".join(str(value + 1) for value in place)
        file = target.with_name(f"{target.stem}-{_safe(label)}-{number}{target.suffix}")
        title = f"{options['title']}: {label}"
        made.append(_written(file, own, columns, rows, {**options, "title": title}))
    return tuple(made)


def _layout(
    names: list[str], rows: list[str], columns: list[str], pages: list[str], run: SweepRun
) -> tuple[list[str], list[str]]:
    """(axes of the rows, of the columns); what nobody placed goes to the columns."""
    both = [name for name in [*rows, *columns, *pages] if [*rows, *columns, *pages].count(name) > 1]
    if both:
        raise SettingsError(f"{both[0]} can be only one of x, y and page.")
    rest = [name for name in names if name not in (*rows, *columns, *pages)]
    if not rows and rest and (columns or (len(rest) > 1 and run.sweep.combine == "grid")):
        rows, rest = rest[:1], rest[1:]
    return rows, [*columns, *rest]


def _named(given: Any, names: Sequence[str]) -> list[str]:
    found = [] if given is None else [given] if isinstance(given, str) else list(given)
    for name in found:
        if name not in names:
            raise SettingsError(
                f"This sweep has no axis {name!r}; it has {', '.join(names) or 'none'}."
            )
    return found


def _written(
    path: Any, points: list[RunPoint], columns: list[str], rows: list[str], options: dict[str, Any]
) -> GridVideo:
    across, down = _places(points, columns), _places(points, rows)
    found = {(_at(point, rows), _at(point, columns)): point for point in points}
    cells = [[_cell(found.get((row, column))) for column in across] for row in down]
    return write_grid(
        path,
        cells,
        column_headers=list(across.values()) if columns else (),
        row_headers=list(down.values()) if rows else (),
        **options,
    )


def _places(points: Iterable[RunPoint], axes: list[str]) -> dict[_Key, str]:
    """{place: its header}, those that there are, in the axes' order."""
    found = {_at(point, axes): _header(point, axes) for point in points}
    return dict(sorted(found.items()))


def _at(point: RunPoint, axes: list[str]) -> _Key:
    return tuple(point.coordinates[name] for name in axes)


def _header(point: RunPoint, axes: list[str]) -> str:
    return ", ".join(f"{name} {point.labels[name]}" for name in axes)


def _cell(point: RunPoint | None) -> Any:
    if point is None:
        return Empty("not in the sweep")
    clip = point.clip if point.state == "done" else None
    if clip is not None:
        return clip
    return Empty(f"{point.state}: {point.error}"[:_REASON] if point.error else point.state)


def _safe(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9.=-]+", "_", text).strip("._")[:40] or "page"
