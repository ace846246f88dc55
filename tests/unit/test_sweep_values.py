"""Values of an axis: ranges, the text form both ways, search and replace, alternatives, draws."""

from __future__ import annotations

import math
import sys
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sweep_world import BASE

import framepack_widgets as fp
from framepack_widgets.errors import FramePackError, SettingsError
from framepack_widgets.frozen import freeze
from framepack_widgets.settings import MAX_SEED
from framepack_widgets.sweeps.axis_values import Spread, format, parse  # noqa: A004
from framepack_widgets.sweeps.draws import random_shares, sobol_shares
from framepack_widgets.sweeps.sources import Seeds, drawn_seeds
from framepack_widgets.sweeps.spread import rounded, stepped

numbers = st.one_of(st.integers(-(2**60), 2**60), st.floats(allow_nan=False))
texts = st.text(max_size=30)
weights = st.dictionaries(texts, st.floats(0, 2), max_size=3).map(freeze)
values = st.lists(st.one_of(numbers, texts, st.booleans(), st.none(), weights), max_size=8)


def same(one, other):
    return one == other and [type(v) for v in one] == [type(v) for v in other]


# -- ranges --------------------------------------------------------------------------------------
def test_ranges_hold_the_decimals_that_were_meant():
    assert fp.linspace(1, 2, 11) == (1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8, 1.9, 2)
    assert stepped(0.1, 0.5, 0.1) == (0.1, 0.2, 0.3, 0.4, 0.5)
    assert fp.logspace(0.01, 1, 3) == (0.01, 0.1, 1.0)
    assert fp.logspace(1, 1000, 4) == (1, 10, 100, 1000), "the values, not their exponents"
    assert fp.linspace(5, 9, 1) == fp.logspace(5, 9, 1) == (5.0,)
    assert fp.linspace(np.float32(1), np.int64(3), np.int64(3)) == (1, 2, 3)


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.integers(2, 50))
def test_linspace_begins_and_ends_as_asked_and_never_turns(start, stop, count):
    found = fp.linspace(start, stop, count)
    assert len(found) == count
    assert (found[0], found[-1]) == (start, stop)
    assert list(found) == sorted(found, reverse=stop < start)


@given(st.integers(-50, 50), st.integers(-50, 50), st.integers(-9, 9).filter(bool))
def test_steps_are_those_of_range_with_the_end_included(start, stop, step):
    expected = tuple(range(start, stop + (1 if step > 0 else -1), step))
    if expected:
        assert same(stepped(start, stop, step), expected)
    else:
        with pytest.raises(SettingsError, match="holds no value"):
            stepped(start, stop, step)


@given(st.floats(0, 100), st.sampled_from([0.01, 0.05, 0.1, 1, 8]), st.sampled_from([0, 0.5, 1]))
def test_rounding_gives_the_nearest_of_the_grid(value, step, minimum):
    found = rounded(value, step, minimum, whole=False)
    assert abs(found - value) <= step / 2 + 1e-9
    assert math.isclose((found - minimum) / step, round((found - minimum) / step), abs_tol=1e-6)
    assert type(rounded(value, step, 0, whole=True)) is int


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: fp.linspace(1, 2, 0), "linspace gives 1 to 1,000,000 values, not 0"),
        (lambda: fp.linspace(1, "x", 3), "not 'x'"),
        (lambda: fp.linspace(1, math.inf, 3), "not inf"),
        (lambda: fp.logspace(0, 1, 3), "above 0"),
        (lambda: fp.linspace(1, 2, 10**9), "1,000,000"),
    ],
)
def test_a_range_that_cannot_be_is_told(make, said):
    with pytest.raises(SettingsError, match=said):
        make()


# -- as text -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1, 1.5, 2", (1, 1.5, 2)),
        ("1..3/5", (1.0, 1.5, 2.0, 2.5, 3.0)),
        ("-1 .. 1 / 3", (-1.0, 0.0, 1.0)),
        ("10:50:10", (10, 20, 30, 40, 50)),
        ("10:45:10", (10, 20, 30, 40)),
        ("3:1:-1", (3, 2, 1)),
        ("1:3", (1, 2, 3)),
        ("0.1:0.3:0.1, 7", (0.1, 0.2, 0.3, 7)),
        ("MagCache, None", ("MagCache", "None")),
        ("Original with Endframe, F1", ("Original with Endframe", "F1")),
        ("""'it''s', "a, b" """.replace("''", "\\'"), ("it's", "a, b")),
        ("true, False, unset", (True, False, None)),
        ('{"film": 0.5}, {}', ({"film": 0.5}, {})),
        ("it's, fine", ("it's", "fine")),
        ("", ()),
    ],
)
def test_texts_that_people_type(text, expected):
    assert same([freeze(v) for v in parse(text)], [freeze(v) for v in expected])


def test_a_call_in_a_text_is_the_call():
    assert parse("seeds(4)") == fp.seeds(4)
    assert parse(' search_replace("cat", "a, b") ') == fp.search_replace("cat", "a, b")
    assert parse('alternatives("a {red|blue} car")') == fp.alternatives("a {red|blue} car")
    assert parse("linspace(1, 2, 3)") == (1, 1.5, 2)
    assert isinstance(parse("linspace(1, 2, 3)"), Spread)
    assert isinstance(parse("1..2/3"), Spread)
    assert not isinstance(parse("1..2/3, 5"), Spread), "5 was chosen, and stays 5"


@given(values)
def test_what_is_written_is_read_again(chosen):
    for quoted in (False, True):
        assert same(parse(format(chosen, quoted=quoted)), tuple(chosen))


def test_texts_that_look_like_something_else_are_quoted():
    chosen = ("unset", "True", "1", "1..3/5", "10:50:10", "seeds(4)", "a, b", "None", "it's", "{}")
    for quoted in (False, True):
        assert same(parse(format(chosen, quoted=quoted)), chosen)
    assert format(("MagCache", "None", 1.0, None)) == "MagCache, None, 1.0, unset"


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused_in_words(text):
    try:
        parse(text)
    except SettingsError as error:
        assert str(error)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1,,2", "nothing between two commas"),
        ("1, 2,", "nothing between two commas"),
        ('"open', "a quote is not closed"),
        ('"a" b', "a comma has to follow"),
        ("{film: 1}", "is no JSON"),
        ("10:50:-1", "holds no value"),
        ("10:50:0", "holds no value"),
        ("1..3/0", "linspace gives 1 to"),
        ("seeds()", "cannot be read"),
    ],
)
def test_texts_that_cannot_be_read(text, said):
    with pytest.raises(SettingsError, match=said):
        parse(text)


# -- texts ---------------------------------------------------------------------------------------
def test_alternatives_are_all_combinations():
    found = fp.alternatives(r"a {red|blue} car {|at night} \{x\} {y}")
    assert found.texts == (
        "a red car  {x} {y}",
        "a red car at night {x} {y}",
        "a blue car  {x} {y}",
        "a blue car at night {x} {y}",
    )
    assert found.words == ("red, nothing", "red, at night", "blue, nothing", "blue, at night")


@given(st.text(max_size=30))
def test_escaped_signs_stand_for_themselves(text):
    escaped = "".join(f"\\{sign}" if sign in "{}|\\" else sign for sign in text)
    assert fp.alternatives(escaped).texts == (text,)


@given(st.lists(st.lists(st.text("abc ", max_size=4), min_size=2, max_size=3), max_size=4))
def test_as_many_texts_as_ways_to_choose(braces):
    template = "x".join("{" + "|".join(choices) + "}" for choices in braces)
    assert len(fp.alternatives(template).texts) == math.prod(len(c) for c in braces)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: fp.alternatives("a {b|{c|d}}"), "braces within braces"),
        (lambda: fp.alternatives("{a|b}" * 30), "more than 1,000,000 texts"),
        (lambda: fp.alternatives(3), "takes a text"),
        (lambda: fp.search_replace("cat"), "nothing to put in the place"),
        (lambda: fp.search_replace("", "x"), "takes texts"),
        (lambda: fp.search_replace("a", 3), "takes texts"),
        (lambda: fp.seeds(0), "draws 1 to"),
        (lambda: fp.uniform(2, 1), "to a larger one"),
        (lambda: fp.log_uniform(0, 1), "above 0"),
        (lambda: fp.choice([]), "something to choose from"),
    ],
)
def test_ways_to_say_values_that_say_none(make, said):
    with pytest.raises(SettingsError, match=said):
        make()


# -- drawn ---------------------------------------------------------------------------------------
def test_seeds_follow_from_the_settings_and_go_on():
    four, five = drawn_seeds(BASE, fp.seeds(4)), drawn_seeds(BASE, fp.seeds(5))
    assert five[:4] == four
    assert len(set(five)) == 5
    assert all(0 <= seed <= MAX_SEED for seed in five)
    assert drawn_seeds(BASE, Seeds(4, draw=1)) != four
    assert drawn_seeds(BASE.replace(start_frame="elsewhere.png", seed=1), fp.seeds(4)) == four


@given(st.floats(0, 1), st.floats(0.001, 10), st.floats(0.001, 10))
def test_what_is_drawn_lies_within(share, low, more):
    for way in (fp.uniform(low, low + more), fp.log_uniform(low, low + more)):
        assert low <= way.at(share) <= low + more
    assert fp.choice("a", "b").at(share) in ("a", "b")


def test_log_uniform_draws_ratios_and_choice_all_options():
    way = fp.log_uniform(0.01, 1)
    assert way.at(0.5) == 0.1
    shares = [row[0] for row in random_shares(300, 1, seed=3)]
    assert {fp.choice(range(5)).at(share) for share in shares} == set(range(5))
    assert random_shares(3, 2, seed=3) == random_shares(3, 2, seed=3)
    assert random_shares(3, 2, seed=3) != random_shares(3, 2, seed=4)


def test_sobol_without_scipy_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy", ModuleType("scipy"))
    monkeypatch.setitem(sys.modules, "scipy.stats", None)
    with pytest.raises(FramePackError, match=r"framepack-widgets\[analysis\]"):
        sobol_shares(4, 2, seed=0)


def test_sobol_fills_the_space_evenly():
    pytest.importorskip("scipy")
    rows = sobol_shares(10, 2, seed=1)
    assert len(rows) == 10
    assert rows == sobol_shares(10, 2, seed=1)
    first = [row[0] for row in sobol_shares(16, 2, seed=1)]
    assert sorted(int(share * 16) for share in first) == list(range(16)), "one in each sixteenth"
