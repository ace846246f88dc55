"""The stand-by process: takes over when the kernel is killed, ends by itself, can be ended."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from framepack_widgets import standby
from framepack_widgets.demo.options import DemoOptions
from framepack_widgets.demo.process import DemoProcess, start
from framepack_widgets.errors import FramePackError
from framepack_widgets.job import JobState
from framepack_widgets.library import Library

pytestmark = pytest.mark.slow

KERNEL = """
import json, sys, time
import framepack_widgets as fp
from framepack_widgets import standby
url, folder = sys.argv[1:]
studio = fp.connect(url, library=folder)
jobs = [studio.submit(prompt=f"number {n}", seconds=1, seed=n) for n in range(4)]
place = standby.Place(studio.library.path, studio.library.studio(url))
reach = {"url": url, "token": "tok-geheim", "auth": None, "headers": {"X-Key": "geheim"}}
print(json.dumps(standby.start(place, reach)), place.key, flush=True)
while True:
    time.sleep(1)
"""


def until(condition: Callable[[], object], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"still not so after {seconds} s"
        time.sleep(0.05)


def is_over(pid: int) -> bool:
    """Whether it has ended; its parent may not have taken note of it."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.fixture
def demo() -> Iterator[DemoProcess]:
    with start(DemoOptions(speed=10)) as running:
        yield running


@pytest.fixture
def place(tmp_path: Path) -> Iterator[standby.Place]:
    """Whatever a test leaves running there is ended."""
    made = standby.Place(tmp_path / "lib", "none")
    yield made
    while _kernels:
        _kernels.pop().kill()
    for file in (tmp_path / "lib" / "standby").glob("*.json"):
        standby.end(standby.Place(made.library, file.stem))


_kernels: list[subprocess.Popen] = []


def begin(demo: DemoProcess, place: standby.Place) -> tuple[subprocess.Popen, dict, standby.Place]:
    """A process that stands for a kernel, what it says of the stand-by, and its place."""
    kernel = subprocess.Popen(
        [sys.executable, "-c", KERNEL, demo.url, str(place.library)],
        stdout=subprocess.PIPE,
        text=True,
    )
    _kernels.append(kernel)
    facts, key = kernel.stdout.readline().rsplit(" ", 1)
    return kernel, json.loads(facts), standby.Place(place.library, key.strip())


def test_a_killed_kernels_jobs_are_rendered(demo: DemoProcess, place: standby.Place) -> None:
    kernel, facts, place = begin(demo, place)
    library = Library(place.library)
    process = psutil.Process(facts["pid"])
    shown = " ".join(process.cmdline()) + json.dumps(process.environ())
    assert "geheim" not in shown, "credentials are on no command line, and in no environment"
    waiting = [record for record in library.jobs() if record.state is JobState.WAITING]
    assert len(waiting) >= 3
    kernel.kill()
    kernel.wait()
    until(lambda: all(r.state is JobState.DONE for r in library.jobs()))
    assert {record.settings.seed for record in library.jobs()} == {0, 1, 2, 3}
    assert all(library.clip(record) for record in library.jobs())
    assert all(record.trace.sends == 1 for record in library.jobs()), "nothing is rendered twice"
    until(lambda: standby.running(place) is None)
    log = place.log.read_text(encoding="utf-8")
    assert "the kernel is gone" in log
    assert "ended: nothing is left to do" in log
    assert "geheim" not in log
    library.close()


def test_it_stands_by_while_the_kernel_lives_and_can_be_ended(
    demo: DemoProcess, place: standby.Place
) -> None:
    kernel, facts, place = begin(demo, place)
    library = Library(place.library)
    until(lambda: all(r.state is JobState.DONE for r in library.jobs()))
    found = standby.running(place)
    assert found is not None, "idle, and the kernel may still ask for more"
    assert found["pid"] == facts["pid"]
    assert standby.start(place, {"url": demo.url})["pid"] == facts["pid"], "one is enough"
    standby.end(place)
    assert standby.running(place) is None
    until(lambda: is_over(facts["pid"]), 15)  # it has let go of everything; now it ends
    standby.end(place)  # nothing to end is fine
    os.kill(kernel.pid, signal.SIGTERM)
    kernel.wait()
    library.close()


def test_what_keeps_it_from_starting_is_told(tmp_path: Path) -> None:
    library = Library(tmp_path / "lib")
    place = standby.Place(library.path, "0123456789ab")
    with pytest.raises(FramePackError, match=r"cannot connect: Nothing listens(.|\n)*"):
        standby.start(place, {"url": "http://127.0.0.1:1"})
        until(lambda: standby.running(place) is None)  # it may be up for a moment
        raise FramePackError(place.log.read_text(encoding="utf-8"))
    with pytest.raises(FramePackError, match=r"verify='certificate\.pem'"):
        standby.start(place, {"url": "http://127.0.0.1:1", "verify": object()})
    library.close()
