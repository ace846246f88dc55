"""What is done in a page is heard in the order in which it was done.

ipykernel 7.4 hands what a page tells a widget to the thread that was the last to tell that widget's
page something. Two widgets of one form may then be heard in two threads: Render before the prompt's
last letters, or these only when the cell that runs has ended. Here a message goes where the page
has sent it: one thread for all widgets, which runs beside the cells where page and kernel know how.
"""

from __future__ import annotations

from typing import Any

_ROUTE = "_reply_subshell_for"  # of ipykernel 7.4; without it nothing has to be done


def heard_in_order(widget: Any) -> None:
    """Let this widget, and all that lie in it, be heard so. Once its parts are there."""
    comm = getattr(widget, "comm", None)
    if hasattr(comm, _ROUTE):
        setattr(comm, _ROUTE, _as_sent)
    for child in getattr(widget, "children", ()):
        heard_in_order(child)


def _as_sent(_data: object, subshell: str | None) -> str | None:
    return subshell
