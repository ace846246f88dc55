"""Jupyter servers for the browser tests, each with all its folders in a temporary one."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from dataclasses import dataclass, field
from pathlib import Path

KEEPER = Path(__file__).with_name("keeper.py")
START_S = 60
_LONGEST_SOCKET = 107  # bytes in the name of a socket
_TREE = Path(__file__).resolve().parent.parent.parent
_SETTINGS = {
    # Cells out of view would be unmounted otherwise.
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
    "@jupyterlab/apputils-extension/notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
    "@jupyter-widgets/jupyterlab-manager/plugin": {"saveState": True},
}
# Nobody builds a Lab here; else each page that is loaded lets Node look whether one should.
_PAGE = {"buildAvailable": False, "buildCheck": False}
# Loopback never goes through a proxy.
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass
class Server:
    """A running Jupyter server."""

    url: str
    """Ends without a slash; no token in it."""
    root: Path
    """Its root folder, where notebooks have to lie."""
    token: str = field(default="", repr=False)
    home: Path | None = None
    """Holds its folders; None where the server is somebody else's."""
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def address(self, path: str) -> str:
        """The URL of a page of it, with the token."""
        mark = "&" if "?" in path else "?"
        token = f"{mark}token={self.token}" if self.token else ""
        return f"{self.url}/{path.lstrip('/')}{token}"

    def add_kernel(self, name: str, python: str | Path, **environment: str) -> str:
        """Offer another environment's ipykernel under this name; the name.

        The package is imported from this source tree; that environment needs what it depends on.
        """
        if self.home is None:
            raise RuntimeError("FRAMEPACK_TEST_LAB is somebody else's: no kernels can be added")
        folder = self.home / "data" / "kernels" / name
        folder.mkdir(parents=True, exist_ok=True)
        command = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        spec = {
            "argv": command,
            "display_name": name,
            "language": "python",
            "env": {"PYTHONPATH": str(_TREE), **environment},
        }
        (folder / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")
        return name

    def end_kernel(self, notebook: Path) -> None:
        """End the kernel of this notebook, if it has one."""
        wanted = notebook.relative_to(self.root).as_posix()
        for session in json.loads(self._ask("GET", "api/sessions")):
            if session["path"] == wanted:
                self._ask("DELETE", f"api/sessions/{session['id']}")

    def _ask(self, method: str, path: str) -> bytes:
        request = urllib.request.Request(f"{self.url}/{path}", method=method)
        request.add_header("Authorization", f"token {self.token}")
        with _direct.open(request, timeout=30) as answer:
            return bytes(answer.read())

    def log(self) -> str:
        """What it has written so far."""
        if self.home is None:
            return ""
        return (self.home / "server.log").read_text(encoding="utf-8", errors="replace")

    def stop(self) -> None:
        """End it with its kernels and remove its folders."""
        if self.process is not None and self.process.stdin is not None:
            self.process.stdin.close()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(30)
        if self.home is not None:
            shutil.rmtree(self.home, ignore_errors=True)


def start_lab() -> Server:
    """JupyterLab at /lab; where the package notebook is installed, Notebook 7 at /tree, too."""
    port, token, home = free_port(), secrets.token_hex(8), _new_home()
    for plugin, values in _SETTINGS.items():
        path = home / "settings" / f"{plugin}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values), encoding="utf-8")
    config = home / "config" / "labconfig" / "page_config.json"
    config.parent.mkdir(parents=True)
    config.write_text(json.dumps(_PAGE), encoding="utf-8")
    arguments = [
        "jupyterlab",
        "--no-browser",
        "--allow-root",
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        f"--IdentityProvider.token={token}",
        f"--ServerApp.root_dir={home / 'root'}",
        "--LabApp.expose_app_in_browser=True",
        "--JupyterNotebookApp.expose_app_in_browser=True",
        *_kernel_transport(home),
    ]
    return _started(arguments, home, port, token, "api/status")


def start_voila() -> Server:
    """Voilà on its own, as published: it shows outputs only and serves no /files/."""
    port, home = free_port(), _new_home()
    arguments = [
        "voila",
        str(home / "root"),
        "--no-browser",
        "--Voila.ip=127.0.0.1",
        f"--port={port}",
        "--show_tracebacks=True",
        *_kernel_transport(home),
    ]
    return _started(arguments, home, port, "", "")


def _kernel_transport(home: Path) -> list[str]:
    """Sockets in files where that is possible: each kernel takes five ports, which the server
    chooses some time before the kernel opens them, and a busy machine may have given them away.
    """
    longest = len(str(home / "runtime" / f"kernel-{uuid.uuid4()}-ipc-5"))
    possible = sys.platform == "linux" and longest < _LONGEST_SOCKET
    return ["--KernelManager.transport=ipc"] if possible else []


def existing(address: str, root: str) -> Server:
    """A Lab that somebody else keeps running; `address` as Jupyter prints it, with its token."""
    parts = urllib.parse.urlsplit(address)
    token = urllib.parse.parse_qs(parts.query).get("token", [""])[0]
    base = parts.path.split("/lab")[0].rstrip("/")
    return Server(f"{parts.scheme}://{parts.netloc}{base}", Path(root), token)


def free_port() -> int:
    """A port on 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _new_home() -> Path:
    home = Path(tempfile.mkdtemp(prefix="fpw-")).resolve()
    (home / "root").mkdir()
    return home


def _environment(home: Path) -> dict[str, str]:
    """Nothing of the developer's own: no settings, no library, no Studio."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("JUPYTER", "JPY_", "FRAMEPACK_STUDIO", "FRAMEPACK_LIBRARY"))
    }
    return {
        **kept,
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "IPYTHONDIR": str(home / "ipython"),
        "XDG_CONFIG_HOME": str(home / "xdg-config"),
        "XDG_DATA_HOME": str(home / "xdg-data"),
        "NO_PROXY": "127.0.0.1,localhost",
        "PYTHONUTF8": "1",
    }


def _started(arguments: list[str], home: Path, port: int, token: str, probe: str) -> Server:
    with (home / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, str(KEEPER), str(home), sys.executable, "-m", *arguments],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=home,
            env=_environment(home),
            start_new_session=sys.platform != "win32",  # Ctrl-C ends the tests, they end the server
        )
    server = Server(f"http://127.0.0.1:{port}", home / "root", token, home, process)
    try:
        _wait_for(server, probe)
    except BaseException:
        server.stop()
        raise
    return server


def _wait_for(server: Server, probe: str) -> None:
    deadline = time.monotonic() + START_S
    while True:
        try:
            _direct.open(server.address(probe), timeout=5).close()
            return
        except urllib.error.HTTPError:
            return  # it answers
        except OSError:
            pass
        assert server.process is not None
        if server.process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the Jupyter server did not come up:\n{server.log()[-4000:]}")
        time.sleep(0.05)
