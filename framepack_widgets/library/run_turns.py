"""The points of runs whose turn comes: they become jobs, or get a clip that is there.

Either happens in one transaction together with the link between point and job: whoever is killed
in between has done neither or both.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from framepack_widgets.errors import LibraryError
from framepack_widgets.job import JobRecord, JobState, Wish
from framepack_widgets.library.database import Database
from framepack_widgets.library.rows import Rows
from framepack_widgets.library.run_rows import Turn
from framepack_widgets.library.run_sql import NEXT, RENDERED, RENEW_ENDED, TURNS, TWINS
from framepack_widgets.library.store import JobStore
from framepack_widgets.library.trash import Trash
from framepack_widgets.settings import Settings

_BATCH = 50
_ELSE = ("asked", "rendered")  # in notes that tell what a server rendered otherwise than asked


class Turns:
    """The half of `RunStore` that the runner needs."""

    _database: Database
    _store: JobStore
    _rows: Rows
    _clips: Path
    _trash: Trash

    def turns(self, studio: str) -> list[Turn]:
        """The Studio's runs in their turn, those that are all jobs included."""
        rows = self._database.read(TURNS, (studio,))
        return [Turn(run, Wish(wish), *map(bool, facts)) for run, wish, *facts in rows]

    def renew_ended(self, run: str) -> None:
        """Points whose job was ended by stopping the run take their turn again."""
        with self._database.write() as connection:
            connection.execute(RENEW_ENDED, (run,))

    def has_next(self, studio: str) -> bool:
        """Whether points are still to become jobs, of runs that are to go on."""
        return any(turn.has_next and turn.wish is Wish.RUN for turn in self.turns(studio))

    def next_points(self, run: str) -> Iterator[tuple[str, Settings]]:
        """(identity, settings) of the run's points that are no jobs yet, in their turn."""
        last = -1
        while True:
            rows = self._database.read(NEXT, (run, last, _BATCH))
            for point, number, settings in rows:
                last = number
                yield point, self._rows.read_settings(settings)
            if len(rows) < _BATCH:
                return

    def twin(self, content: str) -> str | None:
        """A done job with these settings and a proven, whole clip that is there; None: none."""
        for job, clip, record in self._database.read(TWINS, (content,)):
            facts = json.loads(record)
            notes = " ".join(facts.get("notes") or ())
            is_whole = facts.get("verified") and not facts.get("partial")
            if not is_whole or any(word in notes for word in _ELSE):
                continue
            if (self._clips / clip).is_file():
                return str(job)
        return None

    def there(self, contents: Collection[str]) -> set[str]:
        """Those of these identities that have a `twin`."""
        known = {content for (content,) in self._database.read(RENDERED)}
        return {c for c in contents if c in known and self.twin(c) is not None}

    def reuse(self, run: str, twins: Mapping[str, str]) -> int:
        """Let points have the clips of earlier jobs, {point: job}; how many do now.

        A point that has a job meanwhile keeps it.
        """
        changed = 0
        with self._database.write() as connection:
            for point, job in twins.items():
                done = connection.execute(
                    "UPDATE run_points SET job = ?, reused = 1, ended = 0 "
                    "WHERE run = ? AND point = ? AND job IS NULL AND EXISTS "
                    "(SELECT 1 FROM jobs WHERE id = ? AND state = 'done' AND deletion IS NULL)",
                    (job, run, point, job),
                )
                changed += done.rowcount
        return changed

    def feed(self, run: str, point: str, record: JobRecord) -> bool:
        """Make a point a job; False if it is one already, or the run is not to go on.

        A point whose frame is gone becomes a job that failed, where the user sees it.
        """
        with self._database.write() as connection:
            done = connection.execute(
                "UPDATE run_points SET job = ?, reused = 0, ended = 0 WHERE run = ? AND point = ? "
                "AND job IS NULL AND listed = 1 AND (SELECT wish FROM runs WHERE id = ?) = 'run'",
                (record.id, run, point, run),
            )
            if done.rowcount != 1:
                return False
            try:
                for name in self._rows.inputs_of(record.settings):
                    self._trash.bring_input(name)
            except LibraryError as error:
                record = record.replace(
                    state=JobState.FAILED, message=str(error), finished_at=record.created_at
                )
            self._store.insert(connection, record, _looked_at)
        return True


def _looked_at(_: str) -> None:
    """Whether the frames are there is known already."""
