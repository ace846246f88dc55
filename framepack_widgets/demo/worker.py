"""Renders one job, in the order and with the news a Studio's worker gives, mostly sleeping.

How a render can end, as on a Studio:
- well: the last section's file is the clip;
- by an error: the queue is told only that it ended, so the job counts as completed, with the file
  of the sections that were finished, or none;
- stopped: the section it is in is cut short, but still written;
- never: settings that break the arithmetic before the first section leave a Studio stuck until it
  is restarted. Here such a job hangs until it is stopped.
"""

from __future__ import annotations

import contextlib
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from .clip import EncodedFrame, encode, write_clip
from .dialects import DIALECTS
from .faults import Faults
from .folders import Folders
from .job import Job
from .options import DemoOptions
from .progress import Progress, bar, position_text, sampling_bars
from .prompts import TimedPrompt, parse_prompts, prompt_at
from .scene import Scene, latent_preview
from .sections import BACKWARD_MODELS, VIDEO_MODELS, Section, plan_sections, section_count
from .shot import RenderError, Shot, compose, source_frames, source_rate
from .sidecar import draw_timestamp

_STEP = 0.22  # s a sampling step sleeps at speed 1
_PHASE = 0.3  # s each phase before sampling sleeps at speed 1
_PREVIEW_EVERY = 0.2  # s between two new previews; nobody looks more often
_SHARED_PHASES = ("Preprocessing inputs...", "Text encoding all prompts...")
_IMAGE_PHASES = ("VAE encoding ...", "CLIP Vision encoding ...", "Start sampling ...")
_VIDEO_PHASES = ("Video processing ...", "CLIP Vision encoding ...", "Start sampling ...")

News = Progress | Path
"""Progress, or a new video file."""


class Worker:
    """Renders jobs into the folders of one server, one after another."""

    def __init__(self, options: DemoOptions, folders: Folders, faults: Faults) -> None:
        self._options = options
        self._folders = folders
        self._faults = faults

    def render(self, job: Job) -> Iterator[News]:
        """Render a job, telling what is new; sets the job's timestamp and outcome."""
        job.timestamp = timestamp = draw_timestamp()
        job.outcome = "failed"
        black = np.zeros((64, 64, 3), dtype=np.uint8)
        yield Progress(black, "Starting job...", bar(0, "Starting job..."))
        try:
            prompts, count = _arithmetic(job)
        except (AttributeError, TypeError, ValueError, ZeroDivisionError, OverflowError):
            traceback.print_exc()
            job.stop.wait()
            return
        render = _Render(
            job=job,
            timestamp=timestamp,
            prompts=prompts,
            count=count,
            options=self._options,
            folders=self._folders,
            faults=self._faults,
        )
        try:
            yield from render.all_sections()
        except Exception:  # noqa: BLE001  whatever it was: a Studio tells its console, no client
            traceback.print_exc()
        finally:
            if self._options.clean_up:
                _keep_longest(self._folders.outputs, timestamp)
        if job.params["combine_with_source"]:
            yield from render.with_source()


class _Render:
    """One render under way."""

    def __init__(
        self,
        *,
        job: Job,
        timestamp: str,
        prompts: list[TimedPrompt],
        count: int,
        options: DemoOptions,
        folders: Folders,
        faults: Faults,
    ) -> None:
        self._job = job
        self._timestamp = timestamp
        self._model: str = job.params["model_type"]
        self._prompts = prompts
        self._count = count
        self._options = options
        self._folders = folders
        self._faults = faults
        self._shot: Shot | None = None
        self._scene: Scene | None = None
        self._encoded: list[EncodedFrame] = []

    def all_sections(self) -> Iterator[News]:
        """Render section by section. Raises whatever makes the render fail."""
        job, params = self._job, self._job.params
        allowed = self._faults.sections_to_render(job, self._count)
        for phase in _SHARED_PHASES:
            yield from self._phase(phase)
        dialect = DIALECTS[self._options.dialect]
        self._shot = shot = compose(
            params, self._timestamp, self._folders, self._options.metadata, dialect
        )
        for phase in _VIDEO_PHASES if self._model in VIDEO_MODELS else _IMAGE_PHASES:
            yield from self._phase(phase)
        window, has_start = int(params["latent_window_size"]), bool(params["has_input_image"])
        if dialect.start_by_model:
            has_start = self._model == "F1"
        sections = plan_sections(self._model, self._count, window, has_start)
        texts = [prompt_at(self._prompts, section.latents_before) for section in sections]
        self._scene = scene = shot.scene(sections, texts)
        for index, section in enumerate(sections):
            if job.stop.is_set():
                return
            if index == allowed:
                job.outcome = "partial" if self._encoded else "failed"
                raise RenderError(f"a fault on purpose, before section {index + 1}")
            source = shot.source_latents
            seconds = params["total_second_length"]
            text = position_text(self._model, section.latents_before, seconds, texts[index], source)
            yield from self._sample(scene, section, index, text)
            yield self._write(scene, section)
        job.outcome = "ok"

    def with_source(self) -> Iterator[News]:
        """For video models: the source video and what was rendered in one more file."""
        if self._shot is None or self._shot.source is None or not self._encoded:
            return
        scene, shot = self._scene, self._shot
        if scene is None:
            return
        frames = (scene.source_frame(pixels) for pixels in source_frames(shot))
        source = encode(frames, scene.width, scene.height)
        path = self._folders.outputs / f"{self._timestamp}_combined.mp4"
        write_clip(path, source + self._encoded, scene.width, scene.height, source_rate(shot))
        yield path

    def _phase(self, text: str) -> Iterator[Progress]:
        yield Progress(None, "", bar(0, text))
        self._job.stop.wait(_PHASE / self._options.speed)

    def _sample(self, scene: Scene, section: Section, index: int, text: str) -> Iterator[Progress]:
        """All steps of one section, or as many as there are until the job is stopped."""
        steps = int(self._job.params["steps"])
        rough = scene.rough(section.first_frame, section.frame_count)
        pause = _STEP / self._options.speed
        preview, previewed = None, 0.0
        started = time.monotonic()
        for step in range(1, steps + 1):
            self._job.stop.wait(max(0.0, started + step * pause - time.monotonic()))
            if self._job.stop.is_set():
                return
            if preview is None or time.monotonic() - previewed > _PREVIEW_EVERY:
                preview = latent_preview(rough, step / steps, step)
                previewed = time.monotonic()
            html = sampling_bars(step, steps, index * steps, self._count * steps, pause)
            yield Progress(preview, text, html)

    def _write(self, scene: Scene, section: Section) -> Path:
        """Write the clip as far as it is with this section; the new file."""
        first = section.first_frame
        frames = (scene.frame(index) for index in range(first, first + section.frame_count))
        new = encode(frames, scene.width, scene.height)
        backward = self._model in BACKWARD_MODELS
        self._encoded = new + self._encoded if backward else self._encoded + new
        path = self._folders.outputs / f"{self._timestamp}_{section.latents}.mp4"
        write_clip(path, self._encoded, scene.width, scene.height)
        return path


def _arithmetic(job: Job) -> tuple[list[TimedPrompt], int]:
    """Prompts and number of sections: what a Studio works out before it guards against errors."""
    params = job.params
    if not isinstance(params["seed"], int):
        raise TypeError(f"the seed is no whole number: {params['seed']!r}")
    seconds, window = params["total_second_length"], params["latent_window_size"]
    count = section_count(seconds, window)
    return parse_prompts(params["prompt_text"], seconds, window, params["model_type"]), count


def _keep_longest(folder: Path, timestamp: str) -> None:
    """Remove all files of a render but the longest."""
    files = list(folder.glob(f"{timestamp}_*.mp4"))
    files.sort(key=lambda path: int(path.stem.rpartition("_")[2]))
    for path in files[:-1]:
        with contextlib.suppress(OSError):  # it may be being sent right now
            path.unlink()
