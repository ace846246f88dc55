"""Rendering on from a frame of a clip, and the file that holds both."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from framepack_widgets import _loop, durable
from framepack_widgets.clip import Clip
from framepack_widgets.errors import FramePackError, LibraryError, SettingsError
from framepack_widgets.events import Noted
from framepack_widgets.job import ADOPTED, JobRecord, JobState
from framepack_widgets.library.joins import CONTINUE, wants_join
from framepack_widgets.live_job import Job
from framepack_widgets.models import facts_of
from framepack_widgets.problem import Problem
from framepack_widgets.settings import Settings

if TYPE_CHECKING:
    from framepack_widgets.library import Library
    from framepack_widgets.schema import Schema

_log = logging.getLogger(__name__)

# What belongs to the parent alone: it came to its end frame, and went on from its own source.
_NOT_INHERITED = (
    "seed", "end_frame", "end_frame_influence", "video", "combine_with_source", "context_frames",
)  # fmt: skip


class ContinuedJob(Job):
    """A job that goes on from a frame of another one's clip."""

    def joined(self, timeout: float | None = None) -> Clip:
        """The clip that holds the parent and this one, the frame between them once.

        Waits for the render, then for the file; timeout in s, None: as long as it takes. Made now
        if the job did not ask for it. Raises what `result` raises, TimeoutError and LibraryError.
        """
        end = None if timeout is None else time.monotonic() + timeout
        self.result(timeout)
        made: Future[Clip] = Future()

        def make() -> None:
            try:
                made.set_result(self._library.join(*self.record.parents, self.id))
            except BaseException as error:  # noqa: BLE001 - raised where it is waited for
                made.set_exception(error)

        threading.Thread(target=make, daemon=True).start()
        return _loop.wait(made, None if end is None else max(0.0, end - time.monotonic()))


class Joiner:
    """Makes the joined files that a Studio's jobs asked for, in a thread of its own.

    Looked for when somebody connects and whenever such a job is done, so none is forgotten when a
    kernel dies in between.
    """

    def __init__(self, library: Library, studio: str, tell: Callable[[JobRecord], None]) -> None:
        self._library = library
        self._studio = studio
        self._tell = tell
        self._guard = threading.Lock()
        self._again = False
        self._at_work = False

    def told(self, record: JobRecord) -> None:
        """A job has changed. Returns at once."""
        if record.state is JobState.DONE and wants_join(record):
            self.look()

    def look(self) -> None:
        """Make what is still to be made. Returns at once."""
        with self._guard:
            self._again = True
            if self._at_work:
                return
            self._at_work = True
        threading.Thread(target=self._work, name="framepack-joins", daemon=True).start()

    def _work(self) -> None:
        while True:
            with self._guard:
                if not self._again:
                    self._at_work = False
                    return
                self._again = False
            try:
                for record in self._library.joins_to_make(self._studio):
                    self._make(record)
            except FramePackError as error:  # the Library was closed, or cannot be read
                _log.warning("joined clips: %s", error)

    def _make(self, record: JobRecord) -> None:
        try:
            self._library.make_join(record)
        except FramePackError as error:
            note = f"The joined clip could not be made: {error}"
            if note not in record.notes:
                self._tell(self._library.apply(record.id, Noted(at=time.time(), note=note)))


@dataclass(frozen=True)
class Continuation:
    """What is asked for to go on from a clip: settings for `submit`, and where they come from."""

    settings: Settings
    about: Mapping[str, Any]  # fields of the JobRecord


def continuation(
    library: Library,
    schema: Schema,
    clip: Clip | Job | JobRecord | str,
    frame: int,
    *,
    join: bool,
    values: Mapping[str, Any],
    settings: Settings | None = None,
) -> Continuation:
    """The settings that go on from a clip's frame, and what the job's record says of it.

    See `Studio.continue_clip`.
    """
    parent, video = parent_of(library, clip)
    count = video.frame_count
    if not -count <= frame < count:
        raise SettingsError(
            f"{video.path.name} has {count} frames; there is no frame {frame} to continue from.",
            [Problem("frame", f"there is no frame {frame}.", f"Choose 0 to {count - 1}, or -1.")],
        )
    index = frame % count
    base = inherited(library, parent) if settings is None else settings
    model = values.get("model", base.model)
    chosen = settings is not None or "model" in values
    if facts_of(model, has_video="video" in schema).takes_video and not chosen:
        model = _picture_model(base.model, schema)
        base = base.replace(model=model)
    about = {"parents": (parent.id,), "operation": CONTINUE}
    if facts_of(model, has_video="video" in schema).takes_video:
        if index != count - 1:
            raise SettingsError(
                f"The model {model} goes on from a whole clip, so it cannot begin at frame {frame}."
                " Leave `frame` out, or choose a model that takes a start frame."
            )
        # This kind of model puts source and new frames into one file by itself.
        own = {"start_frame": None, "video": str(video.path), "combine_with_source": join}
        join = False
    else:
        own = {"start_frame": _picture(video, index)}
    wanted = base.replace(**{**own, **values})
    return Continuation(wanted, {**about, "options": {"frame": index, "join": join}})


def parent_of(library: Library, clip: Clip | Job | JobRecord | str) -> tuple[JobRecord, Clip]:
    """The job and the clip to go on from. A file from elsewhere is copied into the Library."""
    if isinstance(clip, Clip):
        record = library.find(clip.job_id) if clip.job_id else None
        if record is None or record.clip != clip.path.name:
            sha256 = durable.sha256_of(Path(clip.path))
            clip = library.take_in(
                clip.path, clip.settings, studio="", origin=ADOPTED, identity=f"file:{sha256}"
            )
            record = library.get(str(clip.job_id))
    else:
        record = library.get(clip if isinstance(clip, str) else clip.id)
    found = library.clip(record)
    if found is None:
        raise LibraryError(
            f"Job {record.id} has no clip to continue ({record.state}). Continue one that is done: "
            "library.jobs(has_clip=True)."
        )
    return record, found


def inherited(library: Library, record: JobRecord) -> Settings:
    """The settings to go on with: the clip's own, or those of the clip it was made from last."""
    seen: set[str] = set()
    while record.settings == Settings() and record.parents and record.id not in seen:
        seen.add(record.id)
        parent = library.find(record.parents[-1])
        if parent is None:
            break
        record = parent
    return record.settings.replace(**dict.fromkeys(_NOT_INHERITED))


def _picture(video: Clip, index: int) -> Any:
    import PIL.Image

    return PIL.Image.fromarray(video.frame(index))


def _picture_model(model: str | None, schema: Schema) -> str | None:
    """The model of the same kind that takes a start frame: F1 for Video F1."""
    wanted = "F1" if model is not None and "f1" in model.casefold() else "Original"
    return wanted if wanted in schema.models else None
