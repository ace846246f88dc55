"""How long a clip becomes, how big, and how long its render takes. Pure numbers.

From the worker of FramePack Studio 0.5.1 (modules/pipelines/worker.py): a render is cut into
sections; every section runs all the steps and adds `window` latent frames; L latent frames decode
to 4 L - 3 frames, played at 30 a second.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from framepack_widgets.models import facts_of
from framepack_widgets.render_time import Render, estimate_seconds
from framepack_widgets.settings import Settings
from framepack_widgets.sizes import snapped_size

__all__ = [
    "FPS",
    "Render",
    "RenderPlan",
    "counts_start",
    "estimate_seconds",
    "final_names",
    "frames",
    "latent_frames",
    "plan",
    "section_latents",
    "sections",
    "snapped_size",
]

FPS = 30
_MOST_SECTIONS = 100_000  # days of video; files and other machines may name any number


def sections(seconds: float, window: int) -> int:
    """Into how many sections a Studio cuts so many seconds.

    Halves go to the even number, as the server's own rounding does: 3 s with a window of 9 are 2.5
    sections, so 2. Raises ValueError for a length or window that is not above 0, and for more
    sections than anybody renders.
    """
    if not (0 < seconds < math.inf and window > 0):
        raise ValueError(f"no clip has {seconds} s in windows of {window} latent frames")
    count = max(round(seconds * FPS / (window * 4)), 1)
    if count > _MOST_SECTIONS:
        raise ValueError(f"no clip is {seconds} s long: that would be {count:.3g} sections")
    return count


def frames(latents: int) -> int:
    """Frames that so many latent frames decode to."""
    return max(4 * latents - 3, 0)


def latent_frames(section_count: int, window: int, model: str | None, *, start_frame: bool) -> int:
    """Latent frames of the finished clip: the number in its file's name."""
    return section_latents(section_count, window, model, start_frame=start_frame)[-1]


def section_latents(
    section_count: int, window: int, model: str | None, *, start_frame: bool
) -> tuple[int, ...]:
    """Latent frames after each section, the numbers in the names of the growing files.

    A start frame is one more; F1 has it from the first section on, the Original models get it with
    the last. Video models do not count their source.
    """
    facts = facts_of(model)
    counts = [window * (number + 1) for number in range(section_count)]
    if start_frame and facts.counts_start_frame:
        if facts.start_comes_first:
            return tuple(count + 1 for count in counts)
        counts[-1] += 1
    return tuple(counts)


@dataclass(frozen=True)
class RenderPlan:
    """What a render will be, known before it is sent."""

    sections: int
    latents: int
    """Latent frames of what is generated."""
    frames: int
    """Frames of what is generated."""
    seconds: float
    """Length of what is generated, s, at 30 frames a second."""
    width: int | None
    """px; None where the settings do not say (a Video model whose source's size is not known)."""
    height: int | None
    total_steps: int
    section_seconds: float
    """Length that a full section adds, s."""
    section_latents: tuple[int, ...]
    """Latent frames after each section."""
    combined: bool = False
    """The last file also holds the source video."""
    total_frames: int | None = None
    """Frames of the last file, source included; None where the source's number is not known."""
    real_cfg: bool = False
    """CFG Scale above 1: every step is computed twice."""
    cached: bool = False
    """A cache estimates some of the steps."""


def plan(
    settings: Settings,
    *,
    start_size: tuple[int, int] | None,
    source_frames: int | None = None,
) -> RenderPlan:
    """What resolved settings (see `Schema.resolve`) will become.

    start_size: (width, height) in px of the start frame, upright, or of the source video for a
    Video model; None where there is none or it is not known. source_frames: frames of that video
    (the combined file holds all of them, and plays at the source's rate, not at 30 a second).
    Raises ValueError where seconds, steps or latent_window_size are missing or not above 0.
    """
    seconds, window, steps = settings.seconds, settings.latent_window_size, settings.steps
    if seconds is None or window is None or steps is None:
        raise ValueError("only resolved settings have a plan: use schema.resolve(settings)")
    facts = facts_of(settings.model)
    count = sections(seconds, window)
    has_start = settings.start_frame is not None and not facts.takes_video
    counted = counts_start(settings)
    latents = section_latents(count, window, settings.model, start_frame=counted)
    made = frames(latents[-1])
    combined = facts.takes_video and bool(settings.combine_with_source)
    source = source_frames if combined else 0
    width, height = _size(settings, start_size, needs_shape=facts.takes_video or has_start)
    return RenderPlan(
        sections=count,
        latents=latents[-1],
        frames=made,
        seconds=made / FPS,
        width=width,
        height=height,
        total_steps=count * steps,
        section_seconds=4 * window / FPS,
        section_latents=latents,
        combined=combined,
        total_frames=None if source is None else made + source,
        real_cfg=(settings.cfg_scale or 1) != 1,
        cached=settings.use_teacache is True or settings.cache not in (None, "None"),
    )


def counts_start(settings: Settings) -> bool:
    """Whether a clip of these resolved settings has one more latent frame for its start.

    0.4, known by its TeaCache switch, goes by the model alone: F1 always has it, others never.
    """
    facts = facts_of(settings.model)
    if settings.use_teacache is not None and settings.cache is None:
        return facts.start_comes_first
    return settings.start_frame is not None and not facts.takes_video


def _size(
    settings: Settings, start_size: tuple[int, int] | None, *, needs_shape: bool
) -> tuple[int | None, int | None]:
    if settings.width is None or settings.height is None or (needs_shape and not start_size):
        return None, None
    return snapped_size(settings.width, settings.height, start_size if needs_shape else None)


def final_names(timestamp: str, plan: RenderPlan) -> tuple[str, ...]:
    """Names that the finished file may have in the server's output folder, the best first.

    timestamp: what the worker drew when the job started, the part of any of its files' names before
    the last underscore.
    """
    made = f"{timestamp}_{plan.latents}.mp4"
    return (f"{timestamp}_combined.mp4", made) if plan.combined else (made,)
