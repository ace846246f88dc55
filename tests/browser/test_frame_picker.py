"""The frame picker in JupyterLab: every way in, with real files and real pixels."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import random
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from browser.looks import contrast, no_horizontal_scroll, tab_stops, unreached
from browser.pixels import picture
from framepack_widgets.clip import Clip

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit"))
from library_tools import make_video

CELL = """
from pathlib import Path
import framepack_widgets as fp
library = fp.Library(Path.cwd() / "library")
picker = fp.FramePicker("KIND", label="start frame", library=library, clips=lambda: CLIPS)
picker
"""
CORNERS = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255), "white": (255, 255, 255)}


def cell(kind: str = "image", clips: list[Path] | None = None) -> str:
    made = ", ".join(f"fp.Clip({str(path)!r})" for path in clips or [])
    return CELL.replace("KIND", kind).replace("CLIPS", f"[{made}]")


def value(nb) -> Path:
    return Path(nb.evaluate_in_kernel("print(picker.value)"))


def four_corners(size=(120, 80)) -> Image.Image:
    """Red, green / blue, white."""
    pixels = np.zeros((size[1], size[0], 3), np.uint8)
    w, h = size[0] // 2, size[1] // 2
    for (y, x), colour in zip(((0, 0), (0, w), (h, 0), (h, w)), CORNERS.values(), strict=True):
        pixels[y : y + h, x : x + w] = colour
    return Image.fromarray(pixels)


def corners(pixels: np.ndarray) -> list[str]:
    """Names of the colours in the four quarters, row by row."""
    height, width = pixels.shape[:2]
    spots = [
        pixels[int(height * y), int(width * x)].astype(int)
        for y in (0.25, 0.75)
        for x in (0.25, 0.75)
    ]
    return [
        min(CORNERS, key=lambda name: np.abs(spot - np.array(CORNERS[name])).sum())
        for spot in spots
    ]


def png(image: Image.Image, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG", **options)
    return buffer.getvalue()


@pytest.fixture
def opened(notebook):
    def open_picker(kind: str = "image", clips: list[Path] | None = None):
        nb = notebook([cell(kind, clips)])
        nb.run_all()
        nb.output(0).locator(".fpw-drop").wait_for()
        return nb, nb.output(0)

    return open_picker


def test_an_upload_of_12_mib_arrives_whole(opened, tmp_path):
    nb, out = opened()
    file = tmp_path / "großes <b>Bild<b>.png"
    file.write_bytes(png(four_corners()) + random.Random(1).randbytes(12 << 20))
    out.locator("input[type=file]").set_input_files(file)
    expect(out.locator(".fpw-drop-name")).to_have_text("großes _b_Bild_b_.png")
    kept = value(nb)
    assert hashlib.sha256(kept.read_bytes()).digest() == hashlib.sha256(file.read_bytes()).digest()
    assert kept.parent.name == "inputs"
    assert corners(picture(out.locator(".fpw-drop img"))) == list(CORNERS)
    assert list((nb.path.parent / "library" / "incoming").iterdir()) == []
    nb.screenshot("picker-upload", 0)
    nb.theme("dark")
    nb.screenshot("picker-upload-dark", 0)


PASTE = """(zone, [data, name, type]) => {
  const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], name, { type }));
  zone.focus();
  const event = window.framepackDrop
    ? new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true })
    : new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true, cancelable: true });
  zone.dispatchEvent(event);
  return event.defaultPrevented;
}"""


@pytest.mark.parametrize("way", ["paste", "drop"])
def test_a_picture_is_pasted_or_dropped(opened, way):
    nb, out = opened()
    data = png(four_corners())
    zone = out.locator(".fpw-drop")
    zone.evaluate("(zone, isDrop) => { window.framepackDrop = isDrop; }", way == "drop")
    given = [base64.b64encode(data).decode(), "Foto.png", "image/png"]
    assert zone.evaluate(PASTE, given), "nobody else may handle it"
    expect(out.locator(".fpw-drop-name")).to_have_text("Foto.png")
    assert value(nb).read_bytes() == data
    assert corners(picture(out.locator(".fpw-drop img"))) == list(CORNERS)


def test_a_paste_elsewhere_is_left_alone(opened):
    nb, out = opened()
    nb.page.evaluate("""() => {
      document.activeElement?.blur();
      const transfer = new DataTransfer();
      transfer.items.add(new File(["x"], "x.png", { type: "image/png" }));
      const made = { clipboardData: transfer, bubbles: true, cancelable: true };
      document.body.dispatchEvent(new ClipboardEvent("paste", made));
    }""")
    out.locator(".fpw-drop").focus()
    expect(out.locator("[role=status]")).to_have_text("")
    assert nb.evaluate_in_kernel("print(picker.value)") == "None"


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_a_photograph_is_shown_upright(opened, tmp_path, orientation):
    """What a camera that was held so writes: pixels lying, and a note how to turn them."""
    turned = {1: 0, 3: 180, 6: 90, 8: 270}[orientation]
    image = four_corners().rotate(turned, expand=True)
    exif = Image.Exif()
    exif[0x0112] = orientation
    image.save(tmp_path / "photo.jpg", exif=exif, quality=95)
    _nb, out = opened()
    out.locator("input[type=file]").set_input_files(tmp_path / "photo.jpg")
    expect(out.locator(".fpw-drop-zone")).to_contain_text("120 × 80 px")
    assert corners(picture(out.locator(".fpw-drop img"))) == list(CORNERS)


def test_a_text_named_png_is_refused_and_the_old_value_stays(opened, tmp_path):
    nb, out = opened()
    (tmp_path / "good.png").write_bytes(png(four_corners()))
    (tmp_path / "notes.png").write_text("no picture at all")
    out.locator("input[type=file]").set_input_files(tmp_path / "good.png")
    expect(out.locator(".fpw-drop-name")).to_have_text("good.png")
    before = value(nb)
    out.locator("input[type=file]").set_input_files(tmp_path / "notes.png")
    expect(out.get_by_role("alert")).to_contain_text("notes.png is not a picture")
    expect(out.locator(".fpw-drop-name")).to_have_text("good.png")
    assert value(nb) == before
    assert list((nb.path.parent / "library" / "incoming").iterdir()) == []
    nb.resize(400)
    nb.screenshot("picker-error-400", 0)
    assert not contrast(nb.page, out.locator(".fpw"))


def test_a_path_is_typed(opened, tmp_path):
    nb, out = opened()
    file = tmp_path / "typed.png"
    file.write_bytes(png(four_corners()))
    box = out.get_by_placeholder("path on the kernel's machine")
    box.fill(str(tmp_path / "typ.png"))
    expect(out.get_by_role("alert")).to_contain_text("There is no file")
    assert nb.evaluate_in_kernel("print(picker.value)") == "None"
    box.fill(str(file))
    expect(out.locator(".fpw-drop-name")).to_have_text("typed.png")
    expect(out.get_by_role("alert")).to_be_hidden()
    assert value(nb) == file
    box.fill("")
    expect(out.locator(".fpw-drop")).to_contain_text("drop or paste a picture here")
    assert nb.evaluate_in_kernel("print(picker.value)") == "None"


def test_a_file_of_the_kernels_machine_is_chosen(opened):
    nb, out = opened()
    (nb.path.parent / "a <i>b</i>.png".replace("/", "_")).write_bytes(png(four_corners()))
    out.get_by_role("button", name="choose file…").click()
    listed = out.locator("select[size]")
    expect(listed).to_contain_text("a <i>b<_i>.png")
    expect(listed).not_to_contain_text(".ipynb")
    listed.select_option(label="a <i>b<_i>.png")
    out.get_by_role("button", name="use this file").click()
    expect(out.locator(".fpw-drop-name")).to_have_text("a <i>b<_i>.png")
    assert value(nb) == nb.path.parent / "a <i>b<_i>.png"
    expect(listed).to_be_hidden()
    out.get_by_role("button", name="remove").click()
    expect(out.locator(".fpw-drop")).to_contain_text("drop or paste a picture here")
    assert nb.evaluate_in_kernel("print(picker.value)") == "None"


def test_a_frame_of_a_clip_is_that_very_frame(opened, tmp_path):
    clip = make_video(tmp_path / "clip.mp4", 40)
    nb, out = opened(clips=[clip])
    out.get_by_role("button", name="use a frame of a clip…").click()
    words = out.locator(".fpw-frame-words")
    expect(words).to_contain_text("frame 0 of 0 to 39")
    out.get_by_role("button", name="last", exact=True).click()
    expect(words).to_contain_text("frame 39 of")
    handle = out.get_by_role("slider")
    handle.focus()
    for _ in range(22):  # faster than it is drawn; the last one counts
        nb.page.keyboard.press("ArrowLeft")
    expect(words).to_contain_text("frame 17 of 0 to 39 · 0.57 s")
    shown = picture(out.locator(".fpw-picture-image")).astype(int)
    assert np.abs(shown - Clip(clip).frame(17)).mean() < 6
    nb.screenshot("picker-scrubber", 0)
    out.get_by_role("button", name="use this frame").click()
    expect(out.locator(".fpw-drop-name")).to_have_text("frame 17 of clip.mp4")
    with Image.open(value(nb)) as taken:
        assert np.array_equal(np.asarray(taken), Clip(clip).frame(17))


GATE = """
import threading
from framepack_widgets.widgets.frames.upload import Upload
gate, add = threading.Event(), Upload.add
def slow(self, number, data):
    if number > 1:
        gate.wait(60)
    return add(self, number, data)
Upload.add = slow
"""


def test_uploads_are_cancelled_and_replaced(opened, tmp_path):
    nb, out = opened()
    nb.evaluate_in_kernel(GATE)
    (tmp_path / "large.png").write_bytes(png(four_corners()) + bytes(6 << 20))
    (tmp_path / "small.png").write_bytes(png(four_corners((60, 40))))
    chosen, incoming = out.locator("input[type=file]"), nb.path.parent / "library" / "incoming"
    chosen.set_input_files(tmp_path / "large.png")
    expect(out.locator(".fpw-drop-zone")).to_contain_text("2.1 of 6.3 MB")
    assert nb.evaluate_in_kernel("print(picker.busy)") == "large.png"
    nb.screenshot("picker-uploading", 0)
    out.get_by_role("button", name="cancel upload").click()
    expect(out.locator("[role=status]")).to_have_text("The upload was cancelled.")
    expect(out.locator("progress")).to_be_hidden()
    assert nb.evaluate_in_kernel("print(picker.busy, picker.value)").split() == ["None"]
    nb.evaluate_in_kernel("gate.set(); gate = threading.Event()")
    chosen.set_input_files(tmp_path / "large.png")
    expect(out.locator(".fpw-drop-zone")).to_contain_text("2.1 of 6.3 MB")
    chosen.set_input_files(tmp_path / "small.png")
    expect(out.locator(".fpw-drop-name")).to_have_text("small.png")
    nb.evaluate_in_kernel("gate.set()")
    expect(out.locator(".fpw-drop-name")).to_have_text("small.png")
    # The threads that were held at the gate clean up when they come to it.
    nb.evaluate_in_kernel(
        "import time\nwhile list(library.incoming_folder.iterdir()): time.sleep(.02)"
    )
    assert list(incoming.iterdir()) == []


def test_a_lost_part_and_a_lost_kernel_are_told(opened, tmp_path):
    nb, out = opened()
    nb.evaluate_in_kernel("""
from framepack_widgets.widgets.frames.uploads import Uploads
chunk = Uploads.chunk
def lossy(self, message, buffers):
    if message["number"] != 3:
        chunk(self, message, buffers)
Uploads.chunk = lossy
""")
    (tmp_path / "large.png").write_bytes(png(four_corners()) + bytes(6 << 20))
    chosen = out.locator("input[type=file]")
    chosen.set_input_files(tmp_path / "large.png")
    expect(out.locator("[role=status]")).to_contain_text(
        "connection to the kernel broke", timeout=20_000
    )
    expect(out.get_by_role("button", name="upload…")).to_be_visible()
    chosen.set_input_files(tmp_path / "large.png")
    expect(out.locator(".fpw-drop-zone")).to_contain_text("of 6.3 MB")
    nb.restart_kernel()
    expect(out.locator("[role=status]")).to_contain_text("connection to the kernel broke")


def test_two_pickers_upload_at_once(notebook, tmp_path):
    nb = notebook([cell(), "other = fp.FramePicker(label='end frame', library=library); other"])
    nb.run_all()
    for name, seed in (("one", 1), ("two", 2)):
        data = png(four_corners()) + random.Random(seed).randbytes(5 << 20)
        (tmp_path / f"{name}.png").write_bytes(data)
    for index, name in enumerate(("one", "two")):
        nb.output(index).locator("input[type=file]").set_input_files(tmp_path / f"{name}.png")
    for index, (name, variable) in enumerate((("one", "picker"), ("two", "other"))):
        expect(nb.output(index).locator(".fpw-drop-name")).to_have_text(f"{name}.png")
        kept = Path(nb.evaluate_in_kernel(f"print({variable}.value)"))
        assert kept.read_bytes() == (tmp_path / f"{name}.png").read_bytes()


def test_the_crop_is_drawn_where_the_server_cuts(opened, tmp_path):
    nb, out = opened()
    (tmp_path / "wide.png").write_bytes(png(four_corners((400, 200))))
    nb.evaluate_in_kernel("picker.crop = (512, 512)")
    out.locator("input[type=file]").set_input_files(tmp_path / "wide.png")
    expect(out.locator(".fpw-drop-zone")).to_contain_text("→ 512 × 512 px; 50 % cut left and right")
    keep, image = out.locator(".fpw-drop-keep"), out.locator(".fpw-drop img")
    box, whole = keep.bounding_box(), image.bounding_box()
    assert box["x"] - whole["x"] == pytest.approx(whole["width"] / 4, abs=1)
    assert (box["width"], box["height"]) == pytest.approx(
        (whole["width"] / 2, whole["height"]), abs=1
    )
    nb.screenshot("picker-crop", 0)
    nb.evaluate_in_kernel("picker.crop = None")
    expect(keep).to_be_hidden()


def test_a_second_view_and_a_reopened_one_ask_for_the_picture(opened, tmp_path):
    nb, out = opened()
    (tmp_path / "some.png").write_bytes(png(four_corners()))
    nb.evaluate_in_kernel(f"picker.value = {str(tmp_path / 'some.png')!r}")
    expect(out.locator(".fpw-drop img")).to_be_visible()
    second = nb.add_cell("picker")
    nb.run(second)
    assert corners(picture(nb.output(second).locator(".fpw-drop img"))) == list(CORNERS)
    saved = nb.save()
    state = json.dumps(json.loads(saved.read_text())["metadata"].get("widgets", {}))
    assert "some.png" in state
    assert len(state) < 60_000


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_keys_width_and_contrast(opened, tmp_path, theme):
    clip = make_video(tmp_path / f"{'a long name ' * 9}.mp4", 12)
    (tmp_path / f"{'name_without_blanks' * 6}.png").write_bytes(png(four_corners((400, 200))))
    nb, out = opened(clips=[clip])
    nb.theme(theme)
    nb.evaluate_in_kernel("picker.crop = (512, 512)")
    out.locator("input[type=file]").set_input_files(next(tmp_path.glob("*.png")))
    expect(out.locator(".fpw-drop-zone")).to_contain_text("50 % cut")
    out.get_by_role("button", name="use a frame of a clip…").click()
    out.get_by_role("button", name="choose file…").click()
    expect(out.locator(".fpw-frame-words")).to_contain_text("frame 0 of")
    for width in (400, 1600):
        nb.resize(width)
        no_horizontal_scroll(out)
        nb.screenshot(f"picker-{width}-{theme}", 0)
    assert not contrast(nb.page, out.locator(".fpw"))
    stops = tab_stops(nb.page, out)
    assert unreached(out) == []
    assert [stop for stop in stops if not stop.name or not stop.drawn] == []


def test_the_keyboard_opens_the_file_dialog_and_removes(opened, tmp_path):
    nb, out = opened()
    (tmp_path / "some.png").write_bytes(png(four_corners()))
    zone = out.get_by_role("group", name="start frame")
    with nb.page.expect_file_chooser() as dialog:
        zone.press("Enter")  # focuses first: a page that has just run a cell may take it back
    dialog.value.set_files(tmp_path / "some.png")
    expect(out.locator(".fpw-drop-name")).to_have_text("some.png")
    zone.press("Delete")
    expect(zone).to_contain_text("drop or paste a picture here")
    assert nb.evaluate_in_kernel("print(picker.value)") == "None"


def test_a_video_shows_its_first_picture_and_a_clip_is_taken(opened, tmp_path):
    clip = make_video(tmp_path / "clip.mp4", 30)
    nb, out = opened("video", clips=[clip])
    out.locator("input[type=file]").set_input_files(clip)
    expect(out.locator(".fpw-drop-zone")).to_contain_text("96 × 64 px · 1.00 s · 30 fps")
    assert value(nb).read_bytes() == clip.read_bytes()
    out.get_by_role("button", name="use a clip…").click()
    out.get_by_role("button", name="use this clip").click()
    expect(out.locator(".fpw-drop-name")).to_have_text("clip.mp4")
    expect(out.get_by_role("alert")).to_be_hidden()
    assert value(nb) == clip
