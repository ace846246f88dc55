"""The tools of these tests tell the truth: they find what is wrong, and pass what is right."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import numpy as np
import psutil
import pytest
from playwright.sync_api import expect

from browser.loaded_labs import LoadedLabs, is_untouched
from browser.looks import contrast, no_horizontal_scroll, tab_stops, unreached
from browser.notebook_page import CellFailed
from browser.pages import TALL, new_page
from browser.pixels import shown_code
from framepack_widgets.demo import pixel_code


@pytest.fixture
def page(browser):
    made = new_page(browser)
    yield made
    made.close()


def test_contrast(page):
    page.set_content("""<main style="background:#fff">
      <p id="good" style="color:#595959">good</p>
      <p id="weak" style="color:#999">weak</p>
      <div style="background:rgba(0,0,0,.8)"><p id="on-dark" style="color:#222">on dark</p></div>
      <p id="faded" style="color:#000; opacity:.3">faded</p>
      <p style="color:#fff; display:none">hidden</p>
      <button disabled style="color:#fff">disabled</button>
      <input placeholder="placeholder"><style>::placeholder { color: #ccc }</style>
    </main>""")
    found = {weak.text: weak.ratio for weak in contrast(page, "main")}
    assert set(found) == {"weak", "on dark", "faded", "placeholder"}
    assert found["weak"] == 2.85  # WebAIM's contrast checker says the same
    with pytest.raises(AssertionError, match="no visible text"):
        contrast(page, "style")


def test_no_horizontal_scroll(page):
    page.set_content("""<main style="width:300px">
      <section id="fits"><p>fits</p>
        <div style="overflow:hidden"><div style="width:400px">cut</div></div>
        <input value="a long value a long value a long value a long value a long value"></section>
      <section id="scrolls" style="overflow:auto"><div style="width:400px">wide</div></section>
      <section id="out"><div style="width:400px">wide</div></section>
    </main>""")
    no_horizontal_scroll(page.locator("#fits"))
    for name, what in (("#scrolls", "scrolls: 400 px in 300"), ("#out", "sticks out")):
        with pytest.raises(AssertionError, match=what):
            no_horizontal_scroll(page.locator(name))
    no_horizontal_scroll(page.locator("#out"), allow="#out > div")


def test_tab_stops(page):
    page.set_content("""<style>.bare { outline: none !important }</style><main>
      <button>one</button><button class="bare">two</button>
      <button tabindex="-1">never</button><button disabled>off</button>
      <label>three <input></label><label><input type="radio" name="r"><input type="radio" name="r">
      </label></main><button>after</button>""")
    stops = tab_stops(page, page.locator("main"))
    assert [(stop.name, stop.drawn) for stop in stops[:3]] == [
        ("one", True),
        ("two", False),
        ("three", True),
    ]
    assert len(stops) == 4
    assert unreached(page.locator("main")) == ["<button> never"]


def test_pixel_code_of_a_canvas(page):
    code = pixel_code.PixelCode(b"abcd", b"efgh", b"ijkl")
    frame = np.full((64, 256, 3), 100, np.uint8)
    pixel_code.draw(frame, code)
    page.set_content("<canvas width=256 height=64></canvas>")
    page.locator("canvas").evaluate(
        """(canvas, pixels) => canvas.getContext("2d").putImageData(new ImageData(
          new Uint8ClampedArray(pixels.flatMap((grey) => [grey, grey, grey, 255])), 256, 64), 0, 0)
        """,
        frame[..., 0].ravel().tolist(),
    )
    assert shown_code(page.locator("canvas")) == code
    assert shown_code(frame) == code


def test_a_notebook_from_end_to_end(notebook):
    nb = notebook(["x = 1\nprint('hello')", "1 / 0"], fresh=True)
    expect(nb.run(0)).to_have_text("hello\n")
    with pytest.raises(CellFailed, match="ZeroDivisionError"):
        nb.run(1)
    nb.run(1, fails=True)
    with pytest.raises(CellFailed, match="without an error"):
        nb.run(0, fails=True)

    running = "import time\nprint('running')\nwhile True: time.sleep(0.05)"
    nb.run(nb.add_cell(running), wait=False)
    expect(nb.cell(2).locator(".jp-InputPrompt")).to_contain_text("[*]")
    expect(nb.output(2)).to_contain_text("running")  # "[*]" stands there before it does
    nb.interrupt()
    nb.wait_cell(2)
    expect(nb.output(2)).to_contain_text("KeyboardInterrupt")

    assert nb.evaluate_in_kernel("print(x)") == "1"
    pid = nb.kernel_pid()
    nb.restart_kernel()
    assert nb.kernel_pid() != pid
    with pytest.raises(CellFailed, match="NameError"):
        nb.evaluate_in_kernel("print(x)")
    assert "hello" in nb.save().read_text(encoding="utf-8")
    nb.reload()
    expect(nb.output(0)).to_have_text("hello\n")


def test_looks_of_a_notebook(notebook):
    nb = notebook(["import ipywidgets\nipywidgets.Text('here')"])
    box = nb.run(0).locator("input")
    assert box.input_value() == "here"
    for width in (400, 1600):
        nb.resize(width)
        assert nb.output(0).evaluate("element => element.clientWidth") == width
        no_horizontal_scroll(nb.output(0))
    ground = "element => getComputedStyle(element).backgroundColor"
    before = nb.page.locator("body").evaluate(ground)
    nb.theme("dark")
    assert nb.page.locator("body").evaluate(ground) != before


REPLACED = {  # what tests do to a page, and how it is undone
    "window.setInterval = () => 0": "window.setInterval = framepackOld",
    "URL.createObjectURL = () => ''": "URL.createObjectURL = framepackUrl",
    "document.hasFocus = () => false": "delete document.hasFocus",
    "navigator.clipboard.writeText = () => 0": "delete navigator.clipboard.writeText",
    "framepackBefore = framepackNote; delete window.framepackNote": (  # as a reload does
        "framepackNote = framepackBefore"
    ),
}


def test_a_lab_is_handed_on_only_as_it_was(notebook):
    labs = LoadedLabs()
    nb = notebook(["import ipywidgets\nipywidgets.Text('here')"], fresh=True)
    labs.note(nb.page)
    nb.run(0)
    nb.page.evaluate(
        "() => { framepackOld = window.setInterval; framepackUrl = URL.createObjectURL; }"
    )
    for change, back in REPLACED.items():
        nb.page.evaluate(f"() => {{ {change}; }}")
        assert not is_untouched(nb.page), change
        nb.page.evaluate(f"() => {{ {back}; }}")
        assert is_untouched(nb.page), back
    nb.theme("dark")
    nb.resize(400)
    nb.page.evaluate("() => localStorage.setItem('framepack-widgets:notify', 'yes')")
    labs.leave(nb)
    page = labs.take()
    assert page is nb.page
    assert page.locator('.jp-Notebook, body[data-jp-theme-light="false"]').count() == 0
    assert page.viewport_size == {"width": TALL, "height": TALL}
    assert page.evaluate("() => localStorage.getItem('framepack-widgets:notify')") is None
    assert labs.take() is None


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is POSIX")
def test_a_server_ends_with_its_tests():
    script = (
        "from browser.servers import start_voila; import time\n"
        "server = start_voila()\n"
        "print(server.process.pid, server.home, flush=True); time.sleep(600)"
    )
    folder = os.path.dirname(os.path.dirname(__file__))
    command = [sys.executable, "-c", script]
    tests = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True)
    pid, home = tests.stdout.readline().split(maxsplit=1)
    keeper = psutil.Process(int(pid))
    family = [keeper, *keeper.children(recursive=True)]
    assert len(family) > 1
    tests.send_signal(signal.SIGKILL)
    tests.wait()
    assert psutil.wait_procs(family, timeout=20)[1] == []
    assert not os.path.exists(home.strip())
