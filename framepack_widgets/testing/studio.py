"""`FakeStudio`: a Studio in memory that keeps the adapter's promises and breaks down on request."""

from __future__ import annotations

import collections
import os
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from framepack_widgets.errors import SettingsError, StudioRefused, StudioUnreachable
from framepack_widgets.images import ImageData
from framepack_widgets.schema import Schema
from framepack_widgets.settings import Settings
from framepack_widgets.studio.protocol import (
    AnswerGone,
    CallRefused,
    Current,
    Ending,
    QueueRow,
    SessionUnknown,
    Submission,
)
from framepack_widgets.testing.renders import FakeRender
from framepack_widgets.testing.server import OUTPUTS, FakeServer

T = TypeVar("T")


class Crash(BaseException):
    """The process dies here: no `except Exception` of the code under test may stop it."""


class FakeStudio(FakeServer):
    """A `StudioAdapter` without a network, together with the server behind it.

    What the server does is moved by `FakeServer`'s methods. With `autoplay=True` each question who
    runs lets it go on by one `tick`: jobs render by themselves, as fast as they are asked for.
    """

    url = "http://fake.studio"
    version = "0.5.1"

    def __init__(self, *, autoplay: bool = False, **server: Any) -> None:
        super().__init__(**server)
        self.autoplay = autoplay
        self.calls: collections.Counter[str] = collections.Counter()
        self.downloads: list[tuple[str, int]] = []  # path, first byte asked for
        self._sessions: dict[str, Submission | CallRefused | None] = {}
        self._before: dict[str, list[Callable[[], object]]] = {}
        self._after: dict[str, list[Callable[[], object]]] = {}
        self._submission_fault: tuple[str, BaseException] | None = None
        self._break_after: list[int] = []

    # ------------------------------------------------------------------ faults

    def before(self, method: str, action: Callable[[], object]) -> None:
        """Let something happen just before the next call of this adapter method is answered."""
        self._before.setdefault(method, []).append(action)

    def after(self, method: str, action: Callable[[], object]) -> None:
        """Let something happen just after the next call of this adapter method was answered."""
        self._after.setdefault(method, []).append(action)

    def lose_submission(
        self, *, arrives: bool, read: bool = False, error: BaseException | None = None
    ) -> None:
        """The next submission breaks off. arrives: the job is queued all the same. read: its answer
        was being read, and is gone; else it lies there unread. error: None is StudioUnreachable.
        """
        moment = ("read" if read else "unread") if arrives else "never"
        self._submission_fault = (moment, error or self._unreachable("broke off"))

    def refuse_submission(self, reason: str) -> None:
        """The server answers the next submission with an error; nothing is queued."""
        self._submission_fault = ("refused", CallRefused(reason))

    def break_download(self, after: int) -> None:
        """The next download breaks off after so many bytes; what came is kept."""
        self._break_after.append(after)

    def restart(self, *, keep_queue: bool = True) -> None:
        """See `FakeServer.restart`; answers that nobody read are gone too."""
        super().restart(keep_queue=keep_queue)
        self._sessions.clear()

    # ------------------------------------------------------------------ the adapter

    @property
    def schema(self) -> Schema:
        """What the submit endpoint takes."""
        return self._schema

    async def refresh(self) -> None:
        """Nothing to read anew; raises StudioUnreachable while the server is down."""
        self._arrive("refresh")

    async def check_app(self) -> str | None:
        self._arrive("check_app")
        return self._answered("check_app", self.app_id)

    async def prepare(self, settings: Settings, overrides: Mapping[str, Any]) -> list[Any]:
        self._arrive("prepare")
        given = dict(overrides)
        for name in ("start_frame", "end_frame", "video"):
            if getattr(settings, name) is not None and name not in given:
                given[name] = self._upload(getattr(settings, name))
        return self._schema.arguments(settings, overrides=given)

    def _upload(self, source: Any) -> str:
        if isinstance(source, ImageData):
            return f"/srv/studio/tmp/{source.sha256}.png"
        path = Path(source).expanduser()
        if not path.is_file():
            raise SettingsError(f"The file {path} cannot be read.")
        return os.fspath(path)

    async def submit(
        self, arguments: list[Any], session_hash: str, joined: Callable[[], Awaitable[None]]
    ) -> Submission:
        fault, self._submission_fault = self._submission_fault, None
        self._arrive("submit")
        moment, error = fault or ("", None)
        if error is not None and moment == "never":
            raise error
        if error is not None and moment == "refused":
            self._sessions[session_hash] = None
            await joined()
            raise error
        submission = self._queue_up(arguments)
        self._sessions[session_hash] = submission
        if error is not None and moment == "unread":
            raise error
        await joined()
        self._sessions[session_hash] = None
        if error is not None:
            del self._sessions[session_hash]  # a stream that was dropped: the server forgets it
            raise error
        return self._answered("submit", submission)

    def _queue_up(self, arguments: list[Any]) -> Submission:
        if len(arguments) != len(self._schema.inputs):
            raise StudioRefused(f"{len(arguments)} values for {len(self._schema.inputs)} inputs")
        values = {field.name: value for field, value in zip(self._schema.inputs, arguments)}
        weights = {f.lora: values.pop(f.name) for f in self._schema.inputs if f.lora is not None}
        values["loras"] = {name: weights[name] for name in values.get("loras") or ()}
        render = self.add(values)
        if isinstance(values.get("video"), str):
            from framepack_widgets.video_file import VideoFile

            render.source_frames = VideoFile(Path(values["video"])).frame_count
        return Submission(render.id, tuple(self._rows()))

    async def read_answer(self, session_hash: str) -> Submission:
        self._arrive("read_answer")
        if session_hash not in self._sessions:
            raise SessionUnknown(session_hash)
        answer = self._sessions[session_hash]
        if answer is None:
            raise AnswerGone(session_hash)
        self._sessions[session_hash] = None
        if isinstance(answer, CallRefused):
            raise answer
        return self._answered("read_answer", answer)

    async def current(self) -> Current | None:
        self._arrive("current")
        if self.autoplay:
            self.tick()
        render = self.running
        if render is None:
            return self._answered("current", None)
        progress = render.progress(self.preview_of(render))
        return self._answered("current", Current(render.id, progress))

    async def queue(self) -> list[QueueRow]:
        self._arrive("queue")
        return self._answered("queue", self._rows())

    async def ending(self, server_id: str) -> Ending | None:
        self._arrive("ending")
        return self._answered("ending", self._ending(server_id))

    def _ending(self, server_id: str) -> Ending | None:
        render = self.find(server_id)
        if self.running is not None:
            return None  # the server's monitor follows whatever runs
        if render is None:
            return Ending("No job ID provided", None, known=False)
        if render.status == "pending":
            return Ending("", None, pending=True)
        if render.status == "cancelled":
            return Ending("Job cancelled", None)
        return Ending("Completed", render.shown)

    async def end_current(self) -> None:
        self._arrive("end_current")
        self.end_running()

    async def cancel_pending(self, server_id: str) -> bool:
        self._arrive("cancel_pending")
        render = self.find(server_id)
        if not self.cancels_singly or render is None or render.status != "pending":
            return self._answered("cancel_pending", False)
        render.status = "cancelled"
        self._save()
        return self._answered("cancel_pending", True)

    async def recent_timestamps(self) -> list[str]:
        self._arrive("recent_timestamps")
        return self._answered("recent_timestamps", list(reversed(self._gallery)))

    async def sidecar(self, timestamp: str) -> dict[str, Any] | None:
        self._arrive("sidecar")
        facts = self._sidecars.get(timestamp)
        return None if facts is None else dict(facts)

    async def find_video(self, names: tuple[str, ...]) -> str | None:
        self._arrive("find_video")
        return next((p for n in names if (p := f"{OUTPUTS}/{n}") in self.files), None)

    async def download(self, path: str, target: Path) -> None:
        self._arrive("download")
        content = self.files.get(path)
        if content is None:
            raise StudioRefused(f"The Studio at {self.url} no longer serves {path}.")
        part = target.with_name(target.name + ".part")
        have = part.stat().st_size if part.exists() else 0
        self.downloads.append((path, have))
        end = self._break_after.pop(0) if self._break_after else len(content)
        with part.open("ab") as file:
            file.write(content[have:end])
        if end < len(content):
            raise self._unreachable(f"{path} broke off after {end} of {len(content)} bytes")
        part.replace(target)

    async def read_file(self, path: str) -> bytes:
        self._arrive("read_file")
        if path not in self.files:
            raise self._unreachable(f"no longer has the file {path}")
        return self.files[path]

    async def aclose(self) -> None:
        """Nothing to close."""

    # ------------------------------------------------------------------ inside

    def _arrive(self, method: str) -> None:
        self.calls[method] += 1
        actions = self._before.get(method)
        if actions:
            actions.pop(0)()
        if self.is_down:
            raise self._unreachable("cannot be reached")

    def _answered(self, method: str, answer: T) -> T:
        actions = self._after.get(method)
        if actions:
            actions.pop(0)()
        return answer

    def _unreachable(self, what: str) -> StudioUnreachable:
        return StudioUnreachable(f"The Studio at {self.url} {what}. Is it running?")

    def _rows(self) -> list[QueueRow]:
        return [_row(render) for render in self.renders]


def _row(render: FakeRender) -> QueueRow:
    model = str(render.values["model"])
    kind = "Video" if model == "Video with Endframe" else model
    return QueueRow(render.id[:6], kind, render.status, "", "", "", "")
