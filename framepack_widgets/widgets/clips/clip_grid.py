"""The clips of a Library as pages of tiles: searched, selected, rated, moved to the trash."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import traitlets

from framepack_widgets.library import Deletion, Library
from framepack_widgets.widgets.assets import module, style
from framepack_widgets.widgets.clips.clip_search import PAGE, Query, tile
from framepack_widgets.widgets.clips.posters import PosterWidget
from framepack_widgets.widgets.presence import Ticker

_LOOK_S = 1.5  # how often another process's changes are looked for, while somebody watches


class ClipGrid(PosterWidget):
    """One page of tiles at a time.

    Called in another thread: `show(job id)` for a chosen one, `compare(job ids)` for those that are
    to be compared; without it that is not offered. The tiles travel as messages, so that a saved
    notebook holds none of them.
    """

    _esm = module("clip_grid", "dom", "presence", "posters")
    _css = style("clip_grid")

    selected = traitlets.List(traitlets.Unicode()).tag(sync=True)
    """Ids of the selected jobs, also on other pages."""
    asked = traitlets.Unicode("").tag(sync=True)
    """What would go to the trash, while that is asked."""
    undoable = traitlets.Unicode("").tag(sync=True)
    """What went to the trash last."""
    can_compare = traitlets.Bool(False).tag(sync=True)

    def __init__(
        self,
        library: Library,
        show: Callable[[str], object],
        compare: Callable[[list[str]], object] | None = None,
        **traits: Any,
    ) -> None:
        self._library = library
        self._show, self._compare = show, compare
        self._guard = threading.Lock()
        self._query = Query()
        self._told: dict[str, Any] = {}
        self._changes = -1
        self._asked_of: list[str] = []  # the jobs that were to be compared last
        self._deletion: Deletion | None = None
        self._listeners: list[Callable[[], object]] = []
        super().__init__(library.clip, can_compare=compare is not None, **traits)
        self._ticker = Ticker(self._look_for_changes, lambda: self.is_seen, _LOOK_S)
        self.on_seen(self._ticker.start)

    def on_change(self, callback: Callable[[], object]) -> None:
        """Call `callback()` when the Library has changed, as far as somebody looks."""
        self._listeners.append(callback)

    def search(self, text: str) -> None:
        """Show what has these words. From worker threads."""
        with self._guard:
            self._query = Query.from_message({"text": text})
        self._guarded(self._answer, True)

    def close(self) -> None:
        """Also look for no more changes."""
        self._ticker.end()
        super().close()

    def _look_for_changes(self) -> None:
        if self._library.is_open and self._library.changes() != self._changes:
            self._guarded(self._answer)
            for listener in self._listeners:
                self._guarded(listener)

    def _on_look(self, message: dict[str, Any], _: object) -> None:
        if "query" in message:
            with self._guard:
                self._query = Query.from_message(message["query"])
        self._later(self._answer, True)

    def _answer(self, always: bool = False) -> None:
        """Tell the page what the newest query finds; not always: only if that is news."""
        with self._guard:
            self._changes = self._library.changes()
            query = self._query
            search = query.search()
            total = self._library.count(**search)
            last = max(0, (total - 1) // PAGE)
            page = min(query.page, last)
            records = self._library.jobs(**search, sort=query.sort, limit=PAGE, offset=page * PAGE)
            now: dict[str, Any] = {
                "query": {**vars(query), "page": page},
                "filtered": query.is_filtered,
                "tiles": [tile(record) for record in records],
                "total": total,
                "pages": last + 1,
                "models": self._library.models(),
            }
            if always or now != self._told:
                self._told = now
                self._tell("clips", **now)

    def _on_show(self, message: dict[str, Any], _: object) -> None:
        self._later(self._show, str(message.get("job")))

    def take_focus(self) -> None:
        """Where nothing in the page has the keyboard's focus, the current tile gets it."""
        self._tell("focus")

    @traitlets.observe("selected")
    def _select(self, change: Any) -> None:
        if change.new != self._asked_of:  # the page may tell of the selection after what it asks
            self.trouble = ""

    def _on_compare(self, message: dict[str, Any], _: object) -> None:
        self.trouble = ""
        self._asked_of = [str(job) for job in message.get("jobs") or ()]
        if self._compare is not None:
            self._later(self._compare, self._asked_of)

    def _on_rate(self, message: dict[str, Any], _: object) -> None:
        self._later(self._rate, list(message.get("jobs") or ()), message.get("stars"))

    def _rate(self, jobs: list[Any], stars: Any) -> None:
        self.trouble = ""
        for job in jobs:
            self._library.rate(str(job), stars)
        self._look_for_changes()

    def _on_trash(self, message: dict[str, Any], _: object) -> None:
        self._later(self._ask, [str(job) for job in message.get("jobs") or ()])

    def _ask(self, jobs: list[str]) -> None:
        self.trouble = ""
        self._deletion = self._library.delete(*jobs)
        self.asked = str(self._deletion).rsplit("\n", 1)[0]  # without the words for Python

    def _on_trash_answer(self, message: dict[str, Any], _: object) -> None:
        self._later(self._carry_out, bool(message.get("yes")))

    def _carry_out(self, yes: bool) -> None:
        deletion, self.asked, self.trouble = self._deletion, "", ""
        if not yes or deletion is None or deletion.state != "asked":
            return
        deletion.confirm()
        gone = set(deletion.jobs)
        with self.hold_sync():
            self.selected = [job for job in self.selected if job not in gone]
            self.undoable = str(deletion).split("\n", 1)[0]
        self._look_for_changes()

    def _on_undo(self, _: object, __: object) -> None:
        self._later(self._undo)

    def _undo(self) -> None:
        deletion, self.undoable, self.trouble = self._deletion, "", ""
        if deletion is not None and deletion.state == "trashed":
            deletion.undo()
            self._look_for_changes()
