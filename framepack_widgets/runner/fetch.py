"""From a file on the server to a clip in the Library: proof first, then the download."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from framepack_widgets.errors import LibraryError, StudioRefused, StudioUnreachable
from framepack_widgets.events import Failed, Fetched, Noted, Undecidable
from framepack_widgets.job import JobRecord, timestamp_of
from framepack_widgets.proof import Verdict, judge
from framepack_widgets.runner.context import Context, all_names, now, render_plan
from framepack_widgets.video_file import VideoFile

_LONGEST_PAUSE_S = 30.0


class Fetcher:
    """Fetches finished renders, each in a task of its own; the next render does not wait for it."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._tasks: dict[str, asyncio.Task[None]] = {}

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
        pause = 0.5
        while True:
            try:
                await self._fetch_once(record)
                return
            except (StudioUnreachable, LibraryError) as error:
                # Nothing is lost while it is on the server: say so, and try again.
                self._context.apply(record, Noted(now(), str(error)))
            except StudioRefused as error:
                message = f"It was rendered, but its clip cannot be fetched: {error}"
                self._context.apply(record, Failed(now(), message))
                return
            except Exception as error:  # noqa: BLE001 - the task's last stop: it must reach the user
                message = f"Fetching its clip failed unexpectedly: {type(error).__name__}: {error}"
                self._context.apply(record, Failed(now(), message))
                return
            await self._context.sleep(pause)
            pause = min(_LONGEST_PAUSE_S, pause * 2)

    async def _fetch_once(self, record: JobRecord) -> None:
        verdict = await self._verdict(record)
        target = self._context.library.incoming_folder / f"{record.id}.mp4"
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
            names = all_names(record.settings, record.trace.timestamp or "")
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
            partial = VideoFile(file).frame_count < render_plan(record.settings).frames
            path = self._context.library.adopt(
                record, file, verified=verdict.verified or "", partial=partial, extra=extra
            )
            return path.name, partial

        name, partial = await asyncio.to_thread(adopt)
        self._context.apply(
            record, Fetched(now(), name, verdict.verified or "", partial, verdict.notes)
        )
