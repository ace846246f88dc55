"""The database's schema, as the steps that lead to it. `PRAGMA user_version` counts them.

A step is never changed once it was released: a new one is added at the end of `MIGRATIONS`. Each
runs in one transaction together with its number, so a crash leaves the version before or after.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable

from framepack_widgets.errors import FramePackError
from framepack_widgets.job import RENDER
from framepack_widgets.settings import Settings
from framepack_widgets.sweeps.identity import content_id

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


def _runs(connection: sqlite3.Connection) -> None:
    # A sweep's points stand in `run_points` until their turn comes: only then they become jobs.
    # `settings` never changes once it is there. `places`: where in the sweep the point stands,
    # several where equal points were folded. listed = 0: the sweep has the point no more.
    # ended = 1: its job was ended by stopping the run; going on renders it anew.
    connection.execute(
        """CREATE TABLE runs (
            id TEXT PRIMARY KEY,
            studio TEXT NOT NULL,
            name TEXT NOT NULL,
            position REAL NOT NULL,
            created_at REAL NOT NULL,
            wish TEXT NOT NULL,
            record TEXT NOT NULL,
            UNIQUE (studio, name)
        ) WITHOUT ROWID"""
    )
    connection.execute(
        """CREATE TABLE run_points (
            run TEXT NOT NULL,
            point TEXT NOT NULL,
            number INTEGER NOT NULL,
            job TEXT,
            settings TEXT NOT NULL,
            places TEXT NOT NULL,
            listed INTEGER NOT NULL DEFAULT 1,
            reused INTEGER NOT NULL DEFAULT 0,
            ended INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY (run, point)
        ) WITHOUT ROWID"""
    )
    connection.execute(
        "CREATE INDEX run_points_to_feed ON run_points (run, number) "
        "WHERE job IS NULL AND listed = 1"
    )
    connection.execute("CREATE INDEX run_points_ended ON run_points (run) WHERE ended = 1")
    connection.execute("CREATE INDEX run_points_of_job ON run_points (job)")
    _identities(connection)


def _identities(connection: sqlite3.Connection) -> None:
    connection.execute("ALTER TABLE jobs ADD COLUMN run TEXT")
    connection.execute("ALTER TABLE jobs ADD COLUMN content TEXT")
    rows = connection.execute(
        "SELECT id, settings, record FROM jobs WHERE state = 'done' AND clip IS NOT NULL"
    ).fetchall()
    found = [(name, job) for job, *rest in rows if (name := _content_of(*rest)) is not None]
    connection.executemany("UPDATE jobs SET content = ? WHERE id = ?", found)
    connection.execute("CREATE INDEX jobs_by_content ON jobs (content) WHERE content IS NOT NULL")
    connection.execute("CREATE INDEX jobs_by_run ON jobs (run) WHERE run IS NOT NULL")


def _content_of(settings: str, record: str) -> str | None:
    """The identity of an earlier render's settings, so that sweeps need not render it again."""
    try:
        if json.loads(record).get("origin", RENDER) != RENDER:
            return None
        values = json.loads(settings)
        for name, value in values.items():
            if isinstance(value, dict) and isinstance(value.get("kept"), str):
                values[name] = value["kept"]  # named by its content, which is all that counts
        return content_id(Settings.from_dict(values))
    except (ValueError, TypeError, AttributeError, FramePackError):
        return None  # only means that it may be rendered again


MIGRATIONS: tuple[Callable[[sqlite3.Connection], None], ...] = (
    _jobs_and_studios,
    _trash_and_inputs,
    _stars,
    _runs,
)
VERSION = len(MIGRATIONS)
