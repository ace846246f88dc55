"""The Studio's language models in the form: improve, go back, describe, stop."""

from __future__ import annotations

import json
import re
from typing import Any

from playwright.sync_api import expect

from browser.looks import contrast, no_horizontal_scroll, tab_stops, unreached

TIMED = "[0s: a cat] [1.1s: it yawns]"


def test_the_studio_s_words_and_back(notebook: Any, demo: Any) -> None:
    nb = notebook([
        "import framepack_widgets as fp\nimport numpy as np\n"
        f"studio = fp.connect({demo.url!r}, library='lib')\n"
        "form = fp.Form(studio, fp.Settings(prompt='', seconds=2))\nform"
    ])  # fmt: skip
    output = nb.run(0)
    bar = output.locator(".fpw-prompt-writer")
    area = output.get_by_role("textbox", name="Prompt", exact=True)
    button = lambda name: bar.get_by_role("button", name=name, exact=True)  # noqa: E731
    prompt = lambda: json.loads(  # noqa: E731
        nb.evaluate_in_kernel("import json; print(json.dumps(form.settings.prompt))")
    )

    # What was typed last is what is improved; the button that was pressed is not lost.
    button("Improve").click()
    expect(bar.get_by_role("alert")).to_contain_text("The prompt is empty")
    area.fill(TIMED)
    button("Improve").focus()
    nb.page.keyboard.press("Enter")
    expect(button("back")).to_be_focused()
    better = prompt()
    assert better.startswith("[0s: a cat, ")
    assert "[1.1s: it yawns, " in better
    expect(area).to_have_value(better)
    nb.page.keyboard.press("Enter")
    expect(area).to_have_value(TIMED)
    assert prompt() == TIMED
    expect(bar).to_contain_text(better)
    button("dismiss").click()

    # A frame is wanted for the other one; what is typed meanwhile is left alone.
    expect(button("Describe start frame")).to_be_disabled()
    expect(button("Describe start frame")).to_have_attribute(
        "title", "Choose a start frame first: it is what is described."
    )
    nb.evaluate_in_kernel(
        "import threading; held = threading.Event(); real = studio.writer._ask\n"
        "async def later(*args):\n"
        "    import asyncio; text = await real(*args)\n"
        "    await asyncio.to_thread(held.wait); return text\n"
        "studio.writer._ask = later\n"
        "form.settings = form.settings.replace(start_frame=np.zeros((48, 64, 3), np.uint8))"
    )
    button("Describe start frame").click()
    expect(bar).to_contain_text("asking the Studio…")
    area.fill("mine")
    expect(output.locator(".fpw-prompt")).to_have_attribute("data-settled", "true")
    nb.evaluate_in_kernel("held.set()")
    expect(bar).to_contain_text("The prompt was changed meanwhile")
    expect(area).to_have_value("mine")
    for theme in ("light", "dark"):
        nb.theme(theme)
        assert contrast(nb.page, bar) == []
        for width in (400, 1600):
            nb.resize(width)
            no_horizontal_scroll(bar)
    assert not [stop for stop in tab_stops(nb.page, bar) if not stop.drawn or not stop.name]
    assert unreached(bar) == []
    button("use it").click()
    expect(area).to_have_value(re.compile("^The image shows a wide scene of 64 by 48 pixels"))

    nb.evaluate_in_kernel("held.clear()")
    button("Improve").click()
    button("Stop").click()
    expect(bar).to_contain_text("Stopped.")
    assert prompt().startswith("The image shows")
