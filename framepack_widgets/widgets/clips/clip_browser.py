"""All clips of a Library: find them, look at them, rate them, throw them away, go on from them."""

from __future__ import annotations

import os

import ipywidgets

from framepack_widgets.clip import Clip
from framepack_widgets.library import Library
from framepack_widgets.registry import library_at
from framepack_widgets.widgets.clips.clip_grid import ClipGrid
from framepack_widgets.widgets.clips.clip_panel import ClipPanel, UseFrame, UseSettings, WaysOn
from framepack_widgets.widgets.theme import dressed


class ClipBrowser(ipywidgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """The clips of a Library as tiles, and the chosen one in a Player.

    library: a Library, or its folder. use_settings(settings) and use_frame(image, frame) are what
    "use settings" and "use as start frame" call, in a worker's thread; without them the buttons are
    left out. ways: instead of both, all that can be done with a clip. Changes that other cells and
    processes make appear while somebody looks.
    """

    def __init__(
        self,
        library: Library | str | os.PathLike[str],
        *,
        use_settings: UseSettings | None = None,
        use_frame: UseFrame | None = None,
        ways: WaysOn | None = None,
    ) -> None:
        self.library = library_at(library)
        self.grid = ClipGrid(self.library, self._show)
        self.panel = ClipPanel(self.library, ways or WaysOn(use_settings, use_frame))
        self.grid.on_change(self._changed)
        columns = ipywidgets.Box([self.grid, self.panel])
        columns.add_class("fpw-columns")
        super().__init__([columns])
        for part in (self.grid, self.panel):
            part.add_class("fpw-column")
        dressed(self, "fpw-clips", "fpw-wide")

    @property
    def selected(self) -> tuple[str, ...]:
        """Ids of the selected jobs."""
        return tuple(self.grid.selected)

    @property
    def clips(self) -> list[Clip]:
        """The clips of the selected jobs."""
        found = (self.library.clip(job) for job in self.grid.selected)
        return [clip for clip in found if clip is not None]

    def close(self) -> None:
        """Take it off the page. The Library stays open."""
        self.grid.close()
        self.panel.close()
        super().close()

    def _show(self, job: str) -> None:
        self.panel.show(self.library.get(job))

    def _changed(self) -> None:
        shown = self.panel.record
        if shown is None:
            return
        if self.library.find(shown.id) is None:
            self.panel.show(None)  # it went to the trash
        else:
            self.panel.card.refresh()
