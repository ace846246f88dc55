"""Which of a Studio's renders a Library has, or waits for, already."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from framepack_widgets import stamp as stamps
from framepack_widgets.job import ADOPTED, JobRecord

if TYPE_CHECKING:
    from framepack_widgets.library import Library

TIMESTAMP = "timestamp"  # in the options of an adopted clip


def identity_of(timestamp: str) -> str:
    """What names a render for ever.

    Studios draw milliseconds and four digits more, so that no two renders share a timestamp; the
    address is left out, as a Studio may be reached under another one tomorrow, or by its folder.
    """
    return f"render {timestamp}"


class Ours:
    """The Library's jobs by what a Studio wrote down of them; as of the moment it was made."""

    def __init__(self, library: Library) -> None:
        self._by_timestamp: dict[str, JobRecord] = {}
        self._by_stamp: dict[tuple[str, float, int], JobRecord] = {}
        trash = library.jobs_in_trash()
        self._trash = {record.id for record in trash}
        for record in (*library.jobs(), *trash):
            for timestamp in _timestamps(record):
                self._by_timestamp.setdefault(timestamp, record)
            if record.stamp is not None and record.stamp_key and record.stamp_step:
                self._by_stamp[record.stamp_key, record.stamp_step, record.stamp] = record
        self._carriers = {(key, step) for key, step, _ in self._by_stamp}

    def by_timestamp(self, timestamp: str) -> JobRecord | None:
        """The job whose render, whole or cut off, bears this timestamp."""
        return self._by_timestamp.get(timestamp)

    def by_stamp(self, sidecar: Mapping[str, Any]) -> JobRecord | None:
        """The job whose stamp the sidecar carries."""
        for key, step in self._carriers:
            value = sidecar.get(key)
            stamp = stamps.read(value, step) if isinstance(value, float) else None
            if stamp is not None and (key, step, stamp) in self._by_stamp:
                return self._by_stamp[key, step, stamp]
        return None

    def is_in_trash(self, record: JobRecord) -> bool:
        """Whether the user has deleted that job."""
        return record.id in self._trash


def has_clip(record: JobRecord) -> bool:
    """Whether there is, or may still come, a clip of that job."""
    return record.clip is not None or not record.state.is_finished


def _timestamps(record: JobRecord) -> list[str]:
    own = record.options.get(TIMESTAMP) if record.origin == ADOPTED else record.trace.timestamp
    return [t for t in (own, *record.trace.cut_off) if isinstance(t, str) and t]
