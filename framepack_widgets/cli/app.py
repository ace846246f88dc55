"""`framepack-widgets app`: the App as a page of its own, served by Voilà."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
import webbrowser
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

import typer

from framepack_widgets.cli.options import Shelf
from framepack_widgets.cli.talk import Talk
from framepack_widgets.locations import default_folder

_HERE = "127.0.0.1"
_USUAL_PORT = 8866
_START_S = 60.0
_CELL = """import json, os
import framepack_widgets as fp
_given = json.loads(os.environ.pop("FRAMEPACK_APP", "{}"))
os.chdir(_given.get("folder", "."))
fp.App(_given.get("url"), library=_given.get("library"), verify=_given.get("verify", True))"""


def app(
    shelf: Shelf,
    url: Annotated[
        str | None,
        typer.Argument(
            metavar="[URL]",
            help='Address of the Studio, or "demo" for the built-in one. Default: '
            "FRAMEPACK_STUDIO_URL, else ports 7860 to 7869 of this machine.",
        ),
    ] = None,
    port: Annotated[
        int, typer.Option("--port", help="Port of 127.0.0.1; 0 chooses a free one.")
    ] = _USUAL_PORT,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open the page in a browser.")
    ] = True,
    verify: Annotated[
        bool, typer.Option("--verify/--no-verify", help="Check the Studio's TLS certificate.")
    ] = True,
) -> None:
    """Serve the App as a page of its own, to this machine only. Ctrl-C ends it; jobs stay.

    A login comes from the keyring (see login), or is typed into the page.
    """
    if find_spec("voila") is None:
        raise typer.BadParameter('it needs its extra: pip install "framepack-widgets[app]"')
    taken = _port(port)
    library = default_folder() if shelf.library is None else shelf.library.expanduser().resolve()
    given = {"url": url, "library": str(library), "verify": verify, "folder": str(Path.cwd())}
    with tempfile.TemporaryDirectory(prefix="framepack-app-") as folder:
        raise typer.Exit(_serve(Path(folder), taken, given, browser=browser))


def _serve(folder: Path, port: int, given: dict[str, Any], *, browser: bool) -> int:
    """Run Voilà until it ends; its exit code."""
    page, token = folder / "framepack-studio.ipynb", secrets.token_hex(16)
    page.write_text(json.dumps(_notebook()), encoding="utf-8")
    command = [
        *(sys.executable, "-m", "voila", str(page), "--no-browser", f"--port={port}"),
        *(f"--Voila.ip={_HERE}", "--Voila.port_retries=0", "--Voila.log_level=ERROR"),
        "--Voila.auto_token=True",  # takes the one in the environment
    ]
    # Not on the command line, which others can read: an address may hold a password.
    environment = {
        **os.environ,
        "FRAMEPACK_APP": json.dumps(given),
        "JUPYTER_TOKEN": token,
        "JUPYTER_PREFER_ENV_PATH": "1",  # the kernel of this environment, whatever else there is
    }
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    process = subprocess.Popen(command, env=environment)  # noqa: S603 - our own interpreter
    try:
        if _answers(port, process):
            address = f"http://{_HERE}:{port}/?token={token}"
            Talk().say(f"The App: {address}\nOnly this machine is served. Ctrl-C ends it.")
            if browser:
                _open(address, folder)
        return _waited(process)
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()


def _waited(process: subprocess.Popen[bytes]) -> int:
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue  # it has got the Ctrl-C, too, and ends its kernels before itself


def _answers(port: int, process: subprocess.Popen[bytes]) -> bool:
    """Wait until it does; False: it ended, or takes too long, and has said why itself."""
    end = time.monotonic() + _START_S
    while process.poll() is None and time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex((_HERE, port)) == 0:
                return True
        time.sleep(0.05)
    return False


def _open(address: str, folder: Path) -> None:
    """By way of a file: a browser's command line can be read by others, too."""
    page = folder / "open.html"
    page.write_text(
        f'<!doctype html><meta http-equiv="refresh" content="0;url={address}">', encoding="utf-8"
    )
    webbrowser.open(page.as_uri())


def _port(wanted: int) -> int:
    """That port if it is free, else one that is. Raises BadParameter where it was asked for."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            try:
                probe.bind((_HERE, port))
            except OSError:
                if wanted != _USUAL_PORT:
                    raise typer.BadParameter(
                        f"port {wanted} of {_HERE} is taken", param_hint="--port"
                    ) from None
                continue
            return int(probe.getsockname()[1])
    raise typer.BadParameter(f"no port of {_HERE} is free", param_hint="--port")


def _notebook() -> dict[str, Any]:
    cell: dict[str, Any] = {
        "cell_type": "code",
        "id": "app",
        "execution_count": None,
        "metadata": {},
        "outputs": [],
        "source": _CELL,
    }
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {
        "cells": [cell],
        "metadata": {"kernelspec": kernel, "title": "FramePack Studio"},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
