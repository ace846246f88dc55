"""One field of a form as a widget of its own: to be observed, linked, or shown anywhere else."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import traitlets

from framepack_widgets.widgets.assets import style
from framepack_widgets.widgets.form.fields_panel import Edited, FieldsPanel
from framepack_widgets.widgets.theme import ROOT


class Control(FieldsPanel):
    """`value` is what the form shows: what was set, or else the server's own default.

    Setting `value` is like changing the field in the form, and needs not fit the server: what does
    not is kept, and reported at the field. None goes back to the server's default.
    """

    _css = style("theme", "fields_panel", "lora_notes")

    value = traitlets.Any(None)

    def __init__(
        self,
        name: str,
        edited: Edited,
        changed: Callable[[str, Any], object],
        guard: threading.RLock,
    ) -> None:
        self._held = guard
        self.name = name
        self._changed = changed
        self._shown: Any = None
        super().__init__(edited)
        self.add_class(ROOT)
        self.observe(self._value_set, "value")

    def __setattr__(self, name: str, value: Any) -> None:
        if name != "value":
            super().__setattr__(name, value)
            return
        with self._held:  # or the form, drawn meanwhile, would show observers the old value again
            super().__setattr__(name, value)

    def show(self, spec: dict[str, Any], row: dict[str, Any], value: Any) -> None:
        """What the form holds now."""
        self.pieces = [{"group": "", "title": None, "rows": [spec]}]
        self.state = {"rows": {self.name: row}, "groups": {}}
        self._shown = value
        self.value = value

    def _value_set(self, change: Any) -> None:
        new = change["new"]
        if new is self._shown or (type(new) is type(self._shown) and new == self._shown):
            return
        self._changed(self.name, new)


class Controls(Mapping[str, Any]):
    """A form's controls by field; each is made when it is first asked for."""

    def __init__(self, names: Callable[[], tuple[str, ...]], make: Callable[[str], Any]) -> None:
        self._names = names
        self._make = make

    def __getitem__(self, name: str) -> Any:
        if name not in self._names():
            raise KeyError(f"this form has no field {name!r}; it has: {', '.join(self._names())}")
        return self._make(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names())

    def __len__(self) -> int:
        return len(self._names())
