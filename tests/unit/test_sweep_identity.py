"""The identity of a render: equal for equal renders, different for different ones."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sweep_world import BASE, SCHEMA, picture

from framepack_widgets.errors import SettingsError
from framepack_widgets.frozen import freeze
from framepack_widgets.images import ImageData
from framepack_widgets.library.inputs import Inputs
from framepack_widgets.settings import KNOWN, Settings
from framepack_widgets.sweeps.identity import LENGTH, canonical, content_id
from framepack_widgets.sweeps.sources import FRAMES
from framepack_widgets.sweeps.value_labels import key_of

scalars = st.one_of(
    st.booleans(),
    st.integers(-(2**60), 2**60),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=12),
)
values = st.one_of(scalars, st.dictionaries(st.text(max_size=5), scalars, max_size=4).map(freeze))
names = st.sampled_from([name for name in KNOWN if name not in FRAMES])
some = st.dictionaries(st.one_of(names, st.from_regex(r"[a-z]{3,6}_x", fullmatch=True)), values)


@given(some, st.randoms(use_true_random=False))
def test_the_order_of_fields_does_not_count(chosen, rng: random.Random):
    shuffled = list(chosen.items())
    rng.shuffle(shuffled)
    one, other = content_id(Settings(**chosen)), content_id(Settings(**dict(shuffled)))
    assert one == other
    assert len(one) == LENGTH
    assert set(one) <= set("0123456789abcdef")


@given(some, names, scalars)
def test_any_other_value_is_another_identity(chosen, name, value):
    one, other = Settings(**chosen), Settings(**{**chosen, name: value})
    same = key_of(chosen.get(name)) == key_of(value)
    assert (content_id(one) == content_id(other)) == same


@given(st.integers(-(2**53), 2**53))
def test_numbers_count_by_value(number):
    assert canonical(number) == canonical(float(number))
    assert canonical({"b": 1, "a": [2.0]}) == canonical({"a": (2,), "b": 1.0})
    assert canonical(True) != canonical(1)
    assert canonical(-0.0) == canonical(0)


def test_an_identity_stays_what_it_was():
    """It is kept in Libraries: a change here would render every sweep anew."""
    settings = Settings(prompt="a cät", seed=7, loras={"film": 1.0}, start_frame=None)
    assert content_id(settings) == "5ce0603e446c52985f886671"


def test_defaults_of_the_server_count():
    resolved = SCHEMA.resolve(BASE)
    assert content_id(resolved) == content_id(SCHEMA.resolve(BASE.replace(steps=25)))
    assert content_id(resolved) != content_id(SCHEMA.resolve(BASE.replace(steps=26)))
    assert content_id(BASE.replace(cfg_scale=None)) == content_id(BASE)


def test_frames_count_by_content(tmp_path):
    one, same = picture(tmp_path / "a.png", 1), picture(tmp_path / "deep" / "b.png", 1)
    other = picture(tmp_path / "c.png", 2)
    folder = tmp_path / "inputs"
    folder.mkdir()
    kept = Inputs(folder).keep(one)
    ids = [content_id(BASE.replace(start_frame=path)) for path in (one, same, kept)]
    ids.append(content_id(BASE.replace(start_frame=ImageData(one.read_bytes()))))
    assert len(set(ids)) == 1
    assert content_id(BASE.replace(start_frame=other)) not in ids
    assert content_id(BASE.replace(end_frame=one)) not in ids
    kept.unlink()
    assert content_id(BASE.replace(start_frame=kept)) == ids[0], "its name is its content"
    picture(one, 3)
    assert content_id(BASE.replace(start_frame=one)) != ids[0], "the file was written anew"


def test_a_frame_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(SettingsError, match=r"start_frame: .*lost.png cannot be read"):
        content_id(BASE.replace(start_frame=tmp_path / "lost.png"))
