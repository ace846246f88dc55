"""Many clips in one: a labelled grid in a video, or a page, all of them playing in step."""

from framepack_widgets.video.cells import Empty
from framepack_widgets.video.grid import GridCancelled, GridVideo, write_grid
from framepack_widgets.video.report import Report, ReportCancelled, write_report
from framepack_widgets.video.report_point import ReportPoint

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
