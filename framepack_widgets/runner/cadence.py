"""How often to ask a Studio who is running. Pure.

Asking costs the server as well (it encodes a preview for each answer), so it follows the server's
own estimate, not whether somebody is looking: often where something is about to happen, rarely
behind a stranger's long job.
"""

from __future__ import annotations

from framepack_widgets.job import Progress

SOON_S = 0.2  # something is about to end or to start
STEADY_S = 1.1  # our job is rendering
STRANGER_S = 15.0  # at most, behind somebody else's job


def next_question(ours: Progress | None, stranger: Progress | None, waited_s: float) -> float:
    """Seconds until the next question.

    ours, stranger: progress of what runs now (at most one of them; both None: nothing runs).
    waited_s: for how long the situation has been like that, s.
    """
    if ours is not None:
        return _by_eta(ours.eta_s, STEADY_S, waited_s)
    if stranger is not None:
        return _by_eta(stranger.eta_s, STRANGER_S, waited_s)
    # Nothing runs though a job of ours is queued: it is about to start.
    return SOON_S if waited_s < 3 else min(STEADY_S, waited_s / 10)


def _by_eta(eta_s: float | None, longest: float, waited_s: float) -> float:
    if eta_s is None:  # loading a model, decoding: seconds or minutes
        return min(longest, max(SOON_S * 2, waited_s / 10), STEADY_S)
    if eta_s < 2:
        return SOON_S
    return min(longest, max(SOON_S * 2, eta_s / 4))
