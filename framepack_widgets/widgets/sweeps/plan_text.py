"""The plan of a sweep in lines for the page. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from framepack_widgets.fields import short_number
from framepack_widgets.sweeps.sweep_plan import SweepPlan, counted, time_text

Lines = list[list[str]]
"""[[kind, text]]; kind: head, note, warning or error."""

_MOST = 12  # reasons that are listed


def plan_lines(plan: SweepPlan) -> Lines:
    """Renders, duplicates, time, disk; then what is refused and what is doubtful."""
    to_do, done = len(plan.to_render), len(plan.renders) - len(plan.to_render)
    parts = [counted(plan.points, "point"), f"{counted(to_do, 'render')} to do"]
    parts += [f"{done:,} there already"] if done else []
    if to_do:
        parts += [time_text(plan.estimate), _room(plan.bytes)]
    lines = [["head", " · ".join(parts)]]
    if plan.duplicates:
        same = counted(len(plan.duplicates), "point")
        lines.append(["note", f"{same} equal to others: rendered once"])
    changes = _changes(plan)
    if changes:
        lines.append(["note", changes])
    if plan.refused:
        lines.append(["error", f"{counted(len(plan.refused), 'point')} refused by this Studio:"])
        told = [f"{reason.problem} ({counted(reason.points, 'point')})" for reason in plan.reasons]
        lines += _at_most(told, "error")
    told = [f"{problem} ({counted(count, 'point')})" for problem, count in plan.warnings]
    return lines + _at_most(told, "warning")


def draft_lines(plan: SweepPlan, full: SweepPlan, changes: Mapping[str, Any]) -> Lines:
    """What drafts take, and what it takes to render all of them in full afterwards."""
    lines = plan_lines(plan)
    what = ", ".join(
        f"{short_number(value)} {'s' if name == 'seconds' else name}"
        for name, value in changes.items()
    )
    lines[0] = ["head", f"Drafts of {what}: {lines[0][1]}"]
    after = time_text(full.estimate) if full.to_render else "all there already"
    note = ["note", f"all in full afterwards: {after}; chosen ones take their share of it"]
    return [lines[0], note, *lines[1:]]


def _changes(plan: SweepPlan) -> str:
    parts = []
    if plan.model_changes:
        parts.append(counted(plan.model_changes, "change") + " of the model")
    if plan.lora_changes > plan.model_changes:
        parts.append(counted(plan.lora_changes - plan.model_changes, "change") + " of LoRAs")
    return f"in the order with the fewest changes: {', '.join(parts)}" if parts else ""


def _at_most(texts: Sequence[str], kind: str) -> Lines:
    lines = [[kind, text] for text in texts[:_MOST]]
    if len(texts) > _MOST:
        lines.append([kind, f"and {len(texts) - _MOST} more"])
    return lines


def _room(size: int | None) -> str:
    if size is None:
        return "room on disk unknown"
    return f"about {size / 1e9:.1f} GB" if size >= 1e9 else f"about {max(1, round(size / 1e6))} MB"
