"""The parts of the form that are widgets of their own: frame pickers and the prompt's editor."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import ipywidgets

from framepack_widgets.fields import Field
from framepack_widgets.length import counts_start
from framepack_widgets.schema import Schema
from framepack_widgets.settings import Settings
from framepack_widgets.widgets.form.form_rows import Note, notes_text
from framepack_widgets.widgets.form.groups import FRAME_KINDS, short_label
from framepack_widgets.widgets.form.prompt_editor import PromptEditor
from framepack_widgets.widgets.form.prompt_writing import PromptWriting
from framepack_widgets.widgets.frames.frame_picker import FramePicker
from framepack_widgets.widgets.frames.frame_value import FrameValue, normal

Changed = Callable[[str, Any], object]
"""(field, new value): somebody changed it in its widget."""


class FrameSlot:
    """The pickers of all frames; each is made when it is first shown."""

    def __init__(
        self,
        fields: Iterable[Field],
        library: Any,
        changed: Changed,
        busy_changed: Callable[[], object],
    ) -> None:
        self._busy_changed = busy_changed
        self.fields = {field.name: field for field in fields if field.kind in FRAME_KINDS}
        self._library = library
        self._changed = changed
        self._pickers: dict[str, Any] = {}
        self._drawn: dict[str, Any] = {}
        self.box = ipywidgets.VBox()
        self.box.add_class("fpw-slot")

    def picker(self, name: str) -> Any:
        """The picker of this field."""
        if name not in self._pickers:
            field = self.fields[name]
            made = FramePicker(kind=field.kind, label=short_label(field), library=self._library)
            made.observe(lambda change: self._picked(name, change["new"]), "value")
            made.observe(lambda _: self._busy_changed(), "busy")
            self._pickers[name] = made
        return self._pickers[name]

    def _picked(self, name: str, value: Any) -> None:
        if value != self._drawn.get(name):
            self._changed(name, value)

    @property
    def busy(self) -> str:
        """Name of a file that is still on its way and will be a frame; "" for none."""
        return next((picker.busy for picker in self._pickers.values() if picker.busy), "")

    def draw(
        self,
        settings: Settings,
        shown: set[str],
        notes: Mapping[str, list[Note]],
        crop: tuple[int, int] | None,
    ) -> None:
        """Show these values, in those pickers that are of use."""
        values = settings.set_values()
        for name, field in self.fields.items():
            if name not in shown and name not in self._pickers:
                continue
            picker = self.picker(name)
            value = values.get(name)
            self._drawn[name] = _pickable(value, field.kind)
            _put(picker, "value", self._drawn[name])
            _put(picker, "note", notes_text(notes.get(name, ())))
            if field.kind == "image":
                _put(picker, "crop", crop)
        children = tuple(self.picker(name) for name in self.fields if name in shown)
        if self.box.children != children:
            self.box.children = children

    def show(self, is_open: bool) -> None:
        """Whether the group is unfolded."""
        _put(self.box.layout, "display", None if is_open else "none")

    def close(self) -> None:
        """Take the widgets off every page."""
        for picker in self._pickers.values():
            picker.close()
        self.box.close()


class PromptSlot:
    """The prompt's editor, which also wants to know what the sections of the clip will be."""

    def __init__(
        self,
        schema: Schema,
        changed: Changed,
        unfinished_changed: Callable[[], object],
        writer: Any = None,
    ) -> None:
        self.has_prompt = "prompt" in schema
        self.editor = PromptEditor(value="")
        self.writing = PromptWriting(self.editor, writer)
        self.editor.observe(self._edited, "value")
        self.editor.observe(lambda _: unfinished_changed(), "unfinished")
        self._changed = changed
        self._drawn: str | None = None
        self.box = ipywidgets.VBox([self.editor] if self.has_prompt else [])
        self.box.add_class("fpw-slot")

    def _edited(self, change: Any) -> None:
        # The server's own prompt, shown where none is set, is not something that somebody wrote.
        if change["new"] != self._drawn:
            self._changed("prompt", change["new"])

    def draw(self, resolved: Settings, notes: Iterable[Note]) -> None:
        """Show this prompt, among these settings."""
        text = resolved.prompt
        self._drawn = text if isinstance(text, str) else str(text or "")
        _put(self.editor, "value", self._drawn)
        if isinstance(resolved.seconds, (int, float)) and 0 < resolved.seconds < 1e4:
            _put(self.editor, "seconds", float(resolved.seconds))
        window = resolved.latent_window_size
        if isinstance(window, int) and 0 < window < 1e3:
            _put(self.editor, "window", window)
        model = resolved.model
        _put(self.editor, "model", model if isinstance(model, str) else None)
        _put(self.editor, "start_frame", counts_start(resolved))
        _put(self.editor, "note", notes_text(notes))
        self.writing.draw(resolved.start_frame)

    def show(self, is_open: bool) -> None:
        """Whether the group is unfolded."""
        _put(self.box.layout, "display", None if is_open else "none")

    def close(self) -> None:
        """Take the widgets off every page."""
        self.writing.end()
        self.editor.close()
        self.box.close()


def _pickable(value: Any, kind: str) -> FrameValue:
    """The value as a picker holds it; None for what none can: the settings' check tells of it."""
    try:
        return normal(value, kind)
    except ValueError:
        return None


def _put(widget: Any, trait: str, value: Any) -> None:
    """Set it where it is something else: an equal value is no news for the page."""
    if getattr(widget, trait) != value:
        setattr(widget, trait, value)
