"""Where a frame picker keeps what it was given, and what it has to choose from."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from framepack_widgets.clip import Clip
from framepack_widgets.images import ImageData
from framepack_widgets.library import Library
from framepack_widgets.library.inputs import Inputs

MOST_CLIPS = 50


class FrameStore:
    """A Library's inputs; without one, a folder that goes away with this process."""

    def __init__(
        self, library: Library | None = None, clips: Callable[[], Sequence[Clip]] | None = None
    ) -> None:
        """clips: gives the clips to choose from; None: the Library's newest."""
        self._library = library
        self._clips = clips

    def incoming(self) -> Path:
        """The folder for files that are not whole yet."""
        if self._library is not None:
            return self._library.incoming_folder
        return Path(_temporary().name) / "incoming"

    def keep(self, source: Path | ImageData, suffix: str = "") -> str:
        """Keep it by its content and return its path. Raises LibraryError."""
        if self._library is not None:
            return str(self._library.keep_input(source, suffix))
        folder = Path(_temporary().name) / "inputs"
        folder.mkdir(exist_ok=True)
        return str(Inputs(folder).keep(source, suffix))

    def clips(self) -> list[Clip]:
        """The newest clips, at most `MOST_CLIPS`. Raises LibraryError."""
        if self._clips is not None:
            return list(self._clips())[:MOST_CLIPS]
        found: list[Clip] = []
        if self._library is not None:
            for record in self._library.jobs(limit=20 * MOST_CLIPS):
                clip = self._library.clip(record) if record.clip else None
                if clip is not None:
                    found.append(clip)
                if len(found) == MOST_CLIPS:
                    break
        return found


@functools.cache
def _temporary() -> tempfile.TemporaryDirectory[str]:
    """Removed when this process ends."""
    return tempfile.TemporaryDirectory(prefix="framepack-frames-", ignore_cleanup_errors=True)
