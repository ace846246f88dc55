"""Settings under names of their own: a row to load, save and delete them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import traitlets

from framepack_widgets.settings import Settings
from framepack_widgets.widgets.assets import module, style
from framepack_widgets.widgets.page import PageWidget


class PresetStore(Protocol):
    """Where presets are kept; raises LibraryError."""

    def names(self) -> Any: ...
    def problems(self) -> list[str]: ...
    def load(self, name: str) -> Settings: ...
    def save(self, name: str, settings: Settings) -> Any: ...
    def delete(self, name: str) -> Any: ...


class PresetBar(PageWidget):
    """Everything that touches the disk happens behind the page."""

    _esm = module("preset_bar", "dom")
    _css = style("preset_bar")

    names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    said = traitlets.Unicode("").tag(sync=True)
    """What became of the last click."""

    def __init__(
        self,
        store: Callable[[], PresetStore],
        fill: Callable[[Settings], str],
        current: Callable[[], Settings],
        **traits: Any,
    ) -> None:
        """fill: put settings into the form; what it answers is said to the user."""
        self._store = store
        self._fill = fill
        self._current = current
        super().__init__(**traits)

    def read(self) -> None:
        """Look again which presets there are; returns at once."""
        self._later(self._read)

    def _read(self) -> None:
        store = self._store()
        self.names = [str(name) for name in store.names()]
        self.trouble = " ".join(store.problems())

    def _on_read(self, *_: Any) -> None:
        self.read()

    def _on_load(self, message: dict[str, Any], _: Any) -> None:
        self._begin(self._load, str(message.get("name") or ""))

    def _on_save(self, message: dict[str, Any], _: Any) -> None:
        self._begin(self._save, str(message.get("name") or "").strip(), self._current())

    def _on_delete(self, message: dict[str, Any], _: Any) -> None:
        self._begin(self._delete, str(message.get("name") or ""))

    def _begin(self, work: Callable[..., object], *args: Any) -> None:
        self.trouble, self.said = "", ""
        self._later(work, *args)

    def _load(self, name: str) -> None:
        answer = self._fill(self._store().load(name))
        self.said = f'Loaded "{name}".' + (f" {answer}" if answer else "")

    def _save(self, name: str, settings: Settings) -> None:
        self._store().save(name, settings)
        self._read()
        self.said = f'Saved as "{name}".'

    def _delete(self, name: str) -> None:
        self._store().delete(name)
        self._read()
        self.said = f'Deleted "{name}".'
