"""What a render is made from: its images, their size, and what is written down about them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .buckets import nearest_bucket
from .camera import camera_path
from .dialects import DIALECTS, Dialect
from .folders import Folders
from .job import video_end
from .pixel_code import PixelCode, frame_code, settings_code
from .scene import Scene, clouds, fit
from .sections import BACKWARD_MODELS, VIDEO_MODELS, Section
from .sidecar import DUMMY_LORA, sidecar_facts, write_json, write_png

Pixels = NDArray[np.uint8]
_CONTEXT = 108  # frames of a source video that a model looks at, at most
_END_FRAME_MODELS = frozenset({"Original with Endframe", "Video"})


class RenderError(Exception):
    """A render that cannot go on. A Studio shows this in its console only."""


@dataclass(frozen=True)
class Shot:
    """The images and facts of one render."""

    facts: Mapping[str, Any]
    """The sidecar's content, whether it was written or not."""
    size: tuple[int, int]
    """Height and width of the clip, px."""
    start: Pixels
    """What the clip begins with: start frame, generated image or the source video's last frame."""
    end: Pixels | None
    code: PixelCode
    source: Path | None = None
    """The video that is continued."""
    source_latents: int = 0
    """How many latent frames of it a model looks at."""

    def scene(self, sections: list[Section], prompts: list[str]) -> Scene:
        """The frames of the clip, for its sections and their prompts in the order of rendering."""
        pairs = list(zip(prompts, sections, strict=True))
        if self.facts["model_type"] in BACKWARD_MODELS:
            pairs.reverse()
        path = camera_path([p for p, _ in pairs], [s.frame_count for _, s in pairs], self.seed)
        influence = float(self.facts["end_frame_strength"] or 0.0)
        return Scene(
            start=self.start,
            end=self.end,
            end_influence=influence,
            size=self.size,
            path=path,
            look=self.facts,
            code=self.code,
        )

    @property
    def seed(self) -> int:
        """The number that the render draws its chances from."""
        return int(self.facts["seed"])


def compose(
    params: dict[str, Any],
    timestamp: str,
    folders: Folders,
    metadata: bool,
    dialect: Dialect = DIALECTS["0.5.1"],
) -> Shot:
    """Check settings as a Studio does, make the images, and write the sidecars if `metadata`.

    Raises RenderError for settings that a Studio gives up on.
    """
    _check(params)
    chosen = [name for name in params.get("selected_loras") or [] if name != DUMMY_LORA]
    facts = json.loads(json.dumps(sidecar_facts(params | {"selected_loras": chosen}, dialect)))
    if params["model_type"] in VIDEO_MODELS:
        shot = _continue_video(params, facts)
    else:
        shot = _from_image(params, facts)
    if metadata:
        write_json(facts, folders.metadata / f"{timestamp}.json")
        write_png(fit(_shown(params, shot), shot.size), facts, folders.outputs / f"{timestamp}.png")
        if shot.end is not None:
            path = folders.metadata / f"{timestamp}_end_frame_processed.png"
            Image.fromarray(fit(shot.end, shot.size)).save(path)
    return shot


def source_frames(shot: Shot) -> Iterator[Pixels]:
    """All frames of the source video, (H, W, 3) uint8."""
    with av.open(str(shot.source)) as container:
        for frame in container.decode(video=0):
            yield np.asarray(frame.to_ndarray(format="rgb24"), dtype=np.uint8)


def source_rate(shot: Shot) -> Fraction:
    """Frames a second of the source video."""
    with av.open(str(shot.source)) as container:
        return Fraction(container.streams.video[0].average_rate or 30)


def _check(params: Mapping[str, Any]) -> None:
    """What a Studio looks at when a render starts, and what its numbers must be to work at all."""
    if params["total_second_length"] <= 0:
        raise RenderError("video length must be greater than 0")
    for name in ("steps", "latent_window_size"):
        if params[name] <= 0 or params[name] != int(params[name]):
            raise RenderError(f"{name} must be a whole number greater than 0")
    strength = params.get("end_frame_strength", 0)
    if params["model_type"] == "Original with Endframe" and not 0 <= strength <= 1:
        raise RenderError("end frame strength must be between 0 and 1")
    if params["model_type"] in VIDEO_MODELS and not isinstance(params.get("input_image"), str):
        raise RenderError("a video model needs an input video")


def _from_image(params: Mapping[str, Any], facts: Mapping[str, Any]) -> Shot:
    image: Pixels = params["input_image"]
    given = bool(params["has_input_image"])
    if given:
        size = nearest_bucket(image.shape[0], image.shape[1], params["resolutionW"])
    else:
        height, width = params["resolutionH"], params["resolutionW"]
        size = nearest_bucket(height, width, (height + width) / 2)
    end = _end_frame(params)
    code = PixelCode(settings_code(facts), frame_code(image if given else None), frame_code(end))
    unasked_noise = not given and params["latent_type"] == "Noise"
    return Shot(facts, size, clouds(image) if unasked_noise else image, end, code)


def _continue_video(params: Mapping[str, Any], facts: Mapping[str, Any]) -> Shot:
    source = Path(params["input_image"])
    start, count = video_end(source)
    size = nearest_bucket(start.shape[0], start.shape[1], params["resolutionW"])
    end = _end_frame(params)
    code = PixelCode(settings_code(facts), frame_code(start), frame_code(end))
    return Shot(facts, size, start, end, code, source, min(_CONTEXT, count) // 4)


def _end_frame(params: Mapping[str, Any]) -> Pixels | None:
    end: Pixels | None = params.get("end_frame_image")
    return end if params["model_type"] in _END_FRAME_MODELS else None


def _shown(params: Mapping[str, Any], shot: Shot) -> Pixels:
    """What the PNG sidecar shows: the image that was given or made, as it was."""
    image = params["input_image"]
    return image if isinstance(image, np.ndarray) else shot.start
