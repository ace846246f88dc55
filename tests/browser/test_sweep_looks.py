"""The Sweep tab: its looks on narrow and wide pages, the way of the Tab key, pages of an axis."""

from __future__ import annotations

from playwright.sync_api import expect

from browser.looks import contrast, no_horizontal_scroll, tab_stops, unreached
from browser.sweep_pages import SHOTS, SweepTab
from browser.videos import numbered_clip


def test_it_looks_well_at_any_width(notebook, demo, tmp_path):
    tab = SweepTab(notebook, demo.url)
    nb, tiles = tab.nb, tab.tiles
    clip = numbered_clip(tmp_path / "clip.mp4")
    tab.fill("night", clip, cfg_scale=[1.0, 1.5, 2.0, 2.5], seed=[1, 2, 3])
    tab.open()
    tab.axis(1, "cfg_scale", "CFG Scale").fill("1, 99")
    tab.editor.get_by_role("checkbox", name="draft first").check()
    tab.editor.get_by_label("combine").select_option("random")
    expect(tiles).to_have_count(12)
    tiles.nth(0).click()
    tiles.nth(4).click(modifiers=["Control"])
    tab.press("compare selected")
    compared = tab.panel.locator(".fpw-compare")
    expect(compared).to_be_visible()
    tab.press("grid video…")
    expect(tab.files.get_by_role("textbox", name="file")).to_be_focused()
    for width, theme in SHOTS:
        nb.theme(theme)
        nb.resize(width)
        expect(tiles.nth(11)).to_be_attached()
        nb.screenshot(f"sweep-{width}-{theme}", 0)
        no_horizontal_scroll(tab.out, allow=".fpw-scroll, .fpw-sweep-facts")
        for part in (tab.sweep, tab.editor, tab.runs, tab.files):
            assert contrast(nb.page, part) == []
    tab.press("hide")
    expect(compared).to_have_count(0)
    stops = tab_stops(nb.page, tab.panel)
    assert [stop for stop in stops if not stop.name or not stop.drawn] == []
    assert unreached(tab.panel) == []

    tab.sweep.locator('select[data-axis="seed"]').select_option("page")
    expect(tiles).to_have_count(4)
    expect(tab.files).to_contain_text("a file for each value: seed")
    tab.press("Next value of seed")
    expect(tab.sweep.locator(".fpw-pagers select")).to_have_value("2")
    tiles.nth(1).click()
    tab.press("use settings")
    expect(tab.out.get_by_role("tab", name="Render")).to_have_attribute("aria-selected", "true")
    used = nb.evaluate_in_kernel("print(app.settings.cfg_scale, app.settings.seed)")
    assert used == "1.5 2"
    assert nb.uncaught() == []
