"""Built-in Studios for tests in a third of the time: forked from a process that knows Gradio.

A test suite starts a hundred of them, and importing Gradio is most of what that takes. Linux only;
elsewhere, and where a kernel or a terminal starts one, each is a program of its own, as for users.
"""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

from framepack_widgets.demo.options import DemoOptions
from framepack_widgets.demo.process import _LOG, _PACKAGE_ROOT

_PROGRAM = Path(__file__).with_name("studio_nursery.py")
_START_S = 120


class Nursery:
    """One interpreter's process that Studios are forked from. Started with the first."""

    def __init__(self, python: str) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        environment = {
            **os.environ,
            "PYTHONPATH": str(_PACKAGE_ROOT),
            "PYTHONUNBUFFERED": "1",
            "PYTHONUTF8": "1",
            "OPENBLAS_NUM_THREADS": "1",  # threads do not come along
        }
        with theirs:
            self.process = subprocess.Popen(
                [python, str(_PROGRAM), str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                env=environment,
                start_new_session=True,
            )
        self._line = ours
        self._turn = threading.Lock()
        self._news = threading.Condition()
        self._born: list[int] = []
        self._ended: dict[int, int] = {}
        self._is_over = False
        threading.Thread(target=self._listen, name="nursery", daemon=True).start()

    def start(self, arguments: list[str], environment: dict[str, str], log: int) -> Child:
        """One more Studio."""
        theirs, ours = os.pipe()
        message = json.dumps({"arguments": arguments, "environment": environment}).encode()
        with self._turn:
            socket.send_fds(self._line, [message], [theirs, log])
            os.close(theirs)
            with self._news:
                self._news.wait_for(lambda: self._born or self._is_over, _START_S)
                if not self._born:
                    os.close(ours)
                    raise RuntimeError("no built-in Studio could be forked; see above")
                return Child(self._born.pop(), ours, self)

    def ended(self, pid: int, timeout: float | None) -> int | None:
        """The exit code; None while it goes on, after `timeout` s at most."""
        with self._news:
            self._news.wait_for(lambda: pid in self._ended or self._is_over, timeout)
            return self._ended.get(pid)

    def close(self) -> None:
        """End it; Studios that are left end, too."""
        self._line.shutdown(socket.SHUT_RDWR)
        self.process.wait(30)

    def _listen(self) -> None:
        while message := self._line.recv(10_000):
            told = json.loads(message)
            with self._news:
                if "born" in told:
                    self._born.append(told["born"])
                else:
                    self._ended[told["ended"]] = told["code"]
                self._news.notify_all()
        with self._news:
            self._is_over = True
            self._news.notify_all()


class Child:
    """What is used of a subprocess.Popen."""

    def __init__(self, pid: int, lifeline: int, nursery: Nursery) -> None:
        self.pid, self.returncode = pid, None
        self.stdin = os.fdopen(lifeline, "wb")
        self._nursery = nursery

    def poll(self) -> int | None:
        """The exit code, None while it runs."""
        return self._look(0)

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, once it has ended. Raises subprocess.TimeoutExpired."""
        code = self._look(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(f"Studio {self.pid}", timeout or 0)
        return code

    def send_signal(self, number: int) -> None:
        """Unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """At once."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Politely."""
        self.send_signal(signal.SIGTERM)

    def _look(self, timeout: float | None) -> int | None:
        if self.returncode is None:
            self.returncode = self._nursery.ended(self.pid, timeout)
        return self.returncode


class Nurseries:
    """One for each interpreter that is asked for; takes the place of `process._spawn`."""

    is_possible = sys.platform == "linux"

    def __init__(self) -> None:
        self._made: dict[str, Nursery] = {}
        self._guard = threading.Lock()

    def spawn(self, python: str, options: DemoOptions, workdir: Path, is_temporary: bool) -> Child:
        """As `process._spawn`."""
        arguments = dataclasses.replace(options, workdir=workdir).to_arguments()
        arguments.append("--end-with-parent")
        if is_temporary:
            arguments.append("--remove-workdir")
        with self._guard:
            if python not in self._made:
                self._made[python] = Nursery(python)
        with (workdir / _LOG).open("ab") as log:
            return self._made[python].start(arguments, dict(os.environ), log.fileno())

    def close(self) -> None:
        """End all of them."""
        for each in self._made.values():
            each.close()
