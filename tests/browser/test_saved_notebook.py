"""A notebook with clips, saved and opened again without a kernel."""

from __future__ import annotations

import json
import os

import nbformat
import pytest
from playwright.sync_api import expect

from browser.looks import no_horizontal_scroll
from browser.notebook_page import BUILD
from browser.pages import new_page, photograph
from browser.videos import big_clip, numbered_clip

IMPORT = "import framepack_widgets as fp"
LIMIT = 100_000  # bytes; what a shown clip may add to a notebook


def saved_size(nb):
    nb.save()
    book = json.loads(nb.path.read_text(encoding="utf-8"))
    return len(json.dumps(book)), book


def open_without_kernel(lab, browser, path):
    """A notebook that somebody else has made, in a fresh page; Lab starts no kernel for it."""
    book = nbformat.read(path, 4)
    book.metadata.pop("kernelspec", None)
    nbformat.write(book, path)  # changed outside of Jupyter: it is not trusted any more
    page = new_page(browser)
    place = path.relative_to(lab.root).as_posix()
    page.goto(lab.address(f"lab/workspaces/{path.stem}none/tree/{place}"))
    page.locator(".jp-OutputArea-output").first.wait_for()
    return page


def test_a_shown_clip_adds_little_and_is_seen_without_a_kernel(notebook, lab, browser, tmp_path):
    nb = notebook([IMPORT, "2 + 2", ""], folder=f"saved-{tmp_path.name}")
    clip = big_clip(nb.path.parent / "big.mp4")
    nb.run(0)
    before, _ = saved_size(nb)
    index = nb.add_cell(f"fp.Clip({str(clip)!r})")
    output = nb.run(index)
    expect(output.locator(".fpw-player-cover")).to_be_hidden()
    expect(output.locator(".fpw-saved")).to_be_hidden()
    after, book = saved_size(nb)
    assert "application/vnd.jupyter.widget-state+json" in book["metadata"]["widgets"]
    assert after - before < LIMIT
    path = nb.path
    nb.close()
    clip.unlink()
    page = open_without_kernel(lab, browser, path)
    saved = page.locator(".fpw-saved")
    expect(saved).to_be_visible()
    expect(saved).to_contain_text("640 × 640 px")
    page.wait_for_function("img => img.naturalWidth > 0", arg=saved.locator("img").element_handle())
    no_horizontal_scroll(saved)
    if os.environ.get("FRAMEPACK_SCREENSHOTS"):
        photograph(page, page.locator(".jp-Notebook"), BUILD / "screenshots" / "saved.png")
    page.close()


@pytest.fixture
def saved(notebook, tmp_path):
    """A notebook with a clip that was shown, saved and closed; (its path, the clip)."""
    nb = notebook([], folder=f"saved-{tmp_path.name}")
    clip = numbered_clip(nb.path.parent / "clip.mp4")
    nb.add_cell(f"{IMPORT}\nfp.Clip({str(clip)!r})")
    output = nb.run(nb.page.locator(".jp-Notebook .jp-Cell").count() - 1)
    expect(output.locator(".fpw-player-cover")).to_be_hidden()
    nb.save()
    nb.close()
    return nb.path, clip


def restored(notebook, lab, saved):
    """It, with the widgets that were saved with it."""
    nb = notebook(path=saved[0].relative_to(lab.root))
    lost = nb.page.get_by_text("Error displaying widget")
    expect(nb.page.locator(".fpw-player").or_(lost).first).to_be_visible()
    if lost.count():  # on a busy machine Lab may draw an output before it has restored its model
        expect(nb.page.locator(".fpw-saved")).to_be_visible()
        nb.reload()
    return nb


def test_a_new_kernel_knows_nothing_but_the_server_still_has_the_clip(notebook, lab, saved):
    nb = restored(notebook, lab, saved)
    video = nb.page.locator(".fpw-player-video")
    nb.page.wait_for_function("video => video.currentTime > 0.2", arg=video.element_handle())
    expect(nb.page.locator(".fpw-saved")).to_be_hidden()


def test_a_new_kernel_and_a_clip_that_is_gone_leave_poster_and_facts(notebook, lab, saved):
    saved[1].unlink()
    nb = restored(notebook, lab, saved)
    expect(nb.page.locator(".fpw-player-cover")).to_contain_text("There is no kernel that could")
    expect(nb.page.locator(".fpw-saved")).to_be_visible()
    expect(nb.page.locator(".fpw-saved")).to_contain_text("45 frames")


@pytest.mark.parametrize("size", ["another", "the same"])
def test_another_clip_at_the_saved_address_is_not_played(notebook, lab, saved, size):
    if size == "another":
        numbered_clip(saved[1], colour=200)
    else:
        data = bytearray(saved[1].read_bytes())
        data[-50] ^= 1
        saved[1].write_bytes(data)
    nb = restored(notebook, lab, saved)
    expect(nb.page.locator(".fpw-player-cover")).to_contain_text("another file lies at the clip's")
    assert nb.page.locator(".fpw-player-video").evaluate("video => video.currentSrc") == ""
    expect(nb.page.locator(".fpw-saved")).to_be_visible()


def test_a_refresh_from_another_thread_reaches_the_right_cell(notebook, tmp_path):
    show = f"""{IMPORT}
import ipywidgets, threading
from framepack_widgets.widgets.saved import publish
facts = ["early"]
saved = publish(ipywidgets.VBox([ipywidgets.Label("job")]), lambda: facts[0])"""
    later = """facts[0] = "late"
thread = threading.Thread(target=saved.refresh); thread.start(); thread.join()"""
    nb = notebook([show, later])
    nb.run_all()
    expect(nb.output(0).locator(".fpw-saved")).to_have_text("late")
    expect(nb.output(0).locator(".fpw-saved")).to_be_hidden()
    expect(nb.output(1).locator(".fpw-saved")).to_have_count(0)
    book = saved_size(nb)[1]
    assert "late" in json.dumps(book["cells"][0]["outputs"])
    nb.evaluate_in_kernel("saved._widget.close()")
    expect(nb.output(0).locator(".fpw-saved")).to_be_visible()
