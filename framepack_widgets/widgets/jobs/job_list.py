"""Our own jobs that are not over, in the order in which they are sent; pausing and cancelling."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import traitlets

from framepack_widgets.job import JobRecord, JobState, Wish
from framepack_widgets.widgets.assets import module, style
from framepack_widgets.widgets.page import PageWidget

_SHOWN = 30
_PROMPT = 120  # characters


class JobList(PageWidget):
    """The waiting list. What is clicked reaches `act(action, job ids)` in another thread.

    Actions: "pause", "resume", "cancel", "show".
    """

    _esm = module("job_list", "dom")
    _css = style("job_list")

    rows = traitlets.List(traitlets.Dict()).tag(sync=True)
    """The first jobs: id, state, is_paused, prompt."""
    total = traitlets.Int(0).tag(sync=True)
    paused = traitlets.Int(0).tag(sync=True)
    waiting = traitlets.Int(0).tag(sync=True)
    """How many can be paused or are."""

    def __init__(self, act: Callable[[str, list[str]], object], **traits: Any) -> None:
        self._act = act
        self._open: tuple[JobRecord, ...] = ()
        super().__init__(**traits)

    def show(self, records: Sequence[JobRecord]) -> None:
        """These jobs are not over, in this order."""
        self._open = tuple(records)
        waiting = [record for record in records if record.state is JobState.WAITING]
        with self.hold_sync():
            self.rows = [_row(record) for record in records[:_SHOWN]]
            self.total = len(records)
            self.waiting = len(waiting)
            self.paused = sum(record.wish is Wish.PAUSE for record in waiting)

    def _on_act(self, message: dict[str, Any], _: object) -> None:
        action, job = str(message.get("action")), message.get("job")
        jobs = [record.id for record in self._open if job in (record.id, None)]
        if action == "cancel" and job is None:
            jobs = [r.id for r in self._open if r.state is JobState.WAITING]
        if action in ("pause", "resume") and job is None:
            wish = Wish.RUN if action == "pause" else Wish.PAUSE
            jobs = [r.id for r in self._open if r.state is JobState.WAITING and r.wish is wish]
        if action in ("pause", "resume", "cancel", "show"):
            self.trouble = ""
            self._later(self._act, action, jobs)


def _row(record: JobRecord) -> dict[str, Any]:
    prompt = str(record.settings.prompt or "")
    return {
        "id": record.id,
        "state": record.state.value,
        "is_waiting": record.state is JobState.WAITING,
        "is_paused": record.state is JobState.WAITING and record.wish is Wish.PAUSE,
        "is_ending": record.wish in (Wish.CANCEL, Wish.STOP),
        "prompt": prompt[:_PROMPT] + ("…" if len(prompt) > _PROMPT else ""),
        "seed": "" if record.settings.seed is None else str(record.settings.seed),
    }
