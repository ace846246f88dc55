"""Waiting for the run of a sweep at the terminal; leaving it ends this program, never the run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from framepack_widgets.cli.exits import ExitCode, code_of_states
from framepack_widgets.cli.follow import duration, settle
from framepack_widgets.cli.records import clip_line
from framepack_widgets.cli.talk import Talk
from framepack_widgets.job import JobState
from framepack_widgets.library.run_rows import PLANNED, REFUSED

if TYPE_CHECKING:
    from framepack_widgets.runs.point import RunPoint
    from framepack_widgets.runs.sweep_run import SweepRun

_TICK_S = 0.5


def follow_run(run: SweepRun, talk: Talk) -> ExitCode:
    """Tell each point as it ends; the exit code is that of the first that is not done.

    Raises typer.Exit with INTERRUPTED on Ctrl-C.
    """
    talk.say(f"run {run.name!r}, {run.id}; Ctrl-C leaves it, it goes on later")
    following = _Following(run, talk)
    try:
        following.to_the_end()
    except KeyboardInterrupt:
        for job in run.jobs:
            settle(job, JobState.SENDING)
        talk.say(
            f"left: the Studio goes on with what it renders, the rest of {run.name!r} waits in the "
            "Library. The same command, `framepack-widgets run`, or the next notebook that "
            "connects goes on with it."
        )
        raise typer.Exit(ExitCode.INTERRUPTED) from None
    talk.say(following.summary())
    return following.code()


class _Following:
    """A run as it is seen while it goes on."""

    def __init__(self, run: SweepRun, talk: Talk) -> None:
        self._run, self._talk = run, talk
        self._told: set[int] = set()
        self._was_seen = False

    @property
    def _points(self) -> list[RunPoint]:
        """Those of the sweep; what an earlier form of it had is there, too, and told already."""
        return [point for point in self._run.points if point.in_sweep]

    def to_the_end(self) -> None:
        """Return when nothing of the run would go on by itself."""
        with _progress_of(self._talk) as show:
            while True:
                try:
                    self._run.result(timeout=_TICK_S)
                except TimeoutError:
                    self._look(show)
                    continue
                self._look(show)
                return

    def _look(self, show: Callable[[int, int, str], None]) -> None:
        self._wake()
        points = self._points
        ended = [point for point in points if point.is_over]
        for point in ended:
            if point.number not in self._told:
                self._told.add(point.number)
                self._talk.result(point_data(point), _line(point))
        show(len(ended), len(points), self._left())

    def _wake(self) -> None:
        """Whoever says --run means it: a pause of before is over. A later one is heeded."""
        if not self._was_seen and self._run.state != "planning":
            self._was_seen = True
            if self._run.state == "paused":
                self._talk.say("it was paused; now it goes on")
                self._run.resume()

    def _left(self) -> str:
        eta = self._run.eta_s
        words = [str(self._run.state)]
        if eta is not None and eta[1] > 0:
            words.append(f"{duration(eta[0])} to {duration(eta[1])} left")
        return ", ".join(words)

    def summary(self) -> str:
        """How many ended how."""
        counts = Counter(str(point.state) for point in self._points)
        return ", ".join(f"{number} {state}" for state, number in counts.items())

    def code(self) -> ExitCode:
        """That of the first point that is not done."""
        states = [str(point.state) for point in self._points]
        known = {str(state) for state in JobState}
        code = code_of_states([JobState(state) for state in states if state in known])
        if code is not ExitCode.OK:
            return code
        if PLANNED in states:
            return ExitCode.CANCELLED  # somebody stopped the run
        return ExitCode.SETTINGS if REFUSED in states else code


def point_data(point: RunPoint) -> dict[str, Any]:
    """A point, made of what JSON knows."""
    return {
        "point": point.number,
        "labels": dict(point.labels),
        "state": str(point.state),
        "clip": str(point.clip.path) if point.clip is not None else None,
        "error": point.error or None,
        "reused": bool(point.reused),
        "settings": point.settings.to_dict(),
    }


def _line(point: RunPoint) -> str:
    where = ", ".join(f"{name} {label}" for name, label in point.labels.items())
    text = f"{point.number}  {where}  {point.state}{', was there' if point.reused else ''}"
    if point.clip is not None:
        return f"{text}  {point.clip.path}  {clip_line(point.clip)}"
    return f"{text}  {point.error}" if point.error else text


def writing(talk: Talk, what: str, write: Callable[..., Any]) -> Any:
    """What `write(progress=...)` gives; at a terminal with a bar."""
    if not talk.err.is_terminal:
        return write()
    with _progress_of(talk) as show:
        return write(progress=lambda done, total: show(done, total, what))


@contextmanager
def _progress_of(talk: Talk) -> Iterator[Callable[[int, int, str], None]]:
    """A function that shows how far a run is: a bar at a terminal, else a line for each change."""
    if not talk.err.is_terminal:
        told: list[object] = []

        def say(done: int, total: int, more: str) -> None:
            state = more.partition(",")[0]
            if told != [done, total, state]:
                told[:] = [done, total, state]
                talk.say(f"{done} of {total} points  {more}")

        yield say
        return
    columns = (BarColumn(bar_width=32), MofNCompleteColumn(), TextColumn("{task.fields[more]}"))
    with Progress(*columns, console=talk.err, transient=True) as bar:
        task = bar.add_task("", total=None, more="")

        def show(done: int, total: int, more: str) -> None:
            bar.update(task, completed=done, total=total, more=more)

        yield show
