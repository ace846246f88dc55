"""Telling when a server takes something else than before: it was updated, it got a LoRA."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from framepack_widgets.schema import Schema
    from framepack_widgets.studio.client import StudioClient

_log = logging.getLogger(__name__)


def watch(client: StudioClient, callback: Callable[[list[str]], object]) -> Callable[[], None]:
    """Call `callback(what changed, a sentence each)` in a thread of its own; the end of that."""

    def changed(before: Schema, now: Schema) -> None:
        # The event loop must go on meanwhile, and whoever is told may want to ask it something.
        told = threading.Thread(target=tell, args=(before.diff(now),), daemon=True)
        told.start()

    def tell(news: list[str]) -> None:
        try:
            callback(news)
        except Exception:  # noqa: BLE001 - nobody waits for this thread
            _log.exception("a watcher of the server's description failed")

    def end() -> None:
        if changed in client.schema_watchers:
            client.schema_watchers.remove(changed)

    client.schema_watchers.append(changed)
    return end
