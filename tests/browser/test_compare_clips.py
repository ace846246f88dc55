"""Clips of a Library compared where they are found: in the clip browser, and in the App."""

from __future__ import annotations

import re
import secrets

import pytest
from playwright.sync_api import expect

from browser.looks import contrast, no_horizontal_scroll, tab_stops, unreached
from browser.test_clip_browser import tiles
from browser.test_compare import loaded
from framepack_widgets.library import Library
from unit.library_tools import done_job

BROWSER = """
import framepack_widgets as fp
library = fp.Library({folder!r})
fp.ClipBrowser(library)
"""
APP = """
import framepack_widgets as fp
app = fp.App({url!r}, library={folder!r})
app
"""
SMALL = {"seconds": 1, "steps": 2, "width": 128, "height": 128, "prompt": "a cat yawns"}


@pytest.fixture
def shelf(lab):
    """A Library below the Lab's root with 17 clips, the last one with CFG 1.5."""
    library = Library(lab.root / f"compared-{secrets.token_hex(3)}")
    for seed in range(17):
        done_job(library, seed=seed, cfg_scale=1 + seed // 16 * 0.5, **SMALL)
    yield library
    library.close()


def row(out):
    return out.locator(".fpw-selection")


def button(out, name):
    return out.get_by_role("button", name=name, exact=True)


def test_selected_clips_are_compared_below_and_closed_again(notebook, shelf):
    nb = notebook([BROWSER.format(folder=str(shelf.path))])
    out = nb.run(0)
    expect(tiles(out)).to_have_count(17)
    tiles(out).first.focus()
    nb.page.keyboard.press(" ")
    compare = button(row(out), "compare")
    expect(compare).to_have_attribute("aria-disabled", "true")
    expect(row(out)).to_contain_text("compare: select one more")
    nb.page.keyboard.press("a")
    expect(row(out)).to_contain_text("16 clips can be compared at most")
    compare.click(force=True)  # the kernel says what is wrong
    expect(out.locator(".fpw-grid [role=alert]")).to_contain_text("Compare takes 2 to 16 clips")
    tiles(out).first.focus()
    nb.page.keyboard.press("Escape")
    nb.page.keyboard.press("Shift+ArrowRight")
    expect(compare).to_have_attribute("aria-disabled", "false")
    expect(out.locator(".fpw-grid [role=alert]")).to_be_empty()
    nb.page.set_viewport_size({"width": 1400, "height": 700})
    nb.page.keyboard.press("c")
    box = out.locator(".fpw-compare")
    loaded(box)
    expect(box).to_be_focused()
    expect(box.locator(".fpw-compare-tile").last).to_be_in_viewport()
    assert box.locator(".fpw-compare-facts").all_inner_texts()[0].split() == [
        *("seed", "16"), *("cfg_scale", "1.5")
    ]  # fmt: skip
    expect(button(box, "use these settings")).to_have_count(0)
    whole = out.locator(".fpw-clips")
    for width in (400, 1600):
        nb.resize(width)
        no_horizontal_scroll(out)
        assert contrast(nb.page, whole) == []
        nb.screenshot(f"compare-clips-{width}", 0)
    stops = tab_stops(nb.page, whole)
    assert [stop for stop in stops if not (stop.drawn and stop.name)] == []
    assert [control for control in unreached(whole) if "fpw-star" not in control] == []
    button(out, "close the comparison").focus()
    nb.page.keyboard.press("Enter")
    expect(box).to_have_count(0)
    expect(tiles(out).nth(1)).to_be_focused()
    assert nb.uncaught() == []


def test_the_app_goes_on_from_compared_clips(notebook, shelf, demo):
    nb = notebook([APP.format(url=demo.url, folder=str(shelf.path))])
    out = nb.run(0)
    expect(out.locator(".fpw-bar-line")).to_contain_text("6 models", timeout=30_000)
    clips = out.get_by_role("tab", name=re.compile("Clips"))
    clips.click()
    panel = out.locator(".fpw-panel-2")
    tiles(panel).nth(0).click()
    tiles(panel).nth(1).click(modifiers=["ControlOrMeta"])
    button(row(panel), "compare").click()
    box = panel.locator(".fpw-compare")
    loaded(box)
    button(box, "use these settings").first.click()
    expect(out.get_by_role("tab", name="Render")).to_have_attribute("aria-selected", "true")
    used = nb.evaluate_in_kernel("print(app.settings.cfg_scale, app.settings.seed)")
    assert used == "1.5 16"
    clips.click()
    for count in (4, 8):
        button(box, "render more like this").first.click()
        expect(out.get_by_role("tab", name="Sweep")).to_have_attribute("aria-selected", "true")
        expect(out.locator(".fpw-tabs")).to_be_in_viewport()
        sweep = out.locator(".fpw-panel-1 .fpw-sweep")
        expect(sweep.locator(".fpw-tile")).to_have_count(count)
        expect(sweep).to_contain_text("more like a cat yawns")
        clips.click()
    run = "run = app.studio.run_of('more like a cat yawns')"
    seeds = nb.evaluate_in_kernel(f"{run}; print(*[p.settings.seed for p in run.points])").split()
    assert len({*seeds, "16"}) == 9
    assert nb.evaluate_in_kernel("print({p.settings.cfg_scale for p in run.points})") == "{1.5}"
    assert nb.evaluate_in_kernel("run.stop(); print(len(app.studio.runs()))") == "1"
    assert nb.uncaught() == []
