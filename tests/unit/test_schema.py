"""Schema: read from a server's config by label alone, and turned into arguments."""

from __future__ import annotations

import copy
import json
import keyword
import pickle
import unicodedata
from html.parser import HTMLParser

import pytest
from configs import config_of, recorded, start_inputs, studio_config
from hypothesis import given
from hypothesis import strategies as st

from framepack_widgets.errors import NotAStudio
from framepack_widgets.images import ImageData
from framepack_widgets.labels import LABELS, known_name, own_name
from framepack_widgets.schema import Schema
from framepack_widgets.settings import KNOWN, Settings

PLAIN = Schema.from_config(studio_config())
LORAS = Schema.from_config(studio_config("recorded-0.5.1-three-loras.json"))


def changed(change, name="recorded-0.5.1.json"):
    """The schema of a recorded Studio whose list of inputs `change` has changed in place."""
    recording = recorded(name)
    inputs = start_inputs(recording)
    inputs[:] = change(inputs) or inputs
    return Schema.from_config(config_of(recording))


def by_label(inputs, label):
    return next(raw for raw in inputs if raw.get("label") == label)


def test_a_recorded_studio_is_understood_completely():
    assert set(PLAIN.names) == set(KNOWN) - {"use_teacache"}
    assert PLAIN.models[0] == "Original"
    assert len(PLAIN.models) == 6
    assert PLAIN.loras == ()
    kinds = {name: PLAIN[name].kind for name in PLAIN}
    assert {n for n, kind in kinds.items() if kind == "integer"} == {
        "seed", "steps", "latent_window_size", "teacache_steps", "magcache_max_skips",
        "blend_sections", "width", "height", "context_frames",
    }  # fmt: skip
    assert kinds["seconds"] == kinds["cfg_scale"] == "number"
    assert (kinds["model"], kinds["latent_image"], kinds["loras"]) == (
        "choice",
        "choice",
        "choices",
    )
    assert (kinds["video"], kinds["end_frame"], kinds["clean_up"]) == ("video", "image", "flag")
    cfg = PLAIN["cfg_scale"]
    assert (cfg.minimum, cfg.maximum, cfg.step, cfg.default) == (1.0, 3.0, 0.1, 1.0)
    assert PLAIN["end_frame_influence"].help == "help"
    assert PLAIN["teacache_threshold"].visible is False


def test_loras_have_weights_but_no_names_of_their_own():
    assert LORAS.loras == ("camera-orbit", "anime_v2", "style/ghibli")
    assert [f.lora for f in LORAS.lora_fields] == list(LORAS.loras)
    assert LORAS.names == PLAIN.names
    assert LORAS.lora_fields[2].kind == "weight"
    assert [f.index for f in LORAS.inputs] == list(range(32))  # the hidden state is not counted


def test_the_container_is_one_of_names():
    assert list(PLAIN) == list(PLAIN.names)
    assert len(PLAIN) == 28
    assert "steps" in PLAIN
    assert "randomize" not in PLAIN
    assert PLAIN.get("nothing") is None
    with pytest.raises(KeyError):
        PLAIN["nothing"]


def test_arguments_are_in_order_with_the_defaults_of_the_server():
    arguments = LORAS.arguments(Settings(seed=7, steps=30, loras={"style/ghibli": 0.5}))
    by_input = dict(zip([f.name for f in LORAS.inputs], arguments, strict=True))
    assert len(arguments) == 32
    assert arguments[:3] == ["Original", None, None]
    assert (by_input["seed"], by_input["steps"], by_input["seconds"]) == (7, 30, 6.0)
    assert by_input["randomize"] is False
    assert by_input["loras"] == ["style/ghibli"]
    assert arguments[-3:] == [1.0, 1.0, 0.5]
    json.dumps(arguments)


@given(st.randoms(use_true_random=False))
def test_no_position_matters(random):
    shuffled = changed(random.shuffle, "recorded-0.5.1-three-loras.json")
    settings = Settings(
        seed=1, prompt="p", cfg_scale=2, loras={"anime_v2": 0.3}, start_frame="a.png"
    )
    expected = dict(zip([f.name for f in LORAS.inputs], LORAS.arguments(settings), strict=True))
    found = shuffled.arguments(settings)
    assert dict(zip([f.name for f in shuffled.inputs], found, strict=True)) == expected


@pytest.mark.parametrize("label", ["cfg  scale", "CFG-Scale", "Cfg_Scale:", " CFG SCALE "])
def test_labels_match_without_case_spacing_and_punctuation(label):
    assert known_name(label) == "cfg_scale"
    schema = changed(lambda inputs: by_label(inputs, "CFG Scale").update(label=label))
    assert schema["cfg_scale"].label == label


def test_alike_labels_are_kept_apart():
    assert known_name("CFG Re-Scale") == "cfg_rescale"
    assert known_name("Distilled CFG Scale") == "distilled_cfg_scale"
    assert known_name("Video Length (Frames)") is None
    assert len(set(LABELS.values())) == len(KNOWN) + 1  # and Randomize


def test_a_studio_of_tomorrow():
    def change(inputs):
        new = {"component": "slider", "label": "Motion Strength", "value": 0.5, "minimum": 0,
               "maximum": 1, "step": 0.1}  # fmt: skip
        inputs.insert(3, new)
        by_label(inputs, "Generation Type")["choices"].append(["F2", "F2"])
        inputs.append({"component": "checkboxgroup", "label": "Moods", "value": ["calm"],
                       "choices": ["calm", "wild"]})  # fmt: skip
        return [raw for raw in inputs if raw.get("label") != "MagCache Threshold"]

    schema = changed(change)
    assert schema["motion_strength"].maximum == 1
    assert "magcache_threshold" not in schema
    arguments = schema.arguments(Settings(seed=1, model="F2", motion_strength=1))
    assert arguments[0] == "F2"
    assert arguments[3] == 1.0
    assert arguments[-1] == ["calm"]
    assert schema.arguments(Settings(seed=1, moods=("WILD",)))[-1] == ["wild"]
    assert len(arguments) == 30


def test_a_weight_that_belongs_to_no_lora_is_an_ordinary_field():
    slider = {
        "component": "slider",
        "label": "Style Weight",
        "value": 1,
        "minimum": 0,
        "maximum": 2,
    }
    schema = changed(lambda inputs: inputs.append(slider), "recorded-0.5.1-three-loras.json")
    assert schema["style_weight"].lora is None
    assert schema.arguments(Settings(seed=1, style_weight=2))[-1] == 2


def test_the_dummy_lora_of_a_studio_with_one_is_sent_but_never_shown():
    def change(inputs):
        by_label(inputs, "Select LoRAs to Load")["choices"] = [["style", "style"], [" ", " "]]
        weight = {"component": "slider", "value": 1.0, "minimum": 0.0, "maximum": 2.0, "step": 0.01}
        inputs += [{**weight, "label": "style Weight"}, {**weight, "label": "  Weight"}]

    schema = changed(change)
    assert schema.loras == ("style",)
    assert [f.lora for f in schema.fields if f.lora] == ["style"]
    assert schema.arguments(Settings(seed=1, loras={"style": 2}))[-2:] == [2.0, 1.0]


@given(st.lists(st.text(max_size=12), max_size=6))
def test_names_made_from_labels_are_safe(labels):
    taken = set(KNOWN)
    for index, label in enumerate(
        ["Extra", "replace", "class", "None", "3D Mode", "__init__", *labels]
    ):
        name = own_name(label, index, taken)
        assert name.isidentifier()
        assert not keyword.iskeyword(name)
        assert unicodedata.normalize("NFKC", name) == name
        assert name not in taken
        assert not hasattr(Settings, name)
        assert getattr(Settings(**{name: 5}), name) == 5
        taken.add(name)


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("Motion Strength", "motion_strength"),
        ("Replace", "replace_"),
        ("class", "class_"),
        ("3D Mode (beta)", "field_3d_mode_beta"),
        ("", "field_9"),
        ("強さ", "強さ"),
        ("Steps", "steps_"),
    ],
)
def test_name_from_label(label, name):
    assert own_name(label, 9, ()) == name


def test_the_same_label_twice_stays_two_fields():
    schema = changed(lambda inputs: inputs.append(dict(by_label(inputs, "Steps"), value=3)))
    assert schema["steps"].default == 25
    assert schema["steps_"].default == 3


@pytest.mark.parametrize("name", ["handle_start_button", "/handle_start_button"])
def test_the_endpoint_may_be_named_with_or_without_slash(name):
    config = studio_config()
    for dependency in config["dependencies"]:
        dependency["api_name"] = f"/{dependency['api_name']}"
    assert Schema.from_config(config, name) == PLAIN
    assert Schema.from_config(studio_config(), name) == PLAIN


def test_what_is_no_studio_says_what_is_missing():
    with pytest.raises(NotAStudio, match="no endpoint /handle_start_button"):
        Schema.from_config({"components": [], "dependencies": [{"api_name": False, "inputs": []}]})
    with pytest.raises(NotAStudio, match="no endpoint"):
        Schema.from_config({})
    with pytest.raises(NotAStudio, match="no input for model, prompt"):
        changed(
            lambda inputs: [
                r for r in inputs if r.get("label") not in ("Generation Type", "Prompt")
            ]
        )
    config = studio_config()
    config["components"].pop()
    config["dependencies"][12]["inputs"] = [-1]
    with pytest.raises(NotAStudio, match=r"does not describe: \[-1\]"):
        Schema.from_config(config)


def test_arguments_want_a_seed_and_no_strange_names():
    with pytest.raises(ValueError, match="seed is not set"):
        PLAIN.arguments(Settings())
    with pytest.raises(ValueError, match="no field stepz"):
        PLAIN.arguments(Settings(seed=1, stepz=1))
    with pytest.raises(ValueError, match="no field camera_orbit_weight"):
        LORAS.arguments(Settings(seed=1, camera_orbit_weight=1))
    with pytest.raises(ValueError, match="no field nothing"):
        PLAIN.arguments(Settings(seed=1), overrides={"nothing": 1})


def test_overrides_win_and_frames_are_handed_through():
    frame = ImageData(b"\x89PNG\r\n\x1a\n" + b"\0" * 16)
    settings = Settings(seed=1, start_frame=frame, end_frame="b.png")
    arguments = PLAIN.arguments(settings, overrides={"end_frame": {"path": "up"}, "seed": 9})
    assert arguments[1] is frame
    assert arguments[3] == {"path": "up"}
    assert arguments[PLAIN["seed"].index] == 9
    assert PLAIN.arguments(Settings(), overrides={"seed": 9})[PLAIN["seed"].index] == 9
    weighted = LORAS.arguments(settings, overrides={"loras": ("x",), "anime_v2_weight": 0.123456})
    assert weighted[LORAS["loras"].index] == ("x",)
    assert weighted[-2] == 0.123456


def test_what_counts_as_nothing_is_sent_where_it_was_set():
    arguments = PLAIN.arguments(Settings(seed=0, prompt="", blend_sections=0, clean_up=False))
    by_input = dict(zip([f.name for f in PLAIN.inputs], arguments, strict=True))
    assert by_input["prompt"] == ""
    assert by_input["seed"] == by_input["blend_sections"] == 0
    assert by_input["clean_up"] is False


def test_randomize_is_never_sent_as_true():
    settings = Settings(seed=1)
    assert PLAIN.arguments(settings, overrides={"randomize": True})[8] is False
    with pytest.raises(ValueError, match="no field randomize"):
        PLAIN.arguments(Settings(seed=1, randomize=True))


def test_resolve_fills_in_what_the_server_would():
    settings = LORAS.resolve(
        Settings(
            model="original WITH endframe", steps=25.0, cfg_scale=2, loras={"anime_v2": 1}, odd=3
        )
    )
    assert settings.model == "Original with Endframe"
    assert (type(settings.steps), type(settings.cfg_scale)) == (int, float)
    assert settings.prompt == "(long text left out)"
    assert settings.seconds == 6
    assert settings.seed is None
    assert settings.start_frame is None
    assert settings.loras == {"anime_v2": 1.0}
    assert settings.odd == 3
    assert LORAS.resolve(settings) == settings
    assert LORAS.resolve(Settings()).loras == {}


@given(
    st.fixed_dictionaries(
        {"seed": st.integers(0, 2**53 - 1)},
        optional={
            "steps": st.integers(1, 100),
            "seconds": st.one_of(st.integers(1, 120), st.floats(1, 120)),
            "cfg_scale": st.floats(1, 3),
            "cache": st.sampled_from(["MagCache", "teacache", "None"]),
            "loras": st.dictionaries(st.sampled_from(LORAS.loras), st.floats(0, 2)),
            "clean_up": st.booleans(),
        },
    )
)
def test_resolving_changes_nothing_that_is_sent(chosen):
    settings = Settings(**chosen)
    assert LORAS.arguments(LORAS.resolve(settings)) == LORAS.arguments(settings)


def test_float_noise_at_the_ends_of_a_range_is_dropped():
    assert PLAIN["cfg_scale"].canonical(3.0000000000000004) == 3.0
    assert PLAIN["cfg_scale"].canonical(3.1) == 3.1
    assert PLAIN["steps"].canonical(25.0000000001) == 25.0000000001  # not at an end: not noise
    assert PLAIN["steps"].canonical(True) is True
    assert PLAIN["seconds"].canonical(10**400) == 10**400


def test_gradio_6_hidden_and_number_kinds():
    def change(inputs):
        by_label(inputs, "Steps")["visible"] = "hidden"
        by_label(inputs, "Seed")["precision"] = None
        by_label(inputs, "Width")["minimum"] = 0.5

    schema = changed(change)
    assert schema["steps"].visible is False
    assert schema["seed"].kind == "number"
    assert schema["width"].kind == "number"


@pytest.mark.parametrize("schema", [PLAIN, LORAS])
def test_a_library_can_keep_it(schema):
    assert Schema.from_dict(json.loads(json.dumps(schema.to_dict()))) == schema
    assert pickle.loads(pickle.dumps(schema)) == schema
    assert copy.deepcopy(schema) == schema
    assert hash(Schema.from_dict(schema.to_dict())) == hash(schema)


def test_diff_says_what_changed():
    def change(inputs):
        by_label(inputs, "Steps").update(maximum=50, value=20)
        by_label(inputs, "Generation Type")["choices"].append(["F2", "F2"])
        by_label(inputs, "Prompt")["value"] = "another"
        inputs.append({"component": "slider", "label": "Motion", "value": 1})
        return [raw for raw in inputs if raw.get("label") not in ("Height", "anime_v2 Weight")]

    assert PLAIN.diff(PLAIN) == []
    assert PLAIN.diff(LORAS) == [f"LoRA {name!r} is new." for name in LORAS.loras]
    assert PLAIN.diff(changed(change)) == [
        "height is gone ('Height').",
        "motion is new ('Motion').",
        "model: choice 'F2' is new.",
        "prompt: default was (long text left out), is another.",
        "steps: range was 1 to 100, is 1 to 50.",
        "steps: default was 25, is 20.",
    ]


def test_shown_as_text_and_as_html_with_everything_escaped():
    def change(inputs):
        by_label(inputs, "Height").update(
            label="Height <script>", info="x" * 500, help_text_sent=False
        )

    schema = changed(change)
    assert "28 fields, 6 models, 0 LoRAs" in repr(schema)
    assert all(name in repr(schema) for name in schema.names)
    page = schema._repr_html_()
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "x" * 200 not in page
    opened, parser = [], HTMLParser()
    parser.handle_starttag = lambda tag, attrs: opened.append(tag)
    parser.feed(page)
    assert opened.count("tr") == 1 + len(schema.fields)
    assert "loras['style/ghibli']" in repr(LORAS)
