"""Clicks during a blocking cell: a wait hands the kernel the widget messages that arrive meanwhile.

While a cell waits in Python, its kernel reads no messages: a Cancel button would do nothing until
the wait is over. So a wait in the kernel's main thread reads them itself, has the kernel's own
handlers handle `comm_*` messages, and gives all others to the kernel, in their order, for later.

ipykernel has no public way to do that. Every private name is asked for in `_fitting`, was read in
ipykernel 6.29 to 7.4, and where one is missing or different the wait is an ordinary one.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextvars
import inspect
import logging
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from framepack_widgets._interrupts import Interrupts

_log = logging.getLogger(__name__)

_COMMS = ("comm_open", "comm_msg", "comm_close")
# The coroutines of ipykernel 7 that hold a message from when it was read until it is handled.
_READERS = ("preserve_context", "shell_main", "dispatch_shell")
# Those that do no more than start one of these; the second one is that of Python 3.10.
_STARTERS = ("run_in_context", "run_in_context_pre311")

# Short waits stay what they look like: no click is handled in the middle of a quick call.
_MOMENT_S = 0.05
# ZeroMQ's poll cannot be interrupted on every system; short polls in a row can.
_SLICE_S = 0.1

Frames = list[Any]


def wait(future: concurrent.futures.Future[Any], end: float | None) -> None:
    """Until the future is done or time.monotonic() is `end`; anywhere but in a cell, not at all.

    Outside of a cell it returns at once: whoever calls waits in the ordinary way. KeyboardInterrupt
    ends it, also in a cell with a top-level `await`, where an interrupt waits for the event loop.
    """
    pump = None if future.done() else find()
    if pump is None:
        return
    with pump.interrupts as interrupts:
        concurrent.futures.wait([future], _left(end, _MOMENT_S))
        if future.done():
            return
        try:
            pump.run(future, end)
        except Exception:  # noqa: BLE001 - what handlers raise is told already; the wait goes on
            _log.debug("no more clicks during this wait", exc_info=True)
        # Clicks or not: an interrupt ends the wait.
        while not future.done() and (left := _left(end, _SLICE_S)) > 0:
            interrupts.check()
            concurrent.futures.wait([future], left)


def find() -> Pump | None:
    """The pump of the cell that runs in this thread; None: no such cell, or not a known kernel."""
    base = sys.modules.get("ipykernel.kernelbase")
    if base is None or threading.current_thread() is not threading.main_thread():
        return None
    try:
        from IPython import get_ipython

        kernel = getattr(get_ipython(), "kernel", None)
        return _fitting(kernel) if isinstance(kernel, base.Kernel) else None
    except Exception as error:  # noqa: BLE001 - private names of another package: anything may be
        _say_once(f"{type(error).__name__}: {error}")
        return None


def _fitting(kernel: Any) -> Pump | None:
    """The pump of this kernel if a cell of it is running here; raises where a name is missing."""
    thread = getattr(kernel, "shell_channel_thread", None)  # from 7.0 on
    stream = thread.manager._shell_channel_to_main.to_stream if thread else kernel.shell_stream
    if stream.io_loop.asyncio_loop is not asyncio.get_running_loop():
        return None  # a loop of the user's own: the kernel's tasks would be started in it
    queue = getattr(kernel, "msg_queue", None)  # up to 6.x
    running = kernel._main_asyncio_lock.locked() if queue is None else not queue._getters
    handlers = {kind: kernel.shell_handlers[kind] for kind in _COMMS}
    calls = [*handlers.values(), kernel.should_handle]
    if any(inspect.iscoroutinefunction(call) for call in calls):
        raise TypeError("a handler of comm messages is a coroutine")
    for owner, name in (
        *((kernel, name) for name in ("set_parent", "get_parent", "_publish_status")),
        *((stream, name) for name in ("_run_callback", "_recv_callback", "flush")),
        *((kernel.session, name) for name in ("feed_identities", "deserialize")),
    ):
        if not callable(getattr(owner, name)):
            raise TypeError(f"{name} cannot be called")
    if stream._recv_copy or stream.closed():
        raise TypeError("the stream of messages is a different one")
    _ = kernel._parent_ident["shell"]
    return Pump(kernel, stream, queue, handlers) if running else None


class _Bell:
    """A socket that can be read from once a future is done: for polling it beside another."""

    def __init__(self, future: concurrent.futures.Future[Any]) -> None:
        self._guard = threading.Lock()
        self.ear, self._hammer = socket.socketpair()
        self._hammer.setblocking(False)
        future.add_done_callback(self._ring)

    def _ring(self, _future: object) -> None:
        with self._guard:
            if self._hammer.fileno() >= 0:
                self._hammer.send(b"\0")

    def close(self) -> None:
        with self._guard:
            self._hammer.close()
        self.ear.close()


@dataclass
class Pump:
    """Reads the kernel's messages during one wait."""

    kernel: Any
    stream: Any
    queue: Any
    handlers: dict[str, Callable[..., Any]]
    interrupts: Interrupts = field(default_factory=Interrupts)

    def run(self, future: concurrent.futures.Future[Any], end: float | None) -> None:
        """See `wait`; the first moment is over."""
        import zmq

        if self._has_read_ahead():
            _log.debug("widget messages wait for the cell's end: others are before them")
            return
        with ExitStack() as ends:
            bell = _Bell(future)
            ends.callback(bell.close)
            # Reading has told the system that nothing is new: the kernel has to look by itself.
            ends.callback(self.stream.io_loop.add_callback, _look_again, self.stream)
            poller = zmq.Poller()
            poller.register(self.stream.socket, zmq.POLLIN)
            poller.register(bell.ear, zmq.POLLIN)
            while not future.done() and self._step(self._next_queued):
                self.interrupts.check()
            while not future.done() and (left := _left(end, _SLICE_S)) > 0:
                self.interrupts.check()
                if (
                    self.stream.socket in dict(poller.poll(round(left * 1000)))
                    and not future.done()
                ):
                    self._step(self._next_sent)

    def _step(self, take: Callable[[], Frames | None]) -> bool:
        """Take one message and handle it; False: there was none."""
        with self.interrupts.hold():
            frames = take()
            if frames is None:
                return False
            if self._header(frames).get("msg_type") in _COMMS:
                self._handle(frames)
            else:
                self._give_back(frames)
            return True

    def _next_sent(self) -> Frames | None:
        import zmq

        try:
            frames: Frames = self.stream.socket.recv_multipart(zmq.NOBLOCK, copy=False)
        except zmq.Again:
            return None
        return frames

    def _next_queued(self) -> Frames | None:
        """The first comm message that the kernel has read already (up to 6.x)."""
        found: Frames | None = None
        count = 0 if self.queue is None else self.queue.qsize()
        items = [self.queue.get_nowait() for _ in range(count)]
        for item in items:
            frames = item[2][0] if item[2] else None
            if found is None and frames and self._header(frames).get("msg_type") in _COMMS:
                found = frames
            else:
                self.queue.put_nowait(item)
        return found

    def _give_back(self, frames: Frames) -> None:
        """As if the kernel had just read it. It is handled after the cell: nothing else can be."""
        # In a context of its own, as when the event loop reads: the cell's must not leak into it.
        fresh = contextvars.Context()
        fresh.run(self.stream._run_callback, self.stream._recv_callback, frames)

    def _header(self, frames: Any) -> dict[str, Any]:
        """The header of a message; empty for what is none (the kernel sends itself such)."""
        if isinstance(frames, dict):
            return dict(frames.get("header", {}))
        try:
            _, parts = self.kernel.session.feed_identities(frames, copy=False)
            peeked = self.kernel.session.deserialize(parts, content=False, copy=False)
            return dict(peeked["header"])
        except (ValueError, IndexError, KeyError, TypeError, AttributeError):
            return {}

    def _handle(self, frames: Frames) -> None:
        kernel = self.kernel
        idents, parts = kernel.session.feed_identities(frames, copy=False)
        try:
            message = kernel.session.deserialize(parts, content=True, copy=False)
        except Exception:  # noqa: BLE001 - as the kernel does with it
            _log.debug("a widget message that cannot be read", exc_info=True)
            return
        ident, parent = kernel._parent_ident["shell"], kernel.get_parent("shell")
        try:
            # What the handler prints belongs to the message, as it always does.
            contextvars.copy_context().run(self._call, idents, message)
        finally:
            kernel.set_parent(ident, parent, channel="shell")
            kernel._publish_status("busy", "shell", parent)  # the cell still is

    def _call(self, idents: Any, message: dict[str, Any]) -> None:
        kernel = self.kernel
        kernel.set_parent(idents, message, channel="shell")
        kernel._publish_status("busy", "shell", message)
        try:
            if kernel.should_handle(self.stream, message, idents):
                with self.interrupts.allow():
                    self.handlers[message["header"]["msg_type"]](self.stream, idents, message)
        except Exception:  # noqa: BLE001 - a click's own errors are told by the kernel's handler
            _log.debug("handling a widget message", exc_info=True)
        finally:
            for out in (sys.stdout, sys.stderr):
                if out is not None:
                    out.flush()
            # The page sends a widget's next change only after the "idle" of its last one.
            kernel._publish_status("idle", "shell", message)

    def _has_read_ahead(self) -> bool:
        """Whether a comm message waits in a task of the kernel's (from 7.0 on).

        It was read while an earlier await let the event loop run. What came after it must not be
        handled before it.
        """
        own = self.kernel.get_parent("shell").get("header", {}).get("msg_id")
        for task in asyncio.all_tasks():
            work: Any = task.get_coro()
            frame = getattr(work, "cr_frame", None)
            if frame is None:
                continue
            name, seen = frame.f_code.co_name, frame.f_locals
            begun = name in _STARTERS and inspect.getcoroutinestate(work) != inspect.CORO_CREATED
            if name not in (*_READERS, *_STARTERS) or begun or seen.get("comm_task"):
                continue  # or it waits for another task, which tells more
            header = self._header(seen.get("msg") or (seen.get("args") or [None])[-1])
            if header.get("msg_type") in _COMMS and header.get("msg_id") != own:
                return True
        return False


def _look_again(stream: Any) -> None:
    if not stream.closed():
        stream.flush()


def _left(end: float | None, most: float) -> float:
    return most if end is None else max(0.0, min(most, end - time.monotonic()))


_said: set[str] = set()


def _say_once(reason: str) -> None:
    if reason not in _said:
        _said.add(reason)
        _log.debug("clicks wait for the end of a blocking cell in this kernel (%s)", reason)
