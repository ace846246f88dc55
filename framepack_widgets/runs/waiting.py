"""Waiting for a run: blocking, awaited, point by point."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Generator, Iterator
from typing import TYPE_CHECKING, Any

from framepack_widgets import _loop
from framepack_widgets.runs.point import RunPoint

if TYPE_CHECKING:
    from framepack_widgets.runs.sweep_run import SweepRun

_LOOK_S = 1.0  # between two looks at what another process may have written


class Waiting:
    """The part of `SweepRun` that is about waiting."""

    @property
    def _run(self) -> SweepRun:
        return self  # type: ignore[return-value]

    def result(self, timeout: float | None = None) -> tuple[RunPoint, ...]:
        """Wait until all points ended, or it was stopped; the points. timeout in s.

        Ctrl-C ends the wait, not the run. Raises TimeoutError, and what kept it from being made;
        points that failed raise nothing.
        """
        news, end = _loop.News(), None if timeout is None else time.monotonic() + timeout
        quiet = self._run.watch(news.tell)
        try:
            while not self._run.done:
                left = _LOOK_S if end is None else min(_LOOK_S, end - time.monotonic())
                if left <= 0:
                    raise TimeoutError(
                        f"The run {self._run.name!r} is still {self._run.state} after {timeout} s."
                        " It goes on; call result() again, or stop()."
                    )
                news.wait(left)
        finally:
            quiet()
        return self._outcome()

    def __await__(self) -> Generator[Any, None, tuple[RunPoint, ...]]:
        return self._wait().__await__()

    async def _wait(self) -> tuple[RunPoint, ...]:
        async for _ in self:
            pass
        return self._outcome()

    def _outcome(self) -> tuple[RunPoint, ...]:
        if self._run.error is not None:
            raise self._run.error
        return self._run.points

    async def __aiter__(self) -> AsyncIterator[RunPoint]:
        loop, news = asyncio.get_running_loop(), asyncio.Event()
        quiet = self._run.watch(lambda: _wake(loop, news))
        told: set[tuple[str, int]] = set()
        try:
            while True:
                news.clear()
                is_done, points = self._run.done, self._news(told)
                for point in points:
                    yield point
                if is_done:
                    return
                try:
                    await asyncio.wait_for(news.wait(), _LOOK_S)
                except asyncio.TimeoutError:
                    continue
        finally:
            quiet()

    def __iter__(self) -> Iterator[RunPoint]:
        news = _loop.News()
        quiet = self._run.watch(news.tell)
        told: set[tuple[str, int]] = set()
        try:
            while True:
                is_done = self._run.done
                yield from self._news(told)
                if is_done:
                    return
                news.wait(_LOOK_S)
        finally:
            quiet()

    def _news(self, told: set[tuple[str, int]]) -> list[RunPoint]:
        """Points that ended since the last look."""
        if not self._run._is_planned:
            return []
        new = [
            point
            for point in self._run.points
            if point.is_over and point.in_sweep and (point.id, point.number) not in told
        ]
        told.update((point.id, point.number) for point in new)
        return new


def _wake(loop: asyncio.AbstractEventLoop, news: asyncio.Event) -> None:
    loop.call_soon_threadsafe(news.set)
