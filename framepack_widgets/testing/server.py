"""The fake server behind `FakeStudio`: its queue, worker, files and restarts, moved by hand.

Nothing here waits for a clock. A test says when a render starts, samples, finishes a section, ends;
`tick` lets the server do whatever comes next. The behaviour is that of Studio 0.5.1, as far as a
client sees it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from framepack_widgets.length import frames
from framepack_widgets.testing import page
from framepack_widgets.testing.renders import FakeRender, tiny_clip

OUTPUTS = "/srv/studio/outputs"
TEMPORARY = "/srv/studio/tmp"
_PREVIEW = b"\x89PNG\r\n\x1a\n fake preview"


class FakeServer:
    """One Studio in memory.

    metadata: its setting "Save Metadata". clean_up: its setting "Clean up video files". decodable:
    False gives files that are no videos, for tests that never open one. cancels_singly: whether a
    client can cancel one pending job, as on one 0.6-dev.
    """

    def __init__(
        self,
        *,
        metadata: bool = True,
        clean_up: bool = True,
        loras: Iterable[str] = (),
        decodable: bool = True,
        cancels_singly: bool = False,
    ) -> None:
        self.cancels_singly = cancels_singly
        self.metadata = metadata
        self.clean_up = clean_up
        self.decodable = decodable
        self.is_down = False
        self.renders: list[FakeRender] = []  # in its memory, in the order of the queue
        self.running: FakeRender | None = None
        self.files: dict[str, bytes] = {}
        self.ended: list[str] = []  # who ran at each request to end whatever runs
        self._schema = page.schema(loras)
        self._sidecars: dict[str, dict[str, Any]] = {}
        self._gallery: list[str] = []  # timestamps, the one with the newest video last
        self._saved: list[FakeRender] = []  # queue.json
        self._count = 0  # jobs
        self._runs = 0  # a job that comes back after a restart runs again
        self._starts = 1

    @property
    def app_id(self) -> str | None:
        """Drawn anew at each start."""
        return f"app-{self._starts}"

    # ------------------------------------------------------------------ the queue

    def add(self, values: Mapping[str, Any], *, foreign: bool = False) -> FakeRender:
        """Put a job into the queue; `values` by the names of `Settings`."""
        self._count += 1
        digest = hashlib.sha256(f"render {self._count}".encode()).hexdigest()
        render = FakeRender(digest[:32], self._count, dict(values), foreign)
        self.renders.append(render)
        self._save()
        return render

    def add_stranger(self, *, start: bool = False, **values: Any) -> FakeRender:
        """A job of somebody else, 1 s long with 4 steps, else with the page's defaults.

        start: it is picked up at once, if nothing runs.
        """
        defaults = {field.name: field.default for field in self._schema.fields}
        own = {"prompt": "somebody else's idea", "seed": 900 + self._count, "seconds": 1.0}
        render = self.add({**defaults, "steps": 4, **own, **values}, foreign=True)
        if start:
            self.start_next()
        return render

    def find(self, server_id: str) -> FakeRender | None:
        """The job with that id, if the server knows it."""
        return next((r for r in self.renders if r.id == server_id), None)

    def pending(self) -> list[FakeRender]:
        """The jobs that have not started."""
        return [render for render in self.renders if render.status == "pending"]

    def clear_ended(self) -> None:
        """Somebody presses "Clear Completed Jobs"."""
        self.renders = [r for r in self.renders if r.status in ("pending", "running")]
        self._save()

    def clear_queue(self) -> None:
        """Somebody presses "Cancel All Pending": other people's jobs included."""
        for render in self.pending():
            render.status = "cancelled"
        self._save()

    def end_running(self) -> None:
        """Somebody presses "Cancel Current Job": whatever runs ends after its section."""
        if self.running is not None:
            self.ended.append(self.running.id)
            self.running.is_ending = True

    # ------------------------------------------------------------------ the worker

    def start_next(self) -> FakeRender | None:
        """The worker takes the next job from the queue, if it is free."""
        if self.running is not None or self.is_down:
            return self.running
        waiting = self.pending()
        if not waiting:
            return None
        render = self.running = waiting[0]
        self._starts_up(render)
        return render

    def _starts_up(self, render: FakeRender) -> None:
        self._runs += 1
        number = self._runs
        render.status, render.made, render.step = "running", 0, 0
        render.video = render.shown = None
        render.timestamp = f"261120_{112700 + number}_{number % 1000:03}_{1000 + number}"
        if self.metadata:
            self._sidecars[render.timestamp] = render.sidecar()

    def sample(self, steps: int = 1) -> None:
        """The running job does so many steps of its section."""
        render = self._must_run()
        render.step = min(render.steps, render.step + steps)

    def render_section(self) -> str:
        """The running job finishes its section and writes its file; the job goes on. Its path."""
        render = self._must_run()
        latents = render.latents[render.made]
        render.made, render.step = render.made + 1, 0
        return self._write(render, f"{render.timestamp}_{latents}.mp4", frames(latents))

    def finish(self) -> FakeRender:
        """The running job renders all that is left and ends well."""
        render = self._must_run()
        while render.made < render.sections:
            self.render_section()
        return self.end()

    def end(self) -> FakeRender:
        """The running job ends with what it has made; nothing made: that is how a failure looks."""
        render = self._must_run()
        if render.made and render.combines:
            count = frames(render.latents[render.made - 1]) + render.source_frames
            self._write(render, f"{render.timestamp}_combined.mp4", count)
        if self.clean_up:
            for latents in render.latents[: max(0, render.made - 1)]:
                self.files.pop(f"{OUTPUTS}/{render.timestamp}_{latents}.mp4", None)
        render.status, self.running = "completed", None
        self._save()
        return render

    fail = end
    """The running job goes wrong: before its first section no video, else a partial one."""

    def tick(self) -> None:
        """Whatever comes next: a start, half a section's steps, a section, an end."""
        render = self.running
        if render is None:
            self.start_next()
        elif render.made >= render.sections or (render.is_ending and render.step == 0):
            self.end()
        elif render.step < render.steps:
            self.sample(max(1, render.steps // 2))
            if render.is_ending:
                render.step = render.steps
        else:
            self.render_section()

    def run_until_idle(self) -> None:
        """Render everything that is in the queue."""
        while self.start_next() is not None:
            self.finish()

    def _must_run(self) -> FakeRender:
        if self.running is None:
            raise AssertionError("nothing runs on the fake server; call start_next() first")
        return self.running

    def _write(self, render: FakeRender, name: str, frame_count: int) -> str:
        if self.decodable:
            content = tiny_clip(render.number, frame_count)
        else:
            content = f"{name} of render {render.number}".encode()
        digest = hashlib.sha256(content + name.encode()).hexdigest()[:16]
        render.video, render.shown = f"{OUTPUTS}/{name}", f"{TEMPORARY}/{digest}/{name}"
        self.files[render.video] = self.files[render.shown] = content
        if self.metadata and render.timestamp:
            if render.timestamp in self._gallery:
                self._gallery.remove(render.timestamp)
            self._gallery.append(render.timestamp)
        return render.video

    def preview_of(self, render: FakeRender) -> str | None:
        """The path of the running job's preview; None before its first step."""
        if render.step == 0 and render.made == 0:
            return None
        path = f"{TEMPORARY}/preview-{render.number}-{render.made}-{render.step}.webp"
        self.files[path] = _PREVIEW
        return path

    # ------------------------------------------------------------------ the server itself

    def go_down(self) -> None:
        """The server cannot be reached any more; what it was doing stands still."""
        self.is_down = True

    def come_up(self) -> None:
        """The same server answers again."""
        self.is_down = False

    def restart(self, *, keep_queue: bool = True) -> None:
        """The server is killed and started: its memory is empty, its files are there.

        keep_queue: what was not over is in its queue file, and comes back with `resume_queue`.
        """
        self._starts += 1
        open_ones = [r for r in self.renders if r.status in ("pending", "running")]
        self._saved = open_ones if keep_queue else []
        self.renders, self.running, self.is_down = [], None, False

    def resume_queue(self) -> list[FakeRender]:
        """Somebody presses "Resume Queue": open jobs come back under their ids, from nothing."""
        known = {render.id for render in self.renders}
        back = [render for render in self._saved if render.id not in known]
        for render in back:
            render.status, render.resumed, render.is_ending = "pending", True, False
        self.renders += back
        return back

    def sweep_temporary(self) -> None:
        """The server's temporary folder is emptied; the output folder is not."""
        self.files = {p: c for p, c in self.files.items() if not p.startswith(TEMPORARY)}

    def _save(self) -> None:
        self._saved = [r for r in self.renders if r.status in ("pending", "running")]
