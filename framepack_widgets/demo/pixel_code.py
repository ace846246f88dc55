"""A machine-readable strip in a clip's pixels that says which settings and frames made it.

The built-in Studio is no model, so nobody could tell by eye whose clip is whose. It therefore
draws, along the bottom edge of every frame, black and white cells that carry twelve bytes: a code
of the settings (as the sidecar records them), a hash of the start frame and one of the end frame it
really used. A test reads them back from the decoded video.

Pure: numpy arrays in, numpy arrays out.
"""

from __future__ import annotations

import hashlib
import json
import math
import zlib
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

CELL = 8  # px; survives H.264 at any quality that is worth watching
NO_FRAME = b"\0\0\0\0"  # the hash of a frame that was not given
_LEVELS = (16, 235)  # video black and white
_BYTES = 14  # three codes of four bytes and a checksum of two

# Facts of a sidecar that say when and by whom it was written, not what was rendered.
_NOT_SETTINGS = frozenset({"timestamp", "app_version"})


class PixelCode(NamedTuple):
    """What one frame says about itself: three codes of four bytes each."""

    settings: bytes
    start_frame: bytes
    end_frame: bytes


def settings_code(sidecar: Mapping[str, Any]) -> bytes:
    """Four bytes that stand for the settings in a Studio's sidecar (`<timestamp>.json`).

    Numbers are rounded to two decimals, finer than which no slider is, so that a stamp carried in
    the digits below a slider's step does not change the code.
    """
    facts = {key: _rounded(value) for key, value in sidecar.items() if key not in _NOT_SETTINGS}
    text = json.dumps(facts, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).digest()[:4]


def frame_code(pixels: NDArray[np.uint8] | None) -> bytes:
    """Four bytes for an image as the server decoded it, (H, W, 3) uint8; None: no frame."""
    if pixels is None:
        return NO_FRAME
    rgb = np.ascontiguousarray(pixels[..., :3], dtype=np.uint8)
    return hashlib.sha256(repr(rgb.shape).encode() + rgb.tobytes()).digest()[:4]


def draw(frame: NDArray[np.uint8], code: PixelCode) -> None:
    """Draw `code` along the bottom edge of `frame`, (H, W, 3) uint8, in place."""
    payload = b"".join(code)
    bits = np.unpackbits(np.frombuffer(payload + _checksum(payload), dtype=np.uint8))
    for cell, bit in zip(_cells(frame), bits, strict=True):
        frame[cell] = _LEVELS[int(bit)]


def read(frame: NDArray[np.uint8]) -> PixelCode:
    """The code in a decoded frame, (H, W, 3) uint8. Raises ValueError where there is none."""
    grey = frame[..., :3].mean(axis=2)
    bits = [grey[cell][2:-2, 2:-2].mean() > 125 for cell in _cells(frame)]
    data = np.packbits(np.array(bits, dtype=np.uint8)).tobytes()
    payload, checksum = data[:-2], data[-2:]
    if checksum != _checksum(payload):
        raise ValueError("no pixel code in this frame: the checksum does not fit")
    return PixelCode(payload[:4], payload[4:8], payload[8:])


def strip_height(width: int) -> int:
    """How many pixel rows at the bottom of a frame of this width the strip covers."""
    return math.ceil(_BYTES * 8 / (width // CELL)) * CELL


def _cells(frame: NDArray[np.uint8]) -> list[tuple[slice, slice]]:
    height, width = frame.shape[:2]
    per_row = width // CELL
    top = height - strip_height(width)
    cells = []
    for index in range(_BYTES * 8):
        y, x = top + index // per_row * CELL, index % per_row * CELL
        cells.append((slice(y, y + CELL), slice(x, x + CELL)))
    return cells


def _checksum(payload: bytes) -> bytes:
    return (zlib.crc32(payload) & 0xFFFF).to_bytes(2, "big")


def _rounded(value: Any) -> Any:
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, (int, float)):
        return round(float(value), 2)  # 1 and 1.0 are the same number on the wire
    if isinstance(value, Mapping):
        return {str(key): _rounded(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(item) for item in value]
    return value
