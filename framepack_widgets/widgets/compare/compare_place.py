"""The place below other things where clips of a Library are compared, until that is closed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import ipywidgets

from framepack_widgets.clip import Clip
from framepack_widgets.errors import LibraryError
from framepack_widgets.library import Library
from framepack_widgets.widgets.closing import close_all
from framepack_widgets.widgets.compare.clip_set import FEWEST, MOST
from framepack_widgets.widgets.in_turn import in_background

if TYPE_CHECKING:
    from framepack_widgets.settings import Settings
    from framepack_widgets.widgets.compare.compare import Compare

UseSettings = Callable[["Settings"], object]


class ComparePlace(ipywidgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """Empty, or a Compare with a way to close it.

    use_settings(settings), more(settings): what its two buttons call, in a worker's thread; None
    has no button.
    """

    children: Any  # ipywidgets' trait

    def __init__(
        self,
        library: Library,
        use_settings: UseSettings | None,
        more: UseSettings | None,
    ) -> None:
        self._library = library
        self._use_settings, self._more = use_settings, more
        self._closed: list[Callable[[], object]] = []
        self._guard = threading.RLock()
        self._jobs: tuple[str, ...] = ()
        self.compare: Compare | None = None
        self._title = ipywidgets.HTML()
        self._close = ipywidgets.Button(
            description="close the comparison", tooltip="Take the compared clips off the page"
        )
        self._close.on_click(lambda _: in_background(self._leave))
        self._head = ipywidgets.HBox([self._title, self._close])
        self._head.add_class("fpw-row")
        super().__init__()

    @property
    def jobs(self) -> tuple[str, ...]:
        """Ids of the jobs whose clips are compared; () while none are."""
        return self._jobs

    def on_closed(self, callback: Callable[[], object]) -> None:
        """Call `callback()` when somebody has closed it here."""
        self._closed.append(callback)

    def show(self, jobs: Sequence[str]) -> None:
        """Compare the clips of these jobs. Raises LibraryError unless 2 to 16 of them have one."""
        there = self._there(jobs)
        if not FEWEST <= len(there) <= MOST:
            raise LibraryError(
                f"Compare takes {FEWEST} to {MOST} clips; of the {len(jobs)} selected "
                f"{len(there)} can be shown. Select others."
            )
        with self._guard:
            self._put(there)
            assert self.compare is not None  # made a moment ago
            self.compare.reveal()

    def look_again(self) -> None:
        """Jobs may have gone to the trash: go on without them, or close with fewer than two."""
        with self._guard:
            left = [job for job in self._jobs if self._library.find(job) is not None]
            if len(left) == len(self._jobs):
                return
            there = self._there(left)
            if len(there) < FEWEST:
                self.leave()
            else:
                self._put(there)

    def leave(self) -> None:
        """Close what is compared; nothing where there is nothing."""
        with self._guard:
            before, self.compare, self._jobs = self.compare, None, ()
            self.children = ()
        if before is not None:
            close_all(before)

    def close(self) -> None:
        """Take it off the page."""
        self.leave()
        close_all(self._head)
        super().close()

    def _leave(self) -> None:
        self.leave()
        for callback in self._closed:
            callback()

    def _there(self, jobs: Sequence[str]) -> dict[str, Clip]:
        found = {}
        for job in dict.fromkeys(jobs):
            record = self._library.find(job)
            clip = self._library.clip(record) if record is not None else None
            if clip is not None:
                found[job] = clip
        return found

    def _put(self, there: dict[str, Clip]) -> None:
        self._title.value = f"<b>{len(there)} clips compared</b>"
        self._jobs = tuple(there)
        clips = list(there.values())
        if self.compare is not None:
            self.compare.show(clips)
            return
        self.compare = self._made(clips)
        self.children = (self._head, self.compare)

    def _made(self, clips: Sequence[Any]) -> Compare:
        from framepack_widgets.widgets.compare.compare import Compare

        compare = Compare(clips, library=self._library)
        if self._use_settings is not None:
            compare.on_settings(self._use_settings)
        if self._more is not None:
            compare.on_more(self._more)
        return compare
