"""The terminal program as a process of its own, against a running built-in Studio."""

from __future__ import annotations

import contextlib
import http.server
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import framepack_widgets as fp
from framepack_widgets.demo.options import DemoOptions
from framepack_widgets.demo.process import DemoProcess, start

pytestmark = pytest.mark.slow  # whole processes; the same on either generation of gradio

PROGRAM = (sys.executable, "-m", "framepack_widgets")
CAT = Path(__file__).resolve().parents[2] / "notebooks" / "images" / "cat.jpg"
PATIENCE_S = 60

posix_only = pytest.mark.skipif(
    sys.platform == "win32", reason="Ctrl-C cannot be sent to one process alone there"
)


@pytest.fixture(scope="module")
def demo() -> Iterator[DemoProcess]:
    with start(DemoOptions(speed=40)) as running:
        yield running


@pytest.fixture(scope="module")
def slow() -> Iterator[DemoProcess]:
    """A render here takes some seconds: long enough to interrupt it."""
    with start(DemoOptions(speed=3)) as running:
        yield running


@pytest.fixture
def library(tmp_path: Path) -> str:
    return str(tmp_path / "library")


def environment() -> dict[str, str]:
    own = {key: value for key, value in os.environ.items() if not key.startswith("FRAMEPACK_")}
    return {**own, "PYTHONUTF8": "1", "COLUMNS": "200"}


def run(*arguments: object, code: int = 0, **variables: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [*PROGRAM, *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=PATIENCE_S,
        stdin=subprocess.DEVNULL,
        env={**environment(), **variables},
        check=False,
    )
    assert "Traceback" not in done.stdout + done.stderr
    assert done.returncode == code, f"{done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def answer(done: subprocess.CompletedProcess[str]) -> Any:
    return json.loads(done.stdout)


def started(demo: DemoProcess) -> int:
    """How many renders the server began until now, by its own log."""
    return sum(event["event"] == "started" for event in demo.jobs_log())


def until(condition: Callable[[], Any]) -> Any:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.05)
    pytest.fail("it did not happen in time")


def test_connect_says_what_it_found(demo: DemoProcess, library: str) -> None:
    found = answer(run("connect", "--studio", demo.url, "--library", library, "--json"))
    assert found["url"] == demo.url
    assert found["version"] == "0.5.1"
    assert "F1" in found["models"]
    steps = next(field for field in found["fields"] if field["name"] == "steps")
    assert (steps["minimum"], steps["maximum"]) == (1, 100)
    text = run("connect", "--library", library, FRAMEPACK_STUDIO_URL=demo.url).stdout
    assert f"Studio 0.5.1 at {demo.url}" in text


def test_a_render_and_its_way_through_the_library(
    demo: DemoProcess, library: str, tmp_path: Path
) -> None:
    where = ("--library", library)
    out = tmp_path / "cat.mp4"
    done = run(
        "render", "--studio", demo.url, *where, "--start", CAT, "--prompt", "it looks up",
        "--seconds", 1, "--seed", 7, "--set", "steps=5", "--out", out, "--json",
    )  # fmt: skip
    job = answer(done)
    assert (job["state"], job["verified"], job["file"]) == ("done", "stamp", str(out))
    assert "rendering" in done.stderr, "progress belongs there"
    settings = fp.Clip.open(out).settings
    assert settings is not None
    assert (settings.prompt, settings.seed, settings.steps) == ("it looks up", 7, 5)

    kept = ("--settings", job["clip"], "--dry-run", "--json")
    again = run("render", "--studio", demo.url, *where, *kept)
    assert answer(again)["frames"] == 37
    assert answer(again)["problems"] == []

    short = job["id"][:6]
    assert answer(run("library", "show", short, *where, "--json"))["clip"] == job["clip"]
    assert answer(run("library", "search", "LOOKS", *where, "--json"))[0]["id"] == job["id"]
    run("library", "delete", short, "--yes", *where)
    assert not Path(job["clip"]).exists()
    run("library", "show", short, *where, code=8)
    run("library", "undo", *where)
    assert Path(job["clip"]).exists()
    run("library", "export", tmp_path / "clips.zip", *where)
    assert (tmp_path / "clips.zip").stat().st_size > out.stat().st_size / 2


def test_settings_from_plain_json(demo: DemoProcess, library: str, tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    file.write_text('{"prompt": "from a file", "seconds": 1, "steps": 5}', encoding="utf-8")
    done = run(
        "render", "--studio", demo.url, "--library", library, "--settings", file, "--steps", 6,
        "--json",
    )  # fmt: skip
    settings = answer(done)["settings"]
    assert (settings["prompt"], settings["steps"]) == ("from a file", 6)


def test_a_dry_run_tells_everything_and_sends_nothing(demo: DemoProcess, library: str) -> None:
    before = demo.jobs_log()
    done = run(
        "render", "--studio", demo.url, "--library", library, "--dry-run", "--json",
        "--steps", 1000, "--set", "promt=typo", "--start", "no-such.jpg", "--lora", "none=1",
        code=2,
    )  # fmt: skip
    fields = {problem["field"] for problem in answer(done)["problems"]}
    assert {"steps", "promt", "start_frame", "loras"} <= fields
    assert demo.jobs_log() == before


def test_wrong_settings_are_refused_before_sending(demo: DemoProcess, library: str) -> None:
    before = demo.jobs_log()
    done = run(
        "render", "--studio", demo.url, "--library", library, "--steps", 1000, "--json", code=2
    )
    assert answer(done)["error"]["problems"][0]["field"] == "steps"
    assert "steps" in done.stderr
    assert demo.jobs_log() == before


def test_nobody_there_and_not_a_studio(library: str) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    done = run("connect", "--studio", f"http://127.0.0.1:{port}", "--library", library, code=3)
    assert str(port) in done.stderr
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        url = f"http://127.0.0.1:{server.server_port}"
        done = run("connect", "--studio", url, "--library", library, "--json", code=3)
        assert answer(done)["error"]["type"] == "NotAStudio"
    finally:
        server.shutdown()
        server.server_close()


def test_a_login_is_wanted_and_given(library: str) -> None:
    where = ("--library", library)
    with start(DemoOptions(speed=40, auth=("me", "pass word"))) as closed:
        run("connect", "--studio", closed.url, *where, code=4)
        login = ("connect", "--studio", closed.url, *where, "--login", "me")
        run(*login, code=4, FRAMEPACK_PASSWORD="wrong")
        run(*login, code=0, FRAMEPACK_PASSWORD="pass word")
        run(*login, code=2)  # nobody to ask


def test_a_failed_render_is_code_5(library: str) -> None:
    with start(DemoOptions(speed=40, fail_every=1)) as failing:
        done = run(
            "render", "--studio", failing.url, "--library", library, "--seconds", 1, "--json",
            code=5,
        )  # fmt: skip
    assert answer(done)["error"]["type"] == "JobFailed"


def test_handed_over_and_fetched_by_run(demo: DemoProcess, library: str) -> None:
    where = ("--studio", demo.url, "--library", library, "--json")
    before = started(demo)
    first = answer(run("render", *where, "--no-wait", "--seconds", 1))
    assert first["state"] not in ("waiting", "sending")
    ended = [json.loads(line) for line in run("run", *where).stdout.splitlines()]
    found = answer(run("library", "show", first["id"], "--library", library, "--json"))
    assert found["state"] == "done"
    assert {job["id"] for job in ended} <= {first["id"]}
    assert started(demo) == before + 1
    assert run("run", *where).stdout == "", "nothing is left"


KERNEL = """
import sys, time
import framepack_widgets as fp

url, library = sys.argv[1:]
studio = fp.connect(url, library=library)
for seed in range(3):
    studio.submit(prompt="handed on", seconds=1, steps=5, seed=seed)
print("ready", flush=True)
time.sleep(600)
"""


def test_a_killed_kernel_hands_over_without_a_lost_or_double_job(
    slow: DemoProcess, library: str
) -> None:
    before = started(slow)
    kernel = subprocess.Popen(
        [sys.executable, "-c", KERNEL, slow.url, library],
        stdout=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    assert kernel.stdout is not None
    assert kernel.stdout.readline() == "ready\n"
    worker = begin("run", "--studio", slow.url, "--library", library, "--json")
    try:
        until(lambda: states(library).count("running") == 1)
        kernel.kill()
        kernel.wait()
        out, err = worker.communicate(timeout=PATIENCE_S)
    finally:
        kernel.kill()
        worker.kill()
        kernel.stdout.close()
    assert worker.returncode == 0, err
    ended = [json.loads(line) for line in out.splitlines()]
    assert sorted(job["settings"]["seed"] for job in ended) == [0, 1, 2]
    assert {job["state"] for job in ended} == {"done"}
    for job in ended:
        settings = fp.Clip.open(job["clip"]).settings
        assert settings is not None
        assert settings.seed == job["settings"]["seed"]
    assert started(slow) == before + 3


def states(library: str) -> list[str]:
    shelf = fp.Library(library)
    try:
        return [str(record.state) for record in shelf.jobs()]
    finally:
        shelf.close()


# -- Ctrl-C ----------------------------------------------------------------------------------------


def begin(*arguments: object, **more: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*PROGRAM, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        env=environment(),
        **more,
    )


@posix_only
def test_interrupted_where_nobody_is_asked_it_goes_on(slow: DemoProcess, library: str) -> None:
    where = ("--studio", slow.url, "--library", library, "--json")
    before = started(slow)
    render = begin("render", *where, "--seconds", 2, "--steps", 10)
    until(lambda: started(slow) > before)
    render.send_signal(signal.SIGINT)
    out, err = render.communicate(timeout=PATIENCE_S)
    assert render.returncode == 130, err
    job = json.loads(out)
    assert job["state"] not in ("cancelled", "done")
    assert f"library show {job['id']}" in err
    assert "Traceback" not in err
    ended = [json.loads(line) for line in run("run", *where).stdout.splitlines()]
    assert [(j["id"], j["state"]) for j in ended] == [(job["id"], "done")]
    assert started(slow) == before + 1, "fetched, not rendered again"


@contextlib.contextmanager
def at_a_terminal(*arguments: object) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """The program with a terminal for stdin and stderr; the terminal's other end."""
    import pty

    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*PROGRAM, *map(str, arguments)],
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=theirs,
        env={**environment(), "TERM": "xterm", "PYTHONFAULTHANDLER": "1"},
        start_new_session=True,
    )
    os.close(theirs)
    try:
        yield process, ours
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()
        os.close(ours)


def read_until(terminal: int, text: str) -> str:
    """What the program said, up to the text."""
    said = ""
    end = time.monotonic() + PATIENCE_S
    while text not in said:
        assert time.monotonic() < end, f"{text!r} did not come: {said!r}"
        if select.select([terminal], [], [], 0.2)[0]:
            try:
                said += os.read(terminal, 65536).decode(errors="replace")
            except OSError:  # the program ended
                pytest.fail(f"{text!r} did not come: {said!r}")
    return said


def press_until(process: subprocess.Popen[bytes], enough: threading.Event) -> None:
    """Ctrl-C, and again every two seconds while the program is there."""
    while process.poll() is None and not enough.is_set():
        process.send_signal(signal.SIGINT)
        enough.wait(2)


def drained(process: subprocess.Popen[bytes], terminal: int) -> int:
    """The exit code; the terminal is read meanwhile, or the program would wait for us.

    A program that does not end is made to show where it stands.
    """
    said = b""

    def ended() -> bool:
        nonlocal said
        with contextlib.suppress(OSError):
            while select.select([terminal], [], [], 0)[0] and (more := os.read(terminal, 65536)):
                said += more
        return process.poll() is not None

    end = time.monotonic() + PATIENCE_S
    while not ended():
        if time.monotonic() > end:
            process.send_signal(signal.SIGABRT)
            until(ended)
            pytest.fail(f"it did not end:\n{said.decode(errors='replace')}")
        time.sleep(0.02)
    return int(process.returncode)


@posix_only
def test_ctrl_c_at_a_terminal_cancels_on_request(slow: DemoProcess, library: str) -> None:
    asked = ("render", "--studio", slow.url, "--library", library)
    with at_a_terminal(*asked) as (process, terminal):
        read_until(terminal, "rendering")
        process.send_signal(signal.SIGINT)
        read_until(terminal, "cancel the render")
        os.write(terminal, b"c\n")
        assert drained(process, terminal) == 6
    until(lambda: not slow_is_busy(slow, library))


def slow_is_busy(demo: DemoProcess, library: str) -> bool:
    found = answer(run("connect", "--studio", demo.url, "--library", library, "--json"))
    return any(row["status"] == "running" for row in found["queue"])


@posix_only
def test_a_second_ctrl_c_at_a_terminal_leaves_at_once(slow: DemoProcess, library: str) -> None:
    asked = ("render", "--studio", slow.url, "--library", library, "--prompt", "left twice")
    with at_a_terminal(*asked) as (process, terminal):
        read_until(terminal, "rendering")
        process.send_signal(signal.SIGINT)
        read_until(terminal, "cancel the render")
        # A signal in the instant before a blocking read starts is seen after it: press again.
        pressing = threading.Event()
        presses = threading.Thread(target=press_until, args=(process, pressing))
        presses.start()
        assert drained(process, terminal) == 130
        pressing.set()
        presses.join()
    assert slow_is_busy(slow, library), "leaving cancels nothing"
    found = answer(run("library", "search", "left twice", "--library", library, "--json"))
    assert found[0]["state"] == "running"


# -- the built-in Studio ---------------------------------------------------------------------------


@posix_only
def test_demo_in_the_foreground_is_found_without_an_address(library: str) -> None:
    server = begin("demo", "--speed", "50")
    try:
        assert server.stdout is not None
        url = server.stdout.readline().split(" at ")[1].split(",")[0]
        found = answer(run("connect", "--studio", url, "--library", library, "--json"))
        assert found["version"] == "0.5.1"
        port = int(url.rsplit(":", 1)[1])
        assert 7860 <= port <= 7869, "where connect looks"
    finally:
        server.send_signal(signal.SIGINT)
        _, err = server.communicate(timeout=PATIENCE_S)
    assert server.returncode == 0
    assert "Traceback" not in err
