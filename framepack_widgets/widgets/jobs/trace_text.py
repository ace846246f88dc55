"""What was asked of a job, and what is known of its run, as rows of readable words. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from framepack_widgets.images import ImageData
from framepack_widgets.job import JobRecord
from framepack_widgets.labels import LABELS

Rows = list[tuple[str, str]]

_LABEL_OF: dict[str, str] = {}
for _label, _name in LABELS.items():
    _LABEL_OF.setdefault(_name, _label)


def asked_rows(record: JobRecord) -> Rows:
    """The settings of a job that are set: (the Studio's label, value)."""
    values = record.settings.set_values()
    return [(_LABEL_OF.get(name, name), value_text(value)) for name, value in values.items()]


def value_text(value: Any) -> str:
    """A setting's value for people."""
    if isinstance(value, ImageData):
        return "an image"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {value_text(item)}" for key, item in value.items()) or "none"
    return str(value)


def trace_rows(record: JobRecord) -> Rows:
    """What is known about the job on its server; rows without anything to say are left out."""
    trace = record.trace
    rows = [
        ("our id", record.id),
        ("the Studio's id", trace.server_id or ""),
        ("earlier ids there", ", ".join(trace.former_ids)),
        ("handed over", _times(trace.sends)),
        ("the Studio's last word", trace.outcome or ""),
        ("timestamp of its files", trace.timestamp or ""),
        ("timestamps of runs that were cut off", ", ".join(trace.cut_off)),
        ("newest video on the server", trace.video or ""),
        ("jobs in the Studio's queue before", ", ".join(trace.known_ids)),
        ("runs to be ended when they start", ", ".join(trace.unwanted)),
        ("ended by us", "yes" if trace.ended else ""),
    ]
    return [(label, text) for label, text in rows if text]


def _times(count: int) -> str:
    return "never" if count <= 0 else "once" if count == 1 else f"{count} times"
