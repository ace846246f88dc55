"""How long the rest of a run may take, from what this Studio took for similar renders."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from framepack_widgets.errors import LibraryError
from framepack_widgets.forecast import source_of
from framepack_widgets.length import Render, estimate_seconds, plan
from framepack_widgets.settings import Settings

_SHAPE = (
    "model", "seconds", "latent_window_size", "steps", "width", "height", "start_frame", "video",
    "combine_with_source", "cfg_scale", "cache", "use_teacache",
)  # fmt: skip


def time_left(
    renders: Iterable[tuple[Settings, float]], history: Sequence[Render]
) -> tuple[float, float] | None:
    """(low, high), s, of renders of which a share (0..1) is still to do; None: unknown."""
    known: dict[tuple[Any, ...], tuple[float, float] | None] = {}
    low = high = 0.0
    for settings, share in renders:
        shape = tuple(getattr(settings, name, None) for name in _SHAPE)
        if shape not in known:
            known[shape] = _estimate(settings, history)
        span = known[shape]
        if span is None:
            return None
        low, high = low + span[0] * share, high + span[1] * share
    return low, high


def _estimate(settings: Settings, history: Sequence[Render]) -> tuple[float, float] | None:
    try:
        size, frames = source_of(settings)
        return estimate_seconds(plan(settings, start_size=size, source_frames=frames), history)
    except (OSError, ValueError, LibraryError):
        return None  # its frame is gone: it will fail
