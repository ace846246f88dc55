"""One finished video on disk, with the settings that made it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from framepack_widgets import durable, provenance
from framepack_widgets.descent import Descent
from framepack_widgets.errors import LibraryError
from framepack_widgets.poster import as_poster
from framepack_widgets.settings import Settings
from framepack_widgets.video_file import VideoFile

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

    from framepack_widgets.metrics import Metrics


class Clip:
    """A video file; nothing is read from it before it is asked for.

    Clips of a Library come with what its database knows; others read it from the file. Two clips
    are equal if they are the same file. Every attribute raises LibraryError if the file is gone or
    is no video, saying what to do.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        settings: Settings | None = None,
        partial: bool | None = None,
        verified: str | None = None,
        job_id: str | None = None,
        descent: Descent | None = None,
    ) -> None:
        self.path = Path(os.path.abspath(Path(path).expanduser()))  # noqa: PTH100 links stay links
        self._known: dict[str, Any] = {
            "settings": settings,
            "partial": partial,
            "verified": verified,
            "job_id": job_id,
            "descent": descent,
        }

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Clip:
        """The clip at `path`. Raises LibraryError if there is none or it is no video."""
        clip = cls(path)
        clip._video.probe()
        return clip

    @cached_property
    def _video(self) -> VideoFile:
        return VideoFile(self.path)

    @cached_property
    def _facts(self) -> dict[str, Any]:
        """What the file says of itself."""
        inside = provenance.parse(self._video.probe().comment)
        return inside or provenance.read_beside(self.path) or {}

    @cached_property
    def _settings_found(self) -> tuple[Settings | None, tuple[str, ...]]:
        return provenance.settings_of(self._facts, self.path)

    @property
    def settings(self) -> Settings | None:
        """What the clip was made with; None if the file carries none.

        Frames are paths. Of one that is not beside the clip there is only the name that a Library
        keeps it under, `<SHA-256>.<ending>`: see `missing_inputs`.
        """
        known: Settings | None = self._known["settings"]
        return known if known is not None else self._settings_found[0]

    @property
    def missing_inputs(self) -> tuple[str, ...]:
        """A text for each frame that the clip was made with and that is not beside it."""
        return () if self._known["settings"] is not None else self._settings_found[1]

    @property
    def seconds(self) -> float:
        """Length, s."""
        return self._video.probe().seconds

    @property
    def fps(self) -> float:
        """Pictures a second; a Studio makes 30."""
        return self._video.probe().fps

    @property
    def width(self) -> int:
        """Width, px."""
        return self._video.probe().width

    @property
    def height(self) -> int:
        """Height, px."""
        return self._video.probe().height

    @property
    def frame_count(self) -> int:
        """How many pictures there are, counted in the file."""
        return self._video.frame_count

    @property
    def partial(self) -> bool:
        """Whether the clip is shorter than its settings ask for."""
        known = self._known["partial"]
        return bool(self._facts.get("partial")) if known is None else bool(known)

    @property
    def verified(self) -> str | None:
        """How it was proven to be its settings' clip: "stamp", "id", "settings", or None."""
        return self._known["verified"] or self._text("verified")

    @property
    def job_id(self) -> str | None:
        """The id of the job that made it."""
        return self._known["job_id"] or self._text("job")

    @property
    def origin(self) -> str:
        """Where it comes from: "render", "adopted", "joined" or "processed"."""
        return self._descent.origin

    @property
    def parents(self) -> tuple[str, ...]:
        """The ids of the jobs whose clips it was made from, the first one first."""
        return self._descent.parents

    @property
    def operation(self) -> str:
        """How it was made from its parents: "continue", "join", "upscale", ...; "" for none."""
        return self._descent.operation

    @property
    def options(self) -> Mapping[str, Any]:
        """The operation's own values."""
        return self._descent.options

    @cached_property
    def _descent(self) -> Descent:
        return self._known["descent"] or Descent.read(self._facts)

    @property
    def job_id_so_far(self) -> str | None:
        """`job_id` as far as it is known without reading the file now."""
        known = self._known["job_id"]
        return known or (self._text("job") if "_facts" in vars(self) else None)

    @property
    def size(self) -> int:
        """Of the file, bytes."""
        try:
            return self.path.stat().st_size
        except OSError as error:
            raise LibraryError(f"There is no clip {self.path} any more: {error}.") from error

    def facts(self) -> dict[str, Any]:
        """Everything above in one dict, made of what JSON knows."""
        settings = self.settings
        return {
            "path": str(self.path),
            "seconds": self.seconds,
            "fps": self.fps,
            "width": self.width,
            "height": self.height,
            "frame_count": self.frame_count,
            "size": self.size,
            "partial": self.partial,
            "verified": self.verified,
            "job_id": self.job_id,
            "settings": settings.to_dict() if settings is not None else None,
            "missing_inputs": list(self.missing_inputs),
            **self._descent.to_facts(),
        }

    def iter_frames(
        self, start: int = 0, stop: int | None = None, step: int = 1
    ) -> Iterator[NDArray[np.uint8]]:
        """The pictures start, start + step, … before stop, as (H, W, 3) uint8 RGB, one at a time.

        Negative start and stop count from the end. Raises ValueError for a step below 1.
        """
        if step < 1:
            raise ValueError(
                f"iter_frames goes forwards only: step has to be 1 or more, not {step}"
            )
        wanted = range(*slice(start, stop, step).indices(self.frame_count))
        yield from self._video.decode(wanted)

    def frames(
        self, start: int | None = None, stop: int | None = None, step: int | None = None
    ) -> NDArray[np.uint8]:
        """The pictures [start:stop:step], as in a Python slice: (N, H, W, 3) uint8 RGB."""
        import numpy as np

        wanted = range(*slice(start, stop, step).indices(self.frame_count))
        forwards = wanted if wanted.step > 0 else wanted[::-1]
        pictures = np.empty((len(wanted), self.height, self.width, 3), np.uint8)
        for number, picture in enumerate(self._video.decode(forwards)):
            pictures[number] = picture
        return pictures if wanted.step > 0 else pictures[::-1]

    def frame(self, index: int) -> NDArray[np.uint8]:
        """One picture, (H, W, 3) uint8 RGB; -1 is the last. Raises IndexError outside the clip."""
        count = self.frame_count
        if not -count <= index < count:
            raise IndexError(f"{self.path.name} has {count} frames; there is no frame {index}")
        index %= count
        return next(iter(self._video.decode(range(index, index + 1))))

    def first_frame(self) -> Image:
        """The first picture, exactly as it is decoded."""
        return _image(self.frame(0))

    def last_frame(self) -> Image:
        """The last picture, exactly as it is decoded: the start frame of the next clip."""
        return _image(self.frame(-1))

    def poster(self, max_width: int = 480) -> bytes:
        """The first picture as JPEG, at most `max_width` px wide."""
        return as_poster(self.first_frame(), max_width)

    def metrics(self) -> Metrics:
        """Numbers about its pictures; takes about as long as it plays, once in a Library."""
        from framepack_widgets.metrics import metrics_of

        return metrics_of(self)

    def save(self, path: str | os.PathLike[str], overwrite: bool = False) -> Path:
        """Copy the clip, with its settings inside, and return where it is now.

        path: a file (".mp4" is added where it is missing) or a folder, where it keeps its name.
        Raises LibraryError if something is there already and overwrite is False.
        """
        target = Path(os.path.abspath(Path(path).expanduser()))  # noqa: PTH100
        if target.is_dir():
            target /= self.path.name
        elif target.suffix.lower() != ".mp4":
            target = target.with_name(target.name + ".mp4")
        if target == self.path:
            return target
        if target.exists() and not overwrite:
            raise LibraryError(
                f"{target} exists already. Choose another name, or save(…, overwrite=True)."
            )
        inside = provenance.parse(self._video.probe().comment)
        with durable.explaining("save the clip as", target, needs=self.size):
            target.parent.mkdir(parents=True, exist_ok=True)
            if inside is not None or not self._facts:
                durable.copy(self.path, target)
            else:
                provenance.write_whole(self.path, target, self._facts)
        return target

    def __fspath__(self) -> str:
        return str(self.path)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Clip):
            return NotImplemented
        return _same(self.path) == _same(other.path)

    def __hash__(self) -> int:
        return hash(_same(self.path))

    def __repr__(self) -> str:
        try:
            about = f"{self.seconds:.2f} s, {self.width} x {self.height}"
            about += ", partial" if self.partial else ""
        except LibraryError:
            about = "file cannot be read"
        return f"<Clip {self.path.name}: {about}>"

    def _text(self, key: str) -> str | None:
        value = self._facts.get(key)
        return value if isinstance(value, str) else None


def _image(picture: NDArray[np.uint8]) -> Image:
    import PIL.Image

    return PIL.Image.fromarray(picture)


def _same(path: Path) -> str:
    return os.path.normcase(path)
