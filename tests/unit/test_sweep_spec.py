"""Sweeps as files: the same sweep as in Python; every wrong key is named."""

from __future__ import annotations

import json
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sweep_world import BASE, SCHEMA, picture
from test_sweep_editor import BenchStudio
from test_sweep_points import some_axes, told

import framepack_widgets as fp
from framepack_widgets.settings import Settings
from framepack_widgets.sweeps.spec import load_spec, read_spec, save_spec
from framepack_widgets.sweeps.spec_text import spec_text
from framepack_widgets.sweeps.toml_text import toml_text
from framepack_widgets.widgets.sweeps.sweep_editor import SweepEditor

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

SPEC = """
name = "cfg against seeds"
limit = 20

[settings]
start_frame = "frames/cat.png"
prompt = "a cat [1s: it yawns] [2s: it sleeps]"
seed = 7
loras = { anime_v2 = 0.8 }

[axes]
cfg_scale = [1, 1.5, 2]
steps = "10:30:10"
seed = "seeds(2)"
"loras.camera-orbit" = "0..1/3"
prompt = { search_replace = ["cat", "dog"] }
"prompt[2]" = ["sleeps, deeply", "runs"]
end_frame = "frames/*.png"
"""

# TOML's own scalars; a lone surrogate is no text that a file could hold.
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
scalars = st.one_of(texts, st.integers(), st.booleans(), st.floats(allow_nan=False))
flat = st.one_of(
    scalars, st.lists(scalars, max_size=3), st.dictionaries(texts, scalars, max_size=2)
)
tables = st.dictionaries(texts, st.one_of(flat, st.dictionaries(texts, flat, max_size=3)))


@pytest.fixture
def folder(tmp_path):
    for shade, name in enumerate(("cat", "dog")):
        picture(tmp_path / "frames" / f"{name}.png", shade)
    return tmp_path


def test_a_spec_is_the_sweep_that_python_makes(folder):
    (folder / "spec.toml").write_text(SPEC, encoding="utf-8")
    spec = load_spec(folder / "spec.toml", schema=SCHEMA)
    frames = folder / "frames"
    base = Settings(
        start_frame=frames / "cat.png",
        prompt="a cat [1s: it yawns] [2s: it sleeps]",
        seed=7,
        loras={"anime_v2": 0.8},
    )
    assert spec.name == "cfg against seeds"
    assert spec.sweep == fp.Sweep(
        base,
        schema=SCHEMA,
        limit=20,
        **{
            "cfg_scale": [1, 1.5, 2],
            "steps": [10, 20, 30],
            "seed": fp.seeds(2),
            "loras.camera-orbit": fp.linspace(0, 1, 3),
            "prompt": fp.search_replace("cat", "dog"),
            "prompt[2]": ["sleeps, deeply", "runs"],
            "end_frame": [frames / "cat.png", frames / "dog.png"],
        },
    )


@pytest.mark.parametrize("combine", ["grid", "zip"])
def test_file_and_form_make_the_same_sweep(folder, combine):
    text = SPEC.replace("limit = 20", f'combine = "{combine}"')
    if combine == "zip":
        text = text[: text.index("[axes]")] + '[axes]\ncfg_scale = [1, 2]\nseed = "seeds(2)"\n'
    (folder / "spec.toml").write_text(text, encoding="utf-8")
    in_file = load_spec(folder / "spec.toml", schema=SCHEMA).sweep
    form = SweepEditor(BenchStudio())
    try:
        form.sweep = in_file
        assert form.sweep == in_file
        for name in ("again.toml", "again.json"):
            save_spec(folder / name, form.sweep)
            assert load_spec(folder / name, schema=SCHEMA).sweep == in_file
    finally:
        form.close()


@settings(deadline=None)
@given(some_axes, st.none() | st.integers(1, 9), st.sampled_from(["a", "", 'wei"rd\n é 🐈 \x7f']))
def test_written_and_read_again_it_is_the_same_sweep(axes, limit, name):
    sweep = fp.Sweep(BASE.replace(negative_prompt=name), limit=limit, **axes)
    for as_json in (False, True):
        text = spec_text(sweep, name, as_json=as_json)
        again = read_spec(json.loads(text) if as_json else tomllib.loads(text))
        assert again.sweep == sweep
        assert again.name == name


@pytest.mark.parametrize("suffix", [".toml", ".json"])
def test_sweeps_of_every_kind_through_a_file(folder, suffix):
    frames = fp.Axis("start_frame", folder / "frames")
    named = fp.Axis("cfg_scale", {"low": 1, "high": 3})
    unset = fp.Axis("end_frame", [None, *frames.values])
    some = fp.Axis("cache", ["MagCache", None], labels=["mag", "own"])
    for sweep in (
        fp.Sweep(BASE, frames, named, unset, some),
        fp.Sweep(BASE, combine="zip", steps=[1, 2, 1], cfg_scale=[1, 2, 3]),
        fp.Sweep.random(BASE, 5, cfg_scale=fp.uniform(1, 3), steps=[10, 20]),
        fp.Sweep.of([BASE, BASE.replace(steps=3, loras={}), BASE.replace(seed=4)]),
        fp.Sweep(Settings(motion=1, seed=1), motion=[1, 2]),
        fp.Sweep(BASE, prompt="a {red|blue} car"),
        fp.Sweep(BASE),
    ):
        save_spec(folder / "new" / f"spec{suffix}", sweep, "night")
        spec = load_spec(folder / "new" / f"spec{suffix}")
        assert spec.sweep == sweep
        assert spec.name == "night"


@pytest.mark.parametrize("suffix", [".toml", ".json"])
def test_frames_are_found_from_wherever_the_file_is(folder, suffix, monkeypatch):
    monkeypatch.chdir(folder)
    picture(folder / "here" / "frames" / "fox.png", 9)
    base = BASE.replace(start_frame="frames/cat.png", end_frame="here/frames/fox.png")
    sweep = fp.Sweep(base, start_frame=["frames/dog.png", "here/frames/fox.png", None])
    listed = fp.Sweep.of([base, base.replace(start_frame="here/frames/fox.png")])
    for made in (sweep, listed):
        save_spec(f"here/spec{suffix}", made)
        (folder / "here").rename(folder / "there")
        read = load_spec(f"there/spec{suffix}").sweep
        (folder / "there").rename(folder / "here")
        for one, other in zip(made, read, strict=True):
            for name in ("start_frame", "end_frame"):
                before, after = getattr(one.settings, name), getattr(other.settings, name)
                asked = str(before).replace("here", "there")
                assert after == (None if before is None else str(folder / asked))


def test_points_that_a_function_left_are_written_one_by_one(folder):
    sweep = fp.Sweep(BASE, steps=[10, 20], seed=[1, 2], keep=lambda s: s.steps + s.seed != 21)
    save_spec(folder / "spec.toml", sweep)
    again = load_spec(folder / "spec.toml").sweep
    assert [p.settings for p in again] == [p.settings for p in sweep]
    assert len(again) == 3


def test_a_drawn_spec_is_the_drawn_sweep():
    data = {
        "settings": {"seed": 1, "prompt": "x"},
        "axes": {"cfg_scale": "uniform(1, 3)", "steps": [10, 20]},
        "random": {"count": 6, "seed": 3},
    }
    expected = fp.Sweep.random(
        Settings(seed=1, prompt="x"), 6, seed=3, cfg_scale=fp.uniform(1, 3), steps=[10, 20]
    )
    assert read_spec(data).sweep == expected


@given(tables)
def test_what_is_written_as_toml_is_read_as_it_was(data):
    assert tomllib.loads(toml_text(data)) == data


# -- bad input -----------------------------------------------------------------------------------
def test_all_wrong_keys_at_once():
    data = {
        "settings": {"promt": "x", "steps": 3},
        "axes": {"steps": {"value": [1]}, "cfg_scale": {"search_replace": "cat"}},
        "random": {"cuont": 3},
        "limit": 3,
    }
    error = told(lambda: read_spec(data))
    assert [(p.field, p.hint) for p in error.problems] == [
        ("settings.promt", "Did you mean prompt?"),
        ("axes.steps.value", "Did you mean values?"),
        ("axes.cfg_scale", 'Write search_replace = ["cat", "dog"].'),
        ("limit", "Leave it out."),
        ("random.cuont", "Did you mean count?"),
        ("random", "Write count = 20."),
    ]
    error = told(lambda: read_spec({"axis": {}, "setings": {}, "name": "x"}))
    assert [p.field for p in error.problems] == ["axis", "setings"]
    error = told(lambda: read_spec({"axis": {}, "random": 3, "settings": {"promt": "x"}}))
    assert [p.field for p in error.problems] == ["axis", "random", "settings.promt"]
    assert "Did you mean axes?" in str(error)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ([], "it holds no keys"),
        ({"axes": 3}, "axes: it is no table"),
        ({"settings": {}}, "neither axes nor points"),
        ({"axes": {}, "points": []}, "axes and points exclude each other"),
        ({"points": [], "random": {"count": 3}}, "points and random exclude each other"),
        ({"points": 3}, "no list of settings"),
        ({"axes": {"stepz": [1]}}, "there is no setting stepz. Did you mean steps?"),
        ({"axes": {"steps": {"labels": ["a"]}}}, "axes.steps: it has no values"),
        ({"axes": {"prompt": {"search_replace": 5}}}, "search_replace is a list"),
        ({"axes": {"prompt": {"search_replace": []}}}, "search_replace is a list"),
        ({"axes": {"steps": {"values": [4], "text": "5"}}}, "values and text exclude each other"),
        ({"axes": {"steps": {"values": [4, 5], "labels": 5}}}, "labels is a list"),
        ({"axes": {"schema": [1]}, "random": {"count": 3}}, "axes.schema: there is no such key"),
        ({"axes": {}, "settings": {"extra": 5}}, "settings.extra: it is no table"),
        ({"axes": {3: [1]}}, "'3' is no axis"),
        ({"axes": {"steps": []}}, "steps: it is empty"),
        ({"axes": {"steps": [1], "cfg_scale": [1, 2]}, "combine": "zip"}, "steps has 1"),
        ({"axes": {"prompt": {"search_replace": ["cat", "x"]}}}, "'cat' does not occur"),
        ({"axes": {"steps": [1]}, "limit": "x"}, "limit is the largest number"),
    ],
)
def test_what_a_spec_cannot_say(data, said):
    error = told(lambda: read_spec(data))
    assert said in str(error)


def test_wrong_axes_and_wrong_values_together(folder):
    (folder / "frames" / "notes.txt").write_text("x")
    (folder / "spec.toml").write_text(SPEC.replace("*.png", "*").replace("1.5", "15"))
    error = told(lambda: load_spec(folder / "spec.toml", schema=SCHEMA))
    assert [p.field for p in error.problems] == ["end_frame", "cfg_scale"]
    assert str(error).startswith("spec.toml: the sweep was not made")


def test_files_that_cannot_be_read(folder):
    (folder / "bad.toml").write_text("a = = 3")
    (folder / "bad.json").write_text("{")
    (folder / "bare.toml").write_text("name = night")
    for name, said in (
        ("bad.toml", "in TOML, texts stand in quotes"),
        ("bare.toml", "in TOML, texts stand in quotes"),
        ("bad.json", "line 1"),
        ("lost.toml", "no such file"),
    ):
        error = told(lambda name=name: load_spec(folder / name))
        assert "cannot be read" in str(error)
        assert said in str(error)
