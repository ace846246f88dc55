"""Settings that go out and come back: into an mp4, and through a Studio into its sidecar.

What may get lost on the way is named in `sidecar_settings` and nowhere else.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from framepack_widgets import provenance
from framepack_widgets import stamp as stamps
from framepack_widgets.demo.dialects import DIALECTS, Dialect
from framepack_widgets.demo.sidecar import sidecar_facts
from framepack_widgets.demo.submission import make_params
from framepack_widgets.errors import SettingsError
from framepack_widgets.fields import Field
from framepack_widgets.models import facts_of
from framepack_widgets.schema import Schema
from framepack_widgets.settings import MAX_SEED, Settings
from framepack_widgets.sidecar import differences, unused_numbers
from framepack_widgets.sidecar_settings import INDISTINCT, UNRECORDED, settings_from
from framepack_widgets.testing.renders import tiny_clip
from framepack_widgets.validation import validate

LORAS = ["orbit", "style/ghibli", "anime_v2"]
PICTURE = np.zeros((2, 2, 3), np.uint8)
FILES = {"start_frame": PICTURE, "end_frame": PICTURE, "video": "/somewhere/source.mp4"}


def config_of(dialect: Dialect) -> dict[str, Any]:
    """The config of such a Studio's submit endpoint, as its page would make it."""
    components: list[dict[str, Any]] = []
    for known in dialect.inputs.values():
        choices = known.choices or (LORAS if "LoRA" in known.label else ())
        props = {"label": known.label, "value": known.value, "choices": [[c, c] for c in choices]}
        if known.kind == "slider":
            props |= dict(zip(("minimum", "maximum", "step"), known.limits, strict=True))
        if known.kind == "number":
            props["precision"] = 0
        if "LoRA" in known.label:
            props |= {"value": [], "multiselect": True}
        components.append({"type": known.kind, "props": props})
    components.append({"type": "state", "props": {}})
    weight = {"value": 1.0, "minimum": 0.0, "maximum": 2.0, "step": 0.01}
    components += [
        {"type": "slider", "props": {"label": dialect.weight_label.format(name), **weight}}
        for name in LORAS
    ]
    for number, component in enumerate(components):
        component["id"] = number
    call = {"api_name": "handle_start_button", "inputs": list(range(len(components)))}
    return {"components": components, "dependencies": [call]}


SCHEMAS = {name: Schema.from_config(config_of(dialect)) for name, dialect in DIALECTS.items()}


def values_of(field: Field) -> st.SearchStrategy[Any]:
    if field.name == "loras":
        weights = st.integers(0, 200).map(lambda n: n / 100)
        return st.dictionaries(st.sampled_from(LORAS), weights)
    if field.name == "seed":
        return st.integers(0, MAX_SEED)
    if field.kind == "choice":
        return st.sampled_from(field.values)
    if field.kind == "flag":
        return st.booleans()
    if field.kind == "text":
        return st.text(max_size=20)
    low, high, step = field.minimum, field.maximum, field.step
    assert low is not None and high is not None and step
    return st.integers(0, int((high - low) / step)).map(lambda n: round(low + n * step, 6))


def settings_for(schema: Schema) -> st.SearchStrategy[Settings]:
    named = {n: values_of(schema[n]) for n in schema if n not in FILES}
    seed = named.pop("seed")
    some = st.fixed_dictionaries({"seed": seed}, optional=named)
    return some.map(lambda values: Settings(**values))


QUICK = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


def through_a_studio(wanted: Settings, name: str, files: dict[str, Any], stamp: int | None) -> Any:
    """The sidecar that the demo writes for what the client sends; and the resolved settings."""
    schema, dialect = SCHEMAS[name], DIALECTS[name]
    resolved = schema.resolve(wanted)
    overrides = dict(files)
    carrier = stamps.inert_field(schema, resolved)
    if stamp is not None and carrier is not None:
        overrides[carrier.name] = stamps.apply(getattr(resolved, carrier.name), stamp, carrier)
    arguments = schema.arguments(resolved, overrides=overrides)
    count = len(dialect.inputs)
    sent = dict(zip(dialect.inputs, arguments[:count], strict=True))
    params = make_params(sent, LORAS, arguments[count:], Path("/nowhere"), dialect)
    return json.loads(json.dumps(sidecar_facts(params, dialect))), resolved


@pytest.mark.parametrize("name", DIALECTS)
@given(st.data(), st.booleans(), st.booleans(), st.integers(1, stamps.MAX_STAMP))
@QUICK
def test_through_a_studio_and_its_sidecar(
    name: str, data: st.DataObject, with_start: bool, with_end: bool, stamp: int
) -> None:
    schema = SCHEMAS[name]
    wanted = data.draw(settings_for(schema))
    facts = facts_of(schema.resolve(wanted).model)
    files = {
        "start_frame": PICTURE if with_start else None,
        "end_frame": PICTURE + 1 if with_end else None,
        "video": FILES["video"] if facts.takes_video else None,
    }
    sidecar, resolved = through_a_studio(wanted, name, files, stamp)
    lost = {*UNRECORDED, *unused_numbers(resolved)}
    if not (with_end and resolved.model in ("Original with Endframe", "Video with Endframe")):
        lost.add("end_frame_influence")
    kept = {n: v for n, v in resolved.set_values().items() if n not in lost}
    kept["model"] = INDISTINCT.get(kept["model"], kept["model"])
    assert settings_from(sidecar, schema) == Settings(**kept)
    with_files = resolved.replace(start_frame="a.png" if with_start else None)
    assert differences(with_files, sidecar) == []


@pytest.mark.parametrize("name", DIALECTS)
@given(data=st.data())
@QUICK
def test_into_an_mp4_and_back(
    name: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.getbasetemp() / "clips"
    folder.mkdir(exist_ok=True)
    source, clip = folder / "source.mp4", folder / "clip.mp4"
    if not source.exists():
        source.write_bytes(tiny_clip(1, 2))
    wanted = data.draw(settings_for(SCHEMAS[name]))
    provenance.write(source, clip, {provenance.MARK: 1, "settings": wanted.to_dict()})
    assert Settings.from_file(clip) == wanted


@pytest.mark.parametrize("name", DIALECTS)
def test_nothing_that_a_sidecar_lacks_goes_unsaid(name: str) -> None:
    """Every field of every dialect comes back, or stands in the list."""
    schema = SCHEMAS[name]
    files = {"start_frame": PICTURE, "end_frame": PICTURE + 1, "video": None}
    seen: set[str] = set()
    for switch in ("MagCache", "TeaCache", "None") if "cache" in schema else (True, False):
        field = "cache" if "cache" in schema else "use_teacache"
        wanted = Settings(model="Original with Endframe", seed=1, loras={}, **{field: switch})
        sidecar, _ = through_a_studio(wanted, name, files, None)
        seen |= settings_from(sidecar, schema).set_values().keys()
    assert set(schema.names) - seen == set(UNRECORDED)


def test_a_field_of_tomorrow_is_accepted_checked_and_sent() -> None:
    schema = SCHEMAS["future"]
    assert validate(Settings(motion_strength=0.7, seed=1), schema).ok
    with pytest.raises(SettingsError, match="motion_strength"):
        validate(Settings(motion_strength=7, seed=1), schema).raise_if_any()
    arguments = schema.arguments(Settings(motion_strength=0.7, seed=1))
    assert arguments[schema["motion_strength"].index] == 0.7
    assert arguments[schema["seed"].index] == 1
