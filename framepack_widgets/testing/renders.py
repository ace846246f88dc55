"""One render on the fake server: what it was asked for, how far it is, what it leaves behind."""

from __future__ import annotations

import functools
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from framepack_widgets import sidecar as sidecars
from framepack_widgets.job import Progress
from framepack_widgets.length import frames, section_latents, sections
from framepack_widgets.models import facts_of

STEP_S = 1.0  # what the fake says that one step takes
_SIZE = 64  # px
_SHADES = 12  # how many renders can be told apart by their clips' grey


@dataclass(eq=False)
class FakeRender:
    """A job in the fake server's memory. Its life is driven by `FakeServer`'s methods."""

    id: str
    number: int  # counts all renders of this server, from 1
    values: Mapping[str, Any]  # by the names of `Settings`
    foreign: bool = False
    status: str = "pending"  # pending, running, completed, cancelled
    timestamp: str | None = None  # drawn when it starts
    step: int = 0  # sampled in the section under way
    made: int = 0  # finished sections
    video: str | None = None  # its newest file in the output folder
    shown: str | None = None  # the copy of it that answers name
    is_ending: bool = False  # somebody asked for its end
    resumed: bool = False  # it came back with the saved queue
    source_frames: int = 0

    @property
    def steps(self) -> int:
        """Steps in each section."""
        return int(self.values["steps"])

    @property
    def sections(self) -> int:
        """How many sections a whole render has."""
        return sections(float(self.values["seconds"]), int(self.values["latent_window_size"]))

    @property
    def has_start(self) -> bool:
        """Whether it starts from a frame; a resumed job does, as the blank one was saved."""
        takes_video = facts_of(self.values["model"]).takes_video
        given = self.values.get("start_frame") is not None
        return not takes_video and (given or self.resumed)

    @property
    def latents(self) -> tuple[int, ...]:
        """The numbers in the names of its files, one a section."""
        window, model = int(self.values["latent_window_size"]), self.values["model"]
        return section_latents(self.sections, window, model, start_frame=self.has_start)

    @property
    def combines(self) -> bool:
        """Whether it writes a last file that holds its source too."""
        model = self.values["model"]
        return facts_of(model).takes_video and bool(self.values["combine_with_source"])

    def progress(self, preview: str | None) -> Progress:
        """What the server says while it runs."""
        total, done = self.sections * self.steps, self.made * self.steps + self.step
        if done == 0 and self.step == 0 and preview is None:
            return Progress(text="Starting job...")
        made_frames = frames(self.latents[self.made - 1]) if self.made else 0
        return Progress(
            fraction=done / total,
            section_fraction=self.step / self.steps,
            section=min(self.sections, self.made + 1),
            sections=self.sections,
            step=self.step,
            steps=self.steps,
            eta_s=(total - done) * STEP_S,
            frames=made_frames,
            text=f"Total generated frames: {made_frames}",
            preview=preview,
            video=self.shown,
        )

    def sidecar(self) -> dict[str, Any]:
        """What a Studio writes down when a render starts."""
        values = self.values
        facts: dict[str, Any] = {
            key: values[name]
            for name, key in sidecars.KEYS.items()
            if name in values and name != "context_frames"
        }
        cache, model = values["cache"], str(values["model"])
        return facts | {
            "model_type": "Video" if model == "Video with Endframe" else model,
            "num_cleaned_frames": 5 if self.resumed else values["context_frames"],
            "use_magcache": cache == "MagCache",
            "use_teacache": cache == "TeaCache",
            "has_input_image": self.has_start or values.get("video") is not None,
            "end_frame_used": str(values.get("end_frame") is not None),
            "loras": dict(values.get("loras") or {}),
            "timestamp": self.timestamp,
            "app_version": "0.5.1",
        }


@functools.lru_cache(maxsize=64)
def tiny_clip(number: int, frame_count: int) -> bytes:
    """A real H.264 clip of one grey, which says whose it is (see `number_of`)."""
    import av
    import numpy as np

    shade = 30 + (number % _SHADES) * 16
    picture = np.full((_SIZE, _SIZE, 3), shade, np.uint8)
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = _SIZE, _SIZE, "yuv420p"
        stream.options = {"preset": "ultrafast", "crf": "20"}
        for _ in range(frame_count):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    return file.getvalue()


def number_of(picture: Any) -> int:
    """Which render (its `number`, modulo 12) a picture of a fake clip came from."""
    return round((float(picture.mean()) - 30) / 16)
