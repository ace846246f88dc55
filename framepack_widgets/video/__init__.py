"""Many clips in one: a labelled grid in a video, or a page, all of them playing in step."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from framepack_widgets.video.cells import Empty
from framepack_widgets.video.grid import GridCancelled, GridVideo, write_grid

if TYPE_CHECKING:
    from framepack_widgets.video.report import Report, ReportCancelled, write_report
    from framepack_widgets.video.report_point import ReportPoint

# Loaded when it is asked for: a grid needs nothing of it.
_REPORT = {
    "Report": "report",
    "ReportCancelled": "report",
    "ReportPoint": "report_point",
    "write_report": "report",
}

__all__ = [
    "Empty",
    "GridCancelled",
    "GridVideo",
    "Report",
    "ReportCancelled",
    "ReportPoint",
    "write_grid",
    "write_report",
]


def __getattr__(name: str) -> Any:
    if name not in _REPORT:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_REPORT[name]}"), name)
    globals()[name] = value
    return value
