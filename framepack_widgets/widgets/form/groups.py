"""The form's groups: which field stands where, under what words, and when it is of use. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from framepack_widgets.fields import Field
from framepack_widgets.models import facts_of
from framepack_widgets.schema import Schema
from framepack_widgets.settings import Settings

GROUPS: Mapping[str, tuple[str, ...]] = {
    "frames": (
        *("model", "start_frame", "video", "end_frame", "end_frame_influence"),
        *("latent_image", "context_frames", "combine_with_source"),
    ),
    "prompt": ("prompt", "negative_prompt", "blend_sections"),
    "motion": ("seconds", "seed", "latent_window_size"),
    "quality": ("steps", "cfg_scale", "distilled_cfg_scale", "cfg_rescale"),
    "cache": (
        *("cache", "use_teacache", "teacache_steps", "teacache_threshold"),
        *("magcache_threshold", "magcache_max_skips", "magcache_retention"),
    ),
    "LoRAs": ("loras",),
    "output": ("width", "height", "clean_up"),
    "other": (),
}
"""Names of the groups and of their fields, in the order in which they are shown."""

OPEN_AT_FIRST = frozenset({"frames", "prompt", "motion"})

SWITCHES = frozenset({"model", "cache", "use_teacache"})
"""Fields that decide which others are of use."""

FRAME_KINDS = frozenset({"image", "video"})

_KNOWN_GROUP = {name: group for group, names in GROUPS.items() for name in names}

# Where a field of a newer Studio goes, by the words of its label; the first that fits.
_WORDS = (
    ("LoRAs", r"lora"),
    ("cache", r"cache"),
    ("prompt", r"prompt"),
    ("frames", r"frame|image|video input|source"),
    ("quality", r"cfg|step|guidance|sampl|denois|shift"),
    ("motion", r"motion|length|second|duration|seed|latent|speed"),
    ("output", r"width|height|resolution|upscal|output|save|format|fps|file"),
)

_SHORT = {
    "model": "Model",
    "start_frame": "Start frame",
    "video": "Source video",
    "end_frame": "End frame",
    "end_frame_influence": "End frame influence",
    "negative_prompt": "Negative prompt",
    "seconds": "Length (s)",
    "latent_window_size": "Latent window size",
    "cfg_rescale": "CFG rescale",
    "cache": "Cache",
    "teacache_threshold": "TeaCache threshold",
    "magcache_max_skips": "MagCache max skips",
    "magcache_retention": "MagCache retention",
    "magcache_threshold": "MagCache threshold",
    "blend_sections": "Sections to blend",
    "latent_image": "Latent image",
    "clean_up": "Clean up video files",
    "loras": "LoRAs",
    "width": "Width (px)",
    "height": "Height (px)",
    "combine_with_source": "Combine with source",
    "context_frames": "Context frames",
}

_CACHES = ("MagCache", "TeaCache", "None")
_LONGEST_LABEL = 44


def group_of(field: Field) -> str:
    """The group of a field; one that this package does not know goes by the words of its label."""
    if field.name in _KNOWN_GROUP:
        return _KNOWN_GROUP[field.name]
    label = field.label.casefold()
    return next((group for group, words in _WORDS if re.search(words, label)), "other")


def short_label(field: Field) -> str:
    """The server's label, short enough for a narrow page."""
    text = _SHORT.get(field.name) or field.label.strip() or field.name
    return text if len(text) <= _LONGEST_LABEL else text[: _LONGEST_LABEL - 1].rstrip() + "…"


def grouped(schema: Schema) -> dict[str, list[Field]]:
    """{group: its fields}, groups and fields in the order in which they are shown."""
    found: dict[str, list[Field]] = {group: [] for group in GROUPS}
    for name in schema.names:
        found[group_of(schema[name])].append(schema[name])
    for group, names in GROUPS.items():
        place = {name: number for number, name in enumerate(names)}
        found[group].sort(key=lambda field: place.get(field.name, len(place)))
    return found


def is_used(name: str, resolved: Settings, schema: Schema) -> bool:
    """Whether the chosen model and cache strategy look at this field at all.

    Of a model or a strategy that this package does not know, everything may be used.
    """
    facts = facts_of(resolved.model, has_video="video" in schema)
    if facts.known:
        by_model = {
            "start_frame": not facts.takes_video,
            "latent_image": not facts.takes_video,
            "video": facts.takes_video,
            "context_frames": facts.takes_video,
            "combine_with_source": facts.takes_video,
            "end_frame": facts.takes_end_frame,
            "end_frame_influence": facts.uses_influence,
        }
        if name in by_model:
            return by_model[name]
    if name.startswith("teacache_"):
        return _uses("TeaCache", resolved)
    if name.startswith("magcache_"):
        return _uses("MagCache", resolved)
    return True


def _uses(cache: str, resolved: Settings) -> bool:
    if resolved.cache is None:  # 0.4 has a switch for TeaCache and nothing else
        return cache != "TeaCache" or resolved.use_teacache is not False
    return resolved.cache == cache or resolved.cache not in _CACHES


def is_changed(name: str, settings: Settings, schema: Schema) -> bool:
    """Whether the settings say something else than the server would do by itself."""
    value = settings.set_values().get(name)
    if value is None:
        return False
    field = schema.get(name)
    if field is None or name == "seed":
        return True
    if name == "loras":
        return schema.resolve(settings).loras != schema.resolve(Settings()).loras
    return bool(field.canonical(value) != field.default)


def is_shown(name: str, settings: Settings, resolved: Settings, schema: Schema) -> bool:
    """Whether the form shows the field: it is of use, or it is set to something all the same."""
    return is_used(name, resolved, schema) or is_changed(name, settings, schema)


def swap(
    settings: Settings, aside: Mapping[str, Any], schema: Schema
) -> tuple[Settings, dict[str, Any]]:
    """What a new choice of model or cache does: (settings, values put aside).

    Changed values that are of no use now leave the settings, so that a clip never tells of an end
    frame that nobody looked at. They are kept aside and come back with the choice that uses them.
    """
    resolved = schema.resolve(settings)
    values, kept = settings.set_values(), dict(aside)
    for name in list(values):
        unused = name in schema and not is_used(name, resolved, schema)
        if unused and is_changed(name, settings, schema):
            kept[name] = values.pop(name)
    for name in list(kept):
        if is_used(name, resolved, schema):
            values.setdefault(name, kept.pop(name))
    return Settings(**values), kept


def summary(group: str, resolved: Settings) -> str:
    """The essentials of a folded group: "MagCache", "25 steps, CFG 1"; "" for nothing to say."""
    told = _SUMMARIES.get(group)
    return told(resolved) if told else ""


def _frames(s: Settings) -> str:
    return _listed(s.model)


def _prompt(s: Settings) -> str:
    text = " ".join(str(s.prompt or "").split())
    return text if len(text) <= 60 else text[:59].rstrip() + "…"


def _motion(s: Settings) -> str:
    return _listed(f"{s.seconds} s" if s.seconds is not None else None, _seed(s))


def _seed(s: Settings) -> str:
    return "new seed each time" if s.seed is None else f"seed {s.seed}"


def _quality(s: Settings) -> str:
    return _listed(
        f"{s.steps} steps" if s.steps is not None else None,
        f"CFG {s.cfg_scale}" if s.cfg_scale is not None else None,
    )


def _cache(s: Settings) -> str:
    if s.cache is not None:
        return "none" if s.cache == "None" else str(s.cache)
    return {True: "TeaCache", False: "none"}.get(s.use_teacache is True, "")


def _loras(s: Settings) -> str:
    return str(len(s.loras)) if isinstance(s.loras, Mapping) and s.loras else "none"


def _output(s: Settings) -> str:
    return f"{s.width} × {s.height} px" if s.width is not None and s.height is not None else ""


_SUMMARIES = {
    "frames": _frames,
    "prompt": _prompt,
    "motion": _motion,
    "quality": _quality,
    "cache": _cache,
    "LoRAs": _loras,
    "output": _output,
}


def _listed(*parts: object) -> str:
    return ", ".join(str(part) for part in parts if part is not None)
