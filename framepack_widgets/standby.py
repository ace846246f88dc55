"""A process of its own that works a waiting list when the notebook that filled it is gone.

It stands by while the kernel lives (which holds the runner's lock), takes over when the kernel
ends, however that happens, and ends by itself when nothing is left to do. What it needs to know,
credentials among it, goes through its standard input: neither its command line nor its environment
shows any of it. Its own side is `cli/standby.py`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from framepack_widgets import durable
from framepack_widgets.errors import FramePackError, LibraryError
from framepack_widgets.lock import RunnerLock

_MODULE = "framepack_widgets.cli.standby"
_READY_S = 30.0  # until it has taken its lock or given up
_END_S = 15.0
_TAIL = 12  # lines of the log in an error message
_PACKAGE_ROOT = Path(__file__).resolve().parents[1]

_kept: list[subprocess.Popen[bytes]] = []  # their stdin stays open as long as this process lives


@dataclass(frozen=True)
class Place:
    """Where the stand-by of one Library and Studio keeps its files."""

    library: Path
    key: str  # of the Studio in the Library

    @property
    def folder(self) -> Path:
        return self.library / "standby"

    @property
    def log(self) -> Path:
        return self.folder / f"{self.key}.log"

    @property
    def facts(self) -> Path:
        return self.folder / f"{self.key}.json"

    @property
    def stop(self) -> Path:
        """Whoever makes this file asks the process to end."""
        return self.folder / f"{self.key}.stop"

    def lock(self) -> RunnerLock:
        """Held by the process as long as it lives."""
        return RunnerLock(self.folder / f"{self.key}.lock")


def running(place: Place) -> dict[str, Any] | None:
    """`pid` and `since` (s since 1970) of the process; None if there is none."""
    if not place.folder.is_dir():
        return None
    lock = place.lock()
    if lock.acquire():
        lock.release()
        return None
    try:
        found = json.loads(place.facts.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def start(place: Place, reach: dict[str, Any]) -> dict[str, Any]:
    """Start the process, and return what `running` says of it. Nothing happens if there is one.

    reach: the arguments of `connect` but the library. Raises FramePackError, with the end of its
    log, if it does not come up.
    """
    with durable.explaining("make", place.folder):
        place.folder.mkdir(exist_ok=True)
    found = running(place)
    if found is not None:
        return found
    with suppress(OSError):
        place.stop.unlink()
    order = _order(place, reach)
    with durable.explaining("write", place.log), place.log.open("ab") as log:
        process = _launched(log)
    _kept.append(process)
    with suppress(OSError):  # it ended at once: its log says why
        assert process.stdin is not None
        process.stdin.write(order)
        process.stdin.flush()
    end = time.monotonic() + _READY_S
    while time.monotonic() < end:
        found = running(place)
        if found and found.get("pid") == process.pid:
            return found
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise FramePackError(f"The process did not come up. Its log {place.log} ends: {_tail(place)}")


def end(place: Place) -> None:
    """Ask the process to end, and wait until it has let go of the list (it exits just after).

    What the Studio renders goes on. Raises FramePackError where it does not end.
    """
    if running(place) is None:
        return
    with durable.explaining("write", place.stop):
        place.stop.write_bytes(b"")
    limit = time.monotonic() + _END_S
    while running(place) is not None:
        if time.monotonic() > limit:
            raise FramePackError(
                f"The process has not ended within {_END_S:.0f} s; {place.log} may say why."
            )
        time.sleep(0.1)


def _order(place: Place, reach: dict[str, Any]) -> bytes:
    verify = reach.get("verify", True)
    if not isinstance(verify, (bool, str, os.PathLike)):
        raise LibraryError(
            "verify= is an object of this kernel, which no other process can be given. Connect "
            "with verify='certificate.pem', the path of the certificate to trust, and try again."
        )
    reach = {**reach, "verify": verify if isinstance(verify, (bool, str)) else os.fspath(verify)}
    return (json.dumps({"library": str(place.library), "key": place.key, **reach}) + "\n").encode()


def _launched(log: Any) -> subprocess.Popen[bytes]:
    path = os.pathsep.join(filter(None, (str(_PACKAGE_ROOT), os.environ.get("PYTHONPATH"))))
    options: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        apart = subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP
        options = {"creationflags": apart}
    return subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-m", _MODULE],
        stdin=subprocess.PIPE,
        stdout=log,
        stderr=log,
        env={**os.environ, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1"},
        **options,
    )


def _tail(place: Place) -> str:
    try:
        lines = place.log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        return f"(it cannot be read: {error})"
    return "\n".join(lines[-_TAIL:])
