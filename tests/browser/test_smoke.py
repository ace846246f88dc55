"""Clicks reach the kernel and its answers reach the page, in all three front ends."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from browser.pixels import shown_code
from browser.smoke_cells import SMOKE

CELL = """
import anywidget, ipywidgets, traitlets

class Counter(anywidget.AnyWidget):
    _esm = '''
    export default { render({ model, el }) {
      const button = document.createElement("button");
      const draw = () => { button.textContent = "anywidget " + model.get("count"); };
      model.on("change:count", draw);
      button.addEventListener("click", () => model.send({ kind: "more" }));
      draw();
      el.append(button);
    } }
    '''
    count = traitlets.Int(0).tag(sync=True)

counter = Counter()
counter.on_msg(lambda widget, message, buffers: setattr(widget, "count", widget.count + 1))
button = ipywidgets.Button(description="ipywidgets 0")
button.on_click(lambda it: setattr(it, "description", "ipywidgets 1"))
ipywidgets.VBox([counter, button])
"""


def click_both(root):
    for name in ("anywidget", "ipywidgets"):
        root.get_by_role("button", name=f"{name} 0").click()
        expect(root.get_by_role("button", name=f"{name} 1")).to_be_visible()


def test_clicks_in_lab(notebook):
    nb = notebook([CELL])
    click_both(nb.run(0))
    assert nb.evaluate_in_kernel("print(counter.count)") == "1"


def test_clicks_in_notebook_7(notebook7):
    nb = notebook7([CELL])
    click_both(nb.run(0))
    assert nb.evaluate_in_kernel("print(counter.count)") == "1"


def test_clicks_in_voila(voila):
    click_both(voila([CELL]).locator("body"))


def sources(demo):
    return [smoke.source.replace("DEMO", demo.url) for smoke in SMOKE.values()]


def assert_all_shown(outputs):
    for (name, smoke), output in zip(SMOKE.items(), outputs, strict=True):
        shown = output.locator(smoke.shows).first
        expect(shown, f"fp.{name}").to_be_visible(timeout=30_000)
    assert_plays(outputs[list(SMOKE).index("Player")].locator("video"))


def assert_plays(video):
    """The picture is one of a clip of the built-in Studio, and time goes on in it."""
    code = shown_code(video)
    video.evaluate("video => { video.muted = true; video.loop = true; return video.play(); }")
    page, handle = video.page, video.element_handle()
    page.wait_for_function("video => video.currentTime > 0.2", arg=handle, timeout=20_000)
    assert shown_code(video) == code


@pytest.mark.timeout(240)  # all our widgets, one after the other
@pytest.mark.parametrize("front_end", ["notebook", "notebook7"])
def test_all_widgets_are_shown(request, front_end, demo):
    nb = request.getfixturevalue(front_end)(sources(demo), fresh=True)
    nb.run_all()
    assert_all_shown([nb.output(index) for index in range(len(SMOKE))])
    assert nb.uncaught() == []


@pytest.mark.timeout(240)
def test_all_widgets_are_shown_in_voila(voila, demo):
    page = voila(sources(demo))
    outputs = page.locator(".jp-Cell-outputArea, .jp-OutputArea.jp-Cell-outputArea")
    expect(outputs).to_have_count(len(SMOKE), timeout=30_000)
    assert_all_shown(outputs.all())
