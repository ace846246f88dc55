"""One clip of a Library: a Player, and below it stars, note and the ways on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import ipywidgets

from framepack_widgets.errors import LibraryError
from framepack_widgets.job import JobRecord
from framepack_widgets.library import Library
from framepack_widgets.widgets.clips.clip_card import ClipCard

if TYPE_CHECKING:
    from framepack_widgets.settings import Settings

UseSettings = Callable[["Settings"], object]
UseFrame = Callable[[Any, int], object]


class ClipPanel(ipywidgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """Shows the clip of one job; the Player is made when there is a first clip to play.

    use_settings(settings) and use_frame(image, frame) are called in a worker's thread.
    """

    def __init__(
        self,
        library: Library,
        use_settings: UseSettings | None = None,
        use_frame: UseFrame | None = None,
    ) -> None:
        self._library = library
        self._use_settings = use_settings
        self._use_frame = use_frame
        self._player: Any = None
        self._guard = threading.RLock()
        self.card = ClipCard(library, self._act if use_settings or use_frame else None)
        super().__init__([self.card])
        self.layout.display = "none"

    @property
    def record(self) -> JobRecord | None:
        """The job that is shown."""
        return self.card.record

    def show(self, record: JobRecord | None, *, play: bool = True) -> None:
        """Show this job and its clip; None: nothing. play: start it when it is in sight."""
        with self._guard:
            clip = self._library.clip(record) if record is not None else None
            if clip is not None and self._player is None:
                from framepack_widgets.widgets.clips.player import Player

                self._player = Player(clip)
                self._player.playing = play
                if self._use_frame is not None:
                    self._player.on_use(self._use_frame)
                self.children = (self._player, self.card)
            elif self._player is not None and (clip is None or self._player.clip != clip):
                self._player.playing = play
                self._player.clip = clip
            if self._player is not None:
                self._player.layout.display = None if clip is not None else "none"
            self.card.show(record)
            self.layout.display = None if record is not None else "none"

    def close(self) -> None:
        """Take it off the page."""
        for child in self.children:
            child.close()
        super().close()

    def _act(self, action: str, record: JobRecord) -> None:
        if action == "settings" and self._use_settings is not None:
            self._use_settings(record.settings)
        elif action == "continue" and self._use_frame is not None:
            clip = self._library.clip(record)
            if clip is None:
                raise LibraryError(f"The clip of job {record.id} is no longer in the Library.")
            from framepack_widgets.images import ImageData

            self._use_frame(ImageData.of(clip.last_frame()), clip.frame_count - 1)
