"""The pixels that the page shows, and whose clip they say it is."""

from __future__ import annotations

import base64
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Locator

from framepack_widgets.demo import pixel_code
from framepack_widgets.demo.pixel_code import PixelCode

_READY = """element => new Promise((done, failed) => {
  const ready = () => element.tagName === "VIDEO" ? element.readyState >= 2 && !element.seeking
    : element.tagName === "IMG" ? element.complete && element.naturalWidth > 0 : true;
  const until = Date.now() + 20000;
  const look = () => ready() ? done()
    : Date.now() > until ? failed(new Error("no picture in 20 s")) : setTimeout(look, 20);
  look();
})"""
_PNG = """element => {
  const canvas = document.createElement("canvas");
  canvas.width = element.videoWidth || element.naturalWidth || element.width;
  canvas.height = element.videoHeight || element.naturalHeight || element.height;
  canvas.getContext("2d").drawImage(element, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL("image/png").split(",")[1];
}"""


def picture(shown: Locator) -> NDArray[np.uint8]:
    """What a video, canvas or img holds now, in its own size: (H, W, 3) uint8.

    Waits until it has a picture, at most 20 s.
    """
    shown.evaluate(_READY)
    return pixels_of(base64.b64decode(shown.evaluate(_PNG)))


def pixels_of(png: bytes) -> NDArray[np.uint8]:
    """An image file's pixels, (H, W, 3) uint8."""
    with Image.open(io.BytesIO(png)) as image:
        return np.asarray(image.convert("RGB"))


def shown_code(shown: Locator | bytes | NDArray[np.uint8]) -> PixelCode:
    """The code of the built-in Studio in what is shown: which settings and frames made it.

    Compare with `pixel_code.settings_code(sidecar)`, `pixel_code.frame_code(pixels)` or with the
    code of the file (tests/system/scene.py). Takes a video, canvas or img, a PNG, or pixels of the
    clip's own size. Raises ValueError where there is none.
    """
    if isinstance(shown, bytes):
        shown = pixels_of(shown)
    pixels = shown if isinstance(shown, np.ndarray) else picture(shown)
    return pixel_code.read(pixels)
