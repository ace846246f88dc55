"""The clip beside the settings is the clip of those settings, read from the pixels."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from scene import SMALL, Frames, code_of

import framepack_widgets as fp
from framepack_widgets.demo import pixel_code
from framepack_widgets.demo.dialects import DIALECTS
from framepack_widgets.demo.options import DemoOptions
from framepack_widgets.demo.process import start


def ask(studio: fp.Studio, frames: Frames, **changes: object) -> tuple[fp.Job, str, str]:
    first, last = frames.new(), frames.new()
    job = studio.submit(
        model="Original with Endframe",
        start_frame=first,
        end_frame=last,
        prompt="the same for all",
        seed=5,
        **{**SMALL, **changes},
    )
    return job, first, last


def assert_own(job: fp.Job, first: str, last: str, frames: Frames) -> None:
    clip = job.clip
    assert clip is not None, job
    code = code_of(clip)
    assert code.start_frame == frames.code(first), f"{job}: another start frame"
    assert code.end_frame == frames.code(last), f"{job}: another end frame"


def test_four_at_once(tmp_path):
    frames = Frames(tmp_path)
    demo = start(DemoOptions(speed=30))
    with demo, fp.connect(demo.url, library=tmp_path / "l") as studio:
        asked = [ask(studio, frames) for _ in range(4)]
        studio.run_until_idle(timeout=60)
        for job, first, last in asked:
            assert job.result(0).verified == "stamp"
            assert_own(job, first, last, frames)
        codes = {code_of(job.clip).settings for job, _, _ in asked}
        assert len(codes) == 1, "all numbers were equal"


@pytest.mark.slow
@pytest.mark.parametrize("metadata", [True, False], ids=["metadata", "no metadata"])
def test_thirty_in_a_row_with_faults_and_strangers(tmp_path, metadata):
    options = DemoOptions(
        speed=40, foreign_every=3, fail_every=7, partial_every=5, metadata=metadata
    )
    frames = Frames(tmp_path)
    with start(options) as demo, fp.connect(demo.url, library=tmp_path / "l") as studio:
        # Two sections, so that there can be a partial clip; small ones, as there are many.
        asked = [ask(studio, frames, seconds=1, latent_window_size=3) for _ in range(30)]
        studio.run_until_idle(timeout=240)
        ended = {line["id"]: line for line in demo.jobs_log() if line["event"] == "ended"}
        assert any(line["foreign"] for line in ended.values()), "no stranger came"
        outcomes = []
        for job, first, last in asked:
            outcome = ended[job.record.trace.server_id]["outcome"]
            outcomes.append(outcome)
            if outcome == "failed":
                assert job.state == "failed", job
                assert job.clip is None
                with pytest.raises(fp.JobFailed, match=job.id):
                    job.result(0)
                continue
            assert job.state == "done", job
            assert job.clip.partial is (outcome == "partial"), job
            assert job.clip.verified == ("stamp" if metadata else "id")
            assert_own(job, first, last, frames)
        assert outcomes.count("failed") == 4
        assert outcomes.count("partial") == 6


@pytest.mark.slow
def test_thirty_in_a_row_on_every_other_dialect(tmp_path):
    """On all of them at the same time, with failures and strangers' jobs in between."""
    others = [name for name in DIALECTS if name != "0.5.1"]
    with ThreadPoolExecutor(len(others)) as pool:
        for done in [pool.submit(thirty, tmp_path / name, name) for name in others]:
            done.result()


def thirty(folder, dialect):
    folder.mkdir()
    frames = Frames(folder)
    options = DemoOptions(dialect=dialect, speed=200, foreign_every=10, fail_every=10)
    with start(options, timeout=120) as demo, fp.connect(demo.url, library=folder / "l") as studio:
        own = {"motion_strength": 0.8} if dialect == "future" else {}
        asked = [
            ask(studio, frames, seconds=1, steps=2, latent_window_size=3, **own) for _ in range(30)
        ]
        studio.run_until_idle(timeout=240)
        ended = {line["id"]: line for line in demo.jobs_log() if line["event"] == "ended"}
        assert any(line["foreign"] for line in ended.values()), "no stranger came"
        # 0.4 has TeaCache on, and then no number that changes nothing: the id has to do.
        proof = "id" if dialect == "0.4" else "stamp"
        for job, first, last in asked:
            outcome = ended[job.record.trace.server_id]["outcome"]
            assert outcome in ("ok", "failed"), (dialect, outcome)
            assert job.state == ("done" if outcome == "ok" else "failed"), (dialect, job)
            if outcome == "ok":
                assert job.clip.verified == proof, (dialect, job)
                assert not any("rendered" in note for note in job.notes), (dialect, job.notes)
                assert_own(job, first, last, frames)
        assert sum(job.state == "failed" for job, _, _ in asked) == 3


def test_while_a_page_monitors(tmp_path):
    """Somebody's open Studio page holds the server's only monitor slot; it must not matter."""
    frames = Frames(tmp_path)
    demo = start(DemoOptions(speed=10))
    with demo, fp.connect(demo.url, library=tmp_path / "l") as studio:
        asked = [ask(studio, frames) for _ in range(3)]
        over = threading.Event()

        def page() -> None:
            while not over.is_set():
                running = studio.gradio.predict(api_name="/check_for_current_job")[0]
                if running:
                    studio.gradio.predict(running, api_name="/monitor_job")

        watching = threading.Thread(target=page, daemon=True)
        watching.start()
        studio.run_until_idle(timeout=60)
        over.set()
        watching.join(30)
        for job, first, last in asked:
            assert job.state == "done", job
            assert_own(job, first, last, frames)


def test_every_setting_reaches_the_render(tmp_path):
    """The code of the settings, as the server wrote them down, is that of what was asked."""
    demo = start(DemoOptions(speed=40, loras=("ghibli", "orbit")))
    with demo, fp.connect(demo.url, library=tmp_path / "l") as studio:
        job = studio.submit(
            model="F1",
            prompt="[0s: up] [1s: down]",
            negative_prompt="blur",
            seed=2**53 - 1,
            seconds=1.5,
            latent_window_size=7,
            steps=3,
            cfg_scale=1.5,
            distilled_cfg_scale=7.5,
            cfg_rescale=0.25,
            cache="TeaCache",
            teacache_steps=12,
            teacache_threshold=0.21,
            blend_sections=2,
            latent_image="White",
            width=192,
            height=160,
            loras={"orbit": 0.4},
        )
        clip = job.result(60)
        timestamp = job.record.trace.timestamp
        path = next(demo.workdir.rglob(f"{timestamp}.json"))
        sidecar = json.loads(path.read_text(encoding="utf-8"))
    assert clip.verified == "stamp"
    assert job.notes == (), job.notes
    assert code_of(clip).settings == pixel_code.settings_code(sidecar)
    wanted = {
        "model_type": "F1",
        "seed": 2**53 - 1,
        "total_second_length": 1.5,
        "latent_window_size": 7,
        "steps": 3,
        "cfg": 1.5,
        "gs": 7.5,
        "rs": 0.25,
        "use_teacache": True,
        "teacache_num_steps": 12,
        "teacache_rel_l1_thresh": 0.21,
        "blend_sections": 2,
        "latent_type": "White",
        "resolutionW": 192,
        "resolutionH": 160,
        "loras": {"orbit": 0.4},
        "negative_prompt": "blur",
    }
    assert {key: sidecar[key] for key in wanted} == wanted
