"""Many clips in one video: a labelled grid, all of them playing in step."""

from framepack_widgets.video.cells import Empty
from framepack_widgets.video.grid import GridCancelled, GridVideo, write_grid

__all__ = ["Empty", "GridCancelled", "GridVideo", "write_grid"]
