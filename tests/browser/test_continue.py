"""Going on from a clip, and having the Studio process one, by clicking."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from browser.looks import contrast, no_horizontal_scroll, tab_stops, unreached

APP = """
import framepack_widgets as fp
app = fp.App({url!r}, library="jobs")
app
"""


@pytest.fixture(autouse=True)
def patience():
    expect.set_options(timeout=30_000)
    yield
    expect.set_options(timeout=20_000)


def button(out, name):
    return out.get_by_role("button", name=name, exact=True).locator("visible=true")


@pytest.fixture
def app(notebook, demo):
    """An App with one clip of its own."""
    nb = notebook([APP.format(url=demo.url)])
    out = nb.run(0)
    expect(button(out, "Render")).to_be_visible()
    nb.evaluate_in_kernel(
        "app.settings = fp.Settings(seconds=1, prompt='a <b>ship</b>', model='F1', width=256,"
        " height=256)\nclip = app.studio.submit(app.settings, seed=5).result(60)"
    )
    expect(out.locator(".fpw-panel-0 .fpw-card")).to_contain_text("a <b>ship</b>")
    expect(out.locator(".fpw-panel-0 video").locator("visible=true")).to_have_count(1)
    return nb, out.locator(".fpw-panel-0")


def test_continue_and_the_joined_file_by_clicks(app):
    nb, out = app
    bar = out.locator(".fpw-continue")
    expect(bar).to_be_hidden()
    button(out, "continue").click()
    expect(bar).to_contain_text(re.compile(r"Continues a <b>ship</b> \(\w{8}\) at its last frame"))
    nb.screenshot("continue-bar", 0)
    expect(bar.get_by_role("checkbox", name="join when done")).to_be_checked()
    expect(button(out, "Render")).to_be_enabled()
    button(out, "Render").click()
    expect(out.locator(".fpw-card")).to_contain_text(
        re.compile(r"joined from \w{8} and \w{8}"), timeout=90_000
    )
    expect(button(out, "use settings")).to_have_count(0)  # nobody knows a joined clip's
    said = "j = app.library.jobs(has_clip=True); print([(r.operation, len(r.parents)) for r in j])"
    assert nb.evaluate_in_kernel(said).strip() == "[('join', 2), ('continue', 1), ('', 0)]"
    counts = "[app.library.clip(r).frame_count for r in j]"
    assert nb.evaluate_in_kernel(f"c = {counts}; print(c[0] == c[1] + c[2] - 1)").strip() == "True"
    assert nb.uncaught() == []


def test_another_start_frame_continues_nothing(app):
    nb, out = app
    bar = out.locator(".fpw-continue")
    button(out, "continue").click()
    expect(bar).to_be_visible()
    button(out, "do not continue").click()
    expect(bar).to_be_hidden()
    button(out, "continue").click()
    expect(bar).to_be_visible()
    nb.evaluate_in_kernel("app.settings = app.settings.replace(start_frame=None, prompt='else')")
    expect(bar).to_be_hidden()
    button(out, "Render").click()
    expect(out.locator(".fpw-card")).to_contain_text("else", timeout=60_000)
    assert nb.evaluate_in_kernel("print(app.library.jobs()[0].parents)").strip() == "()"


def test_a_clip_as_the_source_of_a_video_model(app):
    nb, out = app
    button(out, "use as video").click()
    said = "s = app.settings; print(s.model, s.video == str(clip.path))"
    nb.expect_in_kernel(said, "Video True")


def test_process_by_clicks(app):
    nb, out = app
    fold = out.get_by_role("button", name="process…").locator("visible=true")
    fold.click()
    panel = out.locator(".fpw-process")
    choice = panel.get_by_role("combobox", name="operation")
    choice.select_option("Filters")
    brightness = panel.get_by_role("textbox", name="Brightness (%)")
    brightness.fill("400")
    brightness.press("Enter")
    expect(panel).to_contain_text("400 is more than 100. Use -100 to 100.")
    expect(button(panel, "Filters")).to_be_disabled()
    choice.select_option("Loop")
    repeats = panel.get_by_role("textbox", name="Number of Loops/Repeats")
    repeats.fill("2")
    repeats.press("Enter")
    nb.screenshot("process", 0)
    button(panel, "Loop").click()
    expect(panel).to_contain_text(re.compile(r"Done: \d+ x \d+, [\d.]+ s"), timeout=60_000)
    expect(out.locator(".fpw-card")).to_contain_text(re.compile(r"loop from \w{8}"))
    said = "r = app.library.jobs()[0]; print(r.operation, r.options['repeats'], r.parents)"
    assert nb.evaluate_in_kernel(said).startswith("loop 2 ('")
    frames = "print(app.library.clip(r).frame_count == 3 * clip.frame_count)"
    assert nb.evaluate_in_kernel(frames).strip() == "True"
    assert nb.uncaught() == []


def test_a_model_brings_its_range_and_errors_are_shown(app):
    _, out = app
    out.get_by_role("button", name="process…").locator("visible=true").click()
    panel = out.locator(".fpw-process")
    model = panel.get_by_role("combobox").nth(1)
    model.select_option("RealESRGAN_x4plus_anime_6B")
    expect(panel.get_by_role("textbox", name=re.compile("Native 4"))).to_have_value("4")
    button(panel, "Upscale").click()
    expect(panel).to_contain_text("Could not load ESRGAN model", timeout=60_000)
    expect(panel).to_contain_text("the server needs internet")
    expect(button(panel, "Upscale")).to_be_enabled()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_looks(app, theme):
    nb, out = app
    if theme == "dark":
        nb.theme("dark")
    button(out, "continue").click()
    expect(out.locator(".fpw-continue")).to_be_visible()
    out.get_by_role("button", name="process…").locator("visible=true").click()
    panel = out.locator(".fpw-process")
    expect(panel.get_by_role("textbox").first).to_be_visible()
    for width in (400, 1600):
        nb.resize(width)
        no_horizontal_scroll(out)
        nb.screenshot(f"process-{theme}-{width}", 0)
    assert contrast(nb.page, panel) == []
    assert contrast(nb.page, out.locator(".fpw-continue")) == []
    if theme == "light":
        assert all(stop.drawn and stop.name for stop in tab_stops(nb.page, panel))
        assert unreached(panel) == []
