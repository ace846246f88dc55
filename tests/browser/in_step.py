"""How far apart the clips of a Compare are: by what the browser says it painted, and by pixels."""

from __future__ import annotations

import bisect
from dataclasses import dataclass

import numpy as np
from playwright.sync_api import Locator

# Of each video, while it is seen: when which frame was painted. Times count from the page's start.
_PAINTED = """(box, seconds) => new Promise((done) => {
  const videos = [...box.querySelectorAll(".fpw-compare-tile:not([hidden]) video")];
  const found = videos.map(() => []);
  const end = performance.now() + 1000 * seconds;
  videos.forEach((video, n) => {
    const next = (_, facts) => {
      found[n].push([facts.expectedDisplayTime, Math.round(facts.mediaTime * FPS)]);
      if (performance.now() < end) video.requestVideoFrameCallback(next);
    };
    video.requestVideoFrameCallback(next);
  });
  setTimeout(() => done(found), 1000 * seconds + 300);
})"""

# At each of the page's own frames: the number in the pixels of each tile, as it is seen then; what
# lies in front of a video counts before it. -1: no picture.
_PIXELS = """(box, seconds) => new Promise((done) => {
  const tiles = [...box.querySelectorAll(".fpw-compare-tile:not([hidden])")];
  const board = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  board.canvas.width = 320;
  board.canvas.height = 1;
  const found = [];
  const end = performance.now() + 1000 * seconds;
  const look = () => {
    found.push(tiles.map((tile) => {
      const still = tile.querySelector("canvas");
      const seen = still.hidden ? tile.querySelector("video") : still;
      if (!(seen.videoWidth ?? seen.width)) return -1;
      board.drawImage(seen, 0, 60, 320, 1, 0, 0, 320, 1);
      const { data } = board.getImageData(0, 0, 320, 1);
      let number = 0;
      for (let bit = 0; bit < 8; bit++) if (data[4 * (28 + 32 * bit) + 1] > 125) number |= 1 << bit;
      return number;
    }));
    if (performance.now() < end) requestAnimationFrame(look);
    else done(found);
  };
  requestAnimationFrame(look);
})"""


@dataclass(frozen=True)
class Drift:
    """Frames between the clip that is furthest and the one that is least far, over time."""

    median: float
    p99: float
    most: int
    painted: float
    """Frames painted a second, of the clip with the fewest."""

    def __str__(self) -> str:
        return (
            f"median {self.median:g}, 99th percentile {self.p99:g}, most {self.most} frames; "
            f"{self.painted:.1f} painted a second"
        )


def drift(box: Locator, seconds: float, fps: int = 30) -> Drift:
    """Measured with requestVideoFrameCallback for so long, looked at 240 times a second."""
    found = box.evaluate(_PAINTED.replace("FPS", str(fps)), seconds)
    begin = max(times[0][0] for times in found)
    end = min(times[-1][0] for times in found)
    apart = []
    for now in np.arange(begin, end, 1000 / 240):
        shown = [times[bisect.bisect_right(times, [now, 1e9]) - 1][1] for times in found]
        apart.append(max(shown) - min(shown))
    assert len(apart) > 100, "they did not play"
    fewest = min(len({number for _, number in times}) for times in found)
    return Drift(
        float(np.median(apart)),
        float(np.percentile(apart, 99)),
        max(apart),
        1000 * fewest / (end - begin),
    )


def numbers_shown(box: Locator, seconds: float) -> list[list[int]]:
    """The frame of each numbered clip at each moment, read from the pixels that are seen."""
    found: list[list[int]] = box.evaluate(_PIXELS, seconds)
    return found
