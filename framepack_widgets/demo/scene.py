"""The frames of a demo clip: a camera moves over the start image and blends towards the end frame.

Frames are made in the encoder's own colour format (YUV 4:2:0, limited range), because that is half
the work of RGB. What the settings change can be seen: few steps leave noise, CFG adds contrast,
distilled CFG colour, each LoRA a tint.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

from . import pixel_code
from .camera import view

_DETAIL = 1.25  # how much larger than the clip the images are kept, so that zooming stays sharp
_LABEL = "demo: no model made this"
_PREVIEW = 8  # px of the clip to one of a preview
_PREVIEW_FRAMES = 9

Planes = tuple[Image.Image, Image.Image, Image.Image]
Pixels = NDArray[np.uint8]


class Scene:
    """All frames of one clip, made one at a time."""

    def __init__(
        self,
        *,
        start: Pixels,
        end: Pixels | None,
        end_influence: float,
        size: tuple[int, int],
        path: NDArray[np.float64],
        look: Mapping[str, Any],
        code: pixel_code.PixelCode,
    ) -> None:
        """Make all that the frames share.

        Both images are (H, W, 3) uint8; `size` is (height, width) in px, `path` a camera path and
        `look` the sidecar's facts.
        """
        self.height, self.width = size
        self._path = path
        self._start = _planes(_graded(_cover(start, size), look))
        self._end = _planes(_graded(_cover(end, size), look)) if end is not None else None
        self._influence = end_influence
        self._strip = _strip(size, code)
        self._label = _label(self.width)

    def frame(self, index: int) -> Pixels:
        """Frame `index` as the encoder wants it: (H * 3 / 2, W) uint8, planes Y, U, V."""
        return self._signed(self._picture(index))

    def source_frame(self, pixels: Pixels) -> Pixels:
        """A frame of the source video, (H, W, 3) uint8, resized and in the encoder's format."""
        return self._signed(_planes(Image.fromarray(fit(pixels, (self.height, self.width)))))

    def _signed(self, picture: Planes) -> Pixels:
        """The planes of a picture as one array, with the label and the pixel code on them."""
        luma, *chroma = (np.array(plane) for plane in picture)
        rows = self._strip.shape[0]
        luma[-rows:] = self._strip
        if self._label is not None:
            height, width = self._label.shape
            corner = luma[self.height - rows - height : self.height - rows, :width]
            np.maximum(corner // 2, self._label, out=corner)
        for plane in chroma:
            plane[-(rows // 2) :] = 128
        flat = np.concatenate([luma.ravel(), *(plane.ravel() for plane in chroma)])
        return flat.reshape(self.height * 3 // 2, self.width)

    def rough(self, first: int, count: int) -> Pixels:
        """Small frames out of `count` from `first` on, side by side, (h, w * n, 3) uint8."""
        small = (self.width // _PREVIEW, self.height // _PREVIEW)
        frames = []
        for index in np.linspace(first, first + count - 1, _PREVIEW_FRAMES).astype(int):
            planes = self._picture(int(index), small)
            frames.append(np.asarray(Image.merge("YCbCr", planes).convert("RGB")))
        return np.concatenate(frames, axis=1)

    def _picture(self, index: int, size: tuple[int, int] | None = None) -> Planes:
        """The planes of one frame without strip and label, at the clip's size or at `size`."""
        full = size or (self.width, self.height)
        sizes = [full, *([size or (self.width // 2, self.height // 2)] * 2)]
        picture = [_look(p, self._path[index], s) for p, s in zip(self._start, sizes, strict=True)]
        share = self._end_share(index)
        if self._end is not None and share > 0:
            # The end frame's camera runs backwards, so that its last frame is the image itself.
            state = self._path[len(self._path) - 1 - index]
            end = [_look(p, state, s) for p, s in zip(self._end, sizes, strict=True)]
            picture = [Image.blend(a, b, share) for a, b in zip(picture, end, strict=True)]
        return picture[0], picture[1], picture[2]

    def _end_share(self, index: int) -> float:
        """How much of a frame is end frame, 0 to 1: begins in the middle, ends at the influence."""
        t = index / max(1, len(self._path) - 1)
        t = min(1.0, max(0.0, (t - 0.35) / 0.63))
        return float(np.clip(self._influence, 0.0, 1.0)) * t * t * (3 - 2 * t)


def latent_preview(rough: Pixels, done: float, step: int) -> Pixels:
    """What a render looks like while sampled: noise that becomes `rough` as `done` goes to 1."""
    noise = np.random.default_rng(step).integers(0, 256, rough.shape, dtype=np.uint8)
    return np.asarray(Image.blend(Image.fromarray(noise), Image.fromarray(rough), done))


def fit(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    """`pixels` scaled to cover `size` (height, width) and cropped to it around the middle."""
    height, width = size
    if pixels.shape[:2] == (height, width):
        return pixels
    scale = max(width / pixels.shape[1], height / pixels.shape[0])
    w, h = width / scale, height / scale
    left, top = (pixels.shape[1] - w) / 2, (pixels.shape[0] - h) / 2
    box = (max(0.0, left), max(0.0, top), left + w, top + h)
    box = (box[0], box[1], min(box[2], pixels.shape[1]), min(box[3], pixels.shape[0]))
    return np.asarray(
        Image.fromarray(pixels).resize((width, height), Image.Resampling.LANCZOS, box=box)
    )


def clouds(noise: Pixels) -> Pixels:
    """Soft shapes in place of raw noise (H, W, 3): what a clip without a start frame shows."""
    height, width = noise.shape[:2]
    small = Image.fromarray(np.ascontiguousarray(noise[:: height // 4 or 1, :: width // 4 or 1]))
    soft = small.resize((width, height), Image.Resampling.BICUBIC)
    soft = soft.filter(ImageFilter.GaussianBlur(max(height, width) / 16))
    return np.asarray(ImageEnhance.Color(soft).enhance(0.6))


def _cover(pixels: Pixels, size: tuple[int, int]) -> Image.Image:
    large = (round(size[0] * _DETAIL / 2) * 2, round(size[1] * _DETAIL / 2) * 2)
    return Image.fromarray(fit(pixels, large))


def _graded(image: Image.Image, look: Mapping[str, Any]) -> Image.Image:
    """The image as the settings make it look."""
    steps, cfg, distilled = (float(look[key]) for key in ("steps", "cfg", "gs"))
    if steps < 20:
        image = image.filter(ImageFilter.GaussianBlur((20 - steps) * 0.12))
        shape = (image.height, image.width, 1)
        grain = np.random.default_rng(0).normal(0, (20 - steps) * 1.2, shape)
        image = Image.fromarray(np.clip(np.asarray(image) + grain, 0, 255).astype(np.uint8))
    if cfg != 1:
        image = ImageEnhance.Contrast(image).enhance(1 + 0.3 * min(4.0, max(-2.0, cfg - 1)))
    if distilled != 10:
        image = ImageEnhance.Color(image).enhance(min(2.2, max(0.0, 1 + (distilled - 10) * 0.05)))
    for name, weight in look.get("loras", {}).items():
        digest = hashlib.sha256(name.encode()).digest()
        tint = Image.new("RGB", image.size, (digest[0], digest[1], digest[2]))
        image = Image.blend(image, tint, min(0.5, max(0.0, 0.2 * weight)))
    return image


def _planes(image: Image.Image) -> Planes:
    """Y, Cb and Cr in limited range; the colour planes at half the size."""
    y, cb, cr = image.convert("YCbCr").split()
    half = (image.width // 2, image.height // 2)
    return (
        y.point([16 + round(v * 219 / 255) for v in range(256)]),
        cb.point([128 + round((v - 128) * 224 / 255) for v in range(256)]).resize(half),
        cr.point([128 + round((v - 128) * 224 / 255) for v in range(256)]).resize(half),
    )


def _look(plane: Image.Image, state: NDArray[np.float64], size: tuple[int, int]) -> Image.Image:
    return plane.resize(size, Image.Resampling.BILINEAR, box=view(state, plane.width, plane.height))


def _strip(size: tuple[int, int], code: pixel_code.PixelCode) -> Pixels:
    """The pixel code's rows as luma in limited range."""
    height, width = size
    rows = np.zeros((height, width, 3), dtype=np.uint8)
    pixel_code.draw(rows, code)
    grey = rows[-pixel_code.strip_height(width) :, :, 0].astype(np.float32)
    return np.asarray(16 + grey * 219 / 255, dtype=np.uint8)


def _label(width: int) -> Pixels | None:
    """Small light text on nothing, as luma; None where the clip is too small for it."""
    if width < 256:
        return None
    image = Image.new("L", (152, 16), 0)
    ImageDraw.Draw(image).text((5, 2), _LABEL, fill=220)
    return np.asarray(image)
