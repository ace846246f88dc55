"""Feeding: the points of sweeps become jobs shortly before their turn comes.

Two of them at the most wait as jobs, so that a list of thousands costs nothing each second, the
order can still be changed, and a clip that turns up meanwhile need not be rendered again.
"""

from __future__ import annotations

import secrets

from framepack_widgets import stamp as stamps
from framepack_widgets.job import JobRecord, JobState, Wish
from framepack_widgets.library.run_rows import Turn
from framepack_widgets.runner.context import Context, now
from framepack_widgets.settings import Settings
from framepack_widgets.validation import validate

AHEAD = 2  # points that wait as jobs

_AT_ONCE = 200  # clips of earlier jobs that are taken over in one round
_ENDING = (Wish.CANCEL, Wish.STOP)


class Feeder:
    """Makes jobs of a Studio's points, and says whose turn it is."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._turns: list[Turn] = []
        self._changes = -1

    def is_hungry(self) -> bool:
        """Whether there are points that are to become jobs."""
        self._look()
        return any(t.wish is Wish.RUN and (t.has_next or t.has_ended) for t in self._turns)

    def in_turn(self, jobs: list[JobRecord]) -> list[JobRecord]:
        """The jobs that may be sent: single ones first, then the points of the runs in turn."""
        self._look()
        places = {turn.run: number for number, turn in enumerate(self._turns)}
        held = {turn.run for turn in self._turns if turn.wish is not Wish.RUN}
        ready = [
            record
            for record in jobs
            if record.state is JobState.WAITING
            and record.wish is Wish.RUN
            and record.run not in held
        ]
        return sorted(ready, key=lambda r: -1 if r.run is None else places.get(r.run, len(places)))

    def to_hand_over(self, jobs: list[JobRecord]) -> JobRecord | None:
        """The next job that is sent although others of ours are on the Studio; None: none is.

        Only points of runs that were asked for like that; a single job that waits comes first.
        """
        first = next(iter(self.in_turn(jobs)), None)
        handed = {turn.run for turn in self._turns if turn.handover}
        return first if first is not None and first.run in handed else None

    def feed(self, jobs: list[JobRecord]) -> list[JobRecord]:
        """Let the next points become jobs; all jobs that are not over then."""
        self._look()
        before = self._changes
        waiting = 0
        for turn in self._turns:
            if turn.wish is Wish.STOP:
                self._end(turn.run, jobs)
            if turn.wish is not Wish.RUN:
                continue
            waiting += sum(
                record.run == turn.run
                and record.state is JobState.WAITING
                and record.wish is Wish.RUN
                for record in jobs
            )
            if turn.has_ended:  # the server was still ending it when the run went on
                self._context.library.runs.renew_ended(turn.run)
            if (turn.has_next or turn.has_ended) and waiting < AHEAD:
                waiting += self._feed_from(turn.run, jobs, AHEAD - waiting)
        self._look()
        return jobs if self._changes == before else self._context.jobs()

    def _look(self) -> None:
        changes = self._context.library.changes()
        if changes != self._changes:
            self._turns = self._context.library.runs.turns(self._context.key)
            self._changes = changes

    def _feed_from(self, run: str, jobs: list[JobRecord], room: int) -> int:
        """Make up to `room` jobs of a run's points; how many there are now."""
        store, fed = self._context.library.runs, 0
        # What is rendered at this moment for another run or alone need not be rendered twice.
        coming: set[str | None] = {
            record.content for record in self.in_turn(jobs) if record.content
        }
        coming |= {
            r.content for r in jobs if r.state is not JobState.WAITING and r.wish not in _ENDING
        }
        there: dict[str, str] = {}
        for point, settings in store.next_points(run):
            if fed >= room or len(there) >= _AT_ONCE:
                break
            twin = store.twin(point)
            if twin is not None:
                there[point] = twin
            elif point not in coming:
                fed += store.feed(run, point, self._record(run, point, settings))
        if there:
            store.reuse(run, there)
        return fed

    def _record(self, run: str, point: str, settings: Settings) -> JobRecord:
        schema = self._context.studio.schema
        return JobRecord(
            id=secrets.token_hex(6),
            studio=self._context.key,
            settings=settings,
            created_at=now(),
            notes=tuple(str(warning) for warning in validate(settings, schema).warnings),
            run=run,
            content=point,
            **stamps.drawn(schema, settings),
        )

    def _end(self, run: str, jobs: list[JobRecord]) -> None:
        """End what a stopped run still has under way."""
        for record in jobs:
            if record.run == run and record.wish not in _ENDING:
                self._context.publish(self._context.library.wish(record.id, Wish.CANCEL))
