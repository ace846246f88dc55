"""Compare in JupyterLab: choosing among clips, by the settings that differ, stars and keys."""

from __future__ import annotations

import secrets

import pytest
from playwright.sync_api import expect

from browser.looks import contrast, no_horizontal_scroll, tab_stops, unreached
from browser.test_compare import loaded, stands, tiles, until_kernel
from framepack_widgets.library import Library
from framepack_widgets.widgets.compare.compare import VIEWS
from framepack_widgets.widgets.keys import KEYS
from unit.library_tools import done_job

SHELF = """
import framepack_widgets as fp
library = fp.Library({folder!r})
clips = [library.clip(job) for job in {jobs!r}]
compare = fp.Compare(clips, playing=False)
used, more = [], []
compare.on_settings(lambda settings: used.append(settings.cfg_scale))
compare.on_more(lambda settings: more.append((settings.cfg_scale, settings.seed)))
compare
"""


FLICKERS = "print(*[clip.metrics().flicker for clip in clips])"


@pytest.fixture
def shelf(lab):
    """A Library with four clips, CFG 3, 1, 2, 1.5."""
    library = Library(lab.root / f"compared-{secrets.token_hex(3)}")
    library.four = [
        done_job(library, frames=30, cfg_scale=cfg, prompt="a cat <b>yawns</b>").id
        for cfg in (3.0, 1.0, 2.0, 1.5)
    ]
    yield library
    library.close()


def opened_shelf(notebook, shelf):
    nb = notebook([SHELF.format(folder=str(shelf.path), jobs=shelf.four)])
    box = nb.run(0).locator(".fpw-compare")
    loaded(box)
    return nb, box


def order(box):
    return [each.inner_text() for each in box.locator(".fpw-compare-title:visible").all()]


def test_only_what_differs_and_the_order_by_it(notebook, shelf):
    nb, box = opened_shelf(notebook, shelf)
    facts = box.locator(".fpw-compare-facts")
    assert [text.split() for text in facts.all_inner_texts()] == [
        ["cfg_scale", value] for value in ("3", "1", "2", "1.5")
    ]
    box.get_by_label("sort the clips").select_option("cfg_scale")
    expect(box.locator(".fpw-compare-title").first).to_have_text("2")
    assert order(box) == ["2", "4", "3", "1"]
    box.get_by_label("largest first").check()
    expect(box.locator(".fpw-compare-title").first).to_have_text("1")
    assert order(box) == ["1", "3", "4", "2"]
    nb.evaluate_in_kernel("compare.frame = 12")
    stands(box, 12)  # still the right videos, in step
    sort = box.get_by_label("sort the clips")
    sort.select_option("flicker")
    offer = box.get_by_role("button", name="measure", exact=True)
    expect(box.locator(".fpw-compare-lacking")).to_have_text("4 clips are not measured yet")
    offer.focus()
    nb.page.keyboard.press("Enter")
    expect(offer).to_be_hidden()
    expect(sort).to_be_focused()
    numbers = [float(n) for n in nb.evaluate_in_kernel(FLICKERS).split()]
    best_first = sorted("1234", key=lambda label: -numbers[int(label) - 1])
    expect(box.locator(".fpw-compare-title").first).to_have_text(best_first[0])
    assert order(box) == best_first
    expect(tiles(box).first).to_contain_text(f"flicker {max(numbers):.4g}")
    assert nb.uncaught() == []


def test_stars_notes_and_the_ways_on(notebook, shelf):
    nb, box = opened_shelf(notebook, shelf)
    second = tiles(box).nth(1)
    second.get_by_role("radio", name="4 of 5 stars").click()
    expect(second.get_by_role("radio", name="4 of 5 stars")).to_have_attribute(
        "aria-checked", "true"
    )
    third = tiles(box).nth(2)
    third.get_by_placeholder("note").fill("best <i>so far</i>")
    third.get_by_placeholder("note").press("Enter")
    until_kernel(nb, "compare._marks[2]['note'] == 'best <i>so far</i>'")
    assert [shelf.find(job).stars for job in shelf.four] == [0, 4, 0, 0]
    assert shelf.find(shelf.four[2]).note == "best <i>so far</i>"
    shelf.rate(shelf.four[3], 5)  # by another process
    fourth = tiles(box).nth(3)
    expect(fourth.get_by_role("radio", name="5 of 5 stars")).to_have_attribute(
        "aria-checked", "true"
    )
    box.get_by_label("sort the clips").select_option("rating")
    box.get_by_label("largest first").check()
    expect(box.locator(".fpw-compare-title").first).to_have_text("4")
    assert order(box)[:2] == ["4", "2"]
    tiles(box).first.get_by_role("button", name="use these settings").click()
    expect(box).to_contain_text("The settings of clip 4: handed over.")
    tiles(box).nth(1).get_by_role("button", name="render more like this").click()
    expect(box).to_contain_text("More like clip 2: handed over.")
    assert nb.evaluate_in_kernel("print(used, more)") == "[1.5] [(1.0, None)]"


# Each: what the kernel says before, and what it says after the key.
AFTER = {
    "play": "compare.playing",
    "back": "compare.frame == 9",
    "forward": "compare.frame == 11",
    "start": "compare.frame == 0",
    "end": "compare.frame == 29",
    "slower": "compare.speed == 0.75",
    "faster": "compare.speed == 1.5",
    "loop": "not compare.loop",
    "as_a": "compare.pair == [2, 1]",
    "as_b": "compare.pair == [0, 2]",
    "swap": "compare.pair == [1, 0]",
    "side": "compare.view == 'side by side'",
    "wipe": "compare.view == 'wipe'",
    "flicker": "compare.view == 'flicker'",
    "difference": "compare.view == 'difference'",
    "settings": "used == [2.0]",
    "alike": "more == [(2.0, None)]",
}


@pytest.mark.timeout(180)
def test_every_key_of_the_table_does_what_it_says(notebook, shelf):
    nb, box = opened_shelf(notebook, shelf)
    here = tiles(box).nth(2)
    start = (
        "compare.playing = False; compare.view = 'tiles'; compare.pair = [0, 1];"
        "compare.loop = True; compare.speed = compare.gain = 1.0; compare.frame = 10;"
        "del used[:], more[:]"
    )
    done = set()
    for key in (key for key in KEYS if key.widget == "compare"):
        for pressed in key.keys:
            nb.evaluate_in_kernel(start)
            stands(box, 10)
            expect(tiles(box)).to_have_count(4)
            here.focus()
            if key.action in ("tiles", "more", "less"):
                nb.page.keyboard.press("d")
                expect(tiles(box)).to_have_count(2)
                box.focus()
            nb.page.keyboard.press("Space" if pressed == " " else pressed)
            check(nb, box, key.action)
            done.add(key.action)
    assert done == {key.action for key in KEYS if key.widget == "compare"}


def check(nb, box, action):
    if action in AFTER:
        until_kernel(nb, AFTER[action])
    elif action.startswith("stars_"):
        until_kernel(nb, f"compare._marks[2]['stars'] == {action[-1]}")
    elif action == "tiles":
        until_kernel(nb, "compare.view == 'tiles'")
    elif action == "more":
        until_kernel(nb, "compare.gain == 2")
    elif action == "less":
        nb.evaluate_in_kernel("compare.gain = 4")
        expect(box.get_by_label("gain")).to_have_value("4")
        box.focus()
        nb.page.keyboard.press("-")
        until_kernel(nb, "compare.gain == 2")
    elif action == "note":
        expect(tiles(box).nth(2).get_by_placeholder("note")).to_be_focused()
    else:
        expect(tiles(box).nth({"next": 3, "previous": 1}[action])).to_be_focused()


def test_it_fits_and_can_be_read(notebook, shelf):
    nb, box = opened_shelf(notebook, shelf)
    for width, theme in ((400, "light"), (1600, "dark")):
        nb.theme(theme)
        nb.resize(width)
        for view in VIEWS:
            nb.evaluate_in_kernel(f"compare.view = {view!r}")
            expect(box).to_have_attribute("data-view", view)
            no_horizontal_scroll(nb.output(0))
            assert contrast(nb.page, box) == []
            nb.screenshot(f"compare-{view}-{width}-{theme}", 0)
        stops = tab_stops(nb.page, box)  # of the difference: it has most controls
        assert [stop for stop in stops if not (stop.drawn and stop.name)] == []
        # Of a clip's stars Tab reaches one; the arrow keys and 0 to 5 the others.
        assert [control for control in unreached(box) if "fpw-star" not in control] == []
