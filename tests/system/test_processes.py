"""Two processes, one Library: one runs the jobs, the other looks on and takes over."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from scene import SMALL, by_seed, client, ready, until

import framepack_widgets as fp
from framepack_widgets.demo.options import DemoOptions
from framepack_widgets.demo.process import start
from framepack_widgets.library import Library

pytestmark = pytest.mark.slow  # whole processes; the same on either generation of gradio

SUBMIT = f"jobs = [studio.submit(prompt='x', seed=n, **{SMALL!r}) for n in range(3)]"


def rendered_once(demo, jobs: int) -> None:
    log = demo.jobs_log()
    assert sum(line["event"] == "started" for line in log) == jobs, "lost or doubled"


def test_a_second_kernel_sees_and_steers(tmp_path):
    with start(DemoOptions(speed=1)) as demo:
        other = client(demo.url, tmp_path / "l", SUBMIT)
        ready(other)
        with fp.connect(demo.url, library=tmp_path / "l") as studio:
            jobs = {job.settings.seed: job for job in studio.jobs()}
            for seed in (1, 2):
                jobs[seed].cancel()
                assert jobs[seed].state == "cancelled"
            mine = studio.submit(prompt="mine", seed=3, **SMALL)
            until(lambda: jobs[0].progress.fraction > 0.3, "progress seen from outside")
            jobs[0].stop()
            clip = jobs[0].result(60)
            assert clip.verified == "stamp"
            assert mine.result(60).verified == "stamp"
            assert other.poll() is None, "the first kernel ran them all the while"
        other.kill()
        other.wait()
        rendered_once(demo, 2)


def test_a_kernel_dies_and_the_other_takes_over(tmp_path):
    with start(DemoOptions(speed=6)) as demo:
        other = client(demo.url, tmp_path / "l", SUBMIT)
        ready(other)
        with fp.connect(demo.url, library=tmp_path / "l") as studio:
            jobs = {job.settings.seed: job for job in studio.jobs()}
            until(lambda: jobs[0].state == "running", "the first job runs")
            other.kill()
            other.wait()
            studio.run_until_idle(timeout=90)
            assert {job.state for job in jobs.values()} == {"done"}
        rendered_once(demo, 3)


def test_kernel_and_run_hand_over(tmp_path):
    with start(DemoOptions(speed=6)) as demo:
        kernel = client(demo.url, tmp_path / "l", SUBMIT)
        ready(kernel)
        program = "from framepack_widgets.cli import main; main()"
        command = [sys.executable, "-c", program, "run", "--studio", demo.url]
        command += ["--library", str(tmp_path / "l"), "--json"]
        pipe = subprocess.PIPE
        working = subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True)
        library = Library(tmp_path / "l")
        until(lambda: by_seed(library, 0).state == "running", "the first job runs")
        kernel.kill()
        kernel.wait()
        out, err = working.communicate(timeout=90)
        assert working.returncode == 0, err
        assert [record.state for record in library.jobs()] == ["done"] * 3
        library.close()
        for line in out.splitlines():
            json.loads(line)
        rendered_once(demo, 3)
