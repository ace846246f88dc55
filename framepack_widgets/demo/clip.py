"""Writing a growing clip: every section is encoded once, files are joined from encoded sections.

A Studio writes the whole clip again after each section. Encoding it again, too, would cost more
than everything else here, so sections are encoded with the same settings, each beginning with a key
frame, and later only put into files: H.264 in MP4.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import numpy as np
from av.codec.context import Flags
from av.video.codeccontext import VideoCodecContext
from numpy.typing import NDArray

from .sections import FPS

_CODEC = "libx264"
# No B-frames and a fixed closed group: sections may then be joined in any order.
_ENCODER = {"preset": "superfast", "crf": "20", "bf": "0", "x264-params": "scenecut=0:open-gop=0"}
COMMENT = "Rendered by the demo Studio of framepack-widgets, which is no model."


@dataclass(frozen=True)
class EncodedFrame:
    """One frame of H.264."""

    data: bytes
    is_key: bool


def encode(frames: Iterable[NDArray[np.uint8]], width: int, height: int) -> list[EncodedFrame]:
    """Encode frames given as (H * 3 / 2, W) uint8, YUV 4:2:0 in limited range."""
    context = cast("VideoCodecContext", av.CodecContext.create(_CODEC, "w"))
    _configure(context, width, height)
    packets = []
    for index, planes in enumerate(frames):
        frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        frame.pts = index
        frame.time_base = Fraction(1, FPS)
        packets += context.encode(frame)
    packets += context.encode(None)
    return [EncodedFrame(bytes(packet), packet.is_keyframe) for packet in packets]


def write_clip(
    path: Path, frames: list[EncodedFrame], width: int, height: int, rate: Fraction = Fraction(FPS)
) -> None:
    """Write encoded frames to an MP4 file at `rate` frames a second; it appears when complete."""
    scratch = path.with_suffix(".part")
    with av.open(str(scratch), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        container.metadata["comment"] = COMMENT
        stream = container.add_stream(_CODEC, rate=FPS)
        _configure(cast("VideoCodecContext", stream.codec_context), width, height)
        stream.time_base = 1 / rate
        container.start_encoding()
        for index, frame in enumerate(frames):
            packet = av.Packet(frame.data)
            packet.stream = stream
            packet.time_base = 1 / rate
            packet.pts = packet.dts = index
            packet.duration = 1
            packet.is_keyframe = frame.is_key
            container.mux(packet)
    scratch.replace(path)


def _configure(context: VideoCodecContext, width: int, height: int) -> None:
    """The same for every section and file: only then are their parameter sets equal."""
    context.width = width
    context.height = height
    context.pix_fmt = "yuv420p"
    context.time_base = Fraction(1, FPS)
    context.framerate = Fraction(FPS)
    context.options = _ENCODER
    context.flags |= Flags.global_header
