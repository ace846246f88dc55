"""Wrong things typed into a sweep: one clear message each, where it is wrong, and nothing sent."""

from __future__ import annotations

import pytest
from PIL import Image
from playwright.sync_api import expect

from browser.sweep_pages import SweepTab

# Keeps the editor from answering, on any ipykernel.
BUSY = """
import pathlib, time
with app._tabs._sweep.editor._guard:
    while not pathlib.Path({let_go!r}).exists():
        time.sleep(0.05)
"""


@pytest.fixture
def tab(notebook, demo):
    return SweepTab(notebook, demo.url).open()


def test_each_wrong_thing_is_told_at_its_field(tab):
    editor = tab.editor
    run = editor.locator(".fpw-run")
    rows = editor.locator(".fpw-axis")
    wrong = editor.locator(".fpw-axis .fpw-error:visible")

    def at_row(number, text):
        expect(rows.nth(number).locator(".fpw-error")).to_have_text(text)
        expect(wrong).to_have_count(1)
        expect(run).to_have_attribute("aria-disabled", "true")
        box = rows.nth(number).locator(".fpw-axis-values:visible")
        expect(box).to_have_attribute("aria-invalid", "true")

    tab.axis(1, "cfg_scale", "CFG Scale").fill("1, 99, 2")
    at_row(0, "✖ 99 is more than 3. Use 1 to 3.")
    tab.axis(1, "cfg_scale", "CFG Scale").fill("1,, 2")
    at_row(0, "✖ There is nothing between two commas, or after the last one.")
    tab.axis(1, "prompt~replace", "Prompt: search and replace").fill("horse, dog")
    expect(rows.nth(0).locator(".fpw-error")).to_contain_text("does not occur")
    tab.axis(1, "cfg_scale", "CFG Scale").fill("1, 2")
    tab.axis(2, "cfg_scale", "CFG Scale")
    rows.nth(1).get_by_role("textbox").fill("1.5, 2")
    at_row(1, "✖ Two axes have this name. Leave one out.")
    rows.nth(1).get_by_role("textbox").fill(" ")
    expect(editor).to_contain_text("Write its values.")
    expect(run).to_have_attribute("aria-disabled", "true")

    tab.axis(2, "seed", "Seed").fill("1, 2, 3")
    editor.get_by_label("combine").select_option("zip")
    expect(editor).to_contain_text("Zipped axes are equally long, but cfg_scale has 2, seed has 3.")
    expect(editor.get_by_label("combine")).to_have_attribute("aria-invalid", "true")
    editor.get_by_label("combine").select_option("random")
    editor.get_by_role("textbox", name="points").fill("many")
    expect(editor).to_contain_text("'many' is no whole number.")
    run.click(force=True)
    editor.get_by_label("combine").select_option("grid")
    editor.get_by_role("checkbox", name="draft first").check()
    editor.get_by_role("textbox", name="steps", exact=True).fill("0")
    expect(editor.locator(".fpw-error:visible").first).to_contain_text("Steps: 0 is less")
    run.click(force=True)
    editor.get_by_role("textbox", name="steps", exact=True).fill("4")
    expect(run).to_have_text("Run 6 renders")

    folder = tab.nb.path.parent / "frames"
    folder.mkdir()
    Image.new("RGB", (64, 64)).save(folder / "a.png")
    (folder / "readme.txt").write_text("no picture", encoding="utf-8")
    tab.axis(2, "start_frame", "Start frame").fill("frames")
    expect(rows.nth(1).locator(".fpw-error")).to_contain_text("readme.txt")
    expect(run).to_have_attribute("aria-disabled", "true")
    run.click(force=True)
    assert tab.nb.evaluate_in_kernel("print(app.studio.runs(), app.library.jobs())") == "[] []"
    assert tab.nb.uncaught() == []


def test_nothing_runs_before_its_own_plan_is_shown(tab):
    run, nb = tab.editor.locator(".fpw-run"), tab.nb
    values = tab.axis(1, "seed", "Seed")
    values.fill("1, 2")
    expect(run).to_have_text("Run 2 renders")
    let_go = nb.path.parent / "go"
    busy = nb.add_cell(BUSY.format(let_go=str(let_go)))
    nb.run(busy, wait=False)
    values.fill("1, 2, 3")
    for ms in (500, 1500):  # sent by then; the click is over by then
        nb.page.evaluate("(ms) => new Promise((done) => setTimeout(done, ms))", ms)
        expect(run).to_have_text("Run")
        expect(run).to_have_attribute("aria-disabled", "true")
        expect(tab.editor).to_contain_text("working out the plan…")
        run.click(force=True)
    let_go.touch()
    expect(run).to_have_text("Run 3 renders")
    expect(run).to_have_attribute("aria-disabled", "false")
    nb.wait_cell(busy)
    assert nb.evaluate_in_kernel("print(app.studio.runs())") == "[]"
