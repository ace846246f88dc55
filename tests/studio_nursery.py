"""A process that has imported Gradio once, and becomes a built-in Studio as often as it is asked.

Run by `quick_studios` with any interpreter: `python studio_nursery.py <number of the socket>`. Each
message is one Studio: {"arguments", "environment"} and two files, its standard input and its log.
Answers: {"born": pid} and, once one has ended, {"ended": pid, "code": exit code as of subprocess}.
Ends with the process that has the other end of the socket; its Studios end by themselves then.
"""

from __future__ import annotations

import gc
import json
import os
import random
import select
import signal
import socket
import sys
import traceback
from typing import Any

_LONGEST = 1_000_000  # bytes of a message


def main() -> None:
    line = socket.socket(fileno=int(sys.argv[1]))
    _import_all()
    woken, waker = os.pipe()
    os.set_blocking(waker, False)
    signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    while True:
        ready, _, _ = select.select([line, woken], [], [])
        if woken in ready:
            os.read(woken, 4096)
            _tell_ended(line)
        if line in ready:
            message, files, _, _ = socket.recv_fds(line, _LONGEST, 2)
            if not message:
                return
            child = os.fork()
            if child == 0:
                for each in (woken, waker, line.detach()):
                    os.close(each)
                _become(json.loads(message), files)
            for each in files:
                os.close(each)
            line.send(json.dumps({"born": child}).encode())


def _import_all() -> None:
    from framepack_widgets.demo.quick_start import all_of_it_stays, import_gradio

    with all_of_it_stays():
        import_gradio()
        import starlette.middleware  # noqa: F401

        import framepack_widgets.demo.__main__
        import framepack_widgets.demo.endpoints
        import framepack_widgets.demo.features
        import framepack_widgets.demo.page  # noqa: F401


def _tell_ended(line: socket.socket) -> None:
    while True:
        try:
            child, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not child:
            return
        code = os.waitstatus_to_exitcode(status)
        line.send(json.dumps({"ended": child, "code": code}).encode())


def _become(wanted: dict[str, Any], files: list[int]) -> None:
    """A Studio, as if started by itself. Never returns."""
    code = 1
    try:
        os.setsid()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for source, target in zip((files[0], files[1], files[1]), (0, 1, 2), strict=True):
            os.dup2(source, target)
        for each in files:
            os.close(each)
        os.environ.clear()
        os.environ.update(wanted["environment"])
        random.seed()  # or all of them would give themselves the same app_id
        gc.enable()
        from framepack_widgets.demo.__main__ import main as run

        code = run(wanted["arguments"])
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
