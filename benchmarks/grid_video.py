"""A grid of 3 x 3 clips of 6 s, 640 x 640: our time, processor time and memory, and ffmpeg's own.

    python benchmarks/grid_video.py [rounds]
    python benchmarks/grid_video.py --memory      with headers, clips of 6 s and of 60 s

ffmpeg (where it is installed) puts the same clips side by side with its xstack filter and encodes
them with the same settings and threads. No headers and no gaps, so that the sheets are alike. Both
run as programs of their own, in turn; reading times of a busy machine says little.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import av
import numpy as np
from PIL import Image

from framepack_widgets.video.encoding import H264

SIDE, TILE, PICTURES = 3, 640, 180
OURS = """
import sys, time
from framepack_widgets.video.grid import write_grid
clips = sys.argv[2:]
begun = time.perf_counter()
write_grid(sys.argv[1], [clips[0:3], clips[3:6], clips[6:9]], gap=0, overwrite=True)
print(time.perf_counter() - begun)
"""


HEADED = """
import sys
from framepack_widgets.video.grid import write_grid
heads = [f"end_frame_influence {n}" for n in range(3)]
write_grid(sys.argv[1], [[sys.argv[2]] * 3] * 3, title="influence against seed",
           column_headers=heads, row_headers=heads)
"""


def memory() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for seconds in (6, 60):
            clip = make_clip(Path(folder) / f"{seconds}.mp4", 0, 30 * seconds)
            target = Path(folder) / f"grid{seconds}.mp4"
            wall, _, most = run([sys.executable, "-c", HEADED, str(target), str(clip)])
            print(f"headers, {seconds} s: at most {most:.0f} MB, in {wall:.0f} s")


def main(rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        clips = [make_clip(Path(folder) / f"{n}.mp4", n) for n in range(SIDE * SIDE)]
        target = Path(folder) / "grid.mp4"
        programs = {"ours": [sys.executable, "-c", OURS, str(target), *map(str, clips)]}
        if ffmpeg := shutil.which("ffmpeg"):
            programs["ffmpeg"] = [ffmpeg, *xstack(clips, Path(folder) / "xstack.mp4")]
        walls: dict[str, list[float]] = {name: [] for name in programs}
        processor: dict[str, list[float]] = {name: [] for name in programs}
        for _ in range(rounds):
            for name, command in programs.items():
                wall, used, memory = run(command)
                walls[name].append(wall)
                processor[name].append(used)
                print(f"{name}: {wall:.1f} s, processor {used:.1f} s, at most {memory:.0f} MB")
        for what, values in (("time", walls), ("processor time", processor)):
            for kind, of in (("median", statistics.median), ("best", min)):
                found = {name: of(times) for name, times in values.items()}
                told = ", ".join(f"{name} {seconds:.2f} s" for name, seconds in found.items())
                ratio = f"; ratio {found['ours'] / found['ffmpeg']:.2f}" if ffmpeg else ""
                print(f"{what}, {kind}: {told}{ratio}")


def xstack(clips: list[Path], target: Path) -> list[str]:
    inputs = [part for clip in clips for part in ("-i", str(clip))]
    places = "|".join(f"{x * TILE}_{y * TILE}" for y in range(SIDE) for x in range(SIDE))
    settings = [part for name, value in H264.items() for part in (f"-{name}", value)]
    return [
        *("-v", "error", "-y", *inputs),
        *("-filter_complex", f"xstack=inputs={len(clips)}:layout={places}"),
        *("-c:v", "libx264", *settings, "-thread_type", "slice", "-pix_fmt", "yuv420p"),
        *("-movflags", "+faststart", str(target)),
    ]


def run(command: list[str]) -> tuple[float, float, float]:
    """Seconds, seconds of the processor (with loading Python), MB."""
    begun = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    printed = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    # Ours says how long the call took: a notebook has loaded Python and its libraries long since.
    wall = float(printed) if printed.strip() else time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command[0]} ended with {process.returncode}")
    unit = 1 if sys.platform == "darwin" else 1024  # ru_maxrss: bytes there, KiB elsewhere
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit / 1e6


def make_clip(path: Path, seed: int, pictures: int = PICTURES) -> Path:
    """A landscape of soft shapes that drifts, with a little grain: about what a render holds."""
    random = np.random.default_rng(seed)
    shapes = Image.fromarray(random.integers(0, 255, (40, 40, 3), np.uint8))
    wide = np.asarray(shapes.resize((1300, 1300), Image.Resampling.BICUBIC)).astype(np.int16)
    with av.open(str(path), "w", format="mp4") as out:
        stream = out.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = TILE, TILE, "yuv420p"
        stream.options = {"crf": "16", "preset": "veryfast"}
        for n in range(pictures):
            x, y = n % PICTURES * (1 + seed % 3), n % PICTURES * 2
            picture = wide[y : y + TILE, x : x + TILE] + random.integers(-3, 4, (TILE, TILE, 1))
            pixels = np.ascontiguousarray(picture.clip(0, 255).astype(np.uint8))
            out.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        out.mux(stream.encode(None))
    return path


if __name__ == "__main__":
    if "--memory" in sys.argv:
        memory()
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
