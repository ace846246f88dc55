"""The terminal program's parts: exit codes, values, voices, Ctrl-C; and its library commands."""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

import framepack_widgets as fp
from framepack_widgets import errors
from framepack_widgets.cli import follow, main, options, values
from framepack_widgets.cli.exits import ExitCode, code_of, code_of_states
from framepack_widgets.cli.render import _refuse_early
from framepack_widgets.cli.talk import Talk, clean
from framepack_widgets.fields import Field
from framepack_widgets.job import JobRecord, JobState, Progress
from framepack_widgets.problem import Problem
from framepack_widgets.schema import Schema

ROOT = Path(__file__).resolve().parents[2]


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    code = ended.value.code
    return code if isinstance(code, int) else 0


# -- exit codes ------------------------------------------------------------------------------------


def test_every_error_has_a_code_of_its_own_kind() -> None:
    kinds = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type)
        and issubclass(kind, fp.FramePackError)
        and kind is not fp.FramePackError
    ]
    assert len(kinds) >= 9
    assert all(code_of(kind("x")) not in (ExitCode.OK, ExitCode.UNEXPECTED) for kind in kinds)
    assert code_of(fp.WrongClip("x")) == ExitCode.FAILED
    assert code_of(fp.NotAStudio("x")) == ExitCode.UNREACHABLE


def test_after_several_jobs_the_first_bad_end_counts() -> None:
    assert code_of_states([]) == ExitCode.OK
    assert code_of_states([JobState.DONE, JobState.DONE]) == ExitCode.OK
    ends = [JobState.DONE, JobState.UNSURE, JobState.FAILED]
    assert code_of_states(ends) == ExitCode.LOST
    bad = [state for state in JobState if state.is_finished and state is not JobState.DONE]
    assert all(code_of_states([state]) != ExitCode.OK for state in bad)


def test_the_documented_table_is_the_real_one() -> None:
    text = (ROOT / "docs" / "terminal.md").read_text(encoding="utf-8")
    documented = {int(code) for code in re.findall(r"^\| (\d+) \|", text, re.MULTILINE)}
    assert documented == {int(code) for code in ExitCode}


def test_help_names_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    """Options are put together from groups; on every Python they have to keep name and help."""
    assert run("render", "--help") == 0
    text = capsys.readouterr().out
    for name in ("--set ", "--lora", "--studio", "--login", "--library", "--json", "--dry-run"):
        assert name in text
    assert "NAME=WEIGHT" in text
    assert "Length asked for" in text


# -- values ----------------------------------------------------------------------------------------


def schema(*fields: Field) -> Schema:
    return Schema(fields)


FIELDS = schema(
    Field("steps", "Steps", "integer"),
    Field("cfg_scale", "CFG Scale", "number"),
    Field("clean_up", "Clean up video files", "flag"),
    Field("prompt", "Prompt", "text"),
    Field("cache", "Caching strategy", "choice", choices=(("None", "None"), ("Two", 2))),
    Field("motion", "Motion", "unknown"),
)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("steps", "30", 30),
        ("steps", "thirty", "thirty"),
        ("cfg_scale", "1.5", 1.5),
        ("clean_up", "no", False),
        ("clean_up", "True", True),
        ("clean_up", "perhaps", "perhaps"),
        ("prompt", "25", "25"),
        ("prompt", "true", "true"),
        ("cache", "None", "None"),
        ("cache", "2", 2),
        ("cache", "other", "other"),
        ("motion", "[1, 2]", [1, 2]),
        ("unheard_of", "5", "5"),
    ],
)
def test_set_takes_the_kind_of_value_that_the_field_takes(
    name: str, text: str, value: object
) -> None:
    found = values.typed({name: text}, FIELDS)[name]
    assert found == value
    assert type(found) is type(value)


def test_loras_are_not_set_by_set() -> None:
    with pytest.raises(typer.BadParameter, match="--lora"):
        values.typed({"loras": "a"}, FIELDS)


@given(st.dictionaries(st.text(min_size=1).map(str.strip).filter(bool), st.floats(0, 2)))
def test_loras_survive_any_name(weights: dict[str, float]) -> None:
    texts = [f"{name}={weight!r}" for name, weight in weights.items()]
    assert (values.loras(texts) or {}) == weights


@pytest.mark.parametrize("text", ["", "=", "=1", "steps"])
def test_half_a_pair_is_wrong_use(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="NAME=VALUE"):
        values.pairs([text], "--set")


def test_a_weight_that_is_no_number_is_named() -> None:
    with pytest.raises(typer.BadParameter, match=r'"film".*"much"'):
        values.loras(["film=much"])


# -- speaking --------------------------------------------------------------------------------------


@given(st.text())
def test_no_control_character_reaches_the_terminal(text: str) -> None:
    said = clean(f"\x1b[2J{text}\x07\r")
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f]", said)


def test_an_error_names_every_problem_once(capsys: pytest.CaptureFixture[str]) -> None:
    problems = (Problem("steps", "1000 is more than 100.", "Use 1 to 100."),)
    Talk(as_json=True).error(errors.SettingsError("nothing was sent", problems), 2)
    out, err = capsys.readouterr()
    assert "steps: 1000 is more than 100.  Use 1 to 100." in err
    said = json.loads(out)
    assert said["exit_code"] == 2
    assert said["error"]["problems"][0]["field"] == "steps"


def test_secrets_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(options.PASSWORD, "from outside")
    assert options.secret(options.PASSWORD, "Password") == "from outside"


def test_secrets_are_not_asked_where_nobody_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(options.PASSWORD, raising=False)
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    with pytest.raises(typer.BadParameter, match=options.PASSWORD):
        options.secret(options.PASSWORD, "Password")


def test_connection_options_reach_connect(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, Any] = {}

    def connect(url: str | None, **more: Any) -> None:
        seen.update(more, url=url)
        raise fp.StudioUnreachable("nobody there; start one")

    monkeypatch.setattr(fp, "connect", connect)
    monkeypatch.setenv(options.PASSWORD, "secret")
    code = run(
        "connect", "--studio", "http://x:1", "--login", "me", "--header", "A: b:c", "--no-verify",
        "--library", "here",
    )  # fmt: skip
    assert code == ExitCode.UNREACHABLE
    assert seen == {
        "url": "http://x:1", "auth": ("me", "secret"), "token": None, "headers": {"A": "b:c"},
        "verify": False, "library": Path("here"),
    }  # fmt: skip


def test_an_error_is_a_message_and_a_code_never_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_args: object, **_more: object) -> None:
        raise fp.StudioRefused("it wants a login; use --login")

    monkeypatch.setattr(fp, "connect", refuse)
    assert run("run", "--json") == ExitCode.REFUSED
    out, err = capsys.readouterr()
    assert json.loads(out)["error"]["type"] == "StudioRefused"
    assert "it wants a login" in err
    assert "Traceback" not in out + err


@pytest.mark.parametrize(
    "arguments",
    [
        ("render", "--seconds", "long"),
        ("render", "--no-such-option"),
        ("connect", "--header", "nonsense"),
        ("library", "show"),
        ("no-such-command",),
    ],
)
def test_wrong_use_is_code_2(arguments: tuple[str, ...]) -> None:
    assert run(*arguments) == ExitCode.SETTINGS


def test_what_would_fail_after_the_render_fails_before(tmp_path: Path) -> None:
    taken = tmp_path / "taken.mp4"
    taken.touch()
    _refuse_early(tmp_path, False, False, None)
    _refuse_early(taken, True, False, None)
    for out in (taken, tmp_path / "taken", tmp_path / "no" / "folder.mp4"):
        with pytest.raises(typer.BadParameter):
            _refuse_early(out, False, False, None)
    with pytest.raises(typer.BadParameter, match="end with this program"):
        _refuse_early(None, False, True, "demo")


# -- Ctrl-C ----------------------------------------------------------------------------------------


class Waiting:
    """A job that runs until it is cancelled; `ticks` of its waits are cut short by Ctrl-C."""

    id = "0123456789ab"
    trouble = None

    def __init__(self, interrupts: int) -> None:
        self.interrupts = interrupts
        self.state = JobState.RUNNING
        self.progress = Progress(fraction=0.5, section=1, sections=2, eta_s=65)
        self.cancelled = False

    def result(self, timeout: float) -> None:
        if self.cancelled:
            raise fp.JobCancelled("it was")
        if self.interrupts:
            self.interrupts -= 1
            raise KeyboardInterrupt
        raise AssertionError("waited on")

    def cancel(self) -> None:
        self.cancelled = True


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Talk]:
    def make(answer: str) -> Talk:
        monkeypatch.setattr(sys, "stdin", Terminal(answer))
        monkeypatch.setattr(sys, "stderr", Terminal())
        return Talk(err=Console(file=io.StringIO()))

    return make


def test_ctrl_c_and_c_cancels(terminal: Callable[[str], Talk]) -> None:
    job = Waiting(interrupts=1)
    with pytest.raises(fp.JobCancelled):
        follow.follow(job, terminal("c\n"))  # type: ignore[arg-type]
    assert job.cancelled


@pytest.mark.parametrize("answer", ["l\n", ""])
def test_ctrl_c_and_leaving_cancels_nothing(terminal: Callable[[str], Talk], answer: str) -> None:
    job = Waiting(interrupts=1)
    with pytest.raises(follow.LeftRunning):
        follow.follow(job, terminal(answer))  # type: ignore[arg-type]
    assert not job.cancelled


@pytest.mark.parametrize("answer", ["w\n", "\n"])
def test_ctrl_c_and_waiting_on(terminal: Callable[[str], Talk], answer: str) -> None:
    with pytest.raises(AssertionError, match="waited on"):
        follow.follow(Waiting(interrupts=1), terminal(answer))  # type: ignore[arg-type]


def test_a_second_ctrl_c_leaves_at_once(
    terminal: Callable[[str], Talk], monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = terminal("never read")

    def interrupt(_talk: Talk) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(follow, "input_of", interrupt)
    with pytest.raises(follow.LeftRunning):
        follow.follow(Waiting(interrupts=1), talk)  # type: ignore[arg-type]


def test_ctrl_c_where_nobody_can_answer_leaves_it_running(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("c\n"))
    job = Waiting(interrupts=1)
    with pytest.raises(follow.LeftRunning):
        follow.follow(job, Talk(err=Console(file=io.StringIO())))  # type: ignore[arg-type]
    assert not job.cancelled


def test_a_log_gets_a_line_for_each_step_and_not_one_a_tick() -> None:
    log = io.StringIO()
    job = Waiting(interrupts=0)
    with follow.progress_of(Talk(err=Console(file=log, width=200))) as show:
        for _ in range(5):
            show(job)  # type: ignore[arg-type]
        job.progress = Progress(fraction=0.7, section=2, sections=2)
        show(job)  # type: ignore[arg-type]
    assert log.getvalue().splitlines() == [
        "0123456789ab: rendering  section 1 of 2, 1:05 left",
        "0123456789ab: rendering  section 2 of 2",
    ]


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (65, "1:05"), (3599.6, "1:00:00"), (3700, "1:01:40")]
)
def test_durations(seconds: float, text: str) -> None:
    assert follow.duration(seconds) == text


# -- library ---------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> str:
    """A Library with three jobs; the newest is done."""
    library = fp.Library(tmp_path / "library")
    prompts = ("A cat looks up", "a cat yawns", "a dog looks up")
    for number, state in enumerate(("failed", "cancelled", "done")):
        library.add(
            JobRecord(
                id=f"{number}bcdef012345",
                studio="demo",
                settings=fp.Settings(prompt=prompts[number], seed=number, seconds=2.0),
                created_at=1_790_000_000.0 + number,
                state=JobState(state),
                message="out of memory" if state == "failed" else "",
            )
        )
    library.close()
    return str(tmp_path / "library")


def test_list_shows_the_newest_first(folder: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("library", "list", "--library", folder) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [
        "id", "2bcdef012345", "1bcdef012345", "0bcdef012345",
    ]  # fmt: skip


def test_search_and_filters(folder: str, capsys: pytest.CaptureFixture[str]) -> None:
    def ids(*arguments: str) -> list[str]:
        assert run("library", *arguments, "--library", folder, "--json") == 0
        return [job["id"][0] for job in json.loads(capsys.readouterr().out)]

    assert ids("search", "UP", "cat") == ["0"]
    assert ids("list", "--state", "failed", "--state", "done") == ["2", "0"]
    assert ids("list", "--limit", "1") == ["2"]
    assert ids("list", "--since", "2100-01-01") == []


def test_show_tells_all(folder: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("library", "show", "0bcd", "--library", folder) == 0
    out = capsys.readouterr().out
    assert "failed" in out
    assert "out of memory" in out
    assert "seed = 0" in out


def test_a_job_that_is_not_there_is_code_8(folder: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("library", "show", "ffff", "--library", folder) == ExitCode.LIBRARY
    assert "ffff" in capsys.readouterr().err


def test_deleting_asks_and_can_be_undone(
    folder: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def ids() -> list[str]:
        capsys.readouterr()
        run("library", "list", "--library", folder, "--json")
        return [job["id"][0] for job in json.loads(capsys.readouterr().out)]

    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    assert run("library", "delete", "0bcd", "--library", folder) == ExitCode.SETTINGS
    assert ids() == ["2", "1", "0"], "nobody could be asked"

    monkeypatch.setattr(sys, "stdin", Terminal("n\n"))
    assert run("library", "delete", "0bcd", "--library", folder) == 0
    assert ids() == ["2", "1", "0"], "the answer was no"

    monkeypatch.setattr(sys, "stdin", Terminal("y\n"))
    assert run("library", "delete", "0bcd", "--library", folder) == 0
    assert ids() == ["2", "1"]

    assert run("library", "trash", "--library", folder) == 0
    assert run("library", "undo", "--library", folder) == 0
    assert ids() == ["2", "1", "0"]

    assert run("library", "delete", "0bcd", "--yes", "--library", folder) == 0
    assert run("library", "trash", "--empty", "--yes", "--library", folder) == 0
    assert run("library", "undo", "--library", folder) == 0, "nothing to undo is no error"
    assert ids() == ["2", "1"]


def test_size_and_export(folder: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("library", "size", "--library", folder, "--json") == 0
    assert json.loads(capsys.readouterr().out)["jobs"] == 3
    target = tmp_path / "out.zip"
    assert run("library", "export", str(target), "--library", folder) == 0
    assert target.exists()
    assert run("library", "export", str(target), "--library", folder) == ExitCode.LIBRARY
