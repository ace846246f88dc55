"""A Studio's language models over a real socket, on both generations of Gradio."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import PIL.Image
import pytest

import framepack_widgets as fp
from framepack_widgets import prompt

TIMED = "[0s: a cat] [2s-3.5s: it yawns]"


def lying(folder: Path) -> Path:
    """60 x 40 px on its side: 40 x 60 upright."""
    image = PIL.Image.new("RGB", (60, 40), (200, 30, 30))
    exif = image.getexif()
    exif[0x0112] = 6
    image.save(folder / "lying.png", exif=exif)
    return folder / "lying.png"


@pytest.mark.parametrize(("generation", "dialect"), [("this", "0.5.1"), ("other", "future")])
def test_words_from_the_studio(
    fleet: Any, demo_server: Any, tmp_path: Path, generation: str, dialect: str
) -> None:
    usual = dialect == "0.5.1"
    demo = fleet.get() if usual else demo_server(generation, dialect=dialect, speed=40)
    with fp.connect(demo.url, library=tmp_path / "library") as studio:
        better = studio.writer.enhance(TIMED)
        assert len(better) > len(TIMED) + 20
        times = [(part.start, part.end) for part in prompt.parse(better).parts]
        assert times == [(0.0, None), (2.0, 3.5)]
        assert "tall scene of 40 by 60 pixels" in studio.writer.describe(lying(tmp_path))
        assert not studio.writer.is_rendering()
        if usual:
            return
        # A minute's work is stopped there, too: the next one does not wait for it.
        long = " ".join(f"[{number}s: part {number}]" for number in range(2400))
        with pytest.raises(TimeoutError):
            studio.writer.enhance(long, timeout=0.5)
        assert studio.writer.enhance("a cat", timeout=20).startswith("a cat, ")
