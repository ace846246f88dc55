"""The built-in Studio against the facts recorded from a Studio 0.5.1, over a real socket.

DEMO_PYTHON names another interpreter to run the server with, for example one with the Gradio that a
Studio runs on.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import textwrap
import time
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from demo_asker import Asker, connect, pixels, poll
from gradio_client import handle_file
from PIL import Image
from recordings import as_recorded, fields_of, recorded

from framepack_widgets.demo import pixel_code
from framepack_widgets.demo.clip import encode, write_clip
from framepack_widgets.demo.options import DemoOptions
from framepack_widgets.demo.process import start
from framepack_widgets.errors import StudioUnreachable

ENDPOINTS = (
    "/handle_start_button",
    "/monitor_job",
    "/check_for_current_job",
    "/update_stats",
    "/end_process_with_update",
    "/confirmed_clear_all_jobs",
    "/clear_completed_jobs",
    "/load_queue_from_json",
    "/refresh_gallery",
)
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
SLOW = {"Steps": 100, "Video Length (Seconds)": 60}  # does not end by itself during a test


@pytest.mark.parametrize("api_name", ENDPOINTS)
@pytest.mark.parametrize("side", ["inputs", "outputs"])
def test_endpoints_are_as_recorded(shared: Asker, api_name: str, side: str) -> None:
    facts = recorded("recorded-0.5.1.json")[api_name][side]
    components = fields_of(shared.client.config, api_name, side)
    assert [as_recorded(c, f) for c, f in zip(components, facts, strict=True)] == facts


@pytest.mark.parametrize("api_name", ENDPOINTS)
def test_endpoints_stream_and_queue_as_recorded(shared: Asker, api_name: str) -> None:
    fact = recorded("recorded-0.5.1.json")[api_name]
    dependencies = {d["api_name"]: d for d in shared.client.config["dependencies"]}
    dependency = dependencies[api_name.strip("/")]
    assert dependency["types"]["generator"] == fact["streams"]
    assert dependency["queue"] is not False  # None means the same here: queued


def test_three_loras_add_three_sliders_after_the_hidden_state(faulty: Asker) -> None:
    facts = recorded("recorded-0.5.1-three-loras.json")["/handle_start_button"]["inputs"]
    components = fields_of(faulty.client.config, "/handle_start_button", "inputs")
    assert [as_recorded(c, f) for c, f in zip(components, facts, strict=True)] == facts


def test_a_single_lora_gets_a_nameless_companion(odd: Asker) -> None:
    labels = [
        component["props"].get("label")
        for component in fields_of(odd.client.config, "/handle_start_button", "inputs")
    ]
    assert labels[-2:] == ["only Weight", "  Weight"]


def test_the_page_tells_title_version_and_folders(shared: Asker) -> None:
    facts = recorded("recorded-0.5.1.json")["facts"]
    config = shared.client.config
    assert config["title"] == facts["title"]
    assert config["api_prefix"] == facts["api_prefix"]
    assert config["protocol"] == facts["protocol"]
    html = [c["props"]["value"] for c in config["components"] if c["type"] == "html"]
    assert any(f"v{facts['studio_version']}" in str(value) for value in html)
    assert any("no model" in str(value) for value in html)
    folders = {
        c["props"].get("label"): c["props"].get("value")
        for c in config["components"]
        if c["type"] == "textbox"
    }
    for label in facts["labels_of_textboxes_whose_value_is_a_server_path"]:
        assert Path(folders[label]).is_dir()


def test_a_submission_answers_nine_values_and_the_render_ends_well(
    quiet: Asker, image: Any
) -> None:
    values = [quiet.defaults[i] for i in range(len(quiet.labels))]
    values[quiet.labels.index("Start Frame (optional)")] = image(1)
    values[quiet.labels.index("Video Length (Seconds)")] = 2.0
    values[quiet.labels.index("Width")] = 128
    answer = quiet.ask("/handle_start_button", *values)
    assert len(answer) == 9
    job_id = answer[1]
    assert UUID.fullmatch(job_id)
    assert answer[5]["data"][-1][0] == job_id[:6] + "..."
    assert '<img src="data:image/png;base64,' in answer[5]["data"][-1][7]
    video, _, _, text, html = quiet.ask("/monitor_job", job_id)
    assert (text, quiet.event(job_id)["outcome"]) == ("Completed", "ok")
    assert '<progress value="100" max="100">' in html
    timestamp = quiet.event(job_id)["timestamp"]
    assert re.fullmatch(r"\d{6}_\d{6}_\d{3}_\d{1,4}", timestamp)
    # 2 s asked: two sections of nine latent frames and the start frame's: 4 * 19 - 3 frames.
    assert Path(video["video"]["path"]).name == f"{timestamp}_19.mp4"
    assert len(decoded(quiet.file_of(job_id))) == 73
    assert not (quiet.demo.workdir / "outputs" / f"{timestamp}_9.mp4").exists()


def test_progress_is_told_as_a_studio_tells_it(quiet: Asker, image: Any) -> None:
    job_id = quiet.submit(labels={"Start Frame (optional)": image(1), **SLOW})

    def sampling() -> Any:
        answer = quiet.ask("/check_for_current_job")
        return answer if "Sampling" in answer[5] else None

    seen = poll(sampling)
    assert seen[0] == job_id
    assert re.search(
        r'<progress value="\d+" max="100">.*Sampling \d+/100  ETA \d+:\d\d:\d\d'
        r'.*<progress value="\d+" max="100">.*Total \d+/5000  ETA ',
        seen[5],
        re.DOTALL,
    )
    assert re.match(
        r"Total generated frames: \d+, Video length: [\d.]+ seconds \(FPS-30\)", seen[4]
    )
    assert seen[2]["path"]
    assert seen[3]["path"]


def test_four_jobs_monitored_at_once_give_a_wrong_answer(quiet: Asker, image: Any) -> None:
    quiet.submit(labels=SLOW)  # holds the others up until all are monitored
    ids = [quiet.submit(labels={"Start Frame (optional)": image(n)}) for n in range(4)]
    calls = [quiet.client.submit(ids[0], api_name="/monitor_job")]
    poll(calls[0].outputs)
    calls += [quiet.client.submit(job_id, api_name="/monitor_job") for job_id in ids[1:]]
    quiet.ask("/end_process_with_update")
    answers = [call.result(timeout=60) for call in calls]
    assert [answer[3] for answer in answers] == ["Completed"] * 4
    own = [quiet.event(job_id)["timestamp"] for job_id in ids]
    told = [Path(answer[0]["video"]["path"]).name for answer in answers]
    wrong = [name for name, stamp in zip(told, own, strict=True) if not name.startswith(stamp)]
    assert wrong == told[:1], "on a Studio, the first monitor is taken on from job to job"


def test_one_monitor_runs_at_a_time(quiet: Asker) -> None:
    first = quiet.submit(labels=SLOW)
    watching = quiet.client.submit(first, api_name="/monitor_job")
    poll(watching.outputs)
    second = connect(quiet.demo).client.submit("unknown", api_name="/monitor_job")
    assert quiet.current() == first  # other endpoints go on answering
    assert not second.done()
    assert not second.outputs()
    quiet.ask("/end_process_with_update")
    assert watching.result(timeout=20)[3] in ("Completed", "Job cancelled")
    assert second.result(timeout=20)[3] == "No job ID provided"


def test_an_unknown_id_is_told_at_once(quiet: Asker) -> None:
    assert quiet.ask("/monitor_job", "nobody")[3] == "No job ID provided"


def test_a_cancelled_job_ends_as_completed(quiet: Asker) -> None:
    job_id = quiet.submit(labels=SLOW)
    poll(lambda: quiet.current() == job_id)
    quiet.ask("/end_process_with_update")
    quiet.ask("/update_stats")
    assert quiet.event(job_id)["outcome"] == "cancelled"
    assert quiet.ask("/monitor_job", job_id)[3] == "Completed"
    row = quiet.row(job_id)
    assert row is not None
    assert row[2] == "completed"


def test_cancelling_what_waits_leaves_what_runs(quiet: Asker) -> None:
    running = quiet.submit(labels=SLOW)
    poll(lambda: quiet.current() == running)
    waiting = [quiet.submit() for _ in range(2)]
    quiet.ask("/confirmed_clear_all_jobs")
    assert [quiet.event(job_id)["outcome"] for job_id in waiting] == ["cancelled"] * 2
    assert quiet.current() == running
    row = quiet.row(waiting[0])
    assert row is not None
    assert row[2] == "cancelled"


@pytest.mark.parametrize(
    ("junk", "hangs"),
    [
        ({"Steps": 1000}, True),
        ({"Video Length (Seconds)": "abc"}, True),
        ({"Generation Type": "Video"}, False),
        ({"Steps": 0}, False),
        ({"CFG Scale": 99.0, "Steps": 1}, False),
    ],
)
def test_junk_is_accepted(quiet: Asker, junk: dict[str, Any], hangs: bool) -> None:
    job_id = quiet.submit(labels=junk)
    quiet.event(job_id, "started")
    if hangs:
        poll(lambda: quiet.current() == job_id)
        quiet.ask("/end_process_with_update")
    quiet.event(job_id)
    assert quiet.ask("/monitor_job", job_id)[3] == "Completed"


@pytest.mark.parametrize("label", ["Generation Type", "Caching strategy", "Latent Image"])
def test_a_wrong_choice_is_refused(quiet: Asker, label: str) -> None:
    with pytest.raises(Exception, match="not in the list of choices"):
        quiet.submit(labels={label: "Nonsense"})


def test_failures_and_partial_clips_come_when_they_are_due(faulty: Asker) -> None:
    ids = [faulty.submit(labels={"Video Length (Seconds)": 4.0, "Steps": 3}) for _ in range(6)]
    outcomes = [faulty.event(job_id)["outcome"] for job_id in ids]
    assert outcomes == ["ok", "failed", "partial", "failed", "ok", "failed"]
    failed = faulty.ask("/monitor_job", ids[1])
    assert (failed[0], failed[3]) == (None, "Completed")
    partial = faulty.ask("/monitor_job", ids[2])
    assert partial[3] == "Completed"
    assert partial[0]["video"]["path"].endswith("_18.mp4")  # two of its three sections


def test_strangers_come_between_and_one_section_is_never_partial(odd: Asker) -> None:
    ours = [odd.submit() for _ in range(2)]
    assert [odd.event(job_id)["outcome"] for job_id in ours] == ["ok", "ok"]
    poll(lambda: sum(e["event"] == "ended" for e in odd.demo.jobs_log()) == 4)
    started = [e["foreign"] for e in odd.demo.jobs_log() if e["event"] == "started"]
    assert started == [False, True, True, False]


def test_the_sidecars_hold_the_settings_and_a_stamp_exactly(quiet: Asker, image: Any) -> None:
    stamped = 0.15 + 123456789e-15
    job_id = quiet.submit(
        labels={"Start Frame (optional)": image(1), "TeaCache rel_l1_thresh": stamped, "Steps": 3}
    )
    facts = quiet.sidecar_of(job_id)
    assert facts["teacache_rel_l1_thresh"] == stamped
    assert (facts["prompt"], facts["seed"], facts["steps"]) == ("zoom in", 7, 3)
    assert job_id not in json.dumps(facts)
    timestamp = quiet.event(job_id)["timestamp"]
    outputs = quiet.demo.workdir / "outputs"

    with Image.open(outputs / f"{timestamp}.png") as png:
        assert png.text["prompt"] == "zoom in"
    assert quiet.status_of(outputs / f"{timestamp}.png") == 200
    assert quiet.status_of(outputs / f"{timestamp}.json") == 200
    assert quiet.status_of(quiet.file_of(job_id)) == 200
    newest = quiet.ask("/refresh_gallery")["value"][0]["image"]["orig_name"]
    assert newest == f"{timestamp}.png"


def test_files_are_sent_in_ranges(quiet: Asker) -> None:
    path = quiet.file_of(quiet.submit())
    request = urllib.request.Request(
        f"{quiet.demo.url}/gradio_api/file={path}", headers={"Range": "bytes=10-19"}
    )
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 206
        assert answer.read() == path.read_bytes()[10:20]


def test_the_queue_file_is_not_served(quiet: Asker) -> None:
    quiet.event(quiet.submit())
    path = quiet.demo.workdir / "queue.json"
    assert path.exists()
    assert quiet.status_of(path) == 403


def test_jobs_come_back_after_a_restart_under_their_ids(
    start_demo: Any, tmp_path: Path, image: Any
) -> None:
    before = connect(start_demo(speed=1, workdir=tmp_path / "studio"))
    ids = [before.submit(labels={"Start Frame (optional)": image(n)}) for n in range(2)]
    poll(lambda: before.current() == ids[0])
    before.demo.kill()
    after = connect(start_demo(speed=200, workdir=tmp_path / "studio"))
    assert after.client.config["app_id"] != before.client.config["app_id"]
    assert after.ask("/update_stats")[0]["data"] == []
    assert after.ask("/monitor_job", ids[0])[3] == "No job ID provided"
    after.ask("/load_queue_from_json")
    assert [after.event(job_id)["outcome"] for job_id in ids] == ["ok", "ok"]
    code = code_of(after.file_of(ids[1]))
    assert code.start_frame == pixel_code.frame_code(pixels(1))


@pytest.mark.parametrize("model", ["Original", "Original with Endframe", "F1"])
def test_the_pixels_tell_whose_clip_it_is(quiet: Asker, image: Any, model: str) -> None:
    job_id = quiet.submit(
        labels={
            "Generation Type": model,
            "Start Frame (optional)": image(3),
            "End Frame (Optional)": image(4),
            "Video Length (Seconds)": 2.0,
            "Steps": 3,
        }
    )
    code = code_of(quiet.file_of(job_id))
    assert code.settings == pixel_code.settings_code(quiet.sidecar_of(job_id))
    assert code.start_frame == pixel_code.frame_code(pixels(3))
    with_end = model == "Original with Endframe"
    assert code.end_frame == pixel_code.frame_code(pixels(4) if with_end else None)


def test_without_a_start_frame_the_pixels_say_so(quiet: Asker) -> None:
    path = quiet.file_of(quiet.submit(Steps=3))
    assert code_of(path).start_frame == pixel_code.NO_FRAME
    assert path.stem.endswith("_9")  # no start frame, no extra latent frame


@pytest.mark.parametrize("model", ["Video", "Video F1"])
def test_a_video_is_continued_and_combined(quiet: Asker, tmp_path: Path, model: str) -> None:
    source = tmp_path / "source.mp4"
    planes = [np.full((96 * 3 // 2, 160), level, np.uint8) for level in range(40, 140, 5)]
    write_clip(source, encode(planes, 160, 96), 160, 96)
    job_id = quiet.submit(
        labels={
            "Generation Type": model,
            "Video Input": {"video": handle_file(str(source))},
            "Steps": 3,
        }
    )
    timestamp = quiet.event(job_id)["timestamp"]
    outputs = quiet.demo.workdir / "outputs"
    combined = poll(lambda: next(outputs.glob(f"{timestamp}_combined.mp4"), None))
    assert quiet.ask("/monitor_job", job_id)[0]["video"]["path"].endswith(combined.name)
    assert len(decoded(combined)) == len(planes) + 33
    assert len(decoded(outputs / f"{timestamp}_9.mp4")) == 33
    last = decoded(source)[-1]
    assert code_of(combined).start_frame == pixel_code.frame_code(last)


def test_without_metadata_there_are_no_sidecars(odd: Asker) -> None:
    odd.event(odd.submit())
    names = {path.suffix for path in (odd.demo.workdir / "outputs").iterdir()}
    assert names == {".mp4"}


def test_it_ends_with_the_process_that_started_it() -> None:
    script = textwrap.dedent(
        """
        import sys
        from framepack_widgets.demo.process import start
        demo = start()
        print(demo.process.pid, demo.url, demo.workdir, flush=True)
        sys.stdin.read()
        """
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    _, url, workdir = parent.stdout.readline().split(maxsplit=2)
    assert answers(url)
    parent.kill()
    parent.communicate()
    poll(lambda: not answers(url))
    poll(lambda: not Path(workdir.strip()).exists())


def test_behind_a_proxy_it_names_its_public_path(odd: Asker) -> None:
    assert odd.client.config["root"].endswith("/studio")


def test_login_and_slow_answers(start_demo: Any) -> None:
    demo = start_demo(speed=200, auth=("ada", "secret"), slow_submit=0.4, slow_download=20_000)
    with pytest.raises(Exception, match="credentials"):
        connect(demo)
    asker = connect(demo, auth=("ada", "secret"))
    before = time.monotonic()
    path = asker.file_of(asker.submit())
    assert time.monotonic() - before >= 0.4
    assert asker.status_of(path) == 401
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    form = urllib.parse.urlencode({"username": "ada", "password": "secret"}).encode()
    browser.open(f"{demo.url}/login", form).close()
    before = time.monotonic()
    content = browser.open(f"{demo.url}/gradio_api/file={path}").read()
    assert content == path.read_bytes()
    assert time.monotonic() - before >= len(content) / 20_000 * 0.9


def test_a_demo_that_cannot_start_says_why(shared: Asker) -> None:
    with pytest.raises(StudioUnreachable, match="is in use: choose another"):
        start(DemoOptions(port=shared.demo.port))


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/config", timeout=5):
            return True
    except OSError:
        return False


def decoded(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def code_of(path: Path) -> pixel_code.PixelCode:
    """The pixel code of a clip: the same in each of its frames."""
    codes = {pixel_code.read(frame) for frame in decoded(path)}
    assert len(codes) == 1
    return codes.pop()
