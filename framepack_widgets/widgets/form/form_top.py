"""The top of the form in the page: settings from a file, where they came from, what has changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import traitlets

from framepack_widgets.widgets.assets import module, style
from framepack_widgets.widgets.frames.uploads import Taking, Uploads
from framepack_widgets.widgets.presence import SeenWidget

BROUGHT, CHANGED = "brought", "changed"


class FormTop(SeenWidget):
    """Takes a file dropped anywhere on the form, and shows notes until they are put away."""

    _esm = module("form_top", "dom", "uploads", "presence")
    _css = style("form_top")

    notes: traitlets.Dict[str, Any] = traitlets.Dict().tag(sync=True)
    """{"brought" or "changed": {"title", "parts": [[heading, [sentence, ...]], ...]}}."""
    jobs = traitlets.List(traitlets.Unicode()).tag(sync=True)
    """Titles of the jobs of a queue, of which one may be chosen; [] for none."""
    chosen = traitlets.Int(0).tag(sync=True)
    can_undo = traitlets.Bool(False).tag(sync=True)

    def __init__(
        self,
        folder: Callable[[], Path],
        take: Taking,
        choose: Callable[[int], object],
        undo: Callable[[], object],
        **traits: Any,
    ) -> None:
        """folder, take: see `Uploads`. choose(index): one of `jobs`, in the background."""
        super().__init__(**traits)
        self._choose = choose
        self._undo = undo
        self._uploads = Uploads(
            self._tell_about, folder, take, failed=self._failed, changed=lambda _: None
        )

    def put(self, kind: str, title: str, parts: Sequence[tuple[str, Sequence[str]]]) -> None:
        """Show a note in place of the one of that kind before."""
        listed = [[heading, list(lines)] for heading, lines in parts if lines]
        self.notes = {**self.notes, kind: {"title": title, "parts": listed}}

    def put_away(self, kind: str) -> None:
        """Show no note of that kind."""
        self.notes = {key: note for key, note in self.notes.items() if key != kind}

    def _tell_about(self, kind: str, **values: Any) -> None:
        self._tell(kind, **values)

    def _failed(self, why: str) -> None:
        self.trouble = why

    def _on_upload_start(self, message: dict[str, Any], _: object) -> None:
        self.trouble = ""
        self._uploads.start(message)

    def _on_upload_chunk(self, message: dict[str, Any], buffers: Sequence[memoryview]) -> None:
        self._uploads.chunk(message, buffers)

    def _on_upload_status(self, message: dict[str, Any], _: object) -> None:
        self._uploads.status(message)

    def _on_upload_cancel(self, message: dict[str, Any], _: object) -> None:
        self._uploads.cancel(message)

    def _on_choose(self, message: dict[str, Any], _: object) -> None:
        index = message.get("index")
        if isinstance(index, int) and 0 <= index < len(self.jobs):
            self.trouble = ""
            self._later(self._choose, index)

    def _on_undo(self, *_: Any) -> None:
        if self.can_undo:
            self._undo()

    def _on_dismiss(self, message: dict[str, Any], _: object) -> None:
        self.put_away(str(message.get("which")))
