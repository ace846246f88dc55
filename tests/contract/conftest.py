"""Running built-in Studios for the contract tests."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from demo_asker import Asker, connect, pixels, poll
from gradio_client import handle_file
from PIL import Image

from framepack_widgets.demo.dialects import DIALECTS
from framepack_widgets.demo.endpoints import Endpoints
from framepack_widgets.demo.features import Context, add_features
from framepack_widgets.demo.folders import Folders
from framepack_widgets.demo.options import DemoOptions
from framepack_widgets.demo.page import make_page
from framepack_widgets.demo.process import DemoProcess, start


@pytest.fixture(scope="session")
def start_demo() -> Iterator[Callable[..., DemoProcess]]:
    """Start a demo with options; all are stopped at the end of the session."""
    running = []

    def start_with(**options: Any) -> DemoProcess:
        demo = start(DemoOptions(**options), python=os.environ.get("DEMO_PYTHON"))
        running.append(demo)
        return demo

    yield start_with
    for demo in running:
        demo.stop()


@pytest.fixture(scope="session")
def shared(start_demo: Callable[..., DemoProcess]) -> Asker:
    """A quick demo without faults, shared by all tests of the session."""
    return connect(start_demo(speed=100))


@pytest.fixture
def quiet(shared: Asker) -> Iterator[Asker]:
    """The shared demo with nothing running, before and after."""
    yield shared
    shared.ask("/confirmed_clear_all_jobs")
    if shared.current():
        shared.ask("/end_process_with_update")
    poll(lambda: shared.current() is None)


@pytest.fixture(scope="session")
def faulty(start_demo: Callable[..., DemoProcess]) -> Asker:
    """A demo with LoRAs where every second job fails and every third is partial."""
    loras = ("camera-orbit", "anime_v2", "style/ghibli")
    return connect(start_demo(speed=100, fail_every=2, partial_every=3, loras=loras))


@pytest.fixture(scope="session")
def odd(start_demo: Callable[..., DemoProcess]) -> Asker:
    """A demo with one LoRA and no sidecars, where strangers come with every submission."""
    faults = {"foreign_every": 1, "partial_every": 1}
    return connect(
        start_demo(speed=200, loras=("only",), metadata=False, root_path="/studio", **faults)
    )


@pytest.fixture
def image(tmp_path: Path) -> Callable[[int], Any]:
    """Pictures that differ: a number makes a 160 x 120 PNG, ready to be sent."""

    def make(number: int) -> Any:
        path = tmp_path / f"{number}.png"
        Image.fromarray(pixels(number)).save(path)
        return handle_file(str(path))

    return make


@pytest.fixture(scope="session")
def config_of(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The whole page's config in a dialect, made without a server."""
    made: dict[str, Any] = {}

    def make(name: str) -> Any:
        if name not in made:
            folders = Folders.under(Path(tmp_path_factory.mktemp("studio")))
            options = DemoOptions(dialect=name)
            page = make_page(DIALECTS[name], [], folders, {})
            Endpoints(options, folders, []).connect(page)
            add_features(Context(page, folders, options))
            made[name] = page.blocks.get_config_file()
        return made[name]

    return make
