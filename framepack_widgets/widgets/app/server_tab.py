"""The Server tab: who renders now, the queue, and what is on the server already."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import ipywidgets

from framepack_widgets.widgets.app.server_gallery import ServerGallery
from framepack_widgets.widgets.app.server_job import ServerJob
from framepack_widgets.widgets.app.server_queue import ServerQueue

if TYPE_CHECKING:
    from framepack_widgets.job import JobRecord
    from framepack_widgets.session import Studio


class ServerTab(ipywidgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """What it shows is asked for while it is in sight, and only then."""

    def __init__(self, studio: Studio, ours: Callable[[], Sequence[JobRecord]]) -> None:
        self._gallery = gallery = ServerGallery(studio, self._taken)
        self._job = ServerJob(studio, lambda item: gallery.adopt([item]), gallery.remember)
        self._queue = ServerQueue(studio, ours)
        super().__init__([self._job, self._queue, self._gallery])

    def describe(self) -> None:
        """The server's description was read anew."""
        self._queue.describe()

    def _taken(self, timestamps: set[str]) -> None:
        self._job.taken(timestamps)
