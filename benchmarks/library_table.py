"""How long large sweeps take to be counted, planned, and shown as a table.

    python benchmarks/library_table.py

Nothing is rendered: a run of 10,000 done points, each with a small file as its clip and numbers
about it, is written into a Library, and read as `run.table()` reads it. Needs pandas.
"""

from __future__ import annotations

import itertools
import tempfile
import time
from pathlib import Path

import framepack_widgets as fp
from framepack_widgets.demo.options import DemoOptions
from framepack_widgets.demo.process import start
from framepack_widgets.job import JobRecord, JobState
from framepack_widgets.library import Library
from framepack_widgets.library.metrics_store import MetricsStore
from framepack_widgets.library.run_rows import NewPoint, Place, RunRecord
from framepack_widgets.metrics.numbers import Metrics
from framepack_widgets.sweeps.identity import content_id

ROWS = 10_000
PLANNED = 100_000
BASE = fp.Settings(prompt="it looks up", model="Original", seconds=1, width=256, height=256)


def main() -> None:
    print(f"{'what':55} {'s':>8}")
    counting()
    with (
        tempfile.TemporaryDirectory() as folder,
        start(DemoOptions()) as demo,
        fp.connect(demo.url, library=folder) as studio,
    ):
        planning(studio)
        fill(studio.library, studio.key)
        run = studio.run_of("large")
        timed(f"run.table() of {ROWS:,} rows, the first time", run.table)
        timed(f"run.table() of {ROWS:,} rows, again", run.table)
        timed(f"run.points, {ROWS:,}", lambda: run.points)
        timed("run.counts", lambda: run.counts)
        timed(f"library.jobs(), {ROWS:,}", studio.library.jobs)


def timed(what: str, call: object) -> object:
    began = time.perf_counter()
    answer = call()  # type: ignore[operator]
    print(f"{what:55} {time.perf_counter() - began:8.3f}")
    return answer


def counting() -> None:
    many = [n / 1000 for n in range(1000)]
    sweep = fp.Sweep(BASE, cfg_scale=many, distilled_cfg_scale=many, seed=range(1000))
    timed(f"len() of {len(sweep):,} points", lambda: len(sweep))
    timed("one point in their middle", lambda: sweep[len(sweep) // 2])


def planning(studio: fp.Studio) -> None:
    sweep = fp.Sweep(BASE, steps=range(1, 101), cfg_scale=[1.0, 1.5], seed=range(500))
    told: list[tuple[int, int | None]] = []
    name = f"plan of {len(sweep):,} points"
    timed(name, lambda: sweep.plan(studio, progress=lambda *n: told.append(n)))
    assert len(sweep) == PLANNED
    print(f"{'  news of its progress':55} {len(told):8,}")


def fill(library: Library, studio: str) -> None:
    """A run of done points, written as the runner and the metrics would have."""
    sweep = fp.Sweep(BASE, steps=range(1, 101), seed=range(ROWS // 100))
    points, records = [], []
    for point in sweep:
        name = content_id(point.settings)
        place = Place(point.index, point.coordinates, point.labels, name)
        points.append(NewPoint(name, point.index, (place,), point.settings))
        records.append(record_of(name, point.index, point.settings, studio))
        (library.clips_folder / f"{point.index}.mp4").write_bytes(b"%d" % point.index)
    run = RunRecord("0" * 12, studio, "large", sweep.to_dict(), time.time())
    library.runs.save(run, points)
    with library._database.write() as connection:
        for record in records:
            library._store.insert(connection, record, lambda _: None)
        connection.executemany(
            "UPDATE run_points SET job = ? WHERE run = ? AND point = ?",
            [(record.id, run.id, record.content) for record in records],
        )
    store = MetricsStore(library.path)
    clip = library.clips_folder / "0.mp4"
    store.put(clip, "", Metrics(1.0, 0.1, 50.0, None, None, 0.2))
    copy_metrics(store, library.clips_folder)


def copy_metrics(store: MetricsStore, folder: Path) -> None:
    import sqlite3

    with sqlite3.connect(store.file) as database:
        row = database.execute("SELECT * FROM metrics").fetchone()
        numbers = itertools.count(1)
        rows = []
        for number in itertools.islice(numbers, ROWS - 1):
            path = folder / f"{number}.mp4"
            status = path.stat()
            place = (path.name, status.st_size, status.st_mtime_ns)
            rows.append((f"{number:064x}", *row[1:3], *place, *row[6:]))
        database.executemany("INSERT INTO metrics VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
    database.close()


def record_of(content: str, number: int, settings: fp.Settings, studio: str) -> JobRecord:
    now = time.time()
    return JobRecord(
        id=f"{number:012x}",
        studio=studio,
        settings=settings,
        created_at=now,
        state=JobState.DONE,
        started_at=now,
        ended_at=now + 60,
        finished_at=now + 61,
        clip=f"{number}.mp4",
        verified="stamp",
        run="0" * 12,
        content=content,
    )


if __name__ == "__main__":
    main()
