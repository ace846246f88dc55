"""A real kernel, driven as a page drives it, but message by message."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

PATIENCE_S = 30

# What the page's comm messages do in the kernel.
SETUP = """
import asyncio, sys, threading, time
from concurrent.futures import Future
from framepack_widgets import _loop

seen, after = [], []
future = Future()

def block(timeout=30):
    global future
    future = Future()
    print("blocked", flush=True)
    return _loop.wait(future, timeout)

def on_message(message):
    data = message["content"]["data"]
    seen.append(data["n"])
    exec(data.get("code", ""), globals())

def opened(comm, message):
    seen.append("open")
    comm.on_msg(on_message)
    comm.on_close(lambda message: seen.append("close"))

get_ipython().kernel.comm_manager.register_target("test", opened)
import ipykernel
print(ipykernel.__version__)
"""


class DrivenKernel:
    """One kernel and one page's connection to it."""

    def __init__(self, ipykernel: Path | None) -> None:
        tree = Path(__file__).resolve().parents[2]
        paths = [str(path) for path in (ipykernel, tree) if path]
        self.manager = KernelManager()
        self.manager.start_kernel(env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)})
        self.client: BlockingKernelClient = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)
        self.told: list[dict[str, Any]] = []
        self.replies: list[dict[str, Any]] = []
        self.version = self.run(SETUP)
        self.comm("open")

    # ------------------------------------------------------------------ sending

    def send(self, code: str, *, stop_on_error: bool = True) -> str:
        """Ask for a cell to be run; the message's id."""
        return str(self.client.execute(code, stop_on_error=stop_on_error, allow_stdin=False))

    def comm(self, n: int | str, code: str = "") -> str:
        """Send a widget's message ("open", "close" or a number); `code` runs in its handler."""
        content: dict[str, Any] = {"comm_id": "one", "data": {"n": n, "code": code}}
        kind = {"open": "comm_open", "close": "comm_close"}.get(str(n), "comm_msg")
        if kind == "comm_open":
            content["target_name"] = "test"
        message = self.client.session.msg(kind, content)
        self.client.shell_channel.send(message)
        return str(message["header"]["msg_id"])

    def block(self, code: str = "block()") -> str:
        """Run a cell and wait until it is blocked."""
        cell = self.send(code)
        self.until(lambda: "blocked" in self.printed(cell))
        return cell

    # ------------------------------------------------------------------ seeing

    def until(self, condition: Callable[[], Any], seconds: float = PATIENCE_S) -> None:
        """Listen until that is so."""
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, [
                (told["msg_type"], told["content"]) for told in self.told[-12:]
            ]
            self._listen()

    def _listen(self) -> None:
        if self.client.iopub_channel.socket.poll(10):
            self.told.append(self.client.get_iopub_msg(timeout=1))
        while self.client.shell_channel.socket.poll(0):
            self.replies.append(self.client.get_shell_msg(timeout=1))

    def printed(self, cause: str) -> str:
        """What was printed because of that message."""
        return "".join(
            told["content"]["text"]
            for told in self.told
            if told["msg_type"] == "stream" and told["parent_header"].get("msg_id") == cause
        )

    def statuses(self, cause: str) -> list[str]:
        return [
            told["content"]["execution_state"]
            for told in self.told
            if told["msg_type"] == "status" and told["parent_header"].get("msg_id") == cause
        ]

    def over(self, cause: str) -> dict[str, Any]:
        """The reply to that cell, once all that it told has arrived, too."""
        self.until(lambda: self.reply(cause) and "idle" in self.statuses(cause))
        return self.reply(cause) or {}

    def reply(self, cause: str) -> dict[str, Any] | None:
        for reply in self.replies:
            if reply["parent_header"].get("msg_id") == cause:
                return dict(reply["content"])
        return None

    def run(self, code: str) -> str:
        """Run a cell to its end; what it printed."""
        cell = self.send(code)
        reply = self.over(cell)
        assert reply["status"] == "ok", reply
        return self.printed(cell).strip()

    def stop(self) -> None:
        self.client.stop_channels()
        if self.manager.is_alive():
            self.manager.shutdown_kernel(now=True)
        self.manager.cleanup_resources()
