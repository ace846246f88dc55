"""From a file on the server to a clip in the Library: proof first, then the download."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any

from framepack_widgets import provenance
from framepack_widgets.errors import LibraryError, StudioRefused, StudioUnreachable
from framepack_widgets.events import Event, Failed, Fetched, Noted, Undecidable
from framepack_widgets.job import JobRecord, timestamp_of
from framepack_widgets.proof import Verdict, judge
from framepack_widgets.runner.context import Context, all_names, expected_frames, file_name, now
from framepack_widgets.video_file import VideoFile

_LONGEST_PAUSE_S = 30.0
_AT_ONCE = 4  # downloads; a morning after a hand-over has a whole sweep to fetch
_DAMAGED_TRIES = 4  # downloads of a file that turns out to be no whole video

_log = logging.getLogger(__name__)


class DamagedError(LibraryError):
    """What was downloaded is no whole video."""


class Fetcher:
    """Fetches finished renders, each in a task of its own; the next render does not wait for it."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._troubles: dict[str, str] = {}
        self._slots = asyncio.Semaphore(_AT_ONCE)

    @property
    def trouble(self) -> str | None:
        """What keeps a clip from being fetched at the moment; None: nothing."""
        return next(iter(self._troubles.values()), None)

    def start(self, record: JobRecord) -> None:
        """Make sure that this job's clip is being fetched."""
        if record.id not in self._tasks:
            task = asyncio.get_running_loop().create_task(self._fetch(record))
            self._tasks[record.id] = task
            task.add_done_callback(lambda _: self._tasks.pop(record.id, None))

    async def aclose(self) -> None:
        """Stop; what was begun goes on at the next start."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _fetch(self, record: JobRecord) -> None:
        pause, damaged = 0.5, 0
        try:
            while True:
                try:
                    async with self._slots:
                        await self._fetch_once(record)
                    return
                except StudioUnreachable as error:
                    # Nothing is lost while it is on the server: say so, and try again.
                    self._troubles[record.id] = str(error)
                except DamagedError as error:
                    damaged += 1
                    if damaged == _DAMAGED_TRIES:
                        self._tell(record, Failed(now(), str(error)))
                        return
                except LibraryError as error:
                    if not self._tell(record, Noted(now(), str(error))):
                        return
                await self._context.sleep(pause)
                pause = min(_LONGEST_PAUSE_S, pause * 2)
        except StudioRefused as error:
            message = f"It was rendered, but its clip cannot be fetched: {error}"
            self._tell(record, Failed(now(), message))
        except Exception as error:  # noqa: BLE001 - the task's last stop: it must reach the user
            message = f"Fetching its clip failed unexpectedly: {type(error).__name__}: {error}"
            self._tell(record, Failed(now(), message))
        finally:
            self._troubles.pop(record.id, None)

    def _tell(self, record: JobRecord, event: Event) -> bool:
        """Write down how it went. False: it cannot be (the job is deleted, the disk full)."""
        try:
            self._context.apply(record, event)
        except LibraryError as error:
            # A job that is still there is fetched again at the runner's next round.
            _log.warning("job %s: %r could not be written down: %s", record.id, event, error)
            return False
        return True

    async def _fetch_once(self, record: JobRecord) -> None:
        target = self._context.library.incoming_folder / f"{record.id}.mp4"
        taken_in = await asyncio.to_thread(self._taken_in, record, target)
        if taken_in is not None:
            self._context.apply(record, taken_in)
            return
        verdict = await self._verdict(record)
        if not target.exists():
            await self._download(record, target)
        if verdict.contradiction is not None:
            await self._keep_aside(record, target, verdict.contradiction)
            return
        if verdict.verified is None:
            kept = await asyncio.to_thread(
                self._context.library.keep_aside, record, target, "nothing proves whose it is"
            )
            message = f"A clip was found, but nothing proves that it is this job's; kept as {kept}."
            self._context.apply(record, Undecidable(now(), message))
            return
        await self._adopt(record, target, verdict)

    def _taken_in(self, record: JobRecord, target: Path) -> Fetched | None:
        """The word of a clip that is in the Library already: a crash came between the two."""
        library = self._context.library
        if target.exists():
            return None
        for path in library.clips_folder.glob(f"*-{record.id}.mp4"):
            facts = provenance.read(path) or {}
            verified, partial = str(facts.get("verified") or ""), bool(facts.get("partial"))
            if facts.get("job") == record.id:
                kept = library.adopt(record, target, verified=verified, partial=partial)
                notes = tuple(str(note) for note in facts.get("notes") or ())
                return Fetched(now(), kept.name, verified, partial, notes)
        return None

    async def _verdict(self, record: JobRecord) -> Verdict:
        trace = record.trace
        timestamp = timestamp_of(trace.video) or trace.timestamp
        if trace.timestamp is not None and timestamp != trace.timestamp:
            return Verdict(None, contradiction=f"its name begins with {timestamp}, not ours")
        sidecar = await self._context.studio.sidecar(timestamp) if timestamp else None
        return judge(record, sidecar, named=trace.named)

    async def _download(self, record: JobRecord, target: Path) -> None:
        try:
            await self._context.studio.download(record.trace.video or "", target)
        except StudioRefused:
            # The copy we were shown may have been swept; the original has a name that we know.
            if record.trace.timestamp is None:
                raise
            names = all_names(record.settings, record.trace.timestamp)
            other = await self._context.studio.find_video(names)
            if other is None or other == record.trace.video:
                raise
            await self._context.studio.download(other, target)

    async def _keep_aside(self, record: JobRecord, file: Path, why: str) -> None:
        kept = await asyncio.to_thread(self._context.library.keep_aside, record, file, why)
        message = f"The clip that came back is another job's: {why}. It is kept as {kept}."
        self._context.apply(record, Failed(now(), message, wrong_clip=True))

    async def _adopt(self, record: JobRecord, file: Path, verdict: Verdict) -> None:
        studio = self._context.studio
        extra: dict[str, Any] = {
            "studio": {"version": studio.version, "url": studio.url},
            "server_id": record.trace.server_id,
            "timestamp": record.trace.timestamp,
            "notes": list(verdict.notes),
        }

        def adopt() -> tuple[str, bool]:
            name = file_name(record.trace.video or "")
            partial = _whole_frames(file) < expected_frames(record.settings, name)
            path = self._context.library.adopt(
                record, file, verified=verdict.verified or "", partial=partial, extra=extra
            )
            return path.name, partial

        name, partial = await asyncio.to_thread(adopt)
        self._context.apply(
            record, Fetched(now(), name, verdict.verified or "", partial, verdict.notes)
        )


def _whole_frames(file: Path) -> int:
    """Frames of a download; it is removed, to be fetched again, where it is no whole video."""
    try:
        video = VideoFile(file)
        count = video.frame_count
        for _ in video.decode(range(count - 1, count)):
            pass
    except LibraryError as error:
        file.unlink(missing_ok=True)
        raise DamagedError(f"What the Studio sent is no whole video: {error}") from error
    return count
