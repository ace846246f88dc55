"""The built-in Studio's own arithmetic: sections, sizes, timed prompts, progress and options."""

from __future__ import annotations

import argparse
import itertools
import re
from pathlib import Path

import pytest

from framepack_widgets.demo.buckets import BUCKETS, nearest_bucket
from framepack_widgets.demo.options import (
    EXAMPLE_LORAS,
    DemoOptions,
    add_arguments,
    from_arguments,
)
from framepack_widgets.demo.progress import position_text, sampling_bars
from framepack_widgets.demo.prompts import TimedPrompt, parse_prompts, prompt_at
from framepack_widgets.demo.sections import frames_of, plan_sections, section_count

MODELS = ("Original", "Original with Endframe", "F1", "Video", "Video F1")


@pytest.mark.parametrize(
    ("seconds", "window", "count"),
    [(1, 9, 1), (2, 9, 2), (6, 9, 5), (0.1, 9, 1), (120, 9, 100), (6, 33, 1), (3, 1, 22)],
)
def test_section_count(seconds: float, window: int, count: int) -> None:
    assert section_count(seconds, window) == count


def test_the_known_lengths() -> None:
    last = plan_sections("Original", 5, 9, has_start=True)[-1]
    assert (last.latents, frames_of(last.latents)) == (46, 181)
    assert [s.latents for s in plan_sections("F1", 2, 9, has_start=True)] == [10, 19]
    assert [s.latents for s in plan_sections("Original", 2, 9, has_start=True)] == [9, 19]
    assert [s.latents for s in plan_sections("Original", 2, 9, has_start=False)] == [9, 18]
    assert [s.latents for s in plan_sections("Video", 2, 9, has_start=True)] == [9, 18]


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("has_start", [True, False])
@pytest.mark.parametrize("count", [1, 2, 7])
def test_sections_cover_the_time_line_without_gaps(model: str, has_start: bool, count: int) -> None:
    sections = plan_sections(model, count, 9, has_start)
    spans = [(s.first_frame, s.first_frame + s.frame_count) for s in sections]
    if model in ("Original", "Original with Endframe", "Video"):
        spans.reverse()  # these render the end first
    assert spans[0][0] == 0
    assert all(end == start for (_, end), (start, _) in itertools.pairwise(spans))
    assert spans[-1][1] == frames_of(sections[-1].latents)


@pytest.mark.parametrize(
    ("height", "width", "resolution", "size"),
    [
        (640, 640, 640, (640, 640)),
        (1080, 1920, 640, (480, 832)),
        (1920, 1080, 640, (832, 480)),
        (120, 160, 128, (112, 144)),
        (500, 500, 700, (640, 640)),
        (500, 500, 704, (640, 640)),  # as near to 768: the smaller one is taken
    ],
)
def test_nearest_bucket(height: int, width: int, resolution: float, size: tuple[int, int]) -> None:
    assert nearest_bucket(height, width, resolution) == size


def test_every_size_can_be_rendered_in_both_orientations() -> None:
    for sizes in BUCKETS.values():
        assert {(w, h) for h, w in sizes} == set(sizes)
        assert all(side % 16 == 0 for size in sizes for side in size)


def test_timed_prompts_are_snapped_and_for_backward_models_reversed() -> None:
    prompt = "[0s: looks up] [2s: yawns]"
    assert parse_prompts(prompt, 4.0, 9, "F1") == [
        TimedPrompt("looks up", 0.0, pytest.approx(2.2)),
        TimedPrompt("yawns", pytest.approx(2.2), pytest.approx(4.4)),
    ]
    backward = parse_prompts(prompt, 4.0, 9, "Original")
    assert [(p.text, p.start) for p in backward] == [
        ("yawns", pytest.approx(-0.4)),
        ("looks up", pytest.approx(1.8)),
    ]
    assert prompt_at(backward, 0) == "yawns"  # the last second is rendered first
    assert prompt_at(backward, 27) == "looks up"


def test_a_prompt_without_times_applies_throughout() -> None:
    assert parse_prompts("  just this ", 4.0, 9, "Original") == [TimedPrompt("just this")]


def test_progress_html_holds_two_bars() -> None:
    html = sampling_bars(10, 25, before=50, total=150, seconds_a_step=2.5)
    assert re.findall(r'<progress value="(\d+)" max="100">', html) == ["40", "40"]
    assert "Sampling 10/25  ETA 0:00:37" in html
    assert "Total 60/150  ETA 0:03:45" in html


def test_position_text_tells_frames() -> None:
    text = position_text("Original", 9, 6.0, "up")
    assert text == (
        "Total generated frames: 33, Video length: 1.10 seconds (FPS-30). "
        "Current position: 1.10s (original: 4.90s). using prompt: up..."
    )
    assert position_text("F1", 1, 6.0, "up").startswith("Total generated frames: 1, ")
    assert "(remaining: 4.90s)" in position_text("Video", 9, 6.0, "up", source=27)


def test_options_survive_the_command_line() -> None:
    options = DemoOptions(
        port=7861,
        speed=20.0,
        loras=("a", "style/b"),
        metadata=False,
        clean_up=False,
        workdir=Path("somewhere"),
        auth=("ada", "with:colon"),
        root_path="/studio",
        fail_every=2,
        partial_every=3,
        foreign_every=4,
        slow_submit=0.5,
        slow_download=1000.0,
    )
    assert parsed(*options.to_arguments()) == options
    assert parsed() == DemoOptions()


def test_loras_can_be_a_number() -> None:
    assert parsed("--loras=3").loras == EXAMPLE_LORAS[:3]
    assert parsed("--loras=one").loras == ("one",)


@pytest.mark.parametrize("wrong", ["--speed=0", "--port=-1", "--auth=ada", "--loras=99"])
def test_wrong_options_are_refused(wrong: str) -> None:
    with pytest.raises(SystemExit):
        parsed(wrong)


def parsed(*arguments: str) -> DemoOptions:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return from_arguments(parser.parse_args(arguments))
