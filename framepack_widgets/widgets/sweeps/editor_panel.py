"""The editor of axes in the page: rows, the plan as it is, Run.

Messages of the page (`static/sweep_editor.js`): `edit` (rows: [{id, key, text}], combine, count,
start, draft: {is_on, steps, seconds}, name), `run`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import traitlets

from framepack_widgets.widgets.assets import module, style
from framepack_widgets.widgets.page import PageWidget

_SAME_CLICK_S = 0.8  # a second click within it is the same one, not a wish for two runs
_OTHER_PLAN = "Not started: the plan has changed meanwhile. Look at it and press Run again."


class EditorPanel(PageWidget):
    """Draws what its owner says, and tells it of edits and clicks."""

    _esm = module("sweep_editor", "dom", "sweep_row", "sweep_ways")
    _css = style("sweep_editor")

    offers: traitlets.List[Any] = traitlets.List().tag(sync=True)
    """[[key, label, group, hint, example, is_long]] of what a row can vary."""
    state = traitlets.Dict().tag(sync=True)
    """{rows, combine, count, start, draft, name, version, by}.

    by: the view of the page that shows it already.
    """
    result = traitlets.Dict().tag(sync=True)
    """What the edit of that name comes to: {errors, told, fields, error, plan, blocked, count,
    edit, is_old}."""
    running = traitlets.Bool(False).tag(sync=True)
    """Whether a run is being made of it."""
    sent = traitlets.Unicode("").tag(sync=True)
    """What became of the last click on Run."""
    python = traitlets.Unicode("").tag(sync=True)
    """The sweep as code; empty while there is none."""

    def __init__(
        self,
        edited: Callable[[dict[str, Any]], object],
        run: Callable[[], object],
        **traits: Any,
    ) -> None:
        """edited(message): the rows have changed. run(): in a worker's thread."""
        self._edited, self._run = edited, run
        self._last_click = 0.0
        self._edits = self._edits_then = 0  # until now; until the last click
        super().__init__(**traits)

    def _on_edit(self, message: dict[str, Any], _: object) -> None:
        self._edits += 1
        self.trouble = ""
        self._edited(message)

    def _on_run(self, *_: Any) -> None:
        now = time.monotonic()
        is_same = self._edits_then == self._edits and now - self._last_click < _SAME_CLICK_S
        if self.running or is_same:
            return
        if self.result.get("blocked"):  # the page did not know yet
            self.trouble = _OTHER_PLAN
            return
        self._last_click, self._edits_then = now, self._edits
        self.trouble, self.sent, self.running = "", "", True
        self._later(self._run_now)

    def _run_now(self) -> None:
        try:
            self._run()
        finally:
            self._last_click = time.monotonic()
            self.running = False
