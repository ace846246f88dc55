"""What can be done with a job in its present state: which buttons, and what they say. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from framepack_widgets.job import JobRecord, JobState, Wish
from framepack_widgets.length import plan
from framepack_widgets.models import facts_of
from framepack_widgets.settings import Settings

S = JobState


@dataclass(frozen=True)
class Action:
    """One button."""

    name: str
    """cancel, stop, pause, resume, retry, settings or found."""
    label: str
    tip: str


def actions_of(record: JobRecord, wish: Wish) -> tuple[Action, ...]:
    """The buttons for a job in this state; wish: what the user wants of it, as heard last."""
    if record.state.is_finished:
        return _after(record)
    if wish in (Wish.CANCEL, Wish.STOP) or record.state is S.FETCHING:
        return ()
    found = []
    if record.state is S.WAITING:
        found.append(_RESUME if wish is Wish.PAUSE else _PAUSE)
    if record.state is S.RUNNING and _sections_exist(record):
        found.append(_enough(record))
    return (*found, _cancel(record))


def _cancel(record: JobRecord) -> Action:
    if record.state is S.WAITING:
        return Action("cancel", "Cancel", "Do not render it. It was not sent yet.")
    if record.state is not S.RUNNING:
        tip = "Do not render it. If the Studio has it in its queue, it is ended when it starts."
        return Action("cancel", "Cancel", tip)
    if _sections_exist(record):
        tip = f"Stop rendering. {_kept(record)} is kept, as the clip of a cancelled job."
    else:
        tip = "Stop rendering. No section is finished yet, so no clip is kept."
    return Action("cancel", "Cancel", tip)


def _enough(record: JobRecord) -> Action:
    tip = (
        f"End the render now and keep {_kept(record)}, as a partial clip that counts as done. "
        "The section that is being rendered is not in it."
    )
    return Action("stop", "Enough, keep it", tip)


def _kept(record: JobRecord) -> str:
    frames = record.progress.frames if record.progress else 0
    seconds = f"{frames / 30:.1f} s" if frames > 0 else "sections"
    return f"what is finished ({seconds}; {direction_of(record.settings.model)})"


def _after(record: JobRecord) -> tuple[Action, ...]:
    settings = Action(
        "settings",
        "Use settings" if record.state is S.DONE else "Change settings",
        "Put this job's settings into the form.",
    )
    if record.state is S.DONE:
        return (settings,)
    tip = "Submit the same settings again, with the same seed, as a new job."
    if record.state is S.UNSURE:
        tip += " If this one was rendered after all, it is rendered twice."
    retry = Action("retry", "Retry", tip)
    found = Action(
        "found", "Show what was found", "Files that were kept aside, and what is known of the job."
    )
    return (retry, settings, found)


def _sections_exist(record: JobRecord) -> bool:
    """Whether the Studio has written a section of this run: only whole sections are kept."""
    return bool((record.progress and record.progress.video) or record.trace.video)


def direction_of(model: str | None) -> str:
    """Which part of the clip the first sections are."""
    facts = facts_of(model)
    if not facts.known:
        return "part of the clip"
    if facts.from_end:
        return f"the clip's end: {model} grows from the end backwards"
    return f"the clip's beginning: {model} grows forwards"


def frames_asked(settings: Settings) -> int | None:
    """Frames of the whole clip; None where the settings do not say."""
    try:
        return plan(settings, start_size=None).frames
    except (ValueError, TypeError, OverflowError):
        return None


_PAUSE = Action("pause", "Pause", "Do not send it before it is resumed; other jobs go first.")
_RESUME = Action("resume", "Resume", "Send it when its turn comes.")
