"""The plan of a sweep: the same as validating, resolving and naming every point by itself."""

from __future__ import annotations

import dataclasses
import itertools
import time
from collections import Counter
from contextlib import closing
from types import SimpleNamespace

import numpy as np
import pytest
from configs import studio_config
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sweep_world import BASE, SCHEMA, picture

import framepack_widgets as fp
from framepack_widgets import length
from framepack_widgets.forecast import forecast
from framepack_widgets.images import ImageData
from framepack_widgets.job import JobRecord, JobState
from framepack_widgets.length import Render
from framepack_widgets.library import Library
from framepack_widgets.models import facts_of
from framepack_widgets.schema import Schema
from framepack_widgets.settings import Settings
from framepack_widgets.sweeps import rules
from framepack_widgets.sweeps.identity import content_id
from framepack_widgets.sweeps.library_facts import LibraryFacts
from framepack_widgets.sweeps.plan import PlanCancelled, plan
from framepack_widgets.validation import validate

OLD = Schema.from_config(studio_config("recorded-0.4.json"))
HISTORY = [
    Render(100, 640 * 640, cfg, cached, 200.0 + 200 * cfg - 50 * cached)
    for cfg in (False, True)
    for cached in (False, True)
]

# Values that fit, values that do not, and values that have no effect beside others.
VALUES = {
    "model": ["Original", "F1", "Video", "original with endframe", "Video F1", "New", 3],
    "start_frame": ["nowhere.png", None, 4],
    "end_frame": ["nowhere.png", None],
    "video": ["nowhere.mp4", None],
    "end_frame_influence": [0.5, 1.0, 7],
    "prompt": ["a cat", "[0s: a] [9s: b]", "x [0s: a]", "", 5],
    "negative_prompt": ["ugly", ""],
    "seed": [1, 2, -1],
    "seconds": [1, 4, 60, 0, "x", float("inf")],
    "latent_window_size": [9, 33, 0],
    "steps": [10, 25, 500, 1.5],
    "cfg_scale": [1, 1.0, 2, 9],
    "cfg_rescale": [0, 0.5],
    "cache": ["MagCache", "none", "TeaCache", "Other"],
    "use_teacache": [True, False],
    "teacache_steps": [10, 25],
    "teacache_threshold": [0.2, 5],
    "magcache_threshold": [0.1, 0.2],
    "magcache_max_skips": [1, 2],
    "magcache_retention": [0.25, 0.5],
    "blend_sections": [0, 4],
    "latent_image": ["Noise", "White"],
    "clean_up": [True, False, 1],
    "loras": [{}, {"anime_v2": 0.5}, {"nope": 1}, 3],
    "width": [512, 640, 10],
    "height": [512, 640],
    "combine_with_source": [True, False],
    "context_frames": [5, 6],
    "strange": [1, 2],
}
FRAME = ImageData.of(np.zeros((24, 32, 3), np.uint8))
GOOD = {
    **{name: [v for v in values if v != "x"][:2] for name, values in VALUES.items()},
    "model": ["Original", "F1", "original with endframe", "Video F1"],
    "start_frame": [FRAME, None],
    "end_frame": [FRAME, None],
    "cfg_scale": [1, 1.0, 2],
    "prompt": ["a cat", "[0s: a] [9s: b]", "x [0s: a]", "[0s: a] [1s: a]"],
    "cache": ["MagCache", "none", "TeaCache"],
    "teacache_threshold": [0.2, 0.15],
    "cfg_rescale": [0, 0.5, 0.0],
}
del GOOD["strange"], GOOD["video"]


def some(values):
    chosen = {name: st.sampled_from(of_it) for name, of_it in values.items()}
    return st.fixed_dictionaries({}, optional=chosen).map(lambda v: Settings(**v))


some_settings = some(VALUES)
variations = st.lists(some_settings, min_size=1, max_size=6)
schemas = {"0.5.1": SCHEMA, "0.4": OLD}


@settings(deadline=None, max_examples=30)
@given(variations, st.sampled_from(sorted(schemas)), st.booleans())
@example(
    [
        Settings(model="Original", start_frame="nowhere.png", strange=1),
        Settings(model="F1", start_frame="nowhere.png"),
    ],
    "0.4",
    True,
)
def test_the_plan_says_of_every_point_what_the_point_says_itself(points, version, check_files):
    """Above all: DEPENDS in rules.py leaves nothing out."""
    schema = schemas[version]
    sweep = fp.Sweep.of(points)
    found = plan(sweep, schema, check_files=check_files)
    refused = {r.point: set(r.problems) for r in found.refused}
    if not check_files:  # a frame that is not there is found out where its identity is needed
        lost = {p for wrong in refused.values() for p in wrong if "[Errno 2]" in p.message}
        refused = {n: wrong - lost for n, wrong in refused.items() if wrong - lost}
    warnings: dict[object, int] = {}
    for point in sweep:
        report = validate(point.settings, schema, check_files=check_files)
        if report.problems:
            assert refused.pop(point.index) == set(report.problems)
            assert point.index not in found.render_of
            continue
        for warning in report.warnings:
            warnings[warning] = warnings.get(warning, 0) + 1
        if point.index in found.render_of:
            name = content_id(schema.resolve(point.settings))
            assert found.render_of[point.index].id == name
    assert not refused
    assert len(found.render_of) + len(found.refused) == found.points
    if check_files or not any("[Errno 2]" in str(r) for r in found.refused):
        assert dict(found.warnings) == warnings


@pytest.mark.parametrize("version", sorted(schemas))
@pytest.mark.parametrize(
    "base",
    [
        {},
        {"model": "Original with Endframe", "end_frame": FRAME, "cache": "TeaCache"},
        {"cfg_scale": 2, "start_frame": FRAME, "cache": "None"},
        {"model": "Video", "video": __file__, "prompt": "[0s: a] [1s: b]"},
    ],
    ids=["nothing", "end frame", "start frame", "video"],
)
def test_what_any_two_settings_do_to_each_other_is_planned(version, base):
    schema = schemas[version]
    base = {name: value for name, value in base.items() if name in schema}
    offered = {name: values for name, values in GOOD.items() if name in schema}
    points = [
        Settings(**{**base, one: a, other: b, "seed": 7})
        for one, other in itertools.combinations(offered, 2)
        for a, b in itertools.product(offered[one][:3], offered[other][:3])
    ]
    sweep = fp.Sweep.of(points)
    found = plan(sweep, schema, history=HISTORY)
    refused = {r.point: set(r.problems) for r in found.refused}
    warnings: Counter = Counter()
    for point in sweep:
        report = validate(point.settings, schema)
        assert refused.get(point.index, set()) == set(report.problems)
        if report.ok:
            warnings.update(report.warnings)
            cost = found.render_of[point.index].cost
            assert (cost.seconds, cost.frames) == _cost(schema.resolve(point.settings))
    assert dict(found.warnings) == warnings
    assert found.renders


def _cost(resolved: Settings):
    if facts_of(resolved.model).takes_video:
        return None, 0  # the video is none: the server will tell
    size = None if resolved.start_frame is None else FRAME.size
    wanted = length.plan(resolved, start_size=size)
    return length.estimate_seconds(wanted, HISTORY), wanted.frames


@settings(deadline=None, max_examples=20)
@given(
    st.lists(st.sampled_from([1, 1.0, 1.5, 2]), min_size=1, max_size=4),
    st.lists(st.sampled_from(["Original", "F1", "Video"]), min_size=1, max_size=3),
    st.lists(st.sampled_from([None, 0.5, 1]), min_size=1, max_size=3),
    st.sampled_from(["grid", "of", "keep"]),
)
def test_a_grid_is_planned_as_its_points_one_by_one(cfg, models, weights, way):
    axes = {"cfg_scale": cfg, "model": models, "loras.anime_v2": weights}
    axes["loras.style/ghibli"] = [0, 1]  # two axes that change one setting
    text = fp.search_replace("cat", "dog")
    sweep = grid = fp.Sweep(BASE, schema=SCHEMA, seed=fp.seeds(2), prompt=text, **axes)
    if way == "of":
        sweep = fp.Sweep.of([p.settings for p in grid])
    if way == "keep":
        sweep = fp.Sweep(BASE, keep=lambda _: True, seed=fp.seeds(2), prompt=text, **axes)
    one, other = plan(grid, SCHEMA, history=HISTORY), plan(sweep, SCHEMA, history=HISTORY)
    assert [(r.id, r.points, r.cost) for r in one.renders] == (
        [(r.id, r.points, r.cost) for r in other.renders]
    )
    assert set(one.refused) == set(other.refused)
    assert dict(one.warnings) == dict(other.warnings)
    for render in one.renders:
        assert {content_id(SCHEMA.resolve(grid[n].settings)) for n in render.points} == {render.id}
        assert content_id(one.settings(render)) == render.id
        assert render.cost.seconds == _alone(one.settings(render)).estimate
        assert render.cost.frames == _alone(one.settings(render)).frames


def _alone(resolved: Settings):
    record = JobRecord("0" * 12, "s", resolved, 0.0)
    earlier = [
        record.replace(
            settings=SCHEMA.resolve(
                Settings(
                    steps=25, seconds=4.8, cfg_scale=1 + cfg, cache="MagCache" if cached else "None"
                )
            ),
            started_at=1.0,
            ended_at=201.0 + 200 * cfg - 50 * cached,
        )
        for cfg in (True, False)
        for cached in (True, False)
    ]
    return forecast(resolved, earlier)


def test_equal_points_are_rendered_once():
    sweep = fp.Sweep(BASE, cfg_scale=[1, 2, 1.0, None])
    found = plan(sweep, SCHEMA)
    assert [r.points for r in found.renders] == [(0, 2, 3), (1,)]
    assert found.duplicates == {2: 0, 3: 0}
    assert "2 points equal to others, rendered once" in str(found)


def test_fewest_changes_of_model_and_loras_first_seeds_innermost():
    sweep = fp.Sweep(
        BASE,
        seed=[1, 2],
        cfg_scale=[1, 2],
        model=["F1", "Original"],
        loras=[{"anime_v2": 1}, {}, {"anime_v2": 0.5}],
    )
    found = plan(sweep, SCHEMA)
    labels = [sweep[r.points[0]].labels for r in found.renders]
    rows = [(at["model"], at["loras"], at["cfg_scale"], at["seed"]) for at in labels]
    assert rows == [
        (model, loras, cfg, seed)
        for model in ("F1", "Original")
        for loras in ("anime_v2 1", "anime_v2 0.5", "none")
        for cfg in ("1", "2")
        for seed in ("1", "2")
    ]
    assert (found.model_changes, found.lora_changes) == (1, 5)


def test_refused_points_say_why_and_the_others_are_planned():
    sweep = fp.Sweep(BASE, model=["Original", "Video"], steps=[10, 200], seed=range(3))
    found = plan(sweep, SCHEMA)
    assert (found.points, len(found.renders), len(found.refused)) == (12, 3, 9)
    assert [(r.problem.field, r.points, r.first) for r in found.reasons] == [
        ("steps", 6, 3),
        ("video", 6, 6),
    ]
    assert not found.ok
    assert "9 points refused:" in str(found)
    assert "video: the model Video needs a video." in str(found)
    none = fp.Sweep(BASE, steps=[10], keep=lambda _: False)
    assert str(plan(none, SCHEMA)) == "0 points, 0 renders to do"
    nothing = plan(fp.Sweep(BASE.replace(model="Video"), steps=[10, 20]), SCHEMA)
    assert (len(nothing.renders), len(nothing.refused)) == (0, 2)


def test_a_frame_that_is_gone_is_refused_and_never_hashed(tmp_path):
    kept, lost = picture(tmp_path / "a.png"), picture(tmp_path / "b.png", 9)
    sweep = fp.Sweep(BASE, start_frame=tmp_path, seed=[1, 2])
    lost.unlink()
    found = plan(sweep, SCHEMA)
    assert [r.points for r in found.renders] == [(0,), (1,)]
    assert {p.field for r in found.refused for p in r.problems} == {"start_frame"}
    assert len(plan(fp.Sweep(BASE.replace(start_frame=str(lost)), steps=[1]), SCHEMA).refused) == 1
    unchecked = plan(sweep, SCHEMA, check_files=False)
    assert "cannot be read" in unchecked.reasons[0].problem.message
    assert plan(fp.Sweep(BASE.replace(start_frame=str(kept)), steps=[1]), SCHEMA).ok


def test_time_and_room_of_what_is_still_to_be_rendered():
    sweep = fp.Sweep(BASE, steps=[10, 20], cfg_scale=[1, 2])
    found = plan(sweep, SCHEMA, history=HISTORY, bytes_per_pixel=0.1)
    low, high = found.estimate
    assert low == pytest.approx(sum(r.cost.seconds[0] for r in found.renders))
    assert low < high
    by_labels = {tuple(sweep[r.points[0]].labels.values()): r.cost for r in found.renders}
    assert by_labels["20", "1"].seconds[0] == pytest.approx(2 * by_labels["10", "1"].seconds[0])
    assert by_labels["10", "1"].frames == 105  # 3 sections of 9, no start frame
    assert found.bytes == round(4 * 0.1 * 640 * 640 * 105)
    done = plan(
        sweep, SCHEMA, history=HISTORY, bytes_per_pixel=0.1, done=[r.id for r in found.renders[:3]]
    )
    assert [r.is_done for r in done.renders] == [True, True, True, False]
    assert done.estimate == done.renders[3].cost.seconds
    assert "1 render to do, 3 there already; about" in str(done)
    unknown = plan(sweep, SCHEMA)
    assert (unknown.estimate, unknown.bytes) == (None, None)
    assert "time unknown" in str(unknown)


def test_facts_of_the_library(tmp_path):
    resolved = SCHEMA.resolve(BASE)
    record = JobRecord(
        *("a" * 12, "s", resolved, 0.0, JobState.DONE), clip="a.mp4", started_at=1.0, ended_at=61.0
    )
    (tmp_path / "a.mp4").write_bytes(bytes(640 * 640))
    facts = LibraryFacts.of([record, dataclasses.replace(record, clip="gone.mp4")], tmp_path)
    assert facts.bytes_per_pixel == pytest.approx(1 / 105)
    assert [r.seconds for r in facts.history] == [60.0, 60.0]
    found = plan(fp.Sweep(BASE), SCHEMA, **facts.as_arguments())
    assert found.bytes == 640 * 640
    assert found.estimate[0] < 60 < found.estimate[1]
    assert LibraryFacts.of([], tmp_path) == LibraryFacts()


def test_a_sweep_plans_itself_on_a_studio_with_its_library(tmp_path):
    with closing(Library(tmp_path / "library")) as library:
        url = "http://127.0.0.1:7860"
        key = library.remember_studio(url, app_id=None, version=None, schema=None)
        record = JobRecord(
            *("a" * 12, key, SCHEMA.resolve(BASE), 0.0, JobState.DONE),
            **{"clip": "a.mp4", "started_at": 1.0, "ended_at": 61.0},
        )
        library.add(record)
        (library.clips_folder / "a.mp4").write_bytes(bytes(640 * 640))
        studio = SimpleNamespace(library=library, key=key, schema=SCHEMA)
        sweep = fp.Sweep(BASE, seed=[1, 2])
        found = sweep.plan(studio)
        assert found.bytes == 2 * 640 * 640
        assert found.estimate[0] < 120 < found.estimate[1]
        assert sweep.plan(studio, done=[found.renders[0].id]).bytes == 640 * 640
    assert fp.Sweep(BASE, seed=[1, 2]).plan(SCHEMA).estimate is None


def test_progress_is_told_and_a_plan_can_be_cancelled():
    sweep, told = fp.Sweep(BASE, seed=range(1000)), []
    plan(sweep, SCHEMA, progress=lambda *at: told.append(at))
    assert told[0] == (0, 1000)
    assert told[-1] == (1000, 1000)
    assert len(told) > 3
    looks = iter([False, False, True])
    with pytest.raises(PlanCancelled, match="nothing was sent"):
        plan(sweep, SCHEMA, cancelled=lambda: next(looks))


def test_points_that_a_function_makes_are_cancelled_while_they_are_made():
    made = []
    sweep = fp.Sweep(BASE, seed=range(10_000), keep=lambda s: made.append(s) or True)
    with pytest.raises(PlanCancelled):
        plan(sweep, SCHEMA, cancelled=lambda: len(made) > 300)
    assert len(made) < 1000


def test_a_hundred_thousand_points_in_seconds():
    sweep = fp.Sweep(
        BASE.replace(negative_prompt="ugly"),
        schema=SCHEMA,
        cfg_scale=fp.linspace(1, 3, 10),
        steps="5:50:5",
        prompt=fp.search_replace("cat", *(f"dog {n}" for n in range(9))),
        seed=fp.seeds(100),
    )
    started = time.process_time()
    found = plan(sweep, SCHEMA, history=HISTORY)
    assert len(found.renders) == 100_000
    assert time.process_time() - started < 5


def test_points_drawn_at_random_are_planned_by_their_few_values(monkeypatch):
    calls = []
    real = rules.validate
    monkeypatch.setattr(rules, "validate", lambda *a, **k: calls.append(a) or real(*a, **k))
    base = BASE.replace(negative_prompt="ugly")
    sweep = fp.Sweep.random(base, 2000, schema=SCHEMA, cfg_scale=fp.uniform(1, 3), seed=fp.seeds(1))
    assert len(plan(sweep, SCHEMA).renders) == 2000
    assert len(calls) < 40, "cfg_scale has 21 values between 1 and 3"
