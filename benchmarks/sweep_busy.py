"""How busy a sweep keeps its server, and whether the plan's times hold.

    python benchmarks/sweep_busy.py               # 12 renders of about 5 s, then the estimates
    python benchmarks/sweep_busy.py --render 60   # 8 renders of about a minute

By the server's own log: the time in which something was rendered, as a share of the time from the
first start to the last end. Then, on a quicker server, the times that the plan of ten renders of
different lengths, steps and CFG gives, after six others were rendered, held against the log.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path

import framepack_widgets as fp
from framepack_widgets.demo.options import DemoOptions
from framepack_widgets.demo.process import DemoProcess, start

# At speed 1 such a render of the built-in Studio takes about 8 s: five phases, 3 x 10 steps.
BASE = fp.Settings(prompt="it looks up", seconds=4, steps=10, width=256, height=256, seed=1)
USUAL_S = 8.0
KNOWN = {"seconds": [1, 2, 4], "steps": [10, 20], "cfg_scale": [1.0]}
ASKED = [
    {"seconds": seconds, "steps": steps, "cfg_scale": cfg}
    for seconds, steps, cfg in (
        *((1, 15, 1.0), (1, 30, 1.5), (2, 12, 1.0), (3, 25, 1.0), (3, 8, 2.0)),
        *((4, 30, 1.0), (5, 20, 1.5), (6, 16, 1.0), (6, 30, 1.0), (8, 25, 2.0)),
    )
]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--render", type=float, default=5.0, help="s that a render lasts (5)")
    parser.add_argument("--count", type=int, help="renders (12; 8 of more than 30 s)")
    parser.add_argument("--only", choices=("busy", "estimates"), help="one of the two parts")
    given = parser.parse_args()
    count = given.count or (8 if given.render > 30 else 12)
    with tempfile.TemporaryDirectory() as folder:
        if given.only != "estimates":
            with start(DemoOptions(speed=USUAL_S / given.render)) as demo:
                busy(demo, Path(folder) / "busy", count)
        if given.only != "busy":
            with start(DemoOptions(speed=2)) as demo:
                estimates(demo, Path(folder) / "estimates")


def busy(demo: DemoProcess, library: Path, count: int) -> None:
    with fp.connect(demo.url, library=library) as studio:
        studio.run(fp.Sweep(BASE, seed=range(count)), name="busy").result()
    times = sorted(rendered(demo).values())
    queued = sorted(line["time"] for line in demo.jobs_log() if line["event"] == "queued")
    took = [ended - started for started, ended in times]
    total = times[-1][1] - times[0][0]
    print(f"{len(took)} renders of {statistics.median(took):.1f} s")
    print(f"  busy: {sum(took) / total:.4f} of {total:.1f} s")
    told = [after - ended for after, (_, ended) in zip(queued[1:], times)]
    begun = [started - before for before, (started, _) in zip(queued[1:], times[1:])]
    print(f"  from an end to the next submission: median {statistics.median(told):.2f} s")
    print(f"  from there to its start: median {statistics.median(begun):.2f} s")


def estimates(demo: DemoProcess, library: Path) -> None:
    with fp.connect(demo.url, library=library) as studio:
        studio.run(fp.Sweep(BASE, **KNOWN), name="known").result()
        later = fp.Sweep.of([BASE.replace(**values) for values in ASKED])
        plan = later.plan(studio)
        run = studio.run(later, name="later")
        points = {point.number: point for point in run.result()}
    times = rendered(demo)
    held, noted, total = 0, 0, 0.0
    print(f"{'seconds':>8} {'steps':>6} {'CFG':>5} {'planned, s':>15} {'took, s':>8} {'noted':>6}")
    for number, render in sorted(plan.render_of.items()):
        job = points[number].job
        if job is None or render.cost.seconds is None:
            raise SystemExit(f"nothing is known of {points[number]}")
        record, (low, high) = job.record, render.cost.seconds
        begun, ended = times[record.trace.server_id or ""]
        took, told = ended - begun, (record.ended_at or 0.0) - (record.started_at or 0.0)
        held, noted, total = (
            held + (low <= took <= high),
            noted + (low <= told <= high),
            total + took,
        )
        values = ASKED[number]
        asked = f"{values['seconds']:8} {values['steps']:6} {values['cfg_scale']:5}"
        mark = "" if low <= took <= high else "  no"
        print(f"{asked} {low:7.2f} - {high:5.2f} {took:8.2f} {told:6.2f}{mark}")
    low, high = plan.estimate or (0.0, 0.0)
    print(f"held by {held} of {len(ASKED)}, by {noted} of the times that the Library noted")
    print(f"together {low:.1f} - {high:.1f} s, took {total:.1f} s")


def rendered(demo: DemoProcess) -> dict[str, tuple[float, float]]:
    """{id at the server: (started, ended), s since 1970}."""
    log = demo.jobs_log()
    ended = {line["id"]: line["time"] for line in log if line["event"] == "ended"}
    begun = {line["id"]: line["time"] for line in log if line["event"] == "started"}
    return {name: (begun[name], ended[name]) for name in begun}


if __name__ == "__main__":
    main()
