"""The order of compared clips, and measuring what it needs."""

from __future__ import annotations

import threading
from typing import Any

import traitlets

from framepack_widgets.widgets.compare.clip_set import ClipSet
from framepack_widgets.widgets.presence import SeenWidget


class Arranged(SeenWidget):
    """The part of Compare that is about the order of its clips.

    Messages of the page: `measure`, and `stop` measuring.
    """

    sort = traitlets.Unicode("").tag(sync=True)
    """"": as given; else "label", "rating", a setting's or a metric's name; "-" before it: the
    largest first. Clips that were not measured yet stand last; `measure()` measures them."""

    _order: traitlets.List[Any] = traitlets.List().tag(sync=True)
    _sorts: traitlets.List[Any] = traitlets.List().tag(sync=True)
    _numbers: traitlets.List[Any] = traitlets.List().tag(sync=True)
    _lacking = traitlets.Int(0).tag(sync=True)
    _busy = traitlets.Unicode("").tag(sync=True)

    _set: ClipSet
    _stop: threading.Event | None = None  # of the measuring that is under way

    def __init__(self, **traits: Any) -> None:
        self._at_work = threading.Lock()
        super().__init__(**traits)

    def measure(self) -> None:
        """Measure the clips that have no numbers yet; returns at once.

        Usually quicker than playing them. The page shows how far it is and can stop it. What was
        measured of a Library's clips is kept there.
        """
        # Not one of the few threads that clicks need, and none that a kernel's end waits for.
        work = threading.Thread(
            target=self._guarded, args=(self._measure,), name="framepack-measure", daemon=True
        )
        work.start()

    def close(self) -> None:
        """Also measure no more."""
        self._end_measuring()
        super().close()

    @traitlets.observe("sort")
    def _arrange(self, _: object = None) -> None:
        """Bring the tiles in order; what was measured before is looked up in another thread."""
        now = self._set
        self._bring_in_order(now)
        if now.lacking(self.sort):
            self._aside(self._look_up, now)
        else:
            self._lacking = 0

    def _bring_in_order(self, clips: ClipSet) -> None:
        if self._set is clips:
            self._order = clips.order(self.sort)
            self._numbers = clips.numbers(self.sort)

    def _look_up(self, clips: ClipSet) -> None:
        clips.look_up()
        self._bring_in_order(clips)
        if self._set is clips:
            self._lacking = clips.lacking(self.sort)

    def _on_measure(self, _: object, __: object) -> None:
        self.measure()

    def _on_stop(self, _: object, __: object) -> None:
        self._end_measuring()

    def _end_measuring(self) -> None:
        stop = self._stop
        if stop is not None:
            stop.set()

    def _measure(self) -> None:
        if not self._at_work.acquire(blocking=False):
            return
        clips, stop = self._set, threading.Event()
        self._stop = stop
        try:
            clips.measure(self._tell_progress, lambda: stop.is_set() or self._set is not clips)
        finally:
            self._busy, self._stop = "", None
            self._at_work.release()
        if self._set is clips:
            self._bring_in_order(clips)
            self._lacking = clips.lacking(self.sort)

    def _tell_progress(self, text: str) -> None:
        with self.hold_sync():
            self._busy = text
            self._numbers = self._set.numbers(self.sort)
