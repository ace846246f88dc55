"""A Studio's sidecar (`<timestamp>.json`): which of its keys says what about Settings. Pure.

The server writes it when a render starts, from the values it was given; it holds neither the
job's id nor anything about the frames but whether there were any. Source of the keys: Studio 0.5.1,
`metadata_utils.create_metadata`, and the recorded files.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from framepack_widgets.labels import bare
from framepack_widgets.models import facts_of
from framepack_widgets.settings import Settings
from framepack_widgets.studio.dialect import CACHE_SWITCHES, CacheSwitch, switch_of_sidecar

# Setting -> key of the sidecar, where the value is written as it was sent.
KEYS: Mapping[str, str] = {
    "prompt": "prompt",
    "negative_prompt": "negative_prompt",
    "seed": "seed",
    "steps": "steps",
    "cfg_scale": "cfg",
    "distilled_cfg_scale": "gs",
    "cfg_rescale": "rs",
    "seconds": "total_second_length",
    "latent_window_size": "latent_window_size",
    "blend_sections": "blend_sections",
    "latent_image": "latent_type",
    "width": "resolutionW",
    "height": "resolutionH",
    "context_frames": "num_cleaned_frames",
    "combine_with_source": "combine_with_source",
    "teacache_steps": "teacache_num_steps",
    "teacache_threshold": "teacache_rel_l1_thresh",
    "magcache_threshold": "magcache_threshold",
    "magcache_max_skips": "magcache_max_consecutive_skips",
    "magcache_retention": "magcache_retention_ratio",
}
# A stamp moves a number by at most this much.
_STAMP_REACH = 0.0012


def differences(settings: Settings, sidecar: Mapping[str, Any]) -> list[str]:
    """What the server rendered otherwise than asked, one sentence each; empty: nothing.

    settings: as resolved (with the server's own defaults filled in). A key that the sidecar lacks
    says nothing.
    """
    found = []
    unused = unused_numbers(settings)
    own = {name: name for name in settings.extra if name not in KEYS.values()}
    for name, key in {**KEYS, **own}.items():
        if name in unused:
            continue  # whatever it says changes nothing, and it may carry a stamp
        asked, did = getattr(settings, name, None), sidecar.get(key)
        if asked is None or did is None or _same(asked, did):
            continue
        found.append(f"{name}: asked {asked!r:.80}, the server rendered {did!r:.80}")
    found += _model(settings, sidecar) + _start(settings, sidecar)
    found += _cache(settings, sidecar) + _loras(settings, sidecar)
    return found


def is_other(settings: Settings, sidecar: Mapping[str, Any]) -> bool:
    """Whether the sidecar is clearly of another job: another prompt, seed or model."""
    for name in ("prompt", "seed"):
        asked, did = getattr(settings, name, None), sidecar.get(KEYS[name])
        if asked is not None and did is not None and not _same(asked, did):
            return True
    return bool(_model(settings, sidecar))


def _model(settings: Settings, sidecar: Mapping[str, Any]) -> list[str]:
    did = sidecar.get("model_type")
    if did is None or settings.model is None:
        return []
    # It is written down as "Video" (and rendered by the same code).
    written = "Video" if bare(settings.model) == "videowithendframe" else settings.model
    if bare(str(did)) in (bare(settings.model), bare(written)):
        return []
    return [f"model: asked {settings.model!r}, the server rendered {did!r:.80}"]


def _start(settings: Settings, sidecar: Mapping[str, Any]) -> list[str]:
    did, asked = sidecar.get("has_input_image"), settings.start_frame is not None
    if not isinstance(did, bool) or did is asked or facts_of(settings.model).takes_video:
        return []
    if did:  # a queue that is resumed after a restart starts from the blank frame it saved
        return ["start_frame: asked without one, the server rendered from one"]
    return ["start_frame: the server rendered without it"]


def unused_numbers(settings: Settings) -> tuple[str, ...]:
    """The caches' numbers that change nothing beside these settings."""
    for switch in CACHE_SWITCHES:
        value = getattr(settings, switch.field)
        if value is not None:
            return switch.unused(value)
    return ()


def cache_told(sidecar: Mapping[str, Any]) -> tuple[CacheSwitch, str | bool] | None:
    """Which cache was used, as (switch, its value); None where the sidecar does not say."""
    switch = switch_of_sidecar(sidecar)
    if switch is None:
        return None
    told = (value for key, value in switch.told_by if is_true(sidecar.get(key)))
    return switch, next(told, switch.otherwise)


def is_true(value: Any) -> bool:
    """Whether a fact says yes; in a PNG's texts as Python prints it."""
    return value is True or value == "True"


def _cache(settings: Settings, sidecar: Mapping[str, Any]) -> list[str]:
    told = cache_told(sidecar)
    if told is None:
        return []
    switch, did = told
    asked = getattr(settings, switch.field)
    # One that this package does not know has no key of its own here: nothing is told of it.
    known = switch.choice(asked)
    if known is None or switch.choice(did) is known:
        return []
    return [f"{switch.field}: asked {asked}, rendered {did}"]


def _loras(settings: Settings, sidecar: Mapping[str, Any]) -> list[str]:
    did = sidecar.get("loras")
    if not isinstance(did, Mapping):
        return []
    asked = dict(settings.loras or {})
    found = []
    for name, weight in asked.items():
        if name not in did:
            found.append(f"LoRA {name}: asked with weight {weight}, the server left it out")
        elif not _same(weight, did[name]):
            told = f"{did[name]!r:.20}"
            found.append(f"LoRA {name}: asked with weight {weight}, rendered with {told}")
    others = (str(name)[:80] for name in did if name not in asked)
    found += [f"LoRA {name}: rendered although not asked for" for name in others]
    return found


def _same(asked: Any, did: Any) -> bool:
    if isinstance(asked, bool) or isinstance(did, bool):
        return asked is did or asked == did
    if isinstance(asked, int) and isinstance(did, int):
        return asked == did  # seeds of one sweep differ by 1, in 16 digits
    if isinstance(asked, (int, float)) and isinstance(did, (int, float)):
        try:
            return math.isclose(asked, did, rel_tol=1e-9, abs_tol=_STAMP_REACH)
        except OverflowError:  # no number that anybody asked for
            return False
    return str(asked).strip() == str(did).strip()
