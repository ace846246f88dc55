"""Closing a box with everything in it: ipywidgets keeps every widget until it is closed itself."""

from __future__ import annotations

from typing import Any

import ipywidgets


def close_all(widget: Any) -> None:
    """Close the widget and all widgets that its traits hold: children, layouts, styles.

    Also where it was closed itself before; what is below may be open still.
    """
    parts = below(widget)
    widget.close()
    for part in parts:
        close_all(part)


def below(widget: Any) -> list[Any]:
    """The widgets that its traits hold; to be asked for before it is closed."""
    if _shares(widget):
        return []
    found: list[Any] = []
    for name in widget.keys:
        value = getattr(widget, name, None)
        values = value if isinstance(value, (tuple, list)) else (value,)
        found.extend(each for each in values if isinstance(each, ipywidgets.Widget))
    return found


def _shares(widget: Any) -> bool:
    """Whether parts of it are other widgets' parts, too: all file choosers have one layout."""
    return type(widget).__module__.partition(".")[0] == "ipyfilechooser"
