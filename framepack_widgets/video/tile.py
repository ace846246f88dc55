"""One clip on its place in a sheet: decoded picture by picture, fitted, copied in as it is coded.

Pictures stay in YUV: what H.264 holds is what the sheet's own H.264 takes, and nothing is computed
for clips that already have the tile's size.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from framepack_widgets.video_file import VideoFile

if TYPE_CHECKING:
    import av
    import numpy as np
    from numpy.typing import NDArray

FORMAT = "yuv420p"
# FFmpeg's numbers: ITU-R 601, which clips that do not say have; black is 16, white 235.
COLOURS = {"dst_colorspace": 5, "dst_color_range": 1}
_LIKE_OURS = (2, 5, 6)  # colour spaces: not told, and the two of ITU-R 601
_FULL_RANGE = 2


@dataclass(frozen=True)
class TilePlan:
    """A clip, and where its pictures go on the sheet, px."""

    video: VideoFile
    box: tuple[int, int, int, int]  # x, y, width, height
    pictures: int  # how many the clip lasts at the sheet's rate
    rate: Fraction  # the sheet's, pictures a second
    loops: bool  # begins again at its end; else its last picture stays
    threads: int  # for its decoder

    @contextmanager
    def opened(self) -> Iterator[Tile]:
        """The clip, open for one run from the first picture on."""
        with self.video.opened() as file:
            yield Tile(self, file)


class Tile:
    """A clip while it is decoded; used by one thread at a time, for rising numbers."""

    def __init__(self, plan: TilePlan, file: Any) -> None:
        from av.video.reformatter import VideoReformatter

        self._plan = plan
        self._file = file
        self._stream = file.streams.video[0]
        self._stream.thread_type = "AUTO" if plan.threads > 1 else "NONE"
        self._stream.codec_context.thread_count = plan.threads
        self._reformatter = VideoReformatter()
        self._round = 0  # how often it began again
        self._planes: list[NDArray[np.uint8]] = []
        self._shown: av.VideoFrame | None = None
        self.damaged_at: float | None = None  # s; where it could not be read any further
        self._start()

    def draw(self, number: int, sheet: list[NDArray[np.uint8]]) -> None:
        """Put what is to be seen in the sheet's picture `number` on its place."""
        plan = self._plan
        if plan.loops:
            rounds, number = divmod(number, plan.pictures)
            if rounds > self._round:
                self._round = rounds
                self._file.seek(0, stream=self._stream)
                self._start()
        self._advance(number / plan.rate)
        left, top = plan.box[:2]
        for depth, (target, source) in enumerate(zip(sheet, self._planes)):
            shrunk = 1 if depth == 0 else 2
            x, y = left // shrunk, top // shrunk
            target[y : y + source.shape[0], x : x + source.shape[1]] = source

    def _start(self) -> None:
        self._frames = self._file.decode(self._stream)
        self._first: Fraction | None = None
        self._next = self._decoded()
        self._now: av.VideoFrame | None = None

    def _advance(self, seconds: Fraction) -> None:
        """Go on to the last picture that is shown at that time."""
        # Files round the times of pictures; a quarter of one is more than that.
        late = seconds + 1 / (4 * max(self._plan.rate, self._stream.average_rate or 0))
        while self._next is not None and (self._now is None or self._time(self._next) <= late):
            self._now = self._next
            self._next = self._decoded()
        if self._now is not None and self._now is not self._shown:
            self._shown = self._now
            self._planes = planes_of(self._fitted(self._now))

    def _decoded(self) -> av.VideoFrame | None:
        import av

        try:
            frame: av.VideoFrame | None = next(self._frames, None)
        except av.error.FFmpegError:
            # Damaged from here on: what was read stays to be seen, and the grid says so.
            frame = None
            self.damaged_at = float(self._time(self._now)) if self._round == 0 else 0.0
        if frame is not None and self._first is None and frame.pts is not None:
            self._first = frame.pts * _unit(frame)
        return frame

    def _time(self, frame: av.VideoFrame | None) -> Fraction:
        if frame is None or frame.pts is None:
            return Fraction(0)
        return frame.pts * _unit(frame) - (self._first or 0)

    def _fitted(self, frame: av.VideoFrame) -> av.VideoFrame:
        width, height = self._plan.box[2:]
        is_same_colour = frame.colorspace in _LIKE_OURS and frame.color_range != _FULL_RANGE
        fits = (frame.width, frame.height) == (width, height)
        if fits and is_same_colour and frame.format.name == FORMAT:
            return frame
        return self._reformatter.reformat(
            frame, width, height, FORMAT, interpolation="BICUBIC", **COLOURS
        )


def _unit(frame: av.VideoFrame) -> Fraction:
    """Of its time, s."""
    unit = frame.time_base  # a Fraction, or since PyAV 19 a number like one
    return Fraction(unit.numerator, unit.denominator) if unit else Fraction(1)


def planes_of(frame: av.VideoFrame) -> list[NDArray[np.uint8]]:
    """The Y, U and V of a yuv420p frame, as arrays over its own memory."""
    import numpy as np

    planes = []
    for plane in frame.planes:
        data: Any = plane  # a buffer, which PyAV's types say since version 19
        rows = np.frombuffer(data, np.uint8).reshape(-1, plane.line_size)
        planes.append(rows[: plane.height, : plane.width])
    return planes
