"""Reports opened from disk: by axes, in step, copied from, and silent towards the network."""

from __future__ import annotations

import io
import os
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, Locator, Page, expect

from browser.looks import contrast, no_horizontal_scroll, tab_stops, unreached
from browser.videos import FPS, number_in, numbered_clip
from framepack_widgets.settings import Settings
from framepack_widgets.video import ReportPoint, write_report

HOSTILE = "</script><img src=x onerror=alert(1)><b>a cat</b> https://example.com {{data}}"
LENGTHS = (45, 30, 20)  # pictures of the clips, by their cfg_scale
PATIENCE_S = 20


@pytest.fixture(scope="module")
def points(tmp_path_factory: pytest.TempPathFactory) -> list[ReportPoint]:
    """3 x 2 x 2; one failed, one still to come."""
    folder = tmp_path_factory.mktemp("clips")
    made = []
    for number in range(12):
        cfg, seed, words = number // 4, number // 2 % 2, number % 2
        prompt = ("dog", HOSTILE)[words]
        state = {5: "failed", 10: "planned"}.get(number, "done")
        clip = numbered_clip(folder / f"{number}.mp4", LENGTHS[cfg], 20 * number)
        point = ReportPoint(
            {"cfg_scale": cfg, "seed": seed, "prompt": words},
            {"cfg_scale": f"{1 + cfg / 2}", "seed": str(7 + seed), "prompt": prompt},
            Settings(prompt=prompt, seed=7 + seed, cfg_scale=1 + cfg / 2, steps=9),
            state,
            clip if state == "done" else None,
            error="CUDA out of memory" if state == "failed" else "",
            stars=number % 6,
            note=HOSTILE if number == 1 else "",
            metrics={"motion": number / 3},
        )
        made.append(point)
    return made


class Shown:
    """A page, what it asked for, and what it complained about."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.asked: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", lambda dialog: (self.complaints.append("dialog"), dialog.dismiss()))

    def _hear(self, message) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def open(self, path: Path) -> None:
        self.page.goto(path.as_uri())
        expect(self.tiles.first).to_be_visible()

    @property
    def tiles(self) -> Locator:
        return self.page.locator("article.tile")

    def choose(self, label: str, value: str) -> None:
        self.page.get_by_label(label, exact=True).select_option(label=value)

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def shows(self, wanted: list[int]) -> None:
        """Wait until the clips show these pictures of theirs, read from the screen."""
        end = time.monotonic() + PATIENCE_S
        while True:
            found = [number_on(video.locator("..")) for video in self.page.locator("video").all()]
            if found == wanted:
                return
            assert time.monotonic() < end, f"pictures {found}, not {wanted}"


def number_on(screen: Locator) -> int:
    shot = Image.open(io.BytesIO(screen.screenshot())).convert("RGB").resize((320, 240))
    return number_in(np.asarray(shot))


@pytest.fixture
def shown(browser: BrowserContext) -> Iterator[Shown]:
    page = browser.new_page()
    page.set_viewport_size({"width": 1400, "height": 1400})
    yield Shown(page)
    page.close()


@pytest.mark.parametrize("single_file", [False, True])
def test_it_opens_from_disk_and_plays_in_step(
    shown: Shown, points: list[ReportPoint], tmp_path: Path, single_file: bool
) -> None:
    path = tmp_path / "my report #1.html"
    shown.open(write_report(path, points, title=HOSTILE, single_file=single_file).path)
    page = shown.page
    expect(page.locator("h1")).to_have_text(HOSTILE)
    shown.choose("prompt", "dog")
    expect(shown.tiles).to_have_count(6)
    expect(page.locator("table.matrix thead th")).to_have_text(
        ["cfg_scale: 1.0", "cfg_scale: 1.5", "cfg_scale: 2.0"]
    )
    where = page.locator(".matrix tbody tr").nth(1).locator("td").nth(2)
    expect(where).to_contain_text("planned")  # cfg 2.0, seed 8: point 10

    shown.press("+1")
    shown.press("+1")
    shown.shows([2] * 5)
    page.keyboard.press("End")  # shorter clips hold their last picture
    expect(page.locator(".count")).to_contain_text("44 of 44")
    lasts = [LENGTHS[0] - 1, LENGTHS[1] - 1, LENGTHS[2] - 1, LENGTHS[0] - 1, LENGTHS[1] - 1]
    shown.shows(lasts)
    page.get_by_label("Picture, counted from 0").fill("13")
    shown.shows([13] * 5)

    shown.press("start")
    shown.press("play")
    page.wait_for_function("() => [...document.querySelectorAll('video')].every((v) => !v.paused)")
    apart = page.evaluate(
        """() => new Promise((done) => {
          const videos = [...document.querySelectorAll("video")];
          const found = [];
          const look = () => {
            const times = videos.filter((v) => !v.paused).map((v) => v.currentTime);
            if (times.length > 1) found.push(Math.max(...times) - Math.min(...times));
            if (found.length < 30) requestAnimationFrame(look);
            else done(found);
          };
          look();
        })"""
    )
    assert statistics.median(apart) <= 1.5 / FPS
    shown.press("pause")
    frame = int(page.locator(".count").inner_text().split()[0])
    shown.shows([min(frame, last) for last in lasts])
    assert {url.partition(":")[0] for url in shown.asked} <= {"file", "blob", "data"}
    assert not shown.complaints


def test_axes_copying_and_details(shown: Shown, points: list[ReportPoint], tmp_path: Path) -> None:
    shown.open(write_report(tmp_path / "r.html", points).path)
    page = shown.page
    expect(shown.tiles).to_have_count(12)
    shown.choose("columns", "prompt")
    expect(page.locator("thead th")).to_have_text(["prompt: dog", f"prompt: {HOSTILE}"])
    shown.choose("rows", "prompt")  # the two change places
    expect(page.get_by_label("columns", exact=True)).to_have_value("1")
    shown.choose("columns", "–")
    shown.choose("rows", "–")
    expect(page.locator("table.matrix")).to_have_count(0)
    tile = shown.tiles.nth(1)
    expect(tile).to_contain_text("cfg_scale: 1.0, seed: 7, prompt: </script>")
    expect(tile.locator(".note")).to_have_text(HOSTILE)
    expect(tile.locator(".stars")).to_have_text("★☆☆☆☆")
    expect(shown.tiles.nth(5)).to_contain_text("CUDA out of memory")

    read = "() => navigator.clipboard.readText()"
    tile.get_by_role("button", name="copy JSON").click()
    expect(tile.get_by_role("button", name="copied")).to_be_visible()
    assert Settings.from_json(page.evaluate(read)) == points[1].settings
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error()); }")
    tile.get_by_role("button", name="copy Python").click()
    page.wait_for_function(f"async () => (await ({read})()).startsWith('studio.submit')")
    assert page.evaluate(read).replace("\r\n", "\n") == points[1].settings.as_python()

    tile.locator(".screen").click()
    expect(page.get_by_role("dialog")).to_contain_text("motion")
    expect(page.get_by_role("dialog").locator("video")).to_have_js_property("videoWidth", 320)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert not shown.complaints


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_looks(
    shown: Shown, points: list[ReportPoint], tmp_path: Path, theme: str, picture: Callable
) -> None:
    shown.open(write_report(tmp_path / "r.html", points, title="Night sweep").path)
    page = shown.page
    shown.choose("colours", theme)
    stops = tab_stops(page, page.locator("#report"))
    assert not unreached(page.locator("#report"))
    assert not [stop.element for stop in stops if not (stop.name and stop.drawn)]
    for width in (400, 1600):
        page.set_viewport_size({"width": width, "height": 1200})
        no_horizontal_scroll(page.locator("body"))
        assert not contrast(page, "body")
        picture(page, f"report-{theme}-{width}")
    shown.choose("prompt", "dog")
    expect(page.locator(".on-paper")).to_be_hidden()
    page.emulate_media(media="print")
    expect(page.locator(".on-paper")).to_have_text("prompt: dog")
    expect(page.locator(".on-paper")).to_be_visible()
    expect(page.get_by_role("group", name="All clips in step")).to_be_hidden()
    expect(shown.tiles.first.locator("img")).to_be_visible()
    expect(shown.tiles.first.locator("video")).to_be_hidden()
    assert page.evaluate("() => getComputedStyle(document.body).color") == "rgb(27, 27, 27)"
    picture(page, f"report-{theme}-print")


@pytest.fixture
def picture() -> Callable[[Page, str], None]:
    """Keep what is to be looked at, where FRAMEPACK_SCREENSHOTS is set."""
    folder = Path(__file__).resolve().parents[2] / "build" / "screenshots"

    def keep(page: Page, name: str) -> None:
        if os.environ.get("FRAMEPACK_SCREENSHOTS"):
            page.screenshot(path=folder / f"{name}.png", full_page=True)

    return keep
