"""What a sidecar says that is otherwise than asked."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framepack_widgets.settings import MAX_SEED, Settings
from framepack_widgets.sidecar import KEYS, differences, is_other
from framepack_widgets.testing import page
from framepack_widgets.testing.renders import FakeRender

SCHEMA = page.schema(["orbit", "film/grain"])


def rendered(settings: Settings, **changes: Any) -> dict[str, Any]:
    """The sidecar that a server writes for these resolved settings, through JSON and back."""
    values = {field.name: getattr(settings, field.name, None) for field in SCHEMA.fields}
    facts = FakeRender("0" * 32, 1, {**values, "loras": settings.loras}).sidecar()
    return {**json.loads(json.dumps(facts)), **changes}


def resolved(**values: Any) -> Settings:
    return SCHEMA.resolve(Settings(**{"seed": 7, **values}))


@pytest.mark.parametrize("model", SCHEMA.models)
@pytest.mark.parametrize("cache", ["MagCache", "TeaCache", "None"])
def test_what_was_asked_is_what_was_rendered(model: str, cache: str) -> None:
    settings = resolved(model=model, cache=cache, loras={"orbit": 0.5}, cfg_scale=1.3)
    assert differences(settings, rendered(settings)) == []
    assert not is_other(settings, rendered(settings))


@given(
    st.integers(0, MAX_SEED),
    st.text(max_size=30),
    st.floats(1, 3),
    st.floats(1, 32),
    st.floats(0, 2, width=16),
)
def test_every_value_survives_json(seed: int, prompt: str, cfg: float, gs: float, w: float) -> None:
    settings = resolved(
        seed=seed, prompt=prompt, cfg_scale=cfg, distilled_cfg_scale=gs, loras={"film/grain": w}
    )
    assert differences(settings, rendered(settings)) == []


@given(st.integers(0, MAX_SEED), st.integers(0, MAX_SEED))
def test_two_seeds_are_never_taken_for_one(one: int, two: int) -> None:
    settings = resolved(seed=one)
    for seed in {two, one + 1} - {one}:
        assert is_other(settings, rendered(settings, seed=seed))


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("steps", 30, "steps: asked 25, the server rendered 30"),
        ("cfg", 2.0, "cfg_scale: asked 1.0, the server rendered 2.0"),
        ("model_type", "F1", "model: asked 'Original', the server rendered 'F1'"),
        (
            "model_type",
            "Original with Endframe",
            "model: asked 'Original', the server rendered 'Original with Endframe'",
        ),
        ("loras", {}, "LoRA orbit: asked with weight 0.5, the server left it out"),
        ("loras", {"orbit": 0.7}, "LoRA orbit: asked with weight 0.5, rendered with 0.7"),
        ("has_input_image", True, "start_frame: asked without one, the server rendered from one"),
        ("num_cleaned_frames", 4, "context_frames: asked 5, the server rendered 4"),
        ("magcache_threshold", 0.2, "magcache_threshold: asked 0.1, the server rendered 0.2"),
    ],
)
def test_a_difference_is_told(key: str, value: Any, told: str) -> None:
    settings = resolved(loras={"orbit": 0.5})
    assert differences(settings, rendered(settings, **{key: value})) == [told]


def test_a_lora_that_nobody_asked_for_is_told() -> None:
    settings = resolved()
    found = differences(settings, rendered(settings, loras={"film/grain": 1.0}))
    assert found == ["LoRA film/grain: rendered although not asked for"]


def test_another_cache_is_told() -> None:
    settings = resolved()
    found = differences(settings, rendered(settings, use_magcache=False, use_teacache=True))
    assert found == ["cache: asked MagCache, rendered TeaCache"]


def test_a_start_frame_that_was_left_out_is_told() -> None:
    settings = resolved(start_frame="cat.png")
    assert not differences(settings, rendered(settings))
    found = differences(settings, rendered(settings, has_input_image=False))
    assert found == ["start_frame: the server rendered without it"]


@pytest.mark.parametrize(
    ("asked", "written", "other"),
    [
        ("Video with Endframe", "Video", False),
        ("Video with Endframe", "Video with Endframe", False),
        ("Original with Endframe", "Original", True),
        ("Video", "Video F1", True),
    ],
)
def test_one_model_is_written_down_by_another_name(asked: str, written: str, other: bool) -> None:
    settings = resolved(model=asked)
    assert is_other(settings, rendered(settings, model_type=written)) is other


@pytest.mark.parametrize("cache", ["MagCache", "TeaCache", "None"])
def test_numbers_of_an_unused_cache_say_nothing(cache: str) -> None:
    settings = resolved(cache=cache)
    unused = {"MagCache": ["teacache"], "TeaCache": ["magcache"], "None": ["teacache", "magcache"]}
    for name, key in KEYS.items():
        if name.startswith(tuple(unused[cache])):
            assert differences(settings, rendered(settings, **{key: 0.987654321})) == []


def test_what_a_sidecar_lacks_says_nothing() -> None:
    assert differences(resolved(), {}) == []
    assert not is_other(resolved(), {})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
_KEYS = [*KEYS.values(), "model_type", "use_magcache", "loras", "has_input_image"]


@given(st.dictionaries(st.sampled_from(_KEYS), JSON | st.just(10**400)))
def test_junk_is_told_and_never_an_error(junk: dict[str, Any]) -> None:
    found = differences(resolved(loras={"orbit": 1.0}), junk)
    assert all(isinstance(sentence, str) and len(sentence) < 300 for sentence in found)
    is_other(resolved(), junk)
