"""The editor of a sweep without a browser: rows into axes, messages, the plan while one types."""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace

import pytest
from library_tools import until
from sweep_world import BASE, SCHEMA, rows

from framepack_widgets.errors import SettingsError
from framepack_widgets.settings import Settings
from framepack_widgets.sweeps.plan import PlanCancelled, plan
from framepack_widgets.sweeps.sources import search_replace, seeds
from framepack_widgets.sweeps.sweep import Sweep
from framepack_widgets.widgets.sweeps.axis_offers import offers
from framepack_widgets.widgets.sweeps.editor_rows import Row, Way, read, rows_from, rows_of
from framepack_widgets.widgets.sweeps.plan_text import plan_lines
from framepack_widgets.widgets.sweeps.planner import Planner
from framepack_widgets.widgets.sweeps.sweep_editor import SweepEditor


def reading(*pairs, **way):
    return read(rows(*pairs), BASE, SCHEMA, Way(**way))


# ---------------------------------------------------------------------- rows


def test_every_offer_makes_an_axis_of_its_own_example():
    frames = ("start_frame", "end_frame", "video")
    for offer in offers(SCHEMA, BASE):
        if offer.key in frames:
            continue  # its example is a folder
        example = offer.example or "one text\nanother text"
        if offer.key.startswith("negative_prompt~"):
            continue  # the recorded server's own text has no cat in it
        found = reading((offer.key, example))
        assert found.sweep is not None, (offer, found)
        assert len(found.sweep.axes[0]) > 1, offer


def test_the_form_and_python_make_the_same_sweep():
    found = reading(
        ("cfg_scale", "1, 1.5, 2"), ("steps", "10:30:10"), ("loras.camera-orbit", "0..1/3"),
        ("prompt~replace", 'cat, dog, "fox, red"'), ("seed~new", "2"), ("prompt[2]", "it {a|b}"),
    )  # fmt: skip
    in_python = Sweep(
        BASE, schema=SCHEMA, cfg_scale=[1, 1.5, 2], steps=[10, 20, 30],
        **{"loras.camera-orbit": [0.0, 0.5, 1.0]},
        prompt=search_replace("cat", "dog", "fox, red"), seed=seeds(2),
        **{"prompt[2]": ["it a", "it b"]},
    )  # fmt: skip
    assert found.sweep is not None
    assert [p.settings for p in found.sweep][:40] == [p.settings for p in in_python][:40]
    again = read(rows_of(found.sweep), BASE, SCHEMA)
    assert again.sweep == found.sweep, "and the rows of it make it again"


def test_what_is_wrong_stands_at_its_row():
    assert reading(("cfg_scale", "1, 99")).errors == {"r0": "99 is more than 3. Use 1 to 3."}
    assert "between two commas" in reading(("cfg_scale", "1,")).errors["r0"]
    assert "no number of seeds" in reading(("seed~new", "many")).errors["r0"]
    assert "does not occur" in reading(("prompt~replace", "horse, dog")).errors["r0"]
    assert "what replaces it" in reading(("prompt~replace", "cat")).errors["r0"]
    assert "Choose what" in reading(("", "1")).errors["r0"]
    assert "Write its values" in reading(("steps", " ")).errors["r0"]
    both = reading(("cfg_scale", "0"), ("steps", "1, x"), ("seconds", "2, 4"))
    assert set(both.errors) == {"r0", "r1"} and both.told["r2"] == "2 values: 2, 4"
    mixed = reading(("cfg_scale", "1, 99"), ("", ""))
    assert mixed.errors == {
        "r0": "99 is more than 3. Use 1 to 3.",
        "r1": "Choose what is to vary.",
    }
    assert "Two axes" in reading(("steps", "1, 2"), ("steps", "3, 4")).errors["r1"]
    assert "Add an axis" in read([], BASE, SCHEMA).error


def test_zipped_rows_have_to_be_equally_long():
    found = reading(("steps", "1, 2"), ("seed", "1, 2, 3"), combine="zip")
    assert found.sweep is None and not found.error and not found.errors
    assert found.fields["combine"] == (
        "Zipped axes are equally long, but steps has 2, seed has 3. "
        "Give as many of each, or combine every value with every other."
    )
    assert len(reading(("steps", "1, 2"), ("seed", "1, 2"), combine="zip").sweep) == 2


def test_a_message_of_the_page_is_taken_as_it_is():
    assert rows_from([{"id": "a", "key": "steps", "text": 5}, "nonsense", {}]) == [
        Row("a", "steps", "5"),
        Row("None", "", ""),
    ]
    assert rows_from(None) == [] and len(rows_from([{}] * 100)) == 20


# ---------------------------------------------------------------------- the plan


def test_the_plan_in_lines():
    sweep = Sweep(BASE, cfg_scale=[1, 1.0, 2], steps=[10, 500])
    lines = plan_lines(plan(sweep, SCHEMA, check_files=False))
    assert lines[0][0] == "head" and "renders to do" in lines[0][1]
    assert "time unknown" in lines[0][1] and "room on disk unknown" in lines[0][1]
    assert any(kind == "error" and "refused" in text for kind, text in lines)
    assert any(kind == "error" and "500" in text for kind, text in lines)


def test_only_the_newest_order_is_worked_on_and_shown():
    begun, may_go, shown = [], threading.Event(), []

    def work(order, cancelled):
        begun.append(order)
        while not (may_go.is_set() or cancelled()):
            time.sleep(0.005)
        if cancelled():
            raise PlanCancelled("old")
        return order

    planner = Planner(work, shown.append, wait_s=0.02)
    for key in "abc":
        planner.want(key)
    until(lambda: begun)
    assert begun == ["c"], "typing on begins nothing"
    planner.want("d")
    until(lambda: len(begun) == 2)
    may_go.set()
    until(lambda: shown)
    assert begun == ["c", "d"] and shown == ["d"], "the next keystroke ends what is under way"
    planner.want("e")
    planner.end()
    time.sleep(0.1)
    assert shown == ["d"]


def test_an_answer_that_comes_too_late_is_not_shown():
    may_go, ended, shown = threading.Event(), threading.Event(), []

    def work(order, _):
        may_go.wait(10)
        ended.set()
        return order

    planner = Planner(work, shown.append, wait_s=0.0)
    planner.want("a")
    time.sleep(0.1)
    planner.end()
    may_go.set()
    assert ended.wait(10)
    time.sleep(0.1)
    assert shown == []


# ---------------------------------------------------------------------- the widget


class BenchStudio:
    """What an editor asks of a Studio."""

    schema = SCHEMA
    key = "key"
    url = "http://bench"
    has_all = False

    def __init__(self):
        self.asked = []
        self._desk = SimpleNamespace(key="key")
        self.library = SimpleNamespace(
            renders=lambda _: [],
            studio=lambda _: "key",
            clips_folder=None,
            runs=SimpleNamespace(there=lambda ids: set(ids) if self.has_all else set()),
        )

    def run(self, sweep, name=None):
        self.asked.append((sweep, name))
        return SimpleNamespace(name=name or "made")


@pytest.fixture
def editor():
    made = SweepEditor(BenchStudio(), BASE.replace(model="Original"))
    until(lambda: made.panel.result.get("is_old") is False)
    yield made
    made.close()


def type_in(editor, *pairs, name="", combine="grid"):
    given = [row._asdict() for row in rows(*pairs)]
    message = {"kind": "edit", "rows": given, "combine": combine, "name": name, "edit": 1}
    editor.panel._handle_page(editor.panel, message, [])
    assert editor.panel.result["blocked"], "nothing runs before its plan is shown"
    until(lambda: editor.panel.result.get("is_old") is False)
    return editor.panel.result


def test_typing_shows_the_plan_and_run_runs_it(editor):
    assert "Choose what" in editor.panel.result["blocked"], "an empty row is there to begin with"
    result = type_in(editor, ("steps", "10, 20"), ("cfg_scale", "1, 5"))
    assert result["errors"] == {"r1": "5 is more than 3. Use 1 to 3."}
    assert result["blocked"] == "5 is more than 3. Use 1 to 3."
    editor.panel._handle_page(editor.panel, {"kind": "run"}, [])
    assert not editor.studio.asked and not editor.panel.running
    result = type_in(editor, ("steps", "10, 20"), ("cfg_scale", "1, 2"), name=" night ")
    assert result["blocked"] == "" and "4 renders to do" in result["plan"][0][1]
    ran = []
    editor.on_run(ran.append)
    for _ in range(2):  # a double click
        editor.panel._handle_page(editor.panel, {"kind": "run"}, [])
    until(lambda: ran)
    [(sweep, name)] = editor.studio.asked
    assert name == "night" and len(sweep) == 4
    assert editor.panel.sent == "Started: night"
    text = editor.panel.python
    assert "fp.Sweep(" in text and "studio.run(sweep, name='night')" in text
    type_in(editor, ("steps", "11, 21"), name="another night")
    editor.panel._handle_page(editor.panel, {"kind": "run"}, [])  # at once, but not the same click
    until(lambda: len(ran) == 2)


def test_run_is_heard_while_the_clips_of_another_run_come_in(editor):
    type_in(editor, ("steps", "10, 20"), name="second")
    ran = []
    editor.on_run(ran.append)
    editor.plan_anew()
    editor.panel._handle_page(editor.panel, {"kind": "run"}, [])
    until(lambda: ran)
    editor.studio.has_all = True
    editor.plan_anew()
    until(lambda: "2 there already" in editor.panel.result["plan"][0][1])


def test_a_click_on_a_plan_that_has_just_changed_is_answered(editor):
    type_in(editor, ("steps", "10, 20"))
    editor.schema_changed()
    editor.panel._handle_page(editor.panel, {"kind": "run"}, [])
    assert "press Run again" in editor.panel.trouble
    type_in(editor, ("steps", "10, 30"))
    assert not editor.panel.trouble
    assert not editor.studio.asked


def test_what_is_rendered_already_is_said(editor):
    editor.studio.has_all = True
    result = type_in(editor, ("steps", "10, 20"))
    assert "0 renders to do · 2 there already" in result["plan"][0][1]
    assert result["blocked"] == "", "it still makes a run, of the clips that are there"


def test_the_forms_settings_are_what_all_points_share(editor):
    type_in(editor, ("prompt~replace", "cat, dog"))
    assert not editor.panel.result["errors"]
    editor.settings = Settings(prompt="a horse", seed=1)
    until(lambda: editor.panel.result.get("is_old") is False)
    assert "does not occur" in editor.panel.result["errors"]["r0"]
    with pytest.raises(SettingsError, match="does not occur"):
        editor.run()


def test_a_sweep_fills_the_rows(editor):
    before = editor.panel.state["version"]
    editor.sweep = Sweep(BASE, combine="zip", steps=[10, 20], seed=[1, 2])
    state = editor.panel.state
    assert state["version"] > before and state["combine"] == "zip"
    assert [row["text"] for row in state["rows"]] == ["10, 20", "1, 2"]
    assert len(editor.sweep) == 2
