"""What a Studio wrote down about a render, as Settings, with what it leaves open."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from framepack_widgets.models import facts_of
from framepack_widgets.schema import Schema
from framepack_widgets.settings import Settings
from framepack_widgets.sidecar_settings import (
    INDISTINCT,
    is_sidecar,
    placeholder,
    settings_from,
)

NOTHING = "the server wrote down no settings"
_OLDEST = 1.6e9  # s since 1970: before there were such models; what is older is no date


@dataclass(frozen=True)
class Written:
    """Settings and notes; no settings: nothing was written down."""

    settings: Settings | None
    notes: tuple[str, ...]


def has_start_frame(facts: Mapping[str, Any] | None) -> bool:
    """Whether the render began with a picture that somebody gave."""
    if facts is None or facts_of(facts.get("model_type")).takes_video:
        return False
    return _is_true(facts.get("has_input_image"))


def read(
    facts: Mapping[str, Any] | None, picture: Path | None, schema: Schema | None = None
) -> Written:
    """The settings in a sidecar. A job's stamp is not part of them.

    picture: the start frame as the Studio kept it, `<timestamp>.png`; None: not there. schema: the
    Studio that wrote the facts; None: not known.
    """
    if facts is None or not is_sidecar(facts):
        return Written(None, (NOTHING,))
    settings, notes = settings_from(facts, schema), []
    if facts_of(settings.model).takes_video:
        settings = settings.replace(video=placeholder("video"))
        notes.append("the Studio does not keep the source video; pass it to render again")
    elif has_start_frame(facts):
        settings = settings.replace(start_frame=str(picture or placeholder("start_frame")))
        notes.append(
            "its start frame is the Studio's copy, as it was cut and resized for the render"
            if picture is not None
            else "its start frame is not on the server; pass one to render again"
        )
    if _is_true(facts.get("end_frame_used")):
        settings = settings.replace(end_frame=placeholder("end_frame"))
        notes.append("the Studio does not keep the end frame; pass it to render again")
    for model, name in INDISTINCT.items():
        if settings.model == name:
            notes.append(f"the Studio writes “{name}” for the model “{model}”, too")
            if settings.end_frame is not None:  # the one that looks at it
                settings = settings.replace(model=model)
    return Written(settings, tuple(notes))


def made_at(facts: Mapping[str, Any] | None, timestamp: str) -> float | None:
    """When the render began, s since 1970 by the server's clock; None where nothing says so."""
    at = (facts or {}).get("timestamp")
    if not isinstance(at, (int, float)) or isinstance(at, bool):
        try:
            at = time.mktime(time.strptime(timestamp[:13], "%y%m%d_%H%M%S"))
        except (ValueError, OverflowError):
            return None
    return min(float(at), time.time()) if at > _OLDEST else None


def _is_true(value: Any) -> bool:
    return value is True or value == "True"
