"""Real H.264 clips for the browser tests; like a Studio's, but with other things in them."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

FPS = 30
FRAMES = 45
SIZE = (320, 240)  # px, width and height


def numbered_clip(
    path: Path,
    frames: int = FRAMES,
    colour: int = 0,
    *,
    fps: int = FPS,
    scale: int = 1,
    **tags: str,
) -> Path:
    """A clip whose every frame carries its number in black and white blocks; B-frames inside."""
    pictures = (numbered(n, colour).repeat(scale, 0).repeat(scale, 1) for n in range(frames))
    return _encode(path, pictures, {"g": "15", "crf": "16"}, tags, fps)


def textured_clip(path: Path, frames: int, side: int, rng: np.random.Generator) -> Path:
    """Something with details that goes by, as hard to decode as a usual clip."""
    coarse = rng.integers(0, 256, (side // 8, side // 8, 3), dtype=np.uint8)
    still = coarse.repeat(8, 0).repeat(8, 1) // 2 + rng.integers(0, 60, (side, side, 3), np.uint8)
    pictures = (np.roll(still, 3 * n, axis=1) for n in range(frames))
    return _encode(path, pictures, {"g": "15", "crf": "20", "preset": "veryfast"}, {})


def big_clip(path: Path, megabytes: float = 43, seconds: float = 4) -> Path:
    """Noise: a clip of about that many bytes, as long as a Studio's large ones."""
    rng = np.random.default_rng(1)
    shape = (640, 640, 3)
    noise = [rng.integers(0, 256, shape, dtype=np.uint8) for _ in range(8)]
    frames = (noise[n % 8] for n in range(round(seconds * FPS)))
    rate = str(int(megabytes * 8e6 / seconds * 0.9))
    return _encode(path, frames, {"preset": "ultrafast", "g": "15", "b": rate}, {})


def plain_clip(path: Path, level: int, frames: int = 20) -> Path:
    """A clip of one grey, 0 to 255."""
    width, height = SIZE
    pixels = np.full((height, width, 3), level, np.uint8)
    return _encode(path, (pixels for _ in range(frames)), {"crf": "8"}, {})


def numbered(number: int, colour: int = 0) -> NDArray[np.uint8]:
    """The picture of frame `number`; `colour` (0..255) tells clips apart."""
    width, height = SIZE
    pixels = np.full((height, width, 3), (colour, 90, 160), np.uint8)
    for bit in range(8):
        white = number >> bit & 1
        pixels[40:80, 16 + bit * 32 : 40 + bit * 32] = 235 if white else 16
    return pixels


def number_in(pixels: NDArray[np.uint8]) -> int:
    """The number of the frame that these pixels show, (240, 320, 3)."""
    cells = [pixels[50:70, 22 + bit * 32 : 34 + bit * 32].mean() > 125 for bit in range(8)]
    return sum(int(white) << bit for bit, white in enumerate(cells))


def _encode(path, frames, options, tags, fps=FPS) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w", format="mp4", options={"movflags": "faststart"}) as file:
        file.metadata.update(tags)
        stream = None
        for pixels in frames:
            if stream is None:
                stream = file.add_stream("libx264", rate=fps)
                stream.height, stream.width = pixels.shape[:2]
                stream.pix_fmt = "yuv420p"
                stream.options = options
            file.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        file.mux(stream.encode())
    return path
