"""The one style sheet of all our widgets, and what their outermost boxes have in common."""

from __future__ import annotations

import anywidget
import ipywidgets

from framepack_widgets.widgets.assets import module, style

ROOT = "fpw"  # class of every widget of ours that can be shown alone


class Theme(anywidget.AnyWidget):
    """Invisible: brings the style sheet to the page and keeps Jupyter's own keys out of our boxes.

    The first child of every box that can be shown alone.
    """

    _esm = module("theme")
    _css = style("theme")


def dressed(box: ipywidgets.Box, *classes: str) -> ipywidgets.Box:
    """The same box, as one that can be shown alone: with our style, and `classes` besides."""
    box.children = (Theme(), *box.children)
    for name in (ROOT, *classes):
        box.add_class(name)
    return box
