"""`framepack-widgets demo`: the built-in Studio in the foreground."""

from __future__ import annotations

import socket
from importlib.util import find_spec

import typer

# Where `connect` without an address looks, so that both find each other without being told.
_PORTS = range(7860, 7870)


def demo(context: typer.Context) -> None:
    """Run the built-in Studio: real clips without a GPU, no model. All options: demo -- --help"""
    if find_spec("gradio") is None:
        raise typer.BadParameter('it needs its extra: pip install "framepack-widgets[demo]"')
    from framepack_widgets.demo.__main__ import main

    arguments = list(context.args)
    if not any(argument.split("=")[0] == "--port" for argument in arguments):
        arguments += [f"--port={_free_port()}"]
    raise typer.Exit(main(arguments))


def _free_port() -> int:
    """The first of the usual ports that nobody listens on; 0, any, if all are taken."""
    for port in _PORTS:
        with socket.socket() as probe:
            probe.settimeout(0.2)
            if probe.connect_ex(("127.0.0.1", port)):
                return port
    return 0
