"""What a Studio's endpoints answer, connected to the page."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import gradio as gr

from .compat import private, video_for
from .faults import Faults
from .folders import Folders
from .job import Job, JobStatus
from .job_queue import JobQueue
from .monitor import Update, follow
from .options import DemoOptions
from .page import Page, stats_text
from .submission import make_params
from .tables import gallery_items, queue_rows
from .worker import Worker

_ADD = "🚀 Add to Queue"
_CANCEL = "❌ Cancel Current Job"


class Endpoints:
    """The endpoints of one server. Method names are the names of endpoints."""

    def __init__(self, options: DemoOptions, folders: Folders, loras: list[str]) -> None:
        self._folders = folders
        self._faults = Faults(options)
        render = Worker(options, folders, self._faults).render
        self._queue = JobQueue(render, folders.root, options.metadata, loras)
        self._field_names: list[str] = []

    def connect(self, page: Page) -> None:
        """Bind the endpoints to the page's components, in a Studio's order of values."""
        self._field_names = list(page.form.fields)
        table = [page.queue, page.stats]
        shown = [page.video, page.preview, page.top_preview, page.text, page.bars]
        current = [page.job_id, *shown]
        buttons = [page.start, page.cancel]
        gallery = [page.gallery, page.gallery_items]
        rows = [page.queue_buttons, page.confirm_row]
        answer = [page.video, page.job_id, page.preview, page.text, page.bars, *buttons, *table]
        answer += [page.form["seed"], page.video_required]
        after_cancel = [*table, page.cancel, page.job_id]
        with page.blocks:
            _bind(page.refresh.click, self.update_stats, [], table)
            _bind(page.confirm.click, self.confirmed_clear_all_jobs, [], [*table, *rows])
            _bind(page.clear_ended.click, self.clear_completed_jobs, [], table)
            _bind(page.update_gallery.click, self.refresh_gallery, [], gallery)
            _bind(page.start.click, self.handle_start_button, page.form.inputs(), answer)
            job_id = [page.job_id]
            monitored = _bind(page.job_id.change, self.monitor_job, job_id, [*shown, *buttons])
            cancelled = _bind(page.cancel.click, self.end_process_with_update, [], after_cancel)
            resumed = _bind(page.resume.click, self.load_queue_from_json, [], table)
            _bind(resumed.then, self.check_for_current_job, [], current)
            # What follows is the page's own business, no endpoint.
            _bind_privately(monitored.then, self.update_stats, table)
            _bind_privately(cancelled.then, self.check_for_current_job, current)
            loaded = _bind_privately(page.blocks.load, self.check_for_current_job, current)
            _bind_privately(loaded.then, self.update_stats, table)
            _bind_privately(page.cancel_pending.click, _show_second, rows)
            _bind_privately(page.keep.click, _show_first, rows)
            self._connect_loras(page)

    def _connect_loras(self, page: Page) -> None:
        """Show the weight of each LoRA that is chosen."""
        if page.form.lora_weights:
            page.form["loras"].change(
                self._show_weights,
                [page.form["loras"], page.form.lora_names],
                page.form.lora_weights,
                **private("show_weights"),
            )

    def handle_start_button(self, selected_model: str, *values: Any) -> list[Any]:
        """Queue a job whatever its settings are worth; its id comes back at once."""
        count = len(self._field_names)
        fields = dict(zip(self._field_names, (selected_model, *values), strict=False))
        names, weights = values[count - 1], list(values[count:])
        params = make_params(fields, list(names), weights, self._folders.inputs)
        before, after = self._faults.strangers()
        job = Job(params)
        for each in (*before, job, *after):
            self._queue.add(each)
        self._faults.delay_answer()
        table, stats = self.update_stats()
        # The job keeps the seed that was sent; the new one is for the page's next job.
        seed = random.randint(0, 21474) if fields["randomize"] else gr.update()
        cancel = gr.update(value=_CANCEL, interactive=True)
        queued = f"Job added to queue. Job ID: {job.id}"
        add = gr.update(value=_ADD)
        return [None, job.id, None, "", queued, add, cancel, table, stats, seed, gr.update()]

    def monitor_job(
        self, job_id: str | None = None, request: gr.Request | None = None
    ) -> Iterator[tuple[Any, ...]]:
        """Tell of the job that runs, whatever id was asked for."""
        for update in follow(self._queue, job_id):
            yield _outputs(update, request)

    def check_for_current_job(self, request: gr.Request | None = None) -> tuple[Any, ...]:
        """The running job's id with its newest video, preview, text and bars."""
        with self._queue.lock:
            job = self._queue.current
            if job is None:
                return None, None, None, None, "", ""
            video, now = video_for(job.result, request), job.progress
            if now is None:
                return job.id, video, None, None, "", ""
            return job.id, video, now.preview, now.preview, now.text, now.html

    def update_stats(self) -> tuple[list[list[str]], str]:
        """The whole queue. Not read-only: the current job's status becomes running."""
        self._queue.mark_current_running()
        jobs = self._queue.all()
        states = [job.status for job in jobs]
        wanted = (JobStatus.PENDING, JobStatus.RUNNING, JobStatus.COMPLETED)
        return queue_rows(jobs), stats_text(*(states.count(state) for state in wanted))

    def end_process_with_update(self) -> tuple[Any, ...]:
        """End the job that runs, whichever it is. Looking at the queue then brings it back."""
        self._queue.end_current()
        table, stats = self.update_stats()
        cancelling = gr.update(value="Cancelling...", interactive=False)
        return table, stats, cancelling, gr.update(value=None)

    def confirmed_clear_all_jobs(self) -> tuple[Any, ...]:
        """Cancel all pending jobs, whosever they are."""
        self._queue.cancel_pending()
        return *self.update_stats(), gr.update(visible=True), gr.update(visible=False)

    def clear_completed_jobs(self) -> tuple[list[list[str]], str]:
        """Forget completed and cancelled jobs, whosever they are."""
        self._queue.forget_ended()
        return self.update_stats()

    def load_queue_from_json(self) -> tuple[list[list[str]], str]:
        """Take up what queue.json holds, under the same ids."""
        self._queue.resume()
        return self.update_stats()

    def refresh_gallery(self) -> tuple[Any, list[tuple[str, str]]]:
        """Start frames of all renders that have a clip, newest first."""
        items = gallery_items(self._folders.outputs, self._folders.metadata)
        return gr.update(value=[path for path, _ in items]), items

    def _show_weights(self, chosen: list[str], names: list[str]) -> Any:
        updates = [gr.update(visible=name in (chosen or [])) for name in names]
        return updates[0] if len(updates) == 1 else updates


def _bind(event: Any, endpoint: Any, inputs: list[Any], outputs: list[Any]) -> Any:
    return event(endpoint, inputs, outputs, api_name=endpoint.__name__)


def _bind_privately(event: Any, method: Any, outputs: list[Any]) -> Any:
    return event(method, None, outputs, **private(method.__name__))


def _outputs(update: Update, request: gr.Request | None) -> tuple[Any, ...]:
    """An update as the seven outputs of `/monitor_job`."""
    start = gr.update(value=_ADD, interactive=True) if update.is_over else gr.update()
    cancel = gr.update(value=_CANCEL, interactive=True, visible=not update.is_over)
    if update.is_unknown:
        return None, None, None, update.text, update.html, start, cancel
    preview = gr.update() if update.preview is None else update.preview
    video = video_for(update.video, request)
    return video, preview, gr.update(), update.text, update.html, start, cancel


def _show_second() -> tuple[Any, Any]:
    return gr.update(visible=False), gr.update(visible=True)


def _show_first() -> tuple[Any, Any]:
    return gr.update(visible=True), gr.update(visible=False)
