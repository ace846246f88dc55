"""A sweep in a real page, by clicking: planned, run, one point failing and retried, compared,
rated, its grid video and its report written and opened."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

import pytest
from playwright.sync_api import Page, expect

from browser.pages import new_page
from browser.pixels import picture, shown_code
from browser.sweep_pages import SweepTab

CODES = """
from framepack_widgets.demo import pixel_code
run = app.studio.run_of("night")
for point in run.points:
    code = pixel_code.read(point.clip.frames(0, 1)[0]).settings.hex()
    print(", ".join(point.labels.values()), "=", code)
"""
IN_STEP = """videos => {
  const at = videos.map(video => video.currentTime);
  return videos.length === COUNT && videos.every(video => video.readyState >= 2 && !video.paused)
    && Math.max(...at) - Math.min(...at) < 0.35;
}"""
GAP = 8  # px between the tiles of a grid video


def in_step(page: Page, selector: str, count: int) -> None:
    """Wait until so many videos play in step."""
    check = IN_STEP.replace("COUNT", str(count))
    script = f"() => ({check})([...document.querySelectorAll('{selector}')])"
    page.wait_for_function(script, timeout=20_000)


def planned(tab):
    """Type a sweep of 4 x 3 points, wrong ones first."""
    editor = tab.editor
    run = editor.locator(".fpw-run")
    expect(run).to_have_attribute("aria-disabled", "true")
    expect(editor).to_contain_text("Choose what is to vary")
    values = tab.axis(1, "cfg_scale", "CFG Scale")
    values.fill("1, 1.5, 99")
    expect(editor.locator(".fpw-axis .fpw-error")).to_have_text("✖ 99 is more than 3. Use 1 to 3.")
    expect(run).to_have_attribute("aria-disabled", "true")
    values.fill("1..2.5/4")
    expect(editor).to_contain_text("4 points · 4 renders to do")
    words = tab.axis(2, "prompt~replace", "Prompt: search and replace")
    expect(words).to_be_focused()
    words.press_sequentially("cat, dog, fox", delay=15)
    expect(editor).to_contain_text("12 points · 12 renders to do")
    editor.get_by_label("name of the run").fill("night")


@pytest.mark.timeout(240)
def test_a_sweep_by_clicking(notebook, demo_server, browser):
    tab = SweepTab(notebook, demo_server(speed=60, fail_every=7).url).open()
    nb, sweep, tiles, totals = tab.nb, tab.sweep, tab.tiles, tab.totals
    planned(tab)
    tab.editor.get_by_role("button", name="Run 12 renders").click()
    expect(tiles).to_have_count(12)
    heads = sweep.locator(".fpw-sweep-columns .fpw-sweep-head")
    expect(heads).to_have_text(["cat", "dog", "fox"])
    failed = sweep.locator('.fpw-tile-box:has(.fpw-tile[data-state="failed"])')
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
        shown = shown_code(tile.locator("video")).settings.hex()
        assert shown == codes[name], "the clip of another point"
    tab.editor.hover()
    expect(sweep.locator("video")).to_have_count(0)
    tab.press("play all in step")
    in_step(nb.page, ".fpw-sweep video", 12)
    tab.press("stop playing")
    compared_and_rated(tab)
    grid_written(tab, codes, browser)
    report_written(tab, browser)
    assert nb.uncaught() == []


def compared_and_rated(tab):
    tiles, sweep, keyboard = tab.tiles, tab.sweep, tab.nb.page.keyboard
    tiles.nth(0).click()
    expect(sweep.locator(".fpw-sweep-details")).to_contain_text("cfg_scale 1, prompt cat")
    keyboard.press("4")
    expect(tiles.nth(0).locator(".fpw-tile-stars")).to_have_text("★★★★☆")
    keyboard.press("ArrowDown")
    expect(tiles.nth(3)).to_be_focused()
    keyboard.press(" ")
    expect(sweep.locator(".fpw-sweep-details")).to_contain_text("2 points")
    expect(sweep.locator(".fpw-sweep-facts")).to_contain_text("cfg_scale")
    tab.press("compare selected")
    compare = tab.panel.locator(".fpw-compare")
    expect(compare.locator(".fpw-compare-tile:visible")).to_have_count(2)
    for cover in compare.locator(".fpw-compare-cover").all():
        expect(cover).to_be_hidden()
    in_step(tab.nb.page, ".fpw-compare video", 2)
    tab.press("hide")
    expect(compare).to_have_count(0)


def grid_written(tab, codes, browser):
    """By clicking; then it plays below, each clip at the place of its values."""
    files, page = tab.files, tab.nb.page
    tab.press("grid video…")
    name = files.get_by_role("textbox", name="file")
    expect(name).to_be_focused()
    expect(name).to_have_value("night-grid.mp4")
    expect(files).to_contain_text("columns: prompt · rows: cfg_scale")
    page.keyboard.press("Enter")
    video = tab.panel.locator(".fpw-player video")
    expect(video).to_be_visible(timeout=60_000)
    expect(files).to_contain_text("Grid video of night is written:")
    video.scroll_into_view_if_needed()  # it plays while it is seen
    expect(video).not_to_have_js_property("currentTime", 0)
    sheet = picture(video)
    tile = picture(hovered(tab, 0))
    height, width = tile.shape[:2]
    for name, code in codes.items():
        row, column = divmod(list(codes).index(name), 3)
        x = sheet.shape[1] - (3 - column) * (width + GAP)
        y = sheet.shape[0] - (4 - row) * (height + GAP)
        shown = shown_code(sheet[y : y + height, x : x + width]).settings.hex()
        assert shown == code, f"another clip than {name}"
    with browser.expect_page() as opened:
        files.get_by_role("button", name="open").click()
    opened.value.wait_for_function("() => document.querySelector('video').currentTime > 0")
    opened.value.close()

    tab.press("grid video…")
    expect(name_box := files.get_by_role("textbox", name="file")).to_have_value("night-grid-2.mp4")
    name_box.fill("night-grid.mp4")
    files.get_by_role("button", name="Write the grid video").click()
    expect(files.get_by_role("alert").first).to_contain_text("night-grid.mp4, night-grid-poster")
    files.get_by_role("button", name="not now").click()
    expect(name_box).to_be_hidden()


def hovered(tab, number):
    tab.tiles.nth(number).hover()
    return tab.tiles.nth(number).locator("video")


def report_written(tab, browser):
    """In one file; the server's link opens it, and so does the disk."""
    files = tab.files
    tab.press("report…")
    expect(files.get_by_role("checkbox", name=re.compile("all in one file"))).to_be_checked()
    files.get_by_role("button", name="Write the report").click()
    expect(files).to_contain_text("Report of night is written:", timeout=30_000)
    path = files.locator("code").inner_text()
    files.get_by_role("button", name="copy path").click()
    expect(files.locator(".fpw-file")).to_contain_text("copied")
    assert tab.nb.page.evaluate("() => navigator.clipboard.readText()") == path
    link = files.get_by_role("link", name="open")
    assert unquote(link.get_attribute("href")).partition("?")[0].endswith("night-report.html")
    with browser.expect_page() as opened:
        link.click()
    report_plays(opened.value)
    page = new_page(browser)
    page.goto(Path(path).as_uri())
    report_plays(page)


def report_plays(page):
    expect(page.locator("article.tile")).to_have_count(12)
    expect(page.locator("article.tile").first).to_contain_text("★★★★☆")
    page.get_by_role("button", name="play", exact=True).click()
    in_step(page, "article.tile video", 12)
    page.close()
