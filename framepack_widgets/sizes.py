"""Which size a Studio really renders in: it snaps to a fixed list.

The list and the rule are those of FramePack Studio 0.5.1, diffusers_helper/bucket_tools.py; 0.4 and
0.6-dev have the same.
"""

from __future__ import annotations

# Size class -> (height, width) pairs, px, in the server's order: at a tie the earlier one wins.
BUCKETS: dict[int, tuple[tuple[int, int], ...]] = {
    128: ((96, 160), (112, 144), (128, 128), (144, 112), (160, 96)),
    256: ((192, 320), (224, 288), (256, 256), (288, 224), (320, 192)),
    384: ((256, 512), (320, 448), (384, 384), (448, 320), (512, 256)),
    512: (
        *((352, 704), (384, 640), (448, 576), (512, 512)),
        *((576, 448), (640, 384), (704, 352)),
    ),
    640: (
        *((416, 960), (448, 864), (480, 832), (512, 768), (544, 704), (576, 672), (608, 640)),
        *((640, 640), (640, 608), (672, 576), (704, 544), (768, 512), (832, 480), (864, 448)),
        (960, 416),
    ),
    768: (
        *((512, 1024), (576, 896), (640, 832), (704, 768), (768, 768)),
        *((768, 704), (832, 640), (896, 576), (1024, 512)),
    ),
}


def size_class(resolution: float) -> int:
    """The class nearest to a resolution in px; halfway between two, the smaller."""
    return min(BUCKETS, key=lambda known: abs(known - int(resolution)))


def snapped_size(
    width: float, height: float, start_size: tuple[int, int] | None = None
) -> tuple[int, int]:
    """(width, height) in px of the clip.

    start_size is the (width, height) of the start frame, for a Video model of the source video:
    then its shape decides, `width` only picks the size class, and `height` does nothing. Without
    one the mean of both picks the class and their ratio the shape.
    """
    resolution = width if start_size else (width + height) / 2
    shape_width, shape_height = start_size or (width, height)
    wanted = shape_width / shape_height if shape_height > 0 else 1.0
    best = min(BUCKETS[size_class(resolution)], key=lambda pair: abs(pair[1] / pair[0] - wanted))
    return best[1], best[0]
