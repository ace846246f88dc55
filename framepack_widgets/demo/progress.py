"""The texts and the HTML in which a Studio tells how far a render is. Pure."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .sections import FPS, VIDEO_MODELS, frames_of

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Progress:
    """What a page shows of a running render."""

    preview: Pixels | None = None
    """Rough frames of the section, side by side, (H, W, 3) uint8."""
    text: str = ""
    html: str = ""


def bar(percent: int, text: str) -> str:
    """One progress bar, `percent` from 0 to 100."""
    return (
        '<div class="loader-container"><div class="loader"></div>'
        f'<div class="progress-container"><progress value="{percent}" max="100"></progress></div>'
        f"<span>{text}</span></div>"
    )


def sampling_bars(step: int, steps: int, before: int, total: int, seconds_a_step: float) -> str:
    """Two bars: `step` of `steps` in this section, and the whole with `before` steps done."""
    done = before + step
    section_text = f"Sampling {step}/{steps}  ETA {_eta((steps - step) * seconds_a_step)}"
    total_text = f"Total {done}/{total}  ETA {_eta((total - done) * seconds_a_step)}"
    return bar(int(100 * step / steps), section_text) + bar(int(100 * done / total), total_text)


def position_text(model: str, latents: int, seconds: float, prompt: str, source: int = 0) -> str:
    """The status text: how many frames exist. `source` is the input video's latent frames."""
    rendered = (latents * 4 - 3) / FPS
    if model == "Video":
        position, left = source * 4 / FPS + rendered, seconds - rendered
        where = f"{max(0.0, position):.2f}s (remaining: {max(0.0, left):.2f}s)"
    elif model in VIDEO_MODELS or model == "F1":
        where = f"{max(0.0, rendered):.2f}s"
    else:
        where = f"{max(0.0, rendered):.2f}s (original: {max(0.0, seconds - rendered):.2f}s)"
    return (
        f"Total generated frames: {frames_of(latents)}, "
        f"{'Generated video' if model == 'Video' else 'Video'} length: "
        f"{max(0.0, rendered):.2f} seconds (FPS-30). "
        f"Current position: {where}. using prompt: {prompt[:256]}..."
    )


def _eta(seconds: float) -> str:
    return str(datetime.timedelta(seconds=int(seconds)))
