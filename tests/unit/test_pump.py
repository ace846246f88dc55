"""Which kernels the pump takes for ones it knows, and that it loses and reorders nothing."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any

import pytest
from pump_world import FakeKernel
from tornado.queues import Queue

from framepack_widgets import _loop, _pump
from framepack_widgets._interrupts import Interrupts

PATIENCE_S = 20


@pytest.fixture
def in_cell(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[FakeKernel], Any]], Any]:
    """Run a function as a cell of a fake kernel runs: in its event loop, in the main thread."""
    _pump._said.clear()

    def run(cell: Callable[[FakeKernel], Any]) -> Any:
        async def work() -> Any:
            kernel = FakeKernel()
            monkeypatch.setattr("IPython.get_ipython", lambda: SimpleNamespace(kernel=kernel))
            fake = SimpleNamespace(Kernel=FakeKernel)
            monkeypatch.setitem(sys.modules, "ipykernel.kernelbase", fake)
            try:
                return cell(kernel)
            finally:
                kernel.close()

        return asyncio.run(work())

    return run


def pump_until(future: Future[None], seconds: float = PATIENCE_S) -> None:
    _pump.wait(future, time.monotonic() + seconds)


def ended_by(kernel: FakeKernel, number: int) -> Future[None]:
    """Done once the message of that number was handled."""
    future: Future[None] = Future()

    def handle(stream: Any, idents: Any, message: Any) -> None:
        kernel.handle(stream, idents, message)
        if message["content"]["n"] == number:
            future.set_result(None)

    kernel.shell_handlers["comm_msg"] = handle
    return future


# ---------------------------------------------------------------------- where there is none


def test_there_is_none_in_a_script() -> None:
    assert _pump.find() is None


def test_there_is_one_in_a_cell_and_in_its_main_thread_only(in_cell) -> None:
    def cell(kernel: FakeKernel) -> Any:
        found: list[Any] = []
        thread = threading.Thread(target=lambda: found.append(_pump.find()))
        thread.start()
        thread.join()
        return _pump.find() is not None, found

    assert in_cell(cell) == (True, [None])


def missing(path: str) -> Callable[[FakeKernel], None]:
    def change(kernel: FakeKernel) -> None:
        *owners, name = path.split(".")
        owner: Any = kernel
        for each in owners:
            owner = getattr(owner, each)
        setattr(owner, name, None)

    return change


BROKEN: dict[str, Callable[[FakeKernel], None]] = {
    **{
        path: missing(path)
        for path in (
            "shell_channel_thread.manager",
            "shell_channel_thread.manager._shell_channel_to_main",
            "shell_channel_thread.manager._shell_channel_to_main.to_stream",
            "stream.io_loop",
            "stream._run_callback",
            "stream._recv_callback",
            "stream.flush",
            "session",
            "session.deserialize",
            "session.feed_identities",
            "_main_asyncio_lock",
            "_parent_ident",
            "set_parent",
            "get_parent",
            "_publish_status",
            "shell_handlers",
        )
    },
    "no handler": lambda kernel: kernel.shell_handlers.pop("comm_close"),
    "copies": lambda kernel: setattr(kernel.stream, "_recv_copy", True),
    "closed": lambda kernel: setattr(kernel.stream, "closed", lambda: True),
    "no shell stream": lambda kernel: setattr(kernel, "shell_channel_thread", None),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_a_kernel_that_is_different_is_left_alone_and_waits_end_as_ever(
    in_cell, caplog, broken: str
) -> None:
    def cell(kernel: FakeKernel) -> None:
        BROKEN[broken](kernel)
        assert _pump.find() is None
        kernel.page.send(b"a message")
        assert _loop.run(asyncio.sleep(0.1, "slept")) == "slept"
        assert _pump.find() is None
        assert not kernel.stream.given_back

    with caplog.at_level(logging.DEBUG, "framepack_widgets"):
        in_cell(cell)
    said = [record for record in caplog.records if "clicks wait" in record.message]
    assert len(said) == 1, "told once"
    assert said[0].levelno == logging.DEBUG


def test_handlers_that_are_coroutines_are_not_called(in_cell) -> None:
    async def handle(*_: Any) -> None: ...

    def cell(kernel: FakeKernel) -> Any:
        kernel.shell_handlers["comm_msg"] = handle
        return _pump.find()

    assert in_cell(cell) is None


def test_none_while_no_cell_runs(in_cell, caplog) -> None:
    def cell(kernel: FakeKernel) -> Any:
        kernel._main_asyncio_lock = SimpleNamespace(locked=lambda: False)
        return _pump.find()

    assert in_cell(cell) is None


def test_none_in_a_loop_of_the_user_s_own(in_cell) -> None:
    def cell(kernel: FakeKernel) -> Any:
        other = asyncio.new_event_loop()
        kernel.stream.io_loop.asyncio_loop = other
        try:
            return _pump.find()
        finally:
            other.close()

    assert in_cell(cell) is None


# ---------------------------------------------------------------------- messages


def test_comm_messages_are_handled_and_the_others_kept_in_their_order(in_cell) -> None:
    def cell(kernel: FakeKernel) -> None:
        future = ended_by(kernel, 7)
        kinds = ["comm_msg", "execute_request", "comm_open", "inspect_request", "comm_close"]
        for n, kind in enumerate([*kinds, "execute_request", "comm_info_request", "comm_msg"]):
            kernel.send(kind, n)
        kernel.page.send(b"stop aborting")
        kernel.send("comm_msg", 8)
        pump_until(future)
        assert kernel.handled == [0, 2, 4, 7]
        assert kernel.returned() == [1, 3, 5, 6]
        pump_until(ended_by(kernel, 8))
        assert kernel.handled == [0, 2, 4, 7, 8]
        assert kernel.returned()[4:] == [b"stop aborting"]

    in_cell(cell)


def test_the_kernel_looks_again_by_itself_afterwards(in_cell) -> None:
    """Reading took away the news that would have woken its event loop."""

    async def turn() -> None:
        await asyncio.sleep(0)

    def cell(kernel: FakeKernel) -> Any:
        future = ended_by(kernel, 1)
        kernel.send("comm_msg", 1)
        pump_until(future)
        return kernel.stream

    stream = in_cell(cell)
    assert stream.looked_again == 1


def test_the_parent_is_the_message_and_then_the_cell_again(in_cell) -> None:
    def cell(kernel: FakeKernel) -> None:
        future: Future[None] = Future()

        def handle(_stream: Any, _idents: Any, message: Any) -> None:
            assert kernel.parent["header"]["msg_id"] == sent
            future.set_result(None)
            raise ValueError("a bug of the handler's")

        kernel.shell_handlers["comm_msg"] = handle
        sent = kernel.send("comm_msg", 1)
        pump_until(future)
        assert kernel.parent == {"header": {"msg_id": "cell"}}
        assert kernel._parent_ident["shell"] == [b"cell"]
        assert kernel.statuses == [("busy", sent), ("idle", sent), ("busy", "cell")]

    in_cell(cell)


def test_what_a_kernel_6_has_read_already_is_handled_first(in_cell) -> None:
    def cell(kernel: FakeKernel) -> None:
        queue: Queue[Any] = Queue()
        kernel.as_6(queue)
        kinds = ("execute_request", "comm_msg", "comm_msg", "execute_request")
        for n, kind in enumerate(kinds):
            queue.put_nowait((n, "dispatch_shell", (kernel.frames(kind, n),)))
        queue.put_nowait((4, "stop_aborting", ()))
        kernel.send("comm_msg", 5)
        pump_until(ended_by(kernel, 5))
        assert kernel.handled == [1, 2, 5]
        assert [queue.get_nowait()[0] for _ in range(queue.qsize())] == [0, 3, 4]

    in_cell(cell)


async def shell_main(subshell_id: None, msg: Any) -> None: ...


async def run_in_context(*args: Any) -> None: ...


async def run_in_context_pre311(*args: Any) -> None: ...


async def preserve_context(f: Any, *args: Any) -> None: ...


@pytest.mark.parametrize(
    "reader", [shell_main, run_in_context, run_in_context_pre311, preserve_context]
)
def test_nothing_overtakes_what_a_kernel_7_has_read_already(in_cell, reader) -> None:
    def cell(kernel: FakeKernel) -> None:
        kernel.send("comm_msg", 2)
        other = asyncio.ensure_future(reader(None, kernel.frames("execute_request", 0)))
        read = asyncio.ensure_future(reader(None, kernel.frames("comm_msg", 1)))
        pump_until(ended_by(kernel, 2), 0.2)
        assert kernel.handled == []
        read.get_coro().close()
        other.cancel()

    in_cell(cell)


def test_a_task_that_is_only_to_be_put_away_holds_nothing_up(in_cell) -> None:
    async def run_in_context(*args: Any) -> None:
        await asyncio.sleep(30)

    def cell(kernel: FakeKernel) -> None:
        task = asyncio.ensure_future(run_in_context(kernel.frames("comm_msg", 1)))
        task.get_coro().send(None)
        kernel.send("comm_msg", 2)
        pump_until(ended_by(kernel, 2))
        assert kernel.handled == [2]
        task.get_coro().close()

    in_cell(cell)


def test_a_message_that_nobody_signed_is_the_kernel_s_affair(in_cell) -> None:
    def cell(kernel: FakeKernel) -> None:
        kernel.page.send_multipart([b"<IDS|MSG>", b"wrong", b"{}", b"{}", b"{}", b"{}"])
        kernel.send("comm_msg", 1)
        pump_until(ended_by(kernel, 1))
        assert kernel.handled == [1]
        assert len(kernel.stream.given_back) == 1

    in_cell(cell)


def test_the_wait_ends_with_the_future_and_with_the_time(in_cell) -> None:
    def cell(kernel: FakeKernel) -> None:
        assert _loop.run(asyncio.sleep(0.2, "slept")) == "slept"
        since = time.monotonic()
        with pytest.raises(TimeoutError):
            _loop.wait(Future(), 0.2)
        assert time.monotonic() - since >= 0.2

    in_cell(cell)


def test_a_kernel_that_closes_during_the_wait_does_not_end_it(in_cell) -> None:
    def cell(kernel: FakeKernel) -> None:
        kernel.shell_handlers["comm_msg"] = lambda *_: kernel.stream.socket.close()
        kernel.send("comm_msg", 1)
        assert _loop.run(asyncio.sleep(0.3, "slept")) == "slept"
        assert kernel.stream.socket.closed

    in_cell(cell)


def test_a_short_wait_handles_nothing(in_cell) -> None:
    def cell(kernel: FakeKernel) -> None:
        kernel.send("comm_msg", 1)
        with pytest.raises(TimeoutError):
            _loop.wait(Future(), 0.01)
        assert kernel.handled == []

    in_cell(cell)


# ---------------------------------------------------------------------- interrupts


def test_an_interrupt_ends_the_wait_and_the_old_handler_is_back(in_cell) -> None:
    """The old one here is a cell's with a top-level await: it only tells the event loop."""
    calls: list[int] = []

    def cell(kernel: FakeKernel) -> None:
        def interrupt(*_: Any) -> None:
            signal.raise_signal(signal.SIGINT)

        kernel.shell_handlers["comm_msg"] = interrupt
        before = signal.signal(signal.SIGINT, lambda *_: calls.append(1))
        try:
            kernel.send("comm_msg", 1)
            with pytest.raises(KeyboardInterrupt):
                pump_until(Future())
            assert kernel.parent == {"header": {"msg_id": "cell"}}
            assert kernel.statuses[-1] == ("busy", "cell")
            assert not calls
            signal.raise_signal(signal.SIGINT)
            assert calls == [1]
        finally:
            signal.signal(signal.SIGINT, before)

    in_cell(cell)


def test_an_interrupt_while_a_message_is_taken_loses_it_not(in_cell, monkeypatch) -> None:
    def cell(kernel: FakeKernel) -> None:
        peek = kernel.session.deserialize

        def interrupted(*args: Any, **options: Any) -> Any:
            signal.raise_signal(signal.SIGINT)
            return peek(*args, **options)

        kernel.session.deserialize = interrupted  # type: ignore[method-assign]
        kernel.send("comm_msg", 1)
        kernel.send("execute_request", 2)
        for _ in range(2):
            with pytest.raises(KeyboardInterrupt):
                pump_until(Future())
        kernel.session.deserialize = peek  # type: ignore[method-assign]
        assert kernel.handled == [1]
        assert kernel.returned() == [2]

    in_cell(cell)


class Interrupted:
    """Interrupted while it is deleted: Python drops the KeyboardInterrupt."""

    def __del__(self) -> None:
        signal.raise_signal(signal.SIGINT)


@pytest.fixture
def dropped(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What Python has dropped, by type."""
    seen: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda about: seen.append(about.exc_type))
    return seen


def test_an_interrupt_that_python_drops_ends_the_wait(in_cell, monkeypatch, dropped) -> None:
    """Seen with the frames of a message, which are deleted when it has been handled."""
    handle = _pump.Pump._step

    def step(pump: _pump.Pump, take: Any) -> bool:
        taken = handle(pump, take)
        if taken:
            Interrupted()
        return taken

    def cell(kernel: FakeKernel) -> None:
        monkeypatch.setattr(_pump.Pump, "_step", step)
        kernel.send("comm_msg", 1)
        since = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            pump_until(Future())
        assert time.monotonic() - since < PATIENCE_S / 2, "not at the end of the wait"
        assert kernel.handled == [1]

    in_cell(cell)
    assert dropped == [KeyboardInterrupt]


def test_an_interrupt_is_told_once(dropped) -> None:
    with pytest.raises(KeyboardInterrupt), Interrupts():
        Interrupted()
    assert dropped == [KeyboardInterrupt]
    with pytest.raises(KeyboardInterrupt), Interrupts() as interrupts:
        signal.raise_signal(signal.SIGINT)
    with Interrupts() as interrupts:
        with pytest.raises(KeyboardInterrupt), interrupts.hold():
            signal.raise_signal(signal.SIGINT)
            assert interrupts.noted
        with interrupts.hold(), interrupts.allow(), pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)  # a handler that catches it
        with pytest.raises(KeyboardInterrupt), interrupts.hold(), interrupts.allow():
            signal.raise_signal(signal.SIGINT)
        interrupts.check()


def test_interrupts_nest() -> None:
    outer, inner = Interrupts(), Interrupts()
    before = signal.getsignal(signal.SIGINT)
    with outer:
        of_outer = signal.getsignal(signal.SIGINT)
        with inner:
            assert signal.getsignal(signal.SIGINT) != of_outer
        assert signal.getsignal(signal.SIGINT) == of_outer
    assert signal.getsignal(signal.SIGINT) == before


def test_who_ignores_interrupts_goes_on_ignoring_them() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with Interrupts():
            signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)
