"""The table of keys, walked in the page: each key of each widget does what the table says.

The Player's are in test_player.py.
"""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from browser.test_clip_browser import opened, shelf, tiles  # noqa: F401 - shelf: a fixture
from framepack_widgets.widgets.keys import KEYS

HERE = 2  # the tile that each key of the grid begins at


def of(widget):
    return [(key.action, pressed) for key in KEYS if key.widget == widget for pressed in key.keys]


def press(nb, key):
    nb.page.keyboard.press("Space" if key == " " else key)


def selected(out, *numbers):
    for number in range(5):
        expect(tiles(out).nth(number)).to_have_attribute(
            "aria-selected", "true" if number in numbers else "false"
        )


# At a width where five tiles take more than one row; `up` and `down` go by rows.
GRID = {
    "right": lambda out: expect(tiles(out).nth(HERE + 1)).to_be_focused(),
    "left": lambda out: expect(tiles(out).nth(HERE - 1)).to_be_focused(),
    "down": lambda out: expect(tiles(out).nth(HERE)).not_to_be_focused(),
    "up": lambda out: expect(tiles(out).nth(HERE)).not_to_be_focused(),
    "first": lambda out: expect(tiles(out).nth(0)).to_be_focused(),
    "last": lambda out: expect(tiles(out).nth(4)).to_be_focused(),
    "extend_right": lambda out: selected(out, HERE, HERE + 1),
    "extend_left": lambda out: selected(out, HERE - 1, HERE),
    "toggle": lambda out: selected(out, HERE),
    "all": lambda out: selected(out, *range(5)),
    "none": selected,
    "open": lambda out: expect(out.locator(".fpw-card")).to_contain_text("a dog sleeps"),
    "compare": lambda out: expect(out.locator(".fpw-grid [role=alert]")).to_contain_text(
        "of the 1 selected"
    ),
    "trash": lambda out: expect(out.get_by_role("alertdialog")).to_be_visible(),
}


def test_the_keys_of_the_clips(notebook, shelf):  # noqa: F811 - the fixture
    nb, out = opened(notebook, shelf)
    nb.resize(420)
    there = tiles(out).nth(HERE)
    done = set()
    for action, key in sorted(of("clip_grid"), key=lambda pair: pair[0] == "trash"):
        there.focus()
        press(nb, "Escape")
        selected(out)
        if action == "none":
            press(nb, "a")
            selected(out, *range(5))
        if action.startswith("stars_"):
            number = int(action[-1])
            press(nb, str((number + 1) % 6))
            expect(there).to_have_attribute("aria-label", stars((number + 1) % 6))
            press(nb, key)
            expect(there).to_have_attribute("aria-label", stars(number))
        else:
            press(nb, key)
            GRID[action](out)
        done.add(action)
    assert done >= GRID.keys()


def stars(number):
    return re.compile(f"{number} of 5 stars")


def test_the_keys_of_one_clip(notebook, shelf):  # noqa: F811 - the fixture
    nb, out = opened(notebook, shelf)
    tiles(out).nth(HERE).focus()
    press(nb, "Enter")
    card = out.locator(".fpw-card")
    expect(card).to_contain_text("a dog sleeps")
    radios = card.get_by_role("radio")

    def rated(number):
        expect(radios.nth(number)).to_have_attribute("aria-checked", "true")

    expect(radios).to_have_count(6)
    for action, key in of("clip_card"):
        radios.nth(0).focus()
        for before, after in {"more": [(2, 3)], "fewer": [(3, 2)]}.get(
            action, [((int(action[-1]) + 1) % 6 if action[-1].isdigit() else 0, None)]
        ):
            press(nb, str(before))
            rated(before)
            card.locator('[role="radio"][aria-checked="true"]').focus()
            press(nb, key)
            rated(int(action[-1]) if after is None else after)


TABS = """
import framepack_widgets as fp
app = fp.App({url!r}, library="keys")
app
"""


@pytest.mark.timeout(180)
def test_the_keys_of_the_tabs(notebook, demo):
    nb = notebook([TABS.format(url=demo.url)])
    out = nb.run(0)
    tabs = out.get_by_role("tab")
    expect(tabs).to_have_count(5)
    after = {"next": 2, "previous": 0, "first": 0, "last": 4}
    for action, key in of("tab_strip"):
        tabs.nth(1).click()
        expect(tabs.nth(1)).to_have_attribute("aria-selected", "true")
        tabs.nth(1).focus()
        press(nb, key)
        expect(tabs.nth(after[action])).to_have_attribute("aria-selected", "true")
        expect(tabs.nth(after[action])).to_be_focused()


def test_the_keys_of_a_frame_picker(notebook):
    cell = (
        "import framepack_widgets as fp, numpy as np\n"
        "picture = np.zeros((40, 60, 3), np.uint8)\n"
        "picker = fp.FramePicker('image', label='start frame', value=picture)\npicker"
    )
    nb = notebook([cell])
    out = nb.run(0)
    zone = out.locator(".fpw-drop")
    expect(out).to_contain_text("60 × 40 px")
    count = """input => { window.asked = 0; input.addEventListener("click", (event) => {
      event.preventDefault(); window.asked += 1; }); }"""
    out.locator("input[type=file]").first.evaluate(count)
    opened_by = [key for action, key in of("drop_zone") if action == "open"]
    for number, key in enumerate(opened_by, 1):
        zone.focus()
        press(nb, key)
        nb.page.wait_for_function("number => window.asked === number", arg=number)
    zone.focus()
    press(nb, "Delete")
    expect(out).not_to_contain_text("60 × 40 px")
