"""`framepack-widgets run`: work the waiting list of a Library, without Jupyter.

Whoever holds the runner's lock sends the jobs; this program waits for it where a kernel has it, and
goes on when that ends. So it can be started beside a notebook, and outlive it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from framepack_widgets.cli.exits import ExitCode, code_of_states
from framepack_widgets.cli.follow import LeftRunning, Show, decide, progress_of, settle
from framepack_widgets.cli.options import Output, Reach, Shelf
from framepack_widgets.cli.records import clip_line, job_data
from framepack_widgets.cli.talk import Talk
from framepack_widgets.job import JobState, Wish

if TYPE_CHECKING:
    from framepack_widgets.live_job import Job
    from framepack_widgets.session import Studio

_TICK_S = 0.2
_GOING = ("planning", "waiting", "running")  # states of a sweep's run
_OPEN = tuple(state for state in JobState if not state.is_finished)


def run(
    reach: Reach,
    shelf: Shelf,
    output: Output,
    forever: Annotated[
        bool, typer.Option("--forever", help="Wait for more jobs when all are done.")
    ] = False,
) -> None:
    """Render what waits in the Library, until nothing does."""
    talk = output.talk()
    with reach.connect(shelf.library) as studio:
        talk.say(f"working {studio.library.path} on {studio.url}")
        work = WaitingList(studio, talk)
        try:
            work.empty(forever)
        except LeftRunning:
            for job in work.jobs:
                settle(job, JobState.SENDING)
            talk.say("left; what the Studio renders goes on, what waits stays in the Library")
            raise typer.Exit(ExitCode.INTERRUPTED) from None
        talk.say(work.summary())
        raise typer.Exit(code_of_states([job.state for job in work.jobs]))


class WaitingList:
    """The jobs of a Library on one Studio, as seen while they are worked."""

    def __init__(self, studio: Studio, talk: Talk) -> None:
        self._studio = studio
        self._talk = talk
        self._known: dict[str, Job] = {}
        self._told: set[str] = set()
        self._changes = -1

    @property
    def jobs(self) -> list[Job]:
        """All that were open at some time since the start, oldest first."""
        return list(self._known.values())

    def empty(self, forever: bool) -> None:
        """Return when nothing is left to do. Raises LeftRunning."""
        while True:
            try:
                with progress_of(self._talk) as show:
                    self._work(show, forever)
                return
            except KeyboardInterrupt:
                current = self._current()
                if current is None:
                    raise LeftRunning from None
                decide(current, self._talk)

    def _work(self, show: Show, forever: bool) -> None:
        while True:
            self._look()
            current = self._current()
            if current is not None:
                show(current)
            elif not forever and not self._has_points():
                return
            time.sleep(_TICK_S)

    def _look(self) -> None:
        """Learn of new jobs, and tell those that have ended."""
        changes = self._studio.library.changes()
        if changes != self._changes:
            self._changes = changes
            for job in reversed(self._studio.jobs(state=_OPEN)):
                self._known.setdefault(job.id, job)
        for job in self._known.values():
            if job.done and job.id not in self._told:
                self._told.add(job.id)
                self._tell(job)

    def _current(self) -> Job | None:
        """The job that is furthest, None if nothing is left that would go on by itself."""
        alive = list(self._alive())
        return max(alive, key=lambda job: _OPEN.index(job.state), default=None)

    def _has_points(self) -> bool:
        """Whether a sweep has points whose turn is still to come."""
        return any(run.state in _GOING for run in self._studio.runs())

    def _alive(self) -> Iterator[Job]:
        for job in self._known.values():
            asleep = job.state is JobState.WAITING and job.record.wish is Wish.PAUSE
            if not job.done and not asleep:
                yield job

    def _tell(self, job: Job) -> None:
        clip = job.clip
        text = f"{job.id} {job.state}"
        if clip is not None:
            text += f"  {clip.path}  {clip_line(clip)}"
        elif job.message:
            text += f"  {job.message}"
        self._talk.result(job_data(job), text)

    def summary(self) -> str:
        """How many ended how."""
        states = [job.state for job in self.jobs]
        counts = [f"{states.count(s)} {s}" for s in JobState if s.is_finished and s in states]
        asleep = sum(not state.is_finished for state in states)
        if asleep:
            counts.append(f"{asleep} paused, left as they are")
        return ", ".join(counts) or "nothing was waiting"
