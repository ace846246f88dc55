"""The background loop, and nested loops for those who want them."""

from __future__ import annotations

import asyncio
import concurrent.futures
import subprocess
import sys
import textwrap
import threading
import time

import pytest

from framepack_widgets import _loop


def python(code: str) -> list[str]:
    """Lines that a fresh interpreter printed."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split("\n")[:-1]


async def _thread_name() -> str:
    return threading.current_thread().name


def test_there_is_one_loop_in_one_daemon_thread() -> None:
    loop = _loop.background()
    assert _loop.background() is loop
    assert _loop.run(_thread_name()) == "framepack-widgets"
    (thread,) = [t for t in threading.enumerate() if t.name == "framepack-widgets"]
    assert thread.daemon


def test_many_threads_get_the_same_loop() -> None:
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        loops = set(pool.map(lambda _: id(_loop.background()), range(32)))
    assert len(loops) == 1


def test_it_works_while_this_thread_computes() -> None:
    ticks: list[float] = []

    async def tick() -> None:
        for _ in range(3):
            ticks.append(time.monotonic())
            await asyncio.sleep(0.005)

    work = _loop.submit(tick())
    end = time.monotonic() + 10
    while len(ticks) < 3 and time.monotonic() < end:
        sum(range(1000))
    work.result(10)
    assert len(ticks) == 3


def test_run_from_inside_a_running_loop() -> None:
    """As in a notebook's cell: its loop runs, and is blocked meanwhile."""

    async def cell() -> str:
        return _loop.run(_thread_name())

    assert asyncio.run(cell()) == "framepack-widgets"


def test_errors_come_through() -> None:
    async def broken() -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        _loop.run(broken())


def test_a_timeout_cancels_what_run_started() -> None:
    cancelled = threading.Event()

    async def long() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.set()
            raise

    with pytest.raises(TimeoutError, match=r"not finished after 0\.01 s"):
        _loop.run(long(), timeout=0.01)
    assert cancelled.wait(10)


def test_a_timeout_of_the_work_s_own_is_not_ours() -> None:
    async def broken() -> None:
        raise TimeoutError("of its own")

    with pytest.raises(TimeoutError, match="of its own"):
        _loop.run(broken(), timeout=30)


def test_a_result_that_comes_as_a_slice_of_the_wait_ends_is_the_result() -> None:
    class Late(concurrent.futures.Future[str]):
        def result(self, timeout: float | None = None) -> str:
            if self.done():
                return super().result(timeout)
            self.set_result("it")
            raise concurrent.futures.TimeoutError

    assert _loop.wait(Late()) == _loop.wait(Late(), 5) == "it"


def test_blocking_inside_the_loop_is_refused() -> None:
    async def inner() -> None:
        _loop.run(_thread_name())

    with pytest.raises(RuntimeError, match="wait for itself"):
        _loop.run(inner())


def test_waiting_ends_and_the_work_goes_on() -> None:
    future: concurrent.futures.Future[int] = concurrent.futures.Future()
    with pytest.raises(TimeoutError):
        _loop.wait(future, 0.01)
    assert not future.cancelled()
    future.set_result(3)
    assert _loop.wait(future, 0) == 3


NESTED = """
    import asyncio
    from framepack_widgets import _loop, allow_nested_loops

    async def inner():
        await asyncio.sleep(0.001)
        return "inner"

    async def cell():
        return asyncio.run(inner()), asyncio.get_event_loop().run_until_complete(inner())

"""


def test_without_it_loops_do_not_nest() -> None:
    lines = python(
        NESTED
        + """
    try:
        asyncio.run(cell())
    except RuntimeError as error:
        print(error)
    """
    )
    assert "running event loop" in lines[0]


def test_nested_loops_really_nest_and_the_background_loop_still_works() -> None:
    lines = python(
        NESTED
        + """
    before = _loop.run(inner())
    allow_nested_loops()
    allow_nested_loops()
    print(before, asyncio.run(cell()))
    print(_loop.run(inner()))

    async def from_a_cell():
        return _loop.run(inner()), await asyncio.wrap_future(_loop.submit(inner()))

    print(asyncio.run(from_a_cell()))
    """
    )
    assert lines == ["inner ('inner', 'inner')", "inner", "('inner', 'inner')"]


def test_nested_loops_before_the_background_loop_was_ever_used() -> None:
    lines = python(
        NESTED
        + """
    allow_nested_loops()
    print(asyncio.run(cell()), _loop.run(inner()))
    """
    )
    assert lines == ["('inner', 'inner') inner"]


def test_the_archived_original_is_refused() -> None:
    """It leaves the same mark as its successor, without the successor's own."""
    lines = python("""
    import asyncio, sys, types
    sys.modules["nest_asyncio"] = types.ModuleType("nest_asyncio")
    asyncio._nest_patched = True
    from framepack_widgets import _loop, allow_nested_loops
    try:
        allow_nested_loops()
    except RuntimeError as error:
        print(error)
    print("nest_asyncio2" in sys.modules)

    async def work():
        return "works"

    print(_loop.run(work()))
    """)
    assert "restart the kernel" in lines[0]
    assert lines[1:] == ["False", "works"]


def test_importing_the_package_patches_and_starts_nothing() -> None:
    lines = python("""
    import asyncio, sys, threading
    import framepack_widgets
    from framepack_widgets import _loop
    print(hasattr(asyncio, "_nest_patched"), "nest_asyncio2" in sys.modules)
    print(threading.active_count(), _loop._loop)
    """)
    assert lines == ["False False", "1 None"]


def test_news_told_before_the_wait_end_it() -> None:
    news = _loop.News()
    news.tell()
    news.tell()
    news.wait(30)
    since = time.monotonic()
    news.wait(0.05)
    assert time.monotonic() - since >= 0.05, "told once, waited for once"


def test_news_from_another_thread_end_the_wait() -> None:
    news, told = _loop.News(), threading.Event()

    def tell() -> None:
        told.set()
        news.tell()

    timer = threading.Timer(0.05, tell)
    timer.start()
    news.wait(30)
    assert told.is_set()
    timer.join()
