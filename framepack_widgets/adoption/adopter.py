"""Adopts renders one by one. Whoever is stopped or killed in between calls again."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from framepack_widgets.adoption import names
from framepack_widgets.adoption.ours import TIMESTAMP, Ours, has_clip, identity_of
from framepack_widgets.adoption.results import Adopted, OnStep, Problem, Step
from framepack_widgets.adoption.written import Written, has_start_frame, made_at, read
from framepack_widgets.errors import FramePackError, LibraryError, StudioUnreachable
from framepack_widgets.job import ADOPTED, JobRecord
from framepack_widgets.lock import RunnerLock
from framepack_widgets.runner.context import file_name
from framepack_widgets.studio.gallery import is_timestamp
from framepack_widgets.video_file import VideoFile

if TYPE_CHECKING:
    from framepack_widgets.adoption.gallery import GalleryItem
    from framepack_widgets.adoption.source import Source
    from framepack_widgets.clip import Clip
    from framepack_widgets.library import Library

_LOCK = "adoption.lock"
_PATIENCE = 2  # renders in a row for which nobody answers
_STOPPED = "stopped before its turn; adopt it again"


class NotAdopted(FramePackError):
    """A render is left where it is; the message says why."""


class Adopter:
    """One adoption: from a source into a Library.

    progress(step): told in the background loop's thread; what it raises ends the adoption.
    """

    def __init__(self, library: Library, source: Source, progress: OnStep | None = None) -> None:
        self._library = library
        self._source = source
        self._progress = progress
        self._stopped = False
        self._fetching: asyncio.Task[Path] | None = None
        self._clips: list[Clip] = []
        self._problems: list[Problem] = []
        self._known: list[str] = []
        self._unreachable = 0  # in a row

    def stop(self) -> None:
        """Leave the rest; what was adopted stays. From the background loop's thread."""
        self._stopped = True
        if self._fetching is not None:
            self._fetching.cancel()

    async def run(self, items: Sequence[GalleryItem]) -> Adopted:
        """Adopt these. Raises LibraryError where another adoption goes on in this Library."""
        lock = RunnerLock(self._library.path / "locks" / _LOCK)
        lock.path.parent.mkdir(parents=True, exist_ok=True)
        if not lock.acquire():
            raise LibraryError(
                f"Clips are being adopted into {self._library.path} already, here or in another "
                "program. Wait until that is over, then adopt again: nothing is adopted twice."
            )
        try:
            ours = await asyncio.to_thread(Ours, self._library)
            for number, item in enumerate(items):
                self._tell(number, len(items), item.timestamp)
                await self._adopt(item, ours)
            self._tell(len(items), len(items), None)
        finally:
            lock.release()
        return Adopted(self._clips, self._problems, self._known)

    def _tell(self, done: int, total: int, timestamp: str | None) -> None:
        if self._progress is not None:
            clips, problems = len(self._clips), tuple(self._problems)
            self._progress(Step(done, total, timestamp, clips, problems))

    async def _adopt(self, item: GalleryItem, ours: Ours) -> None:
        try:
            await self._adopt_one(item, ours)
        except StudioUnreachable as error:
            self._problems.append(Problem(item.timestamp, str(error)))
            self._unreachable += 1
        except FramePackError as error:
            self._problems.append(Problem(item.timestamp, str(error)))
        except OSError as error:
            reason = f"{error.strerror or error}: {error.filename or 'a file'}"
            self._problems.append(Problem(item.timestamp, reason))

    async def _adopt_one(self, item: GalleryItem, ours: Ours) -> None:
        timestamp = item.timestamp
        if self._stopped:
            raise NotAdopted(_STOPPED)
        if self._unreachable >= _PATIENCE:
            raise NotAdopted("not tried, as the Studio cannot be reached; adopt it again")
        if not is_timestamp(timestamp):
            raise NotAdopted("it is no timestamp of a Studio's; see studio.gallery()")
        if self._is_known(ours.by_timestamp(timestamp), ours):
            return
        growing = await self._source.still_growing(item)
        if growing is not None:
            raise NotAdopted(growing)
        self._unreachable = 0
        facts = await self._source.facts(item)
        owner = ours.by_stamp(facts) if facts is not None else None
        if not self._is_known(owner, ours):
            self._clips.append(await self._take_in(item, facts, owner))

    def _is_known(self, owner: JobRecord | None, ours: Ours) -> bool:
        if owner is None or not has_clip(owner):
            return False  # what a job of ours left behind is adopted like a stranger's
        if ours.is_in_trash(owner):
            raise NotAdopted(
                f"it is job {owner.id}, which is in the trash; library.restore(…) brings it back"
            )
        self._known.append(owner.id)
        return True

    async def _take_in(
        self, item: GalleryItem, facts: Mapping[str, Any] | None, owner: JobRecord | None
    ) -> Clip:
        source, timestamp = self._source, item.timestamp
        picture = await source.picture(item) if has_start_frame(facts) else None
        written = read(facts, picture, source.schema)
        if owner is not None:  # the stamp proves it, and the job knows its frames
            written = Written(
                owner.settings,
                (f"it carries the stamp of job {owner.id}, which had ended as {owner.state}",),
            )
        path = await self._find(item, written)
        file = await self._fetch(item, path)
        partial, more = await self._judge(item, file, path, written)
        options = {TIMESTAMP: timestamp, "file": file_name(path)}
        verified = "stamp" if owner is not None else "settings" if written.settings else None

        def take_in() -> Clip:
            return self._library.take_in(
                file, written.settings,
                studio=source.studio, origin=ADOPTED, operation="adopt", options=options,
                verified=verified, partial=partial, notes=(*written.notes, *more),
                created_at=made_at(facts, timestamp), identity=identity_of(timestamp),
            )  # fmt: skip

        clip = await asyncio.to_thread(take_in)
        source.discard(item, file)
        return clip

    async def _find(self, item: GalleryItem, written: Written) -> str:
        seen = names.number_in(item.video) if item.video else None
        likely = names.likely(written.settings, item.timestamp, seen)
        path = await self._source.find(likely)
        if path is None:
            path = await self._source.find(names.other(written.settings, item.timestamp))
        path = path or item.video
        if path is None:
            raise NotAdopted(
                "no clip of it was found: it was moved or deleted on the server, or its settings "
                "have a length that this version does not know"
            )
        return path

    async def _fetch(self, item: GalleryItem, path: str) -> Path:
        target = self._library.incoming_folder / f"adopt-{file_name(path)}"
        self._fetching = asyncio.ensure_future(self._source.fetch(path, target))
        try:
            file = await self._fetching
        except asyncio.CancelledError:
            if not self._stopped:
                raise
            raise NotAdopted("stopped while it was fetched; adopting it again goes on") from None
        finally:
            self._fetching = None
        try:
            await asyncio.to_thread(_check_whole, file)
        except LibraryError as error:
            self._source.discard(item, file)
            raise NotAdopted(f"its file {path} is no whole video: {error}") from error
        # A render may have begun to grow again behind our back only if it was not over.
        growing = await self._source.still_growing(item)
        if growing is not None:
            self._source.discard(item, file)
            raise NotAdopted(growing)
        return file

    async def _judge(
        self, item: GalleryItem, file: Path, path: str, written: Written
    ) -> tuple[bool, tuple[str, ...]]:
        """Whether the clip is partial, and what there is to say about that."""
        settings = written.settings
        expected = names.expected_frames(settings)
        if settings is None or expected is None:
            return False, ("whether it is the whole clip is not known",)
        if names.is_combined(path):
            whole = await self._source.find(names.whole(settings, item.timestamp))
            return whole is None, ("it begins with the source video",)
        count = await asyncio.to_thread(lambda: VideoFile(file).frame_count)
        return count < expected, ()


def _check_whole(file: Path) -> None:
    """The last picture can be decoded. Raises LibraryError."""
    video = VideoFile(file)
    last = video.frame_count - 1
    for _ in video.decode(range(last, last + 1)):
        pass
