"""Above the form: which clip the next render goes on from, and whether both become one file."""

from __future__ import annotations

import html
import threading
from typing import TYPE_CHECKING, Any

import ipywidgets

from framepack_widgets.descent import title_of
from framepack_widgets.errors import LibraryError
from framepack_widgets.images import ImageData
from framepack_widgets.widgets.page_order import heard_in_order

if TYPE_CHECKING:
    from framepack_widgets.library import Library
    from framepack_widgets.session import Studio
    from framepack_widgets.settings import Settings

_TITLE = 60  # characters


class ContinueBar(ipywidgets.Box):  # type: ignore[misc]  # ipywidgets has no types
    """Remembers the clip and the frame that the form's start frame came from.

    Another start frame, or a model that takes none, ends it: what is sent then continues nothing.
    """

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._guard = threading.Lock()
        self._from: tuple[str, int, ImageData] | None = None
        self._text = ipywidgets.HTML()
        self._join = ipywidgets.Checkbox(
            value=True,
            description="join when done",
            indent=False,
            tooltip="When it is rendered, put both into one file, the frame between them once",
        )
        self._end = ipywidgets.Button(
            description="do not continue",
            tooltip="Keep the start frame, but render a clip of its own",
        )
        self._end.on_click(lambda _: self.forget())
        super().__init__([self._text, self._join, self._end])
        heard_in_order(self)
        self.add_class("fpw-continue")
        self._show(False)

    def start(self, job: str, frame: int) -> ImageData:
        """Go on from that frame of the job's clip; the frame, which the form has to take."""
        library: Library = self._studio.library
        record = library.get(job)
        clip = library.clip(record)
        if clip is None:
            raise LibraryError(f"The clip of job {job} is no longer in the Library.")
        index = frame % clip.frame_count
        image = ImageData.of(clip.frame(index))
        where = "its last frame" if index == clip.frame_count - 1 else f"frame {index}"
        title = title_of(record) or record.id
        title = title if len(title) <= _TITLE else title[: _TITLE - 1] + "…"
        with self._guard:
            self._from = record.id, index, image
            self._text.value = (
                f'<span class="fpw-wrap">Continues <b>{html.escape(title)}</b> '
                f"({record.id[:8]}) at {where}.</span>"
            )
        return image

    def follow(self, settings: Settings) -> None:
        """The form shows these settings now."""
        self._show(self._active(settings) is not None)

    def forget(self) -> None:
        """Continue nothing."""
        with self._guard:
            self._from = None
        self._show(False)

    def send(self, settings: Settings) -> Any:
        """Ask for the render, as a continuation where it is one; the Job."""
        active = self._active(settings)
        if active is None:
            return self._studio.submit(settings)
        job, frame, _ = active
        return self._studio.continue_clip(
            job, frame, join=bool(self._join.value), settings=settings
        )

    def _active(self, settings: Settings) -> tuple[str, int, ImageData] | None:
        known = self._from
        return known if known is not None and settings.start_frame == known[2] else None

    def _show(self, shown: bool) -> None:
        self.layout.display = None if shown else "none"
