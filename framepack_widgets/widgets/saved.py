"""A widget together with what a saved notebook shows in its place when no kernel is there.

JupyterLab shows "Error displaying widget" for a widget that no kernel holds any more; GitHub and
nbviewer show nothing. So a second output with plain HTML follows it. The page hides that one while
the live widget is in it (`static/below.js`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import anywidget
import ipywidgets
import traitlets

from framepack_widgets.widgets.assets import module

_log = logging.getLogger(__name__)
CLASS = "fpw-saved"


class Below(anywidget.AnyWidget):
    """Invisible: hides the saved output of the box that it is in."""

    _esm = module("saved", "dom", "below")
    saved = traitlets.Unicode("").tag(sync=True)
    """The class of that output's element."""


class Saved:
    """The second output of a widget that was shown; its notebook's record of it."""

    def __init__(self, widget: ipywidgets.DOMWidget, html: Callable[[], str]) -> None:
        self._widget = widget
        self._html = html
        self.name = f"{CLASS}-{widget.model_id}"
        """The class of its element, and its display id; one for all cells that show the widget."""

    def show(self) -> None:
        """Show widget and HTML as outputs of the cell that runs now."""
        from IPython.display import publish_display_data

        plain = repr(self._widget)
        if _is_terminal():
            publish_display_data({"text/plain": plain})
            return
        bundle = self._widget._repr_mimebundle_() if self._widget.comm is not None else None
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        publish_display_data({**(data or {}), "text/plain": plain})
        # The page can start with the widget while the poster is made.
        publish_display_data(self._data(), transient={"display_id": self.name})

    def refresh(self) -> None:
        """Write the HTML anew, into the same cell's output. From any thread; never raises."""
        from IPython.display import publish_display_data

        try:
            publish_display_data(self._data(), transient={"display_id": self.name}, update=True)
        except Exception:  # noqa: BLE001 - a record for later; the live view is what counts now
            _log.exception("the saved output of %r could not be renewed", self._widget)

    def _data(self) -> dict[str, Any]:
        body = f'<div class="{CLASS} {self.name}">{self._html()}</div>'
        return {"text/html": body, "text/plain": repr(self._widget)}


def _is_terminal() -> bool:
    """Whether IPython runs without a notebook, which could draw nothing."""
    from IPython import get_ipython

    shell = get_ipython()
    return shell is not None and getattr(shell, "kernel", None) is None


def publish(widget: ipywidgets.DOMWidget, html: Callable[[], str]) -> Saved:
    """Show `widget` in the running cell, and `html()` for the notebook that is opened without it.

    html() gives safe HTML; it is called now and by every `refresh()` of what is returned here. A
    widget with a trait `saved` hides the HTML itself; a box gets a child that does.
    """
    saved = Saved(widget, html)
    if widget.has_trait("saved"):
        widget.saved = saved.name
    elif isinstance(widget, ipywidgets.Box) and not any(
        isinstance(child, Below) for child in widget.children
    ):
        widget.children = (*widget.children, Below(saved=saved.name))
    saved.show()
    return saved
