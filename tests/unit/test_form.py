"""The form without a page: live both ways, what is shown, what is sent."""

from __future__ import annotations

import threading
from pathlib import Path

import PIL.Image
import pytest
from form_bench import BenchStudio, schema_with, schema_with_loras
from hypothesis import HealthCheck, given
from hypothesis import settings as rules
from hypothesis import strategies as st
from library_tools import until

import framepack_widgets as fp
from framepack_widgets.errors import SettingsError
from framepack_widgets.images import ImageData
from framepack_widgets.settings import MAX_SEED, Settings

IMAGE = ImageData.of(PIL.Image.new("RGB", (64, 48)))


@pytest.fixture
def studio(tmp_path: Path) -> BenchStudio:
    return BenchStudio(tmp_path)


def edit(form, name, **message):
    """What the page sends when somebody changes a field."""
    panel = next(panel for panel in form._view.panels if name in panel.names())
    panel._handle_page(
        panel, {"kind": "edit", "name": name, "view": "v", "number": 1, **message}, []
    )
    assert not panel.trouble


def rows(form):
    return {name: row for panel in form._view.panels for name, row in panel.state["rows"].items()}


def errors(form, name):
    return [text for severity, text in rows(form)[name]["notes"] if severity == "error"]


def click_render(form):
    form._bar._handle_page(form._bar, {"kind": "render"}, [])


# ---------------------------------------------------------------------- live both ways

SCHEMA = schema_with(name="recorded-0.5.1-three-loras.json")


def values_of(field):
    if field.name == "loras":
        weight = st.floats(0, 2)
        return st.dictionaries(st.sampled_from([*SCHEMA.loras, "gone"]), weight, max_size=3)
    if field.name == "seed":
        return st.integers(0, MAX_SEED)
    if field.kind in ("integer", "number"):
        whole = st.integers(-5, 2000)
        return whole if field.kind == "integer" else whole | st.floats(-10, 1000)
    if field.kind == "choice":
        return st.sampled_from(field.values) | st.just("Strange")
    if field.kind == "flag":
        return st.booleans()
    if field.kind == "image":
        return st.text(max_size=12) | st.just(IMAGE)
    return st.text(max_size=40)


any_settings = st.fixed_dictionaries(
    {},
    optional={
        **{name: values_of(SCHEMA[name]) for name in SCHEMA.names},
        "motion_strength": st.integers() | st.text() | st.none(),
        "what-is-this": st.lists(st.integers()),
    },
).map(lambda values: Settings(**values))


@pytest.fixture(scope="module")
def shared_form(tmp_path_factory):
    return fp.Form(BenchStudio(tmp_path_factory.mktemp("library")))


@rules(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(wanted=any_settings)
def test_settings_that_are_assigned_are_there(shared_form, wanted):
    shared_form.settings = wanted
    assert shared_form.settings == wanted
    assert shared_form.settings.to_json() == wanted.to_json()
    assert set(rows(shared_form)) >= set(wanted.extra), "what the Studio lacks is shown, too"


def test_every_change_in_the_page_arrives(studio):
    form = fp.Form(studio)
    seen = []
    form.observe(lambda change: seen.append(change["new"]), "settings")
    edit(form, "steps", text="30")
    edit(form, "cfg_scale", text="1.234")
    edit(form, "cache", index=1)
    edit(form, "clean_up", on=False)
    edit(form, "negative_prompt", text="blur")
    edit(form, "loras", lora="anime_v2", on=True)
    edit(form, "loras", lora="anime_v2", text="0.5")
    edit(form, "seed", text="77")
    assert form.settings == seen[-1] == Settings(
        steps=30, cfg_scale=1.234, cache="TeaCache", clean_up=False, negative_prompt="blur",
        loras={"anime_v2": 0.5}, seed=77,
    )  # fmt: skip
    assert form.report.ok
    edit(form, "steps", reset=True)
    edit(form, "loras", reset=True)
    assert form.settings.steps is form.settings.loras is None
    assert rows(form)["steps"] == {"value": "25", "changed": False, "notes": []}


@pytest.mark.parametrize(
    ("name", "text", "kept", "says"),
    [
        ("steps", "7.3", 7.3, "7.3 is not a whole number."),
        ("steps", "abc", "abc", "'abc' is not a number."),
        ("cfg_scale", "7.3", 7.3, "7.3 is more than 3."),
        ("seconds", "nan", None, "not a number that can be rendered"),
        ("seed", "-1", -1, "-1 is out of range."),
    ],
)
def test_what_was_typed_stays_and_is_refused_in_words(studio, name, text, kept, says):
    form = fp.Form(studio)
    edit(form, name, text=text)
    assert rows(form)[name]["value"] == text
    assert kept is None or form.settings.set_values()[name] == kept
    assert says in " ".join(errors(form, name))
    assert form._bar.blocked
    click_render(form)
    assert not studio.sent


def test_a_value_between_the_steps_is_taken(studio):
    form = fp.Form(studio)
    edit(form, "width", text="641")
    assert form.settings.width == 641
    assert form.report.ok


def test_controls_are_linked_both_ways(studio):
    form = fp.Form(studio)
    control = form.controls["cfg_scale"]
    assert control is form.controls["cfg_scale"]
    assert control.value == 1.0
    told = []
    control.observe(lambda change: told.append(change["new"]), "value")
    edit(form, "cfg_scale", text="1.5")
    assert control.value == 1.5
    control.value = 99
    assert told == [1.5, 99]
    assert errors(form, "cfg_scale")
    form.controls["steps"].value = 12
    form.controls["start_frame"].value = "cat.png"
    form.controls["prompt"].value = "it yawns"
    assert form.settings == Settings(
        cfg_scale=99, steps=12, start_frame="cat.png", prompt="it yawns"
    )
    form.settings = Settings()
    assert control.value == 1.0
    assert form.controls["start_frame"].value is None
    assert set(form.controls) == set(studio.schema.names)
    with pytest.raises(KeyError, match="has no field 'wrong'"):
        form.controls["wrong"]


def test_the_page_hears_which_edit_was_taken_in(studio):
    form = fp.Form(studio)
    edit(form, "steps", text="30")
    panel = next(panel for panel in form._view.panels if "steps" in panel.names())
    assert panel.seen == {"v": 1}


# ---------------------------------------------------------------------- what is shown

FRAMES = {"start_frame", "video", "end_frame"}


def shown(form):
    pickers = form._view.frames.box.children
    return set(rows(form)) | {
        name for name in FRAMES if form._view.frames._pickers.get(name) in pickers
    }


@pytest.mark.parametrize(
    ("model", "there", "not_there"),
    [
        ("Original", {"start_frame", "latent_image"}, {"video", "end_frame", "context_frames"}),
        ("F1", {"start_frame"}, {"video", "end_frame", "end_frame_influence"}),
        ("Original with Endframe", {"end_frame", "end_frame_influence"}, {"video"}),
        ("Video", {"video", "context_frames", "combine_with_source"}, {"start_frame", "end_frame"}),
        ("Video with Endframe", {"video", "end_frame"}, {"end_frame_influence", "latent_image"}),
        ("Strange", FRAMES | {"end_frame_influence", "context_frames"}, set()),
    ],
)
def test_only_what_the_model_uses_is_shown(studio, model, there, not_there):
    form = fp.Form(studio, Settings(model=model))
    assert there <= shown(form)
    assert not not_there & shown(form)


@pytest.mark.parametrize(
    ("cache", "tea", "mag"),
    [("TeaCache", True, False), ("MagCache", False, True), ("None", False, False)],
)
def test_only_what_the_cache_uses_is_shown(studio, cache, tea, mag):
    form = fp.Form(studio, Settings(cache=cache))
    assert ("teacache_steps" in shown(form)) is tea
    assert ("magcache_max_skips" in shown(form)) is mag


def test_values_of_no_use_are_kept_aside_and_come_back(studio):
    form = fp.Form(studio)
    edit(form, "model", index=1)
    form.controls["end_frame"].value = "end.png"
    edit(form, "end_frame_influence", text="0.5")
    edit(form, "cache", index=1)
    edit(form, "teacache_steps", text="9")
    edit(form, "model", index=2)
    edit(form, "cache", index=0)
    assert form.settings == Settings(model="F1", cache="MagCache")
    assert "end_frame" not in shown(form)
    edit(form, "model", index=1)
    edit(form, "cache", index=1)
    assert form.settings == Settings(
        model="Original with Endframe", end_frame="end.png", end_frame_influence=0.5,
        cache="TeaCache", teacache_steps=9,
    )  # fmt: skip
    assert form.controls["end_frame"].value == "end.png"


def test_assigned_settings_forget_what_was_kept_aside(studio):
    form = fp.Form(studio, Settings(cache="TeaCache", teacache_steps=9))
    edit(form, "cache", index=0)
    form.settings = Settings(steps=3)
    edit(form, "cache", index=1)
    assert form.settings == Settings(steps=3, cache="TeaCache")


def test_what_is_set_without_effect_is_shown_and_says_so(studio):
    form = fp.Form(studio, Settings(model="F1", end_frame="end.png", negative_prompt="blur"))
    assert "end_frame" in shown(form)
    assert "⚠ The model F1 ignores it." in form._view.frames.picker("end_frame").note
    assert rows(form)["negative_prompt"]["notes"][0][0] == "warning"
    assert rows(form)["cfg_rescale"]["notes"] == [["quiet", "No effect while CFG Scale is 1."]]


def test_fields_of_a_newer_studio(tmp_path):
    schema = schema_with(
        {"component": "slider", "label": "Motion Strength", "value": 1, "minimum": 0, "maximum": 2},
        {"component": "dropdown", "label": "Sampler", "value": "a", "choices": ["a", "b"]},
        {"component": "matrix3d", "label": "Whatever", "value": [1]},
        {"component": "image", "label": "Depth Map", "value": None},
        {"component": "checkboxgroup", "label": "Extras", "value": [], "choices": [["x", "x"]]},
    )  # fmt: skip
    form = fp.Form(BenchStudio(tmp_path, schema))
    groups = {
        row["name"]: (piece["group"], row["kind"])
        for panel in form._view.panels
        for piece in panel.pieces
        for row in piece["rows"]
    }
    assert groups["motion_strength"] == ("motion", "number")
    assert groups["sampler"] == ("quality", "choice")
    assert groups["whatever"] == ("other", "unknown")
    assert groups["extras"] == ("other", "choices")
    assert "whatever" not in form.controls
    edit(form, "sampler", index=1)
    edit(form, "extras", item=0, on=True)
    form.controls["depth_map"].value = "depth.png"
    assert form.settings == Settings(sampler="b", extras=("x",), depth_map="depth.png")


def test_what_this_studio_lacks_is_kept_and_can_be_removed(studio):
    form = fp.Form(studio, Settings(motion_strength=2, loras={"gone": 0.5}))
    assert errors(form, "motion_strength") == ["This Studio has no field of that name."]
    assert rows(form)["loras"]["value"] == [["gone", "0.5"]]
    assert form._bar.blocked
    edit(form, "motion_strength", reset=True)
    edit(form, "loras", lora="gone", on=False)
    assert form.report.ok
    assert "motion_strength" not in rows(form)


def test_thirty_loras_are_one_row(tmp_path):
    form = fp.Form(BenchStudio(tmp_path, schema_with_loras(30)))
    edit(form, "loras", lora="lora_07 <b>&style", on=True)
    assert form.settings.loras == {"lora_07 <b>&style": 1.0}
    assert form._view.panels[2].state["groups"]["LoRAs"]["summary"] == "1"
    assert len(form._view.panels[2].pieces[4]["rows"]) == 1


# ---------------------------------------------------------------------- seed


def test_dice_and_lock(studio):
    form = fp.Form(studio)
    edit(form, "seed", dice=True)
    drawn = form.settings.seed
    assert 0 <= drawn <= MAX_SEED
    edit(form, "seed", lock=False)
    assert form.settings.seed is None
    assert rows(form)["seed"]["last"] == str(drawn)
    edit(form, "seed", lock=True)
    assert form.settings.seed == drawn
    edit(form, "seed", lock=False)
    form.submit()
    assert rows(form)["seed"]["last"] == "1234"
    assert form.settings.seed is None


# ---------------------------------------------------------------------- render


def test_a_double_click_renders_once(studio):
    form = fp.Form(studio)
    told = []
    form.on_submit(told.append)
    studio.may_answer.clear()
    click_render(form)
    until(lambda: studio.sent)
    assert form._bar.sending
    click_render(form)
    studio.may_answer.set()
    until(lambda: not form._bar.sending)
    click_render(form)  # the second half of a slow double click
    assert len(studio.sent) == 1
    assert told == [form.job]
    assert form._bar.sent == f"Sent: job {form.job.id}."


def test_a_click_renders_what_was_shown(studio, monkeypatch):
    form = fp.Form(studio, Settings(steps=5))
    begun = []
    monkeypatch.setattr(form._bar, "_later", lambda *work: begun.append(work))
    click_render(form)
    form.settings = Settings(steps=50)
    begun[0][0](*begun[0][1:])
    assert studio.sent == [Settings(steps=5)]


def test_a_refused_render_is_told_at_the_button(studio, monkeypatch):
    form = fp.Form(studio)
    monkeypatch.setattr(studio, "submit", lambda _: fp.Form)
    form._bar._prepare = lambda: lambda: (_ for _ in ()).throw(SettingsError("steps are wrong", ()))
    click_render(form)
    until(lambda: form._bar.trouble)
    assert form._bar.trouble == "steps are wrong"
    until(lambda: not form._bar.sending)


def test_what_it_will_be_is_told_before(studio):
    form = fp.Form(studio, Settings(seconds=4))
    until(lambda: "frames" in form._bar.plan)
    assert form._bar.plan == (
        "105 frames, 3.50 s, 640 × 640 px, 3 sections, time unknown (no similar render yet)"
    )
    form.settings = Settings(steps=0)
    assert form._bar.plan == ""


def test_frames_are_looked_into_a_moment_later(studio):
    form = fp.Form(studio, Settings(start_frame="nowhere.png"))
    until(lambda: not form.report.ok)
    assert form._bar.blocked.startswith("Start frame: there is no file nowhere.png")
    form.controls["steps"].value = 30
    assert not form.report.ok, "the same frame is still wrong"


# ---------------------------------------------------------------------- threads, another schema


def test_edits_from_many_threads_are_all_kept(studio):
    form = fp.Form(studio)
    names = ("steps", "latent_window_size", "width", "height", "magcache_max_skips")
    last = {}
    form.observe(lambda change: last.update(settings=change["new"]), "settings")

    def turn(name):
        for value in range(1, 21):
            form.controls[name].value = value

    threads = [threading.Thread(target=turn, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert form.settings == last["settings"] == Settings(**dict.fromkeys(names, 20))
    assert {rows(form)[name]["value"] for name in names} == {"20"}


def test_another_studio_keeps_the_settings(studio, tmp_path):
    form = fp.Form(studio, Settings(steps=9, loras={"anime_v2": 0.5}))
    form.controls["steps"]
    form.studio = BenchStudio(tmp_path, schema_with())
    assert form.settings == Settings(steps=9, loras={"anime_v2": 0.5})
    assert "it has none at all." in errors(form, "loras")[0].lower()
    assert form.controls["steps"].value == 9


def test_presets(studio):
    form = fp.Form(studio, Settings(steps=9))
    bar = form._presets
    bar._handle_page(bar, {"kind": "save", "name": "nine"}, [])
    until(lambda: bar.names == ["nine"])
    form.settings = Settings()
    bar._handle_page(bar, {"kind": "load", "name": "nine"}, [])
    until(lambda: form.settings == Settings(steps=9))
    bar._handle_page(bar, {"kind": "delete", "name": "nine"}, [])
    until(lambda: bar.names == [])
    bar._handle_page(bar, {"kind": "load", "name": "nine"}, [])
    until(lambda: "nine" in bar.trouble)


def test_few_models_reach_the_page(studio):
    from ipywidgets.widgets import widget

    before = set(widget._instances)
    form = fp.Form(studio)
    made = [widget._instances[key] for key in set(widget._instances) - before]
    own = [each for each in made if getattr(each, "comm", None) is not None]
    form.close()
    assert len(own) < 75, sorted(type(each).__name__ for each in own)


def test_a_form_that_is_being_made_is_drawn_by_one_thread_at_a_time(studio):
    drawing = []

    class Form(fp.Form):
        def _draw(self):
            drawing.append(threading.get_ident())
            assert len(set(drawing)) == 1, "another thread draws at the same time"
            if self._watcher is None:
                self._watcher = threading.Thread(target=self._redraw)  # as a picker that has looked
                self._watcher.start()
                self._watcher.join(0.3)  # it cannot have drawn yet
            super()._draw()
            drawing.pop()

        _watcher = None

    form = Form(studio)
    form._watcher.join()
    assert not drawing
