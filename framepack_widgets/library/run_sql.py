"""What the database is asked about runs."""

from __future__ import annotations

import itertools
import sqlite3

from framepack_widgets.library.run_rows import DELETED, PLANNED

RUN_COLUMNS = "id, studio, name, position, created_at, wish, record"

# A job in the trash counts as none.
POINTS = """
SELECT p.point, p.number, p.places, p.listed, p.reused, p.job, j.state, j.clip,
    CASE WHEN j.state = 'done' THEN json_extract(j.record, '$.partial') ELSE 0 END,
    CASE WHEN j.open = 0 AND j.state != 'done' THEN json_extract(j.record, '$.message') END
FROM run_points AS p LEFT JOIN jobs AS j ON j.id = p.job AND j.deletion IS NULL
WHERE p.run = ? ORDER BY p.number, p.point
"""

FACTS = """
SELECT j.id, j.clip, j.created_at, json_extract(j.record, '$.started_at'),
    json_extract(j.record, '$.ended_at'), json_extract(j.record, '$.finished_at'), j.stars,
    coalesce(json_extract(j.record, '$.note'), '')
FROM jobs AS j WHERE j.deletion IS NULL AND j.id IN (SELECT job FROM run_points WHERE run = ?)
"""

COUNTS = f"""
SELECT CASE WHEN p.job IS NULL THEN '{PLANNED}' ELSE coalesce(j.state, '{DELETED}') END AS stands,
    sum(json_array_length(p.places))
FROM run_points AS p LEFT JOIN jobs AS j ON j.id = p.job AND j.deletion IS NULL
WHERE p.run = ? AND p.listed = 1 GROUP BY stands
"""  # noqa: S608 both words are ours

TURNS = """
SELECT id, wish, EXISTS
    (SELECT 1 FROM run_points WHERE run = runs.id AND job IS NULL AND listed = 1), EXISTS
    (SELECT 1 FROM run_points AS p JOIN jobs AS j ON j.id = p.job
        WHERE p.run = runs.id AND p.ended = 1 AND j.state = 'cancelled'),
    json_extract(record, '$.handover')
FROM runs WHERE studio = ? ORDER BY position, created_at
"""

RENEW_ENDED = """
UPDATE run_points SET job = NULL, reused = 0, ended = 0
WHERE run = ? AND ended = 1 AND job IN (SELECT id FROM jobs WHERE state = 'cancelled')
"""

IS_GOING = """
SELECT EXISTS (SELECT 1 FROM jobs WHERE run = ? AND open = 1) OR EXISTS
    (SELECT 1 FROM run_points WHERE run = ? AND job IS NULL AND listed = 1
        AND (SELECT wish FROM runs WHERE id = ?) = 'run')
"""

# The record repeats the column.
LEAVE_JOBS_ALONE = """
UPDATE jobs SET run = NULL, record = json_remove(record, '$.run') WHERE run = ?
"""

NEXT = """
SELECT point, number, settings FROM run_points
WHERE run = ? AND job IS NULL AND listed = 1 AND number > ? ORDER BY number LIMIT ?
"""

# Identities of renders that may have a clip.
RENDERED = """
SELECT DISTINCT content FROM jobs
WHERE content IS NOT NULL AND state = 'done' AND clip IS NOT NULL AND deletion IS NULL
"""
TWINS = """
SELECT id, clip, record FROM jobs
WHERE content = ? AND state = 'done' AND clip IS NOT NULL AND deletion IS NULL
ORDER BY created_at DESC LIMIT 20
"""


def move_runs(connection: sqlite3.Connection, old: str, new: str) -> None:
    """The runs of one Studio become another one's; where it has the name, with a number."""
    names = {n for (n,) in connection.execute("SELECT name FROM runs WHERE studio = ?", (new,))}
    found = connection.execute("SELECT id, name FROM runs WHERE studio = ?", (old,)).fetchall()
    for run, name in found:
        numbered = (f"{name} {number}" for number in itertools.count(2))
        free = next(text for text in itertools.chain([name], numbered) if text not in names)
        names.add(free)
        connection.execute("UPDATE runs SET studio = ?, name = ? WHERE id = ?", (new, free, run))
