"""Clips that were not rendered for this Library and become jobs of it all the same.

Adopted from a Studio, joined from several, or changed by its post-processing: each becomes a record
in state DONE that says where it comes from. The file is brought in first and the record written
last; whoever is killed in between calls again, or finds the clip with `rescan`.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from framepack_widgets.clip import Clip
from framepack_widgets.descent import Descent
from framepack_widgets.errors import LibraryError
from framepack_widgets.frozen import freeze, plain
from framepack_widgets.job import ORIGINS, RENDER, JobRecord, JobState
from framepack_widgets.library.clip_files import ClipFiles
from framepack_widgets.library.database import Database
from framepack_widgets.library.inputs import FILE_FIELDS, Inputs
from framepack_widgets.library.store import JobStore
from framepack_widgets.library.studios import StudioBook
from framepack_widgets.library.trash import Trash
from framepack_widgets.settings import Settings


class Made:
    """The part of `Library` that takes finished files in."""

    path: Path
    _database: Database
    _store: JobStore
    _files: ClipFiles
    _inputs: Inputs
    _trash: Trash
    _studios: StudioBook

    def take_in(
        self,
        file: str | os.PathLike[str],
        settings: Settings | None,
        *,
        studio: str,
        origin: str,
        parents: Sequence[str] = (),
        operation: str = "",
        options: Mapping[str, Any] | None = None,
        verified: str | None = None,
        partial: bool = False,
        notes: Sequence[str] = (),
        created_at: float | None = None,
        identity: str = "",
        move: bool = False,
        extra: Mapping[str, Any] | None = None,
    ) -> Clip:
        """Make a finished video a clip of this Library, with a job in state DONE.

        file: any video; it is copied (move: and then removed), not encoded again. settings: what it
        was made with; None: nobody knows. studio: the key of the Studio that made it, "" for none.
        origin: "adopted", "joined" or "processed"; parents: ids of the jobs whose clips it was made
        from; operation, options: how, as plain JSON. created_at: s since 1970; None: now.
        identity: a text that names this clip for ever; taking the same in again gives the clip that
        is here already. extra: more facts for the file, as JSON.

        Raises LibraryError if file is no whole video, or if that identity is in the trash.
        """
        if origin not in ORIGINS or origin == RENDER:
            raise LibraryError(
                f"A clip is taken in as {', '.join(ORIGINS[1:])}; not as {origin!r}."
            )
        job_id = made_id(identity) if identity else secrets.token_hex(6)
        here = self._taken(job_id)
        if here is not None:
            return here
        at = time.time() if created_at is None else float(created_at)
        record = JobRecord(
            id=job_id,
            studio=studio,
            settings=self._kept(settings or Settings()),
            created_at=at,
            state=JobState.DONE,
            verified=verified,
            partial=partial,
            notes=tuple(notes),
            origin=origin,
            parents=tuple(parents),
            operation=operation,
            options=freeze(plain(options or {})),
            ended_at=at,
            finished_at=time.time(),
        )
        return self._bring(record, Path(file).expanduser(), keep=not move, extra=extra)

    def taken_in(self, identity: str) -> JobRecord | None:
        """The job of the clip that was taken in under this identity; None where there is none.

        One in the trash counts as none here, see `is_in_trash`.
        """
        return self._store.find(made_id(identity))

    def is_in_trash(self, identity: str) -> bool:
        """Whether the clip of this identity was taken in and deleted by the user."""
        rows = self._database.read(
            "SELECT 1 FROM jobs WHERE id = ? AND deletion IS NOT NULL", (made_id(identity),)
        )
        return bool(rows)

    def made_from(self, job: str) -> list[JobRecord]:
        """The jobs that were made from the clip of the job with this id, oldest first."""
        # Parents are part of the searchable text; most jobs drop out there.
        found = self._store.jobs(text=job) if job else []
        return [record for record in reversed(found) if job in record.parents]

    def _bring(
        self, record: JobRecord, file: Path, *, keep: bool, extra: Mapping[str, Any] | None
    ) -> Clip:
        """The file first, the record last."""
        facts = self._files.facts_of(
            record,
            verified=record.verified,
            partial=record.partial,
            studio=self._studios.row(record.studio) if record.studio else None,
            extra=extra,
        )
        path = self._files.adopt(record, file, facts, keep=keep)
        record = record.replace(clip=path.name)
        try:
            self._store.add(record, self._trash.bring_input)
        except LibraryError:
            # Somebody else was faster with the same file.
            here = self._taken(record.id)
            if here is None:
                raise
            return here
        return self._clip_of(record)

    def _taken(self, job_id: str) -> Clip | None:
        """The clip that has been here since an earlier call; LibraryError if it is in the trash."""
        record = self._store.find(job_id)
        if record is None:
            if self._database.read("SELECT 1 FROM jobs WHERE id = ?", (job_id,)):
                self._store.get(job_id)  # raises, saying how to bring it back
            return None
        if record.clip is None or not (self._files.clips / record.clip).is_file():
            raise LibraryError(
                f"The clip of job {record.id} was taken in before, but its file is gone from "
                f"{self._files.clips}. Delete the job with library.delete({record.id!r}).confirm() "
                "and empty the trash; then take the file in again."
            )
        return self._clip_of(record)

    def _clip_of(self, record: JobRecord) -> Clip:
        return Clip(
            self._files.clips / str(record.clip),
            settings=settings_known(record),
            partial=record.partial,
            verified=record.verified,
            job_id=record.id,
            descent=Descent.of(record),
        )

    def _kept(self, settings: Settings) -> Settings:
        """The same settings, with what files there are kept here; those missing stay named."""
        settings = self._inputs.recall(settings)
        missing = {
            field: value
            for field in FILE_FIELDS
            if isinstance(value := getattr(settings, field), str)
            and not Path(value).expanduser().is_file()
        }
        there = settings.replace(**dict.fromkeys(missing)) if missing else settings
        kept = self._inputs.localise(there)
        return kept.replace(**missing) if missing else kept


def settings_known(record: JobRecord) -> Settings | None:
    """The settings of a job's clip; None where nobody knows them."""
    unknown = record.origin != RENDER and record.settings == Settings()
    return None if unknown else record.settings


def made_id(identity: str) -> str:
    """The job id of a clip that is taken in under this identity."""
    return hashlib.sha256(f"made:{identity}".encode("utf-8", "surrogatepass")).hexdigest()[:12]
