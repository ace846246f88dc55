"""Which file of a render is its longest: its settings say so, and the rest is tried. Pure."""

from __future__ import annotations

from framepack_widgets.length import plan
from framepack_widgets.models import facts_of
from framepack_widgets.settings import Settings

_WINDOW = 9  # the pages' default
_SECTIONS = 60  # 72 s of that window; what is longer has settings that say so
_COMBINED = "combined"


def likely(settings: Settings | None, timestamp: str, seen: str | None = None) -> list[str]:
    """The names that the settings let expect, the longest clip first.

    seen: the number in the name of a file that the server has shown.
    """
    numbers: set[int] = set()
    if seen is not None and seen.isdigit():
        numbers.add(int(seen))
    for latents in _planned(settings):
        # Versions differ in whether the start frame counts; a resumed queue adds a blank one.
        numbers |= {latents - 1, latents, latents + 1}
    names = [f"{timestamp}_{number}.mp4" for number in sorted(numbers, reverse=True) if number > 0]
    may_combine = settings is None or facts_of(settings.model).takes_video
    return [f"{timestamp}_{_COMBINED}.mp4", *names] if may_combine else names


def other(settings: Settings | None, timestamp: str) -> list[str]:
    """What is left to be tried where none of the likely names is there, longest first."""
    window = (settings.latent_window_size if settings is not None else None) or _WINDOW
    planned = max(_planned(settings), default=0)
    sections = max(_SECTIONS, 2 * planned // max(1, window))
    return [
        f"{timestamp}_{window * section + more}.mp4"
        for section in range(sections, 0, -1)
        for more in (1, 0)
    ]


def whole(settings: Settings, timestamp: str) -> list[str]:
    """Names of the whole clip without its source."""
    latents = max(_planned(settings), default=0)
    return [f"{timestamp}_{number}.mp4" for number in (latents, latents + 1)] if latents else []


def expected_frames(settings: Settings | None) -> int | None:
    """Frames of a whole render, source video not counted; None where nobody can say."""
    if settings is None or not _planned(settings):
        return None
    return plan(settings, start_size=None).frames


def number_in(name: str) -> str:
    """What stands behind the timestamp in a file's name: a number, or "combined"."""
    return name.replace("\\", "/").rsplit("/", 1)[-1].rsplit(".", 1)[0].rpartition("_")[2]


def is_combined(name: str) -> bool:
    """Whether the file also holds the source video."""
    return number_in(name) == _COMBINED


def _planned(settings: Settings | None) -> tuple[int, ...]:
    if settings is None:
        return ()
    try:
        return plan(settings, start_size=None).section_latents
    except (TypeError, ValueError):
        return ()  # a sidecar without lengths, or with ones that no clip has
