"""Jobs that are over for us, though the server may still have a run of them, or get one back.

A server that was restarted and told to resume its queue runs jobs under their old ids. A lost one
is adopted then; a run of one that is done, cancelled or sent again meanwhile is a duplicate.
"""

from __future__ import annotations

from framepack_widgets.job import JobRecord, JobState
from framepack_widgets.runner.context import Context, now

_RECENT_S = 7 * 24 * 3600.0  # a queue is not resumed after longer than that
_MOST = 200
_WATCH_S = 3600.0  # for so long the server is asked for a lost job although nothing else is to do
_OVER = (JobState.DONE, JobState.CANCELLED, JobState.LOST)


class Dormant:
    """Read anew from the Library only after one of our jobs was over."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._records: list[JobRecord] = []

    def records(self) -> list[JobRecord]:
        """Ours that are over and may turn up on the server, the newest first."""
        if self._context.some_ended:
            self._context.some_ended = False
            self._records = self._context.library.jobs(
                studio=self._context.key, state=_OVER, since=now() - _RECENT_S, limit=_MOST
            )
        return self._records

    def is_expecting(self) -> bool:
        """Whether the server has one of our duplicates in its queue, to be ended."""
        return any(record.trace.unwanted for record in self.records())

    def is_hoping(self) -> bool:
        """Whether a job was lost not long ago: somebody may resume the server's queue."""
        lost = (r for r in self.records() if r.state is JobState.LOST)
        return any(now() - (record.finished_at or 0) < _WATCH_S for record in lost)


def ids_of(record: JobRecord) -> tuple[str, ...]:
    """All ids under which the server ran, or may run, this job."""
    own = (record.trace.server_id,) if record.trace.server_id else ()
    return (*own, *record.trace.former_ids, *record.trace.unwanted)
