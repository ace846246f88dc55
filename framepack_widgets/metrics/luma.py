"""The brightness of a clip's pictures, one after the other, 0 (black) to 255 (white)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from framepack_widgets.video_file import VideoFile

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_PLANAR = ("yuv420p", "yuv422p", "yuv444p", "yuvj420p", "yuvj422p", "yuvj444p", "nv12")
_FULL_RANGE = 2  # of FFmpeg's numbers: black is 0 and not 16


def lumas(video: VideoFile) -> Iterator[NDArray[np.float32]]:
    """(H, W) float32 each. Raises LibraryError if the clip cannot be read to its end."""
    with video.opened() as file:
        stream = file.streams.video[0]
        stream.thread_type = "AUTO"
        for frame in file.decode(stream):
            yield _luma(frame)


def luma_of(image: Any, size: tuple[int, int]) -> NDArray[np.float32]:
    """A PIL image scaled to cover (width, height) px, the rest cut off, as a Studio does it."""
    import numpy as np
    from PIL import ImageOps
    from PIL.Image import Resampling

    upright = ImageOps.exif_transpose(image).convert("RGB")
    fitted = ImageOps.fit(upright, size, Resampling.LANCZOS)
    return np.asarray(fitted.convert("L"), np.float32)


def shrunk(luma: NDArray[np.float32], shorter_side: int) -> NDArray[np.float32]:
    """Means of squares of pixels, as many that about that shorter side, px, is left."""
    return _means(luma, factor_to(luma.shape, shorter_side))


def by_twos(luma: NDArray[np.float32]) -> NDArray[np.float32]:
    """Half as large: means of 2 x 2 pixels."""
    return _means(luma, 2)


def factor_to(shape: tuple[int, ...], shorter_side: int) -> int:
    """By how much `shrunk` makes a picture of that shape smaller."""
    return max(1, round(min(shape) / shorter_side))


def _means(luma: NDArray[np.float32], factor: int) -> NDArray[np.float32]:
    """Of squares of pixels; by slices, which is far quicker than mean() over short axes."""
    height, width = (side // factor * factor for side in luma.shape)
    rows: Any = sum(luma[i:height:factor, :width] for i in range(factor))
    means: NDArray[np.float32] = sum(rows[:, i::factor] for i in range(factor)) / factor**2
    return means


def _luma(frame: Any) -> NDArray[np.float32]:
    import numpy as np

    if frame.format.name not in _PLANAR:
        frame = frame.reformat(format="yuv444p", dst_color_range=1)
    plane = frame.planes[0]
    rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
    luma = rows[: frame.height, : frame.width].astype(np.float32)
    if frame.color_range != _FULL_RANGE and not frame.format.name.startswith("yuvj"):
        luma -= 16
        luma *= 255 / 219
    return luma
