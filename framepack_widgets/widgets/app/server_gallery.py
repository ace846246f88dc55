"""The renders that are on the server: which of them are ours, and adopting the others."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from framepack_widgets.adoption import Adopted, Gallery, GalleryItem, Step, Underway, again
from framepack_widgets.errors import FramePackError
from framepack_widgets.widgets.app.app_text import adoption_line, render_time
from framepack_widgets.widgets.assets import module, style
from framepack_widgets.widgets.clips.posters import PosterWidget
from framepack_widgets.widgets.in_turn import in_background
from framepack_widgets.widgets.jobs.job_pictures import fetching
from framepack_widgets.widgets.pace import Paced

if TYPE_CHECKING:
    from framepack_widgets.session import Studio

_WIDTH = 240  # px
_KEPT = 400  # thumbnails, about 10 kB each
_AT_ONCE = 60
_MOST = 1000  # renders that the page is told of
_MOST_PROBLEMS = 100


class ServerGallery(PosterWidget):
    """Asks the server when somebody looks for the first time, and when told to.

    adopted(timestamps): these are clips of the Library now.
    """

    _esm = module("server_gallery", "dom", "presence", "posters")
    _css = style("server_gallery")

    def __init__(
        self, studio: Studio, adopted: Callable[[set[str]], object], **traits: Any
    ) -> None:
        self._studio = studio
        self._adopted = adopted
        self._guard = threading.Lock()
        self._asking = threading.Lock()
        self._gallery: Gallery | None = None
        self._asked_at = ""
        self._seen_here: dict[str, GalleryItem] = {}  # the server named a file of them
        self._pictures: OrderedDict[str, bytes] = OrderedDict()
        self._underway: Underway | None = None
        self._step: Step | None = None
        self._outcome: dict[str, Any] = {}
        super().__init__(lambda _: None, **traits)
        self._paced = Paced(self._show_adoption)
        self.on_seen(self._first_look)

    def remember(self, item: GalleryItem | None) -> None:
        """A stranger's render is over; it may be listed now, or not at all."""
        if item is not None:
            self._seen_here[item.timestamp] = item
        if self._gallery is not None:
            self._ask()

    def adopt(self, items: list[GalleryItem] | None) -> None:
        """Adopt these; None: all that are not ours. One adoption at a time."""
        with self._guard:
            if self._underway is not None:
                return
            self.trouble, self._outcome, self._step = "", {}, None
            self._underway = Underway(self._studio, items, self._progress, self._over)
        self._paced.touch()

    # ------------------------------------------------------------------ the list

    def _first_look(self) -> None:
        if self._gallery is None:
            in_background(self._ask)

    def _ask(self) -> None:
        self._guarded(self._ask_now)

    def _ask_now(self) -> None:
        with self._asking:
            self._gallery = self._with_seen(self._studio.gallery())
            self._asked_at, self.trouble = time.strftime("%H:%M:%S"), ""
            self._show_list()

    def _with_seen(self, listed: Gallery) -> Gallery:
        """Also those that the server does not list, although it has rendered them."""
        there = {item.timestamp for item in listed}
        more = [item for stamp, item in self._seen_here.items() if stamp not in there]
        marked = again(more, self._studio.library)
        return Gallery((*reversed(marked), *listed), "" if marked else listed.note)

    def _mark(self) -> None:
        """Say anew what is ours; asks the Library alone."""
        with self._asking:
            if self._gallery is not None:
                items = again(self._gallery.items, self._studio.library)
                self._gallery = Gallery(tuple(items), self._gallery.note)
                self._show_list()

    def _show_list(self) -> None:
        gallery = self._gallery
        if gallery is None:
            return
        self._tell(
            "gallery", items=[_tile(item) for item in gallery.items[:_MOST]], note=gallery.note,
            total=len(gallery), strangers=len(gallery.strangers), at=self._asked_at,
        )  # fmt: skip

    def _on_look(self, _: object, __: object) -> None:
        self._show_list()
        self._show_adoption()

    def _on_refresh(self, _: object, __: object) -> None:
        self._later(self._ask)

    # ------------------------------------------------------------------ pictures

    def _on_posters(self, message: dict[str, Any], _: object) -> None:
        stamps = message.get("jobs")
        if isinstance(stamps, list):
            fetching.submit(self._guarded, self._send_pictures, stamps[:_AT_ONCE])

    def _send_pictures(self, stamps: list[Any]) -> None:
        items = {item.timestamp: item for item in self._gallery or ()}
        for stamp in stamps:
            item, data, error = items.get(stamp), b"", ""
            try:
                if item is not None and item.thumbnail is not None:
                    data = self._thumbnail(item.timestamp, item.thumbnail)
            except (FramePackError, OSError, ValueError) as failed:
                error = str(failed)
            self._tell("poster", [data], job=stamp, error=error or ("" if data else "no picture"))

    def _thumbnail(self, stamp: str, path: str) -> bytes:
        known = self._pictures.get(stamp)
        if known is None:
            known = self._studio.thumbnail(path, _WIDTH)
            self._pictures[stamp] = known
            while len(self._pictures) > _KEPT:
                self._pictures.popitem(last=False)
        return known

    # ------------------------------------------------------------------ adopting

    def _on_adopt(self, message: dict[str, Any], _: object) -> None:
        wanted = message.get("timestamps")
        items = {item.timestamp: item for item in self._gallery or ()}
        chosen = None
        if isinstance(wanted, list):
            chosen = [items[stamp] for stamp in wanted if stamp in items]
        elif self._gallery is not None:
            chosen = list(self._gallery.strangers)
        self._aside(self.adopt, chosen)

    def _on_stop(self, _: object, __: object) -> None:
        underway = self._underway
        if underway is not None:
            underway.stop()

    def _progress(self, step: Step) -> None:
        self._step = step
        self._paced.touch()

    def _over(self, result: Adopted | BaseException) -> None:
        """In the background loop's thread."""
        with self._guard:
            self._underway = None
            if isinstance(result, Adopted):
                problems = [str(problem) for problem in result.problems[:_MOST_PROBLEMS]]
                line = adoption_line(len(result), len(result.known), len(result.problems))
                self._outcome = {"text": line, "problems": problems}
            else:
                self.trouble = str(result) or type(result).__name__
        self._paced.touch()
        in_background(self._guarded, self._after)

    def _after(self) -> None:
        self._mark()
        items = self._gallery.items if self._gallery is not None else ()
        here = again(list(self._seen_here.values()), self._studio.library)
        self._adopted({item.timestamp for item in (*items, *here) if item.is_ours})

    def _show_adoption(self) -> None:
        step = self._step
        self._tell(
            "adoption",
            busy=self._underway is not None,
            done=step.done if step is not None else 0,
            total=step.total if step is not None else 0,
            now=step.timestamp if step is not None else None,
            text=self._outcome.get("text", ""),
            problems=self._outcome.get("problems", []),
        )


def _tile(item: GalleryItem) -> dict[str, Any]:
    state = "trash" if item.in_trash else "ours" if item.is_ours else "new"
    return {
        "id": item.timestamp,
        "when": render_time(item.timestamp),
        "state": state,
        "job": item.job or "",
        "picture": item.thumbnail is not None,
    }
