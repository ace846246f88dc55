"""Whose clip is it: every kind of evidence, and every contradiction."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framepack_widgets import stamp as stamps
from framepack_widgets.job import JobRecord
from framepack_widgets.proof import judge, stamp_in
from framepack_widgets.settings import Settings
from framepack_widgets.testing import page

SCHEMA = page.schema()
KEY = "teacache_rel_l1_thresh"
SETTINGS = SCHEMA.resolve(Settings(prompt="a cat", seed=12345678901, model="F1"))
STAMPS = st.integers(1, stamps.MAX_STAMP)


def job(stamp: int | None = 77, settings: Settings = SETTINGS) -> JobRecord:
    own: dict[str, Any] = {"stamp": stamp, "stamp_key": KEY, "stamp_step": 0.01} if stamp else {}
    return JobRecord("0123456789ab", "studio", settings, 1.0, **own)


def sidecar(stamp: int | None = 77, **other: Any) -> dict[str, Any]:
    value = 0.15
    if stamp is not None:
        value = stamps.apply(0.15, stamp, SCHEMA["teacache_threshold"])
    facts = {"prompt": "a cat", "seed": 12345678901, "model_type": "F1", "steps": 25}
    return {**facts, "use_magcache": True, "use_teacache": False, KEY: value, **other}


@given(STAMPS)
def test_our_stamp_proves_it(stamp: int) -> None:
    for named in (True, False):
        assert judge(job(stamp), sidecar(stamp), named=named).verified == "stamp"


@given(STAMPS, STAMPS)
def test_another_stamp_disproves_it_whatever_the_server_says(one: int, two: int) -> None:
    if one == two:
        return
    for named in (True, False):
        verdict = judge(job(one), sidecar(two), named=named)
        assert verdict.verified is None
        assert "stamp of another job" in str(verdict.contradiction)


def test_a_stamp_on_a_job_that_has_none_is_not_looked_for() -> None:
    assert stamp_in(job(None), sidecar(5)) is None
    assert judge(job(None), sidecar(5), named=True).verified == "id"


@pytest.mark.parametrize(
    ("named", "verified", "contradicts"), [(True, "id", False), (False, None, True)]
)
def test_a_stamp_that_is_missing(named: bool, verified: str | None, contradicts: bool) -> None:
    verdict = judge(job(), sidecar(None), named=named)
    assert (verdict.verified, verdict.contradiction is not None) == (verified, contradicts)


@pytest.mark.parametrize(("named", "verified"), [(True, "id"), (False, None)])
def test_without_a_sidecar_only_the_server_s_word_counts(named: bool, verified: str | None) -> None:
    verdict = judge(job(), None, named=named)
    assert (verdict.verified, verdict.contradiction) == (verified, None)


def test_settings_that_agree_prove_the_settings() -> None:
    assert judge(job(None), sidecar(None), named=False).verified == "settings"


@pytest.mark.parametrize(
    ("key", "value"),
    [("prompt", "a dog"), ("seed", 12345678902), ("model_type", "Original")],
)
def test_another_job_s_sidecar(key: str, value: Any) -> None:
    """Also where the server named the file; the seeds of a sweep differ by one."""
    for named in (True, False):
        verdict = judge(job(None), sidecar(None, **{key: value}), named=named)
        assert verdict.verified is None
        assert repr(value) in str(verdict.contradiction)


def test_a_changed_value_is_told_and_no_contradiction_where_it_is_proven() -> None:
    verdict = judge(job(), sidecar(steps=30), named=False)
    assert verdict.verified == "stamp"
    assert verdict.notes == ("steps: asked 25, the server rendered 30",)
    assert judge(job(None), sidecar(None, steps=30), named=False).contradiction is not None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(
    st.dictionaries(st.sampled_from([*sidecar(), "loras", "cfg", "has_input_image"]), JSON),
    st.booleans(),
    st.sampled_from([None, 77]),
)
def test_junk_is_judged_and_never_an_error(junk: dict, named: bool, stamp: int | None) -> None:
    verdict = judge(job(stamp), junk, named=named)
    assert not (verdict.verified and verdict.contradiction)
    assert verdict.verified != "stamp" or stamp_in(job(stamp), junk) == stamp
