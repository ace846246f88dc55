"""Which Studio the page is connected to, and the way to another one.

User, password and token reach the kernel as a message and are kept in no trait: nothing of them
can get into a saved notebook. The address that is shown has no credentials.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import traitlets

from framepack_widgets.widgets.assets import module, style
from framepack_widgets.widgets.page import PageWidget


@dataclass(frozen=True)
class Way:
    """A Studio and the way in, as somebody typed it."""

    url: str | None = field(repr=False)  # may hold user and password
    token: str | None = field(default=None, repr=False)
    auth: tuple[str, str] | None = field(default=None, repr=False)


class ConnectionBar(PageWidget):
    """One line about the connection; an address box; what is wrong, with a way on."""

    _esm = module("connection_bar", "dom")
    _css = style("connection_bar")

    state = traitlets.Enum(("connecting", "connected", "failed"), "connecting").tag(sync=True)
    line = traitlets.Unicode("").tag(sync=True)
    """What is connected, or what is being done."""
    address = traitlets.Unicode("").tag(sync=True)
    """Of the Studio, without credentials."""
    banner = traitlets.Unicode("").tag(sync=True)
    """What keeps a connected Studio from going on; "" while all is well."""
    news = traitlets.List(traitlets.Unicode()).tag(sync=True)
    """What the last refresh found; one sentence each."""
    keys_help = traitlets.List(traitlets.Tuple()).tag(sync=True)
    """(where, keys, what they do) of every key that our widgets know."""

    def __init__(
        self,
        connect: Callable[[Way], object],
        again: Callable[[], object],
        refresh: Callable[[], object],
        **traits: Any,
    ) -> None:
        super().__init__(**traits)
        self._connect = connect
        self._again = again
        self._refresh = refresh

    def show_connecting(self, line: str) -> None:
        """A connection is being made."""
        with self.hold_sync():
            self.state, self.line, self.trouble, self.banner = "connecting", line, "", ""
            self.news = []

    def show_connected(self, line: str, address: str) -> None:
        """It was made."""
        with self.hold_sync():
            self.state, self.line, self.address, self.trouble = "connected", line, address, ""

    def show_failed(self, message: str) -> None:
        """It could not be made."""
        with self.hold_sync():
            self.state, self.line, self.trouble = "failed", "Not connected", message

    def show_news(self, news: Sequence[str]) -> None:
        """What a refresh found."""
        self.news = list(news) or ["Nothing has changed on the server."]

    def _on_connect(self, message: dict[str, Any], _: object) -> None:
        url, token, user, password = (
            str(message.get(name) or "") for name in ("url", "token", "user", "password")
        )
        way = Way(url.strip() or None, token or None, (user, password) if user else None)
        self._connect(way)

    def _on_again(self, _: object, __: object) -> None:
        self._again()

    def _on_refresh(self, _: object, __: object) -> None:
        self._later(self._refresh)
