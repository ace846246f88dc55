"""What a form shows: its panels and slots for one schema, drawn from settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import ipywidgets

from framepack_widgets.fields import Field
from framepack_widgets.problem import Report
from framepack_widgets.schema import Schema
from framepack_widgets.settings import Settings
from framepack_widgets.widgets.form.fields_panel import Edited, FieldsPanel, Toggled
from framepack_widgets.widgets.form.form_rows import (
    Note,
    foreign_spec,
    notes_of,
    row_state,
    spec_of,
)
from framepack_widgets.widgets.form.form_slots import Changed, FrameSlot, PromptSlot
from framepack_widgets.widgets.form.groups import FRAME_KINDS, GROUPS, grouped, is_shown, summary


@dataclass(frozen=True)
class Drawing:
    """Everything that a form shows at one moment."""

    settings: Settings
    report: Report
    crop: tuple[int, int] | None
    """(width, height) px of the clip; None: not known."""
    last_seed: int | None
    open_groups: frozenset[str]
    about_loras: Callable[[Settings], dict[str, Any]]
    """What a row of LoRAs shows besides, for resolved settings."""


class FormView:
    """Panels and slots in the order in which they are shown (`widgets`), for one schema."""

    def __init__(  # noqa: PLR0917 - made in one place
        self,
        schema: Schema,
        studio: Any,
        edited: Edited,
        changed: Changed,
        toggled: Toggled,
        unready_changed: Callable[[], object],
    ) -> None:
        self.schema = schema
        self._groups = grouped(schema)
        self._foreign: tuple[str, ...] = ()
        frames = [schema[name] for name in schema.names if schema[name].kind in FRAME_KINDS]
        library, writer = getattr(studio, "library", None), getattr(studio, "writer", None)
        self.frames = FrameSlot(frames, library, changed, unready_changed)
        self.prompt = PromptSlot(schema, changed, unready_changed, writer)
        layout = ipywidgets.Layout()  # one for all: none of them changes it
        self.panels = tuple(FieldsPanel(edited, toggled, layout=layout) for _ in range(3))
        top, middle, rest = self.panels
        self.widgets = (top, self.frames.box, middle, self.prompt.box, rest)
        self._lay_out()

    @property
    def unready(self) -> str:
        """What is shown but not in the settings yet, a sentence; "" for nothing."""
        if self.frames.busy:
            return f"{self.frames.busy} is still being uploaded"
        return self.prompt.editor.unfinished

    def _lay_out(self) -> None:
        first = [field for field in self._groups["frames"] if field.name == "model"]
        later = [field for field in self._groups["frames"] if field.name != "model"]
        top, middle, rest = self.panels
        top.pieces = [self._piece("frames", first, "Frames")]
        middle.pieces = [self._piece("frames", later), self._piece("prompt", (), "Prompt")]
        rest.pieces = [
            self._piece("prompt", self._groups["prompt"]),
            *(
                self._piece(group, self._groups[group], group[:1].upper() + group[1:])
                for group in GROUPS
                if group not in ("frames", "prompt")
            ),
        ]

    def _piece(
        self, group: str, fields: list[Field] | tuple[Field, ...], title: str | None = None
    ) -> dict[str, Any]:
        rows = [
            spec_of(field, self.schema)
            for field in fields
            if field.kind not in FRAME_KINDS and field.name != "prompt"
        ]
        if group == "other":
            rows += [foreign_spec(name) for name in self._foreign]
        return {"group": group, "title": title, "rows": rows}

    def group_of(self, name: str) -> str:
        """Which group a field is in."""
        for group, fields in self._groups.items():
            if any(field.name == name for field in fields):
                return group
        return "other"

    def spec(self, name: str) -> dict[str, Any]:
        """What the page must know of a field's row."""
        return spec_of(self.schema[name], self.schema)

    def draw(self, now: Drawing) -> None:
        """Show it; total and idempotent."""
        settings, schema = now.settings, self.schema
        resolved = schema.resolve(settings)
        foreign = tuple(name for name in settings.set_values() if name not in schema)
        if foreign != self._foreign:
            self._foreign = foreign
            self._lay_out()
        shown = {name for name in schema.names if is_shown(name, settings, resolved, schema)}
        shown |= set(foreign)
        notes = {name: notes_of(name, settings, resolved, schema, now.report) for name in shown}
        rows = {name: self._state(name, resolved, told, now) for name, told in notes.items()}
        groups = self._group_states(resolved, shown, notes, now.open_groups)
        for panel in self.panels:
            own = {name: rows[name] for name in panel.names() if name in rows}
            state = {"rows": own, "groups": groups}
            if panel.state != state:
                panel.state = state
        self.frames.draw(settings, shown, notes, now.crop)
        self.frames.show("frames" in now.open_groups)
        self.prompt.draw(resolved, notes.get("prompt", ()))
        self.prompt.show("prompt" in now.open_groups)

    def _group_states(
        self,
        resolved: Settings,
        shown: set[str],
        notes: dict[str, list[Note]],
        open_groups: frozenset[str],
    ) -> dict[str, Any]:
        states = {}
        for group, fields in self._groups.items():
            names = {field.name for field in fields} & shown
            if group == "other":
                names |= set(self._foreign)
            wrong = [n for name in names for n in notes[name] if n[0] == "error"]
            states[group] = {
                "open": group in open_groups,
                "shown": bool(names),
                "summary": summary(group, resolved),
                "errors": len(wrong),
            }
        return states

    def row(self, name: str, now: Drawing) -> dict[str, Any]:
        """The changing part of one row."""
        resolved = self.schema.resolve(now.settings)
        told = notes_of(name, now.settings, resolved, self.schema, now.report)
        return self._state(name, resolved, told, now)

    def _state(
        self, name: str, resolved: Settings, notes: list[Note], now: Drawing
    ) -> dict[str, Any]:
        row = row_state(name, now.settings, resolved, self.schema, notes)
        if name == "seed":
            row["last"] = "" if now.last_seed is None else str(now.last_seed)
        elif name == "loras":
            row |= now.about_loras(resolved)
        return row

    def go_to(self, name: str) -> None:
        """Move the focus to a field."""
        for panel in self.panels:
            if name in panel.names():
                panel.go_to(name)

    def close(self) -> None:
        """Take everything off every page."""
        self.frames.close()
        self.prompt.close()
        for panel in self.panels:
            panel.close()
