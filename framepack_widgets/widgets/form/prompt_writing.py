"""The Studio's language models beside the prompt: asked in the background, their text undoable."""

from __future__ import annotations

import concurrent.futures
import logging
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from framepack_widgets.errors import FramePackError
from framepack_widgets.widgets.in_turn import in_background

if TYPE_CHECKING:
    from framepack_widgets.widgets.form.prompt_editor import PromptEditor

_log = logging.getLogger(__name__)

NO_FRAME = "Choose a start frame first: it is what is described."
BUSY = (
    "A render is running on the Studio: its language model shares the GPU, so both get slower, "
    "and the memory may not be enough for both."
)
REPLACED = "The Studio's text replaced yours."
CHANGED = "The prompt was changed meanwhile, so it was left alone. The Studio's text:"
OTHER_FRAME = "There is another start frame now. Of the one before, the Studio says:"
TYPED_OVER = "You went on writing when the Studio's text came. It is:"
BACK = "This is the prompt as it was. The Studio's text:"
STOPPED = "Stopped. What the Studio had begun, it may finish by itself."


@dataclass(eq=False)
class _Asked:
    """One question that is under way."""

    what: str
    before: str
    """The prompt when it was asked."""
    frame: Any
    future: concurrent.futures.Future[str] = field(default_factory=concurrent.futures.Future)


@dataclass(frozen=True)
class _Held:
    """A text that can be put in place of the prompt; that one is held then."""

    kind: str = ""
    """"old": yours, before the Studio's replaced it; "answer": the Studio's; "": none."""
    text: str = ""


class PromptWriting:
    """Asks a Studio's `PromptWriter` for one prompt editor.

    Nothing typed and nothing answered is lost: a text replaces the prompt only where that is still
    the one that was asked about, and what is replaced is held.
    """

    def __init__(self, editor: PromptEditor, writer: Any) -> None:
        """writer: the `PromptWriter`, or None where there is none."""
        self._editor = editor
        self._writer = writer
        self._frame: Any = None
        self._asked: _Asked | None = None
        self._held = _Held()
        self._said, self._error, self._note = "", "", ""
        self._putting, self._placed = False, ""
        self._ended = False
        editor.writer_asked = self.do
        editor.typed_over = self._typed_over
        editor.observe(self._changed, "value")
        self._show()

    def draw(self, start_frame: Any) -> None:
        """Take note of the start frame; None: there is none."""
        self._frame = start_frame
        self._show()

    def do(self, what: str) -> None:
        """A button was pressed: "enhance", "describe", "stop", "swap", "dismiss"."""
        with self._editor.guard:
            if what in ("enhance", "describe"):
                self._ask(what)
            elif what == "stop" and self._asked is not None:
                asked, self._asked = self._asked, None
                asked.future.cancel()
                self._said = STOPPED
            elif what == "swap" and self._held.kind:
                self._swap()
            elif what == "dismiss":
                self._held, self._said, self._error = _Held(), "", ""
            self._show()

    def end(self) -> None:
        """Write nothing any more; what is under way is stopped."""
        with self._editor.guard:
            asked, self._asked, self._ended = self._asked, None, True
        if asked is not None:
            asked.future.cancel()

    # ------------------------------------------------------------------ asking

    def _ask(self, what: str) -> None:
        offered = self._offers()
        if self._asked is not None or self._ended or not offered.get(what):
            return
        if what == "describe" and self._frame is None:
            return
        self._said, self._error, self._note = "", "", ""
        asked = _Asked(what, self._editor.value, self._frame)
        if what == "enhance":
            asked.future = self._writer.begin_enhancing(asked.before)
        else:
            asked.future = self._writer.begin_describing(asked.frame)
        self._asked = asked
        # The callback is called in the loop that all waiting goes through: observers are not.
        asked.future.add_done_callback(lambda _: in_background(self._answered, asked))
        in_background(self._look, asked)

    def _look(self, asked: _Asked) -> None:
        """Whether something is rendered meanwhile: told, no reason not to ask."""
        try:
            busy = self._writer.is_rendering()
        except FramePackError:  # what was asked says what is wrong
            return
        with self._editor.guard:
            if busy and self._asked is asked:
                self._note = BUSY
                self._show()

    def _answered(self, asked: _Asked) -> None:
        with self._editor.guard:
            if self._asked is not asked:
                return  # stopped, or the form is drawn for another server
            self._asked = None
            try:
                self._take(asked, asked.future.result())
            except concurrent.futures.CancelledError:
                self._said = STOPPED
            except FramePackError as error:
                self._error = str(error)
            except Exception as error:  # noqa: BLE001 - shown where it was asked for, logged
                _log.exception("the Studio's text could not be had")
                self._error = str(error) or type(error).__name__
            self._show()

    def _take(self, asked: _Asked, text: str) -> None:
        if self._editor.value != asked.before:
            self._held, self._said = _Held("answer", text), CHANGED
        elif asked.what == "describe" and self._frame != asked.frame:
            self._held, self._said = _Held("answer", text), OTHER_FRAME
        else:
            self._held, self._said = _Held("old", asked.before), REPLACED
            self._put(text)

    # ------------------------------------------------------------------ one text for the other

    def _swap(self) -> None:
        now, held = self._editor.value, self._held
        if held.kind == "old":
            self._held, self._said = _Held("answer", now), BACK
        else:
            self._held, self._said = _Held("old", now), REPLACED
        self._put(held.text)

    def _put(self, text: str) -> None:
        self._putting, self._placed = True, text
        try:
            self._editor.value = text
        finally:
            self._putting = False

    def _typed_over(self, text: str) -> None:
        if self._held.kind == "old":
            self._held, self._said = _Held("answer", text), TYPED_OVER
            self._show()

    def _changed(self, _: object) -> None:
        """Where other settings were put into the form, the old prompt has no place in them."""
        if self._putting or self._editor.is_typed or self._held.kind != "old":
            return
        if not _words(self._placed) <= _words(self._editor.value):  # a LoRA's words may be added
            self._held, self._said = _Held(), ""
            self._show()

    # ------------------------------------------------------------------ what is shown

    def _offers(self) -> dict[str, bool]:
        if self._writer is None:
            return {}
        return {
            "enhance": self._writer.offers_enhancing,
            "describe": self._writer.offers_describing,
        }

    def _show(self) -> None:
        if self._ended:
            return
        offered = self._offers()
        if not any(offered.values()):
            shown: dict[str, Any] = {}
        else:
            shown = {
                **offered,
                "why_not": NO_FRAME if self._frame is None else "",
                "asking": self._asked.what if self._asked is not None else "",
                "note": self._note if self._asked is not None else "",
                "held": self._held.kind,
                "text": self._held.text if self._held.kind == "answer" else "",
                "said": self._said,
                "error": self._error,
            }
        if self._editor.writer != shown:
            self._editor.writer = shown


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text))
