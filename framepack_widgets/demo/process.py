"""The built-in Studio in a child process: start it, know its address, end it.

    with start(DemoOptions(speed=20)) as demo:
        print(demo.url)

The child ends with this process, however this one ends.
"""

from __future__ import annotations

import contextlib
import dataclasses
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import weakref
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from ..errors import StudioUnreachable
from .options import DemoOptions

_READY_FILE = "ready.json"  # written by `__main__` once the server answers
_LOG = "server.log"
_TAIL = 15  # lines of the log that an error message shows
_PACKAGE_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class DemoProcess:
    """A built-in Studio that runs in a child process."""

    url: str
    port: int
    gradio_version: str
    """The Gradio it runs on."""
    workdir: Path
    """Its folder: outputs, queue.json, jobs.jsonl and server.log."""
    options: DemoOptions
    process: subprocess.Popen[bytes] = dataclasses.field(repr=False)
    _tidy: weakref.finalize[Any, Any] = dataclasses.field(repr=False)

    @property
    def is_running(self) -> bool:
        """Whether the child process lives."""
        return self.process.poll() is None

    def stop(self, timeout: float = 5.0) -> None:
        """End it politely, after `timeout` seconds forcibly. A temporary folder is removed."""
        if self.process.stdin is not None:
            with contextlib.suppress(OSError):
                self.process.stdin.close()
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._tidy()

    def kill(self) -> None:
        """End it at once, as by a crash. Its folder stays, unless it is temporary."""
        self.process.kill()
        self.process.wait()
        if self.process.stdin is not None:
            self.process.stdin.close()
        self._tidy()

    def jobs_log(self) -> list[dict[str, Any]]:
        """The server's own log of its jobs, oldest event first (see `job_log`)."""
        path = self.workdir / "jobs.jsonl"
        if not path.exists():
            return []
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        return [json.loads(line) for line in lines if line.endswith("\n")]

    def __enter__(self) -> DemoProcess:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def start(
    options: DemoOptions | None = None, *, python: str | None = None, timeout: float = 60.0
) -> DemoProcess:
    """Start a built-in Studio and wait until it answers, at most `timeout` seconds.

    `python` is another interpreter to run it with; it needs gradio, numpy, Pillow and av. Raises
    StudioUnreachable with the end of the server's log if it does not come up.
    """
    options = options or DemoOptions()
    if python is None:
        _require_gradio()
    is_temporary = options.workdir is None
    workdir = options.workdir or Path(tempfile.mkdtemp(prefix="framepack-demo-"))
    workdir.mkdir(parents=True, exist_ok=True)
    workdir = workdir.resolve()
    ready = workdir / _READY_FILE
    ready.unlink(missing_ok=True)
    child = _spawn(python or sys.executable, options, workdir, is_temporary)
    tidy = weakref.finalize(child, _remove, workdir if is_temporary else None)
    try:
        about = _wait_until_ready(child, ready, workdir / _LOG, timeout)
    except BaseException:
        child.kill()
        child.wait()
        tidy()
        raise
    return DemoProcess(about["url"], about["port"], about["gradio"], workdir, options, child, tidy)


def _spawn(
    python: str, options: DemoOptions, workdir: Path, is_temporary: bool
) -> subprocess.Popen[bytes]:
    arguments = dataclasses.replace(options, workdir=workdir).to_arguments()
    if is_temporary:
        arguments.append("--remove-workdir")
    command = [python, "-m", "framepack_widgets.demo", "--end-with-parent", *arguments]
    paths = [str(_PACKAGE_ROOT), os.environ.get("PYTHONPATH", "")]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(path for path in paths if path),
        "PYTHONUNBUFFERED": "1",
        "PYTHONUTF8": "1",
    }
    # A group of its own: Ctrl-C in a terminal or kernel ends a cell, not the server.
    group: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        group = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    with (workdir / _LOG).open("ab") as log:
        return subprocess.Popen(  # noqa: S603  the command is ours
            command,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environment,
            **group,
        )


def _wait_until_ready(
    child: subprocess.Popen[bytes], ready: Path, log: Path, timeout: float
) -> dict[str, Any]:
    deadline = time.monotonic() + timeout
    while not ready.exists():
        if child.poll() is not None:
            raise StudioUnreachable(
                f"the demo Studio ended with code {child.returncode} before it answered.\n"
                + _tail(log)
            )
        if time.monotonic() > deadline:
            raise StudioUnreachable(
                f"the demo Studio did not answer within {timeout:.0f} s.\n" + _tail(log)
            )
        time.sleep(0.05)
    about: dict[str, Any] = json.loads(ready.read_text(encoding="utf-8"))
    return about


def _require_gradio() -> None:
    missing = [name for name in ("gradio", "av") if importlib.util.find_spec(name) is None]
    if missing:
        raise StudioUnreachable(
            f'the demo Studio needs {" and ".join(missing)}: pip install "framepack-widgets[demo]"'
        )


def _tail(log: Path) -> str:
    if not log.exists():
        return "It wrote no log."
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-_TAIL:]
    return "\n".join(["The end of its log:", *lines])


def _remove(workdir: Path | None) -> None:
    if workdir is not None:
        shutil.rmtree(workdir, ignore_errors=True)
