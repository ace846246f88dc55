"""The clip in a job's view: as far as it is rendered, and in the end the whole, in one Player."""

from __future__ import annotations

import html
import logging
import threading
from typing import TYPE_CHECKING

import ipywidgets

from framepack_widgets.errors import FramePackError
from framepack_widgets.live_job import Job
from framepack_widgets.widgets.clips.player import Player
from framepack_widgets.widgets.jobs.job_pictures import fetching

if TYPE_CHECKING:
    from framepack_widgets.clip import Clip

_log = logging.getLogger(__name__)


class ClipPart:
    """A box with a Player that fetches the job's clip when there is another one to show."""

    def __init__(self) -> None:
        self.player = Player()
        self._note = ipywidgets.HTML()
        self._note.layout.display = "none"
        self.box = ipywidgets.VBox([self._note, self.player])
        self.box.layout.display = "none"
        self._guard = threading.RLock()
        self._wanted: tuple[str, str] | None = None
        self._shown: tuple[str, str] | None = None
        self._job: Job | None = None
        self._busy = False

    def show(self, job: Job | None, *, so_far: bool) -> None:
        """Show what there is of this job; so_far: also a part of it while it renders.

        Returns at once; may be called as often as one likes.
        """
        with self._guard:
            self._job, self._wanted = job, self._key(job, so_far)
            if self._wanted != self._shown and not self._busy:
                self._busy = True
                fetching.submit(self._fetch)

    def close(self) -> None:
        """Take the Player off the page."""
        with self._guard:
            self._job = self._wanted = None
        for widget in (self.player, self._note, self.box):
            widget.close()

    def _key(self, job: Job | None, so_far: bool) -> tuple[str, str] | None:
        if job is None:
            return None
        record = job.record
        if record.clip is not None:
            return job.id, record.clip
        if record.state.is_finished or not so_far:
            return None
        if record.progress is not None and record.progress.video is not None:
            return job.id, record.progress.video
        kept = self._wanted  # being fetched, or rendered anew: until there is something newer
        return kept if kept is not None and kept[0] == job.id else None

    def _fetch(self) -> None:
        """Until what is shown is what is wanted. One thread at a time; the only one that shows."""
        while True:
            with self._guard:
                job, wanted = self._job, self._wanted
                if wanted == self._shown:
                    self._busy = False
                    return
                self._shown = wanted
            try:
                self._put(*_found(job if wanted is not None else None))
            except Exception:  # noqa: BLE001 - one broken view must not keep the next clip from it
                _log.exception("the clip of %r could not be shown", job)

    def _put(self, clip: Clip | None, text: str, kind: str = "fpw-error") -> None:
        self._note.value = f'<span class="{kind} fpw-wrap">{html.escape(text)}</span>'
        self._note.layout.display = "" if text else "none"
        self.player.layout.display = "" if clip is not None else "none"
        self.player.clip = clip
        self.box.layout.display = "" if text or clip is not None else "none"


def _found(job: Job | None) -> tuple[Clip | None, str, str]:
    """A job's clip, and what is to be said above it: text and kind."""
    if job is None:
        return None, "", ""
    whole = job.record.clip is not None
    try:
        clip = job.clip if whole else job.so_far()
    except FramePackError as error:
        return None, str(error), "fpw-error"
    if clip is None:
        return None, "The clip's file is no longer in the Library.", "fpw-error"
    return clip, "" if whole else "The clip so far, while it renders:", "fpw-quiet"
