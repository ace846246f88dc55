"""The page's part of a job's view: words, bars, preview and buttons."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import traitlets

from framepack_widgets.widgets.assets import module, style
from framepack_widgets.widgets.jobs.job_pictures import Picture
from framepack_widgets.widgets.page import PageWidget


class JobPanel(PageWidget):
    """Shows what it is told, and tells what was pressed and who looks.

    The page sends `press` (name, job), `look` (view, visible, gone) and `seen` (number); it is sent
    `preview` (mime, number, with the image's bytes) and `reveal`. Its twin is `static/job_view.js`.
    """

    _esm = module("job_view", "dom", "below")
    _css = style("job_view")

    state = traitlets.Dict().tag(sync=True)
    """A `JobText` as a dict, with `job`, `busy`, `clip_open` and `clip_offered`; {}: no job."""
    asked: traitlets.List[list[str]] = traitlets.List().tag(sync=True)
    """[label, value] of every setting of the job."""
    found = traitlets.Dict().tag(sync=True)
    """What was found of the job, once that was asked for: files, rows, clip."""

    def __init__(
        self,
        press: Callable[[str, str], object],
        look: Callable[[str, bool, bool], object],
        seen: Callable[[], object],
    ) -> None:
        super().__init__()
        self._press, self._look, self._seen = press, look, seen
        self._pictures = 0

    def show_preview(self, picture: Picture) -> None:
        """Send a preview to every open view."""
        self._pictures += 1
        self._tell("preview", [picture.data], mime=picture.mime, number=self._pictures)

    def reveal(self) -> None:
        """Scroll every open view into sight, if it is not."""
        self._tell("reveal")

    def show_error(self, error: BaseException) -> None:
        """Say what went wrong with something that was asked for."""
        self.trouble = str(error) or type(error).__name__

    def _on_press(self, message: dict[str, Any], _: Sequence[memoryview]) -> None:
        self.trouble = ""
        self._press(str(message.get("name")), str(message.get("job")))

    def _on_look(self, message: dict[str, Any], _: Sequence[memoryview]) -> None:
        visible, gone = bool(message.get("visible")), bool(message.get("gone"))
        self._look(str(message.get("view")), visible, gone)

    def _on_seen(self, message: dict[str, Any], _: Sequence[memoryview]) -> None:
        if message.get("number") == self._pictures:
            self._seen()
