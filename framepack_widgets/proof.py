"""Whose clip is it? What a Studio left behind, held against what was asked. Pure.

A Studio names its files by a timestamp that its worker draws; nothing in a file says which job it
was. Three kinds of evidence, strongest first:

- `stamp`: a number of ours, sent in the digits of a slider that the settings make inert, stands in
  the sidecar that belongs to the file;
- `id`: the server said, under one lock, that our job is running and that this is its file, or named
  the file for our id while nothing ran;
- `settings`: the sidecar agrees in every value (which frames were used is unproven).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from framepack_widgets import sidecar as sidecars
from framepack_widgets import stamp as stamps
from framepack_widgets.job import JobRecord


@dataclass(frozen=True)
class Verdict:
    """verified: the evidence found. contradiction: set if the file is provably not this job's."""

    verified: str | None
    notes: tuple[str, ...] = ()
    contradiction: str | None = None


def judge(record: JobRecord, sidecar: Mapping[str, Any] | None, *, named: bool) -> Verdict:
    """Whether the file with this sidecar is the clip of `record`.

    sidecar: None where the server writes none.
    named: the server itself connected the file with our job's id.
    """
    if sidecar is None:
        return Verdict("id") if named else Verdict(None)
    notes = tuple(sidecars.differences(record.settings, sidecar))
    found = stamp_in(record, sidecar)
    if record.stamp is not None and found == record.stamp:
        return Verdict("stamp", notes)
    if found is not None:
        return Verdict(None, contradiction="it carries the stamp of another job")
    if sidecars.is_other(record.settings, sidecar):
        return Verdict(None, contradiction="; ".join(notes))
    if named:
        return Verdict("id", notes)
    if record.stamp is not None:
        return Verdict(None, contradiction="it lacks the stamp that this job was sent with")
    return Verdict("settings") if not notes else Verdict(None, contradiction="; ".join(notes))


def stamp_in(record: JobRecord, sidecar: Mapping[str, Any]) -> int | None:
    """The stamp that a sidecar carries where this job's would be; None: none."""
    if record.stamp_key is None or record.stamp_step is None:
        return None
    value = sidecar.get(record.stamp_key)
    return stamps.read(value, record.stamp_step) if isinstance(value, float) else None
