"""gradio_client's own Client for a Studio, for every endpoint that this package does not wrap."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from framepack_widgets.errors import StudioRefused
from framepack_widgets.studio.address import is_local
from framepack_widgets.studio.diagnosis import translated
from framepack_widgets.studio.line import Line

_guard = threading.Lock()


def open_gradio(line: Line) -> Any:
    """A `gradio_client.Client` with that line's way in; downloads and reports nothing by itself.

    Its own defaults would send the server's address to its maker at each start, and (2.x) a Hugging
    Face token saved on this machine to the server: both are off here. Works with 1.8.0 and 2.x,
    whose arguments differ. Blocks for a second or so. After a restart of a Studio with a login of
    its own, make a new one. Raises StudioUnreachable and StudioRefused.
    """
    from gradio_client import Client

    cookies = line.cookies

    class QuietClient(Client):  # type: ignore[misc,unused-ignore]
        # The switches for this differ between versions, and neither alone is enough in 2.x.
        def _telemetry_thread(self) -> None:
            return None

        def _login(self, auth: Any) -> None:  # noqa: ARG002
            # We are logged in. Its own login would leave out the headers a proxy asks for.
            self.cookies = dict(cookies)

    known = inspect.signature(Client.__init__).parameters
    token_name = "token" if "token" in known else "hf_token"
    kwargs: dict[str, Any] = {
        "headers": dict(line.headers),
        "download_files": False,
        "ssl_verify": line.verify,
        "verbose": False,
        token_name: False,
        "auth": ("", "") if cookies else None,
        "httpx_kwargs": {"trust_env": False} if is_local(line.root) else {},
    }
    if "analytics_enabled" in known:
        kwargs["analytics_enabled"] = False
    try:
        with translated(line.root), _quiet_hub():
            return QuietClient(line.root, **kwargs)
    except ValueError as error:  # what gradio_client raises for a refused login or a wrong server
        raise StudioRefused(f"gradio_client could not open {line.root}: {error}") from error


@contextmanager
def _quiet_hub() -> Iterator[None]:
    """Hugging Face's library asks its maker's server for a list before it makes a header's text.

    gradio_client has it make one, even for a server that has nothing to do with it. The switch
    against that is for the whole process, and is put back: what else uses that library here is not
    ours to decide.
    """
    from huggingface_hub import constants

    with _guard:
        before = constants.HF_HUB_DISABLE_TELEMETRY
        constants.HF_HUB_DISABLE_TELEMETRY = True
        try:
            yield
        finally:
            constants.HF_HUB_DISABLE_TELEMETRY = before
