"""Make the pictures of the README, docs/images/*.png, from a real JupyterLab in headless Chromium.

    python tools/screenshots.py [folder]

Everything shown is real: the built-in Studio renders, the widgets follow it. Uses the servers and
the browser of tests/browser/, and needs what these need (see tests/browser/conftest.py).
"""

import shutil
import sys
import tempfile
from contextlib import closing, contextmanager
from io import BytesIO
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from playwright.sync_api import expect, sync_playwright  # noqa: E402

from browser.chromium import FLAGS, chromium, missing  # noqa: E402
from browser.notebook_page import NotebookPage  # noqa: E402
from browser.pages import new_page, photograph, write_notebook  # noqa: E402
from browser.servers import start_lab  # noqa: E402
from framepack_widgets.demo.options import DemoOptions  # noqa: E402
from framepack_widgets.demo.process import start  # noqa: E402

WIDTH = 1400  # px
PLAYER_WIDTH = 760  # px; a clip is at most 640 wide
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
quick = fp.connect("QUICK", library="library")
for seed, model, prompt in (
    (3, "F1", "the cat looks up"), (11, "Original", "it turns to the plant"),
    (5, "Original with Endframe", "the cat falls asleep"), (8, "F1", "it yawns"),
):
    quick.submit(SETTINGS, model=model, prompt=prompt, seconds=2, seed=seed)
quick.run_until_idle()
clip = quick.jobs()[0].clip
"""
APP = "app = fp.App('SLOW', library='library')\napp"


def main():
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "images"
    if lacks := missing():
        print("Missing: " + "; ".join(lacks), file=sys.stderr)
        return 1
    folder.mkdir(parents=True, exist_ok=True)
    loras = ("camera-orbit", "film-grain", "slow-motion")
    with (
        start(DemoOptions(speed=30, loras=loras)) as quick,
        start(DemoOptions(speed=1.5, loras=loras)) as slow,
        closing(_Stopping(start_lab())) as lab,
        _browser() as browser,
    ):
        cells = [
            SETUP,
            APP,
            "form = fp.Form(quick, SETTINGS)\nform",
            "player = fp.Player(clip)\nplayer",
        ]
        cells = [cell.replace("QUICK", quick.url).replace("SLOW", slow.url) for cell in cells]
        notebook = _opened(lab.server, browser, cells)
        notebook.run(0)
        for picture in (_player, _form, _app):
            picture(notebook, folder)
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


def _take(notebook, cell, target):
    notebook.page.mouse.move(1, 1)
    with tempfile.TemporaryDirectory() as place:
        raw = Path(place) / target.name
        photograph(notebook.page, notebook.output(cell), raw)
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


class _Stopping:
    """A server as something that can be closed."""

    def __init__(self, server):
        self.server = server

    def close(self):
        self.server.stop()


@contextmanager
def _browser():
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile,
        sync_playwright() as it,
    ):
        context = it.chromium.launch_persistent_context(
            profile, executable_path=chromium(), headless=True, args=list(FLAGS)
        )
        yield context
        context.close()


if __name__ == "__main__":
    sys.exit(main())
