"""The editor of a prompt: as text, or as timed parts over the clip's length."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import traitlets

from framepack_widgets.widgets.assets import module, style
from framepack_widgets.widgets.form import prompt_parts
from framepack_widgets.widgets.form.prompt_parts import Draft, Setting
from framepack_widgets.widgets.page import PageWidget

_NO_EDIT: Mapping[str, Any] = {"view": "", "n": 0}


class PromptEditor(PageWidget):
    """A prompt that can be written as text or in timed parts; `value` is what is sent.

    Changing the way of writing changes no character. What is typed while the kernel is busy stays,
    and arrives when it answers.
    """

    _esm = module(
        "prompt_editor", "dom", "prompt_text", "prompt_bar", "prompt_rows", "prompt_writer"
    )
    _css = style("theme", "prompt_editor")

    value = traitlets.Unicode("").tag(sync=True)
    """The whole prompt, exactly as it is sent. Can be observed and set."""
    seconds = traitlets.Float(5.0).tag(sync=True)
    """Length asked for, s: decides where parts may begin and which of them rules when."""
    window = traitlets.Int(9).tag(sync=True)
    """Latent Window Size, in latent frames; decides how long a section is."""
    model = traitlets.Unicode(None, allow_none=True).tag(sync=True)
    """Generation type; some render from the end. None: not known."""
    start_frame = traitlets.Bool(True).tag(sync=True)
    """Whether the clip has one more latent frame for its start; see `length.counts_start`."""
    label = traitlets.Unicode("Prompt").tag(sync=True)
    note = traitlets.Unicode("").tag(sync=True)
    """Shown below the label: help, or why the prompt has no effect."""
    mode = traitlets.Enum(["text", "parts"], "text").tag(sync=True)
    """How it is written: "text" or, in rows with times, "parts"."""
    unfinished = traitlets.Unicode("").tag(sync=True)
    """What stands in a row but cannot be written into the prompt yet, in words; "": nothing."""
    state = traitlets.Dict().tag(sync=True)
    """What the page shows of the prompt; computed, see `prompt_parts.state`."""
    writer = traitlets.Dict().tag(sync=True)
    """What the page offers of the Studio's own language models; empty: nothing."""

    def __init__(self, value: str = "", **traits: Any) -> None:
        self._drafts: list[Draft] = []
        self._answering = False
        self._set_count = 0  # how often code has set the prompt: what the page may not have seen
        self.guard: Any = threading.RLock()
        """Held while the prompt changes; a form puts its own here."""
        self.writer_asked: Callable[[str], object] = _nothing
        """Called with "enhance", "describe", "stop", "swap" or "dismiss" when that was pressed."""
        self.typed_over: Callable[[str], object] = _nothing
        """Called with a prompt that code has set and that was typed over before it was seen."""
        super().__init__(value=value, **traits)
        self._describe()
        self.observe(self._replaced, "value")
        self.observe(self._describe, ["seconds", "window", "model", "start_frame"])

    def _on_edit(self, message: dict[str, Any], _buffers: Sequence[memoryview]) -> None:
        """Something was typed: {view, n: the view's own count, text, drafts}."""
        self.trouble = ""
        drafts = [
            Draft(**{name: str(draft[name]) for name in ("raw", "start", "end", "text")})
            for draft in message["drafts"]
        ]
        with self.guard:
            self._drafts = drafts
            before = self.value
            self._answering = True  # whoever listens may set other traits: one answer, at the end
            try:
                self.value = message["text"]
            finally:
                self._answering = False
                self._describe(answers={"view": str(message["view"]), "n": int(message["n"])})
            if int(message.get("seen", self._set_count)) < self._set_count and before != self.value:
                self.typed_over(before)

    def _on_writer(self, message: dict[str, Any], _buffers: Sequence[memoryview]) -> None:
        """A button of the Studio's language models was pressed."""
        self.writer_asked(str(message.get("what")))

    @property
    def is_typed(self) -> bool:
        """While a change of `value` is told: whether it was typed in the page."""
        return self._answering

    def _replaced(self, _change: object) -> None:
        with self.guard:
            if not self._answering:  # set by code: what was left in rows belongs to the old prompt
                self._drafts = []
                self._set_count += 1
            self._describe()

    def _describe(self, _change: object = None, answers: Mapping[str, Any] = _NO_EDIT) -> None:
        """Tell the page about the prompt as it is now, and which of its edits this answers."""
        with self.guard:  # or the slower of two threads would tell of a setting that is gone
            if self._answering:
                return
            setting = Setting(self.seconds, self.window, self.model, self.start_frame)
            state = prompt_parts.state(self.value, setting, self._drafts)
            with self.hold_sync():
                self.unfinished = " ".join(
                    f"A part ({draft['text']!r:.60}) is not in the prompt: {draft['why']}"
                    for draft in state["drafts"]
                )
                self.state = {**state, **answers, "set_count": self._set_count}


def _nothing(_: str) -> None:
    """Nobody has asked to be told."""
