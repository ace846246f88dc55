"""`python -m framepack_widgets.demo`: run the built-in Studio in the foreground."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from .folders import Folders
from .lifeline import end_with_parent
from .options import add_arguments, from_arguments
from .server import PortTakenError, RunningServer, launch

READY_FILE = "ready.json"  # in the server's folder; see `process`, which waits for it


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the server until it is interrupted; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m framepack_widgets.demo", description=__doc__)
    add_arguments(parser)
    parser.add_argument(
        "--end-with-parent",
        action="store_true",
        help="end when standard input is closed, that is with the process that started this one",
    )
    parser.add_argument(
        "--remove-workdir", action="store_true", help="remove the folder given with --workdir, too"
    )
    namespace = parser.parse_args(arguments)
    options = from_arguments(namespace)
    is_temporary = options.workdir is None or namespace.remove_workdir
    root = options.workdir or Path(tempfile.mkdtemp(prefix="framepack-demo-"))
    tidy = _remover(root) if is_temporary else _nothing
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # tidy up then, too
    if namespace.end_with_parent:
        end_with_parent(tidy)
    try:
        folders = Folders.under(root)
        server = launch(options, folders)
    except PortTakenError as error:
        sys.stderr.write(f"{error}\n")
        if options.workdir is None:
            tidy()
        return 1
    try:
        _tell(server, folders)
        server.wait()
    except KeyboardInterrupt:
        pass
    finally:
        tidy()
    return 0


def _tell(server: RunningServer, folders: Folders) -> None:
    """Print where the server is, and write it to a file for whoever started it."""
    about = {
        "url": server.url,
        "port": server.port,
        "pid": os.getpid(),
        "gradio": server.gradio_version,
    }
    scratch = folders.root / f"{READY_FILE}.part"
    scratch.write_text(json.dumps(about), encoding="utf-8")
    scratch.replace(folders.root / READY_FILE)
    sys.stdout.write(f"Demo Studio (no model) at {server.url}, files in {folders.root}\n")
    sys.stdout.flush()


def _remover(root: Path) -> Callable[[], None]:
    return lambda: shutil.rmtree(root, ignore_errors=True)


def _nothing() -> None:
    pass


if __name__ == "__main__":
    sys.exit(main())
