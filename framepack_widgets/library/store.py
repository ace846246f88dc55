"""The jobs in the database: adding, finding, and the only way their state changes on disk."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Callable
from typing import Any

from framepack_widgets.advance import advance, wished
from framepack_widgets.errors import LibraryError
from framepack_widgets.events import Event
from framepack_widgets.job import JobRecord, JobState, Wish
from framepack_widgets.library.database import Database, damage
from framepack_widgets.library.rows import COLUMNS, Rows, inputs_of
from framepack_widgets.library.search import conditions, order

MIN_PREFIX = 4
_ONE = f"SELECT {COLUMNS} FROM jobs WHERE id = ? AND deletion IS NULL"  # noqa: S608


class JobStore:
    """The jobs of one Library. Thread-safe; every change is on disk when its call returns."""

    def __init__(self, database: Database, rows: Rows) -> None:
        self._database = database
        self._rows = rows

    def add(self, record: JobRecord, check_input: Callable[[str], None]) -> None:
        """Put a new job behind all others. check_input(name) raises if a kept file is not there."""
        with self._database.write() as connection:
            self.insert(connection, record, check_input)

    def insert(
        self,
        connection: sqlite3.Connection,
        record: JobRecord,
        check_input: Callable[[str], None],
    ) -> None:
        """As `add`, as a part of a transaction that does more."""
        columns = self._rows.insert(record)
        names = inputs_of(columns["settings"])
        # Inside the transaction: a deletion in another process cannot take them meanwhile.
        for name in names:
            check_input(name)
        try:
            connection.execute(
                f"INSERT INTO jobs (position, {', '.join(columns)}) VALUES "  # noqa: S608
                "((SELECT coalesce(max(position), 0) + 1 FROM jobs), "
                f"{', '.join('?' * len(columns))})",
                list(columns.values()),
            )
        except sqlite3.IntegrityError as error:
            raise LibraryError(
                f"The Library has a job {record.id} already; a job is added once."
            ) from error
        connection.executemany(
            "INSERT INTO job_inputs (job, input) VALUES (?, ?)",
            [(record.id, name) for name in sorted(names)],
        )

    def get(self, job_id: str) -> JobRecord:
        """The job with this id, or the only one whose id begins so (4 characters at least)."""
        rows = self._database.read(_ONE, (job_id,))
        if not rows:
            rows = [self._by_prefix(job_id)]
        return self._record(rows[0])

    def find(self, job_id: str) -> JobRecord | None:
        """The job with exactly this id, or None."""
        rows = self._database.read(_ONE, (job_id,))
        return self._record(rows[0]) if rows else None

    def jobs(
        self, *, sort: str = "newest", limit: int | None = None, offset: int = 0, **search: Any
    ) -> list[JobRecord]:
        """Jobs that a search (see `search.conditions`) finds; see `Library.jobs`."""
        where, values = conditions(**search)
        rows = self._database.read(
            f"SELECT {COLUMNS} FROM jobs WHERE {' AND '.join(where)} "  # noqa: S608
            f"ORDER BY {order(sort)} LIMIT ? OFFSET ?",
            [*values, -1 if limit is None else max(0, limit), max(0, offset)],
        )
        return [self._record(row) for row in rows]

    def in_trash(self) -> list[JobRecord]:
        """The jobs that were deleted and can be brought back."""
        rows = self._database.read(
            f"SELECT {COLUMNS} FROM jobs WHERE deletion IS NOT NULL"  # noqa: S608
        )
        return [self._record(row) for row in rows]

    def count(self, **search: Any) -> int:
        """How many jobs a search finds."""
        where, values = conditions(**search)
        found = self._database.read(
            f"SELECT count(*) FROM jobs WHERE {' AND '.join(where)}",  # noqa: S608
            values,
        )
        return int(found[0][0])

    def models(self) -> list[str]:
        """The models of all jobs, sorted."""
        rows = self._database.read(
            "SELECT DISTINCT model FROM jobs WHERE deletion IS NULL AND model != '' ORDER BY model"
        )
        return [str(row[0]) for row in rows]

    def unfinished(self, studio: str) -> list[JobRecord]:
        """A Studio's jobs that are not over, in the order in which they are to be sent."""
        rows = self._database.read(
            f"SELECT {COLUMNS} FROM jobs WHERE studio = ? AND open = 1 "  # noqa: S608
            "AND +deletion IS NULL ORDER BY run IS NOT NULL, "
            "(SELECT position FROM runs WHERE runs.id = jobs.run), position",
            (studio,),
        )
        return [self._record(row) for row in rows]

    def of_run(self, run: str) -> list[JobRecord]:
        """The jobs that are points of a run; those in the trash are none."""
        rows = self._database.read(
            f"SELECT {COLUMNS} FROM jobs WHERE deletion IS NULL AND id IN "  # noqa: S608
            "(SELECT job FROM run_points WHERE run = ?)",
            (run,),
        )
        return [self._record(row) for row in rows]

    def renders(self, studio: str, limit: int) -> list[JobRecord]:
        """Whole renders of a Studio with known times, newest first."""
        done = self.jobs(studio=studio, state=JobState.DONE, limit=limit * 4)
        whole = [r for r in done if not r.partial and r.started_at and r.ended_at]
        return whole[:limit]

    def apply(self, job_id: str, event: Event) -> JobRecord:
        """What `advance.advance` makes of the job, committed."""
        return self._change(job_id, lambda record: advance(record, event))

    def wish(self, job_id: str, wish: Wish) -> JobRecord:
        """What `advance.wished` makes of the job, committed."""
        job_id = self.get(job_id).id
        return self._change(job_id, lambda record: wished(record, wish, time.time()))

    def judge(self, job_id: str, stars: int | None, note: str | None) -> JobRecord:
        """The record with these stars and this note; None leaves one as it is."""
        changes: dict[str, Any] = {} if stars is None else {"stars": stars}
        if note is not None:
            changes["note"] = note
        return self._change(self.get(job_id).id, lambda record: record.replace(**changes))

    def _change(self, job_id: str, change: Callable[[JobRecord], JobRecord]) -> JobRecord:
        """Read, change, write if it is a change. Nobody else's change can come between."""
        while True:
            before = self._exactly(job_id, self._database.read(_ONE, (job_id,)))
            planned = change(before)
            if planned == before:
                return before
            # Progress comes once a second and may be lost in a power cut; states may not.
            only_progress = planned.replace(progress=before.progress) == before
            with self._database.write(durable=not only_progress) as connection:
                row = connection.execute(_ONE, (job_id,)).fetchone()
                now = self._exactly(job_id, [row] if row else [])
                after = planned if now == before else change(now)
                if only_progress and after.replace(progress=now.progress) != now:
                    continue  # the job moved on meanwhile: this needs the durable way
                if after != now:
                    self._write(connection, now, after, only_progress)
                return after

    def _write(
        self, connection: sqlite3.Connection, old: JobRecord, new: JobRecord, only_progress: bool
    ) -> None:
        if new.id != old.id or new.settings != old.settings:
            raise LibraryError(f"Job {old.id}: an event tried to change its id or settings.")
        columns = self._rows.progress(new) if only_progress else self._rows.update(new)
        assignments = ", ".join(f"{name} = ?" for name in columns)
        done = connection.execute(
            f"UPDATE jobs SET {assignments} WHERE id = ? AND state = ?",  # noqa: S608
            [*columns.values(), old.id, old.state.value],
        )
        if done.rowcount != 1:
            raise LibraryError(f"Job {old.id} is not {old.state} any more; look at it again.")

    def _record(self, row: tuple[Any, ...]) -> JobRecord:
        try:
            return self._rows.record(row)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            text = f"job {row[0]}: {type(error).__name__}: {error}"
            raise LibraryError(damage(self._database.file, text)) from error

    def _exactly(self, job_id: str, rows: list[Any]) -> JobRecord:
        return self._record(rows[0] if rows else self._by_prefix(job_id, exact=True))

    def _by_prefix(self, job_id: str, *, exact: bool = False) -> tuple[Any, ...]:
        """The row of a shortened id, or a LibraryError saying what is there instead."""
        prefix = str(job_id).strip().lower()
        trashed = self._database.read(
            "SELECT deletion FROM jobs WHERE id = ? AND deletion IS NOT NULL", (job_id,)
        )
        if trashed:
            raise LibraryError(
                f"Job {job_id} is in the trash; library.restore({trashed[0][0]!r}) brings it back."
            )
        if exact or len(prefix) < MIN_PREFIX or not re.fullmatch(r"[0-9a-z]+", prefix):
            raise LibraryError(
                f"The Library has no job {job_id!r}. library.jobs() lists them; an id may be "
                f"shortened to its first {MIN_PREFIX} or more characters."
            )
        rows = self._database.read(
            f"SELECT {COLUMNS} FROM jobs WHERE id >= ? AND id < ? "  # noqa: S608
            "AND deletion IS NULL ORDER BY id LIMIT 10",
            (prefix, prefix + "\x7f"),
        )
        if len(rows) == 1:
            return tuple(rows[0])
        if not rows:
            raise LibraryError(
                f"The Library has no job whose id begins with {prefix!r}; library.jobs() lists all."
            )
        names = ", ".join(row[0] for row in rows)
        raise LibraryError(f"{prefix!r} could be any of {names}. Use one more character of the id.")
