"""Sweeps: which points they have, in which order, what they refuse, how they are kept."""

from __future__ import annotations

import itertools
import json
import pickle
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sweep_world import BASE, SCHEMA, picture

import framepack_widgets as fp
from framepack_widgets.errors import SettingsError
from framepack_widgets.settings import Settings

AXES = {
    "cfg_scale": st.lists(st.floats(1, 3), min_size=1, max_size=4),
    "steps": st.lists(st.integers(1, 100), min_size=1, max_size=4),
    "seed": st.lists(st.integers(0, 2**53 - 1), min_size=1, max_size=3),
    "model": st.lists(st.sampled_from(["F1", "Original"]), min_size=1, max_size=2),
    "loras.anime_v2": st.lists(st.one_of(st.none(), st.floats(0, 2)), min_size=1, max_size=3),
    "prompt[2]": st.lists(st.sampled_from(["runs", "hides"]), min_size=1, max_size=2),
    "prompt": st.just(fp.search_replace("cat", "dog", "fox")),
}
some_axes = st.lists(st.sampled_from(sorted(AXES)), unique=True, max_size=4).flatmap(
    lambda names: st.fixed_dictionaries({name: AXES[name] for name in names})
)


def told(make) -> SettingsError:
    with pytest.raises(SettingsError) as caught:
        make()
    return caught.value


# -- points --------------------------------------------------------------------------------------
def test_a_grid_in_order():
    sweep = fp.Sweep(BASE, cfg_scale=[1, 2], **{"loras.film": [0, 1]}, seed=range(2))
    points = list(sweep)
    assert len(sweep) == len(points) == 8
    assert [p.index for p in points] == list(range(8))
    assert [(p.settings.cfg_scale, p.settings.loras["film"], p.settings.seed) for p in points] == (
        list(itertools.product([1, 2], [0, 1], [0, 1]))
    )
    assert points[5].labels == {"cfg_scale": "2", "loras.film": "0", "seed": "1"}
    assert points[5].coordinates == {"cfg_scale": 1, "loras.film": 0, "seed": 1}
    assert all(p.settings.prompt == BASE.prompt for p in points)


@settings(deadline=None)
@given(some_axes)
def test_a_grid_is_the_product_and_every_point_can_be_asked_for(axes):
    sweep = fp.Sweep(BASE, schema=SCHEMA, **axes)
    points = list(sweep)
    assert len(points) == len(sweep) == sweep.size
    assert [sweep[i] for i in range(len(sweep))] == points
    assert sweep[-1] == points[-1]
    for axis in sweep.axes:
        assert {p.labels[axis.name] for p in points} == set(axis.labels)
    # Equal coordinates are equal settings, and the other way round.
    assert len({p.settings for p in points}) == len({p.coordinates for p in points})


@settings(deadline=None)
@given(some_axes, st.none() | st.integers(1, 10))
def test_json_pickle_and_python_make_the_same_sweep(axes, limit):
    sweep = fp.Sweep(BASE, limit=limit, **axes)
    for again in (
        fp.Sweep.from_dict(json.loads(json.dumps(sweep.to_dict()))),
        pickle.loads(pickle.dumps(sweep)),
        eval(sweep.as_python(), {"fp": fp}),
    ):
        assert again == sweep
        assert list(again) == list(sweep)


def test_counts_at_once_at_any_size():
    names = ("cfg_scale", "distilled_cfg_scale", "seconds", "cfg_rescale", "magcache_threshold")
    sweep = fp.Sweep(BASE, **{name: fp.linspace(1, 2, 5000) for name in names})
    started = time.perf_counter()
    assert sweep.size == 5000**5
    assert sweep[5000**5 - 1].settings.cfg_scale == 2
    assert next(iter(sweep)).settings.cfg_scale == 1
    assert "3,125,000,000,000,000,000 points" in repr(sweep)
    assert time.perf_counter() - started < 0.5


def test_zipped_axes_and_a_limit():
    sweep = fp.Sweep(BASE, combine="zip", steps=[10, 20, 10], cfg_scale=[1, 2, 3])
    assert [(p.settings.steps, p.settings.cfg_scale) for p in sweep] == [(10, 1), (20, 2), (10, 3)]
    assert [p.labels["steps"] for p in sweep] == ["10", "20", "10"]
    assert [p.coordinates["steps"] for p in sweep] == [0, 1, 0]
    assert [p.settings.seed for p in fp.Sweep(BASE, seed=range(9), limit=4)] == [0, 1, 2, 3]
    assert len(fp.Sweep(BASE, seed=range(9), limit=4)) == 4
    assert len(fp.Sweep(BASE)) == 1


def test_a_function_drops_and_changes_points():
    def keep(chosen: Settings) -> bool | Settings | None:
        if chosen.steps == 10:
            return chosen.cfg_scale < 2
        return chosen.replace(seconds=2) if chosen.cfg_scale == 3 else None

    sweep = fp.Sweep(BASE, keep=keep, steps=[10, 20], cfg_scale=[1, 2, 3])
    assert [(p.settings.steps, p.settings.cfg_scale, p.settings.seconds) for p in sweep] == [
        (10, 1, 4),
        (20, 3, 2),
    ]
    assert len(sweep) == 2
    assert [p.index for p in sweep] == [0, 1]
    assert sweep[1].labels == {"steps": "20", "cfg_scale": "3"}
    again = fp.Sweep.from_dict(json.loads(json.dumps(sweep.to_dict())))
    assert (again, list(again)) == (sweep, list(sweep))
    assert [p.settings for p in eval(sweep.as_python(), {"fp": fp})] == [p.settings for p in sweep]


def test_an_explicit_list_has_axes_of_what_differs():
    chosen = [BASE, BASE.replace(steps=9, loras={"film": 1}), BASE.replace(steps=9, seed=None)]
    sweep = fp.Sweep.of(chosen)
    assert [p.settings for p in sweep] == [*chosen[:2], chosen[2].replace(seed=7)]
    assert [axis.name for axis in sweep.axes] == ["steps", "loras"]
    assert sweep[1].labels == {"steps": "9", "loras": "film 1"}
    assert fp.Sweep.from_dict(sweep.to_dict()) == sweep
    assert list(eval(sweep.as_python(), {"fp": fp})) == list(sweep)
    assert "no settings at all" in str(told(lambda: fp.Sweep.of([])))


def test_points_drawn_at_random_are_recorded():
    def make(**more):
        return fp.Sweep.random(
            BASE, 20, schema=SCHEMA, cfg_scale=fp.uniform(1, 3), steps=fp.choice([10, 20]), **more
        )

    sweep = make()
    assert sweep == make(seed=0)
    assert sweep != make(seed=1)
    assert len(sweep) == 20
    assert {p.settings.seed for p in sweep} == {7}
    assert all(round(p.settings.cfg_scale * 10) == p.settings.cfg_scale * 10 for p in sweep)
    assert len({p.settings.seed for p in make(seed=fp.seeds(1))}) == 20
    assert fp.Sweep.from_dict(sweep.to_dict()) == sweep
    assert "nothing can be drawn" in str(told(lambda: fp.Sweep.random(BASE, 2, steps=3.5)))
    assert "1 to" in str(told(lambda: fp.Sweep.random(BASE, 0, steps=[1])))
    assert "none to draw" in str(told(lambda: fp.Sweep.random(BASE, 2)))


def test_a_seed_that_is_not_set_is_one_for_all_and_the_same_again():
    sweep = fp.Sweep(Settings(prompt="x"), cfg_scale=[1, 2])
    assert len({p.settings.seed for p in sweep}) == 1
    assert sweep == fp.Sweep(Settings(prompt="x"), cfg_scale=[1, 2])
    longer = fp.Sweep(Settings(prompt="x"), cfg_scale=[1, 2, 3])
    assert longer[0].settings == sweep[0].settings, "more values leave the old points as they are"


def test_a_search_counts_in_the_servers_own_prompt():
    server = SCHEMA["prompt"].default
    sweep = fp.Sweep(Settings(), schema=SCHEMA, prompt=fp.search_replace(server[:4], "dog"))
    assert sweep[1].settings.prompt == server.replace(server[:4], "dog")


def test_two_replacements_under_names_of_their_own():
    sweep = fp.Sweep(
        BASE,
        **{
            "prompt:animal": fp.search_replace("cat", "dog"),
            "prompt:deed": fp.search_replace("sleeps", "runs"),
        },
    )
    assert [p.settings.prompt for p in sweep] == [
        BASE.prompt.replace("cat", animal).replace("sleeps", deed)
        for animal in ("cat", "dog")
        for deed in ("sleeps", "runs")
    ]


def test_whole_prompts_come_before_their_parts_whatever_the_order_of_the_axes():
    axes = {"prompt[1]": ["x", "y"], "prompt": ["one [0s: a]", "two [0s: b]"]}
    assert [p.settings.prompt for p in fp.Sweep(BASE, **axes)] == [
        *("one [0s: x]", "two [0s: x]", "one [0s: y]", "two [0s: y]"),
    ]


def test_a_sweep_cannot_be_changed():
    with pytest.raises(AttributeError, match="make a new one"):
        fp.Sweep(BASE).limit = 3
    with pytest.raises(IndexError, match="has 1 points"):
        fp.Sweep(BASE)[1]


# -- bad input -----------------------------------------------------------------------------------
def test_all_wrong_values_of_all_axes_at_once():
    error = told(
        lambda: fp.Sweep(
            BASE,
            schema=SCHEMA,
            cfg_scale=[1, 9, 2],
            steps=[10, "x", 2000],
            seed=[-1],
            model=["F2"],
            nope=[1],
            width=[],
            **{"loras.nope": [1], "loras.anime_v2": [1, 5]},
        )
    )
    assert [(p.field, p.message.split(".")[0]) for p in error.problems] == [
        ("width", "it is empty"),
        ("cfg_scale", "9 is more than 3"),
        ("steps", "'x' is not a number"),
        ("steps", "2000 is more than 100"),
        ("seed", "-1 is out of range"),
        ("model", "'F2' is not offered by this Studio"),
        ("nope", "this Studio has no field nope"),
        ("loras.nope", "this Studio has no LoRA 'nope'"),
        ("loras.anime_v2", "anime_v2: 5 is more than 2"),
    ]
    assert all(str(problem) in str(error) for problem in error.problems)


def test_without_a_schema_what_is_clear_anyway():
    error = told(
        lambda: fp.Sweep(
            BASE, stepz=[1], steps=[1.5], cfg_scale=["a"], prompt=[1], **{"loras.film": ["x"]}
        )
    )
    assert [(p.field, p.hint or "") for p in error.problems] == [
        ("stepz", "Did you mean steps?"),
        ("steps", ""),
        ("cfg_scale", ""),
        ("prompt", "Put it in quotes."),
        ("loras.film", ""),
    ]
    own = fp.Sweep(Settings(motion=1), motion=[1, 2])
    assert [p.settings.motion for p in own] == [1, 2]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: fp.Sweep(BASE, prompt=fp.search_replace("horse", "x")), "'horse' does not occur"),
        (lambda: fp.Sweep(BASE, **{"prompt[3]": ["x"]}), "2 timed parts, so none is number 3"),
        (lambda: fp.Sweep(BASE, **{"prompt[2]": ["a ] b"]}), "cannot be 'a ] b'"),
        (lambda: fp.Sweep(BASE, **{"prompt[1].start": [-1]}), "cannot be -1"),
        (
            lambda: fp.Sweep(BASE, combine="zip", steps=[1, 2], cfg_scale=[1, 2, 3]),
            "steps has 2, cfg_scale has 3",
        ),
        (lambda: fp.Sweep(BASE, cfg_scale=fp.uniform(1, 2)), "drawn by Sweep.random"),
        (lambda: fp.Sweep(BASE, start_frame=""), "an empty text"),
        (lambda: fp.Sweep(BASE, start_frame="https://x/y.png"), "is a web address"),
        (lambda: fp.Sweep(BASE, combine="mesh", steps=[1]), 'combine is "grid" or "zip"'),
        (lambda: fp.Sweep(BASE, limit=0, steps=[1]), "limit is the largest number"),
        (lambda: fp.Sweep("cat.png", steps=[1]), "made of Settings, not of str"),
        (lambda: fp.Sweep(BASE, loras=[0.5]), "does not give each LoRA a weight"),
        (lambda: fp.Sweep(BASE, fp.Axis("steps", [1]), steps=[2]), "two axes have this name"),
        (lambda: fp.Sweep.from_dict({"settings": {}}), "no sweep that was kept"),
        (
            lambda: fp.Sweep.of([BASE, BASE.replace(steps=900)], schema=SCHEMA),
            "point 1: 900 is more than 100",
        ),
    ],
)
def test_what_is_no_sweep_is_told(make, said):
    assert said in str(told(make))


def test_a_replacement_that_hides_the_next_search_is_told():
    axes = {
        "prompt:a": fp.search_replace("cat", "dog"),
        "prompt:b": fp.search_replace("a cat", "two"),
    }
    assert "'a cat' does not occur" in str(told(lambda: fp.Sweep(BASE, **axes)))


def test_an_image_folder_with_a_text_file(tmp_path):
    picture(tmp_path / "a.png")
    (tmp_path / "b.txt").write_text("x")
    error = told(lambda: fp.Sweep(BASE, start_frame=tmp_path, steps=[]))
    assert [p.field for p in error.problems] == ["start_frame", "steps"]
    assert "b.txt (not an image)" in str(error)
