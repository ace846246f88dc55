"""Waiting for a render at the terminal: its progress, and what Ctrl-C means there.

The first Ctrl-C asks whether to cancel the render or to leave it running, the second leaves at
once. Where nobody can answer, it is left running. Leaving ends this program, never the render.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeAlias

from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn

from framepack_widgets.cli.talk import Talk, clean
from framepack_widgets.job import JobState

if TYPE_CHECKING:
    from framepack_widgets.clip import Clip
    from framepack_widgets.live_job import Job

Show: TypeAlias = "Callable[[Job], None]"

_TICK_S = 0.2
_SETTLE_S = 5.0  # how long a hand-over may hold up somebody who leaves

_STATES = {
    JobState.WAITING: "waiting for its turn",
    JobState.SENDING: "being sent",
    JobState.SENT: "in the Studio's queue",
    JobState.RUNNING: "rendering",
    JobState.FETCHING: "fetching the clip",
}


class LeftRunning(Exception):
    """The user ended the wait and not the render."""


def follow(job: Job, talk: Talk) -> Clip:
    """The job's clip, with its progress shown meanwhile.

    Raises what `job.result()` raises, and LeftRunning if the user left.
    """
    while True:
        try:
            return _watch(job, talk)
        except KeyboardInterrupt:
            decide(job, talk)


def _watch(job: Job, talk: Talk) -> Clip:
    with progress_of(talk) as show:
        while True:
            show(job)
            try:
                return job.result(timeout=_TICK_S)
            except TimeoutError:
                continue


def decide(job: Job, talk: Talk) -> None:
    """Cancel the job, go on waiting, or raise LeftRunning."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise LeftRunning from None
    try:
        talk.say("")
        talk.say(
            "[c] cancel the render   [l] leave it running and go   [w] wait on   (Ctrl-C: leave)"
        )
        answer = input_of(talk)
        if answer == "c":
            talk.say("asking the Studio to end it ...")
            job.cancel()
        elif answer == "l":
            raise LeftRunning
    except (KeyboardInterrupt, EOFError):
        raise LeftRunning from None


def settle(job: Job, *moving: JobState, patience_s: float = _SETTLE_S) -> None:
    """Wait while the job is in one of these states, before this program ends.

    A hand-over that is cut off can only be told from the server's traces, and not always.
    """
    end = time.monotonic() + patience_s
    with suppress(KeyboardInterrupt):  # the next Ctrl-C leaves at once
        while job.state in moving and time.monotonic() < end:
            time.sleep(0.05)


def input_of(talk: Talk) -> str:
    """The first letter of an answer, in lower case; the question goes to stderr.

    Raises EOFError where nobody answers any more.
    """
    talk.err.print("> ", end="")
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line.strip().lower()[:1]


@contextmanager
def progress_of(talk: Talk) -> Iterator[Show]:
    """A function that shows where a job stands: a bar at a terminal, else a line at each step."""
    if not talk.err.is_terminal:
        yield _Lines(talk)
        return
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=32),
        TaskProgressColumn(),
        TextColumn("{task.fields[more]}"),
        console=talk.err,
        transient=True,
    )
    with bar:
        yield _Bar(bar)


class _Bar:
    def __init__(self, bar: Progress) -> None:
        self._bar = bar
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, job: Job) -> None:
        if job.id not in self._tasks:
            for task in self._tasks.values():
                self._bar.remove_task(task)
            self._tasks = {job.id: self._bar.add_task("", total=1.0, more="")}
        values: dict[str, Any] = {
            "description": _STATES.get(job.state, str(job.state)),
            "completed": job.progress.fraction,
            "more": _more(job),
        }
        self._bar.update(self._tasks[job.id], **values)


class _Lines:
    """For logs and pipes: a line whenever the state or the section changes."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self._told: tuple[object, ...] = ()

    def __call__(self, job: Job) -> None:
        news = (job.id, job.state, job.progress.section, job.trouble)
        if news != self._told and job.state in _STATES:
            self._told = news
            self._talk.say(f"{job.id}: {_STATES[job.state]}  {_more(job)}".rstrip())


def _more(job: Job) -> str:
    """Section and the time left, as far as they are known, and what keeps it from going on."""
    progress = job.progress
    if job.trouble:
        return clean(job.trouble)
    parts = []
    if progress.section and progress.sections:
        parts.append(f"section {progress.section} of {progress.sections}")
    if progress.eta_s is not None:
        parts.append(f"{duration(progress.eta_s)} left")
    return ", ".join(parts)


def duration(seconds: float) -> str:
    """65 -> 1:05, 3700 -> 1:01:40."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
