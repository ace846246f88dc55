"""LoRAs in the form: what is kept about them, their trigger words, the weight that one likes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from framepack_widgets.fields import beyond
from framepack_widgets.lora_notes import LoraNote, LoraNotes
from framepack_widgets.settings import Settings
from framepack_widgets.trigger_words import with_word
from framepack_widgets.widgets.form.form_edits import Edit
from framepack_widgets.widgets.form.form_rows import lora_state, number_text
from framepack_widgets.widgets.in_turn import InTurn, in_background
from framepack_widgets.widgets.loras.note_shelf import NoteShelf
from framepack_widgets.widgets.presence import SeenWidget, Ticker

if TYPE_CHECKING:
    from framepack_widgets.widgets.form.form import Form

_LOOK_S = 3.0  # how often others' changes are looked for while somebody sees the form
_GROUP = "LoRAs"


class FormLoras:
    """Of one form; from any thread."""

    def __init__(self, form: Form, seen: SeenWidget) -> None:
        self._form = form
        self._saved: dict[str, str] = {}
        self._keeping = InTurn()
        self._shelf = NoteShelf(self._notes, self._redraw)
        self._ticker = Ticker(self._shelf.look_quietly, lambda: seen.is_seen, _LOOK_S)
        seen.on_seen(self._ticker.start)
        form.observe(lambda _: self._read(), "studio")
        self._read()

    def _notes(self) -> LoraNotes | None:
        path = getattr(getattr(self._form.studio, "library", None), "path", None)
        return LoraNotes(path) if path is not None else None

    def _read(self) -> None:
        in_background(self._shelf.look_quietly)

    def _redraw(self) -> None:
        if hasattr(self._form, "_view"):  # else it is about to be made, and draws itself
            self._form._redraw()

    def end(self) -> None:
        """Look no more."""
        self._ticker.end()

    def use(self, name: str) -> None:
        """Turn a LoRA on, with the weight that one likes, and show it."""
        form = self._form
        with form._guard:
            form._page_edit(form.schema, "loras", {"lora": name, "on": True})
            form._toggle(_GROUP, True)
            form._view.go_to("loras")

    def about(self, resolved: Settings) -> dict[str, Any]:
        """What the page shows beside names and weights."""
        shown = lora_state(self._shelf.all, resolved, self._form.schema)
        return {"about": shown, "saved": self._saved}

    def heard(self, name: str, message: Edit, resolved: Settings) -> tuple[str, Edit]:
        """The field and edit that a message of the page stands for; field "": none.

        A trigger word is an edit of the prompt; a LoRA that is turned on takes the weight that was
        kept; a note is kept, in the background.
        """
        if name != "loras" or "lora" not in message:
            return name, message
        note = self._shelf.get(str(message["lora"]))
        if isinstance(message.get("keep"), Mapping):
            typed = message["keep"]
            self._keeping.later(lambda: self._keep(note.name, typed))
            return "", {}
        if "word" in message:
            return self._worded(note, message, resolved)
        chosen = resolved.loras if isinstance(resolved.loras, Mapping) else {}
        if message.get("on") is True and note.name not in chosen and self._fits(note):
            return name, {"lora": note.name, "text": number_text(note.weight)}
        return name, message

    def _worded(self, note: LoraNote, message: Edit, resolved: Settings) -> tuple[str, Edit]:
        word = message["word"]
        if word not in note.triggers or "prompt" not in self._form.schema:
            return "", {}  # somebody has just changed them
        prompt = resolved.prompt if isinstance(resolved.prompt, str) else ""
        return "prompt", {"text": with_word(prompt, str(word), str(message.get("near") or ""))}

    def _fits(self, note: LoraNote) -> bool:
        sliders = self._form.schema.lora_fields
        slider = next((field for field in sliders if field.lora == note.name), None)
        if note.weight is None or slider is None:
            return False
        return beyond(note.weight, slider.minimum, slider.maximum) == 0

    def _keep(self, name: str, typed: Mapping[str, Any]) -> None:
        error = self._shelf.keep(name, typed)
        if not error:
            self._shelf.look_quietly()
        self._saved = {"lora": name, "id": str(typed.get("id"))[:40], "error": error}
        self._redraw()
