"""The prompt editor without a page: nothing is lost, nothing is changed, everything is said."""

from __future__ import annotations

import json
import threading

import pytest
from form_bench import BenchStudio, schema_with
from hypothesis import given
from hypothesis import strategies as st

import framepack_widgets as fp
from framepack_widgets import prompt
from framepack_widgets.models import MODELS
from framepack_widgets.widgets.form import prompt_parts
from framepack_widgets.widgets.form.prompt_editor import PromptEditor
from framepack_widgets.widgets.form.prompt_parts import Draft, Setting, segments, state, why_not

pieces = st.one_of(
    st.sampled_from(
        ["[0s: a]", "[2s-3.5s: b]", "[1.1s : c]", "[0s - 2s: x]", "[3: y]", "[0s", "]", "loose",
         "[4s: d [5s: e]", "\n", "\r\n", "[6s:\n f]", "[٣s: g]", "[1s: h\n]", "[99999999999s: z]",
         "[2s-2s: i ]", "[0s:]", "[" + "9" * 400 + "s: far]", "\u2028", "🐈"]
    ),
    st.text("[]s:-.0123 ab\r\n", max_size=12),
    st.text(max_size=5),
)  # fmt: skip
prompts = st.lists(pieces, max_size=6).map(" ".join)
settings = st.builds(
    Setting,
    st.one_of(st.floats(0.1, 120), st.floats()),
    st.integers(-1, 33),
    st.sampled_from([None, "New", *MODELS]),
    st.booleans(),
)
drafts = st.lists(st.builds(Draft, *[st.text("[]0123456789.s:a\n", max_size=6)] * 4), max_size=3)
SIX = Setting(6, 9, "Original", True)


def edit(editor, text, drafts=(), view="page", n=1):
    """What the page sends after typing."""
    editor._handle_page(
        editor, {"kind": "edit", "view": view, "n": n, "text": text, "drafts": list(drafts)}, []
    )


def draft(raw="", start="0", end="", text=""):
    return {"raw": raw, "start": start, "end": end, "text": text}


@given(prompts)
def test_cutting_loses_no_character_and_finds_the_servers_parts(text):
    cut = segments(text)
    assert "".join(segment.raw for segment in cut) == text
    found = [
        (float(s.start), float(s.end) if s.end else None, s.text.strip())
        for s in cut
        if s.kind == "part"
    ]
    assert found == [(part.start, part.end, part.text) for part in prompt.parse(text).parts]


@given(prompts)
def test_a_part_written_again_from_its_fields_is_the_same(text):
    """As static/prompt_text.js writes an edited row."""
    for part in segments(text):
        if part.kind == "part":
            end = f"-{part.end}s" if part.end else ""
            assert f"[{part.start}s{end}{part.gap}{part.text}]" == part.raw
            assert why_not(Draft(part.raw, part.start, part.end, part.text)) == ""


@given(prompts, st.lists(st.sampled_from(["text", "parts"]), max_size=4))
def test_switching_changes_no_character(text, modes):
    editor = PromptEditor(text)
    for mode in modes:
        editor.mode = mode
        edit(editor, "".join(segment["raw"] for segment in editor.state["segments"]))
    assert editor.value == text
    assert editor.trouble == ""


@given(prompts, settings, drafts)
def test_there_is_a_state_for_everything(text, setting, left):
    made = state(text, setting, left)
    assert json.loads(json.dumps(made)) == made
    assert [each["text"] for each in made["drafts"]] == [each.text for each in left]
    places = [each["at"] for each in made["drafts"] if each["at"] >= 0]
    assert len(set(places)) == len(places)
    if made["bar"]:
        pieces = made["bar"]["pieces"]
        assert pieces[0]["start"] == 0
        assert pieces[-1]["end"] == made["bar"]["length"]
    assert not why_not(Draft("", made["next_start"], "", "text"))


class TestWhatIsSaid:
    def rows(self, text, setting=SIX):
        return [row for row in state(text, setting)["segments"] if row["raw"].strip()]

    def test_times_as_the_server_moves_them(self):
        first, second = self.rows("[2s: a] [4s-5s: b]")
        assert first["times"] == "2.0 s → 2.2 s, until 4.0 s → 4.4 s"
        assert second["times"] == "4.0 s → 4.4 s, until 5.0 s → 5.5 s"

    def test_what_rules_is_what_is_rendered(self):
        first, second = self.rows("[1s: waves] [3s: jumps]")
        assert first["rules"] == "rules 0.0 to 2.43 s of the clip"
        assert second["rules"] == "rules 2.43 to 6.03 s of the clip"

    def test_a_part_that_never_shows_is_told(self):
        first, *_ = self.rows("still [1s: waves] [3s: jumps]")
        assert first["problems"] == ["No time of this clip gets this text."]

    def test_problems_are_at_their_part(self):
        first, second = self.rows("[0s: a] [7s: b]")
        assert first["problems"] == []
        assert "begins after the end" in second["problems"][0]

    def test_problems_of_no_part_are_told_below(self):
        made = state("[3: y] [0s: a]", SIX)
        assert "is not read as a timed part" in made["problems"][0]

    @pytest.mark.parametrize(
        ("model", "words"),
        [
            ("Original", "renders from the end: section 1 of 5 is the clip's last 1.2 s"),
            ("Brand New", "is not known"),
            ("F1", "nearest multiple of 1.1 s"),
        ],
    )
    def test_notes(self, model, words):
        notes = state("[0s: a] [2s: b]", Setting(6, 9, model, True))["notes"]
        assert words in " ".join(notes)
        assert state("only text", Setting(6, 9, model, True))["notes"] == []

    def test_boundaries_are_drawn_while_they_can_be_told_apart(self):
        assert state("[0s: a]", SIX)["bar"]["lines"] == [0, 1.1, 2.2, 3.3, 4.4, 5.5]
        assert state("[0s: a]", Setting(120, 1, "F1", True))["bar"]["lines"] == []

    @pytest.mark.parametrize(
        ("text", "start"),
        [("", "0"), ("plain", "1.1"), ("[0s: a] [3s: b]", "4.4"), ("[9s: a]", "10")],
    )
    def test_a_new_part_begins_after_the_last(self, text, start):
        assert state(text, SIX)["next_start"] == start

    @pytest.mark.parametrize(
        ("row", "words"),
        [
            (Draft("", "2,5", "", "a"), "'2,5' is no time"),
            (Draft("", "", "", "a"), "start '' is no time"),
            (Draft("", "0", "-1", "a"), "end '-1' is no time"),
            (Draft("", "0", "", "a]b"), "ends a timed part"),
            (Draft("", "0", "", "a\nb"), "a line break"),
            (Draft("", "0", "", " "), "Write what happens"),
        ],
    )
    def test_why_a_row_cannot_be_written(self, row, words):
        assert words in why_not(row)


class TestTheWidget:
    def test_value_is_live_both_ways(self):
        editor = PromptEditor("a")
        seen = []
        editor.observe(lambda change: seen.append(change["new"]), "value")
        edit(editor, "ab", n=1)
        editor.value = "abc"
        assert seen == ["ab", "abc"]

    def test_an_answer_names_the_edit_it_answers_and_code_answers_nothing(self):
        editor = PromptEditor()
        edit(editor, "x", view="one", n=7)
        assert (editor.state["view"], editor.state["n"]) == ("one", 7)
        edit(editor, "x", view="one", n=8)
        assert editor.state["n"] == 8, "answered, though nothing changed"
        editor.value = "y"
        assert editor.state["view"] == ""

    def test_what_a_listener_makes_of_an_edit_goes_back_with_the_answer(self):
        editor = PromptEditor()
        editor.observe(lambda _: setattr(editor, "value", editor.value.upper()), "value")
        edit(editor, "abc", view="one", n=3)
        assert editor.value == "ABC"
        assert editor.state["segments"][0]["raw"] == "ABC"
        assert (editor.state["view"], editor.state["n"]) == ("one", 3)

    def test_rows_that_cannot_be_written_are_kept_and_told(self):
        editor = PromptEditor("[0s: a] [1s: b]")
        edit(editor, editor.value, [draft("[1s: b]", "1", "", "b]c"), draft(text="")])
        assert editor.value == "[0s: a] [1s: b]"
        assert [(d["at"], d["text"]) for d in editor.state["drafts"]] == [(2, "b]c"), (-1, "")]
        assert "'b]c') is not in the prompt" in editor.unfinished
        editor.seconds = 3
        assert editor.state["drafts"], "kept while something else changes"
        editor.value = "new"
        assert editor.state["drafts"] == []
        assert editor.unfinished == ""

    def test_of_two_equal_parts_each_draft_takes_its_own(self):
        editor = PromptEditor("[0s: a] [0s: a]")
        edit(editor, editor.value, [draft("[0s: a]", text="x]"), draft("[0s: a]", text="y]")])
        assert [d["at"] for d in editor.state["drafts"]] == [0, 2]

    @pytest.mark.parametrize(
        "change", [{"seconds": 2.0}, {"window": 5}, {"model": "F1"}, {"start_frame": False}]
    )
    def test_what_decides_the_timing_is_looked_at_again(self, change):
        editor = PromptEditor("[0s: a] [2s: b]", seconds=6, window=9, model="Original")
        before = editor.state
        for name, value in change.items():
            setattr(editor, name, value)
        assert editor.state != before

    def test_a_long_prompt_stays_small_and_exact(self):
        text = "[0s: " + "ä [b " * 399 + "]"
        editor = PromptEditor(text)
        assert editor.value == text
        assert len(json.dumps(editor.state)) < 40_000

    def test_nonsense_from_the_page_is_shown_and_changes_nothing(self):
        editor = PromptEditor("a")
        editor._handle_page(editor, {"kind": "edit", "text": "b"}, [])
        assert editor.value == "a"
        assert editor.trouble


def test_what_is_told_is_of_the_settings_that_are_there(monkeypatch):
    editor = PromptEditor("[0s: a] [1.2s: b]", seconds=2)
    other = threading.Thread(target=lambda: setattr(editor, "start_frame", False))

    def overtaken(*arguments):
        monkeypatch.undo()
        other.start()
        other.join(0.3)  # it cannot have told yet
        return state(*arguments)

    monkeypatch.setattr(prompt_parts, "state", overtaken)
    editor.model = "Original"
    other.join()
    assert "2.0 s asked for become a clip of 2.3 s." in editor.state["notes"]


@pytest.mark.parametrize(
    ("version", "model", "start_frame", "seconds"),
    [
        ("0.4", "Original", "cat.png", "2.3 s"),  # never one more for the start
        ("0.4", "F1", None, "2.43 s"),  # always
        ("0.5.1", "Original", "cat.png", "2.43 s"),
        ("0.5.1", "F1", None, "2.3 s"),
    ],
)
def test_the_lengths_are_those_of_the_form_s_server(version, model, start_frame, seconds, tmp_path):
    studio = BenchStudio(tmp_path, schema_with(name=f"recorded-{version}.json"))
    asked = {"seconds": 2, "latent_window_size": 9, "prompt": "[0s: a] [1.2s: b]"}
    form = fp.Form(studio, fp.Settings(model=model, start_frame=start_frame, **asked))
    told = form.controls["prompt"].state
    assert f"2.0 s asked for become a clip of {seconds}." in told["notes"]
    assert told["bar"]["length"] == pytest.approx(float(seconds[:-2]), abs=0.005)
