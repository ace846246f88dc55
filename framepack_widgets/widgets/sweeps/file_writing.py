"""A grid video or a report that is being written, in a thread of its own."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from framepack_widgets.errors import FramePackError
from framepack_widgets.video.grid import GridCancelled
from framepack_widgets.video.report import ReportCancelled
from framepack_widgets.widgets.sweeps.file_order import REPORT, FileOrder

_log = logging.getLogger(__name__)
WRITING, DONE, CANCELLED, FAILED = "writing", "done", "cancelled", "failed"


class FileWriting:
    """Writes what was ordered; `told()` is called after each step of it, in its thread."""

    def __init__(self, order: FileOrder, told: Callable[[], object]) -> None:
        self.order = order
        self.state = WRITING
        self.text = ""
        """What went wrong, or that it was cancelled."""
        self.files: tuple[Path, ...] = ()
        """What was written, posters and folders of clips left out."""
        self.notes: tuple[str, ...] = ()
        self._told = told
        self._step = (0, 0)
        self._file, self._count = 0, 1  # which of how many files
        self._cancel = threading.Event()

    @property
    def share(self) -> float | None:
        """How much of it is written, 0 to 1; None: not known yet."""
        done, total = self._step
        if not total:
            return None
        return min(1.0, (self._file + done / total) / self._count)

    @property
    def progress(self) -> str:
        """`picture 12 of 90`, `file 2 of 3, picture 12 of 90`."""
        done, total = self._step
        if not total:
            return "looking at the clips…"
        what = f"{'clip' if self.order.kind == REPORT else 'picture'} {done:,} of {total:,}"
        return f"file {self._file + 1} of {self._count}, {what}" if self._count > 1 else what

    def start(self) -> None:
        """Begin; returns at once."""
        threading.Thread(target=self._run, name="framepack-file", daemon=True).start()

    def cancel(self) -> None:
        """End it; nothing half is left, files that were finished stay."""
        self._cancel.set()

    def _run(self) -> None:
        try:
            self._write()
            self.state = DONE
        except (GridCancelled, ReportCancelled) as error:
            self.state, self.text = CANCELLED, str(error)
        except Exception as error:  # noqa: BLE001 - shown in the widget
            if not isinstance(error, (FramePackError, ValueError)):
                _log.exception("a file of run %s could not be written", self.order.run.name)
            self.state, self.text = FAILED, str(error) or type(error).__name__
        self._told()

    def _write(self) -> None:
        order = self.order
        watched = {"progress": self._went, "cancelled": self._cancel.is_set}
        if order.kind == REPORT:
            made = order.run.report(
                order.path, single_file=order.one_file, overwrite=order.replace, **watched
            )
            found: tuple[Any, ...] = (made,)
        else:
            self._count = _files_of(order)
            sheets = order.run.grid(
                order.path, x=order.columns, y=order.rows, page=order.pages or None,
                overwrite=order.replace, **watched,
            )  # fmt: skip
            found = sheets if isinstance(sheets, tuple) else (sheets,)
        self.files = tuple(Path(os.fspath(one.path)) for one in found)
        self.notes = tuple(dict.fromkeys(note for one in found for note in one.notes))

    def _went(self, done: int, total: int) -> None:
        if done <= self._step[0]:  # it counts from 1 again: the next page
            self._file += 1
        self._step = done, total
        self._told()


def _files_of(order: FileOrder) -> int:
    points = [point for point in order.run.points if point.in_sweep]
    return len({tuple(point.coordinates[axis] for axis in order.pages) for point in points}) or 1
