"""What is kept about LoRAs, at hand for a widget: it is drawn without touching the disk."""

from __future__ import annotations

import logging
import threading
import weakref
from collections.abc import Callable, Mapping
from typing import Any

from framepack_widgets.errors import FramePackError
from framepack_widgets.lora_notes import LoraNote, LoraNotes
from framepack_widgets.widgets.form.form_rows import typed_number
from framepack_widgets.widgets.in_turn import in_background

_log = logging.getLogger(__name__)
_shelves: weakref.WeakSet[NoteShelf] = weakref.WeakSet()
_LONGEST_TYPED = 20_000  # characters


class NoteShelf:
    """The notes of one Library as of the last look.

    notes(): where they are kept, asked at each look; None: nowhere. changed(): there is news, also
    of a `keep`; called in a worker's thread.
    """

    def __init__(
        self, notes: Callable[[], LoraNotes | None], changed: Callable[[], object]
    ) -> None:
        self._notes = notes
        self._changed = changed
        self._guard = threading.Lock()
        self._state: object = None
        self._all: Mapping[str, LoraNote] = {}
        self.problems: list[str] = []
        """What is wrong with files that cannot be read."""
        _shelves.add(self)

    @property
    def all(self) -> Mapping[str, LoraNote]:
        """{LoRA: what is kept}."""
        return self._all

    def get(self, name: str) -> LoraNote:
        """What is kept about that LoRA; an empty one where nothing is."""
        return self._all.get(name) or LoraNote(name)

    def look(self) -> None:
        """Read the files anew if one has changed. From worker threads."""
        notes = self._notes()
        with self._guard:
            state = None if notes is None else (notes.folder, notes.state())
            if state == self._state:
                return
            self._all = {} if notes is None else notes.all()
            self.problems = [] if notes is None else notes.problems()
            self._state = state
        self._changed()

    def keep(self, name: str, typed: Mapping[str, Any]) -> str:
        """Keep what was typed ("note", "triggers", "weight" as texts); "" or what is wrong.

        From worker threads. All shelves of this process look again.
        """
        texts = {key: str(typed.get(key) or "")[:_LONGEST_TYPED] for key in _TYPED}
        try:
            notes = self._notes()
            if notes is not None:
                weight = typed_number(texts["weight"], None)
                notes.set(name, note=texts["note"], triggers=texts["triggers"], weight=weight)
        except FramePackError as error:
            return str(error)
        for shelf in list(_shelves):
            in_background(shelf.look_quietly)
        return ""

    def look_quietly(self) -> None:
        """The same, where there is nobody to be told."""
        try:
            self.look()
        except (FramePackError, OSError):
            _log.exception("the notes of LoRAs could not be read")


_TYPED = ("note", "triggers", "weight")
