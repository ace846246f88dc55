"""A queue row's picture rules a stranger's job out, and never ours."""

from __future__ import annotations

import io

import pytest
from PIL import Image, ImageDraw

from framepack_widgets.runner.likeness import may_show
from framepack_widgets.settings import Settings


def picture(path, size=(320, 200), colour="navy", exif=None):
    image = Image.new("RGB", size, colour)
    ImageDraw.Draw(image).ellipse((20, 20, size[0] // 2, size[1] // 2), fill="gold")
    image.save(path, exif=exif or Image.Exif())
    return Settings(start_frame=str(path))


def thumbnail(path, rotate=0):
    """As a Studio makes it: the whole image, at most 100 px, PNG."""
    image = Image.open(path).convert("RGB").rotate(rotate, expand=True)
    image.thumbnail((100, 100))
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()


@pytest.mark.parametrize("size", [(320, 200), (200, 320), (64, 64), (1001, 333)])
def test_its_own_picture(tmp_path, size):
    settings = picture(tmp_path / "a.png", size)
    assert may_show(settings, thumbnail(tmp_path / "a.png"))


def test_a_photograph_on_its_side(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    settings = picture(tmp_path / "a.jpg", exif=exif)
    assert may_show(settings, thumbnail(tmp_path / "a.jpg", rotate=-90))


def test_another_picture(tmp_path):
    settings = picture(tmp_path / "a.png")
    picture(tmp_path / "other.png", colour="olive")
    picture(tmp_path / "wide.png", size=(400, 200))
    assert not may_show(settings, thumbnail(tmp_path / "other.png"))
    assert not may_show(settings, thumbnail(tmp_path / "wide.png"))


def test_what_cannot_be_told(tmp_path):
    settings = picture(tmp_path / "a.png")
    other = thumbnail(tmp_path / "a.png")
    assert may_show(settings, None)
    assert may_show(settings, b"no picture")
    assert may_show(Settings(), other)
    assert may_show(Settings(start_frame=str(tmp_path / "gone.png")), other)
    assert may_show(Settings(model="Video", start_frame=str(tmp_path / "a.png")), None)
