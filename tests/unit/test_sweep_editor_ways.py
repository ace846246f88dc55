"""The editor of a sweep: points that are drawn, drafts before renders in full."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from library_tools import until
from sweep_world import BASE, SCHEMA, rows

from framepack_widgets.errors import SettingsError
from framepack_widgets.sweeps.draws import choice, log_uniform, uniform
from framepack_widgets.sweeps.sweep import Sweep
from framepack_widgets.widgets.sweeps.drawn_rows import Range, range_in
from framepack_widgets.widgets.sweeps.editor_plan import Draft
from framepack_widgets.widgets.sweeps.editor_rows import Way, read
from framepack_widgets.widgets.sweeps.run_list import RunList
from framepack_widgets.widgets.sweeps.sweep_editor import SweepEditor


def drawn(*pairs, combine="random", count="5", start="3"):
    return read(rows(*pairs), BASE, SCHEMA, Way(combine, count, start))


# ---------------------------------------------------------------------- drawn points


def test_a_range_in_words_of_people():
    assert range_in("1..3") == Range(1, 3) and range_in(" .1 .. 1e1 log ") == Range(0.1, 10.0, True)
    assert range_in("1..3/5") is None and range_in("1, 2") is None
    assert Range(0.1, 10, True).told == "any number from 0.1 to 10, every ratio as likely"
    for wrong in ("3..1", "0..1 log"):
        with pytest.raises(SettingsError):
            range_in(wrong)


def test_drawn_points_are_those_of_python():
    found = drawn(
        ("cfg_scale", "1..3"), ("steps", "10, 20, 30"), ("end_frame_influence", "0.1..1 log")
    )
    in_python = Sweep.random(
        BASE, 5, schema=SCHEMA, seed=3, cfg_scale=uniform(1, 3), steps=choice([10, 20, 30]),
        end_frame_influence=log_uniform(0.1, 1.0),
    )  # fmt: skip
    assert found.sweep == in_python
    assert found.told["r0"] == "any number from 1 to 3"
    assert found.told["r1"] == "one of 3 values: 10, 20, 30"
    other = drawn(("cfg_scale", "1..3"), start="4").sweep
    assert other is not None and other != drawn(("cfg_scale", "1..3")).sweep


def test_words_seeds_and_parts_are_drawn_too():
    found = drawn(
        ("prompt~replace", "cat, dog, fox"), ("seed~new", "1"), ("prompt[2]", "it {a|b}"),
        count="30",
    ).sweep  # fmt: skip
    assert found is not None and len(found) == 30
    prompts = {point.settings.prompt for point in found}
    assert {prompt.split()[1] for prompt in prompts} == {"cat", "dog", "fox"}
    assert any("it a" in p for p in prompts) and any("it b" in p for p in prompts)
    assert len({point.settings.seed for point in found}) == 30, "each has a seed of its own"


def test_what_is_wrong_with_drawing_stands_at_its_field():
    assert drawn(("steps", "1, 2"), count="x").fields == {"count": "'x' is no whole number."}
    assert "draw 1 to" in drawn(("steps", "1, 2"), count="0").fields["count"].lower()
    assert set(drawn(("steps", "1, 2"), count="", start="").fields) == {"count", "start"}
    assert drawn(("cfg_scale", "1..9")).errors == {"r0": "9 is more than 3. Use 1 to 3."}
    assert "larger one" in drawn(("cfg_scale", "3..1")).errors["r0"]
    twice = drawn(("prompt~replace", "cat, dog"), ("prompt~replace", "a, the"))
    assert "one row" in twice.fields["count"]
    assert "1..3" in read(rows(("cfg_scale", "1..3")), BASE, SCHEMA).errors["r0"], "in a grid"


def test_points_spread_evenly_need_scipy():
    found = drawn(("cfg_scale", "1..3"), combine="sobol")
    try:
        import scipy  # noqa: F401
    except ImportError:
        assert "scipy" in found.fields["combine"]
    else:
        assert found.sweep is not None and len(found.sweep) == 5


# ---------------------------------------------------------------------- drafts


def test_what_drafts_have_instead():
    assert Draft().changes(SCHEMA) == {}
    assert Draft(True).changes(SCHEMA) == {"steps": 8, "seconds": 1}
    assert Draft(True, "", "1.5").changes(SCHEMA) == {"seconds": 1.5}
    for draft, words in (
        (Draft(True, "", " "), "write the steps"),
        (Draft(True, "few", ""), "'few' is no number"),
        (Draft(True, "900", ""), "900"),
        (Draft(True, "inf", ""), "no number"),
    ):
        with pytest.raises(SettingsError, match=words):
            draft.changes(SCHEMA)


class BenchStudio:
    """What an editor asks of a Studio."""

    schema = SCHEMA
    key = "key"

    def __init__(self):
        self.asked = []
        self._desk = SimpleNamespace(key="key")
        self.library = SimpleNamespace(
            renders=lambda _: [],
            clips_folder=None,
            runs=SimpleNamespace(there=lambda _: set()),
        )

    def run(self, sweep, name=None, draft=None):
        self.asked.append((sweep, name, draft))
        return SimpleNamespace(name=f"{name} (draft)")


@pytest.fixture
def editor():
    made = SweepEditor(BenchStudio(), BASE.replace(model="Original"))
    until(lambda: made.panel.result.get("is_old") is False)
    yield made
    made.close()


def edit(editor, *pairs, **more):
    given = [row._asdict() for row in rows(*pairs)]
    message = {"kind": "edit", "rows": given, "combine": "grid", "edit": 1, **more}
    editor.panel._handle_page(editor.panel, message, [])
    until(lambda: editor.panel.result.get("is_old") is False)
    return editor.panel.result


def test_drafts_are_planned_and_run(editor):
    draft = {"is_on": True, "steps": "8", "seconds": "1"}
    result = edit(editor, ("cfg_scale", "1, 2"), ("seed", "1, 2, 3"), draft=draft, name="x")
    kind, head = result["plan"][0]
    assert kind == "head" and head.startswith("Drafts of 8 steps, 1 s: 6 points · 6 renders to do")
    assert result["plan"][1][1].startswith("all in full afterwards: time unknown")
    assert result["blocked"] == "" and result["count"] == 6
    assert "draft=dict(steps=8, seconds=1)" in editor.panel.python
    assert editor.draft == {"steps": 8, "seconds": 1}
    editor.run()
    [(sweep, name, asked)] = editor.studio.asked
    assert (len(sweep), name, asked) == (6, "x", {"steps": 8, "seconds": 1})
    assert next(iter(sweep)).settings.seconds == 4, "the sweep itself is that of the full renders"


def test_a_draft_of_what_varies_is_refused_at_its_field(editor):
    draft = {"is_on": True, "steps": "8", "seconds": ""}
    result = edit(editor, ("steps", "10, 20"), draft=draft)
    assert "steps, which is an axis" in result["fields"]["draft"]
    assert result["blocked"] == result["fields"]["draft"] and not result["plan"]
    with pytest.raises(SettingsError, match="an axis"):
        editor.run()
    assert not editor.studio.asked


def test_drawn_points_in_the_widget(editor):
    result = edit(editor, ("cfg_scale", "1..3"), combine="random", count="7", start="0")
    assert "7 points" in result["plan"][0][1]
    assert editor.panel.state["combine"] == "random" and len(editor.sweep) == 7
    result = edit(editor, ("cfg_scale", "1..3"), combine="nonsense")
    assert editor.panel.state["combine"] == "grid" and result["errors"]


# ---------------------------------------------------------------------- the list of runs


class ListedRun:
    state, counts = "done", {"done": 2}

    def __init__(self, runs, number):
        self.id = self.name = f"run{number}"
        self.record = SimpleNamespace(created_at=number)
        self._runs = runs

    def delete(self):
        self._runs.remove(self)


def test_a_deleted_run_leaves_the_list_and_the_page():
    runs: list = []
    runs += [ListedRun(runs, number) for number in range(2)]
    shown: list = []
    listed = RunList(SimpleNamespace(runs=lambda: list(runs)), shown.append, lambda: None)
    listed.look()
    assert [run[0] for run in listed.runs] == ["run1", "run0"] and shown[-1].id == "run1"
    listed._handle_page(listed, {"kind": "delete", "run": "run1"}, [])
    until(lambda: listed.chosen == shown[-1].id == "run0")
    assert [run.id for run in runs] == ["run0"]
    listed._handle_page(listed, {"kind": "delete", "run": "nonsense"}, [])
    listed._handle_page(listed, {"kind": "delete", "run": "run0"}, [])
    until(lambda: shown[-1] is None)
    assert listed.runs == [] and listed.trouble == ""
    listed.close()
