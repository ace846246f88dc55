"""Reading a video file with PyAV: what it is, how many pictures it has, and any of them exactly.

Pictures are numbered by their place in time. The numbers come from the file's packets, which are
cheap to list; decoding then starts at the last key frame before the first one wanted.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from framepack_widgets.errors import LibraryError

if TYPE_CHECKING:
    import av.container
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Probe:
    """What the head of a video file says."""

    seconds: float  # length, s
    fps: float  # pictures a second
    width: int  # px
    height: int  # px
    comment: str | None  # the file's free text


class VideoFile:
    """A video file; its head and its list of pictures are read once, when first needed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._probe: Probe | None = None
        self._times: list[int] | None = None
        self._lock = threading.Lock()

    def probe(self) -> Probe:
        """The facts in the file's head. Raises LibraryError if it is no video."""
        if self._probe is None:
            with self.opened() as video:
                self._probe = _probe(video)
        return self._probe

    @property
    def frame_count(self) -> int:
        """The number of pictures."""
        return len(self._presentation_times())

    def decode(self, wanted: range) -> Iterator[NDArray[np.uint8]]:
        """The pictures with these rising numbers, as (H, W, 3) uint8 RGB.

        Raises LibraryError where the file ends before its own list of pictures does.
        """
        if not wanted:
            return
        times = self._presentation_times()
        numbers = {times[number]: number for number in wanted}
        found = 0
        with self.opened() as video:
            stream = video.streams.video[0]
            # Threads give their first picture only after several more: nothing for the very first.
            stream.thread_type = "NONE" if wanted == range(1) else "AUTO"
            if wanted.start > 0:
                video.seek(times[wanted.start], stream=stream, backward=True)
            for frame in video.decode(stream):
                if frame.pts not in numbers:
                    continue
                found += 1
                # As PIL and a browser would show it; PyAV hands out a copy of its own.
                picture: NDArray[Any] = frame.to_ndarray(format="rgb24")
                yield picture
                if found == len(wanted):
                    return
        raise LibraryError(
            f"{self.path} is damaged: only {found} of the {len(wanted)} frames asked for can be "
            "read. Fetch the clip again."
        )

    def _presentation_times(self) -> list[int]:
        """When each picture is shown, in units of the stream, rising."""
        with self._lock:
            if self._times is None:
                with self.opened() as video:
                    self._probe = self._probe or _probe(video)
                    stream = video.streams.video[0]
                    self._times = sorted(
                        packet.pts
                        for packet in video.demux(stream)
                        # A cut may keep pictures that only help to decode others.
                        if packet.pts is not None and packet.size and not packet.is_discard
                    )
                if not self._times:
                    raise LibraryError(f"{self.path} holds no pictures. Fetch the clip again.")
            return self._times

    @contextmanager
    def opened(self) -> Iterator[av.container.InputContainer]:
        """The file, open; whatever PyAV finds wrong meanwhile is raised as LibraryError."""
        import av

        if not self.path.is_file():
            raise LibraryError(
                f"There is no file {self.path}. Check the path; clips of a Library are in its "
                "clips folder, deleted ones in library.trash()."
            )
        try:
            with av.open(os.fspath(self.path)) as video:
                if not video.streams.video:
                    raise LibraryError(f"{self.path} holds no picture; it is not a clip.")
                yield video
        except av.error.FFmpegError as error:
            raise LibraryError(
                f"{self.path} is not a video that can be read ({error}). If it was downloaded, "
                "download it again."
            ) from error


def _probe(video: Any) -> Probe:
    stream = video.streams.video[0]
    rate = stream.average_rate or stream.guessed_rate or 0
    if stream.duration is not None and stream.time_base is not None:
        seconds = float(stream.duration * stream.time_base)
    else:
        seconds = (video.duration or 0) / 1_000_000  # FFmpeg counts a file's length in µs
    return Probe(
        seconds=seconds,
        fps=float(rate),
        width=stream.codec_context.width,
        height=stream.codec_context.height,
        comment=video.metadata.get("comment"),
    )
