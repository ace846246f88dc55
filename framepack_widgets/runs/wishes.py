"""What can be asked of a run: to wait, go on, end, come first, render again, be deleted."""

from __future__ import annotations

from collections.abc import Collection

from framepack_widgets.errors import LibraryError, SettingsError
from framepack_widgets.job import JobState, Wish
from framepack_widgets.runs.looking import Looking
from framepack_widgets.runs.point import RunPoint

_BADLY = {"failed": ("failed", "lost", "unsure"), "cancelled": ("cancelled",)}


class Wishes(Looking):
    """The part of `SweepRun` that changes what becomes of it. All of it holds after a crash."""

    def pause(self) -> None:
        """Send no more points. One that the Studio has already goes on."""
        self._wish(Wish.PAUSE)

    def resume(self) -> None:
        """Take a pause or a stop back; points that the stop ended are rendered anew."""
        self._wish(Wish.RUN)

    def stop(self) -> None:
        """End it: the render under way is cancelled, points to come stay as they are."""
        self._wish(Wish.STOP)
        for record in self.library.runs.jobs(self._run.id):
            ours = record.run == self._run.id and not record.state.is_finished
            if ours and record.wish not in (Wish.CANCEL, Wish.STOP):
                self._desk.handle(record).cancel()
        self._run._tell()

    def retry(self, which: str | RunPoint | Collection[RunPoint] = "failed") -> int:
        """Render points again that ended badly; how many.

        which: "failed" (also lost and unsure ones), "cancelled", or points, whose partial or
        deleted clips count as bad, too. Their old jobs stay in the Library.
        """
        self._run._must_be_there()
        store = self.library.runs
        if isinstance(which, str):
            if which not in _BADLY:
                raise SettingsError(f"retry takes 'failed', 'cancelled' or points, not {which!r}.")
            count = store.retry(self._run.id, _BADLY[which])
        else:
            points = [which] if isinstance(which, RunPoint) else list(which)
            ids = [p.id for p in points if p.state != "done" or p.partial or p.clip is None]
            states = [str(state) for state in JobState if state.is_finished]
            count = store.retry(self._run.id, states, ids) if ids else 0
        self._run._tell()
        return count

    def first(self) -> None:
        """Render its points before those of all other runs."""
        self.move(0)

    def move(self, to: int) -> None:
        """Give it another turn among its Studio's runs: 0 is the first."""
        self._run._must_be_there()
        self.library.runs.move(self._run.id, to)
        self._run._tell()

    def delete(self) -> None:
        """Take the run and its points out of the Library. Its jobs and clips stay, as single ones.

        The name is free then; another run takes over those clips that it would render, too. Raises
        LibraryError while points wait or are being rendered: stop() it first, or wait.
        """
        run, store, feed = self._run, self.library.runs, self._desk.feed
        if not run._is_planned:
            raise run._error or LibraryError(
                f"The run {run.name!r} is still being planned. Delete it when that is over."
            )
        run._must_be_there()
        known = [record.id for record in store.jobs(run.id) if feed.watcher(record.id)]
        store.delete(run.id)
        for record in map(self.library.find, known):
            if record is not None:
                feed.publish(record)  # it is no point of a run any more
        run._tell()

    def _wish(self, wish: Wish) -> None:
        run = self._run
        run._must_be_there()
        run._asked = None if run._is_planned else wish  # the Library may not have it yet
        self.library.runs.wish(run.id, wish)
        run._tell()
