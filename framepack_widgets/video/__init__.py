"""Many clips in one: a labelled grid in a video, or a page, all of them playing in step."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from framepack_widgets.video.cells import Empty
from framepack_widgets.video.grid import GridCancelled, GridVideo, write_grid

if TYPE_CHECKING:
    from framepack_widgets.video.report import ReportCancelled, SweepReport, write_report
    from framepack_widgets.video.report_point import ReportPoint

# Loaded when it is asked for: a grid needs nothing of it.
_REPORT = {
    "ReportCancelled": "report",
    "ReportPoint": "report_point",
    "SweepReport": "report",
    "write_report": "report",
}

__all__ = [
    "Empty",
    "GridCancelled",
    "GridVideo",
    "ReportCancelled",
    "ReportPoint",
    "SweepReport",
    "write_grid",
    "write_report",
]


def __getattr__(name: str) -> Any:
    if name not in _REPORT:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_REPORT[name]}"), name)
    globals()[name] = value
    return value
