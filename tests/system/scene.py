"""What whole-system tests share: frames that differ, clips that say whose they are, patience."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

import framepack_widgets as fp
from framepack_widgets.demo import pixel_code
from framepack_widgets.library import Library

SMALL = {"width": 128, "height": 128, "steps": 4, "seconds": 2}


class Frames:
    """Start and end frames of which no two are alike."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._random = np.random.default_rng(7)
        self._pixels: dict[str, np.ndarray] = {}

    def new(self) -> str:
        pixels = np.empty((128, 128, 3), np.uint8)
        pixels[:] = self._random.integers(0, 255, 3)
        pixels[30:60, 30:60] = self._random.integers(0, 255, 3)
        path = str(self._folder / f"frame{len(self._pixels)}.png")
        Image.fromarray(pixels).save(path)
        self._pixels[path] = pixels
        return path

    def code(self, path: str) -> bytes:
        return pixel_code.frame_code(self._pixels[path])


def code_of(clip: fp.Clip) -> pixel_code.PixelCode:
    """The code in a clip's pixels; every tenth frame must say the same."""
    codes = {pixel_code.read(frame) for frame in clip.frames(0, None, 10)}
    assert len(codes) == 1, "the frames of one clip say different things"
    return codes.pop()


def until(condition: Callable[[], object], what: str, seconds: float = 60.0) -> None:
    """Wait for a condition; fail after `seconds`."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"waited {seconds} s in vain for: {what}"
        time.sleep(0.01)


def client(url: str, library: Path, script: str, *arguments: str) -> subprocess.Popen[str]:
    """Another process with its own kernel-like life: `studio` is connected, then `script` runs.

    It writes "ready" when the script is through, and then stays until it is killed.
    """
    source = "\n".join(
        [
            "import sys, time",
            "import framepack_widgets as fp",
            "studio = fp.connect(sys.argv[1], library=sys.argv[2])",
            script,
            'print("ready", flush=True)',
            "time.sleep(600)",
        ]
    )
    return subprocess.Popen(
        [sys.executable, "-c", source, url, str(library), *arguments],
        stdout=subprocess.PIPE,
        text=True,
    )


def ready(process: subprocess.Popen[str]) -> None:
    """Wait until the script of a `client` is through."""
    assert process.stdout is not None
    assert process.stdout.readline().strip() == "ready", "the other process failed"


def by_seed(library: Library, seed: int) -> fp.job.JobRecord:
    """The record of the job with that seed."""
    return next(record for record in library.jobs() if record.settings.seed == seed)
