"""The frame picker without a page: values, thumbnails of odd pictures, crops, clips."""

from __future__ import annotations

import io
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import traitlets
from hypothesis import given
from hypothesis import strategies as st
from library_tools import done_job, make_image, make_video, picture, until
from PIL import Image, ImageOps

from framepack_widgets.clip import Clip
from framepack_widgets.errors import LibraryError
from framepack_widgets.images import ImageData, NotAnImage
from framepack_widgets.library import Library
from framepack_widgets.widgets.frames.crop import crop_of, crop_text
from framepack_widgets.widgets.frames.file_chooser import FileChooser
from framepack_widgets.widgets.frames.frame_picker import FramePicker
from framepack_widgets.widgets.frames.frame_store import FrameStore
from framepack_widgets.widgets.frames.frame_value import normal, short_name
from framepack_widgets.widgets.frames.thumbnail import MAX_BYTES, MAX_SIDE, look_at
from framepack_widgets.widgets.latest import Latest

# ---------------------------------------------------------------------- crop


def server_crop(image: Image.Image, target: tuple[int, int]) -> Image.Image:
    """resize_and_center_crop of diffusers_helper, in steps of its own; NEAREST keeps colours."""
    factor = max(target[0] / image.width, target[1] / image.height)
    size = (round(image.width * factor), round(image.height * factor))
    scaled = image.resize(size, Image.Resampling.NEAREST)
    left, top = (size[0] - target[0]) / 2, (size[1] - target[1]) / 2
    return scaled.crop((left, top, left + target[0], top + target[1]))


sides = st.integers(16, 300)


@given(st.tuples(sides, sides), st.tuples(sides, sides))
def test_what_is_kept_is_what_the_server_keeps(source, target) -> None:
    """Each pixel carries its own place, so the cut picture says where it came from."""
    ramp = np.zeros((source[1], source[0], 3), np.uint8)
    ramp[..., 0] = np.linspace(0, 255, source[0]).astype(np.uint8)[None, :]
    ramp[..., 1] = np.linspace(0, 255, source[1]).astype(np.uint8)[:, None]
    cut = np.asarray(server_crop(Image.fromarray(ramp), target))
    crop = crop_of(source, target)
    step = 255 * 2 / min(*source, *target) + 3  # two pixels of either picture
    found = (cut[0, 0, 0], cut[0, 0, 1], cut[-1, -1, 0], cut[-1, -1, 1])
    wanted = (crop.left, crop.top, crop.right, crop.bottom)
    assert np.abs(np.array(found, float) - 255 * np.array(wanted)).max() <= step


@given(st.tuples(sides, sides), st.tuples(sides, sides))
def test_the_whole_of_one_side_is_kept_and_the_shape_is_the_clips(source, target) -> None:
    crop = crop_of(source, target)
    assert 0 <= crop.left < crop.right <= 1
    assert 0 <= crop.top < crop.bottom <= 1
    assert min(crop.cut_width, crop.cut_height) == pytest.approx(0, abs=1e-9)
    assert crop.left == pytest.approx(1 - crop.right, abs=1 / 16)
    shape = (crop.right - crop.left) * source[0] / ((crop.bottom - crop.top) * source[1])
    assert shape == pytest.approx(target[0] / target[1], rel=2 / min(*source, *target))


@pytest.mark.parametrize(
    ("source", "target", "text"),
    [
        ((1000, 1000), (608, 672), "608 × 672 px; 10 % cut left and right"),
        ((1000, 2000), (640, 640), "640 × 640 px; 50 % cut above and below"),
        ((640, 640), (640, 640), "640 × 640 px; nothing cut"),
        ((1920, 1080), (832, 480), "832 × 480 px; 2 % cut left and right"),
        ((320, 320), (640, 640), "640 × 640 px; nothing cut; enlarged 2.0 times"),
        ((6400, 6410), (640, 640), "640 × 640 px; under 1 % cut above and below"),
    ],
)
def test_crop_text(source, target, text) -> None:
    assert crop_text(source, target) == text


def test_no_crop_of_nothing() -> None:
    with pytest.raises(ValueError, match="cannot be cut"):
        crop_of((0, 10), (10, 10))


# ---------------------------------------------------------------------- thumbnails

QUARTERS = ((255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255))


def quarters(width: int = 60, height: int = 40) -> Image.Image:
    pixels = np.zeros((height, width, 3), np.uint8)
    for number, colour in enumerate(QUARTERS):
        y, x = divmod(number, 2)
        pixels[y * height // 2 :, x * width // 2 :] = colour
    pixels[height // 2 :, : width // 2] = QUARTERS[2]
    return Image.fromarray(pixels)


def assert_quarters(jpeg: bytes) -> None:
    image = np.asarray(Image.open(io.BytesIO(jpeg)).convert("RGB")).astype(int)
    height, width = image.shape[:2]
    for number, colour in enumerate(QUARTERS):
        y, x = divmod(number, 2)
        spot = image[height // 4 + y * height // 2, width // 4 + x * width // 2]
        assert np.abs(spot - colour).max() < 40, (number, spot)


@pytest.mark.parametrize("form", ["jpg", "png", "webp", "tiff"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation(tmp_path: Path, orientation: int, form: str) -> None:
    undone = {5: 5, 6: 8, 7: 7, 8: 6}.get(orientation, orientation)
    exif = Image.Exif()
    exif[0x0112] = undone
    image = quarters()
    image.info["exif"] = exif.tobytes()
    lying = ImageOps.exif_transpose(image)
    exif[0x0112] = orientation
    path = tmp_path / f"photo.{form}"
    lying.save(path, exif=exif, **({"quality": 95} if form in ("jpg", "webp") else {}))
    look = look_at(str(path), "image")
    assert look.size == (60, 40)
    assert_quarters(look.jpeg)


def save_odd(path: Path, name: str) -> Path:
    image = quarters()
    target = path / name
    kind = name.split(".", maxsplit=1)[0]
    if kind == "cmyk":
        image.convert("CMYK").save(target)
    elif kind == "palette":
        palette = image.quantize(16)
        palette.save(target, transparency=0)
    elif kind == "animated":
        image.save(target, save_all=True, append_images=[image.rotate(180)], loop=0)
    elif kind == "alpha":
        image.putalpha(128)
        image.save(target)
    elif kind == "deep":
        Image.fromarray(np.full((40, 60), 300, np.uint16)).save(target)
    elif kind == "bits":
        image.convert("1").save(target)
    elif kind == "grey":
        image.convert("LA").save(target)
    else:
        image.save(target)
    return target


@pytest.mark.parametrize(
    ("name", "note", "in_colour"),
    [
        ("cmyk.jpg", "", True),
        ("palette.png", "Transparent", True),
        ("animated.gif", "Animated", True),
        ("animated.webp", "Animated", True),
        ("alpha.png", "Transparent", True),
        ("deep.png", "16-bit grey", False),
        ("bits.png", "", False),
        ("grey.png", "Transparent", False),
        ("plain.bmp", "", True),
        ("plain.webp", "", True),
    ],
)
def test_odd_pictures(tmp_path: Path, name: str, note: str, in_colour: bool) -> None:
    look = look_at(str(save_odd(tmp_path, name)), "image")
    assert look.size == (60, 40)
    assert look.note.startswith(note)
    assert bool(look.note) == bool(note)
    if in_colour:
        assert_quarters(look.jpeg)


def test_a_large_noisy_picture_makes_a_small_thumbnail(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (1500, 2000, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "noise.jpg", quality=95)
    look = look_at(str(tmp_path / "noise.jpg"), "image")
    assert len(look.jpeg) <= MAX_BYTES
    assert max(Image.open(io.BytesIO(look.jpeg)).size) <= MAX_SIDE
    assert look.size == (2000, 1500)


def test_fifty_million_pixels(tmp_path: Path) -> None:
    Image.new("RGB", (8200, 6100), (10, 200, 30)).save(tmp_path / "large.jpg")
    look = look_at(str(tmp_path / "large.jpg"), "image")
    assert look.facts().startswith("8200 × 6100 px · ")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda p: None, "There is no file"),
        (lambda p: p.mkdir(), "is a folder"),
        (lambda p: p.write_bytes(b""), "is empty"),
        (lambda p: p.write_text("hello"), "is not a picture that can be read here"),
        (lambda p: p.write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"), "save HEIC"),
        (lambda p: p.write_bytes(noise_png()[:2000]), "is damaged"),
    ],
    ids=["missing", "folder", "empty", "text", "heic", "cut"],
)
def test_what_cannot_be_shown_is_said_in_words(tmp_path: Path, make, words: str) -> None:
    path = tmp_path / "x.png"
    make(path)
    with pytest.raises(LibraryError, match=words):
        look_at(str(path), "image")


def noise_png() -> bytes:
    buffer = io.BytesIO()
    noise = np.random.default_rng(1).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(buffer, "PNG")
    return buffer.getvalue()


def test_far_too_many_pixels(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(LibraryError, match="far too many pixels"):
        look_at(str(make_image(tmp_path / "x.png")), "image")


def test_a_video(tmp_path: Path) -> None:
    look = look_at(str(make_video(tmp_path / "a.mp4", 30)), "video")
    assert look.facts().startswith("96 × 64 px · 1.00 s · 30 fps · ")
    shown = np.asarray(Image.open(io.BytesIO(look.jpeg))).astype(int)
    assert np.abs(shown - picture(0)).mean() < 12
    (tmp_path / "b.mp4").write_text("no video")
    with pytest.raises(LibraryError, match=r"b\.mp4 is not a video"):
        look_at(str(tmp_path / "b.mp4"), "video")


# ---------------------------------------------------------------------- values


def test_normal_values(tmp_path: Path) -> None:
    pixels = np.full((4, 6, 3), 7, np.uint8)
    image = ImageData.of(pixels)
    assert normal(None, "image") is None
    assert normal("", "image") is None
    assert normal(Path("a") / "b.png", "image") == str(Path("a") / "b.png")
    assert normal(Clip(tmp_path / "a.mp4"), "video") == str(tmp_path / "a.mp4")
    for same in (image, pixels, Image.fromarray(pixels), image.to_data_url()):
        assert normal(same, "image") == image
    assert isinstance(normal(pixels.astype(float), "image"), NotAnImage)


@pytest.mark.parametrize(("value", "kind"), [(42, "image"), ([1], "image"), (3.5, "video")])
def test_what_is_no_value(value, kind: str) -> None:
    with pytest.raises(ValueError, match="is wanted, not"):
        normal(value, kind)
    with pytest.raises(traitlets.TraitError, match=r"end frame: .* is wanted, not"):
        FramePicker(kind, "end frame", value=value)


def test_a_picture_is_no_video() -> None:
    with pytest.raises(traitlets.TraitError, match="source video is wanted"):
        FramePicker("video", value=np.zeros((4, 4, 3), np.uint8))


def test_short_names() -> None:
    assert short_name("/a/" + "0123456789abcdef" * 4 + ".png") == "kept file 01234567….png"
    assert short_name("/a/cat.png") == "cat.png"
    assert short_name("/a/x.png", "cat.png") == "cat.png"


# ---------------------------------------------------------------------- the picker


@pytest.fixture
def library(tmp_path: Path):
    made = Library(tmp_path / "library")
    yield made
    made.close()


def facts(picker: FramePicker) -> str:
    return picker._zone.facts


def test_a_value_from_code_is_shown(tmp_path: Path) -> None:
    seen = []
    picker = FramePicker()
    picker.observe(lambda change: seen.append(change["new"]), "value")
    path = make_image(tmp_path / "a.png")
    picker.value = path
    assert picker.value == str(path)
    until(lambda: picker.size == (32, 24))
    assert (picker._zone.name, picker.problem) == ("a.png", "")
    assert facts(picker).startswith("32 × 24 px")
    picker.value = None
    assert seen == [str(path), None]
    assert (picker._zone.name, facts(picker), picker.size) == ("", "", None)


def test_a_missing_file_from_code_stays_the_value_and_is_told(tmp_path: Path) -> None:
    picker = FramePicker(value=tmp_path / "<gone>.png")
    until(lambda: picker.problem)
    assert picker.value == str(tmp_path / "<gone>.png")
    assert "There is no file" in picker.problem
    assert "&lt;gone&gt;" in picker._alert.value
    picker.value = make_image(tmp_path / "here.png")
    assert picker.problem == ""


def test_a_slow_look_at_an_old_value_is_not_shown(tmp_path: Path, monkeypatch) -> None:
    gate = threading.Event()

    def slow(value, kind, name=""):
        if "old" in str(value):
            gate.wait(10)
        return look_at(value, kind, name)

    monkeypatch.setattr("framepack_widgets.widgets.frames.frame_picker.look_at", slow)
    old, new = make_image(tmp_path / "old.png"), tmp_path / "new.png"
    quarters().save(new)
    picker = FramePicker(value=old)
    picker.value = new
    gate.set()
    until(lambda: picker.size is not None)
    assert picker.size == (60, 40)
    assert picker._zone.name == "new.png"


def test_an_upload_is_kept_by_content_and_shown_by_its_name(library, tmp_path: Path) -> None:
    picker = FramePicker(library=library)
    path = make_image(tmp_path / "whatever.png").rename(tmp_path / "upload.part")
    picker._take_upload(path, "Foto.PNG")()
    kept = Path(picker.value)
    assert kept.parent == library.inputs_folder
    assert kept.suffix == ".png"
    assert kept.read_bytes() == path.read_bytes()
    assert picker._zone.name == "Foto.PNG"
    assert picker.size == (32, 24)
    path.write_text("no picture")
    with pytest.raises(LibraryError, match=r"notes\.png is not a picture"):
        picker._take_upload(path, "notes.png")
    assert picker.value == str(kept)


def test_choosing_something_else_ends_an_upload(library, tmp_path: Path) -> None:
    picker = FramePicker(library=library)
    start = {"kind": "upload_start", "id": "a", "name": "x.png", "size": 10}
    picker._zone._handle_page(None, start, [])
    assert picker.busy == "x.png"
    until(lambda: list(library.incoming_folder.iterdir()))
    picker.value = make_image(tmp_path / "a.png")
    assert picker.busy == ""
    until(lambda: not list(library.incoming_folder.iterdir()))


def test_a_typed_path(tmp_path: Path) -> None:
    make_image(tmp_path / "a.png")
    picker = FramePicker()
    picker._path.value = str(tmp_path / "b.png")
    until(lambda: "There is no file" in picker.problem)
    assert picker.value is None
    picker._path.value = f'"{tmp_path / "a.png"}"'
    until(lambda: picker.value == str(tmp_path / "a.png"))
    assert picker.problem == ""
    picker._path.value = ""
    until(lambda: picker.value is None)


def test_clearing_a_wrong_path_keeps_an_upload(library, tmp_path: Path) -> None:
    picker = FramePicker(library=library)
    picker._take_upload(make_image(tmp_path / "a.png"), "a.png")()
    kept = picker.value
    picker._path.value = "nothing there"
    until(lambda: picker.problem)
    picker._path.value = ""
    until(lambda: not picker.problem)
    assert picker.value == kept


def test_crop_follows_size_and_value(tmp_path: Path) -> None:
    quarters(400, 200).save(tmp_path / "wide.png")
    picker = FramePicker(value=tmp_path / "wide.png")
    picker.crop = (512, 512)
    until(lambda: picker._zone.kept)
    assert picker._zone.kept == [0.25, 0.0, 0.75, 1.0]
    picker.value = None
    assert picker._zone.kept == []
    assert picker._zone.kept_text == ""


def test_another_kind_is_refused() -> None:
    with pytest.raises(ValueError, match='"image" or "video"'):
        FramePicker("sound")


# ---------------------------------------------------------------------- clips


def test_the_librarys_newest_clips(library) -> None:
    first, second = (done_job(library, prompt=text) for text in ("one", "two"))
    names = [clip.path.name for clip in FrameStore(library).clips()]
    assert names == [second.clip, first.clip]
    assert FrameStore().clips() == []


def test_a_frame_is_taken_exactly(library, tmp_path: Path) -> None:
    clip = Clip(make_video(tmp_path / "clip.mp4", 24))
    picker = FramePicker(library=library, clips=lambda: [clip])
    scrubber = picker._scrubber
    scrubber.button.click()
    until(lambda: not scrubber._use.disabled)
    assert scrubber._picture.last == 23
    for frame in (23, 3, 17):
        scrubber._picture.frame = frame
    until(lambda: "frame 17 of 0 to 23" in scrubber._words.value)
    scrubber._use.click()
    until(lambda: picker.value)
    assert np.array_equal(np.asarray(Image.open(picker.value)), clip.frame(17))
    assert picker._zone.name == "frame 17 of clip.mp4"


def test_a_clip_that_is_gone_is_told(library, tmp_path: Path) -> None:
    clips = [Clip(tmp_path / "gone.mp4")]
    picker = FramePicker(library=library, clips=lambda: clips)
    picker._scrubber.button.click()
    until(lambda: "There is no file" in picker._scrubber._words.value)
    assert picker._scrubber._use.disabled
    clips.clear()
    picker._scrubber.toggle()
    picker._scrubber.toggle()
    until(lambda: "There is no clip yet" in picker._scrubber._words.value)


# ---------------------------------------------------------------------- files of the kernel


def test_choosers_share_nothing_and_tell_what_was_chosen(tmp_path: Path) -> None:
    make_image(tmp_path / "<b>.png")
    (tmp_path / "notes.txt").write_text("x")
    one, two = (FileChooser("image", lambda: tmp_path) for _ in range(2))
    chosen = []
    one.observe(lambda change: change["new"] and chosen.append(change["new"]), "path")
    one.toggle()
    two.toggle()
    assert one._dialog.layout is not two._dialog.layout
    names = [str(name) for name in one._dialog._dircontent.options]
    assert any("<b>.png" in name for name in names)
    assert not any("notes.txt" in name for name in names)
    for _ in range(2):  # the same file again counts again
        dialog = one._dialog
        dialog._filename.value = "<b>.png"
        dialog._select.click()
        assert "<b>" not in dialog._label.value
        one.toggle()
    assert chosen == [str(tmp_path / "<b>.png")] * 2


def test_a_folder_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    chooser = FileChooser("image", lambda: tmp_path)
    chooser.toggle()
    chooser._dialog._set_form_values(str(tmp_path / "gone"), "")
    assert "cannot be shown" in chooser.problem


# ---------------------------------------------------------------------- the newest order


def test_the_newest_order_is_always_worked_on() -> None:
    done: list[int] = []
    at_once: list[int] = []
    running: list[int] = []

    def work(number: int) -> None:
        running.append(number)
        time.sleep(0.002)  # long enough for a second one to begin
        at_once.append(len(running))
        running.remove(number)
        done.append(number)
        if number == 5:
            raise ValueError("broken")

    latest = Latest(work, 0.01)
    for number in range(50):
        latest.want(number)
    until(lambda: done and done[-1] == 49)
    assert len(done) < 50
    assert set(at_once) == {1}
    latest.want(5)
    until(lambda: done[-1] == 5)
    latest.want(6)
    until(lambda: done[-1] == 6)
