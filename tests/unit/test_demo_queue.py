"""The built-in Studio's queue, its file, its sidecars and its faults, without a server."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from framepack_widgets.demo.faults import Faults
from framepack_widgets.demo.job import Job, JobStatus
from framepack_widgets.demo.job_queue import JobQueue
from framepack_widgets.demo.monitor import follow
from framepack_widgets.demo.options import DemoOptions
from framepack_widgets.demo.progress import Progress
from framepack_widgets.demo.queue_file import load_jobs, save_jobs
from framepack_widgets.demo.sidecar import lora_weights, sidecar_facts
from framepack_widgets.demo.submission import make_params
from framepack_widgets.demo.tables import queue_rows

FORM: dict[str, Any] = {
    "model": "Original",
    "start": None,
    "video": None,
    "end": None,
    "end_strength": 0.5,
    "prompt": "up",
    "negative": "",
    "seed": 7,
    "seconds": 2.0,
    "window": 9,
    "steps": 25,
    "cfg": 1.0,
    "gs": 10.0,
    "rs": 0.0,
    "cache": "MagCache",
    "teacache_steps": 25,
    "teacache_threshold": 0.15,
    "magcache_threshold": 0.1,
    "magcache_skips": 2,
    "magcache_retention": 0.25,
    "blend": 4,
    "latent": "Black",
    "clean_up": True,
    "loras": [],
    "width": 64,
    "height": 32,
    "combine": True,
    "context": 5,
}


def params(tmp_path: Path, **changes: Any) -> dict[str, Any]:
    return make_params(FORM | changes, ["a", "b"], [0.5, 2.0], tmp_path)


def frame(level: int) -> np.ndarray:
    return np.full((20, 30, 3), level, np.uint8)


def wait(condition: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


class Gate:
    """A renderer whose jobs go on when they are let."""

    def __init__(self) -> None:
        self.open = threading.Event()

    def __call__(self, job: Job) -> Iterator[Progress | Path]:
        yield Progress(text="under way")
        while not (self.open.is_set() or job.stop.is_set()):
            time.sleep(0.002)
        job.outcome = "ok"
        yield Path(f"{job.id}.mp4")


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
def queue(gate: Gate, tmp_path: Path) -> JobQueue:
    return JobQueue(gate, tmp_path, metadata=True, loras=[])


def test_a_cancelled_job_comes_back_when_somebody_looks(
    queue: JobQueue, gate: Gate, tmp_path: Path
) -> None:
    job = Job(params(tmp_path))
    queue.add(job)
    wait(lambda: job.progress)
    queue.end_current()
    assert job.status is JobStatus.CANCELLED
    queue.mark_current_running()
    wait(lambda: queue.current is None)
    assert (job.status, job.outcome) == (JobStatus.COMPLETED, "cancelled")


def test_a_cancelled_job_stays_cancelled_when_nobody_looks(queue: JobQueue, tmp_path: Path) -> None:
    job = Job(params(tmp_path))
    queue.add(job)
    wait(lambda: job.progress)
    queue.end_current()
    wait(lambda: queue.current is None)
    assert job.status is JobStatus.CANCELLED
    assert list(follow(queue, job.id))[-1].text == "Job cancelled"


def test_a_monitor_tells_of_the_job_that_runs(queue: JobQueue, gate: Gate, tmp_path: Path) -> None:
    first, second = Job(params(tmp_path)), Job(params(tmp_path))
    queue.add(first)
    queue.add(second)
    wait(lambda: first.progress)
    story = follow(queue, second.id)
    assert next(story).html == "Switching to current job..."
    assert next(story).text == "under way"
    gate.open.set()
    # It ends with whichever job it finds ended: of one section, that may be either.
    assert list(story)[-1].text == "Completed"


def test_a_failure_in_the_queue_itself_is_told(tmp_path: Path) -> None:
    def broken(job: Job) -> Iterator[Progress | Path]:
        raise RuntimeError("no worker")
        yield Progress()

    queue = JobQueue(broken, tmp_path, metadata=True, loras=[])
    job = Job(params(tmp_path))
    queue.add(job)
    wait(lambda: job.completed_at or job.status is JobStatus.FAILED)
    wait(lambda: queue.current is None)
    assert list(follow(queue, job.id))[-1].text == "Error: no worker"


def test_ended_jobs_are_forgotten_but_failed_ones_stay(queue: JobQueue, tmp_path: Path) -> None:
    jobs = [Job(params(tmp_path)) for _ in range(2)]
    for job in jobs:
        queue.add(job)
    wait(lambda: queue.current is jobs[0])
    queue.cancel_pending()
    queue.end_current()
    wait(lambda: queue.current is None)
    failed = Job(params(tmp_path), status=JobStatus.FAILED)
    queue._jobs[failed.id] = failed
    queue.forget_ended()
    assert queue.all() == [failed]


def test_queue_file_brings_jobs_back(tmp_path: Path) -> None:
    job = Job(
        params(tmp_path, model="Original with Endframe", start=frame(9), end=frame(200), seed=8)
        | {"selected_loras": ["b"]}
    )
    ended = Job(params(tmp_path), status=JobStatus.COMPLETED)
    job.status = JobStatus.RUNNING
    save_jobs([job, ended], tmp_path, metadata=True)
    assert load_jobs(tmp_path, {job.id}, ["a", "b"]) == []
    (back,) = load_jobs(tmp_path, set(), ["a", "b"])
    assert (back.id, back.status, back.params["seed"]) == (job.id, JobStatus.PENDING, 8)
    assert np.array_equal(back.params["input_image"], frame(9))
    assert np.array_equal(back.params["end_frame_image"], frame(200))
    assert lora_weights(back.params) == {"b": 2.0}


def test_queue_file_drops_frames_of_forgotten_jobs(tmp_path: Path) -> None:
    save_jobs([Job(params(tmp_path, start=frame(1)))], tmp_path, metadata=True)
    assert list((tmp_path / "queue_images").iterdir())
    save_jobs([], tmp_path, metadata=True)
    assert not list((tmp_path / "queue_images").iterdir())


def test_without_metadata_settings_are_lost_with_the_queue(tmp_path: Path) -> None:
    save_jobs([Job(params(tmp_path, prompt="lost"))], tmp_path, metadata=False)
    (back,) = load_jobs(tmp_path, set(), [])
    assert back.params["prompt_text"] == ""


def test_a_video_model_without_a_video_is_still_written_down(tmp_path: Path) -> None:
    job = Job(params(tmp_path, model="Video"))
    with pytest.raises(TypeError):
        sidecar_facts(job.params)
    save_jobs([job], tmp_path, metadata=True)
    assert job.id in json.loads((tmp_path / "queue.json").read_text())


def test_end_frames_reach_only_the_models_that_take_one(tmp_path: Path) -> None:
    assert params(tmp_path, end=frame(5))["end_frame_image"] is None
    made = params(tmp_path, model="Video with Endframe", end=frame(5))
    assert (made["model_type"], made["end_frame_strength"]) == ("Video", 0.5)
    assert np.array_equal(made["end_frame_image"], frame(5))


@pytest.mark.parametrize(
    ("latent", "colour"), [("White", 255), ("Black", 0), ("Green Screen", (0, 177, 64))]
)
def test_without_a_start_frame_the_latent_image_is_used(
    tmp_path: Path, latent: str, colour: Any
) -> None:
    made = params(tmp_path, latent=latent)
    assert made["input_image"].shape == (32, 64, 3)
    assert (made["input_image"] == colour).all()
    assert not made["has_input_image"]


def test_noise_is_unseeded(tmp_path: Path) -> None:
    first, second = (params(tmp_path, latent="Noise")["input_image"] for _ in range(2))
    assert not np.array_equal(first, second)


def test_facts_are_written_as_a_studio_writes_them(tmp_path: Path) -> None:
    facts = sidecar_facts(params(tmp_path, start=frame(1)) | {"selected_loras": ["a", "unknown"]})
    assert (facts["app_version"], facts["model_type"]) == ("0.5.1", "Original")
    assert (facts["end_frame_used"], facts["has_input_image"]) == ("False", True)
    assert facts["loras"] == {"a": 0.5, "unknown": 1.0}


def test_rows_show_six_characters_of_an_id(tmp_path: Path) -> None:
    job = Job(params(tmp_path))
    (row,) = queue_rows([job])
    assert row[0] == job.id[:6] + "..."
    assert row[1:3] == ["Original", "pending"]
    assert row[7].startswith('<img src="data:image/png;base64,')


def test_faults_count_client_jobs_only(tmp_path: Path) -> None:
    faults = Faults(DemoOptions(fail_every=2, partial_every=3))
    job, foreign = Job(params(tmp_path)), Job(params(tmp_path), foreign=True)
    assert faults.sections_to_render(foreign, 4) == 4
    assert [faults.sections_to_render(job, 4) for _ in range(6)] == [4, 0, 2, 0, 4, 0]


def test_one_section_is_never_partial(tmp_path: Path) -> None:
    faults = Faults(DemoOptions(partial_every=1))
    assert faults.sections_to_render(Job(params(tmp_path)), 1) == 1


def test_strangers_come_after_and_before_in_turns() -> None:
    faults = Faults(DemoOptions(foreign_every=2))
    turns = [faults.strangers() for _ in range(4)]
    assert [(len(before), len(after)) for before, after in turns] == [
        (0, 0),
        (0, 1),
        (0, 0),
        (1, 0),
    ]
    first, second = turns[1][1][0], turns[3][0][0]
    assert first.foreign
    assert first.params["prompt_text"] != second.params["prompt_text"]
