"""What the server says of itself: its queue, with our jobs marked, and what it accepts."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import traitlets

from framepack_widgets.schema_text import as_table
from framepack_widgets.widgets.assets import module, style
from framepack_widgets.widgets.presence import SeenWidget, Ticker

if TYPE_CHECKING:
    from framepack_widgets.job import JobRecord
    from framepack_widgets.session import Studio
    from framepack_widgets.studio.protocol import QueueRow

_EVERY_S = 5.0  # the queue costs the server some work
_OVER = ("completed", "failed", "cancelled")
_MOST = 100  # rows


class ServerQueue(SeenWidget):
    """The Server tab: facts, queue, what the server accepts. Asks only while it is in sight."""

    _esm = module("server_queue", "dom", "presence")
    _css = style("server_queue")

    facts = traitlets.List(traitlets.Tuple()).tag(sync=True)
    """(name, value)."""

    def __init__(
        self, studio: Studio, ours: Callable[[], Sequence[JobRecord]], **traits: Any
    ) -> None:
        self._studio = studio
        self._ours = ours
        self._told: dict[str, Any] = {}
        self._guard = threading.Lock()
        super().__init__(**traits)
        self._ticker = Ticker(self._ask, lambda: self.is_seen, _EVERY_S)
        self.on_seen(self._ticker.start)
        self.describe()

    def describe(self) -> None:
        """Read the facts anew, after the server's description was."""
        studio = self._studio
        self.facts = [
            ("address", studio.url),
            ("version", studio.version or "not shown by the server"),
            ("models", ", ".join(studio.models)),
            ("LoRAs", ", ".join(studio.loras) or "none"),
            ("library", str(studio.library.path)),
        ]

    def close(self) -> None:
        """Also ask no more."""
        self._ticker.end()
        super().close()

    def _on_look(self, _: object, __: object) -> None:
        if self._told:
            self._tell("queue", **self._told)

    def _on_refresh(self, _: object, __: object) -> None:
        self._later(self._ask)

    def _on_schema(self, _: object, __: object) -> None:
        self._tell("schema", rows=as_table(self._studio.schema))

    def _ask(self) -> None:
        self._guarded(self._ask_now)

    def _ask_now(self) -> None:
        with self._guard:
            ours = server_ids(self._ours())
            rows = self._studio.queue()
            self._told = {
                "rows": [_row(row, ours) for row in rows[-_MOST:]],
                "more": max(0, len(rows) - _MOST),
                "others": others_ahead(rows, ours),
                "at": time.strftime("%H:%M:%S"),
            }
            self.trouble = ""
            self._tell("queue", **self._told)


def server_ids(records: Sequence[JobRecord]) -> set[str]:
    """The server's ids of these jobs, as far as it has given them one."""
    return {record.trace.server_id for record in records if record.trace.server_id}


def others_ahead(rows: Sequence[QueueRow], ours: set[str]) -> int:
    """How many jobs of others wait or run on the server."""
    return sum(
        row.status.strip().lower() not in _OVER and not any(row.is_of(own) for own in ours)
        for row in rows
    )


def _row(row: QueueRow, ours: set[str]) -> dict[str, Any]:
    return {
        "ours": any(row.is_of(own) for own in ours),
        "open": row.status.strip().lower() not in _OVER,
        "cells": [row.id, row.type, row.status, row.created, row.started, row.elapsed],
    }
