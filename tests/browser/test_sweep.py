"""A sweep in a real page, by clicking: planned, run, one point failing and retried, looked at."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from browser.looks import contrast, no_horizontal_scroll, tab_stops, unreached
from browser.pixels import shown_code

APP = "import framepack_widgets as fp\napp = fp.App({url!r}, library='sweep')\napp"
BASE = "app.settings = app.settings.replace(seconds=1, seed=7, steps=8, prompt='a cat yawns')"
CODES = """
from framepack_widgets.demo import pixel_code
run = app.studio.run_of("night")
for point in run.points:
    print(", ".join(point.labels.values()), "=", pixel_code.read(point.clip.frames(0, 1)[0]))
"""
IN_STEP = """videos => {
  const at = videos.map(video => video.currentTime);
  return videos.every(video => video.readyState >= 2 && !video.paused)
    && Math.max(...at) - Math.min(...at) < 0.35;
}"""
SHOTS = [(400, "light"), (400, "dark"), (1600, "light"), (1600, "dark")]


def opened(notebook, url):
    nb = notebook([APP.format(url=url)])
    out = nb.run(0)
    expect(out.locator(".fpw-bar-line")).to_contain_text("6 models", timeout=30_000)
    nb.evaluate_in_kernel(BASE)
    return nb, out


def planned(out):
    """Type a sweep of 4 x 3 points, wrong ones first."""
    out.get_by_role("button", name="as a sweep…").click()
    expect(out.get_by_role("tab", name="Sweep")).to_have_attribute("aria-selected", "true")
    editor = out.locator(".fpw-editor")
    run = editor.locator(".fpw-run")
    expect(run).to_have_attribute("aria-disabled", "true")
    expect(editor).to_contain_text("Choose what is to vary")
    editor.get_by_role("combobox", name="Axis 1", exact=True).select_option("cfg_scale")
    values = editor.get_by_role("textbox", name="Values of CFG Scale", exact=True)
    values.fill("1, 1.5, 99")
    expect(editor.locator(".fpw-axis .fpw-error")).to_have_text("✖ 99 is more than 3. Use 1 to 3.")
    expect(run).to_have_attribute("aria-disabled", "true")
    values.fill("1..2.5/4")
    expect(editor).to_contain_text("4 points · 4 renders to do")
    editor.get_by_role("button", name="add an axis").click()
    second = editor.get_by_role("combobox", name="Axis 2", exact=True)
    expect(second).to_be_focused()
    second.select_option("prompt~replace")
    words = editor.get_by_role("textbox", name="Values of Prompt: search and replace")
    words.press_sequentially("cat, dog, fox", delay=15)
    expect(editor).to_contain_text("12 points · 12 renders to do")
    editor.get_by_label("name of the run").fill("night")
    return editor


@pytest.mark.timeout(240)
def test_a_sweep_by_clicking(notebook, demo_server):
    demo = demo_server(speed=60, fail_every=7)
    nb, out = opened(notebook, demo.url)
    editor = planned(out)
    no_horizontal_scroll(out)
    editor.get_by_role("button", name="Run 12 renders").click()
    sweep = out.locator(".fpw-panel-1 .fpw-sweep")
    tiles = sweep.locator(".fpw-tile")
    expect(tiles).to_have_count(12)
    heads = sweep.locator(".fpw-sweep-columns .fpw-sweep-head")
    expect(heads).to_have_text(["cat", "dog", "fox"])
    failed = sweep.locator('.fpw-tile-box:has(.fpw-tile[data-state="failed"])')
    totals = sweep.locator(".fpw-run-head [role=status]")
    expect(totals).to_contain_text("11 done · 1 failed", timeout=90_000)
    expect(failed).to_have_count(1)
    expect(failed.locator(".fpw-tile-error")).not_to_be_empty()
    failed.get_by_role("button", name=re.compile("retry")).click()
    expect(totals).to_have_text(re.compile("12 points · 12 done"), timeout=30_000)

    codes = dict(line.split(" = ", 1) for line in nb.evaluate_in_kernel(CODES).splitlines())
    assert len(set(codes.values())) == 12
    for name in ("1.5, dog", "2.5, cat"):
        cfg, word = name.split(", ")
        tile = sweep.get_by_role("option", name=f"cfg_scale {cfg}, prompt {word}: done")
        tile.hover()
        shown = shown_code(tile.locator("video"))
        assert str(shown) == codes[name], "the clip of another point"
    editor.hover()
    expect(sweep.locator("video")).to_have_count(0)
    looked_at(nb, out, sweep, tiles)


def looked_at(nb, out, sweep, tiles):
    play = sweep.get_by_role("button", name="play all in step")
    play.click()
    expect(sweep.locator("video")).to_have_count(12)
    nb.page.wait_for_function(
        f"() => ({IN_STEP})([...document.querySelectorAll('.fpw-sweep video')])", timeout=20_000
    )
    sweep.get_by_role("button", name="stop playing").click()
    expect(sweep.locator("video")).to_have_count(0)

    tiles.nth(0).click()
    expect(sweep.locator(".fpw-sweep-details")).to_contain_text("cfg_scale 1, prompt cat")
    nb.page.keyboard.press("4")
    expect(tiles.nth(0).locator(".fpw-tile-stars")).to_have_text("★★★★☆")
    nb.page.keyboard.press("ArrowDown")
    expect(tiles.nth(3)).to_be_focused()
    nb.page.keyboard.press(" ")
    expect(sweep.locator(".fpw-sweep-details")).to_contain_text("2 points")
    expect(sweep.locator(".fpw-sweep-facts")).to_contain_text("cfg_scale")
    sweep.get_by_role("button", name="compare selected").click()
    compared = out.locator(".fpw-panel-1 .fpw-compare")
    expect(compared).to_be_visible()
    for width, theme in SHOTS:
        nb.theme(theme)
        nb.resize(width)
        expect(tiles.nth(11)).to_be_attached()
        nb.screenshot(f"sweep-{width}-{theme}", 0)
        no_horizontal_scroll(out, allow=".fpw-scroll, .fpw-sweep-facts")
        assert contrast(nb.page, out.locator(".fpw-panel-1 .fpw-sweep")) == []
        assert contrast(nb.page, out.locator(".fpw-panel-1 .fpw-editor")) == []
    sweep.get_by_role("button", name="hide").click()
    expect(compared).to_have_count(0)
    stops = tab_stops(nb.page, out.locator(".fpw-panel-1"))
    assert [stop for stop in stops if not stop.name or not stop.drawn] == []
    assert unreached(out.locator(".fpw-panel-1")) == []

    sweep.locator('select[data-axis="prompt"]').select_option("page")
    expect(tiles).to_have_count(4)
    sweep.get_by_role("button", name="Next value of prompt").click()
    expect(sweep.locator(".fpw-pagers select")).to_have_value("dog")
    tiles.nth(1).click()
    sweep.get_by_role("button", name="use settings").click()
    expect(out.get_by_role("tab", name="Render")).to_have_attribute("aria-selected", "true")
    used = nb.evaluate_in_kernel("print(app.settings.cfg_scale, app.settings.prompt)")
    assert used == "1.5 a dog yawns"
    assert nb.uncaught() == []
