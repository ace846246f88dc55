"""The runs of sweeps in the database, their points, and what has become of these."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

from framepack_widgets import durable
from framepack_widgets.errors import LibraryError
from framepack_widgets.job import JobRecord, JobState, Wish
from framepack_widgets.library.database import Database
from framepack_widgets.library.rows import Rows, inputs_of
from framepack_widgets.library.run_rows import (
    DELETED,
    PLANNED,
    JobFacts,
    NewPoint,
    Place,
    PointRow,
    RunRecord,
)
from framepack_widgets.library.run_sql import (
    COUNTS,
    FACTS,
    IS_GOING,
    LEAVE_JOBS_ALONE,
    POINTS,
    RENEW_ENDED,
    RUN_COLUMNS,
)
from framepack_widgets.library.run_turns import Turns
from framepack_widgets.library.store import JobStore
from framepack_widgets.library.trash import Trash
from framepack_widgets.settings import Settings

_STOP = "Stop it first (run.stop()), then delete it."
_FIRST = {
    Wish.RUN: _STOP,
    Wish.PAUSE: _STOP,
    Wish.STOP: "It was stopped; when the Studio has ended them (run.result() waits), delete it.",
}


class RunStore(Turns):
    """The runs of one Library. Thread-safe; every change is on disk when its call returns."""

    def __init__(
        self, database: Database, store: JobStore, rows: Rows, clips: Path, trash: Trash
    ) -> None:
        self._database = database
        self._store = store
        self._rows = rows
        self._clips = clips
        self._trash = trash

    # ------------------------------------------------------------------ runs

    def find(self, run: str) -> RunRecord | None:
        """The run with exactly this id."""
        rows = self._database.read(f"SELECT {RUN_COLUMNS} FROM runs WHERE id = ?", (run,))  # noqa: S608
        return _run(rows[0]) if rows else None

    def named(self, studio: str, name: str) -> RunRecord | None:
        """The Studio's run of this name."""
        sql = f"SELECT {RUN_COLUMNS} FROM runs WHERE studio = ? AND name = ?"  # noqa: S608
        rows = self._database.read(sql, (studio, name))
        return _run(rows[0]) if rows else None

    def runs(self, studio: str) -> list[RunRecord]:
        """The Studio's runs in their turn."""
        sql = f"SELECT {RUN_COLUMNS} FROM runs WHERE studio = ? ORDER BY position, created_at"  # noqa: S608
        return [_run(row) for row in self._database.read(sql, (studio,))]

    def save(self, run: RunRecord, points: Collection[NewPoint]) -> RunRecord:
        """Make a run, or give the one of that id other points; those that are left out stay, but
        no longer count as the sweep's. Settings of points that are there never change.

        Raises LibraryError if another run of the Studio has the name, or a frame is gone.
        """
        texts = {p.id: self._rows.settings_text(p.settings) for p in points if p.settings}
        inputs = {name for text in texts.values() for name in inputs_of(text)}
        with self._database.write() as connection:
            # Inside the transaction: a deletion in another process cannot take them meanwhile.
            for name in inputs:
                self._trash.bring_input(name)
            self._put(connection, run)
            # The run counts as a user of its frames, so that they stay as long as it is there.
            connection.executemany(
                "INSERT OR IGNORE INTO job_inputs (job, input) VALUES (?, ?)",
                [(f"run:{run.id}", name) for name in sorted(inputs)],
            )
            connection.execute("UPDATE run_points SET listed = 0 WHERE run = ?", (run.id,))
            for point in points:
                places = _places_text(point.places)
                told = connection.execute(
                    "UPDATE run_points SET number = ?, places = ?, listed = 1 "
                    "WHERE run = ? AND point = ?",
                    (point.number, places, run.id, point.id),
                )
                if told.rowcount == 0:
                    connection.execute(
                        "INSERT INTO run_points (run, point, number, settings, places) "
                        "VALUES (?, ?, ?, ?, ?)",
                        (run.id, point.id, point.number, texts[point.id], places),
                    )
        found = self.find(run.id)
        if found is None:
            raise LibraryError(f"The run {run.name!r} is gone from {self._database.file}.")
        return found

    def _put(self, connection: sqlite3.Connection, run: RunRecord) -> None:
        text = durable.json_text(
            {
                "sweep": dict(run.sweep),
                "digest": run.digest,
                "draft": dict(run.draft),
                "refused": [place.to_dict() for place in run.refused],
                "promoted": dict(run.promoted),
                "handover": run.handover,
            }
        )
        done = connection.execute("UPDATE runs SET record = ? WHERE id = ?", (text, run.id))
        if done.rowcount:
            return
        if run.position:  # it was there when this change of it began
            raise LibraryError(
                f"The run {run.name!r} was deleted meanwhile; run the sweep again to make it anew."
            )
        try:
            connection.execute(
                "INSERT INTO runs (id, studio, name, position, created_at, wish, record) VALUES "
                "(?, ?, ?, (SELECT coalesce(max(position), 0) + 1 FROM runs), ?, ?, ?)",
                (run.id, run.studio, run.name, run.created_at, run.wish.value, text),
            )
        except sqlite3.IntegrityError as error:
            raise LibraryError(
                f"A run {run.name!r} was just made by another notebook; run the sweep again."
            ) from error

    def wish(self, run: str, wish: Wish) -> None:
        """Note what the user wants of a run: RUN, PAUSE or STOP.

        STOP marks the points that are under way: when it goes on (RUN), those that were cancelled
        by it take their turn again.
        """
        with self._database.write() as connection:
            connection.execute("UPDATE runs SET wish = ? WHERE id = ?", (wish.value, run))
            if wish is Wish.STOP:
                connection.execute(
                    "UPDATE run_points SET ended = 1 WHERE run = ? AND job IN "
                    "(SELECT id FROM jobs WHERE run = ? AND open = 1)",
                    (run, run),
                )
            elif wish is Wish.RUN:
                connection.execute(RENEW_ENDED, (run,))

    def delete(self, run: str) -> None:
        """Take a run and its points out; jobs and clips stay, the frames are its own no more.

        Raises LibraryError, and does nothing, while points of it wait or are rendered.
        """
        with self._database.write() as connection:
            sql = "SELECT name, wish FROM runs WHERE id = ?"
            row = connection.execute(sql, (run,)).fetchone()
            if row is None:
                raise LibraryError(f"There is no run {run} in {self._database.file} any more.")
            if connection.execute(IS_GOING, (run, run, run)).fetchone()[0]:
                raise LibraryError(
                    f"The run {row[0]!r} is not over: some of its points wait or are being "
                    f"rendered. {_FIRST[Wish(row[1])]} Nothing was deleted."
                )
            connection.execute(LEAVE_JOBS_ALONE, (run,))
            connection.execute("DELETE FROM job_inputs WHERE job = ?", (f"run:{run}",))
            connection.execute("DELETE FROM run_points WHERE run = ?", (run,))
            connection.execute("DELETE FROM runs WHERE id = ?", (run,))

    def move(self, run: str, to: int) -> None:
        """Give a run another turn: 0 is the first of its Studio's."""
        with self._database.write() as connection:
            sql = (
                "SELECT id FROM runs WHERE studio = (SELECT studio FROM runs WHERE id = ?) "
                "ORDER BY position, created_at"
            )
            ids = [row[0] for row in connection.execute(sql, (run,)).fetchall() if row[0] != run]
            ids.insert(max(0, to), run)
            connection.executemany(
                "UPDATE runs SET position = ? WHERE id = ?",
                [(number, name) for number, name in enumerate(ids, start=1)],
            )

    # ------------------------------------------------------------------ points

    def points(self, run: str) -> list[PointRow]:
        """The points of a run in their turn, with what has become of them."""
        return [_point(row) for row in self._database.read(POINTS, (run,))]

    def jobs(self, run: str) -> list[JobRecord]:
        """The jobs of a run's points so far, in their turn."""
        turns = {row.job: row.number for row in self.points(run) if row.job}
        found = self._store.of_run(run)
        return sorted(found, key=lambda record: turns.get(record.id, -1))

    def facts(self, run: str) -> dict[str, JobFacts]:
        """{job: what a table tells about it}; much quicker than `jobs` where there are many."""
        return {row[0]: JobFacts(*row) for row in self._database.read(FACTS, (run,))}

    def settings(self, run: str) -> dict[str, Settings]:
        """{point: its settings as they were frozen when the run was made}."""
        sql = "SELECT point, settings FROM run_points WHERE run = ?"
        rows = self._database.read(sql, (run,))
        return {point: self._rows.read_settings(text) for point, text in rows}

    def counts(self, run: str) -> dict[str, int]:
        """{state: how many of the sweep's points}; points that are no jobs yet are PLANNED."""
        return {state: int(count) for state, count in self._database.read(COUNTS, (run,))}

    def retry(self, run: str, states: Collection[str], points: Collection[str] = ()) -> int:
        """Let points whose job ended so take their turn again; how many. points: only these."""
        marks = ", ".join("?" * len(states))
        ended = f"job IN (SELECT id FROM jobs WHERE state IN ({marks}) AND open = 0)"  # noqa: S608
        if points:
            gone = "job NOT IN (SELECT id FROM jobs)"  # deleted for good
            ended = f"({ended} OR {gone}) AND point IN ({', '.join('?' * len(points))})"
        with self._database.write() as connection:
            done = connection.execute(
                "UPDATE run_points SET job = NULL, reused = 0, ended = 0 "  # noqa: S608
                f"WHERE run = ? AND {ended}",
                [run, *states, *points],
            )
        return done.rowcount

    def renew_missing(self, run: str) -> int:
        """Let points whose clip was deleted take their turn again; how many."""
        there = {path.name for path in self._clips.glob("*.mp4")}
        gone = [
            point.id
            for point in self.points(run)
            if point.state == DELETED
            or (point.state == JobState.DONE.value and point.clip not in there)
        ]
        with self._database.write() as connection:
            connection.executemany(
                "UPDATE run_points SET job = NULL, reused = 0 WHERE run = ? AND point = ?",
                [(run, point) for point in gone],
            )
        return len(gone)


def _run(row: tuple[Any, ...]) -> RunRecord:
    run, studio, name, position, created_at, wish, text = row
    kept = json.loads(text)
    return RunRecord(
        id=run,
        studio=studio,
        name=name,
        position=position,
        created_at=created_at,
        wish=Wish(wish),
        sweep=kept["sweep"],
        digest=kept.get("digest", ""),
        draft=kept.get("draft") or {},
        refused=tuple(Place.from_dict(place) for place in kept.get("refused") or ()),
        promoted=kept.get("promoted") or {},
        handover=bool(kept.get("handover")),
    )


def _places_text(places: Iterable[Place]) -> str:
    return durable.json_text([place.to_dict() for place in places])


@lru_cache(maxsize=20_000)
def _places(text: str) -> tuple[Place, ...]:
    return tuple(Place.from_dict(place) for place in json.loads(text))


def _point(row: tuple[Any, ...]) -> PointRow:
    point, number, places, listed, reused, job, state, clip, partial, message = row
    state = state or (PLANNED if job is None else DELETED)
    return PointRow(
        point, number, _places(places), bool(listed), bool(reused), job, state,
        clip, bool(partial), message or "",
    )  # fmt: skip
