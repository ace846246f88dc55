"""What the built-in Studio's post-processing does to a video, without a model and without ffmpeg.

Interpolating blends neighbours, upscaling resizes: results have the real ones' size, length and
rate, and nobody would mistake them for theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance, ImageFilter

Picture = NDArray[np.uint8]
Tick = Callable[[int, int], None]  # pictures done, pictures there will be


@dataclass(frozen=True)
class Video:
    """All pictures of a video; the clips of this Studio are short."""

    pictures: list[Picture]
    rate: Fraction

    @property
    def size(self) -> tuple[int, int]:
        """Width and height, px."""
        height, width, _ = self.pictures[0].shape
        return width, height

    def mapped(self, change: Callable[[Picture], Picture], tick: Tick) -> Video:
        """The same video with every picture changed."""
        changed = []
        for picture in self.pictures:
            changed.append(change(picture))
            tick(len(changed), len(self.pictures))
        return Video(changed, self.rate)


def read(path: str) -> Video:
    """The video in a file."""
    with av.open(path) as container:
        stream = container.streams.video[0]
        pictures = [
            cast("Picture", frame.to_ndarray(format="rgb24")) for frame in container.decode(stream)
        ]
        return Video(pictures, Fraction(stream.average_rate or 30))


def write(video: Video, path: Path, *, codec: str = "libx264", crf: int = 16) -> str:
    """Write the video to a file; its name decides the container."""
    width, height = (side + side % 2 for side in video.size)
    options = {"movflags": "+faststart"} if path.suffix == ".mp4" else {}
    with av.open(str(path), "w", options=options) as container:
        stream: Any = container.add_stream(codec, rate=video.rate)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.options = {"crf": str(crf), "preset": "superfast"} if codec == "libx264" else {}
        for picture in video.pictures:
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            container.mux(stream.encode(frame.reformat(width, height, "yuv420p")))
        container.mux(stream.encode(None))
    return str(path)


def upscale(video: Video, factor: float, tick: Tick) -> Video:
    """Larger by a factor, in even sizes."""
    width, height = (max(2, round(side * factor / 2) * 2) for side in video.size)
    return video.mapped(lambda picture: _resized(picture, width, height), tick)


def adjust_frames(video: Video, times: int, speed: float, tick: Tick) -> Video:
    """More pictures a second (times 1, 2 or 4), then played faster or slower."""
    pictures: list[Picture] = []
    for one, other in _neighbours(video.pictures):
        for part in range(times):
            share = part / times
            blend = one * (1 - share) + other * share
            pictures.append(blend.round().astype(np.uint8))
        tick(len(pictures), len(video.pictures) * times)
    pictures = pictures[: len(pictures) - times + 1]  # behind the last one there is no neighbour
    rate = video.rate * times
    count = max(1, round(len(pictures) / speed))
    picked = [pictures[min(len(pictures) - 1, int(number * speed))] for number in range(count)]
    return Video(picked, rate)


def filtered(video: Video, values: dict[str, float], tick: Tick) -> Video:
    """Brightness, contrast, saturation, temperature, sharpness and blur; the rest is left alone."""

    def change(picture: Picture) -> Picture:
        image: Any = Image.fromarray(picture)
        image = ImageEnhance.Brightness(image).enhance(1 + values["brightness"] / 100)
        image = ImageEnhance.Contrast(image).enhance(values["contrast"])
        image = ImageEnhance.Color(image).enhance(values["saturation"])
        image = ImageEnhance.Sharpness(image).enhance(1 + values["sharpen"])
        if values["blur"]:
            image = image.filter(ImageFilter.GaussianBlur(values["blur"]))
        warmth = np.array([1, 0, -1]) * values["temperature"] * 0.3
        return cast("Picture", np.clip(np.asarray(image) + warmth, 0, 255).astype(np.uint8))

    return video.mapped(change, tick)


def looped(video: Video, kind: str, repeats: int) -> Video:
    """Played again so many times; a ping-pong goes there and back so many times."""
    if kind == "ping-pong":
        return Video((video.pictures + video.pictures[::-1]) * repeats, video.rate)
    return Video(video.pictures * (repeats + 1), video.rate)


def joined(videos: Sequence[Video]) -> Video:
    """One behind the other, in the size and at the rate of the first."""
    width, height = videos[0].size
    pictures = [_resized(picture, width, height) for video in videos for picture in video.pictures]
    return Video(pictures, videos[0].rate)


def narrowed(video: Video, max_width: int, tick: Tick) -> Video:
    """Not wider than that."""
    width, _ = video.size
    return upscale(video, min(1.0, max_width / width), tick)


def _resized(picture: Picture, width: int, height: int) -> Picture:
    image = Image.fromarray(picture).resize((width, height), Image.Resampling.LANCZOS)
    return cast("Picture", np.asarray(image))


def _neighbours(pictures: Sequence[Picture]) -> Iterator[tuple[Picture, Picture]]:
    following: Iterable[Picture] = [*pictures[1:], pictures[-1]]
    return zip(pictures, following, strict=True)
