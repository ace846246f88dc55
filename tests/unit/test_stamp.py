"""Stamps: a number of ours in digits that change nothing."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from configs import config_of, recorded, start_inputs, studio_config
from hypothesis import given
from hypothesis import strategies as st

from framepack_widgets import stamp
from framepack_widgets.schema import Schema
from framepack_widgets.settings import Settings
from framepack_widgets.studio import dialect

SCHEMA = Schema.from_config(studio_config())
THRESHOLD = SCHEMA["teacache_threshold"]
MAGCACHE = SCHEMA["magcache_threshold"]

stamps = st.integers(1, stamp.MAX_STAMP)
grid = st.integers(1, 100).map(lambda n: n / 100)


@given(grid, stamps, st.sampled_from([THRESHOLD, MAGCACHE]))
def test_every_stamp_survives_the_way_through_json(base, number, field):
    sent = stamp.apply(base, number, field)
    back = json.loads(json.dumps({"value": json.loads(json.dumps(sent))}))["value"]
    assert stamp.read(back, field.step) == number
    assert stamp.strip(back, field.step) == base
    assert field.minimum <= sent <= field.maximum
    assert abs(sent - base) < field.step / 4


@given(st.floats(-10, 10), stamps)
def test_a_value_beside_the_grid_or_the_range_is_moved_onto_it(base, number):
    sent = stamp.apply(base, number, THRESHOLD)
    assert THRESHOLD.minimum <= sent <= THRESHOLD.maximum
    assert stamp.read(sent, THRESHOLD.step) == number


@pytest.mark.parametrize("base", [0.01, 0.15, 0.57, 0.99, 1.0])
@pytest.mark.parametrize("number", [1, 2, stamp.MAX_STAMP - 1, stamp.MAX_STAMP])
def test_the_ends(base, number):
    assert stamp.read(stamp.apply(base, number, THRESHOLD), THRESHOLD.step) == number


def test_at_the_maximum_the_stamp_is_taken_away():
    assert stamp.apply(1.0, stamp.MAX_STAMP, THRESHOLD) < 1.0


@given(grid)
def test_an_unstamped_value_reads_as_none(base):
    assert stamp.read(base, 0.01) is None
    assert stamp.strip(base, 0.01) == base


def test_float_noise_is_no_stamp_and_is_stripped():
    assert stamp.read(57 * 0.01, 0.01) is None
    assert stamp.strip(57 * 0.01, 0.01) == 0.57


@pytest.mark.parametrize("value", [0.1537, float("nan"), float("inf"), True, None, "0.15"])
def test_what_is_no_stamp(value):
    assert stamp.read(value, 0.01) is None


@pytest.mark.parametrize("number", [0, -1, 2**40])
def test_a_stamp_that_would_not_come_back_is_refused(number):
    with pytest.raises(ValueError, match="a stamp is a number from 1"):
        stamp.apply(0.15, number, THRESHOLD)


def test_a_field_without_room_is_refused():
    for field in (SCHEMA["steps"], replace(THRESHOLD, step=0.001), SCHEMA["cfg_scale"]):
        with pytest.raises(ValueError, match="no room"):
            stamp.apply(0.15, 1, field)


@pytest.mark.parametrize(
    ("cache", "carrier"),
    [(None, "teacache_threshold"), ("MagCache", "teacache_threshold"),
     ("None", "teacache_threshold"), ("teacache", "magcache_threshold"), ("NewCache", None)],
)  # fmt: skip
def test_the_carrier_is_inert_beside_the_chosen_cache(cache, carrier):
    field = stamp.inert_field(SCHEMA, Settings(cache=cache))
    assert (field and field.name) == carrier


def studio_0_4(*, with_threshold=True):
    """A Studio 0.4: a TeaCache switch in place of the caching strategy, no MagCache."""
    recording = recorded()
    inputs = start_inputs(recording)
    place = next(i for i, raw in enumerate(inputs) if raw.get("label") == "Caching strategy")
    inputs[place] = {"component": "checkbox", "label": "Use TeaCache", "value": True}
    dropped = () if with_threshold else ("TeaCache rel_l1_thresh",)
    inputs[:] = [
        raw for raw in inputs
        if not raw.get("label", "").startswith("MagCache") and raw.get("label") not in dropped
    ]  # fmt: skip
    return Schema.from_config(config_of(recording))


def test_0_4_has_a_carrier_only_while_teacache_is_off():
    schema = studio_0_4()
    assert len(schema.inputs) == 26
    assert stamp.inert_field(schema, Settings()) is None
    assert stamp.inert_field(schema, Settings(use_teacache=False)).name == "teacache_threshold"
    assert stamp.inert_field(studio_0_4(with_threshold=False), Settings(use_teacache=False)) is None


def test_a_slider_too_coarse_or_missing_carries_nothing():
    recording = recorded()
    for raw in start_inputs(recording):
        if raw.get("label") == "TeaCache rel_l1_thresh":
            raw["step"] = 0.001
    assert stamp.inert_field(Schema.from_config(config_of(recording)), Settings()) is None


def test_every_carrier_has_a_place_in_the_sidecar():
    choices = [choice for switch in dialect.CACHE_SWITCHES for choice in switch.choices]
    carriers = {choice.carrier for choice in choices} - {None}
    assert carriers == set(stamp.SIDECAR_KEYS)
