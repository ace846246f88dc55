"""Stars, note and the ways on from one clip: its settings, its last frame, as Python."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import traitlets

from framepack_widgets.descent import Descent, describe, title_of
from framepack_widgets.job import JobRecord
from framepack_widgets.library import Library
from framepack_widgets.library.made import settings_known
from framepack_widgets.widgets.assets import module, style
from framepack_widgets.widgets.page import PageWidget

_PROMPT = 2_000  # characters shown


class ClipCard(PageWidget):
    """What is known about one job's clip, for the place below its player.

    act(action, record): "settings", "continue" or "video" was pressed; called in another thread.
    Without it there are no buttons for these.
    """

    _esm = module("clip_card", "dom")
    _css = style("clip_card")

    job = traitlets.Unicode("").tag(sync=True)
    """Id; "" for nothing."""
    stars = traitlets.Int(0).tag(sync=True)
    note = traitlets.Unicode("").tag(sync=True)
    title = traitlets.Unicode("").tag(sync=True)
    """The prompt."""
    facts = traitlets.List(traitlets.Unicode()).tag(sync=True)
    has_clip = traitlets.Bool(False).tag(sync=True)
    known = traitlets.Bool(True).tag(sync=True)
    """Whether anybody knows the settings that it was made with."""
    actions = traitlets.Bool(False).tag(sync=True)
    takes_video = traitlets.Bool(False).tag(sync=True)
    """Whether "use as video" is offered."""

    def __init__(
        self,
        library: Library,
        act: Callable[[str, JobRecord], object] | None = None,
        **traits: Any,
    ) -> None:
        self._library = library
        self._act = act
        self._record: JobRecord | None = None
        self._guard = threading.Lock()
        super().__init__(actions=act is not None, **traits)

    @property
    def record(self) -> JobRecord | None:
        """The job that is shown."""
        return self._record

    def show(self, record: JobRecord | None) -> None:
        """Show this job; None: nothing."""
        with self._guard, self.hold_sync():
            self._record = record
            self.trouble = ""
            self.job = record.id if record is not None else ""
            self.stars = record.stars if record is not None else 0
            self.note = record.note if record is not None else ""
            self.title = title_of(record)[:_PROMPT] if record is not None else ""
            self.known = record is not None and settings_known(record) is not None
            self.facts = _facts(record) if record is not None else []
            self.has_clip = bool(record is not None and record.clip)

    def refresh(self) -> None:
        """Look the job up again: somebody may have changed its stars or note."""
        shown = self._record
        if shown is not None:
            record = self._library.find(shown.id)
            if record is not None and record != shown and self._record is shown:
                self.show(record)

    def _on_rate(self, message: dict[str, Any], _: object) -> None:
        self._later(self._judge, message, "stars")

    def _on_annotate(self, message: dict[str, Any], _: object) -> None:
        self._later(self._judge, message, "note")

    def _judge(self, message: dict[str, Any], what: str) -> None:
        job, value = str(message.get("job")), message.get(what)
        if what == "stars":
            record = self._library.rate(job, value if isinstance(value, int) else -1)
        else:
            record = self._library.annotate(job, str(value or ""))
        if self._record is not None and self._record.id == record.id:
            self.show(record)

    def _on_act(self, message: dict[str, Any], _: object) -> None:
        record, action = self._record, str(message.get("action"))
        if record is None or record.id != message.get("job"):
            return
        if action == "python":
            self._tell("python", text=record.settings.as_python())
        elif self._act is not None and action in ("settings", "continue", "video"):
            self._later(self._act, action, record)


def _facts(record: JobRecord) -> list[str]:
    settings = record.settings
    parts = [
        str(record.state) + (", partial" if record.partial else ""),
        settings.model and str(settings.model),
        settings.seconds and f"{settings.seconds} s asked",
        settings.steps and f"{settings.steps} steps",
        settings.cfg_scale is not None and f"CFG {settings.cfg_scale}",
        settings.seed is not None and f"seed {settings.seed}",
        describe(Descent.of(record)),
        record.message,
    ]
    return [str(part) for part in parts if part]
