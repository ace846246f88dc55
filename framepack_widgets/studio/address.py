"""Addresses of Studios: what a user may type, and what is made of it. Pure."""

from __future__ import annotations

import os
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit, urlunsplit

from framepack_widgets.errors import StudioUnreachable

USUAL_PORTS = range(7860, 7870)  # Gradio takes the first free one of these
ENVIRONMENT = "FRAMEPACK_STUDIO_URL"


@dataclass(frozen=True)
class Address:
    """Where a Studio is.

    root: scheme, host and path prefix, without a trailing slash and without credentials.
    basic: HTTP Basic user and password that stood in the URL, for a proxy; never shown or stored.
    """

    root: str
    basic: tuple[str, str] | None = None

    @property
    def is_tls(self) -> bool:
        return self.root.startswith("https://")


def parse(url: str) -> Address:
    """The address in what the user typed: `host:7860`, a full URL, one with user:password@ in it.

    Raises StudioUnreachable for what is no address.
    """
    text = url.strip()
    if "://" not in text:
        text = "http://" + text
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise StudioUnreachable(f"{url!r} is no address: {error}. {_EXAMPLE}") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise StudioUnreachable(f"{url!r} is no address of a Studio. {_EXAMPLE}")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    if host == "0.0.0.0":  # noqa: S104 - what a Studio prints when it starts; not a place to go to
        host = "127.0.0.1"
    netloc = f"{host}:{port}" if port else host
    path = parts.path.rstrip("/")
    if path.endswith("/gradio_api"):
        path = path.removesuffix("/gradio_api")
    root = urlunsplit((parts.scheme, netloc, path, "", ""))
    basic = None
    if parts.username is not None:
        basic = (unquote(parts.username), unquote(parts.password or ""))
    return Address(root, basic)


def candidates() -> list[str]:
    """Where to look when no address is given: the environment's, else this machine's usual ports."""
    given = os.environ.get(ENVIRONMENT, "").strip()
    return [given] if given else [f"http://127.0.0.1:{port}" for port in USUAL_PORTS]


_EXAMPLE = "Give something like http://127.0.0.1:7860, or 'demo' for the built-in Studio."
