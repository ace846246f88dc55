"""Settings from a file that is dropped on the form, a Studio's presets, a server that changes."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect

from browser.looks import contrast, no_horizontal_scroll, tab_stops, unreached
from framepack_widgets.demo.options import DemoOptions
from framepack_widgets.demo.process import start
from framepack_widgets.demo.sidecar import sidecar_facts, write_png

DROP = """(target, [data, name]) => {
  const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], name));
  const made = { dataTransfer: transfer, bubbles: true, cancelable: true };
  target.dispatchEvent(new DragEvent("dragover", made));
  const isMarked = target.closest(".fpw-form").classList.contains("fpw-form-over");
  const event = new DragEvent("drop", made);
  target.dispatchEvent(event);
  return [isMarked, event.defaultPrevented];
}"""


def facts(**changes):
    return sidecar_facts({
        "model_type": "F1", "prompt_text": "a <b>cat</b>", "seed": 5, "steps": 30, "cfg": 1.5,
        "has_input_image": True, "use_magcache": True, "selected_loras": ["gone & lost"],
        "lora_loaded_names": ["gone & lost"], "lora_values": [0.5], **changes,
    })  # fmt: skip


def dropped(target, data: bytes, name: str):
    return target.evaluate(DROP, [base64.b64encode(data).decode(), name])


def a_png(tmp_path: Path) -> bytes:
    write_png(np.full((48, 64, 3), 77, np.uint8), facts(), tmp_path / "x.png")
    return (tmp_path / "x.png").read_bytes()


def a_queue(tmp_path: Path) -> bytes:
    made = io.BytesIO()
    jobs = {f"j{n}": facts(seed=n, prompt_text=f"job {n}") | {"status": "pending"} for n in (1, 2)}
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("queue.json", json.dumps(jobs))
        for name in jobs:
            archive.writestr(f"queue_images/{name}_input.png", a_png(tmp_path))
    return made.getvalue()


@pytest.fixture
def opened(notebook):
    """opened(url) -> (notebook, the form's Locator): a Form in a cell, on a Studio."""

    def open_form(url):
        nb = notebook([
            "import framepack_widgets as fp\n"
            f"studio = fp.connect({url!r}, library='lib')\n"
            "form = fp.Form(studio, fp.Settings(prompt='mine', steps=11))\nform"
        ])  # fmt: skip
        nb.run(0)
        form = nb.output(0).locator(".fpw-form")
        expect(form.locator(".fpw-plan")).to_contain_text("frames,")
        return nb, form

    return open_form


def settings(nb):
    return json.loads(nb.evaluate_in_kernel("print(form.settings.to_json())"))


def test_a_file_is_dropped_on_the_form(opened, demo, tmp_path):
    nb, form = opened(demo.url)
    heading = form.locator(".fpw-heading", has_text="Motion")
    assert dropped(heading, a_png(tmp_path), "260101 <i>.png") == [True, True]
    note = form.locator(".fpw-top-brought")
    expect(note).to_contain_text("Settings from 260101 _i_.png, a start frame written by Studio")
    expect(note).to_contain_text("LoRAs")
    expect(form.locator(".fpw-drop-facts, .fpw-drop-side").first).to_contain_text("64 × 48 px")
    now = settings(nb)
    assert (now["model"], now["prompt"], now["steps"]) == ("F1", "a <b>cat</b>", 30)
    assert "/inputs/" in Path(now["start_frame"]).as_posix()
    assert not [stop for stop in tab_stops(nb.page, form) if not stop.drawn or not stop.name]
    assert unreached(form) == []
    assert not form.evaluate("(form) => form.classList.contains('fpw-form-over')")

    # On a picker it is a frame, settings inside or not.
    form.get_by_role("button", name="back to before").click()
    expect(note).to_have_count(0)
    assert settings(nb) == {"prompt": "mine", "steps": 11}
    dropped(form.locator(".fpw-drop").first, a_png(tmp_path), "frame.png")
    expect(form.locator(".fpw-drop-name").first).to_have_text("frame.png")
    assert settings(nb)["prompt"] == "mine"

    # The button does the same; what is none is refused, and says why.
    file = form.locator(".fpw-top input[type=file]")
    file.set_input_files({"name": "p.json", "mimeType": "", "buffer": b'{"scripts": {}}'})
    expect(form.locator(".fpw-top [role=alert]")).to_contain_text("p.json holds no settings")
    file.set_input_files({"name": "q.zip", "mimeType": "", "buffer": a_queue(tmp_path)})
    jobs = form.get_by_label("Job of this queue")
    expect(jobs.locator("option")).to_have_count(2)
    expect(note).to_contain_text("gone & lost")
    jobs.select_option(index=1)
    expect(form.locator(".fpw-prompt textarea, textarea").first).to_have_value("job 2")
    for theme in ("light", "dark"):
        nb.theme(theme)
        assert contrast(nb.page, form) == []
        for width in (400, 1600):
            nb.resize(width)
            no_horizontal_scroll(form)
            nb.screenshot(f"bringing-{theme}-{width}", 0)
    nb.theme("light")
    assert nb.uncaught() == []


def test_presets_of_the_studio_and_a_restart_with_other_loras(opened):
    options = DemoOptions(speed=40, loras=("camera-orbit", "anime_v2"))
    with start(options) as demo:
        nb, form = opened(demo.url)
        presets = form.locator(".fpw-presets")
        form.get_by_placeholder("name", exact=True).fill("mine <b>")
        form.get_by_label("Where to save the preset").select_option(label="on the Studio")
        form.get_by_role("button", name="save as").click()
        expect(presets).to_contain_text('Saved on the Studio as "mine <b>"')
        nb.evaluate_in_kernel("form.settings = fp.Settings(loras={'anime_v2': 0.5}, steps=7)")
        choice = form.get_by_label("Preset", exact=True)
        choice.select_option(label="mine <b> (Original)")
        form.get_by_role("button", name="load", exact=True).click()
        expect(presets).to_contain_text('Loaded "mine <b>" from the Studio.')
        assert (settings(nb)["prompt"], settings(nb)["steps"]) == ("mine", 11)
        form.get_by_role("button", name="back to before").click()
        expect(form.locator(".fpw-top-brought")).to_have_count(0)
        assert settings(nb) == {"loras": {"anime_v2": 0.5}, "steps": 7}
        port = demo.port
    with start(DemoOptions(speed=40, port=port, loras=("new & <b>", "camera-orbit"))):
        # Nobody does anything: the form asks now and then by itself.
        changed = form.locator(".fpw-top-changed")
        expect(changed).to_contain_text("LoRA 'anime_v2' is gone.", timeout=60_000)
        expect(changed).to_contain_text("LoRA 'new & <b>' is new.")
        assert settings(nb) == {"loras": {"anime_v2": 0.5}, "steps": 7}, "kept"
        expect(form.locator(".fpw-why")).to_contain_text("no LoRA 'anime_v2'")
        nb.screenshot("server-changed", 0)
        form.locator(".fpw-heading", has_text="LoRAs").click()
        form.locator('[data-name="loras"]').get_by_text("anime_v2").first.click()
        expect(form.locator(".fpw-why")).not_to_be_visible()
        changed.get_by_role("button", name="put away").click()
        expect(changed).to_have_count(0)
        form.get_by_role("button", name="Render", exact=True).click()
        job = "print(form.job.result(60).settings.loras if form.job else None)"
        expect(form).to_contain_text("Sent: job")
        assert nb.evaluate_in_kernel(job) == "{}"
    assert nb.uncaught() == []
