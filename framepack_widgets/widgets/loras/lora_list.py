"""The page of LoRAs: all of them, what is kept about each, and the clips that used it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from framepack_widgets.lora_notes import LoraNotes
from framepack_widgets.widgets.assets import module, style
from framepack_widgets.widgets.loras.lora_text import items, nothing_line
from framepack_widgets.widgets.loras.note_shelf import NoteShelf
from framepack_widgets.widgets.presence import SeenWidget, Ticker

if TYPE_CHECKING:
    from framepack_widgets.session import Studio

_LOOK_S = 2.0  # how often changes are looked for while somebody sees it

Act = Callable[[str], object]
"""Called with a LoRA's name, in a worker's thread."""


class LoraList(SeenWidget):
    """What it shows travels as messages, so that a saved notebook holds none of it.

    use: turns a LoRA on in a form. show_clips: shows the clips made with it. What is None has no
    button.
    """

    _esm = module("lora_list", "dom", "presence", "lora_editor")
    _css = style("lora_list", "lora_notes")

    def __init__(
        self, studio: Studio, use: Act | None = None, show_clips: Act | None = None, **traits: Any
    ) -> None:
        self._studio = studio
        self._use, self._show_clips = use, show_clips
        self._guard = threading.Lock()
        self._known: object = None
        self._uses: Mapping[str, Any] = {}
        super().__init__(**traits)
        self._shelf = NoteShelf(lambda: LoraNotes(studio.library.path), self._answer)
        self._ticker = Ticker(lambda: self._guarded(self._look), lambda: self.is_seen, _LOOK_S)
        self.on_seen(self._ticker.start)

    def close(self) -> None:
        """Also look for no more changes."""
        self._ticker.end()
        super().close()

    def _look(self) -> None:
        self._shelf.look()
        library = self._studio.library
        now = (self._studio.loras, library.changes())
        if now != self._known:
            with self._guard:
                self._uses = library.lora_uses()
                self._known = now
            self._answer()

    def _answer(self) -> None:
        """Tell the page what is known."""
        with self._guard:
            offered, problems = self._studio.loras, self._shelf.problems
            self._tell(
                "loras",
                items=items(offered, self._shelf.all, self._uses),
                empty=nothing_line(len(offered), self._studio.lora_folder),
                can_use=self._use is not None,
                can_show=self._show_clips is not None,
            )
            self.trouble = " ".join(problems)

    def _on_look(self, _: object, __: object) -> None:
        self._later(self._look_anew)

    def _look_anew(self) -> None:
        self._known = None
        self._look()

    def _on_keep(self, message: dict[str, Any], _: object) -> None:
        typed = message.get("typed")
        if isinstance(typed, dict):
            self._later(self._keep, str(message.get("lora")), typed)

    def _keep(self, name: str, typed: Mapping[str, Any]) -> None:
        error = self._shelf.keep(name, typed)
        if not error:
            self._shelf.look()
        self._tell("kept", lora=name, id=str(typed.get("id"))[:40], error=error)

    def _on_use(self, message: dict[str, Any], _: object) -> None:
        if self._use is not None:
            self._later(self._use, str(message.get("lora")))

    def _on_clips(self, message: dict[str, Any], _: object) -> None:
        if self._show_clips is not None:
            self._later(self._show_clips, str(message.get("lora")))
