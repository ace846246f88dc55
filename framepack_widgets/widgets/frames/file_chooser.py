"""The dialog for files of the kernel's machine: ipyfilechooser, with a path that can be observed.

ipyfilechooser 0.6 has a `value` that no observer hears of, one Layout for all its instances, labels
that put file names into the page as HTML, and lets errors of the disk go lost in the kernel's log.
All of that ends here.
"""

from __future__ import annotations

import html
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ipyfilechooser
import ipywidgets
import traitlets

from framepack_widgets.widgets.frames.frame_value import PATTERNS
from framepack_widgets.widgets.page_order import heard_in_order


class FileChooser(ipywidgets.VBox):  # type: ignore[misc] # ipywidgets has no types
    """A button `choose file…` (`button`, to be placed anywhere) and the dialog that it opens."""

    path = traitlets.Unicode("")
    """The file chosen last; "" for none yet."""
    problem = traitlets.Unicode("")
    """Why a folder cannot be shown; "" for nothing."""

    def __init__(self, kind: str, folder: Callable[[], Path]) -> None:
        """kind: "image" or "video". folder: where the dialog starts; asked when it opens."""
        super().__init__(layout=ipywidgets.Layout(display="none", width="100%"))
        self._patterns = list(PATTERNS[kind])
        self._folder = folder
        self._dialog: _Dialog | None = None
        self.button = ipywidgets.Button(
            description="choose file…",
            tooltip="Choose a file on the kernel's machine",
        )
        self.button.on_click(lambda _: self.toggle())

    @property
    def is_open(self) -> bool:
        """Whether the dialog is to be seen."""
        return bool(self.layout.display != "none")

    def toggle(self) -> None:
        """Open the dialog, or close it without choosing."""
        if self.is_open:
            self._close()
        else:
            self._open()

    def _open(self) -> None:
        self.problem = ""
        # Made anew each time: it is a dozen widgets, and its folder may have changed meanwhile.
        self._dialog = _Dialog(str(self._folder()), self._patterns, self._refuse, self._close)
        self._dialog.register_callback(self._chosen)
        self.children = [self._dialog]
        heard_in_order(self)
        self.layout.display = None
        self.button.description = "close files"

    def _close(self) -> None:
        self.layout.display = "none"
        self.button.description = "choose file…"
        dialog, self._dialog = self._dialog, None
        self.children = []
        if dialog is not None:
            dialog.close_all()

    def _chosen(self, dialog: Any) -> None:
        # The caller takes a TypeError for a wrong signature and calls again: none may leave here.
        chosen = dialog.selected
        self._close()
        if not chosen:
            return
        with self.hold_trait_notifications():
            self.path = ""
        self.path = os.fspath(chosen)

    def _refuse(self, why: str) -> None:
        self.problem = ""
        self.problem = why


class _EscapedTemplate(str):
    __slots__ = ()

    def format(self, *values: object, **named: object) -> str:
        return super().format(*(html.escape(str(value)) for value in values), **named)


class _Dialog(ipyfilechooser.FileChooser):  # type: ignore[misc] # has no types
    _LBL_TEMPLATE = _EscapedTemplate(ipyfilechooser.FileChooser._LBL_TEMPLATE)

    def __init__(
        self,
        folder: str,
        patterns: list[str],
        refuse: Callable[[str], None],
        cancelled: Callable[[], None],
    ) -> None:
        self._refuse = refuse
        super().__init__(
            path=folder,
            filter_pattern=patterns,
            select_desc="use this file",
            layout=ipywidgets.Layout(width="100%", max_width="600px"),
        )
        self._cancel.on_click(lambda _: cancelled())
        for button in (self._select, self._cancel):
            button.layout.width = "auto"
        self._label.layout.display = "none"  # what is chosen is shown by the picker
        self._filename.placeholder = "file name"
        self._pathlist.tooltip = "Folder"
        self._filename.tooltip = "File name"
        self._dircontent.tooltip = "Files and folders"
        self._show_dialog()

    def _set_form_values(self, path: str, filename: str) -> None:
        try:
            Path(path).stat()
            next(Path(path).iterdir(), None)
        except OSError as error:
            self._refuse(f"The folder {path} cannot be shown ({error.strerror or error}).")
            return
        super()._set_form_values(path, filename)

    def close_all(self) -> None:
        """Close it and everything in it."""
        parts = [self]
        for part in parts:
            parts.extend(getattr(part, "children", ()))
        for part in parts:
            part.close()
