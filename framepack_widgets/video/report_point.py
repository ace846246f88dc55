"""What a report shows of each point, and how it is taken from a run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from framepack_widgets.clip import Clip
from framepack_widgets.frozen import FrozenDict
from framepack_widgets.library.metrics_store import MetricsStore
from framepack_widgets.settings import Settings

_NO_LABELS: Mapping[str, str] = FrozenDict()
_NO_PLACES: Mapping[str, int] = FrozenDict()
_NO_NUMBERS: Mapping[str, float | None] = FrozenDict()


@dataclass(frozen=True)
class ReportPoint:
    """One place of a report."""

    coordinates: Mapping[str, int] = _NO_PLACES  # {axis: which of its values}
    labels: Mapping[str, str] = _NO_LABELS  # {axis: the label of that value}
    settings: Settings = field(default_factory=Settings)
    state: str = "done"
    clip: Path | None = None
    poster: bytes | None = None  # a JPEG; None: the picture in the middle of the clip
    error: str = ""  # why there is no clip
    stars: int = 0  # 0 (not rated) to 5
    note: str = ""
    metrics: Mapping[str, float | None] = _NO_NUMBERS


def points_of(given: Iterable[ReportPoint] | Any) -> tuple[ReportPoint, ...]:
    """The points of a run (what has `.points`), or these points themselves.

    Numbers about clips are those that are known already: measuring takes as long as they play.
    """
    found = tuple(getattr(given, "points", given))
    clips = [path for point in found if (path := _path(point.clip)) is not None]
    known = _numbers(clips)
    return tuple(p if isinstance(p, ReportPoint) else _taken(p, known) for p in found)


def _taken(point: Any, known: Mapping[Path, Mapping[str, float | None]]) -> ReportPoint:
    path = _path(point.clip)
    record = _record(point)
    return ReportPoint(
        coordinates=point.coordinates,
        labels=point.labels,
        settings=point.settings,
        state=str(point.state),
        clip=path,
        error=str(point.error or ""),
        stars=getattr(record, "stars", 0) or 0,
        note=getattr(record, "note", "") or "",
        metrics=known.get(path, _NO_NUMBERS) if path is not None else _NO_NUMBERS,
    )


def _record(point: Any) -> Any:
    """The job's record as the Library has it now: a job at hand may not know of new stars."""
    library = getattr(getattr(point, "run", None), "library", None)
    found = library.find(point.job_id) if library is not None and point.job_id else None
    return found or getattr(point.job, "record", None)


def _path(clip: Clip | Path | None) -> Path | None:
    return clip.path if isinstance(clip, Clip) else clip


def _numbers(clips: list[Path]) -> dict[Path, dict[str, float | None]]:
    found: dict[Path, dict[str, float | None]] = {}
    for folder in {clip.parent for clip in clips}:
        store = MetricsStore.of(folder / "any.mp4")
        if store is not None and store.file.is_file():
            with suppress(OSError):
                found |= store.numbers([clip for clip in clips if clip.parent == folder])
    return found
