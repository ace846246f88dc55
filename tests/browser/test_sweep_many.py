"""Two hundred points in the page: only what is in sight holds videos and hears of news."""

from __future__ import annotations

import json
import time

import pytest
from playwright.sync_api import expect

from browser.sweep_pages import SweepTab
from browser.videos import numbered_clip

LISTEN = """
tiles = app._tabs._sweep.view.tiles
heard, really_tell = [], tiles._tell
def note(kind, buffers=(), **values):
    heard.append([kind, [tile["key"] for tile in values.get("tiles", [])]])
    really_tell(kind, buffers, **values)
tiles._tell = note
"""
HEARD = "import json; print(json.dumps(heard)); heard.clear()"
SIGHT = """() => {
  const height = window.innerHeight;
  const tiles = [...document.querySelectorAll(".fpw-sweep .fpw-tile")];
  const near = tiles.filter((tile) => {
    const box = tile.getBoundingClientRect();
    return box.bottom > -90 && box.top < height + 90 && box.height > 0;
  });
  const key = (tile) => tile.dataset.key;
  return {
    near: near.map(key), told: tiles.filter((tile) => tile.dataset.state).map(key),
    pictures: tiles.filter((tile) => tile.querySelector("img[src]")).map(key),
    videos: tiles.filter((tile) => tile.querySelector("video")).map(key),
  };
}"""
ALL_NEAR = "seen => seen.videos.length && seen.videos.every((key) => seen.near.includes(key))"
FRAMES = """() => new Promise((done) => {
  const box = document.querySelector(".jp-WindowedPanel-outer");
  const gaps = [];
  let last = performance.now();
  let count = 0;
  const next = () => {
    const now = performance.now();
    gaps.push(now - last);
    last = now;
    box.scrollTop += 60;
    if (++count < 60) requestAnimationFrame(next);
    else done(gaps.sort((a, b) => a - b));
  };
  requestAnimationFrame(next);
})"""


@pytest.mark.timeout(180)
def test_two_hundred_points_stay_fluid(notebook, demo, tmp_path):
    tab = SweepTab(notebook, demo.url)
    nb, page = tab.nb, tab.nb.page
    clip = numbered_clip(tmp_path / "clip.mp4", 30)
    axes = {"cfg_scale": [1 + n / 10 for n in range(20)], "seed": list(range(10))}
    assert tab.fill("many", clip, **axes) == "{'done': 200}"
    begun = time.monotonic()
    tab.open()
    expect(tab.tiles).to_have_count(200)
    expect(tab.tiles.first.locator("img[src]").first).to_be_attached()
    took = time.monotonic() - begun
    page.set_viewport_size({"width": 1400, "height": 800})
    page.wait_for_function(f"() => ({SIGHT})().told.length > 5")
    nb.evaluate_in_kernel(LISTEN)
    seen = page.evaluate(SIGHT)
    assert len(seen["told"]) < 120 and set(seen["pictures"]) <= set(seen["told"])
    hidden = tab.tiles.last.get_attribute("data-key")
    assert hidden not in seen["told"], "nobody has scrolled there"

    nb.evaluate_in_kernel(
        "library.rate(run.points[199].job, 5); library.rate(run.points[0].job, 3)"
    )
    first = tab.tiles.first
    expect(first.locator(".fpw-tile-stars")).to_have_text("★★★☆☆")
    heard = json.loads(nb.evaluate_in_kernel(HEARD))
    told = [key for kind, keys in heard if kind == "tiles" for key in keys]
    assert told and hidden not in told and len(told) < 120, heard

    gaps = page.evaluate(FRAMES)
    tab.tiles.last.scroll_into_view_if_needed()
    expect(tab.tiles.last.locator(".fpw-tile-stars")).to_have_text("★★★★★")
    expect(tab.tiles.last.locator("img[src]").first).to_be_attached()
    tab.press("play all in step")
    first.scroll_into_view_if_needed()
    expect(first.locator("video")).to_be_attached()
    tab.tiles.last.scroll_into_view_if_needed()
    expect(tab.tiles.last.locator("video")).to_be_attached()
    expect(first.locator("video")).to_have_count(0)
    page.wait_for_function(f"() => ({ALL_NEAR})(({SIGHT})())")
    assert len(page.evaluate(SIGHT)["videos"]) <= 30
    tab.press("stop playing")
    expect(tab.sweep.locator("video")).to_have_count(0)
    print(f"shown in {took:.1f} s; scrolling: median {gaps[30]:.0f} ms, worst {gaps[-1]:.0f} ms")
    assert nb.uncaught() == []
