"""How often a Studio is asked."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from framepack_widgets.job import Progress
from framepack_widgets.runner.cadence import SOON_S, STEADY_S, STRANGER_S, next_question

ETA = st.none() | st.floats(0, 1e7) | st.just(float("nan"))
WAITED = st.floats(0, 1e7)


@given(ETA, WAITED)
def test_never_too_often_and_never_too_seldom(eta: float | None, waited: float) -> None:
    now = Progress(eta_s=eta)
    assert SOON_S <= next_question(now, None, waited) <= STEADY_S
    assert SOON_S <= next_question(None, now, waited) <= STRANGER_S
    assert SOON_S <= next_question(None, None, waited) <= STEADY_S


@given(st.floats(0, 1e5), st.floats(0, 1e5))
def test_the_nearer_the_end_the_more_often(one: float, two: float) -> None:
    near, far = sorted((one, two))
    for who in ("ours", "stranger"):
        asked = [
            next_question(*((now, None) if who == "ours" else (None, now)), 0.0)
            for now in (Progress(eta_s=near), Progress(eta_s=far))
        ]
        assert asked[0] <= asked[1]


def test_a_long_render_of_ours_is_asked_about_once_a_second() -> None:
    assert next_question(Progress(eta_s=600.0), None, 60.0) == STEADY_S


def test_the_end_of_a_render_is_not_missed_by_much() -> None:
    """From 10 minutes before the end: how long after it do we look?"""
    left = 600.0
    while left > 0:
        pause = next_question(Progress(eta_s=left), None, 600 - left)
        left -= pause
    assert -SOON_S <= left <= 0


def test_a_stranger_s_hour_costs_few_questions() -> None:
    left, questions = 3600.0, 0
    while left > 0:
        left -= next_question(None, Progress(eta_s=left), 3600 - left)
        questions += 1
    assert questions < 300
    assert left >= -SOON_S


def test_a_job_that_is_about_to_start_is_looked_for_often_at_first() -> None:
    pauses = [next_question(None, None, waited) for waited in (0.0, 2.0, 5.0, 60.0)]
    assert pauses[0] == SOON_S
    assert all(a <= b for a, b in itertools.pairwise(pauses))
    assert pauses[-1] == STEADY_S
