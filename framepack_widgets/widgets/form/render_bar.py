"""The end of the form in the page: what will come, Render, why not, and the settings as Python."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import traitlets

from framepack_widgets.widgets.assets import module, style
from framepack_widgets.widgets.page import PageWidget

_SAME_CLICK_S = 0.8  # a second click within it is the same one, not a wish for two renders


class RenderBar(PageWidget):
    """Draws what its owner says, and tells it of clicks."""

    _esm = module("render_bar", "dom")
    _css = style("render_bar")

    plan = traitlets.Unicode("").tag(sync=True)
    """What the clip will be, or that this is being worked out."""
    blocked = traitlets.Unicode("").tag(sync=True)
    """Why nothing can be sent; "": it can."""
    sending = traitlets.Bool(False).tag(sync=True)
    sent = traitlets.Unicode("").tag(sync=True)
    """What became of the last click: "sent: job ab12"."""
    python = traitlets.Unicode("").tag(sync=True)
    """The settings as code."""
    can_sweep = traitlets.Bool(False).tag(sync=True)
    """Whether a sweep can be made of them."""

    def __init__(
        self,
        prepare: Callable[[], Callable[[], object]],
        go_to: Callable[[], object],
        **traits: Any,
    ) -> None:
        """prepare: called at a click, gives what renders; that is called in a thread of its own.

        So what is rendered is what was shown at the click, whatever is changed right after it.
        go_to: show the field of the first problem.
        """
        self._prepare = prepare
        self._go_to = go_to
        self._last_click = 0.0
        self._sweep: Callable[[], object] | None = None
        super().__init__(**traits)

    def _on_render(self, *_: Any) -> None:
        now = time.monotonic()
        if self.blocked or self.sending or now - self._last_click < _SAME_CLICK_S:
            return
        self._last_click = now
        self.trouble, self.sent, self.sending = "", "", True
        self._later(self._render_now, self._prepare())

    def _render_now(self, render: Callable[[], object]) -> None:
        try:
            render()
        finally:
            self._last_click = time.monotonic()
            self.sending = False

    def offer_sweep(self, callback: Callable[[], object]) -> None:
        """Offer "as a sweep…", and call `callback()` in a worker's thread."""
        self._sweep, self.can_sweep = callback, True

    def _on_sweep(self, *_: Any) -> None:
        if self._sweep is not None:
            self._later(self._sweep)

    def _on_problem(self, _: dict[str, Any], __: Sequence[memoryview]) -> None:
        self._go_to()
