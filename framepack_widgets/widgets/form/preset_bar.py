"""Settings under names of their own: a row to load, save and delete them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Protocol

import traitlets

from framepack_widgets.found_settings import FoundSettings
from framepack_widgets.settings import Settings
from framepack_widgets.widgets.assets import module, style
from framepack_widgets.widgets.page import PageWidget

_STUDIO_EVERY_S = 20.0


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
    has_studio = traitlets.Bool(False).tag(sync=True)
    """Whether the Studio keeps presets, too."""
    on_studio: traitlets.List[Any] = traitlets.List().tag(sync=True)
    """[[model, name], ...] of those."""
    said = traitlets.Unicode("").tag(sync=True)
    """What became of the last click."""

    def __init__(
        self,
        store: Callable[[], PresetStore],
        fill: Callable[[Settings], str],
        current: Callable[[], Settings],
        studio: Callable[[], Any] = lambda: None,
        bring: Callable[[FoundSettings], object] = lambda _: None,
        **traits: Any,
    ) -> None:
        """fill: put settings into the form; what it answers is said to the user.

        studio: the `StudioPresets`, or None. bring: fill the form from what one of them holds.
        """
        self._studio = studio
        self._bring = bring
        self._read_studio_at = -_STUDIO_EVERY_S
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

        self._read_studio()

    def _read_studio(self, *, always: bool = False) -> None:
        """One question a model: not at every click. A server that is away has none for now."""
        presets, now = self._studio(), time.monotonic()
        if presets is None or not presets.offered:
            self.has_studio, self.on_studio = False, []
            return
        self.has_studio = True
        if always or now >= self._read_studio_at + _STUDIO_EVERY_S:
            self._read_studio_at = now
            listed = presets.all()
            self.on_studio = [[model, name] for model, names in listed.items() for name in names]

    def _on_read(self, *_: Any) -> None:
        self.read()

    def _on_load(self, message: dict[str, Any], _: Any) -> None:
        name = str(message.get("name") or "")
        if isinstance(message.get("model"), str):
            self._begin(self._load_from_studio, name, message["model"])
        else:
            self._begin(self._load, name)

    def _on_save(self, message: dict[str, Any], _: Any) -> None:
        save = self._save_on_studio if message.get("on_studio") is True else self._save
        self._begin(save, str(message.get("name") or "").strip(), self._current())

    def _on_delete(self, message: dict[str, Any], _: Any) -> None:
        name = str(message.get("name") or "")
        if isinstance(message.get("model"), str):
            self._begin(self._delete_on_studio, name, message["model"])
        else:
            self._begin(self._delete, name)

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

    def _load_from_studio(self, name: str, model: str) -> None:
        self._bring(self._studio().load(name, model))
        self.said = f'Loaded "{name}" from the Studio.'

    def _save_on_studio(self, name: str, settings: Settings) -> None:
        self._studio().save(name, settings)
        self._read_studio(always=True)
        self.said = f'Saved on the Studio as "{name}", without frames.'

    def _delete_on_studio(self, name: str, model: str) -> None:
        self._studio().delete(name, model)
        self._read_studio(always=True)
        self.said = f'Deleted "{name}" on the Studio.'
