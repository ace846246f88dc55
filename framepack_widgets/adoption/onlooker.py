"""The render of somebody else that runs on a Studio: watched while somebody looks."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from framepack_widgets import _loop
from framepack_widgets.adoption.gallery import GalleryItem
from framepack_widgets.errors import FramePackError
from framepack_widgets.job import JobState, Progress, timestamp_of

if TYPE_CHECKING:
    from framepack_widgets.session import Studio
    from framepack_widgets.studio.protocol import Current


@dataclass(frozen=True)
class Stranger:
    """A job that is not one of this Library's."""

    server_id: str  # text of the server, like all of progress
    progress: Progress
    is_over: bool = False

    @property
    def item(self) -> GalleryItem | None:
        """What to adopt; None: the server has not named a file of it."""
        timestamp = timestamp_of(self.progress.video)
        return GalleryItem(timestamp, video=self.progress.video) if timestamp else None


class Onlooker:
    """Asks who runs, and remembers the stranger who ran last."""

    def __init__(self, studio: Studio) -> None:
        self._client = studio._client
        self._library = studio.library
        self._key = studio._desk.key
        self._guard = threading.Lock()
        self._last: Stranger | None = None

    def look(self) -> Stranger | None:
        """The stranger that runs, else the one that ran last; None: there was none.

        From any thread but the background loop's. Raises what `StudioClient.current` raises.
        """
        current = _loop.run(self._client.current())
        with self._guard:
            if current is not None and self._is_strange(current.server_id):
                self._last = self._newer(current)
                return self._last
            last = self._last
        if last is None or last.is_over:
            return last
        over = replace(last, progress=self._ended(last), is_over=True)
        with self._guard:
            if self._last is last:
                self._last = over
            return self._last

    def _ended(self, last: Stranger) -> Progress:
        """Its progress with the clip that was there at the end: the server removes earlier ones."""
        progress = last.progress
        try:
            ending = _loop.run(self._client.ending(last.server_id))
        except FramePackError:  # then it is the last one that was seen
            return progress
        timestamp = timestamp_of(progress.video)
        if ending is None or timestamp is None or timestamp_of(ending.video) != timestamp:
            return progress
        return replace(progress, video=ending.video)

    def picture(self, path: str) -> bytes:
        """A preview that the stranger's progress names."""
        return _loop.run(self._client.read_file(path))

    def _newer(self, current: Current) -> Stranger:
        progress, last = current.progress, self._last
        if last is not None and last.server_id == current.server_id and progress.video is None:
            progress = replace(progress, video=last.progress.video)
        return Stranger(current.server_id, progress)

    def _is_strange(self, server_id: str) -> bool:
        ours = self._library.unfinished(self._key)
        # While one of ours is being handed over, nobody can say yet whose a new job is.
        return not any(
            job.trace.server_id == server_id or job.state is JobState.SENDING for job in ours
        )
