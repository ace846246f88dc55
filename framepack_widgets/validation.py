"""Whether a Studio can render some settings: every problem at once, before anything is sent.

A Studio itself checks almost nothing: 1000 steps, a length of "abc" or a Video model without a
video are accepted and queued, and fail, or block the queue, later.
"""

from __future__ import annotations

from typing import Literal

from framepack_widgets.effects import without_effect
from framepack_widgets.file_checks import check_frames
from framepack_widgets.models import facts_of
from framepack_widgets.problem import Problem, Report
from framepack_widgets.prompt import problems as prompt_problems
from framepack_widgets.schema import Schema
from framepack_widgets.settings import Settings
from framepack_widgets.value_checks import check_value, is_finite_number

__all__ = ["Problem", "Report", "validate"]


def validate(settings: Settings, schema: Schema, *, check_files: bool = True) -> Report:
    """Every problem of these settings on the Studio with this schema; raises nothing.

    check_files: also open the frames. Without it this is quick enough for every keystroke.
    """
    found: list[Problem] = []
    for name, value in settings.set_values().items():
        found += check_value(name, value, schema)
    resolved = schema.resolve(settings)
    found += _missing(settings, resolved, schema)
    found += _prompt_warnings(resolved)
    found += without_effect(settings, resolved, schema)
    if check_files:
        found += check_frames(settings, schema)
    return Report(
        problems=tuple(p for p in found if p.severity == "error"),
        warnings=tuple(p for p in found if p.severity == "warning"),
    )


def _missing(settings: Settings, resolved: Settings, schema: Schema) -> list[Problem]:
    """Frames that the model cannot do without."""
    model = resolved.model
    facts = facts_of(model, has_video="video" in schema)
    # Of an unknown model we only have the name: say it, but do not stand in the way.
    severity: Literal["error", "warning"] = "error" if facts.known else "warning"
    found = []
    if facts.takes_video and settings.video is None and "video" in schema:
        hint = "Give the path of a video, or choose another model."
        found.append(Problem("video", f"the model {model} needs a video.", hint, severity))
    if facts.wants_end_frame and settings.end_frame is None and "end_frame" in schema:
        plain = str(model).replace(" with Endframe", "")
        other = plain if plain in schema.models and plain != model else "another model"
        hint = f"Give an end frame, or choose {other}."
        found.append(Problem("end_frame", f"the model {model} needs an end frame.", hint, severity))
    return found


def _prompt_warnings(resolved: Settings) -> list[Problem]:
    text, seconds = resolved.prompt, resolved.seconds
    if not isinstance(text, str) or not is_finite_number(seconds) or seconds is None:
        return []
    return [Problem("prompt", told, severity="warning") for told in prompt_problems(text, seconds)]
