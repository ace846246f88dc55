"""What a Studio's endpoints answer, connected to the page."""

from __future__ import annotations

import contextlib
import json
import random
from collections.abc import Iterator
from typing import Any

import gradio as gr

from .binding import Binding
from .compat import private, video_for
from .dialects import DIALECTS
from .faults import Faults
from .folders import Folders
from .job import Job, JobStatus
from .job_queue import JobQueue
from .monitor import Update, follow
from .options import DemoOptions
from .page import Page, stats_text
from .submission import make_params
from .tables import gallery_items, queue_page, queue_rows
from .worker import Worker


class Endpoints:
    """The endpoints of one server. Method names are the names of endpoints."""

    def __init__(self, options: DemoOptions, folders: Folders, loras: list[str]) -> None:
        self._folders = folders
        self._faults = Faults(options)
        self._dialect = DIALECTS[options.dialect]
        render = Worker(options, folders, self._faults).render
        self._queue = JobQueue(render, folders.root, options.metadata, loras, self._dialect)
        self._field_names: list[str] = []

    def connect(self, page: Page) -> None:
        """Bind the endpoints to the page's components, in this version's order of values."""
        self._field_names = list(page.form.fields)
        bind = Binding(page, self._dialect)
        with page.blocks:
            bind.endpoint(page.refresh.click, self.update_stats)
            if self._dialect.clear_all_named:
                bind.endpoint(page.confirm.click, self.confirmed_clear_all_jobs)
            else:
                bind.numbered(page.confirm.click, self.confirmed_clear_all_jobs, 7)
            bind.endpoint(page.clear_ended.click, self.clear_completed_jobs)
            bind.endpoint(page.update_gallery.click, self.refresh_gallery)
            bind.endpoint(page.start.click, self.handle_start_button, page.form.inputs())
            monitored = bind.endpoint(page.job_id.change, self.monitor_job, [page.job_id])
            cancelled = bind.endpoint(page.cancel.click, self.end_process_with_update)
            resumed = bind.endpoint(page.resume.click, self.load_queue_from_json)
            bind.endpoint(resumed.then, self.check_for_current_job)
            if self._dialect.cancels_singly:
                text = [page.queue_action]
                bind.endpoint(page.queue_trigger.click, self.handle_queue_action, text)
            # What follows is the page's own business, no endpoint.
            bind.privately(monitored.then, self.update_stats)
            bind.privately(cancelled.then, self.check_for_current_job)
            loaded = bind.privately(page.blocks.load, self.check_for_current_job)
            bind.privately(loaded.then, self.update_stats)
            rows = [page.queue_buttons, page.confirm_row]
            page.cancel_pending.click(_show_second, None, rows, **private("show_second"))
            page.keep.click(_show_first, None, rows, **private("show_first"))
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

    def handle_start_button(self, selected_model: Any, *others: Any) -> dict[str, Any]:
        """Queue a job whatever its settings are worth; its id comes back at once."""
        count, values = len(self._field_names), (selected_model, *others)
        fields = dict(zip(self._field_names, values, strict=False))
        names, weights = list(values[count]), list(values[count + 1 :])
        params = make_params(fields, names, weights, self._folders.inputs, self._dialect)
        before, after = self._faults.strangers()
        job = Job(params)
        for each in (*before, job, *after):
            self._queue.add(each)
        self._faults.delay_answer()
        # The job keeps the seed that was sent; the new one is for the page's next job.
        seed = random.randint(0, 21474) if fields["randomize"] else gr.update()
        return self.update_stats() | {
            "video": None,
            "job_id": job.id,
            "preview": None,
            "text": "",
            "bars": f"Job added to queue. Job ID: {job.id}",
            "start": gr.update(value=self._dialect.buttons[0]),
            "cancel": gr.update(value=self._dialect.buttons[1], interactive=True),
            "seed": seed,
            "video_required": gr.update(),
        }

    def monitor_job(
        self, job_id: str | None = None, request: gr.Request | None = None
    ) -> Iterator[dict[str, Any]]:
        """Tell of the job that runs, whatever id was asked for."""
        for update in follow(self._queue, job_id):
            yield self._shown(update, request)

    def _shown(self, update: Update, request: gr.Request | None) -> dict[str, Any]:
        """An update as the parts of the page that `/monitor_job` fills."""
        add, cancel = self._dialect.buttons
        found = {
            "start": gr.update(value=add, interactive=True) if update.is_over else gr.update(),
            "cancel": gr.update(value=cancel, interactive=True, visible=not update.is_over),
            "text": update.text,
            "bars": update.html,
        }
        if update.is_unknown:
            return found | dict.fromkeys(("video", "preview", "top_preview"))
        preview = gr.update() if update.preview is None else update.preview
        video = video_for(update.video, request)
        return found | {"video": video, "preview": preview, "top_preview": gr.update()}

    def check_for_current_job(self, request: gr.Request | None = None) -> dict[str, Any]:
        """The running job's id with its newest video, preview, text and bars."""
        with self._queue.lock:
            job = self._queue.current
            found = dict.fromkeys(("job_id", "video", "preview", "top_preview"))
            if job is None:
                return {**found, "text": "", "bars": ""}
            found |= {"job_id": job.id, "video": video_for(job.result, request)}
            now = job.progress
            if now is None:
                return {**found, "text": "", "bars": ""}
            previews = {"preview": now.preview, "top_preview": now.preview}
            return {**found, **previews, "text": now.text, "bars": now.html}

    def update_stats(self) -> dict[str, Any]:
        """The whole queue. Not read-only: the current job's status becomes running."""
        self._queue.mark_current_running()
        jobs = self._queue.all()
        states = [job.status for job in jobs]
        wanted = (JobStatus.PENDING, JobStatus.RUNNING, JobStatus.COMPLETED)
        dialect = self._dialect
        shown = queue_page(jobs) if dialect.queue_page else queue_rows(jobs, dialect.columns)
        return {"queue": shown, "stats": stats_text(*(states.count(state) for state in wanted))}

    def end_process_with_update(self) -> dict[str, Any]:
        """End the job that runs, whichever it is. Looking at the queue then brings it back."""
        self._queue.end_current()
        cancelling = gr.update(value="Cancelling...", interactive=False)
        return self.update_stats() | {"cancel": cancelling, "job_id": gr.update(value=None)}

    def handle_queue_action(self, action_json: str) -> dict[str, Any]:
        """Cancel or remove one job, named in JSON; whatever else comes changes nothing."""
        with contextlib.suppress(ValueError, AttributeError):
            wanted = json.loads(action_json or "{}")
            acts = {"cancel": self._queue.cancel_one, "remove": self._queue.remove_one}
            act = acts.get(wanted.get("action"))
            if act is not None:
                act(str(wanted.get("job_id")))
        return self.update_stats()

    def confirmed_clear_all_jobs(self) -> dict[str, Any]:
        """Cancel all pending jobs, whosever they are."""
        self._queue.cancel_pending()
        shown, hidden = gr.update(visible=True), gr.update(visible=False)
        return self.update_stats() | {"queue_buttons": shown, "confirm_row": hidden}

    def clear_completed_jobs(self) -> dict[str, Any]:
        """Forget completed and cancelled jobs, whosever they are."""
        self._queue.forget_ended()
        return self.update_stats()

    def load_queue_from_json(self) -> dict[str, Any]:
        """Take up what queue.json holds, under the same ids."""
        self._queue.resume()
        return self.update_stats()

    def refresh_gallery(self) -> dict[str, Any]:
        """Start frames of all renders that have a clip, newest first."""
        items = gallery_items(self._folders.outputs, self._folders.metadata)
        pictures = gr.update(value=[path for path, _ in items])
        return {"gallery": pictures, "gallery_items": items}

    def _show_weights(self, chosen: list[str], names: list[str]) -> Any:
        updates = [gr.update(visible=name in (chosen or [])) for name in names]
        return updates[0] if len(updates) == 1 else updates


def _show_second() -> tuple[Any, Any]:
    return gr.update(visible=False), gr.update(visible=True)


def _show_first() -> tuple[Any, Any]:
    return gr.update(visible=True), gr.update(visible=False)
