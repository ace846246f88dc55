"""What goes wrong on purpose, so that clients can be tried: everything in one place.

Failing and partial renders are counted over the client jobs that start, strangers' jobs left out,
so that "every second one fails" means the same in each run. Where a job is due to fail and to be
partial, it fails. A render of one section is never partial.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import numpy as np
from PIL import Image

from .job import Job
from .options import DemoOptions

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_CHUNK = 16_384  # bytes sent between two pauses of a slow download


class Faults:
    """Decides which jobs go wrong, and makes strangers' jobs."""

    def __init__(self, options: DemoOptions) -> None:
        self._options = options
        self._started = 0
        self._submitted = 0

    def sections_to_render(self, job: Job, planned: int) -> int:
        """How many of its `planned` sections a starting job gets: all, or fewer by a fault."""
        if job.foreign:
            return planned
        self._started += 1
        if _is_due(self._started, self._options.fail_every):
            return 0
        if _is_due(self._started, self._options.partial_every):
            return (planned + 1) // 2
        return planned

    def strangers(self) -> tuple[list[Job], list[Job]]:
        """The strangers' jobs to queue before and after the client's job that is submitted now.

        In turns, one comes after the client's job and one before it.
        """
        self._submitted += 1
        every = self._options.foreign_every
        if not _is_due(self._submitted, every):
            return [], []
        turn = self._submitted // every
        job = _stranger(turn)
        return ([], [job]) if turn % 2 else ([job], [])

    def delay_answer(self) -> None:
        """Hold up the answer to a submission whose job is already queued."""
        time.sleep(self._options.slow_submit)


class SlowDownloads:
    """ASGI middleware that sends files at a limited rate."""

    def __init__(self, app: Callable[..., Awaitable[None]], bytes_per_second: float) -> None:
        self._app = app
        self._rate = bytes_per_second

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on; bodies of file answers piece by piece."""
        if scope["type"] != "http" or "/file=" not in scope["path"]:
            await self._app(scope, receive, send)
            return

        async def send_slowly(message: MutableMapping[str, Any]) -> None:
            body = message.get("body", b"")
            if message["type"] != "http.response.body" or not body:
                await send(message)
                return
            step = max(1, min(_CHUNK, int(self._rate / 4)))
            for start in range(0, len(body), step):
                piece = body[start : start + step]
                last = start + step >= len(body)
                more = bool(message.get("more_body")) or not last
                await asyncio.sleep(len(piece) / self._rate)
                await send({"type": message["type"], "body": piece, "more_body": more})

        # Without path extensions the server reads the file itself, and so passes through here.
        scope["extensions"] = {}
        await self._app(scope, receive, send_slowly)


def _is_due(number: int, every: int) -> bool:
    return every > 0 and number % every == 0


def _stranger(number: int) -> Job:
    """A short job of somebody else, with a frame and prompt of its own."""
    corners = np.random.default_rng(number).integers(0, 256, (3, 4, 3), dtype=np.uint8)
    frame = np.asarray(Image.fromarray(corners).resize((480, 320), Image.Resampling.BICUBIC))
    params: dict[str, Any] = {
        "model_type": "Original",
        "input_image": frame,
        "end_frame_image": None,
        "end_frame_strength": 1.0,
        "prompt_text": f"somebody else's idea, number {number}",
        "n_prompt": "",
        "seed": 900_000 + number,
        "total_second_length": 1.0,
        "latent_window_size": 9,
        "steps": 12,
        "cfg": 1.0,
        "gs": 10.0,
        "rs": 0.0,
        "use_teacache": False,
        "teacache_num_steps": 25,
        "teacache_rel_l1_thresh": 0.15,
        "use_magcache": True,
        "magcache_threshold": 0.1,
        "magcache_max_consecutive_skips": 2,
        "magcache_retention_ratio": 0.25,
        "blend_sections": 4,
        "latent_type": "Noise",
        "selected_loras": [],
        "has_input_image": True,
        "input_image_path": None,
        "end_frame_image_path": None,
        "resolutionW": 384,
        "resolutionH": 384,
        "lora_loaded_names": [],
        "combine_with_source": True,
        "num_cleaned_frames": 5,
    }
    return Job(params, foreign=True)
