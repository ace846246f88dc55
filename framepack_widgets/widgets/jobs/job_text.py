"""Where a job stands, in words and numbers for the page. Pure.

`present()` is total: any record, however odd the server's numbers in it, has a headline and
fractions within 0..1.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any

from framepack_widgets.job import JobRecord, JobState, Progress, Wish
from framepack_widgets.widgets.jobs.job_actions import (
    Action,
    actions_of,
    direction_of,
    frames_asked,
)

FPS = 30
_OTHERS_S = 3.0  # in the server's queue for longer than that: somebody else's job runs there

S = JobState


@dataclass(frozen=True)
class Bar:
    """One progress bar."""

    label: str
    fraction: float  # 0..1
    text: str

    @classmethod
    def of(cls, label: str, fraction: float) -> Bar:
        share = _share(fraction)
        return cls(label, share, percent(share))


@dataclass(frozen=True)
class JobText:
    """What a view shows of a job; made by `present`."""

    state: str
    """The JobState's value."""
    tone: str
    """quiet, busy, good, warning or error: how it is coloured."""
    headline: str
    """Never empty; changes only when something worth announcing has happened."""
    detail: str = ""
    """A sentence more; "" for none."""
    bars: tuple[Bar, ...] = ()
    eta_s: float | None = None
    """Until the last step, s, at `now`; None: not known."""
    elapsed_s: float | None = None
    """Since `elapsed` began, s, at `now`."""
    elapsed: str = ""
    """What the elapsed time counts: "waiting for", "rendering for", "rendered in"."""
    counting: bool = False
    """Whether both times go on by themselves."""
    trouble: str = ""
    """What keeps it from going on, for people."""
    message: str = ""
    """Why it ended as it did."""
    notes: tuple[str, ...] = ()
    actions: tuple[Action, ...] = ()
    so_far: str = ""
    """How much of the clip exists while it renders: "1.2 s of 4.0 s"."""
    direction: str = ""
    """Which part of the clip that is; "" where nothing exists yet."""
    has_clip: bool = False
    finished: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Made of what JSON knows."""
        return dataclasses.asdict(self)


def present(
    record: JobRecord,
    *,
    trouble: str | None,
    now: float,
    position: int | None = None,
    heard: Wish | None = None,
) -> JobText:
    """What a view shows of this record.

    trouble: what keeps it from going on. now: s since 1970, this machine's clock, as in the record.
    position: which it is among the waiting jobs, from 1; None: not known. heard: a wish that was
    clicked and is not in the record yet.
    """
    wish = heard or record.wish
    finished = record.state.is_finished
    headline, detail, tone = _words(record, wish, now, position)
    elapsed, elapsed_s = _elapsed(record, now)
    progress = record.progress if record.state is S.RUNNING else None
    stuck = trouble if trouble and not finished else ""
    so_far = _so_far(record, progress)
    return JobText(
        state=record.state.value,
        tone=tone,
        headline=headline,
        detail=detail,
        bars=_bars(record, progress),
        eta_s=_seconds(progress.eta_s) if progress else None,
        elapsed_s=elapsed_s,
        elapsed=elapsed if elapsed_s is not None else "",
        counting=not finished and record.state is not S.FETCHING and not stuck,
        trouble=stuck,
        message=_message(record),
        notes=record.notes,
        actions=actions_of(record, wish),
        so_far=so_far,
        direction=direction_of(record.settings.model) if so_far else "",
        has_clip=record.clip is not None,
        finished=finished,
    )


# ---------------------------------------------------------------------- words


def _words(record: JobRecord, wish: Wish, now: float, position: int | None) -> tuple[str, str, str]:
    """Headline, detail and tone."""
    state = record.state
    if state.is_finished:
        return _ended(record)
    ending = wish in (Wish.CANCEL, Wish.STOP)
    if state is S.WAITING:
        return _waiting(wish, position)
    if state is S.SENDING:
        if ending:
            detail = "It is being handed over right now, and ended as soon as that is known."
            return "cancelling…", detail, "warning"
        return "being sent to the Studio", "", "busy"
    if state is S.SENT:
        if ending:
            return "cancel asked for: it is ended as soon as it starts", "", "warning"
        others = record.sent_at is not None and now - record.sent_at > _OTHERS_S
        return "in the Studio's queue", BEHIND_OTHERS if others else "", "busy"
    if state is S.FETCHING:
        return "rendered; fetching the clip", "", "busy"
    return _running(record, wish)


def _waiting(wish: Wish, position: int | None) -> tuple[str, str, str]:
    if wish is Wish.PAUSE:
        return "paused", "It is not sent before you resume it.", "warning"
    if wish is not Wish.RUN:
        return "cancelling…", "", "warning"
    if position is None:
        return "waiting for its turn", "", "quiet"
    if position <= 1:
        return "waiting: it is the next to be sent", "", "quiet"
    return f"waiting: number {position} in the list", "", "quiet"


def _running(record: JobRecord, wish: Wish) -> tuple[str, str, str]:
    text = (record.progress.text if record.progress else "").strip()
    if wish is Wish.CANCEL:
        detail = "The Studio was asked to end it." if record.trace.ended else ""
        return "cancelling…", detail, "warning"
    if wish is Wish.STOP:
        return "ending it: what is rendered so far is kept…", "", "warning"
    return "rendering", text, "busy"


def _ended(record: JobRecord) -> tuple[str, str, str]:
    if record.state is S.DONE:
        proven = _PROVEN.get(record.verified or "", "")
        if record.partial:
            return "done: a partial clip, shorter than asked for", proven, "good"
        return "done", proven, "good"
    if record.state is S.FAILED:
        return ("another job's clip came back" if record.wrong_clip else "failed"), "", "error"
    if record.state is S.CANCELLED:
        kept = "; what had been rendered until then is kept" if record.clip else ""
        return f"cancelled{kept}", "", "warning"
    if record.state is S.LOST:
        return "lost: the Studio no longer has it", "", "error"
    return "unsure: it may have been rendered, or not", "", "warning"


def _message(record: JobRecord) -> str:
    """Its last word, unless the headline says the same."""
    if record.state is S.DONE or not record.state.is_finished:
        return ""
    return record.message if record.message.strip() != record.state.value else ""


_PROVEN = {
    "stamp": "Proven to be this job's clip by its stamp.",
    "id": "Proven to be this job's clip: the Studio named the file for it.",
    "settings": "Its settings agree with what was asked; the frames are not proven.",
}
BEHIND_OTHERS = "It waits behind somebody else's job there."


# ---------------------------------------------------------------------- numbers


def _bars(record: JobRecord, progress: Progress | None) -> tuple[Bar, ...]:
    if record.state is S.FETCHING:
        return (Bar.of("whole", 1.0),)
    if record.state is not S.RUNNING:
        return ()
    progress = progress or Progress()
    parts = []
    if progress.sections > 0:
        section = min(max(progress.section, 1), progress.sections)
        parts.append(f"section {section} of {progress.sections}")
    elif progress.section > 0:
        parts.append(f"section {progress.section}")
    else:
        parts.append("section")
    if progress.steps > 0:
        parts.append(f"step {min(max(progress.step, 0), progress.steps)} of {progress.steps}")
    section_bar = Bar.of(", ".join(parts), progress.section_fraction)
    return section_bar, Bar.of("whole", progress.fraction)


def _so_far(record: JobRecord, progress: Progress | None) -> str:
    if progress is None or progress.video is None:
        return ""
    made = _seconds(progress.frames / FPS if progress.frames > 0 else None)
    asked = frames_asked(record.settings)
    if made is None:
        return "a part of it"
    return f"{made:.1f} s" + (f" of {asked / FPS:.1f} s" if asked else "")


def _elapsed(record: JobRecord, now: float) -> tuple[str, float | None]:
    """What is counted, and for how long it lasts, s."""
    state = record.state
    if state is S.WAITING:
        return "waiting for", _between(record.created_at, now)
    if state in (S.SENDING, S.SENT):
        return "in the queue for", _between(record.sent_at, now)
    if state is S.RUNNING:
        return "rendering for", _between(record.started_at, now)
    return "rendered in", _between(record.started_at, record.ended_at)


def _between(start: float | None, end: float | None) -> float | None:
    return None if start is None or end is None else _seconds(end - start)


def _seconds(value: float | None) -> float | None:
    """A finite number of at least 0, or None: numbers of another machine may be anything."""
    if value is None or not math.isfinite(value):
        return None
    return round(max(0.0, float(value)), 3)


def _share(fraction: float) -> float:
    return round(min(1.0, max(0.0, float(fraction))), 4) if math.isfinite(fraction) else 0.0


def percent(fraction: float) -> str:
    """0.62 -> "62 %"; 100 % only when it is all there."""
    return f"{math.floor(_share(fraction) * 100 + 1e-9)} %"


def duration(seconds: float) -> str:
    """65 -> 1:05, 3700 -> 1:01:40. Its twin for the page is in `job_view.js`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
