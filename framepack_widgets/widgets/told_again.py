"""What changes while a page asks for the states of all widgets, told once more.

A page that meets a kernel asks once for everything. ipywidgets reads one widget after another, in a
thread of its own where the kernel has subshells; what other threads change and tell meanwhile
reaches the page before that answer, which is older, and the page would stay with the older state.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from typing import Any

import ipywidgets

from framepack_widgets import _loop
from framepack_widgets.widgets.in_turn import in_background


class ToldAgain(ipywidgets.Widget):  # type: ignore[misc]  # ipywidgets has no types
    """Looks a little after its whole state was read whether the page was told an older one."""

    _again_s: tuple[float, ...] = (1.0, 5.0)  # the answer is on its way by then, on a slow machine

    def __init__(self, *args: Any, **traits: Any) -> None:
        self._teller: int | None = None  # the thread that sends a state of ours
        self._of_page: set[str] = set()  # traits that the page has set; it knows them better
        super().__init__(*args, **traits)

    def send_state(self, key: str | Iterable[str] | None = None) -> None:
        """Send all traits of the page, or these."""
        self._teller = threading.get_ident()
        try:
            super().send_state(key)
        finally:
            self._teller = None

    def set_state(self, sync_data: Mapping[str, Any]) -> None:
        """The page has set these."""
        self._of_page |= set(sync_data)
        super().set_state(sync_data)

    def get_state(
        self, key: str | Iterable[str] | None = None, drop_defaults: bool = False
    ) -> dict[str, Any]:
        """All traits of the page, or these, as they are sent."""
        is_asked = key is None and self.comm is not None and self._teller != threading.get_ident()
        if is_asked:
            self._of_page = set()
        state: dict[str, Any] = super().get_state(key, drop_defaults)
        if is_asked:
            _loop.call_soon(self._look_later, state)
        return state

    def _look_later(self, then: dict[str, Any]) -> None:
        for wait in self._again_s:
            _loop.background().call_later(wait, in_background, self._tell_changed, then)

    def _tell_changed(self, then: dict[str, Any]) -> None:
        if self.comm is None:
            return  # closed
        now = super().get_state(list(then))
        changed = {name for name, value in now.items() if value != then[name]} - self._of_page
        if changed:
            self.send_state(changed)


class Column(ToldAgain, ipywidgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """A VBox whose children come later, from another thread."""
