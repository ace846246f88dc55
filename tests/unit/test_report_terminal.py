"""`framepack-widgets sweep`: what is refused before a Studio is asked, and following a run."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import typer
from rich.console import Console

import framepack_widgets as fp
from framepack_widgets.cli import main, sweep_follow
from framepack_widgets.cli.exits import ExitCode
from framepack_widgets.cli.run import WaitingList
from framepack_widgets.cli.sweep import plan_data
from framepack_widgets.cli.talk import Talk
from framepack_widgets.fields import Field
from framepack_widgets.schema import Schema

GOOD = """
name = "night"
[settings]
prompt = "a cat"
[axes]
steps = [10, 20]
"""


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    file = tmp_path / "spec.toml"
    file.write_text(GOOD, encoding="utf-8")
    return file


def run(spec: Path, *arguments: object) -> int:
    where = ["--studio", "http://127.0.0.1:1", "--library", str(spec.parent / "library")]
    with pytest.raises(SystemExit) as ended:
        main(["sweep", str(spec), *map(str, arguments), *where])
    return int(ended.value.code or 0)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--report", "there.html"], "there.html exists; add --overwrite"),
        (["--grid", "there.mp4"], "there.mp4 exists; add --overwrite"),
        (["--grid", "g.avi"], "ends in none of"),
        (["--x", "steps"], "it goes with --grid"),
        (["--y", "steps", "--report", "r.html"], "it goes with --grid"),
        (["--page", "steps"], "it goes with --grid"),
        (["--grid", "g.mp4", "--page", "setps"], "the sweep has no axis setps, but steps"),
        (["--grid", "g.mp4", "--x", "steps", "--y", "steps"], "only one of them"),
        (["--single-file"], "it goes with --report"),
        (["--plan", "--retry"], "it goes with --run"),
    ],
)
def test_what_makes_no_sense_is_refused_at_once(
    spec: Path,
    arguments: list[str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("there.html", "there.mp4"):
        (tmp_path / name).touch()
    assert run(spec, *arguments) == 2
    words = " ".join(capsys.readouterr().err.replace("│", " ").split())
    assert said in words


def test_a_wrong_file_is_told_without_a_studio(
    spec: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec.write_text(GOOD.replace("[axes]", "[axis]"), encoding="utf-8")
    assert run(spec, "--json") == 2
    given = capsys.readouterr()
    error = json.loads(given.out)["error"]
    assert error["problems"][0] == {
        "field": "axis",
        "message": "there is no such key.",
        "hint": "Did you mean axes?",
    }
    assert "spec.toml" in given.err
    assert run(spec.with_name("none.toml")) == 2


def test_a_good_file_asks_the_studio(spec: Path) -> None:
    assert run(spec) == ExitCode.UNREACHABLE


def test_a_plan_as_json() -> None:
    steps = Field("steps", "Steps", "integer", minimum=1, maximum=30)
    schema = Schema((steps, Field("seed", "Seed", "integer")))
    planned = fp.Sweep(steps=[10, 20, 50]).plan(schema)
    data = json.loads(json.dumps(plan_data(planned, "night")))
    assert (data["name"], data["points"], data["to_render"], data["refused"]) == ("night", 3, 2, 1)
    assert data["refused_points"][0]["point"] == 2
    assert data["refused_points"][0]["problems"][0]["field"] == "steps"
    assert data["estimate_s"] is None


# -- following -----------------------------------------------------------------------------------
class Run:
    """A run whose points change between two looks."""

    id, name, eta_s, jobs = "abc", "night", (60.0, 90.0), ()
    state = "running"

    def __init__(self, *looks: list[str], end: Callable[[], Any] = lambda: None) -> None:
        self._looks, self._end = list(looks), end
        self.resumed = 0

    def resume(self) -> None:
        self.resumed += 1

    def result(self, timeout: float) -> None:
        if len(self._looks) > 1:
            self._looks.pop(0)
            raise TimeoutError
        self._end()

    @property
    def points(self) -> list[Any]:
        return [
            SimpleNamespace(
                number=n, labels={"steps": str(n)}, state=state, clip=None, reused=n == 1,
                in_sweep=True, is_over=state not in ("planned", "waiting", "running"),
                error="no memory" if state == "failed" else "", settings=fp.Settings(steps=n),
            )
            for n, state in enumerate(self._looks[0])
        ]  # fmt: skip


@pytest.fixture
def said() -> io.StringIO:
    return io.StringIO()


def talk(said: io.StringIO) -> Talk:
    return Talk(as_json=True, err=Console(file=said, width=200, force_terminal=False))


def test_each_point_is_told_once_as_it_ends(
    said: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    going = Run(["planned"] * 2, ["running", "planned"], ["failed", "waiting"], ["failed", "done"])
    assert sweep_follow.follow_run(going, talk(said)) == ExitCode.FAILED
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["point"], line["state"]) for line in lines] == [(0, "failed"), (1, "done")]
    assert (lines[0]["error"], lines[0]["reused"], lines[1]["reused"]) == ("no memory", False, True)
    assert lines[1]["settings"] == {"steps": 1}
    words = said.getvalue()
    assert "0 of 2 points  running, 1:00 to 1:30 left" in words
    assert "1 failed, 1 done" in words


@pytest.mark.parametrize(
    ("states", "code"),
    [
        (["done", "done"], ExitCode.OK),
        (["done", "lost"], ExitCode.LOST),
        (["done", "cancelled"], ExitCode.CANCELLED),
        (["done", "planned"], ExitCode.CANCELLED),
        (["done", "deleted"], ExitCode.OK),
        (["done", "refused"], ExitCode.SETTINGS),
        (["refused", "failed"], ExitCode.FAILED),
    ],
)
def test_the_code_says_how_it_ended(said: io.StringIO, states: list[str], code: ExitCode) -> None:
    assert sweep_follow.follow_run(Run(states), talk(said)) == code


def test_a_run_that_was_paused_goes_on_and_a_later_pause_is_heeded(said: io.StringIO) -> None:
    going = Run([], ["planned"], ["planned"], ["planned"], ["done"])
    states = iter(["planning", "planning", "paused", "paused", *["paused"] * 9])
    type(going).state = property(lambda _: next(states, "done"))
    try:
        assert sweep_follow.follow_run(going, talk(said)) == ExitCode.OK
    finally:
        type(going).state = "running"
    assert going.resumed == 1
    assert "it was paused" in said.getvalue()


def test_ctrl_c_leaves_the_run_and_says_so(said: io.StringIO) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    with pytest.raises(typer.Exit) as left:
        sweep_follow.follow_run(Run(["running", "planned"], end=interrupted), talk(said))
    assert left.value.exit_code == ExitCode.INTERRUPTED
    words = " ".join(said.getvalue().split())
    assert "the rest of 'night' waits in the Library" in words
    assert "framepack-widgets run" in words


def test_run_waits_for_points_that_are_no_jobs_yet(said: io.StringIO) -> None:
    states = iter(["planning", "waiting", "running", "done"])
    asked: list[str] = []

    def runs() -> list[Any]:
        asked.append(next(states))
        return [SimpleNamespace(state="paused"), SimpleNamespace(state=asked[-1])]

    library = SimpleNamespace(changes=lambda: 0)
    studio = SimpleNamespace(library=library, jobs=lambda **_: [], runs=runs)
    work = WaitingList(studio, talk(said))
    work.empty(forever=False)
    assert asked == ["planning", "waiting", "running", "done"]
    assert work.summary() == "nothing was waiting"


@pytest.mark.parametrize("is_terminal", [True, False])
def test_a_bar_while_files_are_written_at_a_terminal(said: io.StringIO, is_terminal: bool) -> None:
    err = Console(file=said, width=80, force_terminal=is_terminal)

    def write(progress: Callable[[int, int], None] | None = None) -> str:
        assert (progress is not None) == is_terminal
        if progress is not None:
            progress(3, 9)
        return "written"

    found = sweep_follow.writing(Talk(err=err), "night.mp4", write)
    assert found == "written"
    assert ("3/9" in said.getvalue() and "night.mp4" in said.getvalue()) == is_terminal
