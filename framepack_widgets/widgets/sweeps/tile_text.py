"""What a run, and one tile of it, says: words and plain values for the page. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

DONE = "done"
BAD = ("failed", "lost", "unsure")
AT_WORK = ("sending", "sent", "running", "fetching")
COMING = ("planned", "waiting")
_ENDED = ("cancelled", "deleted", "refused")
_WORDS = {
    "planned": "to come",
    "waiting": "next",
    "sending": "being sent",
    "sent": "with the Studio",
    "running": "rendering",
    "fetching": "being fetched",
    "lost": "lost",
    "unsure": "not known",
    "deleted": "its clip was deleted",
    "refused": "refused by the Studio",
}
_LONGEST = 300  # characters of a message; the details show all of it


def key_of(point: Any) -> str:
    """Names a point of a run in the page; a number may mean another one when values are added."""
    if point.in_sweep and point.number >= 0:
        return f"{point.number}-{point.id[:10]}"
    return f"x{point.id}"


def tile(point: Any, stars: int = 0, fraction: float | None = None) -> dict[str, Any]:
    """What the page needs for one tile. fraction: how far it is rendered, 0 to 1; None: unknown."""
    state = str(point.state)
    word = _WORDS.get(state, state)
    if state == "running" and fraction is not None:
        word = f"{fraction:.0%}"
    if state == DONE and point.partial:
        word = "done, ended early"
    elif state == DONE and point.reused:
        word = "done, was there"
    error = str(point.error or "")
    return {
        "key": key_of(point),
        "state": state,
        "word": word,
        "job": point.job_id or "",
        "has_clip": state == DONE or (state == "cancelled" and bool(point.partial)),
        "error": error if len(error) <= _LONGEST else f"{error[:_LONGEST]}…",
        "stars": stars,
        "labels": dict(point.labels),
        "fraction": None if fraction is None or state != "running" else round(fraction, 3),
        "can_retry": state in (*BAD, "cancelled") or (state == DONE and bool(point.partial)),
        "can_stop": state == "running",
    }


def totals(counts: Mapping[str, int], eta: tuple[float, float] | None = None) -> str:
    """`12 points · 8 done · 1 failed · 1 rendering · 2 left · about 1:20 to 2:00 to go`."""
    total = sum(counts.values())
    failed = sum(counts.get(state, 0) for state in BAD)
    left = sum(counts.get(state, 0) for state in COMING)
    at_work = sum(counts.get(state, 0) for state in AT_WORK)
    parts = [f"{total:,} point{'' if total == 1 else 's'}", f"{counts.get(DONE, 0):,} done"]
    parts += [f"{failed:,} failed"] if failed else []
    parts += [f"{counts[state]:,} {state}" for state in _ENDED if counts.get(state)]
    parts += [f"{at_work:,} rendering"] if at_work else []
    parts += [f"{left:,} left"] if left else []
    if eta is not None and (left or at_work):
        low, high = clock(eta[0]), clock(eta[1])
        parts.append(f"about {low} to go" if low == high else f"about {low} to {high} to go")
    return " · ".join(parts)


def share_done(counts: Mapping[str, int]) -> float:
    """How much of a run is over, 0 to 1."""
    total = sum(counts.values())
    left = sum(counts.get(state, 0) for state in (*COMING, *AT_WORK))
    return 1 - left / total if total else 0.0


def wishes(state: str, counts: Mapping[str, int]) -> list[str]:
    """What can be wished of a run in that state: pause, resume, stop, first, retry."""
    found = []
    if state in ("waiting", "running"):
        found = ["pause", "stop", "first"]
    elif state == "paused":
        found = ["resume", "stop", "first"]
    elif state == "stopped":
        found = ["resume"]
    if any(counts.get(bad) for bad in BAD):
        found.append("retry")
    return found


def clock(seconds: float) -> str:
    """170 -> "2:50"."""
    minutes, rest = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:,}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
