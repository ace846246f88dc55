"""What all parts of the runner share: the Library, the Studio, and who is to be told of changes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection
from pathlib import Path

from framepack_widgets.advance import advance
from framepack_widgets.events import Event, Seen
from framepack_widgets.job import JobRecord, JobState, Progress
from framepack_widgets.length import RenderPlan, final_names, plan
from framepack_widgets.library import Library
from framepack_widgets.models import facts_of
from framepack_widgets.settings import Settings
from framepack_widgets.studio.protocol import StudioAdapter
from framepack_widgets.video_file import VideoFile

_SAVE_S = 2.0  # between two commits of mere progress, for those who look on from another process


class Context:
    """One Studio's part of one Library.

    publish: told every changed record, from the background loop's thread. refresh: told that
    something else may have changed, but for the jobs with these ids. clock, sleep: the time that
    waiting goes by, s; replaced in tests.
    """

    def __init__(
        self,
        library: Library,
        key: str,
        studio: StudioAdapter,
        publish: Callable[[JobRecord], None],
        refresh: Callable[[Collection[str]], None],
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.library = library
        self.key = key
        self.studio = studio
        self.publish = publish
        self.refresh = refresh
        self.clock = clock
        self.sleep = sleep
        # Short ids in the server's queue before our next submission; None: nobody has looked yet.
        self.known_ids: tuple[str, ...] | None = None
        # Whether a job has left the list of unfinished ones since somebody took note of it.
        self.some_ended = True

        self._jobs: dict[str, JobRecord] = {}
        self._changes = -1
        self._saved: dict[str, float] = {}
        self._unsaved: dict[str, Progress] = {}  # told, but not committed yet

    def apply(self, record: JobRecord, event: Event) -> JobRecord:
        """Commit what `event` makes of the job, and tell those who watch."""
        after = self.library.apply(record.id, event)
        if isinstance(event, Seen) or after.state is not JobState.RUNNING:
            self._unsaved.pop(record.id, None)
        after = self._with_unsaved(after)
        self._jobs[record.id] = after
        self.publish(after)
        return after

    def saw(self, record: JobRecord, event: Seen) -> JobRecord:
        """As `apply`; mere progress is told at once, but committed only now and then."""
        after = advance(record, event)
        told = record.id in self._jobs and after.replace(progress=record.progress) == record
        elapsed = self.clock() - self._saved.get(record.id, -_SAVE_S)
        if not told or elapsed >= _SAVE_S:
            self._saved[record.id] = self.clock()
            return self.apply(record, event)
        self._unsaved[record.id] = event.progress
        self._jobs[record.id] = after
        self.publish(after)
        return after

    def jobs(self) -> list[JobRecord]:
        """Our jobs that are not over, in the order in which they are to be sent.

        Read again only if somebody, in any process, has changed something.
        """
        changes = self.library.changes()
        if changes != self._changes:
            self._changes = changes
            before = self._jobs
            records = map(self._with_unsaved, self.library.unfinished(self.key))
            self._jobs = {record.id: record for record in records}
            self.some_ended |= any(job_id not in self._jobs for job_id in before)
            for job_id, record in self._jobs.items():
                if record != before.get(job_id):
                    self.publish(record)
            self.refresh(self._jobs)
        return [record for record in self._jobs.values() if not record.state.is_finished]

    def _with_unsaved(self, record: JobRecord) -> JobRecord:
        # What we saw ourselves since the last commit is newer; who looks on has seen nothing.
        progress = self._unsaved.get(record.id)
        if progress is None or record.state is not JobState.RUNNING:
            return record
        return record.replace(progress=progress)


def now() -> float:
    """The clock of this machine, s since 1970; never compared with a server's."""
    return time.time()


def render_plan(settings: Settings) -> RenderPlan:
    """Sections, frames and file names of a render; sizes do not matter here."""
    return plan(settings, start_size=None)


def expected_frames(settings: Settings, name: str) -> int:
    """Frames that the whole file has; a combined one also holds all of its source."""
    if not name.endswith("_combined.mp4") or not isinstance(settings.video, str):
        return render_plan(settings).frames
    source = VideoFile(Path(settings.video)).frame_count
    return plan(settings, start_size=None, source_frames=source).total_frames or 0


def full_names(settings: Settings, timestamp: str) -> tuple[str, ...]:
    """Names that the file of a whole render may have, best first."""
    wanted = render_plan(settings)
    names = final_names(timestamp, wanted)
    if settings.start_frame is None and facts_of(settings.model).counts_start_frame:
        # A job that a resumed queue brings back starts from its saved, blank frame: one more.
        return (*names, f"{timestamp}_{wanted.latents + 1}.mp4")
    return names


def all_names(settings: Settings, timestamp: str) -> tuple[str, ...]:
    """Names that any file of this render may have, longest clip first."""
    grown = reversed(render_plan(settings).section_latents)
    sections = (f"{timestamp}_{latents}.mp4" for latents in grown)
    return tuple(dict.fromkeys([*full_names(settings, timestamp), *sections]))


def file_name(path: str) -> str:
    """The last part of a path of the server's, whatever its separators."""
    return path.replace("\\", "/").rsplit("/", 1)[-1]
