"""What was measured in a Library's clips: a file that may be deleted at any time.

It lies beside the Library's database and not in it, so that nothing is lost with it and a Clip can
use it that knows only where it lies. A clip is known by its content; name, size and time of the
file save reading all of it. Whatever is wrong with the file only means measuring again.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing, suppress
from pathlib import Path
from typing import TypeVar

from framepack_widgets import durable
from framepack_widgets.library.house_keeping import DATABASE
from framepack_widgets.metrics.numbers import NAMES, VERSION, Metrics

FILE = "metrics.sqlite3"
_BUSY_S = 5.0
_TABLE = """CREATE TABLE IF NOT EXISTS metrics (
    sha256 TEXT NOT NULL,
    frames TEXT NOT NULL,
    version INTEGER NOT NULL,
    name TEXT NOT NULL,
    size INTEGER NOT NULL,
    modified INTEGER NOT NULL,
    numbers TEXT NOT NULL,
    series TEXT NOT NULL,
    PRIMARY KEY (sha256, frames)
) WITHOUT ROWID"""
_SELECT = "SELECT numbers, series FROM metrics WHERE"
_Result = TypeVar("_Result")
_INDEX = "CREATE INDEX IF NOT EXISTS metrics_by_name ON metrics (name)"


class MetricsStore:
    """The measured clips of one Library. May be used from any thread and process."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / FILE

    @classmethod
    def of(cls, clip: Path) -> MetricsStore | None:
        """The store of the Library that this clip lies in; None for clips elsewhere."""
        folder = clip.parent.parent
        is_ours = clip.parent.name == "clips" and (folder / DATABASE).is_file()
        return cls(folder) if is_ours else None

    def get(self, clip: Path, frames: str) -> Metrics | None:
        """What was measured; frames: what says which start and end frame it was compared with."""
        return self._using(lambda database: _found(database, clip, frames), None)

    def put(self, clip: Path, frames: str, metrics: Metrics) -> None:
        """Keep what was measured."""
        self._using(lambda database: _keep(database, clip, frames, metrics), None)

    def numbers(self, clips: Iterable[Path]) -> dict[Path, dict[str, float | None]]:
        """What is known already of these clips, without the series; quick for thousands."""
        return self._using(lambda database: _all_found(database, clips), {})

    def _using(self, work: Callable[[sqlite3.Connection], _Result], otherwise: _Result) -> _Result:
        """What `work` gives; `otherwise` where the file or the clip cannot be used."""
        try:
            with closing(sqlite3.connect(self.file, timeout=_BUSY_S)) as database, database:
                database.execute("PRAGMA synchronous = OFF")
                database.execute(_TABLE)
                database.execute(_INDEX)
                return work(database)
        except (OSError, sqlite3.OperationalError):
            return otherwise  # no such clip, a full disk, somebody who writes for long
        except (sqlite3.DatabaseError, ValueError):
            with suppress(OSError):
                self.file.unlink()  # damaged
            return otherwise


def _found(database: sqlite3.Connection, clip: Path, frames: str) -> Metrics | None:
    place = _place(clip)
    row = database.execute(
        f"{_SELECT} name = ? AND size = ? AND modified = ? AND frames = ? AND version = ?",
        (*place, frames, VERSION),
    ).fetchone()
    if row is None:  # moved or copied, perhaps
        key = (durable.sha256_of(clip), frames, VERSION)
        which = "sha256 = ? AND frames = ? AND version = ?"
        row = database.execute(f"{_SELECT} {which}", key).fetchone()
        if row is not None:
            database.execute(
                f"UPDATE metrics SET name = ?, size = ?, modified = ? WHERE {which}",  # noqa: S608
                (*place, *key),
            )
    return None if row is None else Metrics.from_dict(json.loads(row[0]), json.loads(row[1]))


def _keep(database: sqlite3.Connection, clip: Path, frames: str, metrics: Metrics) -> None:
    numbers, series = json.dumps(metrics.to_dict()), json.dumps(metrics.sharpness_over_time)
    database.execute(
        "INSERT OR REPLACE INTO metrics VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (durable.sha256_of(clip), frames, VERSION, *_place(clip), numbers, series),
    )


def _all_found(
    database: sqlite3.Connection, clips: Iterable[Path]
) -> dict[Path, dict[str, float | None]]:
    rows = database.execute(
        "SELECT name, size, modified, numbers FROM metrics WHERE version = ?", (VERSION,)
    )
    known = {(name, size, modified): text for name, size, modified, text in rows}
    found = {}
    for clip in clips if known else ():
        with suppress(OSError):
            text = known.get(_place(clip))
            if text is not None:
                numbers = json.loads(text)
                found[clip] = {name: numbers.get(name) for name in NAMES}
    return found


def _place(clip: Path) -> tuple[str, int, int]:
    status = clip.stat()
    return clip.name, status.st_size, status.st_mtime_ns
