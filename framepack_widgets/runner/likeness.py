"""Whether the little picture in a row of the server's queue can be of a job's start frame.

It only rules rows out: a stranger's job with another picture is no candidate for ours. Two jobs
with the same start frame look alike, so it proves nothing.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from framepack_widgets.models import facts_of
from framepack_widgets.settings import Settings

if TYPE_CHECKING:
    from PIL.Image import Image

_GRID = (12, 12)  # what is compared; noise and resampling disappear in it
_ALIKE = 14.0  # mean difference of a channel, of 255; another picture is far above
_SHAPE = 0.12  # difference of aspect ratios; thumbnails are rounded to whole pixels


def may_show(settings: Settings, thumbnail: bytes | None) -> bool:
    """Whether `thumbnail` (an encoded image, the whole start frame made small) can be of this job.

    True wherever it cannot be told: no thumbnail, no start frame, a video, an unreadable file.
    """
    frame = settings.start_frame
    if thumbnail is None or not isinstance(frame, str) or facts_of(settings.model).takes_video:
        return True
    import PIL.Image
    import PIL.ImageOps

    try:
        with PIL.Image.open(io.BytesIO(thumbnail)) as small, PIL.Image.open(frame) as whole:
            return _alike(small.convert("RGB"), PIL.ImageOps.exif_transpose(whole).convert("RGB"))
    except (OSError, ValueError, SyntaxError):
        return True


def _alike(small: Image, whole: Image) -> bool:
    ratio = (small.width / small.height) / (whole.width / whole.height)
    if abs(ratio - 1) > _SHAPE:
        return False
    one, other = (image.resize(_GRID).tobytes() for image in (small, whole))
    return sum(abs(a - b) for a, b in zip(one, other, strict=True)) / len(one) < _ALIKE
