"""What happens when the notebook is closed, and a process that goes on without it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import traitlets

from framepack_widgets import standby
from framepack_widgets.errors import FramePackError
from framepack_widgets.widgets.assets import module, style
from framepack_widgets.widgets.page import PageWidget

if TYPE_CHECKING:
    from framepack_widgets.session import Studio
    from framepack_widgets.widgets.app.app_connection import Target

DEMO = (
    "This is the built-in Studio: it ends with this kernel, so nothing can go on without it. Jobs "
    "that wait stay in the Library; the next fp.App('demo') with this Library goes on with them."
)


class KeepGoing(PageWidget):
    """Starts and ends the stand-by process of one Library and Studio.

    reach: gives the arguments of `connect` (credentials among them) when the process is started;
    nothing of them is kept here. impossible: why it cannot be; "" where it can.
    """

    _esm = module("keep_going", "dom")
    _css = style("keep_going")

    impossible = traitlets.Unicode("").tag(sync=True)
    running = traitlets.Unicode("").tag(sync=True)
    """About the process; "" while there is none."""
    busy = traitlets.Unicode("").tag(sync=True)
    """What is being done; "" for nothing."""

    def __init__(
        self,
        place: standby.Place,
        reach: Callable[[], dict[str, Any]],
        impossible: str = "",
        **traits: Any,
    ) -> None:
        self._place = place
        self._reach = reach
        super().__init__(impossible=impossible, **traits)

    def look(self) -> None:
        """Find out whether the process runs."""
        found = standby.running(self._place)
        if found is None:
            self.running = ""
            return
        since = found.get("since")
        at = time.strftime("%Y-%m-%d %H:%M", time.localtime(since)) if since else "a moment ago"
        self.running = (
            f"Process {found.get('pid', '?')} stands by since {at}. Its log: {self._place.log}"
        )

    def _on_look(self, _: object, __: object) -> None:
        if not self.impossible:
            self._later(self.look)

    def _on_start(self, _: object, __: object) -> None:
        self._later(self._work, "starting…", self._start)

    def _on_end(self, _: object, __: object) -> None:
        self._later(self._work, "ending…", self._end)

    def _work(self, busy: str, function: Callable[[], object]) -> None:
        if self.busy:
            return
        self.busy, self.trouble = busy, ""
        try:
            function()
        finally:
            self.busy = ""
            self.look()

    def _start(self) -> None:
        if self.impossible:
            raise FramePackError(self.impossible)
        standby.start(self._place, self._reach())

    def _end(self) -> None:
        standby.end(self._place)


def keep_going(studio: Studio, target: Target) -> KeepGoing:
    """For this Studio and its Library, as `target` reaches it."""
    place = standby.Place(studio.library.path, studio.key)
    return KeepGoing(place, lambda: target.reach(studio.url), DEMO if target.is_demo else "")
