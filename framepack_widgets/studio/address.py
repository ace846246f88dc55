"""Addresses of Studios: what a user may type, and what is made of it. Pure."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit, urlunsplit

from framepack_widgets.errors import StudioUnreachable

USUAL_PORTS = range(7860, 7870)  # Gradio takes the first free one of these
ENVIRONMENT = "FRAMEPACK_STUDIO_URL"

_HERE = "127.0.0.1"
# What a server prints when it listens on every address of its machine; not places to go to.
_EVERYWHERE = {"0.0.0.0": _HERE, "::": "::1"}  # noqa: S104 - nothing is bound here


@dataclass(frozen=True)
class Address:
    """Where a Studio is.

    root: scheme, host and path prefix, without a trailing slash and without credentials.
    basic: HTTP Basic user and password that stood in the URL, for a proxy; never shown or stored.
    """

    root: str
    basic: tuple[str, str] | None = field(default=None, repr=False)

    @property
    def is_tls(self) -> bool:
        return self.root.startswith("https://")


def parse(url: str) -> Address:
    """The address in what the user typed or copied from a browser.

    A full URL, with user:password@ or without; `host:7860`; `7860` for a port of this machine.
    Raises StudioUnreachable for what is no address; the message never shows what may be a password.
    """
    text = url.strip().strip("'\"")
    if re.fullmatch(r":?\d{1,5}(/.*)?", text):
        text = f"{_HERE}:{text.lstrip(':')}"
    text = re.sub(r"^(https?):?/+", r"\1://", text, flags=re.IGNORECASE)
    if "://" not in text:
        text = "http://" + text
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        # Python's own message quotes what it takes for the port: part of a password, perhaps.
        raise StudioUnreachable(_no_address(url, "its port is not a number up to 65535")) from None
    if parts.scheme not in ("http", "https"):
        raise StudioUnreachable(_no_address(url, "it does not begin with http:// or https://"))
    if not parts.hostname or port == 0 or re.search(r"[\s<>\"\\^`{|}]", parts.netloc):
        raise StudioUnreachable(_no_address(url, "it names no host that could exist"))
    if "@" not in parts.netloc and "@" in parts.path + parts.query + parts.fragment:
        raise StudioUnreachable(_no_address(url, "the password in it has a character of its own"))
    host = _EVERYWHERE.get(parts.hostname, parts.hostname)
    host = f"[{host}]" if ":" in host else host
    netloc = f"{host}:{port}" if port else host
    path = re.sub(r"/+$", "", parts.path).removesuffix("/gradio_api").rstrip("/")
    root = urlunsplit((parts.scheme, netloc, path, "", ""))
    basic = None
    if parts.username is not None:
        basic = (unquote(parts.username), unquote(parts.password or ""))
    return Address(root, basic)


def is_local(root: str) -> bool:
    """Whether that is this machine itself, where no proxy of the network's settings is of use."""
    host = urlsplit(root).hostname or ""
    return host in ("localhost", "::1") or host.endswith(".localhost") or host.startswith("127.")


def from_environment() -> str | None:
    """The address in FRAMEPACK_STUDIO_URL; None: it is not set."""
    return os.environ.get(ENVIRONMENT, "").strip() or None


def usual() -> list[str]:
    """Where to look on this machine."""
    return [f"http://{_HERE}:{port}" for port in USUAL_PORTS]


def _no_address(url: str, why: str) -> str:
    shown, hint = url.strip(), ""
    if "@" in shown:
        scheme, mark, _ = shown.partition("://") if "://" in shown else ("", "", "")
        shown = f"{scheme}{mark}...@{shown.rpartition('@')[2]}"
        hint = " In a user or password write @ as %40, / as %2F, # as %23, ? as %3F, : as %3A."
    shown = shown.partition("?")[0]
    return f"{shown!r} is no address of a Studio: {why}.{hint} {_EXAMPLE}"


_EXAMPLE = "Give something like http://127.0.0.1:7860, or 'demo' for the built-in Studio."
