"""What the tests of sweeps share: a recorded Studio's schema and some settings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import PIL.Image
from configs import studio_config

from framepack_widgets.schema import Schema
from framepack_widgets.settings import Settings
from framepack_widgets.widgets.sweeps.editor_rows import Row

SCHEMA = Schema.from_config(studio_config("recorded-0.5.1-three-loras.json"))
BASE = Settings(prompt="a cat [1s: it yawns] [2s-3s: it sleeps]", seed=7, seconds=4)


def rows(*pairs: tuple[str, str]) -> list[Row]:
    """Lines of the editor: (key of an offer, text)."""
    return [Row(f"r{n}", key, text) for n, (key, text) in enumerate(pairs)]


def picture(path: Path, shade: int = 0, size: tuple[int, int] = (32, 24)) -> Path:
    """A small PNG of one shade of grey."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.full((size[1], size[0], 3), shade, np.uint8)
    PIL.Image.fromarray(pixels).save(path, "PNG")
    return path
