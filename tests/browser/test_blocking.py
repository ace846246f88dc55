"""Buttons and bars during a blocking cell, in JupyterLab, on ipykernels that differ inside."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.timeout(240)

TREE = Path(__file__).resolve().parents[2]
VERSIONS = ("this", "6.29.5", "6.31.0", "7.0.1", "7.3.0")

SETUP = """
import ipykernel, ipywidgets
import framepack_widgets as fp

studio = fp.connect("DEMO", library="library")
# Over only when it is cancelled.
job = studio.submit(prompt="a long walk", model="Original", seconds=90, seed=1)

bar = ipywidgets.FloatProgress(max=1.0)
cancel = ipywidgets.Button(description="Cancel it")
text, heard = ipywidgets.Text(), ipywidgets.Label("heard")
job.watch(lambda: setattr(bar, "value", job.progress.fraction))
cancel.on_click(lambda _: job.cancel())
text.observe(lambda change: setattr(heard, "value", "heard " + change.new), "value")
display(ipywidgets.VBox([bar, cancel, text, heard]))
print("ipykernel", ipykernel.__version__)
"""
BLOCK = "job.result()"
NEXT = "print('the next cell:', job.state)"
PATIENCE_MS = 40_000  # a cancelled render ends, and its clip is fetched
WIDTH = "(element) => parseFloat(element.style.width) || 0"


@pytest.fixture
def kernel_of(lab, ipykernel_folder):
    """The name of a kernel with that ipykernel; None: this environment's own."""

    def name(version):
        if version == "this":
            return None
        paths = os.pathsep.join((str(ipykernel_folder(version)), str(TREE)))
        return lab.add_kernel(f"ipykernel-{version}", sys.executable, PYTHONPATH=paths)

    return name


def may_fail(nb, index):
    """As the tag "raises-exception": cells that are queued behind it run all the same."""
    nb.page.evaluate(
        """index => window.jupyterapp.shell.currentWidget.content.widgets[index]
          .model.sharedModel.setMetadata("tags", ["raises-exception"])""",
        index,
    )


def block(nb, version):
    """Run the first cell, let the second one block and the third one wait; the widgets."""
    shown = nb.run(0)
    if version != "this":
        expect(shown).to_contain_text(f"ipykernel {version}")
    may_fail(nb, 1)
    nb.run(1, wait=False)
    nb.run(2, wait=False)
    expect(nb.cell(1).locator(".jp-InputPrompt")).to_contain_text("[*]")
    return shown


def expect_still_blocked(nb):
    for index in (1, 2):
        expect(nb.cell(index).locator(".jp-InputPrompt")).to_contain_text("[*]")


def expect_it_to_move(nb, bar):
    """The bar grows twice."""
    for _ in range(2):
        before = bar.evaluate(WIDTH)
        nb.page.wait_for_function(
            "([bar, before]) => (parseFloat(bar.style.width) || 0) > before",
            arg=[bar.element_handle(), before],
            timeout=PATIENCE_MS,
        )


def expect_cancelled(nb):
    expect(nb.output(1)).to_contain_text("JobCancelled", timeout=PATIENCE_MS)
    nb.wait_cell(1)
    nb.wait_cell(2)
    expect(nb.output(2)).to_have_text(re.compile("the next cell: cancelled"))
    nb.wait_idle()


@pytest.mark.parametrize("version", VERSIONS)
def test_cancel_works_and_the_bar_moves_while_a_cell_waits(notebook, slow_demo, kernel_of, version):
    setup = SETUP.replace("DEMO", slow_demo.url)
    nb = notebook([setup, BLOCK, NEXT], kernel=kernel_of(version))
    shown = block(nb, version)
    expect_it_to_move(nb, shown.locator(".progress-bar"))
    # A text box sends its next change only when the kernel has told that it is done with the last.
    shown.get_by_role("textbox").press_sequentially("all of it", delay=20)
    expect(shown).to_contain_text("heard all of it", timeout=PATIENCE_MS)
    expect_still_blocked(nb)
    shown.get_by_role("button", name="Cancel it").click()
    expect_cancelled(nb)
    assert not nb.uncaught()


def test_the_job_s_own_view_lives_while_a_cell_waits(notebook, slow_demo):
    setup = SETUP.replace("DEMO", slow_demo.url) + "view = fp.JobView(job)\ndisplay(view)\n"
    nb = notebook([setup, BLOCK, NEXT])
    shown = block(nb, "this")
    whole = shown.get_by_role("progressbar", name="whole")
    expect_it_to_move(nb, whole.locator("> *"))
    expect_still_blocked(nb)
    shown.get_by_role("button", name="Cancel", exact=True).click()
    expect_cancelled(nb)


def test_interrupting_ends_the_wait_and_the_job_goes_on(notebook, slow_demo):
    nb = notebook([SETUP.replace("DEMO", slow_demo.url), BLOCK, NEXT])
    shown = block(nb, "this")
    expect_it_to_move(nb, shown.locator(".progress-bar"))
    nb.interrupt()
    expect(nb.output(1)).to_contain_text("KeyboardInterrupt", timeout=PATIENCE_MS)
    nb.wait_cell(2)
    expect(nb.output(2)).to_have_text(re.compile("the next cell: running"))
    expect_it_to_move(nb, shown.locator(".progress-bar"))
    shown.get_by_role("button", name="Cancel it").click()
    ended = "try:\n    job.result(30)\nexcept fp.JobCancelled:\n    print(job.state)"
    assert nb.evaluate_in_kernel(ended) == "cancelled"
