"""How long the GPU is idle between two jobs, and how long a finished clip takes to the disk.

    python benchmarks/handover.py

By the server's own log: from the end of one render to the arrival of the next submission (the
server's own time for it included); and from the end of a render to its clip, proven, in the
Library. Loopback, so there is next to no transfer in it.
"""

from __future__ import annotations

import itertools
import statistics
import tempfile
from pathlib import Path

import framepack_widgets as fp
from framepack_widgets.demo.options import DemoOptions
from framepack_widgets.demo.process import start

JOBS = 8


def main() -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        start(DemoOptions(speed=8)) as demo,
        fp.connect(demo.url, library=Path(folder) / "library") as studio,
    ):
        jobs = [studio.submit(prompt="it looks up", seconds=4, seed=n) for n in range(JOBS)]
        studio.run_until_idle()
        log = demo.jobs_log()
        ended = {line["id"]: line["time"] for line in log if line["event"] == "ended"}
        queued = {line["id"]: line["time"] for line in log if line["event"] == "queued"}
        ids = [job.record.trace.server_id or "" for job in jobs]
        gaps = [queued[b] - ended[a] for a, b in itertools.pairwise(ids)]
        disk = [(job.record.finished_at or 0) - ended[i] for job, i in zip(jobs, ids)]
        report("end of a render to the next submission, s", gaps)
        report("end of a render to the clip on disk, s", disk)


def report(name: str, values: list[float]) -> None:
    print(f"{name}: median {statistics.median(values):.2f}, worst {max(values):.2f}")


if __name__ == "__main__":
    main()
