"""The render of somebody else that runs on the server: how far it is, and its clip when over."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from framepack_widgets.adoption import GalleryItem, Onlooker, Stranger
from framepack_widgets.errors import FramePackError
from framepack_widgets.widgets.assets import module, style
from framepack_widgets.widgets.jobs.job_pictures import mime_of
from framepack_widgets.widgets.presence import SeenWidget, Ticker

if TYPE_CHECKING:
    from framepack_widgets.session import Studio

_RUNNING_S = 2.0
_IDLE_S = 4.0


class ServerJob(SeenWidget):
    """Asks who runs while it is in sight, and only then.

    adopt(item): adopt it. ended(item or None): a stranger's render is over.
    """

    _esm = module("server_job", "dom", "presence")
    _css = style("server_job")

    def __init__(
        self,
        studio: Studio,
        adopt: Callable[[GalleryItem], object],
        ended: Callable[[GalleryItem | None], object],
        **traits: Any,
    ) -> None:
        self._onlooker = Onlooker(studio)
        self._adopt, self._ended = adopt, ended
        self._guard = threading.Lock()
        self._stranger: Stranger | None = None
        self._picture: tuple[str, bytes, str] | None = None  # path, picture, MIME type
        self._taken = False
        super().__init__(**traits)
        self._ticker = Ticker(self._ask, lambda: self.is_seen, self._pace)
        self.on_seen(self._ticker.start)

    def close(self) -> None:
        """Also ask no more."""
        self._ticker.end()
        super().close()

    def taken(self, timestamps: set[str]) -> None:
        """These are clips of the Library now."""
        item = self._stranger.item if self._stranger is not None else None
        if item is not None and item.timestamp in timestamps:
            self._taken = True
            self._show()

    def _pace(self) -> float:
        stranger = self._stranger
        return _RUNNING_S if stranger is not None and not stranger.is_over else _IDLE_S

    def _ask(self) -> None:
        self._guarded(self._ask_now)

    def _ask_now(self) -> None:
        with self._guard:
            before, now = self._stranger, self._onlooker.look()
            self._stranger, self.trouble = now, ""
            if now == before:
                return
            if now is None or before is None or now.server_id != before.server_id:
                self._picture, self._taken = None, False
            self._show()
            if now is not None and not now.is_over:
                self._show_picture(now.progress.preview)
        if before is not None and not before.is_over and (now is None or now != before):
            self._tell_end(before, now)

    def _tell_end(self, before: Stranger, now: Stranger | None) -> None:
        if now is None or now.is_over or now.server_id != before.server_id:
            over = now if now is not None and now.server_id == before.server_id else before
            self._ended(over.item)

    def _show(self) -> None:
        stranger = self._stranger
        if stranger is None:
            self._tell("nobody")
            return
        progress = stranger.progress
        self._tell(
            "stranger", id=stranger.server_id[:6], over=stranger.is_over, taken=self._taken,
            can_adopt=stranger.item is not None, text=progress.text[:300], eta=progress.eta_s,
            fraction=progress.fraction, section=progress.section_fraction,
            sections=[progress.section, progress.sections],
        )  # fmt: skip

    def _show_picture(self, path: str | None) -> None:
        if path is None or (self._picture is not None and self._picture[0] == path):
            return
        try:
            data = self._onlooker.picture(path)
        except FramePackError:
            return  # the next one is on its way
        mime = mime_of(data)
        if mime is not None:
            self._picture = path, data, mime
            self._tell("preview", [data], mime=mime)

    def _on_look(self, _: object, __: object) -> None:
        self._show()
        if self._picture is not None:
            self._tell("preview", [self._picture[1]], mime=self._picture[2])

    def _on_adopt(self, _: object, __: object) -> None:
        item = self._stranger.item if self._stranger is not None else None
        if item is not None:
            self._aside(self._adopt, item)
