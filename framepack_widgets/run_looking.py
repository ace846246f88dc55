"""Looking at a run."""

from __future__ import annotations


class Looking:
    """The part of `SweepRun` that is about looking."""
