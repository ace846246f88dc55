"""How a render is cut into sections, and how many frames each adds.

A Studio renders "latent frames" in sections of one window; L latent frames decode to 4 L - 3 video
frames at 30 a second. The number in a file's name is L so far. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass

FPS = 30  # frames a second of every rendered clip
BACKWARD_MODELS = frozenset({"Original", "Original with Endframe", "Video"})
VIDEO_MODELS = frozenset({"Video", "Video F1"})


@dataclass(frozen=True)
class Section:
    """One section in the order of rendering."""

    latents_before: int
    """Latent frames that exist when its sampling starts."""
    latents: int
    """Latent frames that exist when it is done: the number in the file's name."""
    first_frame: int
    """Where its new frames begin on the finished clip's time line."""
    frame_count: int
    """How many frames it adds."""


def section_count(seconds: float, window: float) -> int:
    """How many sections a clip of `seconds` gets with windows of `window` latent frames."""
    return int(max(round((seconds * FPS) / (window * 4)), 1))


def frames_of(latents: int) -> int:
    """Video frames that `latents` latent frames decode to."""
    return max(0, latents * 4 - 3)


def plan_sections(model: str, count: int, window: int, has_start: bool) -> list[Section]:
    """All sections of a render, in the order of rendering.

    A start frame counts as one more latent frame: the F1 model begins with it, the Original models,
    which render from the clip's end backwards, add it with their last section.
    """
    latents = 1 if model == "F1" and has_start else 0
    sections: list[Section] = []
    done = 0
    total = frames_of(count * window + (1 if has_start and model not in VIDEO_MODELS else 0))
    for index in range(count):
        before = latents
        latents += window
        if index == count - 1 and has_start and model in BACKWARD_MODELS - VIDEO_MODELS:
            latents += 1
        added = frames_of(latents) - done
        first = total - done - added if model in BACKWARD_MODELS else done
        sections.append(Section(before, latents, first, added))
        done += added
    return sections
