"""The stand-by process itself, see `framepack_widgets.standby`; started by it, never by hand.

python -m framepack_widgets.cli.standby < one line of JSON, then open until the kernel is gone
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import framepack_widgets as fp
from framepack_widgets import durable
from framepack_widgets.job import JobRecord, JobState, Wish
from framepack_widgets.standby import Place

if TYPE_CHECKING:
    from framepack_widgets.session import Studio

_LOCK_S = 5.0
_TICK_S = 1.0


def main() -> int:
    """Read the order, stand by, work; the exit code."""
    order = json.loads(sys.stdin.readline())
    place = Place(Path(order.pop("library")), str(order.pop("key")))
    lock = place.lock()
    limit = time.monotonic() + _LOCK_S
    while not lock.acquire():  # somebody may just be asking whether it is held
        if time.monotonic() > limit:
            _say("another process stands by already")
            return 0
        time.sleep(0.05)
    durable.write_json(place.facts, {"pid": os.getpid(), "since": time.time()})
    try:
        return _stand_by(place, order)
    finally:
        with suppress(OSError):
            place.facts.unlink()
        lock.release()


def _stand_by(place: Place, reach: dict[str, Any]) -> int:
    kernel = _KernelWatch()
    kernel.start()
    if reach.get("auth"):
        reach["auth"] = tuple(reach["auth"])
    try:
        studio = fp.connect(library=place.library, **reach)
    except fp.FramePackError as error:
        _say(f"cannot connect: {error}")
        return 1
    with studio:
        _say(f"standing by for {studio.library.path} on {studio.url}, process {os.getpid()}")
        why = _work(studio, place, kernel)
    _say(f"ended: {why}; what the Studio renders goes on, what waits stays in the Library")
    return 0


class _KernelWatch(threading.Thread):
    """Knows when the process that started this one is gone: its end of our stdin closes then."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.is_gone = False

    def run(self) -> None:
        with suppress(OSError, ValueError):
            sys.stdin.read()
        self.is_gone = True
        _say("the kernel is gone")


def _work(studio: Studio, place: Place, kernel: _KernelWatch) -> str:
    """Returns why it is over."""
    seen: dict[str, JobState] = {}
    changes, alive = -1, True
    while True:
        now = studio.library.changes()
        if now != changes:
            changes = now
            open_jobs = studio.library.unfinished(place.key)
            turns = studio.library.runs.turns(place.key)
            held = {turn.run for turn in turns if turn.wish is not Wish.RUN}
            alive = any(not _sleeps(record, held) for record in open_jobs)
            alive |= any(turn.has_next and turn.wish is Wish.RUN for turn in turns)
            _tell(studio, seen, open_jobs)
        if place.stop.exists():
            with suppress(OSError):
                place.stop.unlink()
            return "somebody asked for it"
        if kernel.is_gone and not alive:
            return "nothing is left to do"
        time.sleep(_TICK_S)


def _sleeps(record: JobRecord, held: Collection[str | None]) -> bool:
    """Whether it waits for somebody to go on; held: runs of sweeps that do."""
    is_held = record.wish is Wish.PAUSE or record.run in held
    return record.state is JobState.WAITING and is_held


def _tell(studio: Studio, seen: dict[str, JobState], open_jobs: list[JobRecord]) -> None:
    """Write changed states into the log."""
    states = {record.id: record.state for record in open_jobs}
    for job in [job for job in seen if job not in states]:
        record = studio.library.find(job)
        _say(f"{job} {record.state if record else 'was deleted'}")
        del seen[job]
    for job, state in states.items():
        if seen.get(job) is not state:
            _say(f"{job} {state}")
            seen[job] = state


def _say(text: str) -> None:
    stamp = time.strftime("%Y-%m-%d %H:%M:%S")
    with suppress(OSError):
        sys.stderr.write(f"{stamp} {text}\n")
        sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
