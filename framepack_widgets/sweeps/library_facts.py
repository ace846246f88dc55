"""What the Library knows that a plan needs: how long renders took, how big clips became."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from framepack_widgets.errors import LibraryError
from framepack_widgets.forecast import history, source_of
from framepack_widgets.job import JobRecord
from framepack_widgets.length import Render, plan


@dataclass(frozen=True)
class LibraryFacts:
    """What earlier renders on one Studio took: `plan(sweep, schema, **facts.as_arguments())`."""

    history: tuple[Render, ...] = ()
    """Oldest first."""
    bytes_per_pixel: float | None = None
    """Bytes of a clip per pixel and frame, the median; None: there is no clip."""

    @classmethod
    def of(cls, records: Sequence[JobRecord], clips_folder: Path) -> LibraryFacts:
        """From finished renders, newest first: `library.renders(key)`, `library.clips_folder`."""
        sizes = [size for record in records if (size := _density(record, clips_folder))]
        median = statistics.median(sizes) if sizes else None
        return cls(tuple(history(records)), median)

    def as_arguments(self) -> dict[str, Any]:
        """For `plan`."""
        return {"history": self.history, "bytes_per_pixel": self.bytes_per_pixel}


def _density(record: JobRecord, clips_folder: Path) -> float | None:
    if not record.clip:
        return None
    try:
        size, frames = source_of(record.settings)
        made = plan(record.settings, start_size=size, source_frames=frames)
        room = (clips_folder / record.clip).stat().st_size
    except (OSError, ValueError, LibraryError):
        return None  # the clip or its frames are gone: it says nothing
    if not made.width or not made.height or not made.frames:
        return None
    return room / (made.width * made.height * made.frames)
