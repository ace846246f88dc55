"""LoRAs in a real page: notes and trigger words are kept, clicked into the prompt, found again."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from browser.looks import contrast, no_horizontal_scroll

APP = "import framepack_widgets as fp\napp = fp.App({url!r}, library='jobs')\napp"
LORA = "camera-orbit"
# Before the prompt's last letters were told; the click alone does not take the focus, as in Safari.
TYPED_AND_CLICKED = """(box, word) => {
  box.focus();
  box.value = "it looks up";
  box.dispatchEvent(new Event("input", { bubbles: true }));
  word.dispatchEvent(new PointerEvent("pointerdown", { bubbles: true }));
  word.click();
}"""


def opened(nb):
    out = nb.run(0)
    expect(out.locator(".fpw-bar-line")).to_contain_text("6 models", timeout=30_000)
    heading = out.locator(".fpw-heading", has_text="LoRAs")
    heading.click()
    expect(heading).to_have_attribute("aria-expanded", "true")
    return out, out.locator('[data-name="loras"]')


def test_a_trigger_word_is_kept_clicked_and_there_after_a_restart(notebook, demo):
    nb = notebook([APP.format(url=demo.url)])
    out, row = opened(nb)
    row.get_by_text(LORA).click()
    chosen = row.locator(".fpw-lora")
    chosen.get_by_role("button", name=f"notes… of {LORA}").press("Enter")
    expect(chosen.get_by_label(f"Note about {LORA}")).to_be_focused()
    chosen.get_by_label(f"Note about {LORA}").fill("goes <b>round</b> it")
    words = chosen.get_by_label(f"Trigger words of {LORA}, with commas")
    words.fill("orbit, [x]")
    words.press("Enter")
    expect(chosen.get_by_role("alert")).to_contain_text("'[x]' is no trigger word")
    words.fill("orbit, turning slowly")
    weight = chosen.get_by_label(f"Weight of {LORA} that you like")
    weight.fill("0.7")
    weight.press("Enter")
    expect(words).to_be_hidden()
    expect(chosen.locator(".fpw-lora-note")).to_have_text("goes <b>round</b> it")
    expect(chosen).to_contain_text("None of its trigger words is in the prompt.")

    prompt = out.get_by_role("textbox", name="Prompt", exact=True)
    word = chosen.get_by_role("button", name="+ orbit")
    prompt.evaluate(TYPED_AND_CLICKED, word.element_handle())
    expect(prompt).to_have_value("it looks up, orbit")
    there = chosen.get_by_role("button", name="✓ orbit")
    expect(there).to_be_focused()
    there.press("Enter")
    expect(chosen.locator(".fpw-lora-hint")).to_be_hidden()
    assert nb.evaluate_in_kernel("print(app.settings.prompt)") == "it looks up, orbit"
    no_horizontal_scroll(row)
    assert contrast(nb.page, row) == []

    nb.restart_kernel()
    out, row = opened(nb)
    row.get_by_text(LORA).click()
    expect(row.get_by_role("textbox", name=f"Weight of {LORA}", exact=True)).to_have_value("0.7")
    expect(row.get_by_role("button", name="+ turning slowly")).to_be_visible()

    out.get_by_role("tab", name="LoRAs").click()
    page = out.locator(".fpw-lora-page")
    page.get_by_label("Search names, notes").fill("ROUND turning")
    expect(page.locator("li").locator("visible=true")).to_have_count(1)
    expect(page.get_by_role("status").first).to_have_text(re.compile(r"1 of \d LoRAs"))
    item = page.locator(f'[data-lora="{LORA}"]')
    expect(item).to_contain_text("in no clip of the Library yet")
    nb.evaluate_in_kernel(
        "for loras in ({'camera-orbit': 0.5}, {}):\n"
        "    app.studio.submit(seconds=1, seed=1, loras=loras)"
    )
    expect(item).to_contain_text("in 1 clip, newest at 0.5", timeout=30_000)
    expect(out.get_by_role("tab", name="Clips")).to_have_text("Clips (2)", timeout=30_000)
    item.get_by_role("button", name="show its clips").click()
    expect(out.get_by_label("Search prompts")).to_have_value(LORA)
    expect(out.locator(".fpw-tile")).to_have_count(1)
    assert nb.uncaught() == []
