"""Grid video and report of a run, from the page: name, progress, cancel, where the file is.

Messages of the page (`static/sweep_files.js`): `write` (what, name, one_file, replace), `cancel`,
`hide`, `play` (path; "": no more).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import traitlets

from framepack_widgets.errors import FramePackError
from framepack_widgets.widgets.assets import module, style
from framepack_widgets.widgets.clips.video_source import route_of
from framepack_widgets.widgets.pace import PER_SECOND, Paced
from framepack_widgets.widgets.page import PageWidget
from framepack_widgets.widgets.sweeps.file_order import (
    GRID,
    KINDS,
    REPORT,
    FileOrder,
    clips_size,
    fits_one_file,
    free_name,
    path_for,
    told_layout,
)
from framepack_widgets.widgets.sweeps.file_writing import DONE, WRITING, FileWriting

_NOTES = 20  # that are shown
_ENDING = ".mp4"  # of files that the Player plays


class RunFiles(PageWidget):
    """Asks for a name, writes one file at a time, says where it is.

    play(path): show a grid video that was written; None: no more. Files go below the folder that
    the kernel works in, which is the notebook's own.
    """

    _esm = module("sweep_files", "dom", "video_bytes")
    _css = style("sweep_files")

    opened = traitlets.Unicode("").tag(sync=True)
    """Whose form is open: "grid", "report" or none."""
    offer = traitlets.Dict().tag(sync=True)
    """{run, name, folder, layout, size, one_file, asked}: what the open form begins with."""
    work = traitlets.Dict().tag(sync=True)
    """{state, kind, run, text, share, files, notes, taken} of what is written, or was last."""

    playing = traitlets.Unicode("").tag(sync=True)
    """Path of the grid video that is shown below."""

    def __init__(self, play: Callable[[Path | None], object], **traits: Any) -> None:
        self._play = play
        self._guard = threading.RLock()
        self._run: Any = None
        self._roles: Mapping[str, str] = {}
        self._writing: FileWriting | None = None
        super().__init__(**traits)
        self._pace = Paced(self._draw, PER_SECOND)

    def show(self, run: Any) -> None:
        """Be for this run from now on; what is being written of another one goes on."""
        with self._guard:
            self._run = run
            self.opened = self.trouble = ""
            self._show_video(None)
            if self._writing is None or self._writing.state != WRITING:
                self._writing, self.work = None, {}

    def laid_out(self, roles: Mapping[str, str]) -> None:
        """The view shows the axes so."""
        with self._guard:
            self._roles = dict(roles)
            if self.offer:
                self.offer = {**self.offer, "layout": told_layout(roles)}

    def ask(self, kind: str) -> None:
        """Show the form for a "grid" or a "report". From worker threads."""
        with self._guard:
            run = self._run
        if run is None or kind not in KINDS:
            return
        folder = Path.cwd()
        size = clips_size([point for point in run.points if point.in_sweep])
        with self._guard:
            self.offer = {
                "run": str(run.name),
                "name": free_name(kind, str(run.name), folder),
                "folder": str(folder),
                "layout": told_layout(self._roles),
                "size": size,
                "one_file": fits_one_file(size),
                "asked": self.offer.get("asked", 0) + 1,
            }
            self.opened = kind

    def close(self) -> None:
        """Also end what is being written."""
        with self._guard:
            if self._writing is not None:
                self._writing.cancel()
        super().close()

    # ------------------------------------------------------------------ the page

    def _on_hide(self, _: object, __: object) -> None:
        self.opened = self.trouble = ""

    def _on_cancel(self, _: object, __: object) -> None:
        with self._guard:
            if self._writing is not None:
                self._writing.cancel()

    def _on_play(self, message: dict[str, Any], _: object) -> None:
        with self._guard:
            files = self._writing.files if self._writing is not None else ()
        path = message.get("path")
        self._later(self._show_video, next((file for file in files if str(file) == path), None))

    def _show_video(self, file: Path | None) -> None:
        self._play(file)
        self.playing = str(file or "")

    def _on_write(self, message: dict[str, Any], _: object) -> None:
        self._later(self._write, message)

    def _write(self, message: Mapping[str, Any]) -> None:
        with self._guard:
            if self._writing is not None and self._writing.state == WRITING:
                raise FramePackError(f"{self._writing.order.path.name} is being written still.")
            kind, run = str(message.get("what")), self._run
            if run is None or kind not in KINDS:
                return
            self.trouble = ""
            order = FileOrder(
                kind, run, path_for(kind, str(message.get("name") or ""), Path.cwd()),
                dict(self._roles), bool(message.get("one_file")), bool(message.get("replace")),
            )  # fmt: skip
            taken = [] if order.replace else order.taken()
            if taken:
                self.work = {"state": "taken", "kind": kind, "taken": [f.name for f in taken]}
                return
            self._writing = FileWriting(order, self._pace.touch)
            self._draw()
            self._writing.start()

    # ------------------------------------------------------------------ what is written

    def _draw(self) -> None:
        """Total and idempotent."""
        with self._guard:
            writing = self._writing
            if writing is None:
                return
            before, state = self.work.get("state"), writing.state
            self.work = {
                "state": state,
                "kind": writing.order.kind,
                "run": str(writing.order.run.name),
                "name": writing.order.path.name,
                "text": writing.text or (writing.progress if state == WRITING else ""),
                "share": writing.share,
                "files": [_shown(file, writing.order) for file in writing.files],
                "notes": list(writing.notes[:_NOTES]),
            }
            if state == DONE and before != DONE:
                self.opened = ""
                first = writing.files[0]
                if writing.order.kind == GRID and first.suffix.lower() == _ENDING:
                    self._later(self._show_video, first)


def _shown(file: Path, order: FileOrder) -> dict[str, Any]:
    """What the page is told of a file; route: its address below the server's `/files/`."""
    route, why = route_of(file)
    if order.kind == REPORT and not order.one_file:
        # What a server hands out as a file is a page without an origin: it may fetch no clips.
        route, why = None, "notebook servers hand out no clips to such a page: open it from disk"
    about = file.stat() if file.exists() else None
    return {
        "path": str(file),
        "name": file.name,
        "plays": file.suffix.lower() == _ENDING,
        "route": route,
        "why": why.replace("the clip", "the file"),
        "size": about.st_size if about is not None else 0,
        "key": f"{about.st_mtime_ns:x}" if about is not None else "",
    }
