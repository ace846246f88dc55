"""What people know about LoRAs: a note, trigger words and a weight, in the Library's `loras/`.

A Studio tells nothing but names, so these are kept by name: all Studios that are used with one
Library share them.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

from framepack_widgets.durable import explaining
from framepack_widgets.errors import LibraryError
from framepack_widgets.lock import RunnerLock
from framepack_widgets.named_files import NamedFiles, Names

FOLDER = "loras"
LONGEST_NAME = 255  # characters, as long as a file's name may be
LONGEST_NOTE = 2000  # characters
MOST_TRIGGERS = 20
LONGEST_TRIGGER = 100  # characters
LARGEST_WEIGHT = 100.0  # either way; what a server takes, its own range says

_KEPT: Any = object()  # not given: what is kept stays
_PATIENCE_S = 5.0
_writing = threading.Lock()


@dataclass(frozen=True)
class LoraNote:
    """What is kept about one LoRA."""

    name: str
    """As the Studio calls it."""
    note: str = ""
    """Anybody's own words."""
    triggers: tuple[str, ...] = ()
    """Words that have to be in the prompt for the LoRA to show."""
    weight: float | None = None
    """The weight that one likes; None: the server's own."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is kept."""
        return self == LoraNote(self.name)


class LoraNotes(Names[LoraNote]):
    """Notes, trigger words and weights of LoRAs, by name. Reads the disk anew each time.

    notes = studio.lora_notes
    notes.set("film-grain", note="old film", triggers=["grain", "8 mm"], weight=0.6)
    notes.get("film-grain").triggers

    library_path: the Library's folder. Nothing is created before something is kept.
    """

    def __init__(self, library_path: str | os.PathLike[str]) -> None:
        self._library = Path(library_path)
        folder = self._library / FOLDER
        super().__init__(NamedFiles(folder, "LoRA note", LONGEST_NAME, _note_of))

    def all(self) -> dict[str, LoraNote]:
        """{name: what is kept}. Files that cannot be read are left out: `problems()`."""
        return self._files.all()

    def get(self, name: str) -> LoraNote:
        """What is kept about that LoRA; an empty LoraNote where nothing is.

        Raises LibraryError where its file cannot be read.
        """
        return self._files.read(name) or LoraNote(name)

    def set(
        self,
        name: str,
        *,
        note: str = _KEPT,
        triggers: str | Iterable[str] = _KEPT,
        weight: float | None = _KEPT,
    ) -> LoraNote:
        """Keep this about a LoRA, and return all that is kept now; what is not given stays.

        note: up to 2000 characters. triggers: up to 20 words or phrases of up to 100 characters, or
        one text with commas between them. weight: a number, None for the server's own. A LoRA that
        nothing is left of is forgotten. Raises LibraryError, also for what cannot be kept.
        """
        given: dict[str, Any] = {}
        if note is not _KEPT:
            given["note"] = _checked_note(note)
        if triggers is not _KEPT:
            given["triggers"] = _checked_triggers(triggers)
        if weight is not _KEPT:
            given["weight"] = _checked_weight(weight)
        self._files.checked(name)
        with self._alone():
            before = LoraNote(name) if len(given) == 3 else self.get(name)
            kept = LoraNote(name, **{**_values(before), **given})
            if not kept.is_empty:
                self._files.write(name, _values(kept))
            elif self._files.file(name).exists():
                self._files.delete(name)
        return kept

    def delete(self, name: str) -> None:
        """Forget all about that LoRA. Raises LibraryError where nothing is kept."""
        self._files.delete(name)

    def state(self) -> object:
        """Equal as long as nobody, in any process, has changed anything; reads no file."""
        return self._files.state()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Nobody else writes meanwhile: what one sets, another who sets the rest must not undo."""
        folder = self._library / "locks"
        with explaining("make the folder", folder):
            folder.mkdir(parents=True, exist_ok=True)
        lock, end = RunnerLock(folder / "loras.lock"), time.monotonic() + _PATIENCE_S
        with _writing:
            # A process that was stopped in the middle must not keep others from writing for ever.
            while not lock.acquire() and time.monotonic() < end:
                time.sleep(0.01)
            try:
                yield
            finally:
                lock.release()


def _values(note: LoraNote) -> dict[str, Any]:
    return {key: value for key, value in asdict(note).items() if key != "name"}


def _note_of(found: dict[str, Any]) -> LoraNote:
    """Of a file that may have been written by hand."""
    note, triggers, weight = (found.get(key) for key in ("note", "triggers", "weight"))
    return LoraNote(
        found["name"],
        _checked_note("" if note is None else note),
        _checked_triggers(() if triggers is None else triggers),
        _checked_weight(weight),
    )


def _checked_note(note: object) -> str:
    if not isinstance(note, str) or len(note) > LONGEST_NOTE:
        size = f"{len(note)} characters" if isinstance(note, str) else type(note).__name__
        raise LibraryError(
            f"A LoRA's note is a text of up to {LONGEST_NOTE} characters, not {size}. Shorten it."
        )
    return note.strip()


def _checked_triggers(triggers: object) -> tuple[str, ...]:
    if isinstance(triggers, str):
        triggers = triggers.split(",")
    if not isinstance(triggers, Iterable):
        raise LibraryError(
            f"Trigger words are a list of texts, not {triggers!r:.120}. Write "
            'triggers=["first", "second"].'
        )
    found: dict[str, str] = {}
    for word in triggers:
        text = _checked_trigger(word)
        if text:
            found.setdefault(text.casefold(), text)
    if len(found) > MOST_TRIGGERS:
        raise LibraryError(
            f"A LoRA may have up to {MOST_TRIGGERS} trigger words, not {len(found)}. "
            "Keep the others in its note."
        )
    return tuple(found.values())


def _checked_trigger(word: object) -> str:
    text = " ".join(word.split()) if isinstance(word, str) else ""
    if not isinstance(word, str) or len(text) > LONGEST_TRIGGER or set(text) & set(",[]"):
        raise LibraryError(
            f"{(text or word)!r:.120} is no trigger word: that is a text of up to "
            f"{LONGEST_TRIGGER} characters without commas and square brackets. Shorten or split it."
        )
    return text


def _checked_weight(weight: object) -> float | None:
    if weight is None:
        return None
    is_number = isinstance(weight, (int, float)) and not isinstance(weight, bool)
    if is_number and abs(cast("float", weight)) <= LARGEST_WEIGHT:  # which NaN is not
        return float(cast("float", weight))
    raise LibraryError(
        f"{weight!r:.120} is no weight of a LoRA: give a number such as 0.8, or nothing for the "
        "server's own."
    )
