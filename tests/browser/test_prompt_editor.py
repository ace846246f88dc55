"""The prompt editor under real fingers: keys, clicks, a busy kernel."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from browser.looks import contrast, no_horizontal_scroll, tab_stops, unreached

MAKE = """
from framepack_widgets.widgets.form.prompt_editor import PromptEditor
editor = PromptEditor({value!r}, seconds=4, window=9, model={model!r})
editor
"""
LONG = "the cat walks over the wet roof and looks at the moon, " * 40


@pytest.fixture
def show(notebook):
    def shown(value="", model="Original"):
        nb = notebook([MAKE.format(value=value, model=model)])
        return nb, nb.run(0)

    return shown


def value_of(nb):
    return nb.evaluate_in_kernel("print(repr(editor.value))")


def expect_value(nb, output, text):
    """Once the kernel has all that was typed."""
    expect(output.locator(".fpw-prompt")).to_have_attribute("data-settled", "true")
    assert value_of(nb) == repr(text)


def area_of(output):
    return output.get_by_role("textbox", name="Prompt", exact=True)


def test_parts_are_written_with_keys_alone(show):
    nb, output = show()
    output.get_by_role("button", name="timed parts").click()
    nb.page.keyboard.press("Tab")  # nothing is there yet but the button that adds
    expect(output.get_by_role("button", name="add a part")).to_be_focused()
    nb.page.keyboard.press("Enter")
    nb.page.keyboard.type("it looks up")
    expect(output.get_by_text("until the end")).to_be_visible()
    nb.page.keyboard.press("Tab")
    nb.page.keyboard.press("Tab")
    expect(output.get_by_role("button", name="add a part")).to_be_focused()
    nb.page.keyboard.press("Enter")
    nb.page.keyboard.type("it yawns")
    nb.page.keyboard.press("Shift+Tab")
    nb.page.keyboard.press("Shift+Tab")
    expect(output.get_by_label("Start of part 2, seconds")).to_be_focused()
    nb.page.keyboard.press("Control+a")
    nb.page.keyboard.type("2")
    expect_value(nb, output, "[0s: it looks up] [2s: it yawns]")
    expect(output.get_by_text("2.0 s → 2.2 s, until the end")).to_be_visible()
    expect(output.get_by_text("renders from the end")).to_be_visible()
    output.get_by_role("button", name="text", exact=True).click()
    expect(area_of(output)).to_have_value("[0s: it looks up] [2s: it yawns]")


def test_typing_while_the_kernel_is_busy_loses_nothing(show):
    nb, output = show("start:")
    area = area_of(output)
    area.click()
    nb.page.keyboard.press("Control+End")
    nb.page.keyboard.type(" a")
    busy = nb.add_cell("import time; time.sleep(2); print('over')")
    nb.run(busy, wait=False)
    area.click()
    nb.page.keyboard.press("Control+End")
    words = "".join(f" word{number}" for number in range(60))
    nb.page.keyboard.type(words, delay=20)
    expect(area).to_have_value(f"start: a{words}")
    nb.page.keyboard.press("Control+Home")
    nb.page.keyboard.type("[0s: up] ")
    nb.wait_cell(busy)
    expect_value(nb, output, f"[0s: up] start: a{words}")
    expect(area).to_have_value(f"[0s: up] start: a{words}")


def test_what_cannot_be_written_stays_in_its_row(show):
    nb, output = show("[0s: it looks up]\r\n[2s :  it yawns]")
    output.get_by_role("button", name="timed parts").click()
    words = output.get_by_label("Text of part 2")
    words.fill("it [yawns]")
    expect(output.get_by_text("ends a timed part")).to_be_visible()
    assert value_of(nb) == repr("[0s: it looks up]\r\n[2s :  it yawns]")
    assert "is not in the prompt" in nb.evaluate_in_kernel("print(editor.unfinished)")
    output.get_by_role("button", name="text", exact=True).click()
    expect(output.get_by_text("Not in the prompt: “it [yawns]”")).to_be_visible()
    output.get_by_role("button", name="timed parts").click()
    expect(words).to_have_value("it [yawns]")
    words.fill("it yawns twice")
    expect_value(nb, output, "[0s: it looks up]\r\n[2s :  it yawns twice]")
    assert nb.evaluate_in_kernel("print(repr(editor.unfinished))") == "''"


def test_a_removed_part_can_be_put_back(show):
    nb, output = show("[0s: a] [1s: b] [2s: c]")
    output.get_by_role("button", name="timed parts").click()
    output.get_by_role("button", name="Remove part 2").click()
    expect_value(nb, output, "[0s: a] [2s: c]")
    output.get_by_role("button", name="put it back").click()
    expect_value(nb, output, "[0s: a] [1s: b] [2s: c]")
    expect(output.get_by_label("Text of part 3")).to_have_value("c")


def test_code_can_fill_it_and_a_plain_text_gets_a_time(show):
    nb, output = show("old")
    nb.evaluate_in_kernel("editor.value = 'it sleeps'")
    expect(area_of(output)).to_have_value("it sleeps")
    output.get_by_role("button", name="timed parts").click()
    output.get_by_role("button", name="give it a time").click()
    expect_value(nb, output, "[0s: it sleeps]")


def test_it_can_be_reached_read_and_fits(show):
    nb, output = show(f"[0s: {LONG[:1900]}] [2s: it <b>yawns</b>] loose")
    output.get_by_role("button", name="timed parts").click()
    root = output.locator(".fpw-prompt")
    expect(root.get_by_text("until 2.0 s")).to_be_visible()
    for look in ("light", "dark"):
        nb.theme(look)
        for width in (400, 1600):
            nb.resize(width)
            no_horizontal_scroll(root)
            nb.screenshot(f"prompt-parts-{look}-{width}", 0)
        assert contrast(nb.page, root) == []
    stops = tab_stops(nb.page, root)
    assert all(stop.name and stop.drawn for stop in stops), stops
    assert unreached(root) == []
    output.get_by_role("button", name="text", exact=True).click()
    area = area_of(output)
    assert area.evaluate("(it) => it.scrollHeight <= it.clientHeight + 1"), "it grows with its text"
    nb.screenshot("prompt-text", 0)
    nb.theme("light")
    assert nb.uncaught() == []
