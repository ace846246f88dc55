"""The Render tab: the form, and beside it what is being rendered and what came of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import ipywidgets

from framepack_widgets.job import JobRecord, JobState
from framepack_widgets.models import facts_of
from framepack_widgets.widgets.clips.clip_panel import ClipPanel, WaysOn
from framepack_widgets.widgets.clips.continue_bar import ContinueBar
from framepack_widgets.widgets.clips.earlier import Earlier
from framepack_widgets.widgets.form.form import Form
from framepack_widgets.widgets.jobs.job_list import JobList
from framepack_widgets.widgets.jobs.job_view import JobView

if TYPE_CHECKING:
    from framepack_widgets.live_job import Job
    from framepack_widgets.session import Studio
    from framepack_widgets.settings import Settings

_NEWEST = 9  # clips in the row of posters
_HINT = "No clips yet. Choose a start frame, write what happens, press Render: it appears here."
_BAD = (JobState.FAILED, JobState.LOST, JobState.UNSURE)


class RenderTab(ipywidgets.Box):  # type: ignore[misc]  # ipywidgets has no types
    """Form left; right the running job, our waiting jobs, the newest clip and those before it."""

    def __init__(
        self, studio: Studio, settings: Settings | None, look: Callable[[], object]
    ) -> None:
        self.studio = studio
        self._look = look
        self._guard = threading.RLock()
        self._newest = ""
        self._chosen = ""  # a job that somebody wants to see
        self._reveal = False  # bring the job's view into sight: Render is far below it
        library = studio.library
        self.form = Form(studio, settings)
        self.job_view = JobView(studio=studio)
        self.job_list = JobList(self._act)
        ways = WaysOn(
            self.use_settings, go_on=self.go_on, use_video=self.use_video, studio=lambda: studio
        )
        self.panel = ClipPanel(library, ways)
        self.continuing = ContinueBar(studio)
        self.form.send = self.continuing.send
        self.form.observe(lambda change: self.continuing.follow(change.new), "settings")
        self.earlier = Earlier(library.clip, self._choose)
        self._hint = ipywidgets.HTML(_HINT)
        self.form.on_submit(self._submitted)
        self.job_view.on_settings(self.use_settings)
        self.job_view.on_use(self._use_of_job)
        self.job_view.on_retry(self._submitted)
        side = ipywidgets.VBox([self._hint, self.job_view, self.job_list, self.panel, self.earlier])
        main = ipywidgets.VBox([self.continuing, self.form])
        super().__init__([main, side])
        main.add_class("fpw-column")
        side.add_class("fpw-column")
        self.add_class("fpw-columns")
        self.job_view.layout.display = "none"

    def use_settings(self, settings: Settings) -> None:
        """Fill the form."""
        self.form.settings = settings

    def use_frame(self, image: Any, _frame: int = 0) -> None:
        """Make a frame of a clip the next start frame."""
        self.form.settings = self.form.settings.replace(start_frame=image)

    def go_on(self, job: str, frame: int) -> None:
        """Render on from that frame of the job's clip."""
        self.use_frame(self.continuing.start(job, frame))
        self.continuing.follow(self.form.settings)  # the same frame again is no change

    def use_video(self, path: str) -> None:
        """Make a clip the source of a Video model; one is chosen where the form has none."""
        settings, schema = self.form.settings, self.studio.schema
        if not facts_of(settings.model or schema["model"].default).takes_video:
            wanted = [model for model in schema.models if facts_of(model).takes_video]
            first = next((m for m in wanted if not facts_of(m).wants_end_frame), wanted[0])
            settings = settings.replace(model=first)
        self.form.settings = settings.replace(video=path)

    def _use_of_job(self, image: Any, frame: int) -> None:
        job = self.job_view.job
        if job is not None and job.state is JobState.DONE:
            self.go_on(job.id, frame)
        else:  # not a clip yet, or only a part of one
            self.use_frame(image, frame)

    def show(self, unfinished: Sequence[JobRecord], latest: JobRecord | None) -> None:
        """Draw what the Library holds now. latest: the job that was made last."""
        with self._guard:
            self.job_list.show(unfinished)
            self._show_job(unfinished, latest)
            self._show_clips()

    def _show_job(self, unfinished: Sequence[JobRecord], latest: JobRecord | None) -> None:
        """The chosen job, else the one that is furthest, else the last one if it ended badly."""
        at_work = [record for record in unfinished if record.state is not JobState.WAITING]
        wanted = next((r for r in (*at_work, *unfinished)), None)
        if self._chosen:
            chosen = self.studio.library.find(self._chosen)
            if chosen is not None and (not chosen.state.is_finished or wanted is None):
                wanted = chosen
            else:
                self._chosen = ""
        if wanted is None and latest is not None and latest.state in _BAD:
            wanted = latest
        if wanted is not None and wanted.state is JobState.DONE:
            wanted = None  # its clip is shown below
        shown = self.job_view.job
        if wanted is None:
            if shown is not None and shown.state in (*_BAD, JobState.CANCELLED):
                return  # why it ended stays until something else begins
            self.job_view.job = None
        elif shown is None or shown.id != wanted.id:
            self.job_view.job = self.studio.job(wanted.id)
        self.job_view.layout.display = "none" if wanted is None else None
        if wanted is not None and self._reveal:
            self._reveal = False
            self.job_view.reveal()

    def _show_clips(self) -> None:
        records = self.studio.library.jobs(has_clip=True, limit=_NEWEST)
        self.earlier.show(records)
        is_empty = not records and self.job_view.job is None
        self._hint.layout.display = None if is_empty else "none"
        newest = records[0].id if records else ""
        shown = self.panel.record
        gone = shown is not None and self.studio.library.find(shown.id) is None
        if newest != self._newest or gone:
            # What is there when the page opens does not start by itself; what arrives does.
            play = bool(self._newest) and not gone
            self._newest = newest
            self._show_clip(records[0] if records else None, play=play)
        else:
            self.panel.card.refresh()

    def _show_clip(self, record: JobRecord | None, *, play: bool = True) -> None:
        self.panel.show(record, play=play)
        self.earlier.chosen = record.id if record is not None else ""

    def _choose(self, job: str) -> None:
        with self._guard:
            self._show_clip(self.studio.library.get(job))

    def _submitted(self, job: Job) -> None:
        self._chosen = "" if self._is_busy() else job.id
        self._reveal = bool(self._chosen)
        self._look()

    def _is_busy(self) -> bool:
        shown = self.job_view.job
        return shown is not None and not shown.done

    def _act(self, action: str, jobs: list[str]) -> None:
        for job_id in jobs:
            job = self.studio.job(job_id)
            if action == "show":
                self._chosen = job_id
            elif not job.done:
                {"pause": job.pause, "resume": job.resume, "cancel": job.cancel}[action]()
        self._look()

    def close(self) -> None:
        """Take it off the page. Jobs go on."""
        for part in (
            self.continuing,
            self.form,
            self.job_view,
            self.job_list,
            self.panel,
            self.earlier,
        ):
            part.close()
        super().close()
