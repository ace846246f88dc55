"""Writing a grid's sheets as a file: H.264 in MP4, or an animated GIF or WebP."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from framepack_widgets.video.composer import Composer
from framepack_widgets.video.tile import FORMAT, planes_of

if TYPE_CHECKING:
    import av
    from PIL.Image import Image

# A key frame every 15 pictures and nowhere else, so that a page can jump about in it. x264 keeps
# as many pictures as it looks ahead: few, since sheets are large.
H264 = {
    "preset": "veryfast",
    "crf": "18",
    "g": "15",
    "keyint_min": "15",
    "sc_threshold": "0",
    "rc-lookahead": "5",
    "bf": "2",
}
_TAGS = {"colorspace": "smpte170m", "color_range": "tv"}  # what the composer makes
_WEBP = {"quality": "80", "compression_level": "3"}
_PALETTE_PICTURES = 40  # so many are looked at for a GIF's 256 colours

Each = Callable[["av.VideoFrame"], None]  # told of each picture; may raise to end it all


def write_mp4(composer: Composer, target: Path, title: str, each: Each) -> None:
    """H.264, yuv420p, the index in front. Raises OSError and FFmpegError."""
    import av

    options = {"movflags": "+faststart"}
    with av.open(os.fspath(target), "w", format="mp4", options=options) as out:
        if title:
            out.metadata["title"] = title
        stream = _stream(out, "libx264", composer, FORMAT)
        stream.options = {**H264, **_TAGS}
        # Threads that share a picture: with one picture each, every processor needs 40 MB more.
        stream.codec_context.thread_type = "SLICE"
        _encode(out, stream, _told(composer, each))


def write_webp(composer: Composer, target: Path, title: str, each: Each) -> None:
    """Animated, endless. What was encoded stays in memory until the end. Errors as `write_mp4`."""
    import av

    del title  # there is no place for it
    with av.open(os.fspath(target), "w", format="webp", options={"loop": "0"}) as out:
        stream = _stream(out, "libwebp_anim", composer, FORMAT)
        stream.options = dict(_WEBP)
        _encode(out, stream, _told(composer, each))


def write_gif(composer: Composer, target: Path, title: str, each: Each) -> None:
    """Endless, in the 256 colours that suit all its pictures: these are composed twice.

    Errors as `write_mp4`.
    """
    import av

    del title
    palette = _palette(composer, each)
    with av.open(os.fspath(target), "w", format="gif", options={"loop": "0"}) as out:
        stream = _stream(out, "gif", composer, "pal8")
        _encode(out, stream, _in_palette(_told(composer, each), palette, composer))


def _stream(out: Any, codec: str, composer: Composer, pix_fmt: str) -> Any:
    stream = out.add_stream(codec, rate=composer.rate)
    stream.width, stream.height, stream.pix_fmt = composer.width, composer.height, pix_fmt
    return stream


def _encode(out: Any, stream: Any, frames: Iterator[av.VideoFrame]) -> None:
    for frame in frames:
        out.mux(stream.encode(frame))
    out.mux(stream.encode(None))


def _told(composer: Composer, each: Each) -> Iterator[av.VideoFrame]:
    for sheet in composer.sheets():
        yield sheet
        each(sheet)


def _palette(composer: Composer, each: Each) -> av.VideoFrame:
    """The 256 colours for all pictures, as a frame."""
    import av

    graph = av.filter.Graph()
    source = _source(graph, composer)
    sink = _chain(graph, source, graph.add("palettegen", "reserve_transparent=0"))
    step = max(1, composer.count // _PALETTE_PICTURES)
    for number, sheet in enumerate(_told(composer, each)):
        if number % step == 0:
            source.push(copied(sheet))
    source.push(None)
    palette: av.VideoFrame = sink.pull()
    return palette


def _in_palette(
    sheets: Iterator[av.VideoFrame], palette: av.VideoFrame, composer: Composer
) -> Iterator[av.VideoFrame]:
    import av

    graph = av.filter.Graph()
    source = _source(graph, composer)
    colours = graph.add_buffer(
        width=palette.width,
        height=palette.height,
        format=palette.format,
        time_base=1 / composer.rate,
    )
    # Ordered dithering keeps still what stands still.
    mapping = graph.add("paletteuse", "dither=bayer:bayer_scale=3:diff_mode=rectangle")
    sink = _chain(graph, source, mapping, colours)
    palette.pts, palette.time_base = 0, 1 / composer.rate
    colours.push(palette)
    colours.push(None)
    for sheet in sheets:
        source.push(copied(sheet))
        yield from _pulled(sink)
    source.push(None)
    yield from _pulled(sink)


def _source(graph: Any, composer: Composer) -> Any:
    return graph.add_buffer(
        width=composer.width, height=composer.height, format=FORMAT, time_base=1 / composer.rate
    )


def copied(sheet: av.VideoFrame) -> av.VideoFrame:
    """To be kept for longer than the composer leaves a sheet as it is."""
    import av

    copy = av.VideoFrame(sheet.width, sheet.height, FORMAT)
    for target, source in zip(planes_of(copy), planes_of(sheet)):
        target[:] = source
    copy.pts, copy.time_base = sheet.pts, sheet.time_base
    return copy


def _chain(graph: Any, source: Any, work: Any, second: Any = None) -> Any:
    sink = graph.add("buffersink")
    source.link_to(work)
    if second is not None:
        second.link_to(work, 0, 1)
    work.link_to(sink)
    graph.configure()
    return sink


def _pulled(sink: Any) -> Iterator[av.VideoFrame]:
    import av

    while True:
        try:
            yield sink.pull()
        except (av.error.BlockingIOError, av.error.EOFError):
            return


def as_png(sheet: av.VideoFrame, target: Path) -> None:
    """A picture as PNG; hardly compressed, which would take seconds. Raises OSError."""
    image: Image = sheet.to_image()  # type: ignore[no-untyped-call]
    image.save(target, "PNG", compress_level=1)


Writer = Callable[[Composer, Path, str, Each], None]
# By the file's ending: (who writes it, pictures a second unless said, times it is composed)
WRITERS: dict[str, tuple[Writer, int, int]] = {
    ".mp4": (write_mp4, 30, 1),
    ".gif": (write_gif, 15, 2),
    ".webp": (write_webp, 15, 1),
}
