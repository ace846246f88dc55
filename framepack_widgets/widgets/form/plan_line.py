"""The line before Render: what the clip will be, and how long that takes. Pure words."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from framepack_widgets.problem import Problem, Report

if TYPE_CHECKING:
    from framepack_widgets.forecast import Forecast


def plan_text(forecast: Forecast) -> str:
    """For example "121 frames, 4.03 s, 608 × 672 px, 4 sections, about 2:30 to 3:10"."""
    parts = [f"{forecast.frames} frames", f"{forecast.seconds:.2f} s"]
    if forecast.width and forecast.height:
        parts.append(f"{forecast.width} × {forecast.height} px")
    count = forecast.sections
    parts.append(f"{count} section{'' if count == 1 else 's'}")
    plan = forecast.plan
    if plan.combined:
        whole = f" ({plan.total_frames} frames)" if plan.total_frames else ""
        parts.append(f"joined to its source{whole}")
    return ", ".join([*parts, _time(forecast.estimate)])


def _time(estimate: tuple[float, float] | None) -> str:
    if estimate is None:
        return "time unknown (no similar render yet)"
    low, high = clock(estimate[0]), clock(estimate[1])
    return f"about {low}" if low == high else f"about {low} to {high}"


def clock(seconds: float) -> str:
    """170 -> "2:50"."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def refused_parts(report: Report, label: Callable[[str], str]) -> str:
    """The fields that have problems, by their labels, in a sentence; "" for none."""
    named = ", ".join(dict.fromkeys(label(problem.field) for problem in report.problems))
    return f"This Studio refuses a part of it: {named}." if named else ""


def why_not(report: Report, label: Callable[[str], str], unready: str = "") -> str:
    """Why nothing can be sent: the first problem with its field's label, and how many more.

    unready: what the page shows but the settings do not hold yet, a sentence; "" for nothing.
    """
    if report.ok:
        return unready
    first: Problem = report.problems[0]
    more = len(report.problems) - 1
    rest = f" (and {more} more)" if more else ""
    return f"{label(first.field)}: {first.message}{rest}"
