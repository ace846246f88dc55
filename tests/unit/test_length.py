"""Lengths, sizes and times of a render, as a Studio's worker counts them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framepack_widgets import length
from framepack_widgets.adoption.names import expected_frames
from framepack_widgets.models import MODELS
from framepack_widgets.settings import Settings
from framepack_widgets.sizes import BUCKETS, size_class, snapped_size
from framepack_widgets.widgets.jobs.job_actions import frames_asked

BASE = Settings(
    model="Original", start_frame="a.png", seconds=6.0, latent_window_size=9, steps=25, width=640,
    height=640, cfg_scale=1.0, cache="MagCache", combine_with_source=True,
)  # fmt: skip

every_model = st.sampled_from([*MODELS, "F9", "Video F9"])
lengths = st.floats(0.1, 120)
windows = st.integers(1, 33)


@pytest.mark.parametrize(
    ("seconds", "window", "count"),
    # Halves go to the even number, as the server's own rounding does.
    [(1, 9, 1), (2, 9, 2), (6, 9, 5), (3, 9, 2), (4.2, 9, 4), (1.8, 9, 2), (0.6, 9, 1), (6, 33, 1)],
)
def test_sections(seconds, window, count):
    assert length.sections(seconds, window) == count


@pytest.mark.parametrize(("seconds", "frames"), [(1, 37), (2, 73), (6, 181)])
def test_lengths_that_were_seen_on_a_studio(seconds, frames):
    plan = length.plan(BASE.replace(seconds=seconds), start_size=(640, 640))
    assert plan.frames == frames
    assert plan.seconds == frames / 30


@pytest.mark.parametrize(
    ("model", "start", "latents"),
    [
        ("Original", True, (9, 18, 27, 36, 46)),
        ("Original", False, (9, 18, 27, 36, 45)),
        ("Original with Endframe", True, (9, 18, 27, 36, 46)),
        ("F1", True, (10, 19, 28, 37, 46)),
        ("F1", False, (9, 18, 27, 36, 45)),
        ("Video", True, (9, 18, 27, 36, 45)),
        ("Video with Endframe", False, (9, 18, 27, 36, 45)),
        ("Video F1", True, (9, 18, 27, 36, 45)),
    ],
)
def test_latent_frames_of_each_model(model, start, latents):
    assert length.section_latents(5, 9, model, start_frame=start) == latents
    assert length.latent_frames(5, 9, model, start_frame=start) == latents[-1]
    settings = BASE.replace(model=model, start_frame="a.png" if start else None)
    assert length.plan(settings, start_size=None).section_latents == latents


def test_the_names_of_the_last_file():
    assert length.final_names("261120_1", length.plan(BASE, start_size=(9, 9))) == (
        "261120_1_46.mp4",
    )
    video = BASE.replace(model="Video F1", video="v.mp4")
    combined = length.plan(video, start_size=None, source_frames=100)
    assert length.final_names("t", combined) == ("t_combined.mp4", "t_45.mp4")
    assert (combined.frames, combined.total_frames) == (177, 277)
    assert length.plan(video, start_size=None).total_frames is None
    alone = length.plan(
        video.replace(combine_with_source=False), start_size=None, source_frames=100
    )
    assert length.final_names("t", alone) == ("t_45.mp4",)
    assert alone.total_frames == 177


@given(every_model, lengths, windows, st.booleans(), st.integers(1, 100))
def test_a_plan_adds_up(model, seconds, window, start, steps):
    settings = BASE.replace(
        model=model, seconds=seconds, latent_window_size=window, steps=steps,
        start_frame="a.png" if start else None,
    )  # fmt: skip
    plan = length.plan(settings, start_size=(640, 480))
    assert plan.sections == len(plan.section_latents) >= 1
    assert plan.latents == plan.section_latents[-1]
    assert plan.latents - plan.sections * window in (0, 1)
    assert list(plan.section_latents) == sorted(set(plan.section_latents))
    assert plan.frames == 4 * plan.latents - 3
    assert plan.total_steps == plan.sections * steps
    assert math.isclose(plan.section_seconds * 30, 4 * window)
    # No clip differs from what was asked by more than about a section.
    assert abs(plan.seconds - seconds) <= plan.section_seconds + 0.1


@given(every_model, windows, st.booleans(), st.tuples(lengths, lengths).map(sorted))
def test_asking_for_more_never_gives_less(model, window, start, asked):
    shorter, longer = (
        length.latent_frames(length.sections(s, window), window, model, start_frame=start)
        for s in asked
    )
    assert shorter <= longer


@pytest.mark.parametrize("seconds", [0, -1, math.nan, math.inf])
def test_no_clip_has_such_a_length(seconds):
    with pytest.raises(ValueError, match="no clip has"):
        length.sections(seconds, 9)
    with pytest.raises(ValueError, match="no clip has"):
        length.sections(1, 0)


@pytest.mark.parametrize("missing", ["seconds", "steps", "latent_window_size"])
def test_unresolved_settings_have_no_plan(missing):
    with pytest.raises(ValueError, match=r"schema\.resolve"):
        length.plan(BASE.replace(**{missing: None}), start_size=None)


class TestSizes:
    @pytest.mark.parametrize(
        ("asked", "klass"),
        [
            (640, 640),
            (192, 128),
            (320, 256),
            (448, 384),
            (576, 512),
            (704, 640),
            (193, 256),
            (2000, 768),
        ],
    )
    def test_the_nearer_class_and_the_smaller_at_a_tie(self, asked, klass):
        assert size_class(asked) == klass

    @pytest.mark.parametrize(
        ("width", "height", "start", "size"),
        [
            (640, 640, (1000, 1000), (640, 640)),
            (640, 128, (1000, 1050), (608, 640)),
            (640, 640, (1920, 1080), (832, 480)),
            (512, 768, (100, 300), (352, 704)),
            (640, 640, None, (640, 640)),
            (768, 512, None, (768, 512)),
            (512, 768, None, (512, 768)),
            (128, 768, None, (256, 512)),
        ],
    )
    def test_snapped(self, width, height, start, size):
        assert snapped_size(width, height, start) == size

    @given(st.integers(1, 5000), st.integers(1, 5000), st.sampled_from(sorted(BUCKETS)))
    def test_height_does_nothing_beside_a_start_frame(self, width, height, klass):
        size = snapped_size(klass, 128, (width, height))
        assert size == snapped_size(klass, 768, (width, height))
        assert size[::-1] in BUCKETS[klass]

    @given(st.sampled_from(sorted(BUCKETS)), st.data())
    def test_a_frame_of_a_listed_size_keeps_it(self, klass, data):
        height, width = data.draw(st.sampled_from(BUCKETS[klass]))
        assert snapped_size(klass, 640, (width, height)) == (width, height)

    def test_a_size_that_is_not_known_is_not_guessed(self):
        assert length.plan(BASE, start_size=None).width is None
        assert length.plan(BASE.replace(model="Video"), start_size=None).height is None
        assert length.plan(BASE.replace(start_frame=None), start_size=None).width == 640


class TestEstimate:
    PLAN = length.plan(BASE, start_size=(640, 640))  # 125 steps
    PIXELS = 640 * 640

    def render(self, seconds, steps=125, real_cfg=False, cached=True):
        return (steps, self.PIXELS, real_cfg, cached, seconds)

    def test_nothing_is_known_without_history(self):
        assert length.estimate_seconds(self.PLAN, []) is None
        assert length.estimate_seconds(self.PLAN, [self.render(0), self.render(9, steps=0)]) is None
        assert length.estimate_seconds(length.plan(BASE, start_size=None), [self.render(9)]) is None

    def test_the_same_render_again_takes_as_long(self):
        low, high = length.estimate_seconds(self.PLAN, [self.render(100)] * 3)
        assert 80 < low < 100 < high < 120

    def test_work_counts_in_steps_and_pixels(self):
        history = [self.render(50), (125, 2 * self.PIXELS, False, True, 100)]
        half = length.plan(BASE.replace(steps=50), start_size=(640, 640))
        low, high = length.estimate_seconds(half, history)
        assert low < 100 < high
        assert high < 120

    def test_what_every_render_takes_is_told_apart_from_what_its_steps_take(self):
        history = [self.render(30 + steps, steps=steps) for steps in (20, 50, 125)]
        for steps in (2, 25, 100):  # five sections each
            wanted = length.plan(BASE.replace(steps=steps), start_size=(640, 640))
            low, high = length.estimate_seconds(wanted, history)
            assert low < 30 + 5 * steps < high < 1.4 * low

    def test_renders_of_one_length_say_little_about_another(self):
        low, high = length.estimate_seconds(self.PLAN, [self.render(20, steps=25)] * 4)
        assert low < 20 + 4 * 15 < 100 < high < 120

    def test_one_slow_render_does_not_pull_the_span_up(self):
        history = [self.render(900)] + [self.render(100)] * 9
        assert length.estimate_seconds(self.PLAN, history)[1] < 130

    def test_renders_of_another_kind_count_only_where_there_is_nothing_better(self):
        doubled = [self.render(200, real_cfg=True)]
        wide = length.estimate_seconds(self.PLAN, doubled)
        assert wide[0] < 100 < 200 < wide[1] < 240, "CFG takes up to twice as long"
        real = length.plan(BASE.replace(cfg_scale=1.5), start_size=(640, 640))
        low, high = length.estimate_seconds(real, [self.render(100)])
        assert 80 < low < 100 < 200 < high < 260
        _, high = length.estimate_seconds(self.PLAN, [*doubled, self.render(100)])
        assert high < 120

    @given(st.lists(st.floats(0.1, 1e4), min_size=1, max_size=30))
    def test_the_span_is_one(self, times):
        low, high = length.estimate_seconds(self.PLAN, [self.render(t) for t in times])
        assert 0 < low <= high


@pytest.mark.parametrize(
    ("model", "start", "latents"),
    [("Original", "a.png", 18), ("Original", None, 18), ("F1", "a.png", 19), ("F1", None, 19)],
)
def test_a_studio_0_4_goes_by_the_model(model, start, latents):
    """Seen on the real one: 2 s in windows of 9."""
    settings = Settings(
        model=model,
        start_frame=start,
        seconds=2,
        latent_window_size=9,
        steps=4,
        use_teacache=False,
    )
    assert length.plan(settings, start_size=None).latents == latents


@pytest.mark.parametrize("seconds", [1e6, 1e17, 1e300])
def test_a_length_from_a_strange_file_costs_no_memory(seconds: float) -> None:
    settings = Settings(model="F1", seconds=seconds, latent_window_size=9, steps=25)
    with pytest.raises(ValueError, match="sections"):
        length.plan(settings, start_size=None)
    assert expected_frames(settings) is None
    assert frames_asked(settings) is None
