"""gradio_client's own Client for a Studio, for every endpoint that this package does not wrap."""

from __future__ import annotations

import inspect
from typing import Any

from framepack_widgets.errors import StudioRefused, StudioUnreachable
from framepack_widgets.studio.address import Address
from framepack_widgets.studio.connect import Credentials, tls_context


def open_gradio(address: Address, credentials: Credentials) -> Any:
    """A `gradio_client.Client` that is logged in, downloads nothing by itself and reports nothing.

    Its own defaults would send the server's address to its maker at each start, and (2.x) a Hugging
    Face token saved on this machine to the server: both are off here. Works with 1.8.0 and 2.x,
    whose arguments differ. Blocks for a second or so.
    """
    from gradio_client import Client

    class QuietClient(Client):  # type: ignore[misc,unused-ignore]
        # The switches for this differ between versions, and neither alone is enough in 2.x.
        def _telemetry_thread(self) -> None:
            return None

    known = inspect.signature(Client.__init__).parameters
    token_name = "token" if "token" in known else "hf_token"
    kwargs: dict[str, Any] = {
        "headers": credentials.all_headers(),
        "download_files": False,
        "ssl_verify": tls_context(address, credentials.verify),
        "verbose": False,
        token_name: False,
        "auth": credentials.auth,
        "httpx_kwargs": {"auth": address.basic} if address.basic else {},
    }
    if "analytics_enabled" in known:
        kwargs["analytics_enabled"] = False
    try:
        return QuietClient(address.root, **kwargs)
    except ValueError as error:  # what gradio_client raises for a refused login or a wrong server
        raise StudioRefused(f"gradio_client could not open {address.root}: {error}") from error
    except OSError as error:
        raise StudioUnreachable(f"gradio_client could not reach {address.root}: {error}") from error
