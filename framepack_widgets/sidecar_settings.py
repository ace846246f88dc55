"""Settings from what a Studio itself wrote down, for clips made on the Studio's own page.

That is `<timestamp>.json`, or the same facts in the texts of `<timestamp>.png`.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from framepack_widgets.frozen import FrozenDict
from framepack_widgets.schema import Schema
from framepack_widgets.settings import KNOWN as SETTING_NAMES
from framepack_widgets.settings import Settings
from framepack_widgets.sidecar import KEYS, cache_told, is_true

_TEXTS = frozenset({"prompt", "negative_prompt", "latent_type", "model_type"})

UNRECORDED: Mapping[str, str] = FrozenDict(
    {
        "start_frame": "a sidecar says only whether there was one",
        "end_frame": "a sidecar says only whether there was one",
        "video": "a sidecar holds its path on the server",
        "clean_up": "it never reaches a render",
    }
)
"""What no sidecar holds, {field: why}; nothing else may get lost on the way through one."""
INDISTINCT: Mapping[str, str] = FrozenDict({"Video with Endframe": "Video"})
"""Models that a sidecar writes down as another one."""


def read_sidecar(path: Path) -> tuple[Settings, tuple[str, ...]] | None:
    """The settings in a Studio's JSON or PNG, and what they lack; None if it is neither.

    The PNG is the start frame, in the size it was rendered, and so comes with it.
    """
    facts = facts_in(path)
    if facts is None:
        return None
    suffix = path.suffix.lower()
    settings = settings_from(facts)
    missing = []
    if is_true(facts.get("has_input_image")):
        if suffix == ".png":
            settings = settings.replace(start_frame=str(path))
        else:
            settings = settings.replace(start_frame=placeholder("start_frame"))
            missing.append("it does not hold its start_frame; pass one to render again")
    if is_true(facts.get("end_frame_used")):
        settings = settings.replace(end_frame=placeholder("end_frame"))
        missing.append("it does not hold its end_frame; pass one to render again")
    return settings, tuple(missing)


def facts_in(path: Path) -> dict[str, Any] | None:
    """What a Studio's JSON or PNG says, by the sidecar's keys; None if it is neither."""
    suffix = path.suffix.lower()
    if suffix not in (".json", ".png"):
        return None
    facts = _png_facts(path) if suffix == ".png" else _json_facts(path)
    return facts if facts is not None and is_sidecar(facts) else None


def is_sidecar(facts: Mapping[str, Any]) -> bool:
    """Whether these are the facts of a render, and not of some other JSON or picture."""
    return {"model_type", "seed", "prompt"} <= facts.keys()


def placeholder(field: str) -> str:
    """A path at which no file is: rendering without a frame that there was is refused."""
    return f"(missing {field})"


def settings_from(facts: Mapping[str, Any], schema: Schema | None = None) -> Settings:
    """The settings that a sidecar's values stand for.

    Numbers of unused caches are left out: they say nothing, and may carry a job's stamp; so is the
    end frame's influence where there was no end frame. schema: the Studio that wrote it; its own
    fields, which this package does not know, are then read by their names.
    """
    values = {name: facts.get(key) for name, key in KEYS.items()}
    values["model"] = facts.get("model_type")
    told = cache_told(facts)
    if told is not None:
        switch, chosen = told
        values[switch.field] = chosen
        values.update(dict.fromkeys(switch.unused(chosen)))
    loras = facts.get("loras")
    if isinstance(loras, Mapping):
        values["loras"] = loras
    influence = facts.get("end_frame_strength")
    if isinstance(influence, (int, float)) and is_true(facts.get("end_frame_used")):
        values["end_frame_influence"] = influence
    if schema is not None:
        values.update({name: facts[name] for name in schema if name in facts and is_own(name)})
    return Settings(**values)


def is_own(name: str) -> bool:
    """Whether a field is one that only its Studio knows: its sidecar keeps it under its name."""
    return name not in SETTING_NAMES and name not in KEYS.values()


def _json_facts(path: Path) -> dict[str, Any] | None:
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return facts if isinstance(facts, dict) else None


def _png_facts(path: Path) -> dict[str, Any] | None:
    import PIL.Image

    try:
        with PIL.Image.open(path) as image:
            texts = dict(getattr(image, "text", {}))
    except (OSError, SyntaxError, ValueError):
        return None
    return {key: text if key in _TEXTS else _value(text) for key, text in texts.items()}


def _value(text: str) -> Any:
    """A PNG's texts are what Python prints of the values."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text
