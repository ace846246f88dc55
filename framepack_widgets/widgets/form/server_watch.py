"""Noticing, while a form is looked at, that its server takes something else than it shows."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from framepack_widgets.errors import FramePackError
from framepack_widgets.widgets.presence import SeenWidget, Ticker

_EVERY_S = 15.0  # one small request


class ServerWatch:
    """Tells a form of a change, whoever notices it; asks for it now and then itself."""

    def __init__(self, seen: SeenWidget, changed: Callable[[list[str]], object]) -> None:
        """changed(sentences): in a thread of its own."""
        self._seen = seen
        self._changed = changed
        self._studio: Any = None
        self._stop: Callable[[], object] = _nothing
        self._ticker = Ticker(self._ask, lambda: seen.is_seen, _EVERY_S)
        seen.on_seen(self._ticker.start)

    def follow(self, studio: Any) -> None:
        """Watch this Studio from now on, and no other."""
        self._stop()
        self._studio = studio
        watch = getattr(studio, "watch_schema", None)
        self._stop = watch(self._changed) if watch is not None else _nothing

    def end(self) -> None:
        """Watch nothing any more."""
        self._ticker.end()
        self._stop()
        self._stop = _nothing

    def _ask(self) -> None:
        refresh = getattr(self._studio, "refresh", None)
        if refresh is None:
            return
        with suppress(FramePackError):  # away just now; what is asked of it says so
            refresh(if_restarted=True)


def _nothing() -> None:
    """There is nothing to stop."""
