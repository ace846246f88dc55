"""The fixed list of clip sizes: a Studio renders only these. Pure."""

from __future__ import annotations

# Nominal resolution -> (height, width) in px. Each list also holds the transposed sizes.
_LANDSCAPE: dict[int, tuple[tuple[int, int], ...]] = {
    128: ((96, 160), (112, 144), (128, 128)),
    256: ((192, 320), (224, 288), (256, 256)),
    384: ((256, 512), (320, 448), (384, 384)),
    512: ((352, 704), (384, 640), (448, 576), (512, 512)),
    640: (
        (416, 960),
        (448, 864),
        (480, 832),
        (512, 768),
        (544, 704),
        (576, 672),
        (608, 640),
        (640, 640),
    ),
    768: ((512, 1024), (576, 896), (640, 832), (704, 768), (768, 768)),
}
BUCKETS: dict[int, tuple[tuple[int, int], ...]] = {
    resolution: sizes + tuple((w, h) for h, w in reversed(sizes) if h != w)
    for resolution, sizes in _LANDSCAPE.items()
}


def nearest_bucket(height: int, width: int, resolution: float) -> tuple[int, int]:
    """The (height, width) in px a Studio renders at: nearest resolution, then nearest shape.

    Of equally near ones the first in the list is taken.
    """
    resolution = int(resolution)
    nearest = min(BUCKETS, key=lambda known: abs(known - resolution))
    shape = width / height if height > 0 else 1.0
    return min(BUCKETS[nearest], key=lambda size: abs(size[1] / size[0] - shape))
