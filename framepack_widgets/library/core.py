"""The Library: one object over the rooms of this folder, each of which does its own part."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from framepack_widgets import durable
from framepack_widgets.clip import Clip
from framepack_widgets.errors import LibraryError
from framepack_widgets.events import Event
from framepack_widgets.images import ImageData
from framepack_widgets.job import JobRecord, Wish
from framepack_widgets.library.clip_files import ClipFiles, clip_name
from framepack_widgets.library.database import Database
from framepack_widgets.library.house_keeping import DATABASE, HouseKeeping
from framepack_widgets.library.inputs import Inputs
from framepack_widgets.library.joins import Joins
from framepack_widgets.library.lora_uses import LoraUse, lora_uses
from framepack_widgets.library.rows import Rows
from framepack_widgets.library.runs import RunStore
from framepack_widgets.library.search import States, When
from framepack_widgets.library.store import JobStore
from framepack_widgets.library.studios import StudioBook, StudioRow
from framepack_widgets.library.trash import Trash
from framepack_widgets.locations import default_folder, network_drive
from framepack_widgets.settings import Settings


class Library(HouseKeeping, Joins):
    """Jobs and clips in a folder on a local disk.

    path: the folder, made if it is not there; None: the default one (see `locations`). May be used
    from any thread and by several processes at once; whatever a call changed is on disk when it
    returns. Raises LibraryError, saying what to do, where the folder cannot be used.
    """

    def __init__(self, path: str | os.PathLike[str] | None = None) -> None:
        given = default_folder() if path is None else Path(path).expanduser()
        self.path = Path(os.path.abspath(given))  # noqa: PTH100 links stay links
        _refuse_network(self.path)
        self._inputs = Inputs(self.path / "inputs")
        self._files = ClipFiles(self.path, self._inputs)
        self._make_folders()
        self._database = Database(self.path / DATABASE)
        rows = Rows(self._inputs)
        self._store = JobStore(self._database, rows)
        self._studios = StudioBook(self._database)
        self._trash = Trash(self.path, self._database, self._inputs)
        self._trash.recover()
        self.runs = RunStore(self._database, self._store, rows, self._files.clips, self._trash)
        """The runs of sweeps: their points, which have become jobs, and which come next."""

    @property
    def clips_folder(self) -> Path:
        """Where finished clips are."""
        return self._files.clips

    @property
    def inputs_folder(self) -> Path:
        """Where frames and source videos are kept, by content."""
        return self._inputs.folder

    @property
    def incoming_folder(self) -> Path:
        """Where downloads go until they are adopted; unfinished ones end in ".part"."""
        return self._files.incoming

    @property
    def aside_folder(self) -> Path:
        """Where files are that must not be shown as any job's clip, each with a JSON saying why."""
        return self._files.aside

    # jobs

    def add(self, record: JobRecord) -> None:
        """Put a new job at the end of the list. Its frames have to be kept already (`localise`)."""
        self._store.add(record, self._trash.bring_input)

    def get(self, job_id: str) -> JobRecord:
        """The job with this id; 4 or more first characters are enough where they say which.

        Raises LibraryError naming the candidates, or what to do.
        """
        return self._store.get(job_id)

    def find(self, job_id: str) -> JobRecord | None:
        """The job with exactly this id; None where there is none (any more)."""
        return self._store.find(job_id)

    def jobs(
        self,
        *,
        text: str | None = None,
        model: str | None = None,
        state: States = None,
        since: When = None,
        until: When = None,
        studio: str | None = None,
        stars: int | None = None,
        has_clip: bool = False,
        sort: str = "newest",
        limit: int | None = None,
        offset: int = 0,
    ) -> list[JobRecord]:
        """The jobs that all conditions hold for, newest first (sort="stars": the best first).

        text: every word has to be part of a prompt, the note, the file name, the id or a LoRA's
        name; upper and lower case are one. state: one JobState or its text, or several. since,
        until: when the job was made, local time: a date (until: that whole day), datetime, ISO text
        or seconds since 1970. stars: at least so many, 0..5. has_clip: only jobs with a clip, also
        a partial one.
        """
        return self._store.jobs(
            text=text, model=model, state=state, since=since, until=until, studio=studio,
            stars=stars, has_clip=has_clip, sort=sort, limit=limit, offset=offset,
        )  # fmt: skip

    def count(self, **search: Any) -> int:
        """How many jobs `jobs(**search)` would give, without a limit."""
        return self._store.count(**search)

    def models(self) -> list[str]:
        """The models that its jobs were made with, sorted."""
        return self._store.models()

    def lora_uses(self) -> dict[str, LoraUse]:
        """{LoRA: how many clips were made with it, and the weight of the best rated one}."""
        return lora_uses(self._database)

    def unfinished(self, studio: str) -> list[JobRecord]:
        """The Studio's jobs that are not over, in the order in which they are to be sent."""
        return self._store.unfinished(studio)

    def apply(self, job_id: str, event: Event) -> JobRecord:
        """Let something happen to a job: what `events.advance` makes of it, on disk.

        Returns the new record; nothing is written if the event says nothing new.
        """
        return self._store.apply(job_id, event)

    def wish(self, job_id: str, wish: Wish) -> JobRecord:
        """Note what the user wants of a job, and return the new record."""
        return self._store.wish(job_id, wish)

    def changes(self) -> int:
        """A number that changes whenever anybody, in any process, changed something.

        Takes microseconds: compare it with the last one before reading anything again.
        """
        return self._database.changes()

    def renders(self, studio: str, limit: int = 50) -> list[JobRecord]:
        """The Studio's whole renders with `started_at` and `ended_at`, newest first."""
        return self._store.renders(studio, limit)

    # Studios

    def studio(self, url: str) -> str:
        """The key under which jobs on the Studio at this address are kept."""
        return self._studios.key(url)

    def remember_studio(
        self,
        url: str,
        *,
        app_id: str | None,
        version: str | None,
        schema: Mapping[str, Any] | None,
    ) -> str:
        """Note what a Studio said of itself and return its key; one key for a server's two URLs."""
        return self._studios.remember(url, app_id=app_id, version=version, schema=schema)

    def studios(self) -> list[StudioRow]:
        """The Studios that were remembered, the one seen last first."""
        return self._studios.rows()

    # frames

    def keep_input(
        self, source: str | os.PathLike[str] | ImageData | bytes, suffix: str = ""
    ) -> Path:
        """Copy a frame or video in, by content, and return its path here."""
        return self._inputs.keep(source, suffix)

    def localise(self, settings: Settings) -> Settings:
        """The same settings with all frames and the video kept here, as paths."""
        return self._inputs.localise(settings)

    def recall(self, settings: Settings) -> Settings:
        """The same settings, with frames that are not at their place taken from this Library.

        For settings read from a clip that was copied elsewhere.
        """
        return self._inputs.recall(settings)

    # clips

    def clip_name(self, record: JobRecord) -> str:
        """`<date>-<short prompt>-<seed>-<id>.mp4`: ASCII, valid on every system."""
        return clip_name(record)

    def adopt(
        self,
        record: JobRecord,
        file: Path,
        *,
        verified: str,
        partial: bool,
        extra: Mapping[str, Any] | None = None,
    ) -> Path:
        """Make a finished download the job's clip: settings inside and in a JSON file beside it.

        May be called again after a crash, with the same result. The download is removed at the end.
        Raises LibraryError, and leaves the download, if it is no whole video.
        """
        facts = self._files.facts_of(
            record,
            verified=verified,
            partial=partial,
            studio=self._studios.row(record.studio),
            extra={**(extra or {}), **self._judgement_of(record)},
        )
        return self._files.adopt(record, Path(file), facts)

    def keep_aside(self, record: JobRecord, file: Path, why: str) -> Path:
        """Move a file that must not be shown as this job's to `aside`, with a JSON saying why."""
        return self._files.keep_aside(record, Path(file), why)

    def clip(self, record: JobRecord | str) -> Clip | None:
        """The job's clip, or None where it has none or its file is gone."""
        found = self.get(record) if isinstance(record, str) else record
        if not found.clip or not (self.clips_folder / found.clip).is_file():
            return None
        return self._clip_of(found)

    @property
    def is_open(self) -> bool:
        """Whether it can be used; False after `close`."""
        return not self._database.is_closed

    def close(self) -> None:
        """Close the database. Using the Library afterwards raises LibraryError."""
        self._database.close()

    def _make_folders(self) -> None:
        folders = (
            self.path, self.clips_folder, self.inputs_folder, self.incoming_folder,
            self._files.aside, self.path / "trash",
        )  # fmt: skip
        for folder in folders:
            with durable.explaining("make the Library's folder", folder):
                folder.mkdir(parents=True, exist_ok=True)
        for folder in folders[1:5]:
            durable.remove_stale_temporaries(folder)


def _refuse_network(path: Path) -> None:
    kind = network_drive(path)
    if kind is not None:
        raise LibraryError(
            f"{path} lies on a network drive ({kind}), where the Library's database could be "
            "damaged. Choose a folder on a local disk with library=…; clips can be copied to the "
            "network drive with library.export(…)."
        )
