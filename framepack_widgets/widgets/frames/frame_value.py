"""What a frame picker's value can be, and how it is called on screen."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import Any, TypeAlias

from framepack_widgets.frozen import freeze
from framepack_widgets.images import DATA_URL, ImageData, NotAnImage

FrameValue: TypeAlias = "str | ImageData | NotAnImage | None"

PATTERNS = {
    "image": ("*.png", "*.jpg", "*.jpeg", "*.webp", "*.bmp", "*.gif", "*.tif", "*.tiff"),
    "video": ("*.mp4", "*.mov", "*.mkv", "*.webm", "*.avi", "*.m4v"),
}
_KEPT = re.compile(r"([0-9a-f]{8})[0-9a-f]{56}(\.[a-z0-9]{1,10})?\Z")


def normal(value: Any, kind: str) -> FrameValue:
    """A path as text, an image as ImageData; "" is None.

    Takes paths, Clips (their path), ImageData, PIL images and numpy arrays (H, W, 3 or 4) uint8.
    A NotAnImage stays what it is. Raises ValueError for anything else, and for images where a
    video is wanted.
    """
    if isinstance(value, str) and value.startswith(DATA_URL):
        value = ImageData.from_data_url(value)
    found = freeze(value)
    if found is None or found == "":
        return None
    if isinstance(found, (str, NotAnImage)):
        return found
    if isinstance(found, ImageData):
        if kind == "image":
            return found
        raise ValueError("a source video is wanted, not a picture; give the path of a video file")
    wanted = "a path, an image or a numpy array" if kind == "image" else "the path of a video"
    raise ValueError(f"{wanted} is wanted, not {str(found)[:60]!r}")


def short_name(value: FrameValue, known: str | None = None) -> str:
    """For people: the file's name, `known` where it came under another one."""
    if value is None:
        return ""
    if known:
        return known
    if not isinstance(value, str):
        return "picture in memory" if isinstance(value, ImageData) else "no picture"
    name = PurePath(value).name or value
    kept = _KEPT.match(name)
    return f"kept file {kept[1]}…{kept[2] or ''}" if kept else name
