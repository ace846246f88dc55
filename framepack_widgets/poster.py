"""A clip's first picture, small: what stands for it in lists."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

_QUALITY = 82


def as_poster(image: Image, max_width: int) -> bytes:
    """A picture as JPEG, at most `max_width` px wide."""
    from PIL.Image import Resampling

    if image.width > max_width:
        height = max(1, round(image.height * max_width / image.width))
        image = image.resize((max(1, max_width), height), Resampling.LANCZOS)
    buffer = BytesIO()
    image.save(buffer, "JPEG", quality=_QUALITY)
    return buffer.getvalue()
