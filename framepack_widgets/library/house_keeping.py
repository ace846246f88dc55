"""What keeps a Library in order: its size, deleting and undoing, export, taking clips in again."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from framepack_widgets.clip import Clip
from framepack_widgets.errors import LibraryError
from framepack_widgets.job import JobRecord
from framepack_widgets.library import export as exporting
from framepack_widgets.library import rescan as rescanning
from framepack_widgets.library import show
from framepack_widgets.library.clip_files import ClipFiles
from framepack_widgets.library.database import Database
from framepack_widgets.library.deletion import Deletion
from framepack_widgets.library.inputs import Inputs
from framepack_widgets.library.search import checked_stars
from framepack_widgets.library.sizes import LibrarySize, folder_size
from framepack_widgets.library.store import JobStore
from framepack_widgets.library.trash import Trash

DATABASE = "library.sqlite3"
MAX_NOTE = 10_000


class HouseKeeping:
    """The half of `Library` that no render needs."""

    path: Path
    _database: Database
    _store: JobStore
    _files: ClipFiles
    _inputs: Inputs
    _trash: Trash

    def rescan(self) -> list[JobRecord]:
        """Take in clips that lie in the clips folder but are in no job, and return their jobs.

        Files without settings are left alone, with a warning.
        """
        rows = self._database.read("SELECT id, clip, open FROM jobs")
        taken = {row[0] for row in rows}
        at_work = {row[0] for row in rows if row[2]}
        added = []
        for path in rescanning.unknown_clips(self._files.clips, {row[1] for row in rows}):
            record = rescanning.record_from(path, taken, at_work)
            if record is not None:
                self._store.add(record, self._trash.bring_input)
                taken.add(record.id)
                added.append(record)
        return added

    def size(self) -> LibrarySize:
        """How much room the Library takes, and for what."""
        (jobs, clips) = self._database.read(
            "SELECT count(*), count(clip) FROM jobs WHERE deletion IS NULL"
        )[0]
        # The lock's file is left out: nobody but the lock may touch it.
        database = (self.path / (DATABASE + end) for end in ("", "-wal", "-shm"))
        return LibrarySize(
            clips=folder_size(self._files.clips),
            inputs=folder_size(self._inputs.folder),
            trash=folder_size(self._trash.folder),
            database=sum(file.stat().st_size for file in database if file.exists()),
            other=folder_size(self._files.incoming) + folder_size(self._files.aside),
            jobs=jobs,
            clips_count=clips,
        )

    def delete(self, *jobs: Any) -> Deletion:
        """Ask to delete jobs (ids, records, jobs or clips) with their clips.

        Nothing happens yet: the answer shows what would go, and has `confirm()` and `undo()`.
        """
        return self._trash.ask(self._id_of(job) for job in jobs)

    def trash(self) -> list[Deletion]:
        """What was deleted and can be brought back, newest first."""
        return self._trash.deletions()

    def jobs_in_trash(self) -> list[JobRecord]:
        """The jobs in the trash; no other method finds them."""
        return self._store.in_trash()

    def restore(self, deletion_id: str) -> Deletion:
        """Bring a deletion back from the trash."""
        return self._trash.restore(deletion_id)

    def empty_trash(self) -> Deletion:
        """Ask to delete for good what is in the trash; nothing happens before `confirm()`."""
        return self._trash.ask_emptying()

    def rate(self, job: Any, stars: int) -> JobRecord:
        """Give a job and its clip 0 (not rated) to 5 stars; returns the new record.

        job: as for `delete`. Stars are in `record.stars` and in the JSON beside the clip, so that
        they survive the trash, a rescan and an export. Raises LibraryError for other numbers.
        """
        return self._judge(job, checked_stars(stars), None)

    def annotate(self, job: Any, note: str) -> JobRecord:
        """Keep words of your own with a job and its clip, as `record.note`; "" removes them.

        At most 10,000 characters; they are found by `jobs(text=…)`. See `rate`.
        """
        if not isinstance(note, str) or len(note) > MAX_NOTE:
            raise LibraryError(f"A note is a text of at most {MAX_NOTE:,} characters.")
        return self._judge(job, None, note)

    def _judge(self, job: Any, stars: int | None, note: str | None) -> JobRecord:
        record = self._store.judge(self._id_of(job), stars, note)
        if record.clip and (self._files.clips / record.clip).is_file():
            self._files.add_beside(record.clip, {"stars": record.stars, "note": record.note})
        tell = getattr(job, "tell", None)  # a live Job shows the record that it was told last
        if tell is not None:
            tell(record)
        return record

    def _judgement_of(self, record: JobRecord) -> dict[str, Any]:
        """Stars and note that were given before there was a clip."""
        now = self._store.find(record.id) or record
        return {"stars": now.stars, "note": now.note} if now.stars or now.note else {}

    def export(
        self, target: str | os.PathLike[str], *jobs: Any, inputs: bool = True,
        overwrite: bool = False,
    ) -> Path:  # fmt: skip
        """Copy clips, their JSON, their frames and an index into a folder or a ".zip" file.

        jobs: as for `delete`; none: every job with a clip. Raises LibraryError if the target
        exists.
        """
        if jobs:
            records = [self._store.get(self._id_of(job)) for job in jobs]
        else:
            records = [record for record in self._store.jobs() if record.clip]
        return exporting.export(
            Path(os.path.abspath(Path(target).expanduser())),  # noqa: PTH100
            records,
            clips=self._files.clips,
            inputs=self._inputs if inputs else None,
            stored_by=self._inputs,
            overwrite=overwrite,
        )

    def __repr__(self) -> str:
        try:
            return show.as_text(self.path, self.size())
        except LibraryError as error:
            return f"<Library {self.path}: {error}>"

    def _repr_html_(self) -> str:
        return show.as_html(self.path, self.size(), self._store.jobs(limit=show.SHOWN))

    def _id_of(self, job: Any) -> str:
        if isinstance(job, str):
            return self._store.get(job).id
        if isinstance(job, Clip):
            rows = self._database.read(
                "SELECT id FROM jobs WHERE clip = ? AND +deletion IS NULL", (job.path.name,)
            )
            if job.path.parent == self._files.clips and rows:
                return str(rows[0][0])
            raise LibraryError(
                f"{job.path} is not a clip of this Library. For a file that lies in its clips "
                "folder, call library.rescan() first."
            )
        job_id = getattr(job, "id", None)
        if isinstance(job_id, str):
            return self._store.get(job_id).id
        raise LibraryError(f"{job!r} is no job: pass a job, its id, its record or its clip.")
