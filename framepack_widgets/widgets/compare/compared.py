"""One of the clips that are compared: its file, its settings, its place in a Library."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from framepack_widgets.clip import Clip
from framepack_widgets.errors import FramePackError, LibraryError
from framepack_widgets.job import JobRecord
from framepack_widgets.library import Library
from framepack_widgets.library.house_keeping import DATABASE
from framepack_widgets.registry import library_at
from framepack_widgets.settings import Settings
from framepack_widgets.widgets.clips.video_source import VideoSource


@dataclass(frozen=True)
class Compared:
    """A clip as it was when it was read; `trouble` says why where it cannot be shown."""

    clip: Clip
    label: str
    settings: Settings | None = None
    file: VideoSource | None = None
    measures: dict[str, Any] | None = None
    library: Library | None = None
    job: str = ""
    """The id of its job, where that is in the Library; "": it cannot be rated."""
    trouble: str = ""

    @classmethod
    def read(cls, clip: Clip, label: str, library: Library | None) -> Compared:
        """All that is shown of it. Never raises an error of ours."""
        try:
            now = Clip(clip.path)  # one that has read nothing older
            frames = now.frame_count
            file = VideoSource.of(clip, now)
            measures = {
                "fps": now.fps,
                "frames": frames,
                "width": now.width,
                "height": now.height,
                "partial": clip.partial,
            }
            settings = clip.settings
            home, job = _place_of(clip, library)
        except FramePackError as error:
            return cls(clip, label, trouble=str(error))
        return cls(clip, label, settings, file, measures, home, job)

    @property
    def record(self) -> JobRecord | None:
        """Its job as the Library has it now."""
        if self.library is None or not self.job or not self.library.is_open:
            return None
        return self.library.find(self.job)

    @property
    def mark(self) -> dict[str, Any]:
        """What the user has said of it: {"stars": 0 to 5, "note": text}."""
        record = self.record
        return {"stars": record.stars if record else 0, "note": record.note if record else ""}

    def rate(self, stars: Any) -> None:
        """Give it 0 to 5 stars. Raises LibraryError where it belongs to no Library."""
        self._home().rate(self.job, stars if isinstance(stars, int) else -1)

    def annotate(self, note: Any) -> None:
        """Keep words about it. Raises LibraryError where it belongs to no Library."""
        self._home().annotate(self.job, str(note or ""))

    def _home(self) -> Library:
        if self.library is None:
            raise LibraryError(
                f"{self.clip.path.name} is no clip of a Library, so its stars and note cannot be "
                "kept. library.rescan() takes in files that lie in its clips folder."
            )
        return self.library

    def for_page(self, differences: list[list[str]]) -> dict[str, Any]:
        """What the page is told of it; small, because a saved notebook may hold it."""
        about = {
            "label": self.label,
            "file": self.clip.path.name,
            "facts": differences,
            "known": self.settings is not None,
            "rated": bool(self.job),
            "trouble": self.trouble,
        }
        if self.file is None:
            return {**about, "key": ""}
        return {**about, **self.file.for_page(), **(self.measures or {})}


def clip_of(item: Any) -> Clip:
    """The clip of a Clip, a path, or a thing that has one (a Job, a point of a run).

    Raises ValueError for what has none.
    """
    if isinstance(item, Clip):
        return item
    if isinstance(item, (str, os.PathLike)):
        return Clip(item)
    if isinstance(found := getattr(item, "clip", None), Clip):
        return found
    raise ValueError(f"Only clips can be compared, and {item!r} has none (yet).")


def _place_of(clip: Clip, library: Library | None) -> tuple[Library | None, str]:
    """The Library that the clip lies in, and the id of its job there."""
    home = library or _library_around(clip.path)
    if home is None or not clip.job_id:
        return None, ""
    record = home.find(clip.job_id)
    is_its_clip = record is not None and record.clip == clip.path.name
    return (home, clip.job_id) if is_its_clip else (None, "")


def _library_around(path: Path) -> Library | None:
    folder = path.parent.parent
    is_library = path.parent.name == "clips" and (folder / DATABASE).is_file()
    return library_at(folder) if is_library else None
