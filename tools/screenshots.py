"""Make the pictures of the README, docs/images/*.png, from a real JupyterLab in headless Chromium.

    python tools/screenshots.py [--only sweep,compare] [folder]

Everything shown is real: the built-in Studio renders, the widgets follow it. Uses the servers and
the browser of tests/browser/, and needs what these need (see tests/browser/conftest.py).
"""

import argparse
import re
import shutil
import sys
import tempfile
from contextlib import closing
from io import BytesIO
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from playwright.sync_api import expect  # noqa: E402

from browser.chromium import headless, missing  # noqa: E402
from browser.notebook_page import NotebookPage  # noqa: E402
from browser.pages import new_page, photograph, write_notebook  # noqa: E402
from browser.servers import start_lab  # noqa: E402
from framepack_widgets.demo.options import DemoOptions  # noqa: E402
from framepack_widgets.demo.process import start  # noqa: E402

WIDTH = 1400  # px
PLAYER_WIDTH = 760  # px; a clip is at most 640 wide
COMPARE_WIDTH = 720  # px
REPORT_WIDTH = 1200  # px
LARGEST = 200_000  # bytes
NARROWEST = 700  # px
RENDER_MS = 240_000

SETUP = """
import framepack_widgets as fp
SETTINGS = fp.Settings(
    model="Original with Endframe", start_frame="images/cat.jpg", end_frame="images/cat_asleep.jpg",
    prompt="[0s: the cat looks out of the window] [2s: it falls asleep]", seconds=4, steps=20,
    seed=7, loras={"film-grain": 0.6},
)
SWEPT = SETTINGS.replace(prompt="the cat falls asleep", loras=None, seconds=2, steps=8)
quick = fp.connect("QUICK", library="library")
for seed, model, prompt in (
    (3, "F1", "the cat looks up"), (11, "Original", "it turns to the plant"),
    (5, "Original with Endframe", "the cat falls asleep"), (8, "F1", "it yawns"),
):
    quick.submit(SETTINGS, model=model, prompt=prompt, seconds=2, seed=seed)
quick.run_until_idle()
clip = quick.jobs()[0].clip
"""
# All videos that are there have come so far, s.
FAR = """(least) => {
  const videos = [...document.querySelectorAll(".fpw-sweep video")];
  return videos.length > 0 && videos.every((it) => it.currentTime > least);
}"""
APP = "app = fp.App('SLOW', library='library')\napp"
SWEEP = """
swept = fp.App("MIDDLE", library="sweeps")
swept
"""
COMPARE = """
run = quick.run(fp.Sweep(SWEPT, end_frame_influence=[0.1, 0.5, 1.0], seed=[7, 8]), name="night")
run.result()
for point, stars in zip(run.points, (2, 1, 3, 3, 5, 4)):
    quick.library.rate(point.clip, stars)
quick.library.annotate(run.clips[4], "asleep, and the light is right")
run.table(measure=True)
run.report("night.html", title="influence against seed")
compare = run.compare(0, 4)
compare.view = "wipe"
compare
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "docs" / "images")
    parser.add_argument("--only", default=",".join(PICTURES), help="of " + ", ".join(PICTURES))
    asked = parser.parse_args()
    folder, wanted = asked.folder, asked.only.split(",")
    if lacks := missing():
        print("Missing: " + "; ".join(lacks), file=sys.stderr)
        return 1
    folder.mkdir(parents=True, exist_ok=True)
    loras = ("camera-orbit", "film-grain", "slow-motion")
    with (
        start(DemoOptions(speed=30, loras=loras)) as quick,
        start(DemoOptions(speed=1.5, loras=loras)) as slow,
        start(DemoOptions(speed=5, loras=loras)) as middle,
        closing(_Stopping(start_lab())) as lab,
        headless() as browser,
    ):
        cells = [
            SETUP,
            APP,
            "form = fp.Form(quick, SETTINGS)\nform",
            "player = fp.Player(clip)\nplayer",
            SWEEP,
            COMPARE,
        ]
        urls = {"QUICK": quick.url, "SLOW": slow.url, "MIDDLE": middle.url}
        for name, url in urls.items():
            cells = [cell.replace(name, url) for cell in cells]
        notebook = _opened(lab.server, browser, cells)
        notebook.run(0)
        for name in wanted:
            PICTURES[name](notebook, folder)
        notebook.theme("light")
        notebook.close()
    return 0


def _app(notebook, folder):
    """While it renders, light and dark."""
    shown = notebook.run(1)
    notebook.resize(WIDTH)
    expect(shown.get_by_role("button", name="Render").first).to_be_visible(timeout=60_000)
    notebook.evaluate_in_kernel("app.settings = SETTINGS; job = app.form.submit()")
    expect(shown.get_by_text("section 2 of").first).to_be_visible(timeout=RENDER_MS)
    _take(notebook, 1, folder / "app.png")  # brings the posters into sight, which then come
    expect(shown.locator(".fpw-earlier img").last).to_have_attribute("src", re.compile("^blob:"))
    _take(notebook, 1, folder / "app.png")
    notebook.theme("dark")
    _take(notebook, 1, folder / "app-dark.png")
    notebook.theme("light")
    notebook.evaluate_in_kernel("job.stop()")


def _form(notebook, folder):
    """With the prompt in timed parts."""
    shown = notebook.run(2)
    notebook.resize(WIDTH)
    shown.get_by_role("button", name="timed parts").click()
    expect(shown.get_by_text("a part may begin at each mark")).to_be_visible()
    expect(shown.get_by_role("button", name="Render").first).to_be_enabled(timeout=30_000)
    _take(notebook, 2, folder / "form.png")


def _player(notebook, folder):
    """Stopped in the middle of the clip."""
    shown = notebook.run(3)
    notebook.resize(PLAYER_WIDTH)
    shown.scroll_into_view_if_needed()
    notebook.evaluate_in_kernel("player.playing = False; player.frame = 40")
    expect(shown.get_by_text("frame 40 of")).to_be_visible(timeout=30_000)
    video = shown.locator("video").element_handle()
    loaded = "(it) => it.readyState > 1 && !it.seeking && it.paused"
    notebook.page.wait_for_function(loaded, arg=video, timeout=30_000)
    _take(notebook, 3, folder / "player.png")


def _sweep(notebook, folder):
    """Axes as they are typed, and the run: four of its points done."""
    shown = notebook.run(4)
    notebook.resize(WIDTH)
    expect(shown.get_by_role("button", name="as a sweep…")).to_be_visible(timeout=60_000)
    notebook.evaluate_in_kernel("swept.settings = SWEPT")
    shown.get_by_role("button", name="as a sweep…").click()
    editor = shown.locator(".fpw-editor")
    _axis(editor, 1, "seed", "7, 8")
    editor.get_by_role("button", name="add an axis").click()
    _axis(editor, 2, "end_frame_influence", "0.1, 0.5, 1")
    editor.get_by_label("name of the run").fill("influence against seed")
    editor.get_by_role("button", name="Run 6 renders").click()
    totals = shown.locator(".fpw-run-head [role=status]")
    expect(totals).to_contain_text("4 done", timeout=RENDER_MS)
    preview = shown.locator('.fpw-tile[data-state="running"] .fpw-tile-preview')
    expect(preview).to_be_visible(timeout=30_000)
    shown.get_by_role("button", name="play all in step").click()
    notebook.page.wait_for_function(FAR, arg=1.5, timeout=30_000)
    _take(notebook, 4, folder / "sweep.png")
    notebook.evaluate_in_kernel("swept.studio.runs()[0].stop()")


def _axis(editor, number, setting, values):
    editor.get_by_role("combobox", name=f"Axis {number}", exact=True).select_option(setting)
    editor.get_by_role("textbox", name="Values of").nth(number - 1).fill(values)


def _compare(notebook, folder):
    """Two clips of a run, one wiped over the other."""
    shown = _compared(notebook)
    notebook.resize(COMPARE_WIDTH)
    shown.scroll_into_view_if_needed()
    notebook.evaluate_in_kernel("compare.playing = False; compare.frame = 60")
    for cover in shown.locator(".fpw-compare-cover").all():
        expect(cover).to_be_hidden(timeout=30_000)
    expect(shown.locator(".fpw-compare-place")).to_contain_text("frame 60 of", timeout=30_000)
    _take(notebook, 5, folder / "compare.png")


def _compared(notebook):
    shown = notebook.run(5, wait=False)
    notebook.wait_cell(5, RENDER_MS)
    return shown


def _report(notebook, folder):
    """The run as a page, opened from disk."""
    written = notebook.path.parent / "night.html"
    if not written.exists():
        _compared(notebook)
    page = new_page(notebook.page.context)
    page.set_viewport_size({"width": REPORT_WIDTH, "height": 1000})
    page.goto(written.as_uri())
    page.get_by_role("button", name="+1", exact=True).click()
    loaded = "() => [...document.querySelectorAll('video')].every((it) => !it.hidden)"
    page.wait_for_function(loaded, timeout=30_000)
    page.get_by_label("Picture, counted from 0").fill("60")
    page.wait_for_function(
        "() => [...document.querySelectorAll('video')].every((it) => !it.seeking)", timeout=30_000
    )
    height = page.evaluate("() => document.documentElement.scrollHeight")
    page.set_viewport_size({"width": REPORT_WIDTH, "height": height})
    with tempfile.TemporaryDirectory() as place:
        raw = Path(place) / "report.png"
        page.screenshot(path=raw, full_page=True)
        _keep(raw, folder / "report.png")
    page.close()


def _take(notebook, cell, target):
    notebook.page.mouse.move(1, 1)
    with tempfile.TemporaryDirectory() as place:
        raw = Path(place) / target.name
        photograph(notebook.page, notebook.output(cell), raw)
        _keep(raw, target)


def _keep(raw, target):
    target.write_bytes(_small(Image.open(raw).convert("RGB")))
    print(f"{target}: {target.stat().st_size / 1000:.0f} kB", flush=True)


def _small(picture):
    """As PNG with a palette: with fewer colours, then narrower, where it would be too big."""
    while True:
        for colours in (256, 128, 64):
            buffer = BytesIO()
            picture.quantize(colours, dither=Image.Dither.NONE).save(buffer, "PNG", optimize=True)
            if buffer.tell() <= LARGEST or picture.width <= NARROWEST:
                return buffer.getvalue()
        size = (round(picture.width * 0.9), round(picture.height * 0.9))
        picture = picture.resize(size, Image.Resampling.LANCZOS)


def _opened(lab, browser, cells):
    place = lab.root / "first"
    path = write_notebook(place / "pictures.ipynb", cells)
    shutil.copytree(ROOT / "notebooks" / "images", place / "images")
    notebook = NotebookPage(new_page(browser), lab, path)
    return notebook.open()


# In this order: the App's job renders on for a while, so it comes last.
PICTURES = {
    "player": _player,
    "form": _form,
    "sweep": _sweep,
    "compare": _compare,
    "report": _report,
    "app": _app,
}


class _Stopping:
    """A server as something that can be closed."""

    def __init__(self, server):
        self.server = server

    def close(self):
        self.server.stop()


if __name__ == "__main__":
    sys.exit(main())
