"""What a Studio wrote about a render, in its JSON, its PNG or its queue, as found settings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from framepack_widgets.found_settings import Found
from framepack_widgets.models import facts_of
from framepack_widgets.sidecar_settings import placeholder, settings_from

_TEXTS = frozenset({"prompt", "negative_prompt", "latent_type", "model_type", "generation_type"})
_NUMBER = re.compile(r"-?\d{1,20}(\.\d{1,20})?(e-?\d{1,3})?", re.IGNORECASE)
_WORDS = {"True": True, "False": False, "None": None}


def version_of(facts: Mapping[str, Any]) -> str:
    """The Studio's version with a blank before it; "" where it does not say."""
    version = facts.get("app_version")
    return f" {version}" if isinstance(version, (str, float)) and len(str(version)) < 20 else ""


def png_facts(file: Path) -> dict[str, Any] | None:
    """The texts in front of a PNG's pixels, which are not decoded; None for what is no PNG."""
    import PIL.Image

    faults = (OSError, SyntaxError, ValueError, PIL.Image.DecompressionBombError)
    try:
        with PIL.Image.open(file, formats=("PNG",)) as image:
            texts = {str(key): text for key, text in image.info.items() if isinstance(text, str)}
    except faults:
        return None
    return {key: str(text) if key in _TEXTS else _value(text) for key, text in texts.items()}


def _value(text: str) -> Any:
    """A number, True, False or None, as Python prints it; any other text stays one."""
    if text in _WORDS:
        return _WORDS[text]
    if not _NUMBER.fullmatch(text):
        return str(text)
    return float(text) if "." in text or "e" in text.lower() else int(text)


def found_in_facts(
    facts: Mapping[str, Any],
    *,
    title: str = "",
    start_frame: Any = None,
    end_frame: Any = None,
    video: str | None = None,
) -> Found:
    """The settings that these facts stand for, with the files that came with them.

    A frame that there was, and that did not come, is named as missing.
    """
    settings = settings_from(facts)
    missing: dict[str, str] = {}
    came: dict[str, Any] = {}
    takes_video = facts_of(settings.model).takes_video
    for name, file, was_there in (
        ("start_frame", start_frame, _is_true(facts.get("has_input_image")) and not takes_video),
        ("end_frame", end_frame, _is_true(facts.get("end_frame_used"))),
        ("video", video, takes_video),
    ):
        if not was_there:
            continue
        if file is None:
            missing[name] = f"{name}: it does not hold it; choose the file here to render again."
        came[name] = placeholder(name) if file is None else file
    return Found(settings.replace(**came), title, missing)


def _is_true(value: Any) -> bool:
    return value is True or value == "True"
