"""The clips of a Library in a real page: found, selected, rated, thrown away, brought back."""

from __future__ import annotations

import re
import secrets

import pytest
from playwright.sync_api import expect

from browser.looks import contrast, no_horizontal_scroll, tab_stops, unreached
from framepack_widgets.library import Library
from unit.library_tools import done_job, failed_job, until

CELL = """
import framepack_widgets as fp
library = fp.Library({folder!r})
used = []
browser = fp.ClipBrowser(library, use_settings=lambda s: used.append(s.seed),
                         use_frame=lambda image, frame: used.append((image.size, frame)))
browser
"""
PROMPTS = ("a cat looks up", "a cat <b>yawns</b>", "a dog sleeps", "waves", "rain on a window")


@pytest.fixture(autouse=True)
def patience():
    expect.set_options(timeout=20_000)
    yield
    expect.set_options(timeout=20_000)


@pytest.fixture
def shelf(lab):
    """A Library below the Lab's root with five clips and a failed job."""
    library = Library(lab.root / f"shelf-{secrets.token_hex(3)}")
    for seed, prompt in enumerate(PROMPTS):
        done_job(library, prompt=prompt, seed=seed)
    failed_job(library, prompt="a cat that failed")
    yield library
    library.close()


def opened(notebook, library):
    nb = notebook([CELL.format(folder=str(library.path))])
    out = nb.run(0)
    expect(out.locator(".fpw-grid [role=status]").first).to_have_text(re.compile(r"\d+ clips"))
    return nb, out


def tiles(out):
    return out.locator(".fpw-tile")  # each has the role option, as those of a select have


def button(out, name):
    return out.get_by_role("button", name=name, exact=True)


def seeds(library):
    return sorted(record.settings.seed for record in library.jobs(has_clip=True))


def test_searching_filtering_sorting(notebook, shelf):
    nb, out = opened(notebook, shelf)
    expect(tiles(out)).to_have_count(5)
    expect(tiles(out).first).to_contain_text("rain on a window")
    expect(tiles(out).nth(3).locator("img")).to_have_attribute("src", re.compile("^blob:"))
    search = out.get_by_role("searchbox")
    search.fill("CAT a")
    expect(tiles(out)).to_have_count(2)
    expect(tiles(out).first).to_contain_text("a cat <b>yawns</b>")
    out.get_by_role("combobox", name="show").select_option("all")
    expect(tiles(out)).to_have_count(3)
    search.fill("nothing like it")
    expect(out.locator(".fpw-grid")).to_contain_text("Nothing in the Library fits this search")
    search.fill("")
    out.get_by_role("combobox", name="show").select_option("clips")
    shelf.rate(shelf.jobs(text="sleeps")[0], 4)  # by another process
    out.get_by_role("combobox", name="stars").select_option("3")
    expect(tiles(out)).to_have_count(1)
    expect(tiles(out).first).to_contain_text("★★★★☆")
    out.get_by_role("combobox", name="stars").select_option("0")
    out.get_by_role("combobox", name="sort").select_option("stars")
    expect(tiles(out).first).to_contain_text("a dog sleeps")
    assert nb.uncaught() == []


def test_selecting_rating_and_trash_with_the_mouse(notebook, shelf):
    nb, out = opened(notebook, shelf)
    tiles(out).nth(1).click()
    expect(out.locator("video")).to_be_visible()
    expect(out.locator(".fpw-card")).to_contain_text("waves")
    tiles(out).nth(3).click(modifiers=["Shift"])
    expect(out.locator(".fpw-selection")).to_contain_text("3 selected")
    tiles(out).nth(2).locator(".fpw-mark").click()
    expect(out.locator(".fpw-selection")).to_contain_text("2 selected")
    button(out.locator(".fpw-selection"), "5 of 5 stars").click()
    expect(tiles(out).nth(1)).to_contain_text("★★★★★")
    expect(tiles(out).nth(2)).to_contain_text("☆☆☆☆☆")
    tiles(out).nth(0).locator(".fpw-tile-stars span").nth(1).click()
    expect(tiles(out).nth(0)).to_contain_text("★★☆☆☆")
    button(out, "move to trash…").click()
    question = out.get_by_role("alertdialog")
    expect(question).to_contain_text("To delete: 2 jobs with 2 clips")
    button(question, "keep them").click()
    expect(question).to_be_hidden()
    assert seeds(shelf) == [0, 1, 2, 3, 4]
    button(out, "move to trash…").click()
    button(question, "move to trash").click()
    expect(tiles(out)).to_have_count(3)
    assert seeds(shelf) == [0, 2, 4]
    expect(out.locator(".fpw-card")).to_be_hidden()
    button(out, "undo").click()
    expect(tiles(out)).to_have_count(5)
    expect(tiles(out).nth(1)).to_contain_text("★★★★★")
    assert seeds(shelf) == [0, 1, 2, 3, 4]
    assert nb.uncaught() == []


def test_everything_with_the_keyboard(notebook, shelf):
    nb, out = opened(notebook, shelf)
    keys = nb.page.keyboard
    tiles(out).first.focus()
    keys.press("ArrowRight")
    expect(tiles(out).nth(1)).to_be_focused()
    keys.press("End")
    expect(tiles(out).nth(4)).to_be_focused()
    keys.press("Home")
    keys.press(" ")
    expect(tiles(out).first).to_have_attribute("aria-selected", "true")
    keys.press("Shift+ArrowRight")
    expect(out.locator(".fpw-selection")).to_contain_text("2 selected")
    keys.press("3")
    expect(tiles(out).nth(1)).to_contain_text("★★★☆☆")
    expect(tiles(out).nth(1)).to_be_focused()
    keys.press("Escape")
    expect(out.locator(".fpw-selection")).to_be_hidden()
    keys.press("a")
    expect(out.locator(".fpw-selection")).to_contain_text("5 selected")
    keys.press("Escape")
    keys.press("Enter")
    expect(out.locator(".fpw-card")).to_contain_text("waves")
    keys.press("Delete")
    expect(out.get_by_role("alertdialog")).to_contain_text("To delete: 1 job with 1 clip")
    expect(button(out, "move to trash")).to_be_focused()
    keys.press("Enter")
    expect(tiles(out)).to_have_count(4)
    assert seeds(shelf) == [0, 1, 2, 4]


def test_going_on_from_a_clip(notebook, shelf):
    nb, out = opened(notebook, shelf)
    tiles(out).nth(2).click()
    card = out.locator(".fpw-card")
    expect(card).to_contain_text("a dog sleeps")
    button(card, "use settings").click()
    button(card, "continue").click()
    nb.expect_in_kernel("print(sorted(used, key=str))", "[((96, 64), 5), 2]")
    button(card, "copy as Python").click()
    expect(card).to_contain_text("copied")
    assert "prompt='a dog sleeps'" in nb.page.evaluate("() => navigator.clipboard.readText()")
    note = card.get_by_label("Note")
    note.fill("typed, then another clip is chosen")
    tiles(out).nth(0).click()
    expect(card).to_contain_text("rain on a window")
    expect(note).to_have_value("")
    until(lambda: shelf.jobs(text="sleeps")[0].note)
    assert shelf.jobs(text="sleeps")[0].note == "typed, then another clip is chosen"
    assert shelf.jobs(text="rain")[0].note == ""


def test_what_others_do_appears(notebook, shelf):
    _, out = opened(notebook, shelf)
    done_job(shelf, prompt="from elsewhere", seed=77)
    expect(tiles(out)).to_have_count(6)
    expect(tiles(out).first).to_contain_text("from elsewhere")


def test_a_thousand_clips(notebook, shelf):
    """Only the open page is in the document, and only what is in sight is asked for."""
    from unit.library_tools import new_record

    for number in range(1000):
        shelf.add(new_record(prompt=f"tile x{number:04d}x", clip="none.mp4"))
    nb, out = opened(notebook, shelf)
    expect(out.locator(".fpw-grid")).to_contain_text("1005 clips")
    expect(tiles(out)).to_have_count(48)
    expect(out.locator(".fpw-grid")).to_contain_text("page 1 of 21")
    button(out, "next page").click()
    expect(out.locator(".fpw-grid")).to_contain_text("page 2 of 21")
    expect(tiles(out).first).to_contain_text("tile x0951x")
    expect(tiles(out)).to_have_count(48)
    out.get_by_role("searchbox").fill("X0750x tile")
    expect(tiles(out)).to_have_count(1)
    expect(tiles(out).first).to_contain_text("tile x0750x")
    assert nb.uncaught() == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_looks(notebook, shelf, theme):
    nb, out = opened(notebook, shelf)
    nb.theme(theme)
    shelf.rate(shelf.jobs(text="rain")[0], 3)
    tiles(out).first.click()
    expect(out.locator("video")).to_be_visible()
    button(out, "move to trash…").click()
    expect(out.get_by_role("alertdialog")).to_be_visible()
    for width in (1600, 400):
        nb.resize(width)
        nb.screenshot(f"clips-{width}-{theme}", 0)
        no_horizontal_scroll(out)
        assert contrast(nb.page, out.locator(".fpw").first) == []
    if theme == "light":
        stops = tab_stops(nb.page, out)
        assert [stop for stop in stops if not stop.name or not stop.drawn] == []
        # One tile and one star are enough: the arrow keys reach the others.
        left = [line for line in unreached(out) if "fpw-tile" not in line]
        assert [line for line in left if "fpw-star" not in line] == []
