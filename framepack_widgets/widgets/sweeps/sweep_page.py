"""The Sweep tab: the editor of axes, below it the runs, and the one that is shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import ipywidgets

from framepack_widgets.widgets.in_turn import in_background
from framepack_widgets.widgets.sweeps.run_list import RunList
from framepack_widgets.widgets.sweeps.sweep_editor import SweepEditor
from framepack_widgets.widgets.sweeps.sweep_view import SweepView

if TYPE_CHECKING:
    from framepack_widgets.session import Studio
    from framepack_widgets.settings import Settings
    from framepack_widgets.widgets.form.form import Form


class SweepPage(ipywidgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """Sweeps of what the form shows. use_settings(settings): fill the form with a point's."""

    def __init__(
        self, studio: Studio, form: Form, use_settings: Callable[[Settings], object]
    ) -> None:
        self._form = form
        self._is_closed = False
        self.editor = SweepEditor(studio, form.settings)
        self.view = SweepView()
        self.runs = RunList(studio, self._show, self.editor.plan_anew)
        self.view.on_settings(use_settings)
        self.view.on_run(self.runs.show)
        self.editor.on_run(self.runs.show)
        form.observe(self._follow, "settings")
        super().__init__([self.editor, self.runs, self.view])
        in_background(self.runs._guarded, self.runs.look)

    def _show(self, run: Any) -> None:
        if self.view.run is not run:
            self.view.run = run

    def _follow(self, change: Any) -> None:
        """In the form's own thread, which must not wait."""
        in_background(self._take, change.new)

    def _take(self, settings: Settings) -> None:
        if settings == self._form.settings:  # else there is a newer one to come
            self.editor.settings = settings

    def close(self) -> None:
        """Take it off the page. Runs go on."""
        if not self._is_closed:
            self._is_closed = True
            self._form.unobserve(self._follow, "settings")
        for part in (self.editor, self.runs, self.view):
            part.close()
        super().close()
