"""The form in a real page: what is typed, dragged and chosen is what the kernel has."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import expect

from browser.looks import contrast, no_horizontal_scroll, tab_stops, unreached

UNIT = Path(__file__).resolve().parents[1] / "unit"

# A form on a recorded Studio; nothing is rendered, so a test may press what it likes.
BENCH = f"""
import sys; sys.path.insert(0, {str(UNIT)!r})
import pathlib, tempfile, threading
import framepack_widgets as fp
from form_bench import BenchStudio, schema_with, schema_with_loras
folder = pathlib.Path(tempfile.mkdtemp())
studio = BenchStudio(folder, schema_with_loras(LORAS))
form = fp.Form(studio)
form
"""


@pytest.fixture
def bench(notebook):
    """bench(loras=3) -> (notebook, the form's Locator)."""

    def open_bench(loras=3):
        nb = notebook([BENCH.replace("LORAS", str(loras))])
        nb.run(0)
        form = nb.output(0).locator(".fpw-form")
        expect(form.locator(".fpw-plan")).to_contain_text("frames,")
        return nb, form

    return open_bench


def settings(nb):
    return json.loads(nb.evaluate_in_kernel("print(form.settings.to_json())"))


def soon(nb, form, name, **wanted):
    """Wait until the kernel has these settings; nothing but what it prints tells."""
    nb.evaluate_in_kernel("pass")
    expect(form.locator(f'[data-name="{name}"] .fpw-reset')).to_be_visible()
    assert {key: value for key, value in settings(nb).items() if key in wanted} == wanted


def open_group(form, title):
    heading = form.locator(".fpw-heading", has_text=title)
    heading.click()
    expect(heading).to_have_attribute("aria-expanded", "true")
    return heading


def field(form, name):
    return form.locator(f'[data-name="{name}"]')


def test_sliders_by_keyboard_and_by_typing(bench):
    nb, form = bench()
    open_group(form, "Quality")
    field(form, "steps").locator("input[type=range]").press("ArrowRight")
    soon(nb, form, "steps", steps=26)
    expect(field(form, "steps").locator(".fpw-number")).to_have_value("26")

    box = field(form, "distilled_cfg_scale").locator(".fpw-number")
    box.fill("7.3")  # between the slider's steps of 0.5
    box.press("Enter")
    soon(nb, form, "distilled_cfg_scale", distilled_cfg_scale=7.3)
    expect(box).to_have_value("7.3")

    box = field(form, "seconds").locator(".fpw-number")
    box.fill("3.25")
    box.press("Tab")
    soon(nb, form, "seconds", seconds=3.25)
    expect(form.locator(".fpw-plan")).to_contain_text("3 sections")
    assert settings(nb) == {"steps": 26, "distilled_cfg_scale": 7.3, "seconds": 3.25}

    shown = {
        name: field(form, name).locator(".fpw-number").input_value()
        for name in ("steps", "distilled_cfg_scale", "seconds")
    }
    assert shown == {"steps": "26", "distilled_cfg_scale": "7.3", "seconds": "3.25"}
    field(form, "steps").locator(".fpw-reset").click()
    expect(field(form, "steps").locator(".fpw-number")).to_have_value("25")
    assert "steps" not in settings(nb)
    assert nb.uncaught() == []


def test_jupyter_leaves_the_keys_to_the_form(bench):
    nb, form = bench()
    nb.add_cell("1")
    for name in ("Render", "Copy as Python", "choose file…"):  # ours, and one of ipywidgets
        button = form.get_by_role("button", name=name, exact=True).first
        button.press("d")
        button.press("d")
    assert nb.page.locator(".jp-Notebook .jp-Cell").count() == 2


# The cell is the last to tell the prompt's page something, and goes on until a render is asked for.
# In JupyterLab the kernel hears widgets beside its cells.
UNTIL_SENT = """
import time
form.controls["prompt"].send_state("mode")
print("waiting", flush=True)
end = time.monotonic() + 30
while not studio.sent and time.monotonic() < end:
    time.sleep(0.05)
print("heard meanwhile:", len(studio.sent))
"""
# The prompt's last letters and the click at once.
TYPED_AND_CLICKED = """(box, render) => {
  box.focus();
  box.value = "it looks up";
  box.dispatchEvent(new Event("input", { bubbles: true }));
  render.focus();
  render.click();
}"""


def test_what_was_typed_is_heard_before_render(bench):
    nb, form = bench()
    nb.add_cell(UNTIL_SENT)
    nb.run(1, wait=False)
    expect(nb.output(1)).to_contain_text("waiting")
    render = form.get_by_role("button", name="Render", exact=True)
    box = form.get_by_role("textbox", name="Prompt", exact=True)
    box.evaluate(TYPED_AND_CLICKED, render.element_handle())
    nb.wait_cell(1)
    expect(nb.output(1)).to_contain_text("heard meanwhile: 1")
    assert nb.evaluate_in_kernel("print([s.prompt for s in studio.sent])") == "['it looks up']"


def test_what_does_not_fit_stays_visible_and_leads_to_its_field(bench):
    nb, form = bench()
    heading = open_group(form, "Quality")
    box = field(form, "cfg_scale").locator(".fpw-number")
    box.fill("99")
    box.press("Enter")
    expect(field(form, "cfg_scale").locator(".fpw-note.fpw-error")).to_have_text(
        "✖ 99 is more than 3. Use 1 to 3."
    )
    expect(box).to_have_value("99")
    assert settings(nb) == {"cfg_scale": 99}
    render = form.get_by_role("button", name="Render", exact=True)
    expect(render).to_have_attribute("aria-disabled", "true")
    why = form.locator(".fpw-why")
    expect(why).to_have_text("✖ CFG Scale: 99 is more than 3.")
    heading.click()
    expect(heading).to_contain_text("✖ 1 problem")
    expect(box).to_be_hidden()
    why.click()
    expect(box).to_be_focused()
    assert nb.evaluate_in_kernel("print(studio.sent)") == "[]"


def test_settings_from_the_kernel_fill_the_page(bench):
    nb, form = bench()
    nb.evaluate_in_kernel(
        "form.settings = fp.Settings(model='Original with Endframe', seconds=3.7, seed=77,"
        " prompt='<img src=x onerror=alert(1)>', loras={'lora_01 <b>&style': 0.25}, later=1)"
    )
    expect(field(form, "seconds").locator(".fpw-number")).to_have_value("3.7")
    expect(field(form, "seed").locator("input")).to_have_value("77")
    expect(field(form, "end_frame_influence").locator(".fpw-number")).to_have_value("1")
    expect(form.locator(".fpw-heading", has_text="LoRAs")).to_contain_text("(1)")
    open_group(form, "LoRAs")
    expect(form.locator(".fpw-chosen .fpw-check")).to_have_text(["lora_01 <b>&style"])
    expect(form.get_by_label("Weight of lora_01 <b>&style", exact=True)).to_have_value("0.25")
    open_group(form, "Other")
    expect(field(form, "later")).to_contain_text("This Studio has no field of that name.")
    field(form, "later").locator(".fpw-reset").click()
    expect(field(form, "later")).to_have_count(0)
    assert "later" not in settings(nb)
    assert form.locator("img[src=x]").count() == 0


def test_model_and_cache_choose_the_fields(bench):
    nb, form = bench()
    open_group(form, "Cache")
    expect(field(form, "magcache_threshold")).to_be_visible()
    field(form, "cache").locator("select").select_option(label="TeaCache")
    expect(field(form, "teacache_steps")).to_be_visible()
    expect(field(form, "magcache_threshold")).to_be_hidden()
    field(form, "model").locator("select").select_option(label="Video")
    expect(field(form, "context_frames")).to_be_visible()
    expect(field(form, "latent_image")).to_be_hidden()
    expect(form.locator(".fpw-why")).to_contain_text("Source video: the model Video needs a video.")
    assert settings(nb) == {"model": "Video", "cache": "TeaCache"}


def test_a_double_click_renders_once(bench):
    nb, form = bench()
    nb.evaluate_in_kernel("studio.may_answer.clear()")
    render = form.locator(".fpw-render")
    render.dblclick()
    expect(render).to_have_text("Sending…")
    nb.evaluate_in_kernel("studio.may_answer.set()")
    expect(form.locator(".fpw-good")).to_contain_text("Sent: job ab12")
    expect(render).to_have_attribute("aria-disabled", "false")
    assert nb.evaluate_in_kernel("print(len(studio.sent))") == "1"
    expect(field(form, "seed")).to_contain_text("the last was 1234")
    render.click()
    expect(form.locator(".fpw-good")).to_contain_text("ab1200000002")


def test_seed_with_dice_and_lock(bench):
    nb, form = bench()
    seed = field(form, "seed")
    seed.get_by_role("button", name="draw").click()
    expect(seed.get_by_role("button", name="locked")).to_have_attribute("aria-pressed", "true")
    drawn = seed.locator("input").input_value()
    assert settings(nb) == {"seed": int(drawn)}
    seed.get_by_role("button", name="locked").click()
    expect(seed).to_contain_text(f"the last was {drawn}")
    assert settings(nb) == {}


def test_copy_as_python(bench):
    nb, form = bench()
    nb.evaluate_in_kernel("form.settings = fp.Settings(steps=9, prompt='it yawns')")
    expect(field(form, "blend_sections")).to_contain_text("No effect without a timed prompt")
    form.get_by_role("button", name="Copy as Python").click()
    expect(form.get_by_text("Copied to the clipboard.")).to_be_visible()
    text = "studio.submit(\n    prompt='it yawns',\n    steps=9,\n)"
    assert nb.page.evaluate("() => navigator.clipboard.readText()") == text
    form.get_by_role("button", name="hide").click()
    nb.page.evaluate(
        "() => { navigator.clipboard.writeText = () => Promise.reject(new Error('refused')); }"
    )
    form.get_by_role("button", name="Copy as Python").click()
    expect(form.get_by_text("press Ctrl+C")).to_be_visible()
    assert nb.page.evaluate("() => document.getSelection().toString()") == text


def test_presets(bench):
    nb, form = bench()
    nb.evaluate_in_kernel("form.settings = fp.Settings(steps=9)")
    form.get_by_placeholder("name", exact=True).fill("nine & <b>")
    form.get_by_role("button", name="save as").click()
    expect(form.locator(".fpw-presets")).to_contain_text('Saved as "nine & <b>".')
    nb.evaluate_in_kernel("form.settings = fp.Settings()")
    form.get_by_role("button", name="load", exact=True).click()
    expect(form.locator(".fpw-presets")).to_contain_text("Loaded")
    assert settings(nb) == {"steps": 9}
    form.get_by_role("button", name="delete").click()
    form.get_by_role("button", name="really delete?").click()
    expect(form.locator(".fpw-presets")).to_contain_text("none saved yet")


def test_thirty_loras_with_a_filter(bench):
    nb, form = bench(30)
    open_group(form, "LoRAs")
    loras = field(form, "loras")
    loras.get_by_label("Filter the LoRAs by name").fill("_17")
    loras.get_by_text("lora_17 <b>&style").click()
    weight = loras.get_by_label("Weight of lora_17 <b>&style", exact=True)
    weight.fill("1.5")
    weight.press("Enter")
    expect(form.locator(".fpw-reset:visible")).to_have_count(1)
    assert settings(nb) == {"loras": {"lora_17 <b>&style": 1.5}}
    expect(loras.locator(".fpw-lora")).to_have_count(1)


def test_a_control_alone_and_two_views(bench):
    nb, form = bench()
    cell = nb.add_cell("form.controls['seconds']")
    alone = nb.run(cell).locator(".fpw-number")
    alone.fill("3.5")
    alone.press("Enter")
    expect(field(form, "seconds").locator(".fpw-number")).to_have_value("3.5")
    second = nb.run(nb.add_cell("form")).locator(".fpw-form")
    box = field(second, "seconds").locator(".fpw-number")
    expect(box).to_have_value("3.5")
    box.fill("4.5")
    box.press("Enter")
    expect(field(form, "seconds").locator(".fpw-number")).to_have_value("4.5")
    expect(alone).to_have_value("4.5")


def test_looks_and_the_way_of_tab(bench):
    nb, form = bench(30)
    nb.evaluate_in_kernel(
        "form.settings = fp.Settings(prompt='a long word ' * 167, cfg_scale=99, seed=2**53 - 1,"
        " loras={name: 1.0 for name in studio.schema.loras[:3]}, height=500,"
        " model='Original with Endframe', negative_prompt='x')"
    )
    for title in ("Quality", "Cache", "LoRAs", "Output"):
        open_group(form, title)
    expect(field(form, "height")).to_be_visible()
    expect(form.locator(".fpw-why")).to_be_visible()
    stops = tab_stops(nb.page, form)
    assert not [stop for stop in stops if not stop.drawn or not stop.name]
    assert unreached(form) == []
    for theme in ("light", "dark"):
        nb.theme(theme)
        assert contrast(nb.page, form) == []
        for width in (400, 1600):
            nb.resize(width)
            no_horizontal_scroll(form)
            nb.screenshot(f"form-{theme}-{width}", 0)
    nb.theme("light")
