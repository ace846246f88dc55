"""How well Compare keeps clips in step while they play, in JupyterLab in headless Chromium.

    python benchmarks/compare_in_step.py [count ...]

For 4, 9 and 16 clips of 640 x 640 px, 30 frames a second, 8 s: by how many frames the clip that is
furthest is ahead of the one that is least far, looked at 240 times a second over 6 s, by what
`requestVideoFrameCallback` says was painted; how many frames a second were painted; CPU seconds a
second that Chromium used. Decoding is done by the CPU here, as headless Chromium does it.
"""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import psutil

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from playwright.sync_api import expect  # noqa: E402

from browser.chromium import headless, missing  # noqa: E402
from browser.in_step import drift  # noqa: E402
from browser.notebook_page import NotebookPage  # noqa: E402
from browser.pages import new_page, write_notebook  # noqa: E402
from browser.servers import start_lab  # noqa: E402
from browser.videos import FPS, textured_clip  # noqa: E402

FRAMES = 8 * FPS
SECONDS = 6.0
SIDE = 640  # px
CELL = """import framepack_widgets as fp
compare = fp.Compare({clips!r}, playing=False)
compare"""


def opened(lab, browser, clips):
    source = CELL.format(clips=[str(clip) for clip in clips])
    path = write_notebook(lab.root / f"{time.monotonic_ns()}.ipynb", [source], "python3")
    notebook = NotebookPage(new_page(browser), lab, path)
    notebook.open()
    box = notebook.run(0).locator(".fpw-compare")
    for cover in box.locator(".fpw-compare-cover").all():
        expect(cover).to_be_hidden(timeout=60_000)
    expect(box).to_have_attribute("data-settled", "0")
    return notebook, box


def used():
    """CPU seconds of all of Chromium so far."""
    children = psutil.Process().children(recursive=True)
    chromiums = [p for p in children if "chrom" in p.name()]
    return sum(sum(p.cpu_times()[:2]) for p in chromiums)


def measured(lab, browser, clips):
    notebook, box = opened(lab, browser, clips)
    box.get_by_role("button", name="play or pause").click()
    expect(box.locator("canvas.fpw-compare-still:visible")).to_have_count(0)
    before, begun = used(), time.monotonic()
    found = drift(box, SECONDS)
    busy = (used() - before) / (time.monotonic() - begun)
    told = box.locator("[role=status]").first.inner_text()
    print(f"{len(clips):2} clips: {found}; {busy:.2f} CPU s a second {told}", flush=True)
    notebook.close()


def main():
    if lacks := missing():
        print("Missing: " + "; ".join(lacks), file=sys.stderr)
        return 1
    counts = [int(word) for word in sys.argv[1:]] or [4, 9, 16]
    with ExitStack() as stack:
        lab = start_lab()
        stack.callback(lab.stop)
        browser = stack.enter_context(headless())
        rng = np.random.default_rng(1)
        clips = [
            textured_clip(lab.root / f"{n}.mp4", FRAMES, SIDE, rng) for n in range(max(counts))
        ]
        size = sum(clip.stat().st_size for clip in clips) / len(clips)
        print(f"clips of {SIDE} x {SIDE} px, {size / 1e6:.1f} MB each; {psutil.cpu_count()} CPUs")
        for count in counts:
            measured(lab, browser, clips[:count])
    return 0


if __name__ == "__main__":
    sys.exit(main())
