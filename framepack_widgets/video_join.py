"""Several videos behind one another in one file: H.264, yuv420p, the index in front.

The first one gives size and pictures a second; others are fitted to it. Where all were encoded in
the same way and are taken whole, their packets are copied; otherwise the pictures are encoded once
more, finely enough that no eye sees it. Sound is left out: a Studio makes none.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from framepack_widgets import durable
from framepack_widgets.clip import Clip
from framepack_widgets.errors import LibraryError

if TYPE_CHECKING:
    import av

_CODEC = "libx264"
# A key frame every half second, so that a page can jump about in it.
_ENCODER = {"preset": "medium", "crf": "12", "g": "15"}
_MAX_RATE = 240  # pictures a second; what claims more is damaged


@dataclass(frozen=True)
class Piece:
    """A part of a video: the pictures start, start + 1, … before stop (None: to the end)."""

    path: Path
    start: int = 0
    stop: int | None = None

    @property
    def is_whole(self) -> bool:
        return self.start == 0 and self.stop is None


def join(
    clips: Sequence[Clip | str | os.PathLike[str]],
    path: str | os.PathLike[str],
    *,
    overlap: int = 0,
    overwrite: bool = False,
) -> Clip:
    """Put clips behind one another into the file `path` and return it as a Clip.

    overlap: how many pictures at the beginning of each later clip repeat the one before it, and are
    left out; 1 where a clip was rendered from the last frame of the one before. The first clip
    gives size and pictures a second. `library.join` keeps the result in a Library instead.

    Raises LibraryError if there is no clip, one cannot be read, or `path` exists already.
    """
    target = Path(os.path.abspath(Path(path).expanduser()))  # noqa: PTH100 links stay links
    if target.suffix.lower() != ".mp4":
        target = target.with_name(target.name + ".mp4")
    if overlap < 0:
        raise LibraryError(f"overlap counts repeated pictures, so it cannot be {overlap}.")
    if target.exists() and not overwrite:
        raise LibraryError(
            f"{target} exists already. Choose another name, or join(…, overwrite=True)."
        )
    pieces = [
        Piece(Path(clip), overlap if number else 0)  # the first one has nothing to repeat
        for number, clip in enumerate(clips)
    ]
    with durable.explaining("write the joined clip", target):
        target.parent.mkdir(parents=True, exist_ok=True)
        with durable.whole(target) as temporary:
            write_joined(pieces, temporary)
    return Clip.open(target)


def write_joined(pieces: Sequence[Piece], target: Path) -> None:
    """Write the pieces into `target`. Raises LibraryError, and OSError if it cannot be written."""
    import av

    if not pieces:
        raise LibraryError("There is nothing to join: give two clips or more.")
    for piece in pieces:
        if not piece.path.is_file():
            raise LibraryError(f"There is no clip {piece.path} any more, so it cannot be joined.")
    try:
        if not _copied(pieces, target):
            _encoded(pieces, target)
    except av.error.FFmpegError as error:
        if isinstance(error, OSError):  # no room, no permission: not a video's fault
            raise
        names = ", ".join(piece.path.name for piece in pieces)
        raise LibraryError(
            f"{names} cannot be joined ({error}). Open each to see which."
        ) from error


def _copied(pieces: Sequence[Piece], target: Path) -> bool:
    """Copy all packets, if that gives a file that plays; whether it was done."""
    import av

    if not all(piece.is_whole for piece in pieces):
        return False
    with av.open(os.fspath(pieces[0].path)) as first:
        makes = {_make_of(piece) for piece in pieces}
        if len(makes) != 1 or None in makes:
            return False
        with av.open(os.fspath(target), "w", format="mp4", options=_MP4) as out:
            stream = _stream_like(out, first.streams.video[0])
            offset, last = 0, None
            for piece in pieces:
                end = offset
                for packet in _packets(piece):
                    # What is shown last ends the piece, wherever its packet stands.
                    end = max(end, offset + (packet.pts or 0) + (packet.duration or 0))
                    packet.pts, packet.dts = (packet.pts or 0) + offset, packet.dts + offset
                    if last is not None and packet.dts <= last:
                        return False
                    last, packet.stream = packet.dts, stream
                    out.mux(packet)
                offset = end
    return True


_MP4 = {"movflags": "faststart", "fflags": "+bitexact"}


def _make_of(piece: Piece) -> tuple[Any, ...] | None:
    """Everything that two videos must share for one file to hold both; None: it is never so."""
    import av

    with av.open(os.fspath(piece.path)) as video:
        stream = video.streams.video[0]
        context = stream.codec_context
        if context.name != "h264" or context.pix_fmt != "yuv420p":
            return None
        parameters = bytes(context.extradata or b"")
        return context.width, context.height, stream.time_base, stream.average_rate, parameters


def _stream_like(out: Any, template: Any) -> Any:
    # Before PyAV 14 the same was spelled add_stream(template=…).
    add = getattr(out, "add_stream_from_template", None)
    stream = add(template) if add else out.add_stream(template=template)
    stream.time_base = template.time_base
    return stream


def _packets(piece: Piece) -> Iterator[Any]:
    import av

    with av.open(os.fspath(piece.path)) as video:
        for packet in video.demux(video.streams.video[0]):
            if packet.dts is not None:  # else the empty packet at the end
                yield packet


def _encoded(pieces: Sequence[Piece], target: Path) -> None:
    import av

    with av.open(os.fspath(pieces[0].path)) as first:
        template = first.streams.video[0]
        rate = template.average_rate or template.guessed_rate or Fraction(30)
        width, height = template.codec_context.width, template.codec_context.height
    if not 0 < rate <= _MAX_RATE:
        raise LibraryError(f"{pieces[0].path} claims {float(rate)} pictures a second.")
    size = (width + width % 2, height + height % 2)  # yuv420p knows no odd sizes
    with av.open(os.fspath(target), "w", format="mp4", options=_MP4) as out:
        stream = out.add_stream(_CODEC, rate=Fraction(rate))
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        stream.options = dict(_ENCODER)
        count = 0
        for piece in pieces:
            for frame in _at_rate(_frames(piece), _rate_of(piece), Fraction(rate)):
                picture = frame.reformat(
                    width=size[0], height=size[1], format="yuv420p", interpolation="LANCZOS"
                )
                picture.pts, picture.time_base = count, 1 / Fraction(rate)
                picture.pict_type = 0  # the encoder decides anew which are key frames
                out.mux(stream.encode(picture))
                count += 1
        if not count:
            raise LibraryError("There is no picture left to join.")
        out.mux(stream.encode(None))


def _rate_of(piece: Piece) -> Fraction:
    return Fraction(Clip(piece.path).fps or 30).limit_denominator(1001)


def _frames(piece: Piece) -> Iterator[av.VideoFrame]:
    """The piece's pictures in the order in which they are shown."""
    import av

    wanted = range(*slice(piece.start, piece.stop).indices(Clip(piece.path).frame_count))
    with av.open(os.fspath(piece.path)) as video:
        stream = video.streams.video[0]
        stream.thread_type = "AUTO"
        for number, frame in enumerate(video.decode(stream)):
            if number >= wanted.stop:
                return
            if number >= wanted.start:
                yield frame


def _at_rate(
    frames: Iterator[av.VideoFrame], rate: Fraction, wanted: Fraction
) -> Iterator[av.VideoFrame]:
    """The same length at another rate: pictures are shown twice, or left out."""
    shown = 0
    for number, frame in enumerate(frames, start=1):
        while shown * rate < number * wanted:
            yield frame
            shown += 1
