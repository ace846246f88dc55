"""Running a notebook's cell again replaces what it made: the earlier widget is closed then."""

from __future__ import annotations

import sys
import threading
import weakref
from typing import Any, Protocol


class Closable(Protocol):
    """A widget that takes itself off the page and ends what it does."""

    def close(self) -> None: ...


_guard = threading.Lock()
_made: dict[str, tuple[str, list[weakref.ref[Any]]]] = {}  # cell -> (its run, widgets made in it)


def made_here(widget: Closable) -> None:
    """Note that the running cell made this widget; close those of the cell's earlier runs.

    Outside a notebook, and where the page does not tell which cell runs, nothing happens.
    """
    cell, run = _running_cell()
    if not cell:
        return
    with _guard:
        earlier_run, widgets = _made.get(cell, ("", []))
        mine = widgets if earlier_run == run else []
        mine.append(weakref.ref(widget))
        _made[cell] = run, mine
    if earlier_run != run:
        for reference in widgets:
            earlier = reference()
            if earlier is not None:
                earlier.close()


def _running_cell() -> tuple[str, str]:
    """Id of the cell and of this run of it; empty where nobody tells."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    parent: Any = getattr(shell, "get_parent", dict)()
    try:
        cell = parent["metadata"]["cellId"]
        return str(cell), str(parent["header"]["msg_id"])
    except (KeyError, TypeError):
        return "", ""
