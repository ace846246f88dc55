"""A kernel's insides as far as the pump knows them: real sockets and messages, nothing behind."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import zmq
from jupyter_client.session import Session


class FakeStream:
    """What reads the socket in the kernel's event loop."""

    def __init__(self, socket: zmq.Socket[Any], loop: asyncio.AbstractEventLoop) -> None:
        self.socket = socket
        self.io_loop = SimpleNamespace(asyncio_loop=loop, add_callback=loop.call_soon)
        self.looked_again = 0
        self.given_back: list[Any] = []
        self._recv_copy = False
        self._recv_callback = self.given_back.append

    def _run_callback(self, callback: Any, *args: Any) -> None:
        callback(*args)

    def flush(self) -> None:
        self.looked_again += 1

    def closed(self) -> bool:
        return False


class FakeKernel:
    """As ipykernel 7; `as_6()` makes it one of the 6.x."""

    def __init__(self) -> None:
        self.context = zmq.Context()
        self.page, kernel_side = self.context.socket(zmq.PAIR), self.context.socket(zmq.PAIR)
        self.page.bind("inproc://pump")
        kernel_side.connect("inproc://pump")
        stream = FakeStream(kernel_side, asyncio.get_running_loop())
        manager = SimpleNamespace(_shell_channel_to_main=SimpleNamespace(to_stream=stream))
        self.stream = stream
        self.shell_channel_thread: Any = SimpleNamespace(manager=manager)
        self._main_asyncio_lock: Any = SimpleNamespace(locked=lambda: True)
        self.session = Session(key=b"secret")
        self._parent_ident = {"shell": [b"cell"]}
        self.parent: Any = {"header": {"msg_id": "cell"}}
        self.handled: list[Any] = []
        self.statuses: list[tuple[str, str]] = []
        self.shell_handlers: dict[str, Any] = dict.fromkeys(
            ("comm_open", "comm_msg", "comm_close"), self.handle
        )

    def as_6(self, queue: Any) -> None:
        self.shell_stream, self.shell_channel_thread = self.stream, None
        self.msg_queue = queue
        del self._main_asyncio_lock

    def handle(self, _stream: Any, _idents: Any, message: Any) -> None:
        self.handled.append(message["content"]["n"])

    def should_handle(self, _stream: Any, _message: Any, _idents: Any) -> bool:
        return True

    def get_parent(self, _channel: str) -> Any:
        return self.parent

    def set_parent(self, ident: Any, parent: Any, channel: str) -> None:
        self._parent_ident[channel] = ident
        self.parent = parent

    def _publish_status(self, status: str, _channel: str, parent: Any) -> None:
        self.statuses.append((status, parent["header"].get("msg_id")))

    # ------------------------------------------------------------------ the page's side

    def send(self, kind: str, n: int) -> str:
        message = self.session.msg(kind, {"n": n})
        self.session.send(self.page, message)
        return str(message["header"]["msg_id"])

    def frames(self, kind: str, n: int) -> list[zmq.Frame]:
        """A message as the kernel has it that has read it."""
        parts = self.session.serialize(self.session.msg(kind, {"n": n}))
        return [zmq.Frame(part) for part in parts]

    def returned(self) -> list[Any]:
        """The numbers of the messages that were given back."""
        found = []
        for frames in self.stream.given_back:
            if len(frames) == 1:
                found.append(frames[0].bytes)
                continue
            _, parts = self.session.feed_identities(frames, copy=False)
            message = self.session.deserialize(parts, content=False, copy=False)
            found.append(self.session.unpack(message["content"])["n"])
        return found

    def close(self) -> None:
        self.context.destroy(linger=0)
