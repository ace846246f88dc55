"""Killed with -9 anywhere, then connected again: every job is found, none is rendered twice."""

from __future__ import annotations

import pytest
from scene import SMALL, by_seed, client, ready, until

import framepack_widgets as fp
from framepack_widgets.demo.options import DemoOptions
from framepack_widgets.demo.process import start
from framepack_widgets.library import Library

pytestmark = pytest.mark.slow  # whole processes; the same on either generation of gradio

SUBMIT = f"jobs = [studio.submit(prompt='x', seed=n, **{SMALL!r}) for n in range(2)]"

CASES = {
    "before the request arrives": (DemoOptions(speed=20), lambda job, _: job.state == "sending"),
    "the server works on the submission": (
        DemoOptions(speed=20, slow_submit=2),
        lambda _, log: any(line["event"] == "queued" for line in log),
    ),
    "the answer is being read": (
        DemoOptions(speed=20, slow_submit=2),
        lambda job, _: job.trace.opened,
    ),
    "the answer is being read, strangers about": (
        DemoOptions(speed=20, slow_submit=1, foreign_every=1),
        lambda job, _: job.trace.opened,
    ),
    "rendering": (DemoOptions(speed=4), lambda job, _: job.state == "running"),
    "downloading": (
        DemoOptions(speed=20, slow_download=30_000),
        lambda job, _: job.state == "fetching",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_killed(tmp_path, case):
    options, moment = CASES[case]
    with start(options) as demo:
        other = client(demo.url, tmp_path / "l", SUBMIT)
        library = Library(tmp_path / "l")
        until(lambda: len(library.jobs()) == 2, "two jobs in the Library")
        until(lambda: moment(by_seed(library, 0), demo.jobs_log()), case)
        other.kill()
        other.wait()
        library.close()
        with fp.connect(demo.url, library=tmp_path / "l") as studio:
            studio.run_until_idle(timeout=90)
            jobs = studio.jobs()
            assert [job.state for job in jobs] == ["done", "done"], jobs
            assert all(job.clip.verified == "stamp" for job in jobs)
            ours = [line for line in demo.jobs_log() if not line["foreign"]]
            assert sum(line["event"] == "started" for line in ours) == 2, "something ran twice"
            clips = sorted(studio.library.clips_folder.glob("*.mp4"))
            assert len(clips) == 2
        incoming = tmp_path / "l" / "incoming"
        assert not incoming.exists() or not any(incoming.iterdir()), "leftovers"


# Tells when the answer's stream is open for certain; from then on nobody can read it again.
TELL_OPENED = f"""
from framepack_widgets.studio.line import Line
read = Line.answers

async def answers(self, session_hash, *arguments):
    async for message in read(self, session_hash, *arguments):
        ours = any(job.trace.session_hash == session_hash for job in studio.library.jobs())
        if ours and message["msg"] == "process_starts":
            print("ready", flush=True)
        yield message

Line.answers = answers
{SUBMIT}
time.sleep(600)
"""


def test_no_evidence_is_unsure_and_never_sent_again(tmp_path):
    """Without sidecars nothing proves which of the server's jobs ours became."""
    with start(DemoOptions(speed=20, slow_submit=2, metadata=False)) as demo:
        other = client(demo.url, tmp_path / "l", TELL_OPENED)
        ready(other)
        other.kill()
        other.wait()
        with fp.connect(demo.url, library=tmp_path / "l") as studio:
            studio.run_until_idle(timeout=90)
            unsure = next(job for job in studio.jobs() if job.settings.seed == 0)
            assert unsure.state == "unsure"
            with pytest.raises(fp.JobLost, match="not sent again"):
                unsure.result(0)
        queued = [line for line in demo.jobs_log() if line["event"] == "queued"]
        assert len(queued) == 2


def test_server_restarted_during_a_render(tmp_path):
    work = tmp_path / "server"
    demo = start(DemoOptions(speed=6, workdir=work))
    with fp.connect(demo.url, library=tmp_path / "l") as studio:
        jobs = [studio.submit(prompt="x", seed=n, **SMALL) for n in range(2)]
        until(lambda: jobs[0].state == "running", "the first job runs")
        demo.kill()
        until(lambda: studio.trouble, "the trouble is told")
        assert demo.url in studio.trouble
        with start(DemoOptions(speed=6, workdir=work, port=demo.port)) as again:
            studio.run_until_idle(timeout=90)
            assert [job.state for job in jobs] == ["done", "done"]
            assert any("restarted" in note for note in jobs[0].notes)
            assert studio.trouble is None
            ended = [line for line in again.jobs_log() if line["event"] == "ended"]
            assert [line["outcome"] for line in ended] == ["ok", "ok"]
