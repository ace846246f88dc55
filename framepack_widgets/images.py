"""Frames that live in memory: an immutable PNG with its fingerprint."""

from __future__ import annotations

import base64
import binascii
import hashlib
import struct
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL.Image import Image

DATA_URL = "data:image/png;base64,"
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_KEPT_MODES = ("L", "RGB", "RGBA")  # others are converted; a Studio converts to RGB anyway


@dataclass(frozen=True, repr=False)
class ImageData:
    """An image as PNG bytes: immutable, equal by content, shown by IPython as a picture.

    Raises ValueError for bytes that are no PNG.
    """

    png: bytes

    def __post_init__(self) -> None:
        if not self.png.startswith(_SIGNATURE) or len(self.png) < 24:
            raise ValueError("these bytes are no PNG; use ImageData.of() for other images")

    @classmethod
    def of(cls, image: Any) -> ImageData:
        """A PIL image, or a numpy array (H, W, 3 or 4) uint8, as ImageData.

        An EXIF orientation is applied and metadata is left out. Raises ValueError saying what is
        wrong with the image.
        """
        pil = _from_array(image) if is_array(image) else image
        try:
            from PIL import ImageOps

            pil = ImageOps.exif_transpose(pil)
            if pil.mode not in _KEPT_MODES:
                pil = pil.convert("RGBA" if _has_alpha(pil) else "RGB")
            buffer = BytesIO()
            pil.info.pop("icc_profile", None)  # a Studio ignores it; equal pixels stay equal
            pil.save(buffer, format="PNG")
        except (OSError, SyntaxError) as exc:  # how PIL reports broken pixels
            raise ValueError(f"a PIL image that cannot be read ({exc})") from exc
        return cls(buffer.getvalue())

    @classmethod
    def from_data_url(cls, url: str) -> ImageData:
        """The image in a `data:image/png;base64,...` URL. Raises ValueError if it holds none."""
        if not url.startswith(DATA_URL):
            raise ValueError(f"not a data URL of a PNG: {url[:40]!r}")
        try:
            return cls(base64.b64decode(url[len(DATA_URL) :], validate=True))
        except binascii.Error as exc:
            raise ValueError(f"a data URL with damaged base64: {exc}") from exc

    def to_data_url(self) -> str:
        """As a text that a page can show."""
        return DATA_URL + base64.b64encode(self.png).decode("ascii")

    @cached_property
    def sha256(self) -> str:
        """The fingerprint of the PNG bytes, hexadecimal."""
        return hashlib.sha256(self.png).hexdigest()

    @property
    def size(self) -> tuple[int, int]:
        """(width, height), px."""
        width, height = struct.unpack(">II", self.png[16:24])
        return width, height

    def open(self) -> Image:
        """The pixels, as a PIL image."""
        import PIL.Image

        return PIL.Image.open(BytesIO(self.png))

    def _repr_png_(self) -> bytes:
        return self.png

    def __str__(self) -> str:
        return f"{self.size[0]} x {self.size[1]} image in memory"

    def __repr__(self) -> str:
        # Valid Python that says which image it is; nobody wants megabytes of bytes here.
        width, height = self.size
        return f"ImageData('{width}x{height} PNG, sha256 {self.sha256[:8]}...')"


@dataclass(frozen=True)
class NotAnImage:
    """Stands in Settings for an object that was meant as an image but cannot be one.

    Settings refuse nothing; validation reports it with `description`.
    """

    description: str


def is_array(value: Any) -> bool:
    """Whether this is a numpy array; numpy is not imported to find out."""
    return any(c.__module__ == "numpy" and c.__name__ == "ndarray" for c in type(value).__mro__)


def is_pil(value: Any) -> bool:
    """Whether this is a PIL image; PIL is not imported to find out."""
    return any(c.__module__ == "PIL.Image" and c.__name__ == "Image" for c in type(value).__mro__)


def image_size(frame: str | ImageData) -> tuple[int, int]:
    """(width, height) in px, upright, of a path or an image in memory.

    A file's EXIF orientation is applied, as a Studio does when it reads an upload. Raises OSError
    where the file cannot be read as an image.
    """
    if isinstance(frame, ImageData):
        return frame.size
    import os

    import PIL.Image

    path = os.path.expanduser(frame)  # noqa: PTH111 (Path's own raises for ~nobody)
    with PIL.Image.open(path) as image:
        width, height = image.size
        tiff = getattr(image, "tag_v2", {})
        if tiff.get(0x0100, width) != width:  # newer Pillows turn a TIFF before it is read
            return width, height
        # EXIF 0x0112, orientation: 5 to 8 lie on their side.
        return (height, width) if image.getexif().get(0x0112, 1) in (5, 6, 7, 8) else image.size


def _from_array(array: Any) -> Image:
    import PIL.Image

    shape = tuple(int(n) for n in array.shape)
    if str(array.dtype) != "uint8" or len(shape) != 3 or shape[2] not in (3, 4) or 0 in shape:
        raise ValueError(f"a numpy array {shape} {array.dtype}")
    return PIL.Image.fromarray(array)


def _has_alpha(image: Any) -> bool:
    return "A" in image.getbands() or "transparency" in image.info
