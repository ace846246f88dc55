"""Which clips a job wants behind one another, and the joined clip in the Library.

A job that continues a clip carries the wish for the joined file in its record, so the file is made
by whoever finds the job done: this kernel, the next one, or a terminal.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from framepack_widgets import durable
from framepack_widgets.clip import Clip
from framepack_widgets.errors import LibraryError
from framepack_widgets.job import JOINED, JobRecord, JobState
from framepack_widgets.library.made import Made
from framepack_widgets.lock import RunnerLock
from framepack_widgets.video_join import Piece, write_joined

CONTINUE = "continue"  # a job's operation; options: "frame", 0 is the first, and "join"
JOIN = "join"  # a joined clip's operation; options: "pieces"
_PATIENCE_S = 0.05

_joining = threading.Lock()  # one at a time in a process: encoding uses every core


class Joins(Made):
    """The part of `Library` that joins clips."""

    def join(self, *jobs: Any, overlap: int = 0) -> Clip:
        """Put the clips of these jobs behind one another, as a new clip of this Library.

        jobs: jobs, their ids, records or clips, two or more. A job that continues the one before it
        goes on at its frame, without repeating it; at the beginning of others, overlap pictures are
        left out. Joining the same again gives the clip that is here. Takes seconds; the first clip
        gives the size. Raises LibraryError.
        """
        records = [self._store.get(self._id_of(job)) for job in jobs]
        if len(records) < 2:
            raise LibraryError("Joining needs two clips or more: library.join(first, second).")
        with _joining, _Turn(self.path):
            return self._join(records, overlap)

    def joined(self, record: JobRecord) -> JobRecord | None:
        """The job of the joined clip that a continuing job asked for; None: not made (yet)."""
        return self.taken_in(_identity(_pair(record)))

    def joins_to_make(self, studio: str) -> list[JobRecord]:
        """The Studio's finished jobs whose joined clip is still to be made, oldest first.

        Not those whose joined clip or parent is in the trash or gone.
        """
        rows = self._database.read(
            "SELECT id FROM jobs WHERE studio = ? AND state = ? AND +deletion IS NULL "
            "AND json_extract(record, '$.operation') = ? ORDER BY created_at, position",
            (studio, JobState.DONE.value, CONTINUE),
        )
        found = [record for row in rows if (record := self._store.find(row[0])) is not None]
        return [record for record in found if self._is_to_make(record)]

    def make_join(self, record: JobRecord) -> Clip:
        """The joined clip of a finished job that continues another; made now if it is not here."""
        if not wants_join(record):
            raise LibraryError(
                f"Job {record.id} did not ask for a joined file. "
                f"library.join({', '.join(map(repr, (*record.parents, record.id)))}) makes one."
            )
        return self.join(*record.parents, record.id)

    def _is_to_make(self, record: JobRecord) -> bool:
        if not wants_join(record):
            return False
        identity = _identity(_pair(record))
        parent = self._store.find(record.parents[0])
        return (
            self.taken_in(identity) is None
            and not self.is_in_trash(identity)
            and parent is not None
            and parent.clip is not None
            and (self._files.clips / parent.clip).is_file()
        )

    def _join(self, records: Sequence[JobRecord], overlap: int) -> Clip:
        parts = _parts(records, overlap)
        identity = _identity(parts)
        known = self.taken_in(identity)
        if known is not None:
            return self._clip_of(known)
        pieces = [
            Piece(self._clip_file(part["job"]), part["start"], part["stop"]) for part in parts
        ]
        target = self._files.incoming / f"join-{records[-1].id}.mp4"
        with (
            durable.explaining("write the joined clip", target),
            durable.whole(target) as temporary,
        ):
            write_joined(pieces, temporary)
        return self.take_in(
            target,
            None,
            studio=records[-1].studio,
            origin=JOINED,
            parents=[record.id for record in records],
            operation=JOIN,
            options={"pieces": parts},
            identity=identity,
            move=True,
        )

    def _clip_file(self, job_id: str) -> Path:
        record = self._store.get(job_id)
        if record.clip is None or not (self._files.clips / record.clip).is_file():
            raise LibraryError(f"Job {job_id} has no clip in {self._files.clips} to join.")
        return self._files.clips / record.clip

    def _id_of(self, job: Any) -> str:  # as in HouseKeeping
        raise NotImplementedError


class _Turn:
    """One process at a time; the others wait, and then find the clip made."""

    def __init__(self, library: Path) -> None:
        folder = library / "locks"
        folder.mkdir(exist_ok=True)
        self._lock = RunnerLock(folder / "joins.lock")

    def __enter__(self) -> None:
        while not self._lock.acquire():
            time.sleep(_PATIENCE_S)

    def __exit__(self, *error: object) -> None:
        self._lock.release()


def wants_join(record: JobRecord) -> bool:
    """Whether a job asked for a file of its parent's clip and its own."""
    return record.operation == CONTINUE and bool(record.options.get("join")) and _has_parent(record)


def _has_parent(record: JobRecord) -> bool:
    return len(record.parents) == 1


def _pair(record: JobRecord) -> list[dict[str, Any]]:
    return _cut(record, record.parents[0]) if _has_parent(record) else []


def _cut(record: JobRecord, parent: str) -> list[dict[str, Any]]:
    """A clip up to the frame it was continued from, and what comes after that frame."""
    frame = record.options.get("frame")
    stop = frame + 1 if isinstance(frame, int) else None
    return [
        {"job": parent, "start": 0, "stop": stop},
        {"job": record.id, "start": 1, "stop": None},
    ]


def _parts(records: Sequence[JobRecord], overlap: int) -> list[dict[str, Any]]:
    """What is taken of each clip."""
    parts = [{"job": records[0].id, "start": 0, "stop": None}]
    for before, record in itertools.pairwise(records):
        if record.operation == CONTINUE and record.parents == (before.id,):
            end, begin = _cut(record, before.id)
            parts[-1]["stop"] = end["stop"]
            parts.append(begin)
        else:
            parts.append({"job": record.id, "start": overlap, "stop": None})
    return parts


def _identity(parts: Sequence[dict[str, Any]]) -> str:
    return "join:" + "+".join(f"{part['job']}[{part['start']}:{part['stop']}]" for part in parts)
