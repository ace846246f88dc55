"""A newcomer's first evening by clicks alone: from a picture to a clip, and on from its end."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from browser.pixels import picture, shown_code
from browser.test_player import plays
from framepack_widgets.clip import Clip

CAT = Path(__file__).resolve().parents[2] / "notebooks" / "images" / "cat.jpg"
CELL = """
import framepack_widgets as fp
app = fp.App({url!r}, library="evening")
app
"""
START_FRAME = """
import hashlib
frame = app.settings.start_frame  # an image once it was taken from the clip
pixels = "" if isinstance(frame, str) else frame.open().convert("RGB").tobytes()
print(hashlib.sha256(pixels).hexdigest() if pixels else "")
"""


def field(out, name):
    return out.locator(f'.fpw-form [data-name="{name}"]')


def button(out, name):
    return out.get_by_role("button", name=name, exact=True).locator("visible=true")


def open_group(out, title):
    heading = out.locator(".fpw-form .fpw-heading", has_text=title)
    heading.click()
    expect(heading).to_have_attribute("aria-expanded", "true")


def upload(out, path):
    with out.page.expect_file_chooser() as asked:
        button(out, "upload…").first.click()
    asked.value.set_files(path)
    expect(out.locator(".fpw-form img").first).to_have_attribute("src", re.compile("^blob:"))


def write_timed_prompt(out, parts):
    """In the editor's timed parts, in place of the server's own prompt: (start, text)."""
    out.get_by_role("button", name="timed parts").click()
    rows = out.locator(".fpw-prompt-part")
    expect(rows).not_to_have_count(0)
    while rows.count() > len(parts):
        count = rows.count()
        rows.last.get_by_role("button", name=re.compile("^Remove")).click()
        expect(rows).to_have_count(count - 1)
    for row, (start, text) in zip(rows.all(), parts, strict=True):
        row.get_by_label("Text of part").fill(text)
        row.get_by_label("Start of part").fill(start)


def library(nb):
    """[(state, seed, path or None, prompt)], newest first, from the kernel."""
    code = (
        "import json; print(json.dumps([(str(j.state), j.settings.seed, "
        "str(j.clip.path) if j.clip else None, j.settings.prompt) for j in app.jobs]))"
    )
    return json.loads(nb.evaluate_in_kernel(code))


def done(nb):
    return [job for job in library(nb) if job[0] == "done"]


def until(nb, ask, count=None):
    """What `ask()` gives, once it gives something (so many things)."""
    for _ in range(1200):
        found = ask()
        if found if count is None else len(found) == count:
            return found
        nb.page.wait_for_timeout(50)
    raise AssertionError(f"still {found!r}")


@pytest.mark.timeout(240)
def test_a_whole_evening_by_clicks(notebook, slow_demo):
    nb = notebook([CELL.format(url=slow_demo.url)], fresh=True)
    out = nb.run(0)
    expect(button(out, "Render")).to_be_visible(timeout=30_000)

    upload(out, CAT)
    write_timed_prompt(out, [("0", "it looks up"), ("1.1", "it yawns")])
    for name, group, text in (
        ("seconds", None, "4"),
        ("steps", "Quality", "14"),
        ("distilled_cfg_scale", None, "9"),
    ):
        if group:
            open_group(out, group)
        box = field(out, name).get_by_role("textbox")
        box.fill(text)
        box.press("Tab")
    expect(out.locator(".fpw-plan")).to_contain_text("109 frames, 3.63 s")

    button(out, "Render").click()
    preview = out.locator("img.fpw-job-preview")
    expect(preview).to_have_attribute("src", re.compile("^blob:"), timeout=30_000)
    first = preview.get_attribute("src")
    expect(preview).not_to_have_attribute("src", first, timeout=30_000)
    out.locator(".fpw-job").get_by_role("button", name="Cancel").click()
    expect(out.locator(".fpw-job[data-state=cancelled]")).to_be_visible(timeout=30_000)

    button(out, "Render").click()
    (_, seed, path, prompt) = until(nb, lambda: done(nb), 1)[0]
    assert prompt == "[0s: it looks up] [1.1s: it yawns]"
    side = out.locator(".fpw-panel-0")
    expect(side.locator(".fpw-card")).to_contain_text(f"seed {seed}")
    player = side.locator(".fpw-player").locator("visible=true").last
    expect(player).to_contain_text(Path(path).name)
    expect(player).to_contain_text("yes: it carries this job's own stamp")
    clip = Clip.open(path)
    assert clip.settings.steps == 14
    assert clip.settings.distilled_cfg_scale == 9
    assert clip.settings.seed == seed
    video = plays(player)
    assert shown_code(picture(video)) == shown_code(clip.frame(30)), "this job's own frames"

    side.get_by_role("button", name="continue", exact=True).click()
    shown = until(nb, lambda: nb.evaluate_in_kernel(START_FRAME))
    assert shown == hashlib.sha256(clip.last_frame().tobytes()).hexdigest()
    button(out, "Render").click()
    renders = until(nb, lambda: done(nb), 2)

    nb.restart_kernel()
    out = nb.run(0)
    out.get_by_role("tab", name=re.compile("Clips")).click()
    for _, _, name, _ in renders:
        job = Path(name).stem.rsplit("-", 1)[1]
        expect(out.locator(f'.fpw-grid [data-job="{job}"]')).to_be_visible(timeout=20_000)
    assert nb.uncaught() == []
