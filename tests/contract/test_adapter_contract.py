"""Every Studio adapter keeps the same promises: the fake one, the HTTP client, a Studio of yours.

FRAMEPACK_STUDIO_URL adds that server; it has to be idle, and renders a few short clips.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from framepack_widgets.demo.dialects import DIALECTS
from framepack_widgets.demo.options import DemoOptions
from framepack_widgets.demo.process import DemoProcess, start
from framepack_widgets.studio import client
from framepack_widgets.studio.address import ENVIRONMENT
from framepack_widgets.studio.connect import Credentials, open_client
from framepack_widgets.studio.line import new_session
from framepack_widgets.studio.protocol import StudioAdapter
from framepack_widgets.testing import AdapterContract, FakeStudio

USUAL = "0.5.1"


class FakeServerHandle:
    def __init__(self, **options: Any) -> None:
        self.fake = FakeStudio(**options)

    async def open(self) -> StudioAdapter:
        return self.fake

    async def idle(self) -> None:
        self.fake.tick()

    def new_session(self) -> str:
        return new_session()

    def refuse_connections(self) -> bool:
        self.fake.go_down()
        return True


class HttpServerHandle:
    def __init__(self, url: str) -> None:
        self.url = url

    async def open(self) -> StudioAdapter:
        return await open_client(self.url, Credentials())

    async def idle(self) -> None:
        await asyncio.sleep(0.02)

    def new_session(self) -> str:
        return new_session()

    def refuse_connections(self) -> bool:
        return False


class TestFakeStudio(AdapterContract):
    cancels_singly = False

    @pytest.fixture
    def server(self) -> FakeServerHandle:
        return FakeServerHandle()


class TestFakeStudioThatCancelsSingly(AdapterContract):
    cancels_singly = True

    @pytest.fixture
    def server(self) -> FakeServerHandle:
        return FakeServerHandle(cancels_singly=True)


@pytest.fixture(scope="module")
def demos() -> Iterator[Callable[[str], DemoProcess]]:
    """A built-in Studio of each dialect; the others start while the first ones are tested."""
    running: dict[str, Future[DemoProcess]] = {}
    with ThreadPoolExecutor(1) as pool:

        def demo(name: str) -> DemoProcess:
            for each in (name, *DIALECTS) if name != USUAL else (name,):
                if each not in running:
                    options = DemoOptions(speed=60, dialect=each)
                    running[each] = pool.submit(start, options, timeout=120)
            return running[name].result()

        yield demo
        for future in running.values():
            future.result().stop()


class OnDemo(AdapterContract):
    dialect = USUAL

    @pytest.fixture
    def server(
        self, demos: Callable[[str], DemoProcess], monkeypatch: pytest.MonkeyPatch
    ) -> HttpServerHandle:
        # A session that was read gives heartbeats only; half a second of them is enough here.
        monkeypatch.setattr(client, "_UNREAD_TIMEOUT_S", 0.5)
        return HttpServerHandle(demos(self.dialect).url)


class TestDemo(OnDemo):
    cancels_singly = False


@pytest.mark.slow
class TestDemo04(OnDemo):
    dialect, cancels_singly = "0.4", False


@pytest.mark.slow
class TestDemo06(OnDemo):
    dialect, cancels_singly = "0.6", False


@pytest.mark.slow
class TestDemo06Html(OnDemo):
    dialect, cancels_singly = "0.6-html", True


@pytest.mark.slow
class TestDemoOfTomorrow(OnDemo):
    dialect, cancels_singly = "future", False


@pytest.mark.skipif(ENVIRONMENT not in os.environ, reason=f"{ENVIRONMENT} names no Studio")
class TestOwnStudio(AdapterContract):
    """On a Studio of yours. It is left alone while somebody's jobs are there."""

    @pytest.fixture
    def server(self) -> HttpServerHandle:
        handle = HttpServerHandle(os.environ[ENVIRONMENT])
        if asyncio.run(is_busy(handle)):
            pytest.skip("somebody's jobs run or wait there")
        return handle


async def is_busy(handle: HttpServerHandle) -> bool:
    studio = await handle.open()
    try:
        waiting = any(row.is_open for row in await studio.queue())
        return waiting or await studio.current() is not None
    finally:
        await studio.aclose()


def test_a_demo_that_was_killed_is_unreachable(demos: Callable[[str], DemoProcess]) -> None:
    """The last test of this module: it needs the server no more."""
    demo = demos(USUAL)

    class Killable(HttpServerHandle):
        def refuse_connections(self) -> bool:
            demo.kill()
            return True

    AdapterContract().test_a_server_that_is_away_is_unreachable(Killable(demo.url))
