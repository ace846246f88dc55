"""A sweep of sixty, killed with -9 five times while its server is restarted twice."""

from __future__ import annotations

import json
import random

import pytest
from scene import SMALL, Frames, client, code_of, until

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
        timestamp = point.job.record.trace.timestamp
        path = next(demo.workdir.rglob(f"{timestamp}.json"))
        sidecar = json.loads(path.read_text(encoding="utf-8"))
        assert code.settings == pixel_code.settings_code(sidecar), f"{point}: another clip"
        made = (sidecar["seed"], sidecar["cfg"], sidecar["steps"])
        assert made == (settings.seed, settings.cfg_scale, settings.steps), point


def assert_none_twice(points, demo, *, restarts):
    """As many renders as points, but for those that ran while the server was killed."""
    begun = [line["id"] for line in demo.jobs_log() if line["event"] == "started"]
    assert 60 <= len(begun) <= 60 + restarts, "something was rendered again without need"
    made = {point.job.record.trace.timestamp for point in points}
    assert len(made) == 60, "two points have one render's clip"
