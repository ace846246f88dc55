"""A small picture of a frame or video and its facts, or a sentence about why there is none.

Everything here reads and decodes: call it in the background.
"""

from __future__ import annotations

import os
import stat
import struct
import zlib
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from framepack_widgets.clip import Clip
from framepack_widgets.errors import LibraryError
from framepack_widgets.images import ImageData, NotAnImage

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_SIDE = 320  # px
MAX_BYTES = 30_000  # what the page gets, bytes
_ORIENTATION = 0x0112  # EXIF
_LYING = (5, 6, 7, 8)  # orientations that exchange width and height


@dataclass(frozen=True)
class Look:
    """What one sees of a picture or video without opening it."""

    jpeg: bytes
    """The thumbnail, upright."""
    size: tuple[int, int]
    """(width, height), px, upright."""
    bytes: int
    """Size of the file, bytes."""
    seconds: float | None = None
    """Length of a video, s."""
    fps: float | None = None
    note: str = ""
    """What the Studio does with such a picture, where that is not what one would expect."""

    def facts(self) -> str:
        """Such as "1024 × 768 px · 1.2 MB", for a video also its length."""
        parts = [f"{self.size[0]} × {self.size[1]} px"]
        if self.seconds is not None:
            parts.append(f"{self.seconds:.2f} s")
        if self.fps is not None:
            parts.append(f"{self.fps:g} fps" if self.fps % 1 == 0 else f"{self.fps:.2f} fps")
        return " · ".join([*parts, size_text(self.bytes)])


def look_at(value: str | ImageData | NotAnImage, kind: str, name: str = "") -> Look:
    """Read all of an image (kind "image"), or the first picture of a video (kind "video").

    name: what messages call the file; "": its own name.
    Raises LibraryError with a sentence for people: not there, empty, no picture, damaged.
    """
    if isinstance(value, NotAnImage):
        raise LibraryError(f"This is {value.description}. Give a picture, or the path of one.")
    if isinstance(value, ImageData):
        return _look_at_image(value.png, len(value.png), "the picture")
    path = existing_file(value)
    size = path.stat().st_size
    if kind == "video":
        return _look_at_video(path, size, name or path.name)
    return _look_at_image(path, size, name or path.name)


def existing_file(text: str) -> Path:
    """The path of a file that is there and not empty. Raises LibraryError saying what is wrong."""
    if text.startswith(("http://", "https://")):
        raise LibraryError(f"{text} is a web address. Download it, then give the file's path.")
    path = Path(os.path.expanduser(text))  # noqa: PTH111 (Path's own raises for ~nobody)
    try:
        facts = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        raise LibraryError(
            f"There is no file {text}. Looked in {path.absolute().parent}; paths are those of the "
            "machine that runs the notebook's kernel. Correct the path, or upload the file."
        ) from None
    except (OSError, ValueError) as error:
        raise LibraryError(f"{text} cannot be read ({error}). Choose another file.") from error
    if stat.S_ISDIR(facts.st_mode):
        raise LibraryError(f"{text or 'An empty path'} is a folder. Give the path of a file in it.")
    if facts.st_size == 0:
        raise LibraryError(f"{text} is empty (0 bytes). Choose another file, or save it again.")
    return path


def jpeg_of(image: Image, max_side: int = MAX_SIDE) -> bytes:
    """The image as JPEG, at most `max_side` px long and `MAX_BYTES` large."""
    image = image.convert("RGB")
    side = max_side
    while True:
        image.thumbnail((side, side))
        for quality in (82, 65, 45):
            buffer = BytesIO()
            image.save(buffer, "JPEG", quality=quality)
            if buffer.tell() <= MAX_BYTES:
                return buffer.getvalue()
        side = side * 3 // 4


def size_text(count: int) -> str:
    """A file's size for people."""
    if count < 100_000:
        return f"{count / 1000:.1f} kB"
    return f"{count / 1_000_000:.1f} MB"


def _look_at_video(path: Path, size: int, name: str) -> Look:
    clip = Clip(path)
    try:
        first = clip.first_frame()
        return Look(jpeg_of(first), first.size, size, clip.seconds, clip.fps)
    except LibraryError as error:
        raise LibraryError(
            f"{name} is not a video that can be read here. Choose an MP4, MOV, MKV or WebM file."
        ) from error


def _look_at_image(source: Path | bytes, size: int, name: str) -> Look:
    import PIL.Image

    faults = (
        *(OSError, SyntaxError, ValueError, EOFError, IndexError, TypeError, OverflowError),
        *(struct.error, zlib.error, MemoryError),
    )
    try:
        return _decoded(source, size)
    except PIL.UnidentifiedImageError:
        raise LibraryError(
            f"{name} is not a picture that can be read here. Use PNG, JPEG or WebP; save HEIC and "
            "other formats as one of these first."
        ) from None
    except PIL.Image.DecompressionBombError:
        raise LibraryError(
            f"{name} has far too many pixels. Make it smaller first: a Studio scales every picture "
            "to 1024 px at the most."
        ) from None
    except faults as error:  # what PIL's many decoders raise for damaged files
        raise LibraryError(
            f"{name} is damaged ({error or type(error).__name__}). Open it in a viewer to check "
            "it, save it again, or choose another file."
        ) from error


def _decoded(source: Path | bytes, size: int) -> Look:
    """The look at an image, all of whose pixels are read: cut files have good headers."""
    import PIL.Image
    from PIL import ImageOps

    with PIL.Image.open(BytesIO(source) if isinstance(source, bytes) else source) as image:
        if image.format == "TIFF":
            image.load()  # it turns itself, and its size with it
        width, height = image.size
        if image.getexif().get(_ORIENTATION, 1) in _LYING:
            width, height = height, width
        note = _note(image)
        image.draft("RGB", (MAX_SIDE * 2, MAX_SIDE * 2))  # a JPEG of 50 MP in a fraction of a time
        image.load()
        small = image.convert("RGB")  # as a Studio does it
        exif = image.getexif()
    small.thumbnail((MAX_SIDE * 2, MAX_SIDE * 2), reducing_gap=2.0)
    small.info["exif"] = exif.tobytes()
    return Look(jpeg_of(ImageOps.exif_transpose(small)), (width, height), size, note=note)


def _note(image: Image) -> str:
    # An MPO is what some cameras call a JPEG: the other pictures in it are previews.
    if getattr(image, "is_animated", False) and image.format != "MPO":
        return "Animated: only its first picture is used."
    if image.mode.startswith("I"):
        return "16-bit grey: a Studio makes most of it white. Save it with 8 bits."
    if "A" in image.getbands() or "transparency" in image.info:
        return "Transparent parts: a Studio shows the colours beneath them."
    return ""
