"""All clips of a Library: find, look at, compare, rate them, throw them away, go on from them."""

from __future__ import annotations

import os

import ipywidgets

from framepack_widgets.clip import Clip
from framepack_widgets.library import Library
from framepack_widgets.registry import library_at
from framepack_widgets.widgets.clips.clip_grid import ClipGrid
from framepack_widgets.widgets.clips.clip_panel import ClipPanel, UseFrame, UseSettings, WaysOn
from framepack_widgets.widgets.compare.compare_place import ComparePlace
from framepack_widgets.widgets.theme import dressed


class ClipBrowser(ipywidgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """The clips of a Library as tiles, the chosen one in a Player, 2 to 16 selected ones compared.

    library: a Library, or its folder. use_settings(settings), use_frame(image, frame) and
    render_more(settings, without a seed) are what "use settings", "use as start frame" and "render
    more like this" call, in a worker's thread; without them the buttons are left out. ways: instead
    of all three, all that can be done with a clip. Changes that other cells and processes make
    appear while somebody looks.
    """

    def __init__(
        self,
        library: Library | str | os.PathLike[str],
        *,
        use_settings: UseSettings | None = None,
        use_frame: UseFrame | None = None,
        render_more: UseSettings | None = None,
        ways: WaysOn | None = None,
    ) -> None:
        self.library = library_at(library)
        ways = ways or WaysOn(use_settings, use_frame, render_more=render_more)
        self.compared = ComparePlace(self.library, ways.use_settings, ways.render_more)
        self.grid = ClipGrid(self.library, self._show, self.compared.show)
        self.compared.on_closed(self.grid.take_focus)
        self.panel = ClipPanel(self.library, ways)
        self.grid.on_change(self._changed)
        columns = ipywidgets.Box([self.grid, self.panel])
        columns.add_class("fpw-columns")
        super().__init__([columns, self.compared])
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
        for part in (self.grid, self.panel, self.compared):
            part.close()
        super().close()

    def _show(self, job: str) -> None:
        self.panel.show(self.library.get(job))

    def _changed(self) -> None:
        self.compared.look_again()
        shown = self.panel.record
        if shown is None:
            return
        if self.library.find(shown.id) is None:
            self.panel.show(None)  # it went to the trash
        else:
            self.panel.card.refresh()
