"""Settings from what a Studio itself wrote down, for clips made on the Studio's own page.

That is `<timestamp>.json`, or the same facts in the texts of `<timestamp>.png`.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from framepack_widgets.settings import Settings
from framepack_widgets.sidecar import KEYS

_TEXTS = frozenset({"prompt", "negative_prompt", "latent_type", "model_type"})
# Numbers of a cache strategy that was not used say nothing, and may carry a job's stamp.
_TEACACHE = ("teacache_steps", "teacache_threshold")
_MAGCACHE = ("magcache_threshold", "magcache_max_skips", "magcache_retention")


def read_sidecar(path: Path) -> tuple[Settings, tuple[str, ...]] | None:
    """The settings in a Studio's JSON or PNG, and what they lack; None if it is neither.

    The PNG is the start frame, in the size it was rendered, and so comes with it.
    """
    suffix = path.suffix.lower()
    if suffix not in (".json", ".png"):
        return None
    facts = _png_facts(path) if suffix == ".png" else _json_facts(path)
    if facts is None or not {"model_type", "seed", "prompt"} <= facts.keys():
        return None
    settings = settings_from(facts)
    missing = []
    if _is_true(facts.get("has_input_image")):
        if suffix == ".png":
            settings = settings.replace(start_frame=str(path))
        else:
            settings = settings.replace(start_frame=placeholder("start_frame"))
            missing.append("it does not hold its start_frame; pass one to render again")
    if _is_true(facts.get("end_frame_used")):
        settings = settings.replace(end_frame=placeholder("end_frame"))
        missing.append("it does not hold its end_frame; pass one to render again")
    return settings, tuple(missing)


def placeholder(field: str) -> str:
    """A path at which no file is: rendering without a frame that there was is refused."""
    return f"(missing {field})"


def settings_from(facts: Mapping[str, Any]) -> Settings:
    """The settings that a sidecar's values stand for. Values of unused caches are left out."""
    values = {name: facts.get(key) for name, key in KEYS.items()}
    values["model"] = facts.get("model_type")
    teacache = _is_true(facts.get("use_teacache"))
    if "use_magcache" in facts:
        magcache = _is_true(facts.get("use_magcache"))
        values["cache"] = "MagCache" if magcache else "TeaCache" if teacache else "None"
        unused = _TEACACHE if magcache else _MAGCACHE if teacache else _TEACACHE + _MAGCACHE
    else:  # Studio 0.4 had one strategy, on or off
        values["use_teacache"] = teacache
        unused = _MAGCACHE if teacache else _TEACACHE + _MAGCACHE
    values.update(dict.fromkeys(unused))
    loras = facts.get("loras")
    if isinstance(loras, Mapping):
        values["loras"] = loras
    influence = facts.get("end_frame_strength")
    if isinstance(influence, (int, float)) and _is_true(facts.get("end_frame_used")):
        values["end_frame_influence"] = influence
    return Settings(**values)


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


def _is_true(value: Any) -> bool:
    return value is True or value == "True"
