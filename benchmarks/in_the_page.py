"""What a page waits for, measured in JupyterLab in headless Chromium, in one run.

    python benchmarks/in_the_page.py

- a 43 MB clip, from the start of its cell until it can play: the Player (from the server's files,
  and from a folder outside of the server's root), ipywidgets.Video, IPython's Video(embed=True);
  and how much the saved notebook, with widget state, grows by each
- the App in a fresh kernel, from the start of its only cell until its form can be used
- CPU seconds a minute of kernel and page with an App open and nothing running
"""

from __future__ import annotations

import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from browser.chromium import headless, missing  # noqa: E402
from browser.notebook_page import NotebookPage  # noqa: E402
from browser.pages import new_page, write_notebook  # noqa: E402
from browser.servers import start_lab  # noqa: E402
from browser.videos import big_clip  # noqa: E402
from framepack_widgets.demo.options import DemoOptions  # noqa: E402
from framepack_widgets.demo.process import start  # noqa: E402

IDLE_S = 30
# Runs cell `index`, and gives the ms until `sign`; media events do not bubble: capture them.
TIMED = """([index, sign]) => new Promise((done) => {
  const begun = performance.now();
  const over = () => { clearInterval(timer); done(performance.now() - begun); };
  const seen = () => {
    if (sign === "video") return;
    const render = document.querySelector(".fpw-render");
    const plan = document.querySelector(".fpw-plan")?.textContent ?? "";
    if (render?.getAttribute("aria-disabled") === "false" && plan.includes("frames")) over();
  };
  const timer = setInterval(seen, 10);
  const once = { capture: true, once: true };
  if (sign === "video") document.addEventListener("loadeddata", over, once);
  const { shell, commands } = window.jupyterapp;
  const notebook = shell.currentWidget.content;
  notebook.deselectAll();
  notebook.activeCellIndex = index;
  commands.execute("notebook:run-cell");
})"""
WAYS = {
    "Player, from the server": "fp.Player({inside!r})",
    "Player, folder outside": "fp.Player({outside!r})",
    "ipywidgets.Video": "ipywidgets.Video.from_file({inside!r})",
    "IPython Video(embed=True)": "IPython.display.Video({inside!r}, embed=True)",
}


def opened(lab, browser, cells):
    path = write_notebook(lab.root / f"{time.monotonic_ns()}.ipynb", cells, "python3")
    notebook = NotebookPage(new_page(browser), lab, path)
    notebook.open()
    return notebook


def clips(lab, browser, folder):
    inside = big_clip(lab.root / "big.mp4")
    outside = folder / "big.mp4"
    outside.write_bytes(inside.read_bytes())
    print(
        f"a clip of {inside.stat().st_size / 1e6:.0f} MB          can play after   notebook grows"
    )
    warm = "import framepack_widgets as fp, ipywidgets, IPython; fp.Player"
    for name, code in WAYS.items():
        notebook = opened(
            lab, browser, [warm, code.format(inside=str(inside), outside=str(outside))]
        )
        notebook.run(0)
        before = notebook.save().stat().st_size
        ms = notebook.page.evaluate(TIMED, [1, "video"])
        notebook.wait_cell(1)
        grown = notebook.save().stat().st_size - before
        print(f"{name:27} {ms / 1000:10.2f} s   {grown / 1000:10.0f} kB", flush=True)
        notebook.close()


def app(lab, browser, url):
    cell = f"import framepack_widgets as fp; app = fp.App({url!r}, library='jobs'); app"
    for _ in range(3):
        notebook = opened(lab, browser, [cell])
        ms = notebook.page.evaluate(TIMED, [0, "form"])
        print(f"App in a fresh kernel: its form can be used after {ms / 1000:.2f} s", flush=True)
        if _ < 2:
            notebook.close()
    notebook.page.wait_for_timeout(3000)  # what begins with the App is over
    kernel, pages = psutil.Process(notebook.kernel_pid()), renderers()
    before = used([kernel]), used(pages)
    notebook.page.wait_for_timeout(IDLE_S * 1000)
    after = used([kernel]), used(pages)
    for name, first, last in zip(("kernel", "page"), before, after, strict=True):
        print(f"nothing running: {name} uses {(last - first) * 60 / IDLE_S:.2f} CPU s a minute")
    notebook.close()


def renderers():
    return [
        p for p in psutil.Process().children(recursive=True) if "--type=renderer" in p.cmdline()
    ]


def used(processes):
    return sum(sum(p.cpu_times()[:2]) for p in processes if p.is_running())


def main():
    if lacks := missing():
        print("Missing: " + "; ".join(lacks), file=sys.stderr)
        return 1
    with ExitStack() as stack:
        demo = stack.enter_context(start(DemoOptions(speed=40)))
        lab = start_lab()
        stack.callback(lab.stop)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        browser = stack.enter_context(headless())
        clips(lab, browser, folder)
        app(lab, browser, demo.url)
    return 0


if __name__ == "__main__":
    sys.exit(main())
