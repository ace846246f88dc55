"""A job in the page: where it stands, its preview, its clip, and what can be done with it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import ipywidgets

from framepack_widgets.errors import FramePackError
from framepack_widgets.job import Wish
from framepack_widgets.job_place import kept_aside, studio_of
from framepack_widgets.live_job import Job
from framepack_widgets.widgets.in_turn import in_background
from framepack_widgets.widgets.jobs.job_clip import ClipPart
from framepack_widgets.widgets.jobs.job_panel import JobPanel
from framepack_widgets.widgets.jobs.job_pictures import Previews
from framepack_widgets.widgets.jobs.job_watch import JobWatch, words_of
from framepack_widgets.widgets.jobs.trace_text import asked_rows, trace_rows
from framepack_widgets.widgets.pace import Paced
from framepack_widgets.widgets.saved import Saved, publish
from framepack_widgets.widgets.saved_html import job_html
from framepack_widgets.widgets.theme import dressed

if TYPE_CHECKING:
    from framepack_widgets.images import ImageData
    from framepack_widgets.session import Studio
    from framepack_widgets.settings import Settings

_WISHES = {
    "cancel": Wish.CANCEL,
    "stop": Wish.STOP,
    "pause": Wish.PAUSE,
    "resume": Wish.RUN,
}


class JobView(ipywidgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """Shows one job live: state, progress, latent preview, clip; cancels it and tries it again.

    job: a Job, or None for none yet. studio: where "Retry" submits; None: the Studio of this
    process that the job belongs to. clip_view: offer the clip so far while it renders. Closing the
    view cancels nothing.
    """

    def __init__(
        self, job: Job | None = None, *, studio: Studio | None = None, clip_view: bool = True
    ) -> None:
        self._guard = threading.RLock()
        self._studio, self._clip_view = studio, clip_view
        self._watch: JobWatch | None = None
        self._views: set[str] = set()
        self._left = False  # the page has told that no view is open any more
        self._drawn: tuple[object, ...] = ()
        self._busy: set[str] = set()
        self._clip_open = self._closed = False
        self._on_settings: list[Callable[[Settings], object]] = []
        self._on_retry: list[Callable[[Job], object]] = []
        self._shown: Saved | None = None
        self._saved_as: tuple[str, str] | None = None
        self._panel = JobPanel(self._pressed, self._looked, self._seen)
        self._previews = Previews(self._panel.show_preview)
        self._clip_part = ClipPart()
        self._paced = Paced(self._draw)
        super().__init__([self._panel, self._clip_part.box])
        dressed(self, "fpw-job-view")
        self.job = job

    @property
    def job(self) -> Job | None:
        """The job that is shown; may be set to another, or to None."""
        watch = self._watch
        return watch.job if watch is not None else None

    @job.setter
    def job(self, job: Job | None) -> None:
        if job is not None and not isinstance(job, Job):
            raise TypeError(f"JobView shows a Job, such as studio.job(id), not {job!r}")
        with self._guard:
            before, self._watch = self._watch, None
            if before is not None:
                before.close()
            self._busy, self._clip_open, self._drawn = set(), False, ()
            self._panel.found, self._panel.trouble = {}, ""
            self._panel.asked = [list(row) for row in asked_rows(job.record)] if job else []
            if job is not None and not self._closed:
                self._watch = JobWatch(job, self._changed)
            self._previews.follow(job)
            self._draw()

    def on_settings(self, callback: Callable[[Settings], object]) -> Callable[[], None]:
        """Offer "Use settings" ("Change settings" where it failed), and call callback(settings).

        In a background thread; what it raises is shown. Returns the function that ends it, as the
        two below do.
        """
        return self._register(self._on_settings, callback)

    def on_retry(self, callback: Callable[[Job], object]) -> Callable[[], None]:
        """Call callback(new_job) after "Retry"; the view goes on to it unless one returns False."""
        return self._register(self._on_retry, callback)

    def on_use(self, callback: Callable[[ImageData, int], object]) -> Callable[[], None]:
        """Call callback(image, frame) when somebody takes a frame of the clip as start frame."""
        return self._clip_part.player.on_use(callback)

    def _register(self, callbacks: list[Any], callback: Any) -> Callable[[], None]:
        callbacks.append(callback)
        self._paced.touch()

        def end() -> None:
            if callback in callbacks:
                callbacks.remove(callback)
            self._paced.touch()

        return end

    def reveal(self) -> None:
        """Scroll it into sight on every page where it is open."""
        self._panel.reveal()

    def close(self) -> None:
        """Take the view off the page. The job goes on."""
        self._closed = True
        self.job = None
        self._clip_part.close()
        self._panel.close()
        super().close()

    # ------------------------------------------------------------------ drawing

    def _changed(self) -> None:
        self._paced.touch()
        self._previews.touch()

    def _draw(self) -> None:
        """Total and idempotent: shows whatever there is."""
        with self._guard:
            watch = self._watch
            if watch is None:
                self._panel.state = {}
                self._clip_part.show(None, so_far=False)
                return
            text = watch.text()
            self._clip_part.show(watch.job, so_far=self._clip_open)
            if self._left and self._drawn == words_of(text):
                return  # mere progress, and nobody looks
            self._drawn = words_of(text)
            state = text.to_dict()
            state["actions"] = [a for a in state["actions"] if self._offers(a["name"])]
            new = {
                **state,
                "job": watch.job.id,
                "busy": sorted(self._busy),
                "clip_open": self._clip_open,
                "clip_offered": self._clip_view and not text.finished,
            }
            if {**self._panel.state, "elapsed_s": None} != {**new, "elapsed_s": None}:
                self._panel.state = new  # the page counts the time that passes by itself
            self._save(text.state)

    def _save(self, state: str) -> None:
        """Keep what a notebook without a kernel shows in step with the state."""
        shown, job = self._shown, self.job
        if shown is None or job is None or self._saved_as == (job.id, state):
            return
        self._saved_as = job.id, state
        in_background(shown.refresh)

    def _saved_html(self) -> str:
        job = self.job
        return job_html(job) if job is not None else "<p>No job yet.</p>"

    def _ipython_display_(self, **_: Any) -> None:
        job = self.job
        self._saved_as = (job.id, job.state.value) if job is not None else None
        self._shown = publish(self, self._saved_html)

    def __repr__(self) -> str:
        return f"<JobView of {self.job!r}>" if self.job is not None else "<JobView, no job>"

    def _offers(self, name: str) -> bool:
        return name != "settings" or bool(self._on_settings)

    # ------------------------------------------------------------------ what the page says

    def _looked(self, view: str, visible: bool, gone: bool) -> None:
        with self._guard:
            (self._views.discard if gone else self._views.add)(view)
            self._left = gone and not self._views
        self._previews.look(view, visible=visible and not gone)
        if not gone:
            self._paced.touch()

    def _seen(self) -> None:
        self._previews.seen()

    def _pressed(self, name: str, job_id: str) -> None:
        with self._guard:
            watch = self._watch
            if watch is None or watch.job.id != job_id or name in self._busy:
                return  # pressed for a job that is no longer shown, or twice
            if name == "clip":
                self._clip_open = not self._clip_open and self._clip_view
            elif name in {action.name for action in watch.text().actions}:
                self._busy.add(name)
                watch.heard = _WISHES.get(name)
                in_background(self._do, name, watch)
        self._paced.touch()

    def _do(self, name: str, watch: JobWatch) -> None:
        """In a thread of its own; what it raises is shown."""
        try:
            _DOES[name](self, watch.job)
        except Exception as error:  # noqa: BLE001 - the user's callbacks run in here, too
            self._panel.show_error(error)
        finally:
            with self._guard:
                watch.heard = None
                self._busy.discard(name)
            self._paced.touch()

    def _retry(self, job: Job) -> None:
        studio = self._studio or studio_of(job)
        if studio is None:
            raise FramePackError(
                f"No Studio is connected for job {job.id}. Connect to it with fp.connect(url) and "
                "press Retry again, or give the view one: fp.JobView(job, studio=studio)."
            )
        new = studio.submit(job.settings)
        stay = [callback(new) is False for callback in list(self._on_retry)]
        if not any(stay) and self.job is job:
            self.job = new

    def _use_settings(self, job: Job) -> None:
        for callback in list(self._on_settings):
            callback(job.settings)

    def _find(self, job: Job) -> None:
        clip = job.clip
        found = {
            "files": [[str(kept.path), kept.size, kept.why] for kept in kept_aside(job)],
            "clip": str(clip.path) if clip is not None else "",
            "rows": [list(row) for row in trace_rows(job.record)],
        }
        if self.job is job:
            self._panel.found = found


_DOES: dict[str, Callable[[JobView, Job], object]] = {
    "cancel": lambda _, job: job.cancel(),
    "stop": lambda _, job: job.stop(),
    "pause": lambda _, job: job.pause(),
    "resume": lambda _, job: job.resume(),
    "retry": JobView._retry,
    "settings": JobView._use_settings,
    "found": JobView._find,
}
