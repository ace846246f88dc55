"""Real videos, pictures and records for the tests of what lies on disk."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np

from framepack_widgets.events import Cancelled, Failed, Fetched, Over, Seen, Sending, Sent
from framepack_widgets.job import JobRecord, Progress
from framepack_widgets.library import Library
from framepack_widgets.settings import Settings

STUDIO = "0123456789ab"
_numbers = itertools.count(1)


def make_video(path: Path, frames: int = 12, size: tuple[int, int] = (96, 64), **tags: str) -> Path:
    """An H.264 clip with B-frames whose every picture is another; a key frame every 5."""
    width, height = size
    with av.open(str(path), "w", format="mp4") as file:
        file.metadata.update(tags)
        stream = file.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.options = {"crf": "10", "g": "5", "bf": "2", "x264-params": "scenecut=0:b-adapt=0"}
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(picture(number, size), format="rgb24")
            file.mux(stream.encode(frame))
        file.mux(stream.encode())
    return path


def picture(number: int, size: tuple[int, int] = (96, 64)) -> np.ndarray:
    width, height = size
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[:, :, 0] = 20 + (number * 18) % 220
    pixels[:, (number * 7) % width :, 1] = 180
    return pixels


def make_image(path: Path, colour: tuple[int, int, int] = (200, 30, 30)) -> Path:
    from PIL import Image

    Image.new("RGB", (32, 24), colour).save(path)
    return path


def new_record(library: Library | None = None, **values: object) -> JobRecord:
    """A new job with an id of its own; `prompt`, `seed`, ... go into its settings."""
    fields = {"id", "studio", "created_at", "state", "clip", "verified", "partial", "settings"}
    own = {name: values.pop(name) for name in list(values) if name in fields}
    settings = own.pop("settings", None) or Settings(
        **{"prompt": "it looks up", "model": "F1", "seed": 7, **values}
    )
    if library is not None:
        settings = library.localise(settings)
    number = next(_numbers)
    defaults = {"id": f"{number:06x}{os.urandom(3).hex()}", "studio": STUDIO}
    return JobRecord(
        **{**defaults, "created_at": 1_700_000_000.0 + number, "settings": settings, **own}
    )


def add_job(library: Library, **values: object) -> JobRecord:
    record = new_record(library, **values)
    library.add(record)
    return record


def render(library: Library, job_id: str, *, at: float = 100.0) -> JobRecord:
    """Let the job go all the way up to FETCHING."""
    for event in (
        Sending(at=at, app_id="app", session_hash="hash"),
        Sent(at=at, server_id="server-id"),
        Seen(at=at + 1, server_id="server-id", progress=Progress(fraction=0.5)),
        Over(at=at + 61, outcome="Completed", video="/out/1_10.mp4", named=True),
    ):
        record = library.apply(job_id, event)
    return record


def done_job(library: Library, *, frames: int = 6, partial: bool = False, **values) -> JobRecord:
    """A job that was rendered, with its clip."""
    record = render(library, add_job(library, **values).id)
    file = make_video(library.incoming_folder / f"{record.id}.mp4", frames)
    path = library.adopt(record, file, verified="stamp", partial=partial)
    return library.apply(
        record.id, Fetched(at=200.0, clip=path.name, verified="stamp", partial=partial)
    )


def failed_job(library: Library, **values: object) -> JobRecord:
    record = add_job(library, **values)
    return library.apply(record.id, Failed(at=5.0, message="out of memory"))


def cancelled_job(library: Library, **values: object) -> JobRecord:
    record = add_job(library, **values)
    return library.apply(record.id, Cancelled(at=5.0))


def tree(folder: Path) -> dict[str, int]:
    """{path: size} of all files below, the database and its log left out."""
    return {
        path.relative_to(folder).as_posix(): path.stat().st_size
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith("library.sqlite3")
    }


def python(code: str, *arguments: object) -> subprocess.Popen[str]:
    """Another process, which can import this module and the package."""
    here = Path(__file__).resolve()
    paths = [str(here.parents[2]), str(here.parent)]
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
    )


def until(condition: Callable[[], object], seconds: float = 60.0) -> None:
    """Wait for a condition; fail after the deadline."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"still not so after {seconds} s")
        time.sleep(0.01)
