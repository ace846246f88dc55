"""A sweep of sixty, killed with -9 five times while its server is restarted twice."""

from __future__ import annotations

import json
import random

import pytest
from scene import SMALL, Frames, client, code_of, ready, until

import framepack_widgets as fp
from framepack_widgets.demo import pixel_code
from framepack_widgets.demo.options import DemoOptions
from framepack_widgets.demo.process import DemoProcess, start
from framepack_widgets.library import Library

pytestmark = pytest.mark.slow  # whole processes; the same on either generation of gradio

RUN = """
import json, pathlib
sweep = fp.Sweep.from_dict(json.loads(pathlib.Path(sys.argv[3]).read_text()))
run = studio.run(sweep, name="sixty")
"""


def restarted(demo: DemoProcess, options: DemoOptions) -> DemoProcess:
    """The server dies, and another one starts at its address, with its files."""
    port = demo.port
    demo.kill()
    return start(DemoOptions(**{**vars(options), "port": port}))


def test_sixty_points_killed_five_times(tmp_path):
    frames = Frames(tmp_path)
    pictures = [frames.new() for _ in range(3)]
    base = fp.Settings(model="Original", prompt="sixty", **{**SMALL, "seconds": 1})
    sweep = fp.Sweep(base, start_frame=pictures, cfg_scale=[1.0, 1.5], seed=range(10))
    spec = tmp_path / "sweep.json"
    spec.write_text(json.dumps(sweep.to_dict()), encoding="utf-8")
    options = DemoOptions(speed=60, workdir=tmp_path / "server")
    chance = random.Random(60)
    folder = tmp_path / "l"
    demo = start(options)
    library = Library(folder)
    kills = [8, 17, 26, 38, 47]
    restarts = {17, 38}
    try:
        for goal in kills:
            other = client(demo.url, folder, RUN, str(spec))
            until(lambda goal=goal: library.count(state="done") >= goal, f"{goal} clips", 120)
            if goal in restarts:
                demo = restarted(demo, options)
            pause = library.count(state="done") + chance.choice([0, 1, 2])
            until(lambda pause=pause: library.count(state="done") >= pause, "a bit later")
            other.kill()
            other.wait()
        with fp.connect(demo.url, library=folder) as studio:
            run = studio.run(sweep, name="sixty")
            points = run.result(timeout=240)
            assert run.counts == {"done": 60}
            assert len(studio.runs()) == 1
            assert_right(points, frames, pictures, demo)
        assert_none_twice(points, demo, restarts=len(restarts))
        clips = sorted(library.clips_folder.glob("*.mp4"))
        assert len(clips) == 60
    finally:
        library.close()
        demo.stop()


HAND_OVER = """
sweep = fp.Sweep(fp.Settings(**json.loads(sys.argv[3])), cfg_scale=[1.0, 1.5], seed=range(6))
run = studio.run(sweep, name="night", handover=True)
while any(run.counts.get(state) for state in ("planned", "waiting", "sending")):
    time.sleep(0.05)
"""


def test_handed_over_and_claimed_in_the_morning(tmp_path):
    base = {"model": "Original", "prompt": "night", **SMALL, "seconds": 1}
    with start(DemoOptions(speed=12, workdir=tmp_path / "server")) as demo:
        other = client(demo.url, tmp_path / "l", "import json\n" + HAND_OVER, json.dumps(base))
        ready(other)
        other.kill()
        other.wait()
        until(lambda: ended(demo) == 12, "the Studio renders by itself", 120)
        with fp.connect(demo.url, library=tmp_path / "l") as studio:
            run = studio.run_of("night")
            points = run.result(timeout=120)
            assert run.counts == {"done": 12}
            for point in points:
                assert point.clip.verified == "stamp"
                assert_own(point, demo)
        assert ended(demo) == 12


def ended(demo):
    return sum(line["event"] == "ended" for line in demo.jobs_log())


def assert_right(points, frames, pictures, demo):
    assert len({point.id for point in points}) == 60
    for point in points:
        clip, settings = point.clip, point.settings
        assert clip is not None, point
        assert clip.verified == "stamp"
        assert settings.seed == point.coordinates["seed"]
        assert settings.cfg_scale == [1.0, 1.5][point.coordinates["cfg_scale"]]
        code = code_of(clip)
        picture = pictures[point.coordinates["start_frame"]]
        assert code.start_frame == frames.code(picture), f"{point}: another start frame"
        assert_own(point, demo)


def assert_own(point, demo):
    """The clip's pixels say what its server wrote down, which is what the point asks for."""
    settings, timestamp = point.settings, point.job.record.trace.timestamp
    path = next(demo.workdir.rglob(f"{timestamp}.json"))
    sidecar = json.loads(path.read_text(encoding="utf-8"))
    told = code_of(point.clip).settings
    assert told == pixel_code.settings_code(sidecar), f"{point}: another clip"
    made = (sidecar["seed"], sidecar["cfg"], sidecar["steps"])
    assert made == (settings.seed, settings.cfg_scale, settings.steps), point


def assert_none_twice(points, demo, *, restarts):
    """As many renders as points, but for those that ran while the server was killed."""
    begun = [line["id"] for line in demo.jobs_log() if line["event"] == "started"]
    assert 60 <= len(begun) <= 60 + restarts, "something was rendered again without need"
    made = {point.job.record.trace.timestamp for point in points}
    assert len(made) == 60, "two points have one render's clip"
