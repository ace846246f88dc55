"""A small picture in the page, sent as a message: it never enters the saved notebook."""

from __future__ import annotations

import threading
from typing import Any

import traitlets

from framepack_widgets.widgets.page import PageWidget


class Picture(PageWidget):
    """What the widgets that show one JPEG have in common; views ask for it when they open.

    Their modules use `static/shown_picture.js`.
    """

    version = traitlets.Int(0).tag(sync=True)
    """Number of the picture that belongs here now; the page shows no other."""
    alt = traitlets.Unicode("").tag(sync=True)
    """What the picture shows, for those who cannot see it."""

    def __init__(self, **traits: Any) -> None:
        self._guard = threading.RLock()
        self._shown: tuple[int, bytes] | None = None
        super().__init__(**traits)

    def clear(self, alt: str = "") -> int:
        """Show nothing from now on; the number under which the next picture may come."""
        with self._guard:
            self._shown = None
            self.alt = alt
            self.version += 1
            return self.version

    def show(self, jpeg: bytes, version: int | None = None) -> bool:
        """Show this JPEG. False, and nothing shown, if `clear` was called since `version`."""
        with self._guard:
            if version is not None and version != self.version:
                return False
            self._shown = self.version, jpeg
            self._tell("picture", [jpeg], version=self.version)
            return True

    def _on_ask(self, _message: dict[str, Any], _buffers: object) -> None:
        with self._guard:
            if self._shown is not None:
                self._tell("picture", [self._shown[1]], version=self._shown[0])
