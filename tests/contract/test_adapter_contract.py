"""Every Studio adapter keeps the same promises: the fake one, the HTTP client, a Studio of yours.

FRAMEPACK_STUDIO_URL adds that server; it has to be idle, and renders a few short clips.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator

import pytest

from framepack_widgets.demo.options import DemoOptions
from framepack_widgets.demo.process import DemoProcess, start
from framepack_widgets.studio import client
from framepack_widgets.studio.address import ENVIRONMENT
from framepack_widgets.studio.connect import Credentials, open_client
from framepack_widgets.studio.line import new_session
from framepack_widgets.studio.protocol import StudioAdapter
from framepack_widgets.testing import AdapterContract, FakeStudio


class FakeServerHandle:
    def __init__(self) -> None:
        self.fake = FakeStudio()

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
    @pytest.fixture
    def server(self) -> FakeServerHandle:
        return FakeServerHandle()


@pytest.fixture(scope="module")
def demo() -> Iterator[DemoProcess]:
    running = start(DemoOptions(speed=60))
    yield running
    running.stop()


class TestDemo(AdapterContract):
    @pytest.fixture
    def server(self, demo: DemoProcess, monkeypatch: pytest.MonkeyPatch) -> HttpServerHandle:
        # A session that was read gives heartbeats only; one second of them is enough here.
        monkeypatch.setattr(client, "_UNREAD_TIMEOUT_S", 1.0)
        return HttpServerHandle(demo.url)


@pytest.mark.skipif(ENVIRONMENT not in os.environ, reason=f"{ENVIRONMENT} names no Studio")
class TestOwnStudio(AdapterContract):
    @pytest.fixture
    def server(self) -> HttpServerHandle:
        return HttpServerHandle(os.environ[ENVIRONMENT])


def test_a_demo_that_was_killed_is_unreachable(demo: DemoProcess) -> None:
    """The last test of this module: it needs the server no more."""

    class Killable(HttpServerHandle):
        def refuse_connections(self) -> bool:
            demo.kill()
            return True

    AdapterContract().test_a_server_that_is_away_is_unreachable(Killable(demo.url))
