"""One clip of a Library: a Player, and below it stars, note and the ways on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import ipywidgets

from framepack_widgets.errors import LibraryError
from framepack_widgets.job import JobRecord
from framepack_widgets.library import Library
from framepack_widgets.models import facts_of
from framepack_widgets.widgets.clips.clip_card import ClipCard
from framepack_widgets.widgets.clips.toolbox_panel import ToolboxPanel

if TYPE_CHECKING:
    from framepack_widgets.session import Studio
    from framepack_widgets.settings import Settings

UseSettings = Callable[["Settings"], object]
UseFrame = Callable[[Any, int], object]
GoOn = Callable[[str, int], object]
"""(job id, frame): the next render is to go on from there."""
UseVideo = Callable[[str], object]
"""(path): the clip is to be the source of a Video model."""


@dataclass(frozen=True)
class WaysOn:
    """What the buttons below a clip call, in a worker's thread; what is None has no button."""

    use_settings: UseSettings | None = None
    use_frame: UseFrame | None = None
    go_on: GoOn | None = None
    """Instead of use_frame, where the clip is to be remembered."""
    use_video: UseVideo | None = None
    render_more: UseSettings | None = None
    """Its settings, without a seed: more like it are wanted."""
    studio: Callable[[], Studio | None] = lambda: None
    """Whose post-processing is offered."""

    @property
    def any(self) -> bool:
        """Whether there is a form to go on with."""
        return any((self.use_settings, self.use_frame, self.go_on))


def takes_video(studio: Studio | None) -> bool:
    """Whether one of the Studio's models goes on from a video."""
    return studio is not None and any(facts_of(model).takes_video for model in studio.models)


class ClipPanel(ipywidgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """Shows the clip of one job; the Player is made when there is a first clip to play."""

    def __init__(self, library: Library, ways: WaysOn | None = None) -> None:
        self._library = library
        self._ways = ways if ways is not None else WaysOn()
        self._player: Any = None
        self._guard = threading.RLock()
        self.card = ClipCard(library, self._act if self._ways.any else None)
        self.toolbox = ToolboxPanel(self._toolbox)
        super().__init__([self.card, self.toolbox])
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
                if self._ways.use_frame is not None or self._ways.go_on is not None:
                    self._player.on_use(self._used)
                self.children = (self._player, self.card, self.toolbox)
            elif self._player is not None and (clip is None or self._player.clip != clip):
                self._player.playing = play
                self._player.clip = clip
            if self._player is not None:
                self._player.layout.display = None if clip is not None else "none"
            offered = self._ways.use_video is not None
            self.card.takes_video = offered and takes_video(self._ways.studio())
            self.card.show(record)
            self.toolbox.show(record if clip is not None else None)
            self.layout.display = None if record is not None else "none"

    def close(self) -> None:
        """Take it off the page."""
        for child in self.children:
            child.close()
        super().close()

    def _act(self, action: str, record: JobRecord) -> None:
        ways = self._ways
        if action == "settings" and ways.use_settings is not None:
            ways.use_settings(record.settings)
            return
        clip = self._library.clip(record)
        if clip is None:
            raise LibraryError(f"The clip of job {record.id} is no longer in the Library.")
        if action == "video" and ways.use_video is not None:
            ways.use_video(str(clip.path))
        elif action == "continue" and ways.go_on is not None:
            ways.go_on(record.id, clip.frame_count - 1)
        elif action == "continue" and ways.use_frame is not None:
            from framepack_widgets.images import ImageData

            ways.use_frame(ImageData.of(clip.last_frame()), clip.frame_count - 1)

    def _used(self, image: Any, frame: int) -> None:
        """A frame of the clip was chosen in the Player."""
        job = self._player.clip.job_id if self._player.clip is not None else None
        if self._ways.go_on is not None and job is not None:
            self._ways.go_on(job, frame)
        elif self._ways.use_frame is not None:
            self._ways.use_frame(image, frame)

    def _toolbox(self) -> Any:
        studio = self._ways.studio()
        return studio.toolbox if studio is not None else None
