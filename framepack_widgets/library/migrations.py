"""The database's schema, as the steps that lead to it. `PRAGMA user_version` counts them.

A step is never changed once it was released: a new one is added at the end of `MIGRATIONS`. Each
runs in one transaction together with its number, so a crash leaves the version before or after.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable

APPLICATION_ID = 0x46504C42  # "FPLB" in the file's header: this file is a Library's


def _jobs_and_studios(connection: sqlite3.Connection) -> None:
    # `record` holds the job as JSON; the other columns repeat what is searched and sorted by.
    # `settings` and `progress` stand apart: one never changes, the other changes all the time.
    connection.execute(
        """CREATE TABLE jobs (
            id TEXT PRIMARY KEY,
            position INTEGER NOT NULL,
            studio TEXT NOT NULL,
            state TEXT NOT NULL,
            open INTEGER NOT NULL,
            model TEXT NOT NULL,
            created_at REAL NOT NULL,
            clip TEXT,
            search TEXT NOT NULL,
            settings TEXT NOT NULL,
            progress TEXT,
            record TEXT NOT NULL
        ) WITHOUT ROWID"""
    )
    connection.execute("CREATE INDEX jobs_by_age ON jobs (created_at, position)")
    connection.execute("CREATE INDEX jobs_to_do ON jobs (studio, open, position)")
    connection.execute("CREATE INDEX jobs_by_clip ON jobs (clip)")
    connection.execute(
        """CREATE TABLE studios (
            key TEXT PRIMARY KEY,
            url TEXT NOT NULL,
            app_id TEXT,
            version TEXT,
            schema TEXT,
            seen_at REAL NOT NULL
        )"""
    )
    connection.execute("CREATE TABLE studio_urls (url TEXT PRIMARY KEY, key TEXT NOT NULL)")


def _trash_and_inputs(connection: sqlite3.Connection) -> None:
    connection.execute("ALTER TABLE jobs ADD COLUMN deletion TEXT")
    connection.execute(
        """CREATE TABLE deletions (
            id TEXT PRIMARY KEY,
            deleted_at REAL NOT NULL,
            plan TEXT NOT NULL
        )"""
    )
    connection.execute("CREATE INDEX jobs_by_deletion ON jobs (deletion)")
    connection.execute(
        """CREATE TABLE job_inputs (
            job TEXT NOT NULL,
            input TEXT NOT NULL,
            PRIMARY KEY (job, input)
        ) WITHOUT ROWID"""
    )
    connection.execute("CREATE INDEX jobs_of_input ON job_inputs (input)")
    for job, settings in connection.execute("SELECT id, settings FROM jobs").fetchall():
        kept = {
            value["kept"]
            for value in json.loads(settings).values()
            if isinstance(value, dict) and isinstance(value.get("kept"), str)
        }
        connection.executemany(
            "INSERT INTO job_inputs (job, input) VALUES (?, ?)", [(job, name) for name in kept]
        )


def _stars(connection: sqlite3.Connection) -> None:
    # Stars and note are in `record`; this repeats what is searched and sorted by.
    connection.execute("ALTER TABLE jobs ADD COLUMN stars INTEGER NOT NULL DEFAULT 0")


MIGRATIONS: tuple[Callable[[sqlite3.Connection], None], ...] = (
    _jobs_and_studios,
    _trash_and_inputs,
    _stars,
)
VERSION = len(MIGRATIONS)
