"""Starts the built-in Studio's Gradio server in this process."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from typing import Any

from .dialects import DIALECTS
from .folders import Folders
from .options import DemoOptions
from .quick_start import all_of_it_stays, building, import_gradio
from .rest import rest_when_idle
from .sidecar import DUMMY_LORA

HOST = "127.0.0.1"  # nobody but this machine
_TRIES = 5  # at a free port, which somebody else may take meanwhile


class PortTakenError(Exception):
    """The wanted port is in use."""


@dataclass(frozen=True)
class RunningServer:
    """A server that answers."""

    url: str
    port: int
    gradio_version: str
    blocks: Any

    def wait(self) -> None:
        """Wait until the server is closed or interrupted."""
        self.blocks.block_thread()


def launch(options: DemoOptions, folders: Folders) -> RunningServer:
    """Start the server and return once it answers. Raises PortTakenError."""
    _keep_quiet(folders)
    with all_of_it_stays():
        import_gradio()  # after the environment is set: it reads it when imported
        return _launch(options, folders)


def _launch(options: DemoOptions, folders: Folders) -> RunningServer:
    import gradio as gr
    from starlette.middleware import Middleware

    from .compat import IS_NEWER, behave_like_a_studio
    from .endpoints import Endpoints
    from .faults import SlowDownloads
    from .features import Context, add_features
    from .page import make_page

    loras = list(options.loras)
    if len(loras) == 1:
        loras.append(DUMMY_LORA)
    look: dict[str, Any] = {"theme": gr.themes.Default(font=["system-ui"], font_mono=["monospace"])}
    behave_like_a_studio()
    with building():
        endpoints = Endpoints(options, folders, loras)
        page = make_page(DIALECTS[options.dialect], loras, folders, {} if IS_NEWER else look)
        endpoints.connect(page)
        add_features(Context(page, folders, options))
        page.blocks.queue()
    middleware = []
    if options.slow_download:
        middleware.append(Middleware(SlowDownloads, bytes_per_second=options.slow_download))
    rest_when_idle(page.blocks._queue)
    port = _launch_somewhere(
        page.blocks,
        options.port,
        auth=options.auth,
        root_path=options.root_path or None,
        allowed_paths=[str(folders.outputs), str(folders.metadata)],
        app_kwargs={"middleware": middleware},
        **(look if IS_NEWER else {}),  # newer Gradio takes it here
    )
    return RunningServer(f"http://{HOST}:{port}", port, gr.__version__, page.blocks)


def _launch_somewhere(blocks: Any, wanted: int, **settings: Any) -> int:
    """Launch at the wanted port, or at a free one if it is 0; the port."""
    for attempt in range(_TRIES):
        port = wanted or _free_port()
        try:
            blocks.launch(
                server_name=HOST,
                server_port=port,
                share=False,
                inbrowser=False,
                quiet=True,
                prevent_thread_lock=True,
                ssr_mode=False,
                **settings,
            )
        except OSError as error:
            if wanted or attempt == _TRIES - 1:
                raise PortTakenError(f"port {port} on {HOST} is in use: choose another") from error
        else:
            return port
    raise PortTakenError(f"no free port on {HOST}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _keep_quiet(folders: Folders) -> None:
    """Nothing of this leaves the machine, and copies of files stay in the server's own folder."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ["GRADIO_TEMP_DIR"] = str(folders.temp)
    for name in ("no_proxy", "NO_PROXY"):  # Gradio asks itself whether it is up
        known = os.environ.get(name, "")
        if HOST not in known:
            os.environ[name] = f"{known},{HOST},localhost".lstrip(",")
