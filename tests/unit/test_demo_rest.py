"""The built-in Studio's queue looks often while it is used, and seldom otherwise."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from framepack_widgets.demo import rest


class Queue:
    """What is used of Gradio's queue."""

    def __init__(self) -> None:
        self.sleep_when_free = 0.001
        self.progress_update_sleep_when_free = 0.1
        self.active_jobs: list[Any] = [None, None]
        self.waiting: list[str] = []

    def __len__(self) -> int:
        return len(self.waiting)

    async def push(self, event: str, *, user: str) -> tuple[str, str]:
        return event, user

    @property
    def sleeps(self) -> tuple[float, float]:
        return self.sleep_when_free, self.progress_update_sleep_when_free


OFTEN, SELDOM = (0.02, 0.1), (rest._SELDOM, rest._SELDOM)


async def turns() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def test_it_sleeps_longer_when_nobody_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest, "_AWAKE", 0)
    queue = Queue()
    rest.rest_when_idle(queue)
    assert queue.sleeps == SELDOM

    async def day() -> None:
        assert await queue.push("call", user="me") == ("call", "me")
        assert queue.sleeps == OFTEN
        await turns()
        assert queue.sleeps == SELDOM

        queue.active_jobs[1] = ["call"]
        await queue.push("another", user="me")
        await turns()
        assert queue.sleeps == OFTEN  # it is being answered
        queue.active_jobs[1], queue.waiting = None, ["another"]
        await turns()
        assert queue.sleeps == OFTEN  # there is one more
        queue.waiting = []
        await turns()
        assert queue.sleeps == SELDOM

    asyncio.run(day())


def test_the_last_call_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    queue = Queue()
    rest.rest_when_idle(queue)

    async def day() -> None:
        monkeypatch.setattr(rest, "_AWAKE", 0)
        await queue.push("call", user="me")
        monkeypatch.setattr(rest, "_AWAKE", 60)
        await queue.push("another", user="me")
        await turns()
        assert queue.sleeps == OFTEN

    asyncio.run(day())


def test_a_version_without_such_settings_is_left_alone() -> None:
    queue = Queue()
    del queue.progress_update_sleep_when_free
    rest.rest_when_idle(queue)
    assert queue.sleep_when_free == 0.001
    assert "push" not in vars(queue)
    rest.rest_when_idle(None)
