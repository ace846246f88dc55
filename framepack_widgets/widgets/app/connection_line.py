"""The line about the Studio that the App is connected to, and the jobs of others that are ahead."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from framepack_widgets.widgets.app.app_text import connection_line
from framepack_widgets.widgets.app.connection_bar import ConnectionBar

if TYPE_CHECKING:
    from framepack_widgets.session import Studio


class ConnectionLine:
    """Writes into the bar. studio(): the one that is connected now."""

    def __init__(self, bar: ConnectionBar, studio: Callable[[], Studio | None]) -> None:
        self._bar, self._studio = bar, studio
        self._others: int | None = None

    def forget(self) -> None:
        """The Studio is another one: nobody knows what is ahead there."""
        self._others = None

    def text(self, studio: Studio) -> str:
        """`Studio 0.5.1 · 127.0.0.1:7860 · 6 models · 2 LoRAs`."""
        models, loras = len(studio.models), len(studio.loras)
        return connection_line(studio.version, studio.url, models, loras, self._others)

    def show(self, studio: Studio) -> None:
        """The bar says that this Studio is connected."""
        self._bar.show_connected(self.text(studio), studio.url)

    def ask_others(self, studio: Studio) -> None:
        """How many jobs of others are ahead: asked once, for it costs the server some work."""
        from framepack_widgets.widgets.app.server_queue import others_ahead, server_ids

        def ask() -> None:
            ours = server_ids(studio.library.unfinished(studio.key))
            self._others = others_ahead(studio.queue(), ours)
            if self._studio() is studio and self._bar.state == "connected":
                self.show(studio)

        self._bar._guarded(ask)
