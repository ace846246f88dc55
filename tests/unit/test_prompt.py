"""Timed prompts, as a Studio reads them."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framepack_widgets.length import frames, latent_frames, sections
from framepack_widgets.models import MODELS
from framepack_widgets.prompt import (
    PromptPart,
    TimedPrompt,
    as_rendered,
    boundaries,
    format,  # noqa: A004 (it is prompt.format elsewhere)
    parse,
    problems,
)

pieces = st.one_of(
    st.sampled_from(
        ["[0s: a]", "[2s-3.5s: b]", "[1.1s : c]", "[0s - 2s: x]", "[3: y]", "[0s", "]", "loose",
         "[4s: d [5s: e]", "\n", "[6s:\n f]", "٣", "[٣s: g]", "[1s: h\n]", "[99999999999s: z]"]
    ),
    st.text("[]s:-.0123 ab\n", max_size=12),
)  # fmt: skip
prompts = st.lists(pieces, max_size=6).map(" ".join)
times = st.one_of(st.integers(0, 30).map(float), st.floats(0, 200))
words = st.text("abc [:-.,äß", max_size=10).map(str.strip)


@pytest.mark.parametrize(
    ("text", "parts", "loose"),
    [
        ("it looks up", [], "it looks up"),
        ("", [], ""),
        ("[0s: up] [2s: down]", [(0, None, "up"), (2, None, "down")], ""),
        ("[0s-1.5s: up] rest", [(0, 1.5, "up")], "rest"),
        ("[2s: b] [0s: a]", [(2, None, "b"), (0, None, "a")], ""),
        ("[1s :  a ]", [(1, None, "a")], ""),
        ("[0s - 2s: a]", [], "[0s - 2s: a]"),
        ("[ 0s: a]", [], "[ 0s: a]"),
        ("[0: a] [0S: b]", [], "[0: a] [0S: b]"),
        ("[0s: two\nlines]", [], "[0s: two\nlines]"),
        ("[0s: a] [0s: a] b", [(0, None, "a"), (0, None, "a")], "b"),
        ("[0s: a [1s: b] c]", [(0, None, "a [1s: b")], "c]"),
    ],
)
def test_parse(text, parts, loose):
    assert parse(text) == TimedPrompt(tuple(PromptPart(*part) for part in parts), loose)


@given(prompts)
def test_what_was_read_can_be_written_and_reads_back_the_same(text):
    prompt = parse(text)
    try:
        written = format(prompt)
    except ValueError:
        # Only half a bracket that was left over can stand in the way.
        assert "[" in prompt.loose
        return
    assert parse(written) == prompt
    assert format(parse(written)) == written


@given(st.lists(st.builds(PromptPart, times, st.one_of(st.none(), times), words), max_size=5))
def test_ordinary_parts_can_always_be_written(parts):
    assert parse(format(parts)).parts == tuple(parts)
    assert parse(format(TimedPrompt(tuple(parts), "and so on"))).loose == "and so on"


def test_format_is_short():
    assert format([PromptPart(0, None, "a"), PromptPart(2.5, 4.0, "b")]) == "[0s: a] [2.5s-4s: b]"


@pytest.mark.parametrize(
    "part",
    [
        PromptPart(0, None, "a]b"),
        PromptPart(0, None, "a\nb"),
        PromptPart(-1, None, "a"),
        PromptPart(float("nan"), None, "a"),
        PromptPart(0, float("inf"), "a"),
        PromptPart(0, None, " a"),
    ],
)
def test_what_cannot_be_written_is_refused(part):
    with pytest.raises(ValueError, match=r"cannot be written|no time"):
        format([part])


def test_boundaries_are_those_of_the_server():
    assert boundaries(6, 9) == [0, 1.1, 2.2, 3.3, 4.4, 5.5]
    assert boundaries(2.2, 9) == [0, 1.1]
    assert len(boundaries(120, 1)) == 3600


class TestAsRendered:
    DEFAULT = "[1s: waves] [3s: jumps] [5s: dances]"

    def test_the_original_model_asks_from_the_end(self):
        clip = as_rendered(self.DEFAULT, 6, 9, "Original")
        assert [words for *_, words in clip] == ["waves", "jumps", "dances"]
        assert [round(end, 2) for _, end, _ in clip] == [2.43, 4.83, 6.03]

    def test_f1_goes_forward(self):
        clip = as_rendered("[0s: a] [2s: b]", 4.8, 9, "F1")
        assert [(round(start, 2), words) for start, _, words in clip] == [(0, "a"), (2.43, "b")]

    def test_text_before_the_brackets_rules_until_the_first_part(self):
        clip = as_rendered("still [2s: moves]", 4.8, 9, "F1")
        assert [words for *_, words in clip] == ["still", "moves"]

    def test_of_two_that_begin_together_the_direction_decides_which_shows(self):
        text = "[0s: a] loose"
        assert [w for *_, w in as_rendered(text, 6, 9, "F1")] == ["a", "loose"]
        assert [w for *_, w in as_rendered(text, 6, 9, "Original")] == ["loose"]

    def test_of_two_that_overlap_the_first_of_the_turned_list_rules(self):
        assert [w for *_, w in as_rendered("[0s-5s: a] [1.1s-2.2s: b]", 6, 9, "Original")] == ["a"]
        assert [w for *_, w in as_rendered("[1s-6s: a] [2s-4s: b]", 6, 9, "Original")] == ["a"]

    def test_where_no_part_rules_the_server_takes_the_first_of_its_list(self):
        # Turned round for the Original model, the first of its list is the clip's last part.
        text = "[1.1s-2.2s: a] [3.3s-4.4s: b]"
        assert as_rendered(text, 9.6, 9, "Original")[-1][2] == "b"
        assert as_rendered(text, 9.6, 9, "F1")[-1][2] == "a"

    def test_an_endframe_variant_reads_like_its_model(self):
        for variant, plain in (
            ("Video with Endframe", "Video"),
            ("Original with Endframe", "Original"),
        ):
            assert as_rendered(self.DEFAULT, 6, 9, variant) == as_rendered(
                self.DEFAULT, 6, 9, plain
            )

    @given(
        prompts,
        st.floats(0.5, 20),
        st.integers(1, 33),
        st.sampled_from([*MODELS, "F9", None]),
        st.booleans(),
    )
    def test_every_moment_of_the_clip_has_one_text(self, text, seconds, window, model, start):
        clip = as_rendered(text, seconds, window, model, start_frame=start)
        assert clip[0][0] == 0
        latents = latent_frames(sections(seconds, window), window, model, start_frame=start)
        assert clip[-1][1] == frames(latents) / 30
        for (begin, end, said), (following, _, next_said) in pairwise(clip):
            assert begin < end == following
            assert said != next_said
        prompt = parse(text)
        assert {said for *_, said in clip} <= {p.text for p in prompt.parts} | {prompt.loose}


class TestProblems:
    @pytest.mark.parametrize(
        "text",
        ["plain", "", "[0s: a] [2s: b]", "[1s: waves] [3s: jumps] [5s: dances]", "a [red] ball",
         "[0s-2s: a] [2s-4s: b]", "first [2s: then]"],
    )  # fmt: skip
    def test_good_prompts_have_none(self, text):
        assert problems(text, 6) == []

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("[0s - 2s: x]", "is not read as a timed part"),
            ("[2: x]", "is not read as a timed part"),
            ("[0s: x", "is not read as a timed part"),
            ("[0s: two\nlines]", "is not read as a timed part"),
            ("[7s: x]", "begins after the end of the clip (6 s)"),
            ("[5s-8s: x]", "goes on after the end"),
            ("[3s-2s: x]", "ends before it begins"),
            ("[3s: ]", "has no text"),
            ("[0s-3s: a] [2s: b]", "overlap"),
            ("[2s: a] [2s: b]", "overlap"),
            ("text [0s: a]", "begins at 0 s, too"),
        ],
    )
    def test_doubtful_ones_are_told(self, text, said):
        assert any(said in sentence for sentence in problems(text, 6))

    @given(prompts, st.floats(0.1, 120))
    def test_every_text_can_be_asked_about(self, text, seconds):
        for sentence in problems(text, seconds):
            assert sentence.endswith((".", ")."))
