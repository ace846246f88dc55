"""Ending renders early by a function that looks at their latent previews."""

from __future__ import annotations

import io
import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from framepack_widgets import _loop
from framepack_widgets.errors import FramePackError

if TYPE_CHECKING:
    from framepack_widgets.runs.sweep_run import SweepRun

_log = logging.getLogger(__name__)
_LOOK_S = 1.0

Judge = Callable[..., object]


class EarlyStop:
    """Looks at every new latent preview of a run, in a thread of its own."""

    def __init__(self, run: SweepRun, judge: Judge) -> None:
        self._run, self._judge = run, judge
        self._is_over = False
        self._news = _loop.News()
        self._seen: str | None = None
        self._quiet = run.watch(self._news.tell)
        threading.Thread(target=self._work, name="framepack-early-stop", daemon=True).start()

    def end(self) -> None:
        """Look no more."""
        self._is_over = True
        self._news.tell()

    def _work(self) -> None:
        try:
            while not (self._is_over or self._run.done):
                try:
                    self._look()
                except FramePackError as error:  # the preview is gone, the Studio does not answer
                    _log.debug("no preview to judge: %s", error)
                self._news.wait(_LOOK_S)
        except FramePackError as error:  # the Library was closed
            _log.debug("previews of %s are not judged any more: %s", self._run.name, error)
        finally:
            self._quiet()

    def _look(self) -> None:
        point = next((p for p in self._run.points if p.state == "running"), None)
        job = point.job if point is not None else None
        shown = job.record.progress.preview if job is not None and job.record.progress else None
        if job is None or shown is None or shown == self._seen:
            return
        picture = _decoded(job.preview())
        self._seen = shown
        if picture is None:
            return
        try:
            is_enough = self._judge(point, picture, job.progress)
        except Exception:  # noqa: BLE001 - the user's own code; logged with its traceback
            _log.exception("the function given to stop_when of run %s", self._run.name)
            return
        if is_enough is True or (is_enough is not None and bool(is_enough)):
            job.stop()


def _decoded(data: bytes | None) -> Any:
    """(H, W, 3) uint8 RGB; None where it is no picture."""
    if data is None:
        return None
    import numpy as np
    import PIL.Image

    try:
        with PIL.Image.open(io.BytesIO(data)) as image:
            return np.asarray(image.convert("RGB"))
    except (OSError, ValueError):
        return None
