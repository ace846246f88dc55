"""A stretch of the form in the page: headings of groups and rows of fields, drawn by one widget.

One widget for many rows, because a widget for each slider, with its layout and style, would cost
the page ten times as many messages before anything can be used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import traitlets

from framepack_widgets.widgets.assets import module, style
from framepack_widgets.widgets.page import PageWidget

_VIEWS_KEPT = 8

Edited = Callable[[str, Mapping[str, Any]], object]
"""(field, message): what somebody did to a field in the page."""
Toggled = Callable[[str, bool], object]
"""(group, open)."""


class FieldsPanel(PageWidget):
    """Rows of fields. Knows no settings: its owner says what to draw, and hears of every edit."""

    _esm = module("fields_panel", "dom", "form_number", "form_seed", "lora_editor", "form_choices")
    _css = style("fields_panel", "lora_notes")

    pieces: traitlets.List[Any] = traitlets.List().tag(sync=True)
    """What stays the same: [{"group", "title" or None, "rows": [see `form_rows.spec_of`]}]."""
    state = traitlets.Dict().tag(sync=True)
    """What changes: {"rows": {name: see `form_rows.row_state`}, "groups": {group: ...}}."""
    seen = traitlets.Dict().tag(sync=True)
    """The last edit that was taken in, by view: a page must not put an older value over a newer."""

    def __init__(self, edited: Edited, toggled: Toggled | None = None, **traits: Any) -> None:
        self._edited = edited
        self._toggled = toggled
        super().__init__(**traits)

    def names(self) -> list[str]:
        """The fields that have a row here."""
        return [row["name"] for piece in self.pieces for row in piece["rows"]]

    def go_to(self, name: str) -> None:
        """Move the focus to the row of a field, if it is here."""
        self._tell("focus", name=name)

    def _on_edit(self, message: dict[str, Any], _: Sequence[memoryview]) -> None:
        self.trouble = ""
        try:
            self._edited(str(message.get("name")), message)
        finally:
            view, number = str(message.get("view")), message.get("number")
            others = {key: n for key, n in self.seen.items() if key != view}
            kept = dict(list(others.items())[-(_VIEWS_KEPT - 1) :])
            self.seen = {**kept, view: number}

    def _on_toggle(self, message: dict[str, Any], _: Sequence[memoryview]) -> None:
        if self._toggled is not None:
            self._toggled(str(message.get("group")), message.get("open") is True)
