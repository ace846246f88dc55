"""LoRAs in the form and on their own page, without a browser: what is shown, kept and put in."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from form_bench import BenchStudio, schema_with_loras
from library_tools import done_job, until

import framepack_widgets as fp
from framepack_widgets.library import Library
from framepack_widgets.lora_notes import LoraNote, LoraNotes
from framepack_widgets.settings import Settings
from framepack_widgets.widgets.app.app_tabs import CLIPS, LORAS, RENDER, Tabs
from framepack_widgets.widgets.loras import lora_text
from framepack_widgets.widgets.loras.lora_list import LoraList

GRAIN = "anime_v2"  # of the recorded Studio


@pytest.fixture
def notes(tmp_path):
    return LoraNotes(tmp_path)


@pytest.fixture
def form(tmp_path, notes):
    notes.set(GRAIN, note="<b>old</b> film", triggers=["grain", "8 mm"], weight=0.6)
    made = fp.Form(BenchStudio(tmp_path))
    until(lambda: row(made).get("about"))
    yield made
    made.close()


def edit(form, **message):
    panel = form._view.panels[2]
    panel._handle_page(
        panel, {"kind": "edit", "name": "loras", "view": "v", "number": 1, **message}, []
    )
    assert not panel.trouble


def row(form):
    return form._view.panels[2].state["rows"]["loras"]


# ---------------------------------------------------------------------- the form


def test_a_lora_is_turned_on_with_the_weight_that_one_likes(form):
    assert row(form)["about"] == {GRAIN: {"note": "<b>old</b> film"}}, "a tooltip until it is on"
    edit(form, lora=GRAIN, on=True)
    assert form.settings.loras == {GRAIN: 0.6}
    assert row(form)["about"][GRAIN] == {
        "note": "<b>old</b> film",
        "triggers": [["grain", False], ["8 mm", False]],
        "weight": "0.6",
        "hint": "None of its trigger words is in the prompt.",
    }
    assert form.report.ok, "a hint keeps nobody from rendering"
    edit(form, lora=GRAIN, text="1.5")
    assert form.settings.loras == {GRAIN: 1.5}
    edit(form, lora=GRAIN, on=True)
    assert form.settings.loras == {GRAIN: 1.5}, "it is on already"
    edit(form, lora=GRAIN, on=False)
    assert form.settings.loras == {}


def test_a_weight_beyond_the_servers_range_is_not_taken(form, notes):
    notes.set(GRAIN, weight=50)
    form.loras._shelf.look()
    edit(form, lora=GRAIN, on=True)
    assert form.settings.loras == {GRAIN: 1.0}
    other = next(name for name in form.schema.loras if name != GRAIN)
    edit(form, lora=other, on=True)
    assert form.settings.loras[other] == 1.0, "nothing is kept about it"


def test_a_trigger_word_goes_into_the_prompt(form):
    form.settings = Settings(prompt="[0s: it looks up] [2s: it yawns]", loras={GRAIN: 0.6})
    edit(form, lora=GRAIN, word="grain", near="it looks up")
    assert form.settings.prompt == "[0s: it looks up, grain] [2s: it yawns]"
    assert row(form)["about"][GRAIN]["triggers"] == [["grain", True], ["8 mm", False]]
    assert row(form)["about"][GRAIN]["hint"] == ""
    assert form.controls["prompt"].value == form.settings.prompt
    edit(form, lora=GRAIN, word="8 mm", near="")
    assert form.settings.prompt == "[0s: it looks up, grain] [2s: it yawns, 8 mm]"
    edit(form, lora=GRAIN, word="not one of its words")
    assert "not one" not in form.settings.prompt


def test_a_note_is_kept_and_what_is_wrong_with_it_is_told(form, notes):
    edit(form, lora=GRAIN, on=True)
    typed = {"id": "1", "note": "new", "triggers": " a,  b c ", "weight": "0.25"}
    edit(form, lora=GRAIN, keep=typed)
    until(lambda: row(form)["saved"].get("id") == "1")
    assert row(form)["saved"] == {"lora": GRAIN, "id": "1", "error": ""}
    assert notes.get(GRAIN) == LoraNote(GRAIN, "new", ("a", "b c"), 0.25)
    assert row(form)["about"][GRAIN]["triggers"] == [["a", False], ["b c", False]]
    assert form.settings.loras == {GRAIN: 0.6}, "what is rendered next is not changed by a note"
    edit(form, lora=GRAIN, keep={**typed, "id": "2", "weight": "much"})
    until(lambda: row(form)["saved"].get("id") == "2")
    assert "'much' is no weight of a LoRA" in row(form)["saved"]["error"]
    assert notes.get(GRAIN).weight == 0.25
    edit(form, lora=GRAIN, keep={"id": "3"})
    until(lambda: row(form)["saved"].get("id") == "3")
    assert notes.names() == [], "emptied is forgotten"


def test_thirty_notes_stay_small_in_the_page(tmp_path, notes):
    schema = schema_with_loras(30)
    for name in schema.loras:
        notes.set(name, note="long " * 400, triggers=["word"])
    form = fp.Form(BenchStudio(tmp_path, schema))
    until(lambda: len(form.loras._shelf.all) == 30)
    until(lambda: row(form)["about"])
    assert max(len(about["note"]) for about in row(form)["about"].values()) <= 200
    form.close()


# ---------------------------------------------------------------------- the page


@pytest.fixture
def studio(tmp_path):
    library = Library(tmp_path / "library")
    yield SimpleNamespace(library=library, loras=("b", "a<i>"), lora_folder="/studio/loras")
    library.close()


class Page(LoraList):
    """Remembers what the page is told."""

    def __init__(self, *args, **kwargs):
        self.told = []
        super().__init__(*args, **kwargs)

    def _tell(self, kind, buffers=(), **values):
        self.told.append((kind, values))

    def last(self, kind="loras"):
        return next((values for told, values in reversed(self.told) if told == kind), {})

    def hear(self, kind, **message):
        self._handle_page(None, {"kind": kind, **message}, [])


def test_the_page_lists_the_servers_loras_and_those_with_notes(studio):
    LoraNotes(studio.library.path).set("gone", note="was good", weight=0.5)
    done_job(studio.library, loras={"b": 0.7})
    page = Page(studio)
    page.hear("look")
    until(lambda: len(page.last().get("items", ())) == 3 and page.last()["items"][0]["clips"])
    told = page.last()
    assert [(item["name"], item["here"]) for item in told["items"]] == [
        ("b", True), ("a<i>", True), ("gone", False),
    ]  # fmt: skip
    assert told["items"][0]["uses"] == "in 1 clip, newest at 0.7"
    assert told["items"][2]["weight"] == "0.5"
    assert (told["empty"], told["can_use"], told["can_show"]) == ("", False, False)
    page.close()


def test_what_is_kept_on_the_page_is_in_the_form_at_once(studio, tmp_path):
    bench = BenchStudio(studio.library.path)
    form = fp.Form(bench, Settings(loras={GRAIN: 1}))
    page = Page(studio)
    page.hear("keep", lora=GRAIN, typed={"id": "7", "note": "n", "triggers": "t", "weight": ""})
    until(lambda: page.last("kept"))
    assert page.last("kept") == {"lora": GRAIN, "id": "7", "error": ""}
    until(lambda: row(form)["about"][GRAIN]["triggers"] == [["t", False]])
    page.hear("keep", lora=GRAIN, typed={"id": "8", "triggers": "[x"})
    until(lambda: page.last("kept")["id"] == "8")
    assert "no trigger word" in page.last("kept")["error"]
    page.close()
    form.close()


def test_clips_that_come_and_loras_that_go_are_noticed(studio):
    page = Page(studio)
    page._look()
    before = len(page.told)
    page._look()
    assert len(page.told) == before, "nothing is told where nothing has changed"
    done_job(studio.library, loras={"b": 0.7})
    page._look()
    assert page.last()["items"][0]["clips"] == 1
    studio.loras = ()
    page._look()
    assert page.last()["items"] == []
    assert "no LoRAs. It looks for them in /studio/loras" in page.last()["empty"]
    page.close()


def test_its_buttons_call_what_was_given(studio):
    used, shown = [], []
    page = Page(studio, used.append, shown.append)
    page.hear("use", lora="b")
    page.hear("clips", lora="a<i>")
    until(lambda: used and shown)
    assert (used, shown) == (["b"], ["a<i>"])
    page.close()


def test_the_words_about_uses():
    use = SimpleNamespace(clips=12, weight=0.8, stars=4)
    assert lora_text.uses_line(use) == "in 12 clips, best rated (★★★★) at 0.8"
    assert lora_text.uses_line(None) == "in no clip of the Library yet"
    assert lora_text.uses_line(SimpleNamespace(clips=2, weight=None, stars=0)) == "in 2 clips"


def test_the_apps_tab_leads_to_the_form_and_to_the_clips(studio, form):
    went = []
    tabs = Tabs(lambda: studio.library, lambda: form, went.append)
    tabs.open(LORAS, SimpleNamespace(studio=studio))
    page = tabs.panels[LORAS].children[0].list
    page._handle_page(None, {"kind": "use", "lora": GRAIN}, [])
    until(lambda: went)
    assert form.settings.loras == {GRAIN: 0.6}
    assert row(form)["value"] == [[GRAIN, "0.6"]]
    assert form._view.panels[2].state["groups"]["LoRAs"]["open"]
    page._handle_page(None, {"kind": "clips", "lora": "b"}, [])
    until(lambda: len(went) == 2)
    assert went == [RENDER, CLIPS]
    assert tabs._clips.grid._query.text == "b"
    tabs.close()


def test_a_studio_gives_its_notes_to_code(studio):
    from framepack_widgets.studio_loras import WithLoras

    made = WithLoras()
    made._desk = studio  # type: ignore[assignment]
    made.lora_notes.set("b", weight=0.5)
    assert fp.LoraNotes(studio.library.path).get("b") == fp.LoraNote("b", weight=0.5)
