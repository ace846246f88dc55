"""Fields that are set but change nothing beside the others: accepted by a Studio without a word.

What has an effect when was read in the worker, the pipelines and the generators of FramePack Studio
0.5.1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from framepack_widgets.models import ModelFacts, facts_of
from framepack_widgets.problem import Problem
from framepack_widgets.prompt import parse
from framepack_widgets.schema import Schema
from framepack_widgets.settings import Settings
from framepack_widgets.sizes import size_class

_Told = tuple[str, str | None] | None  # (message, hint), or None: it has its effect
_Rule = Callable[[Settings, ModelFacts], _Told]


def without_effect(settings: Settings, resolved: Settings, schema: Schema) -> list[Problem]:
    """A warning for each field that was set, differs from the server's default and does nothing.

    resolved: `schema.resolve(settings)`.
    """
    facts = facts_of(resolved.model, has_video="video" in schema)
    found = []
    for name, value in settings.set_values().items():
        rule, field = _RULES.get(name), schema.get(name)
        if rule is None or field is None or field.canonical(value) == field.default:
            continue
        told = rule(resolved, facts)
        if told is not None:
            found.append(Problem(name, told[0], told[1], "warning"))
    return found


def no_effect_of(name: str, resolved: Settings, schema: Schema) -> tuple[str, str | None] | None:
    """(message, hint) where this field changes nothing beside the others, whatever its value."""
    rule = _RULES.get(name)
    return rule(resolved, facts_of(resolved.model, has_video="video" in schema)) if rule else None


def _needs_real_cfg(settings: Settings, _: ModelFacts) -> _Told:
    if settings.cfg_scale != 1:
        return None
    return "no effect while cfg_scale is 1.", "Raise cfg_scale above 1 (it doubles the time)."


def _needs_cache(cache: str) -> _Rule:
    def rule(settings: Settings, _: ModelFacts) -> _Told:
        if settings.cache is None:  # 0.4 has a switch instead
            off = cache == "TeaCache" and settings.use_teacache is False
            return ("no effect while use_teacache is off.", None) if off else None
        if settings.cache not in ("MagCache", "TeaCache", "None") or settings.cache == cache:
            return None
        return f"no effect while cache is {settings.cache!r}.", f"Use cache={cache!r}."

    return rule


def _width(settings: Settings, facts: ModelFacts) -> _Told:
    shape = _shape_giver(settings, facts)
    if shape is None or not isinstance(settings.width, int):
        return None
    message = f"beside a {shape} it only picks the size class ({size_class(settings.width)})."
    return message, f"The {shape}'s own shape decides the rest."


def _height(settings: Settings, facts: ModelFacts) -> _Told:
    shape = _shape_giver(settings, facts)
    if shape is None:
        return None
    return f"no effect beside a {shape}.", f"The {shape}'s own shape decides; crop it first."


def _shape_giver(settings: Settings, facts: ModelFacts) -> str | None:
    if not facts.known:
        return None
    if facts.takes_video:
        return "source video"
    return "start frame" if settings.start_frame is not None else None


def _clean_up(_: Settings, __: ModelFacts) -> _Told:
    return "no effect on any render: the Studio's own saved setting rules.", None


def _latent_image(settings: Settings, facts: ModelFacts) -> _Told:
    shape = _shape_giver(settings, facts)
    return None if shape is None else (f"no effect beside a {shape}.", None)


def _only_video(settings: Settings, facts: ModelFacts) -> _Told:
    if facts.takes_video or not facts.known:
        return None
    return f"the model {settings.model} ignores it.", "Only the Video models look at it."


def _start_frame(settings: Settings, facts: ModelFacts) -> _Told:
    if not facts.takes_video or not facts.known:
        return None
    return f"the model {settings.model} ignores it.", "It goes on from the video."


def _end_frame(settings: Settings, facts: ModelFacts) -> _Told:
    if facts.takes_end_frame or not facts.known:
        return None
    return f"the model {settings.model} ignores it.", 'Choose a model "... with Endframe".'


def _influence(settings: Settings, facts: ModelFacts) -> _Told:
    if not facts.known:
        return None
    if not facts.uses_influence:
        return f"the model {settings.model} ignores it.", None
    return None if settings.end_frame is not None else ("no effect without an end frame.", None)


def _blend_sections(settings: Settings, _: ModelFacts) -> _Told:
    if not isinstance(settings.prompt, str):
        return None
    prompt = parse(settings.prompt)
    texts = {part.text for part in prompt.parts} | ({prompt.loose} if prompt.loose else set())
    if len(texts) > 1:
        return None
    return "no effect without a timed prompt.", 'Write "[0s: first] [2s: then]".'


_RULES: Mapping[str, _Rule] = {
    "negative_prompt": _needs_real_cfg,
    "cfg_rescale": _needs_real_cfg,
    "teacache_steps": _needs_cache("TeaCache"),
    "teacache_threshold": _needs_cache("TeaCache"),
    "magcache_threshold": _needs_cache("MagCache"),
    "magcache_max_skips": _needs_cache("MagCache"),
    "magcache_retention": _needs_cache("MagCache"),
    "width": _width,
    "height": _height,
    "clean_up": _clean_up,
    "latent_image": _latent_image,
    "context_frames": _only_video,
    "combine_with_source": _only_video,
    "video": _only_video,
    "start_frame": _start_frame,
    "end_frame": _end_frame,
    "end_frame_influence": _influence,
    "blend_sections": _blend_sections,
}
