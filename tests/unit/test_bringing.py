"""A form that is filled from a file or a Studio's preset, and one whose server changes."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from form_bench import BenchStudio, schema_with, schema_with_loras
from library_tools import until
from test_settings_files import PIXELS, params, queue, zipped

import framepack_widgets as fp
from framepack_widgets.demo.sidecar import sidecar_facts, write_json, write_png
from framepack_widgets.found_settings import Found, FoundSettings
from framepack_widgets.library import Library
from framepack_widgets.settings import Settings


class ChangingStudio(BenchStudio):
    """A BenchStudio with a real Library, whose server may change."""

    def __init__(self, folder: Path, schema=None) -> None:
        super().__init__(folder, schema)
        self.library = Library(folder)
        self.watchers = []
        self.asked = 0

    def watch_schema(self, callback):
        self.watchers.append(callback)
        return lambda: self.watchers.remove(callback)

    def refresh(self, *, if_restarted: bool = False):
        assert if_restarted
        self.asked += 1

    def becomes(self, schema) -> None:
        news, self.schema = self.schema.diff(schema), schema
        told = [threading.Thread(target=watcher, args=(news,)) for watcher in self.watchers]
        for thread in told:
            thread.start()
        for thread in told:
            thread.join(10)


@pytest.fixture
def studio(tmp_path):
    return ChangingStudio(tmp_path / "library", schema_with(name="recorded-0.5.1-three-loras.json"))


def top(form):
    return form._bringing.bar


def page(form, kind, **message):
    top(form)._handle_page(top(form), {"kind": kind, **message}, [])


def lines(form, kind="brought"):
    note = top(form).notes.get(kind, {"parts": []})
    return [line for _, told in note["parts"] for line in told]


def drop(form, file, name=None):
    """What the page sends for a dropped file."""
    data = Path(file).read_bytes()
    page(form, "upload_start", id="u", name=name or Path(file).name, size=len(data))
    until(lambda: top(form)._uploads._upload is not None or top(form).trouble)
    for number in range(0, len(data), 1 << 20):
        chunk = memoryview(data[number : number + (1 << 20)])
        message = {"kind": "upload_chunk", "id": "u", "number": number >> 20}
        top(form)._handle_page(top(form), message, [chunk])
    until(lambda: "brought" in top(form).notes or top(form).trouble)
    until(lambda: not top(form)._uploads._wanted)


def test_a_dropped_png_fills_the_form_and_there_is_a_way_back(studio, tmp_path):
    write_png(PIXELS, sidecar_facts(params()), tmp_path / "260101.png")
    mine = Settings(prompt="mine", steps=11)
    form = fp.Form(studio, mine)
    drop(form, tmp_path / "260101.png")
    assert form.settings.prompt == "a cat"
    kept = Path(form.settings.start_frame)
    assert np.array_equal(np.asarray(PIL.Image.open(kept)), PIXELS)
    assert kept.parent == studio.library.path / "inputs", "the upload itself is gone"
    assert "260101.png" in top(form).notes["brought"]["title"]
    assert lines(form) == ["LoRAs"], "what it says nothing of"
    form.settings = form.settings.replace(steps=99)
    page(form, "undo")
    assert form.settings == mine
    assert not top(form).notes
    assert not top(form).can_undo


def test_what_is_missing_and_what_does_not_fit_is_listed(studio, tmp_path):
    facts = sidecar_facts(params(selected_loras=["gone <b>"], lora_loaded_names=["gone <b>"]))
    write_json(facts | {"steps": 5000}, tmp_path / "x.json")
    form = fp.Form(studio)
    drop(form, tmp_path / "x.json")
    told = lines(form)
    assert any(line.startswith("Start frame: it does not hold it") for line in told)
    assert any("5000 is more than 100" in line for line in told)
    assert any("gone <b>" in line for line in told)
    assert form.settings.loras == {}
    assert form.settings.steps is None
    until(lambda: "no file" in form._bar.blocked)  # it is refused, not rendered without
    page(form, "dismiss", which="brought")
    assert not top(form).notes


def test_a_frame_that_the_library_has_is_not_missing(studio, tmp_path):
    PIL.Image.fromarray(PIXELS).save(tmp_path / "f.png")
    kept = Path(studio.library.keep_input(tmp_path / "f.png"))
    facts = {
        "framepack_widgets": 1, "settings": {"prompt": "p"},
        "inputs": {"start_frame": {"name": kept.name, "sha256": kept.stem}},
    }  # fmt: skip
    (tmp_path / "clip.json").write_text(json.dumps(facts))
    form = fp.Form(studio)
    drop(form, tmp_path / "clip.json")
    assert form.settings.start_frame == str(kept)
    assert not any("Start frame" in line for line in lines(form))


def test_the_jobs_of_a_queue_can_be_chosen(studio, tmp_path):
    folder = tmp_path / "studio"
    folder.mkdir()
    queue(folder, params(), params(seed=6, prompt_text="two", end_frame_image=PIXELS))
    form = fp.Form(studio, Settings(prompt="mine"))
    drop(form, zipped(folder, tmp_path / "q.zip"))
    assert form.settings.seed == 5
    assert [title.split(" · ")[2] for title in top(form).jobs] == ["a cat", "two"]
    page(form, "choose", index=1)
    until(lambda: form.settings.seed == 6)
    assert Path(form.settings.end_frame).is_file()
    until(lambda: top(form).chosen == 1)
    page(form, "undo")
    assert form.settings == Settings(prompt="mine"), "before the file, not before the choice"
    assert top(form).jobs == []


def test_a_file_without_settings_changes_nothing_and_says_why(studio, tmp_path):
    PIL.Image.fromarray(PIXELS).save(tmp_path / "cat.png")
    form = fp.Form(studio, Settings(prompt="mine"))
    drop(form, tmp_path / "cat.png")
    assert "cat.png holds no settings" in top(form).trouble
    assert form.settings == Settings(prompt="mine")
    assert not list(studio.library.incoming_folder.iterdir())


def test_bring_in_code(studio):
    form = fp.Form(studio)
    found = FoundSettings("x", (Found(Settings(steps=5000, prompt="p")),))
    assert len(form.bring(found)) == 1
    assert form.settings == Settings(prompt="p")


# ---------------------------------------------------------------------- the server changes


def edit(panel, name, **message):
    panel._handle_page(
        panel, {"kind": "edit", "name": name, "view": "v", "number": 1, **message}, []
    )


def test_the_form_says_what_changed_and_keeps_what_fits(studio):
    mine = Settings(prompt="mine", steps=30, loras={"anime_v2": 0.5}, cfg_scale=1.5)
    form = fp.Form(studio, mine)
    studio.becomes(schema_with_loras(2))
    assert form.schema is studio.schema
    assert form.settings == mine, "nothing is lost"
    assert "LoRA 'anime_v2' is gone." in lines(form, "changed")
    assert [problem.field for problem in form.report.problems] == ["loras"]
    assert "LoRAs" in form._bar.blocked
    studio.becomes(schema_with(name="recorded-0.5.1-three-loras.json"))
    assert form.report.ok
    assert "LoRA 'anime_v2' is new." in lines(form, "changed")


def test_an_edit_on_its_way_counts_for_nothing_after_a_change(studio):
    form = fp.Form(studio)
    panel = next(panel for panel in form._view.panels if "model" in panel.names())
    before = studio.schema["model"].values[2]
    studio.becomes(schema_with_loras(1))
    edit(panel, "model", index=2)  # the third of another list
    assert form.settings.model is None, before
    control = form.controls["steps"]
    studio.becomes(schema_with_loras(2))
    edit(control, "steps", text="33")
    assert form.settings.steps is None


def test_the_form_asks_only_while_it_is_looked_at_and_ends(studio):
    form = fp.Form(studio)
    assert studio.asked == 0
    page(form, "here", view="v", seen=True)
    until(lambda: studio.asked == 1)
    page(form, "here", view="v", seen=None)
    other = ChangingStudio(studio.library.path.parent / "other")
    form.studio = other
    assert studio.watchers == []
    assert len(other.watchers) == 1
    form.close()
    assert other.watchers == []


# ---------------------------------------------------------------------- the Studio's presets


class Shelf:
    """A Studio's presets in memory."""

    offered = True

    def __init__(self) -> None:
        self.kept = {("F1", "cats"): Settings(model="F1", prompt="cats", loras={"gone": 1.0})}

    def all(self):
        return {"F1": tuple(name for _, name in self.kept)}

    def load(self, name, model):
        return FoundSettings(f"the preset {name!r}", (Found(self.kept[model, name]),))

    def save(self, name, settings):
        self.kept["F1", name] = settings

    def delete(self, name, model):
        del self.kept[model, name]


def test_presets_on_the_studio(studio):
    studio.presets = shelf = Shelf()
    form = fp.Form(studio)
    bar = form._presets
    until(lambda: bar.on_studio == [["F1", "cats"]])
    bar._handle_page(bar, {"kind": "load", "name": "cats", "model": "F1"}, [])
    until(lambda: "from the Studio" in bar.said)
    assert form.settings == Settings(model="F1", prompt="cats", loras={})
    assert any("gone" in line for line in lines(form))
    bar._handle_page(bar, {"kind": "save", "name": "mine", "on_studio": True}, [])
    until(lambda: ["F1", "mine"] in bar.on_studio)
    assert bar.names == [], "not in the Library"
    bar._handle_page(bar, {"kind": "delete", "name": "cats", "model": "F1"}, [])
    until(lambda: bar.on_studio == [["F1", "mine"]])
    assert list(shelf.kept) == [("F1", "mine")]
