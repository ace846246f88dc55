"""Servers for the tests of the whole: built-in Studios on both generations of Gradio.

A Studio's own environment has Gradio 5.25.2, a notebook's the newest one, and one environment
cannot hold both. The other one's interpreter is named by FRAMEPACK_OTHER_PYTHON; without it, what
needs it is skipped, or fails where FRAMEPACK_REQUIRE_OTHER is set (as in CI).
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest
from small_servers import LOGIN, free_ports

from framepack_widgets.demo.options import DemoOptions
from framepack_widgets.demo.process import DemoProcess, start

_ECHO = """
import sys
import gradio
from framepack_widgets.demo.rest import rest_when_idle
with gradio.Blocks(title="Echo") as app:
    video, text = gradio.Video(), gradio.Textbox()
    gradio.Button().click(lambda video: video[-5:], video, text, api_name="echo")
rest_when_idle(app._queue)
_, url, _ = app.launch(server_port=int(sys.argv[1]), prevent_thread_lock=True, quiet=True)
print(url, flush=True)
input()
"""
_QUIET = {
    "GRADIO_ANALYTICS_ENABLED": "False",
    "HF_HUB_OFFLINE": "1",
    "NO_PROXY": "127.0.0.1,localhost",
}


def python_of(generation: str) -> str:
    """The interpreter with that generation; skips, or fails in CI, where there is none."""
    if generation == "this":
        return sys.executable
    other = os.environ.get("FRAMEPACK_OTHER_PYTHON")
    if other:
        return other
    message = (
        "FRAMEPACK_OTHER_PYTHON is not set: the other generation of Gradio is NOT TESTED. "
        "`make test` makes an environment for it."
    )
    if os.environ.get("FRAMEPACK_REQUIRE_OTHER"):
        pytest.fail(message)
    pytest.skip(message)


@dataclass
class Fleet:
    """The Studios that tests share: a quick one of each generation, with login and without."""

    pool: ThreadPoolExecutor
    running: dict[tuple[str, bool], Future[DemoProcess]] = field(default_factory=dict)
    app: subprocess.Popen[str] | None = None
    app_url: str = ""

    def get(self, generation: str = "this", *, login: bool = False) -> DemoProcess:
        """One of them, started with the first that is asked for: starting takes some seconds."""
        self._start(generation, login=login)
        return self.running[generation, login].result()

    def echo(self) -> str:
        """The URL of a Gradio app that is no Studio."""
        if not self.app_url:
            self.app = subprocess.Popen(
                [sys.executable, "-c", _ECHO, str(free_ports(1)[0])],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                env={**os.environ, **_QUIET},
            )
            assert self.app.stdout is not None
            self.app_url = self.app.stdout.readline().strip()
        return self.app_url

    def stop(self) -> None:
        """End all of them."""
        for future in self.running.values():
            if future.exception() is None:
                future.result().stop()
        if self.app is not None:
            self.app.communicate("end\n", timeout=60)

    def _start(self, generation: str, *, login: bool) -> None:
        python = python_of(generation)
        if (generation, login) not in self.running:
            options = DemoOptions(speed=200, loras=("film", "noir"), auth=LOGIN if login else None)
            self.running[generation, login] = self.pool.submit(start, options, python=python)


@pytest.fixture(scope="session")
def fleet() -> Iterator[Fleet]:
    """See `Fleet`."""
    with ThreadPoolExecutor(2) as pool:
        made = Fleet(pool)
        yield made
        made.stop()


@pytest.fixture(scope="session")
def interpreter() -> Callable[[str], str]:
    """See `python_of`."""
    return python_of


@pytest.fixture
def demo_server() -> Iterator[Callable[..., DemoProcess]]:
    """Start a built-in Studio of one's own: demo_server(generation="other", speed=50, ...)."""
    running = []

    def start_with(generation: str = "this", **options: Any) -> DemoProcess:
        running.append(start(DemoOptions(**options), python=python_of(generation)))
        return running[-1]

    yield start_with
    for demo in running:
        demo.stop()
