"""The panels of the App's tabs; what is in one is made when it is opened for the first time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from framepack_widgets.errors import LibraryError
from framepack_widgets.widgets.closing import close_all
from framepack_widgets.widgets.told_again import Column

if TYPE_CHECKING:
    from framepack_widgets.library import Library
    from framepack_widgets.session import Studio
    from framepack_widgets.settings import Settings
    from framepack_widgets.widgets.app.app_watch import LibraryWatch
    from framepack_widgets.widgets.app.render_tab import RenderTab
    from framepack_widgets.widgets.app.server_tab import ServerTab
    from framepack_widgets.widgets.clips.clip_browser import ClipBrowser
    from framepack_widgets.widgets.form.form import Form
    from framepack_widgets.widgets.loras.lora_browser import LoraBrowser
    from framepack_widgets.widgets.sweeps.sweep_page import SweepPage

RENDER, SWEEP, CLIPS, LORAS, SERVER = range(5)


def titles(clips: int | None = None) -> list[str]:
    """What the tabs are called. clips: how many there are; None: not known yet."""
    return ["Render", "Sweep", "Clips" if clips is None else f"Clips ({clips})", "LoRAs", "Server"]


class Tabs:
    """Used under the App's lock.

    library(), form(): wait for theirs. go_to(tab): something was done that shows there.
    """

    def __init__(
        self,
        library: Callable[[], Library],
        form: Callable[[], Form],
        go_to: Callable[[int], object],
    ) -> None:
        self._library, self._form, self._go_to = library, form, go_to
        self.render: RenderTab | None = None
        self._sweep: SweepPage | None = None
        self._clips: ClipBrowser | None = None
        self._making = threading.Lock()
        self._loras: LoraBrowser | None = None
        self._server: ServerTab | None = None
        self.panels = [Column() for _ in titles()]
        for number, panel in enumerate(self.panels):
            panel.add_class("fpw-panel")
            panel.add_class(f"fpw-panel-{number}")

    def show(self, studio: Studio, look: Callable[[], object]) -> None:
        """Be for this Studio from now on; what the form shows stays."""
        from framepack_widgets.widgets.app.render_tab import RenderTab

        before, loras, server, sweep = self.render, self._loras, self._server, self._sweep
        settings = before.form.settings if before is not None else None
        self.render = RenderTab(studio, settings, look)
        self.render.form.on_sweep(lambda: self._go_to(SWEEP))
        self.panels[RENDER].children = (self.render,)
        self._loras = self._server = self._sweep = None
        for number in (SWEEP, LORAS, SERVER):
            self.panels[number].children = ()
        for part in (sweep, before, loras, server):
            if part is not None:
                close_all(part)

    def describe(self) -> None:
        """The server's description was read anew."""
        if self.render is not None:
            self.render.form.schema_changed()
        if self._sweep is not None:
            self._sweep.editor.schema_changed()
        if self._server is not None:
            self._server.describe()

    def open(self, number: int, watch: LibraryWatch | None) -> None:
        """Make what that tab shows, if it is not there and can be."""
        if number == CLIPS and self._clips is None:
            self._open_clips()
        elif number == SWEEP:
            self._open_sweep()
        elif number == LORAS and self._loras is None and watch is not None:
            from framepack_widgets.widgets.loras.lora_browser import LoraBrowser

            self._loras = LoraBrowser(
                watch.studio, use=self._use_lora, show_clips=self._show_clips_of
            )
            self.panels[LORAS].children = (self._loras,)
        elif number == SERVER and self._server is None and watch is not None:
            from framepack_widgets.widgets.app.server_tab import ServerTab

            self._server = ServerTab(watch.studio, watch.recent)
            self.panels[SERVER].children = (self._server,)

    def close(self) -> None:
        """Take everything off the page."""
        parts = (self._sweep, self.render, self._clips, self._loras, self._server, *self.panels)
        for part in parts:
            if part is not None:
                close_all(part)

    def _open_sweep(self) -> None:
        from framepack_widgets.widgets.sweeps.sweep_page import SweepPage

        with self._making:  # "render more like this" opens it, too
            if self._sweep is None and self.render is not None:
                self._sweep = SweepPage(self.render.studio, self.render.form, self._use_settings)
                self.panels[SWEEP].children = (self._sweep,)

    def _open_clips(self) -> None:
        from framepack_widgets.widgets.clips.clip_browser import ClipBrowser
        from framepack_widgets.widgets.clips.clip_panel import WaysOn

        try:
            library = self._library()
        except LibraryError:
            return  # the connection bar says why
        ways = WaysOn(
            self._use_settings, go_on=self._go_on, use_video=self._use_video,
            render_more=self._render_more,
            studio=lambda: self.render.studio if self.render is not None else None,
        )  # fmt: skip
        with self._making:  # the LoRAs tab opens it, too
            if self._clips is None:
                self._clips = ClipBrowser(library, ways=ways)
                self.panels[CLIPS].children = (self._clips,)

    def _use_settings(self, settings: Settings) -> None:
        self._form().settings = settings
        self._go_to(RENDER)

    def _go_on(self, job: str, frame: int) -> None:
        self._form()  # there is none before a Studio is
        if self.render is not None:
            self.render.go_on(job, frame)
        self._go_to(RENDER)

    def _use_video(self, path: str) -> None:
        self._form()
        if self.render is not None:
            self.render.use_video(path)
        self._go_to(RENDER)

    def _render_more(self, settings: Settings) -> None:
        from framepack_widgets.runs.more_like import more_like

        self._form()  # there is none before a Studio is
        if self.render is not None:
            run = more_like(self.render.studio, settings)
            self._open_sweep()
            if self._sweep is not None:
                self._sweep.runs.show(run)
        self._go_to(SWEEP)

    def _use_lora(self, name: str) -> None:
        self._form().loras.use(name)
        self._go_to(RENDER)

    def _show_clips_of(self, lora: str) -> None:
        if self._clips is None:
            self._open_clips()
        if self._clips is not None:
            self._clips.grid.search(lora)
        self._go_to(CLIPS)
