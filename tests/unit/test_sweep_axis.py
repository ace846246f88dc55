"""One axis: names, frames from folders and patterns, parts of prompts, labels."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sweep_world import BASE, SCHEMA, picture

import framepack_widgets as fp
from framepack_widgets.errors import SettingsError
from framepack_widgets.images import ImageData
from framepack_widgets.sweeps.axis import Axis
from framepack_widgets.sweeps.frame_files import natural
from framepack_widgets.sweeps.targets import changed, target_of
from framepack_widgets.sweeps.value_labels import LONGEST, key_of, labels_of

scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=60)
)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([1, 1.5], (1, 1.5)),
        (np.array([1.0, 1.5]), (1.0, 1.5)),
        (np.linspace(1, 3, 3), (1.0, 2.0, 3.0)),
        (range(3), (0, 1, 2)),
        ((n for n in (1, 2)), (1, 2)),
        (2, (2,)),
        ("1..3/3", (1.0, 2.0, 3.0)),
        ({3, 1, 2}, (1, 2, 3)),
        ({"low": 1, "high": 3}, (1, 3)),
    ],
)
def test_values_may_come_in_many_forms(given, expected):
    assert Axis("cfg_scale", given).values == expected


def test_labels_may_be_named():
    assert Axis("cfg_scale", {"low": 1, "high": 3}).labels == ("low", "high")
    assert Axis("cfg_scale", [1, 3], labels=["a", "b"]).labels == ("a", "b")
    with pytest.raises(SettingsError, match="as many different labels"):
        Axis("cfg_scale", [1, 3], labels=["a", "a"])
    with pytest.raises(SettingsError, match="as many different labels"):
        Axis("cfg_scale", [1, 3], labels=["a"])


@given(st.lists(scalars, min_size=1, max_size=20), st.sampled_from(["prompt", "start_frame"]))
def test_labels_are_short_and_tell_values_apart(values, field):
    labels = labels_of(values, field)
    by_value = {key_of(v): label for v, label in zip(values, labels, strict=True)}
    assert len(set(by_value.values())) == len(by_value), "one label for each different value"
    assert all(label and len(label) <= LONGEST + 5 for label in labels)
    assert all(by_value[key_of(v)] == label for v, label in zip(values, labels, strict=True))


def test_long_prompts_are_told_apart_by_where_they_differ():
    begin = "a very long description of the same place and light, then a "
    assert labels_of([begin + "cat", begin + "dog"], "prompt") == ("…cat", "…dog")
    assert Axis("prompt", fp.alternatives("a {red|blue} car")).labels == ("red", "blue")
    assert Axis("loras", [{}, {"film": 0.5}]).labels == ("none", "film 0.5")


@given(
    st.sampled_from(["prompt", "cache", "prompt[1]"]),
    st.lists(scalars, min_size=1, max_size=6),
    st.lists(st.one_of(st.none(), st.text(max_size=20)), min_size=1, max_size=6),
)
def test_an_axis_through_json_and_pickle(name, values, texts):
    axis = Axis(name, values if name == "cache" else texts)
    assert Axis.from_dict(json.loads(json.dumps(axis.to_dict()))) == axis
    assert pickle.loads(pickle.dumps(axis)) == axis
    assert Axis(name, axis.text).values == axis.values


def test_computed_values_are_rounded_to_the_field_and_chosen_ones_are_not():
    steps = SCHEMA["steps"]
    assert Axis("steps", fp.linspace(10, 11, 4)).fitted(steps).values == (10, 11)
    assert Axis("steps", fp.linspace(10, 11, 4)).fitted(steps, fold=False).values == (
        *(10, 10, 11, 11),
    )
    assert Axis("steps", [10.25]).fitted(steps).values == (10.25,)
    assert Axis("cfg_scale", "1..2/4").fitted(SCHEMA["cfg_scale"]).values == (1, 1.3, 1.7, 2)


@pytest.mark.parametrize("name", ["", "loras.", "prompt[0]", "steps[1]", "a b", "prompt[1].x", "1"])
def test_names_that_are_none(name):
    with pytest.raises(SettingsError, match="is no axis"):
        Axis(name, [1])


def test_an_empty_axis_is_named():
    for empty in ([], "", np.array([]), range(0)):
        with pytest.raises(SettingsError, match=r"axis steps: it is empty"):
            Axis("steps", empty)


def test_an_endless_axis_is_refused():
    import itertools

    with pytest.raises(SettingsError, match="more than 1,000,000 values"):
        Axis("steps", itertools.count())


# -- prompts -------------------------------------------------------------------------------------
def test_parts_of_a_timed_prompt():
    text = "loose [1s: one] between [2s-3s: two] end"
    assert changed(text, target_of("prompt[2]"), "new", None) == (
        "loose [1s: one] between [2s-3s: new] end"
    )
    assert changed(text, target_of("prompt[1].start"), 0.5, None).startswith("loose [0.5s: one]")
    assert changed(text, target_of("prompt[2].end"), None, None).endswith("[2s: two] end")
    assert changed(text, target_of("prompt[1]"), "x", "one") == text.replace("one", "x")


def test_a_prompt_given_as_text_is_one_prompt_with_alternatives():
    assert Axis("prompt", "a cat, walking").values == ("a cat, walking",)
    assert Axis("prompt", "a {cat|dog}, walking").values == ("a cat, walking", "a dog, walking")
    assert Axis("prompt", '"a cat, walking", "b"').values == ("a cat, walking", "b")
    axis = Axis("prompt", 'search_replace("cat", "dog")')
    assert (axis.search, axis.values) == ("cat", ("cat", "dog"))
    assert Axis("prompt", axis.text) == axis


def test_search_replace_is_for_texts_only():
    with pytest.raises(SettingsError, match="axis steps: search_replace works on texts"):
        Axis("steps", fp.search_replace("a", "b"))


# -- frames --------------------------------------------------------------------------------------
@given(st.permutations([f"shot{n}.png" for n in (1, 2, 9, 10, 11, 100)]))
def test_names_are_sorted_as_people_count(names):
    assert sorted(names, key=natural) == [f"shot{n}.png" for n in (1, 2, 9, 10, 11, 100)]


@given(st.lists(st.text(), max_size=6))
def test_any_names_can_be_sorted(names):
    assert len(sorted(names, key=natural)) == len(names)


def test_folders_patterns_and_lists_of_frames(tmp_path: Path):
    for n in (10, 2, 1):
        picture(tmp_path / "in" / f"shot{n}.png", n)
    (tmp_path / "in" / ".hidden").write_text("x")
    (tmp_path / "in" / "Thumbs.db").write_text("x")
    (tmp_path / "in" / "deeper").mkdir()
    expected = tuple(str(tmp_path / "in" / f"shot{n}.png") for n in (1, 2, 10))
    for given_ in (tmp_path / "in", str(tmp_path / "in"), str(tmp_path / "in" / "*.png")):
        axis = Axis("start_frame", given_)
        assert axis.values == expected
        assert axis.labels == ("shot1", "shot2", "shot10")
    assert Axis("start_frame", "in/*1*.png", folder=tmp_path).values == (expected[0], expected[2])
    assert Axis("end_frame", [expected[2], None, expected[0]]).values == (
        *(expected[2], None, expected[0]),
    )
    odd = picture(tmp_path / "a[1].png")
    assert Axis("start_frame", str(odd)).values == (str(odd),)
    assert Axis("start_frame", Axis("start_frame", tmp_path / "in").text).values == expected


def test_images_in_memory_are_frames():
    array = np.zeros((2, 8, 8, 3), np.uint8)
    array[1] = 255
    axis = Axis("start_frame", array)
    assert len(axis) == 2
    assert all(isinstance(value, ImageData) for value in axis.values)
    assert len(set(axis.labels)) == 2
    assert len(Axis("start_frame", array[0])) == 1
    assert len(Axis("start_frame", PIL.Image.new("RGB", (8, 8)))) == 1
    assert Axis.from_dict(json.loads(json.dumps(axis.to_dict()))) == axis


def test_a_text_file_among_images_is_named(tmp_path: Path):
    picture(tmp_path / "cat.png")
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / "fake.png").write_text("hello")
    with pytest.raises(SettingsError) as caught:
        Axis("start_frame", tmp_path)
    told = str(caught.value)
    assert "axis start_frame: no picture" in told
    assert "notes.txt (not an image)" in told
    assert "fake.png (not an image)" in told
    assert "cat.png (" not in told


def test_frames_that_are_not_there(tmp_path: Path):
    with pytest.raises(SettingsError, match="there is no file in"):
        Axis("start_frame", tmp_path / "*.png")
    with pytest.raises(SettingsError, match="there is no file in"):
        Axis("start_frame", tmp_path)
    with pytest.raises(SettingsError, match=r"lost.png \(there is no such file\)"):
        Axis("start_frame", [picture(tmp_path / "cat.png"), tmp_path / "lost.png"])
    with pytest.raises(SettingsError, match=r"no video: .*cat.png"):
        Axis("video", tmp_path / "cat.png")


def test_a_kept_axis_is_read_without_its_files(tmp_path: Path):
    axis = Axis("start_frame", picture(tmp_path / "cat.png"))
    data = axis.to_dict()
    (tmp_path / "cat.png").unlink()
    assert Axis.from_dict(data) == axis
    with pytest.raises(SettingsError, match="no axis that was kept"):
        Axis.from_dict({"name": "steps"})


def test_seeds_of_an_axis_are_those_of_the_settings():
    assert Axis("seed", "seeds(3)", settings=BASE) == Axis("seed", fp.seeds(3), settings=BASE)


def test_equal_values_share_a_label_and_others_never_do():
    assert labels_of([1, 1.0, True, 2], "x") == ("1", "1", "on", "2")
    assert Axis("cfg_scale", [1, 1.0, True, 1]).first == (0, 0, 2, 0)
    assert labels_of([True, "on", "on (2)"], "x") == ("on", "on (3)", "on (2)")
