"""`framepack-widgets sweep` as a process of its own, against a running built-in Studio."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import framepack_widgets as fp
from framepack_widgets.demo.options import DemoOptions
from framepack_widgets.demo.process import DemoProcess, start
from framepack_widgets.sweeps.spec import load_spec, save_spec

from test_terminal import PATIENCE_S, answer, begin, posix_only, run, started, until  # isort: skip

pytestmark = pytest.mark.slow  # whole processes; the same on either generation of gradio

CAT = Path(__file__).resolve().parents[2] / "notebooks" / "images" / "cat.jpg"
SPEC = f"""
name = "night"
[settings]
start_frame = '{CAT}'
prompt = "it looks up"
seconds = 1
[axes]
steps = [4, 5]
seed = [7, 8]
"""


@pytest.fixture(scope="module")
def demo() -> Iterator[DemoProcess]:
    with start(DemoOptions(speed=40)) as running:
        yield running


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    file = tmp_path / "spec.toml"
    file.write_text(SPEC, encoding="utf-8")
    return file


@pytest.fixture
def where(demo: DemoProcess, tmp_path: Path) -> tuple[str, ...]:
    return ("--studio", demo.url, "--library", str(tmp_path / "library"), "--json")


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_planned_rendered_and_looked_at(
    demo: DemoProcess, spec: Path, where: tuple[str, ...], tmp_path: Path
) -> None:
    before = started(demo)
    planned = answer(run("sweep", spec, *where))
    assert (planned["points"], planned["to_render"], planned["refused"]) == (4, 4, 0)
    assert run("sweep", spec, "--report", tmp_path / "r.html", *where, code=8).stdout
    assert started(demo) == before, "nothing was sent"

    looks = ("--report", tmp_path / "r.html", "--grid", tmp_path / "g.mp4", "--x", "seed")
    told = lines(run("sweep", spec, "--run", *looks, *where).stdout)
    points, (report, grid) = told[:-2], told[-2:]
    assert started(demo) == before + 4
    assert [point["state"] for point in points] == ["done"] * 4
    for point in points:
        settings = fp.Clip.open(point["clip"]).settings
        assert settings is not None
        labels = {"steps": str(settings.steps), "seed": str(settings.seed)}
        assert point["labels"] == labels
    page = Path(report["report"]).read_text(encoding="utf-8")
    assert len(set(re.findall(r'"src":"([^"]+\.mp4)"', page))) == 4
    assert fp.Clip.open(grid["grid"]).width > 2 * 640

    again = lines(run("sweep", spec, "--run", *where).stdout)
    assert [point["clip"] for point in again] == [point["clip"] for point in sorted(
        points, key=lambda point: point["point"])]  # fmt: skip
    spec.write_text(SPEC.replace("[4, 5]", "[4, 5, 6]"), encoding="utf-8")
    assert len(lines(run("sweep", spec, "--run", *where).stdout)) == 6
    assert started(demo) == before + 6, "only what was added"


def test_file_and_python_make_the_same_sweep(spec: Path, tmp_path: Path) -> None:
    settings = fp.Settings(start_frame=str(CAT), prompt="it looks up", seconds=1)
    read = load_spec(spec)
    assert read.sweep == fp.Sweep(settings.replace(seed=read.sweep.settings.seed),
                                  steps=[4, 5], seed=[7, 8])  # fmt: skip
    for name in ("again.json", "again.toml"):
        save_spec(tmp_path / name, read.sweep, read.name)
        assert load_spec(tmp_path / name) == read


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[4, 5]", "[4, 500, 5]", "500"),
        ("[4, 5]", "[]", "steps"),
        ("steps =", "stepps =", "Did you mean"),
        ("[axes]", "[axis]", "Did you mean axes?"),
        ("seed = [7, 8]", 'prompt = {search_replace = ["dog", "fox"]}', "dog"),
        ("[settings]", 'combine = "zip"\n[settings]', "seed has 3"),
    ],
)
def test_bad_files_are_told_and_send_nothing(
    demo: DemoProcess, spec: Path, where: tuple[str, ...], old: str, new: str, said: str
) -> None:
    before = started(demo)
    text = SPEC.replace(old, new)
    if "zip" in new:
        text = text.replace("[7, 8]", "[7, 8, 9]")
    spec.write_text(text, encoding="utf-8")
    done = run("sweep", spec, "--run", *where, code=2)
    assert said in done.stderr
    assert answer(done)["error"]["type"] == "SettingsError"
    assert started(demo) == before


@posix_only
def test_ctrl_c_leaves_the_rest_to_run(spec: Path, tmp_path: Path) -> None:
    with start(DemoOptions(speed=6)) as slow:
        where = ("--studio", slow.url, "--library", str(tmp_path / "library"), "--json")
        going = begin("sweep", spec, "--run", *where)
        until(lambda: started(slow) >= 2)
        going.send_signal(signal.SIGINT)
        out, err = going.communicate(timeout=PATIENCE_S)
        assert going.returncode == 130, err
        assert "Traceback" not in err
        assert "waits in the Library" in " ".join(err.split())
        told = {point["point"] for point in lines(out)}
        assert len(told) < 4
        run("run", *where)
        assert started(slow) == 4, "run works the points of sweeps, too"
        ended = lines(run("sweep", spec, "--run", *where).stdout)
        assert [point["state"] for point in ended] == ["done"] * 4
        assert started(slow) == 4, "none twice, none left"


def test_failed_points_are_rendered_again_on_request(spec: Path, tmp_path: Path) -> None:
    with start(DemoOptions(speed=40, fail_every=4)) as failing:
        where = ("--studio", failing.url, "--library", str(tmp_path / "library"), "--json")
        ended = lines(run("sweep", spec, "--run", *where, code=5).stdout)
        assert sorted(point["state"] for point in ended) == ["done"] * 3 + ["failed"]
        assert [bool(point["error"]) for point in ended].count(True) == 1
        again = lines(run("sweep", spec, "--run", "--retry", *where).stdout)
        assert [point["state"] for point in again] == ["done"] * 4
        assert started(failing) == 5
