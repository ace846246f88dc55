"""The App: form, running job, waiting list, clips and server in one page."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import ipywidgets

from framepack_widgets.widgets.app.app_connection import Connection, Target, page_comes_later
from framepack_widgets.widgets.app.app_tabs import Tabs, titles
from framepack_widgets.widgets.app.app_text import connecting_line, keys_help
from framepack_widgets.widgets.app.app_watch import LibraryWatch, Look
from framepack_widgets.widgets.app.connection_bar import ConnectionBar, Way
from framepack_widgets.widgets.app.connection_line import ConnectionLine
from framepack_widgets.widgets.app.notice import Notice
from framepack_widgets.widgets.app.tab_strip import TabStrip
from framepack_widgets.widgets.closing import below, close_all
from framepack_widgets.widgets.in_turn import in_background
from framepack_widgets.widgets.presence import Ticker
from framepack_widgets.widgets.reruns import made_here
from framepack_widgets.widgets.saved import Saved, publish
from framepack_widgets.widgets.saved_html import clip_html
from framepack_widgets.widgets.theme import dressed
from framepack_widgets.widgets.told_again import Column

if TYPE_CHECKING:
    import os
    import ssl

    from framepack_widgets.job import JobRecord
    from framepack_widgets.library import Library
    from framepack_widgets.live_job import Job
    from framepack_widgets.session import Studio
    from framepack_widgets.settings import Settings
    from framepack_widgets.widgets.form.form import Form

_log = logging.getLogger(__name__)
_LOOK_S = 1.0
_GLANCE_S = 5.0  # while it is open but out of sight: others may ask for renders


class App(ipywidgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """Everything for rendering in one page; the arguments are those of `connect`.

    app = fp.App("http://127.0.0.1:7860")  # or "demo", or a Studio
    app.settings = clip.settings           # fill the form
    app.form, app.jobs, app.studio, app.library

    Returns at once and connects in the background; `studio`, `form`, `settings` and `jobs` wait for
    that, and raise what keeps it from connecting (`library` needs no Studio). What the page does to
    get on (another address, "try again") counts for them, too.
    Closing it, or running its cell again, takes it off the page and cancels nothing. Several Apps
    may be open at a time, also for one Studio. A login is kept in this process only.
    """

    def __init__(
        self,
        url_or_studio: str | Studio | None = None,
        *,
        library: Library | str | os.PathLike[str] | None = None,
        token: str | None = None,
        auth: tuple[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        verify: bool | str | os.PathLike[str] | ssl.SSLContext = True,
    ) -> None:
        url = url_or_studio if isinstance(url_or_studio, str) else None
        given = url_or_studio if url is None else None
        self._guard = threading.RLock()
        self._closed = False
        self._keep: Any = None
        self._watch: LibraryWatch | None = None
        self._shown: Saved | None = None
        self._bar = ConnectionBar(self._change, self._again, self._refresh, keys_help=keys_help())
        self._strip = TabStrip(titles=titles())
        self._strip.on_seen(self._start_looking)
        self._notice = Notice()
        self._tabs = Tabs(lambda: self.library, lambda: self.form, self._go_to)
        self._foot = Column([self._notice])
        super().__init__([self._bar, self._strip, *self._tabs.panels, self._foot])
        dressed(self, "fpw-app", "fpw-wide")
        self._ticker = Ticker(self._look, self._is_wanted, self._pace)
        self._strip.observe(lambda _: in_background(self._open_tab), "selected")
        target = Target(Way(url, token, auth), library, headers, verify)
        self._connection = Connection(target, self._opened, self._arrived, self._failed)
        self._line = ConnectionLine(self._bar, lambda: self._connection.studio)
        made_here(self)
        if given is not None:
            in_background(self._connection.have, given)
        else:
            self._connect(target)
        if page_comes_later() and self._connection.is_over():
            self._look(always=True)

    # ------------------------------------------------------------------ what it is

    @property
    def studio(self) -> Studio:
        """The Studio; waits for the connection. Raises what `connect` raises."""
        return self._connection.wait()

    @property
    def library(self) -> Library:
        """The Library, also where the Studio cannot be reached. Raises LibraryError."""
        return self._connection.wait_library()

    @property
    def form(self) -> Form:
        """The form; waits for the connection."""
        self._connection.wait()
        assert self._tabs.render is not None  # made before the wait is over
        return self._tabs.render.form

    @property
    def settings(self) -> Settings:
        """What the form shows; may be set to other Settings. Waits for the connection."""
        return self.form.settings

    @settings.setter
    def settings(self, settings: Settings) -> None:
        self.form.settings = settings

    @property
    def jobs(self) -> list[Job]:
        """All jobs on this Studio, newest first; waits for the connection."""
        return self.studio.jobs()

    def close(self) -> None:
        """Take the App off the page and watch nothing any more. Jobs go on."""
        with self._guard:
            if self._closed:
                return
            self._closed = True
        self._ticker.end()
        for part in (self._tabs, self._keep):  # they also end what they do
            if part is not None:
                part.close()
        parts = below(self)
        super().close()
        for part in parts:
            close_all(part)

    def __repr__(self) -> str:
        return f"<App: {self._bar.line}>"

    # ------------------------------------------------------------------ connecting

    def _connect(self, target: Target) -> None:
        self._bar.show_connecting(connecting_line(target.url))
        self._connection.start(target)

    def _change(self, way: Way) -> None:
        self._connect(self._connection.target.with_way(way))

    def _again(self) -> None:
        self._connect(self._connection.target)

    def _opened(self, library: Library) -> None:
        with self._guard:
            if not self._closed:
                self._show_count(library.count(has_clip=True))
                self._open_tab()

    def _arrived(self, studio: Studio) -> None:
        """In the attempt's thread: the form first, then what takes a call to the server."""
        with self._guard:
            if self._closed:
                return
            self._line.forget()
            self._watch = LibraryWatch(studio, self._draw, self._over)
            self._line.show(studio)
            self._tabs.show(studio, self._submitted)
            self._show_keep_going(studio)
        self._open_tab()
        self._ticker.start()
        in_background(self._line.ask_others, studio)

    def _failed(self, error: Exception) -> None:
        with self._guard:
            if not self._closed:
                self._bar.show_failed(str(error) or type(error).__name__)
                if self._connection.studio is not None:  # the one before is still there
                    self._bar.line = f"Still connected: {self._line.text(self._connection.studio)}"

    def _refresh(self) -> None:
        studio = self._connection.studio
        if studio is None:
            return
        self._bar.trouble = ""
        news = studio.refresh()
        self._tabs.describe()
        self._line.ask_others(studio)
        self._bar.show_news(news)

    # ------------------------------------------------------------------ parts

    def _show_keep_going(self, studio: Studio) -> None:
        from framepack_widgets.widgets.app.keep_going import keep_going

        before, self._keep = self._keep, keep_going(studio, self._connection.target)
        self._foot.children = (self._notice, self._keep)
        if before is not None:
            before.close()

    def _open_tab(self) -> None:
        """Make what the open tab shows, when it is opened for the first time."""
        with self._guard:
            if not self._closed:
                self._tabs.open(self._strip.selected, self._watch)

    def _go_to(self, tab: int) -> None:
        """Something was done in another tab that shows there."""
        self._strip.selected = tab

    # ------------------------------------------------------------------ looking

    def _is_wanted(self) -> bool:
        """Whether to look on: it is open in a page, or there is something to wait for."""
        watch = self._watch
        return watch is not None and (self._strip.is_open or watch.has_open_jobs)

    def _pace(self) -> float:
        watch = self._watch
        busy = self._strip.is_seen or (watch is not None and watch.has_open_jobs)
        return _LOOK_S if busy else _GLANCE_S

    def _start_looking(self) -> None:
        if self._watch is not None and not self._closed:
            self._ticker.start()
            in_background(self._look)

    def _submitted(self) -> None:
        """Something was asked for here: show it now, not with the next tick."""
        self._ticker.start()
        in_background(self._look, True)

    def _look(self, always: bool = False) -> None:
        watch = self._watch
        if watch is None or self._closed:
            return
        try:
            watch.look(always=always)
            if self._bar.state == "connected":
                self._bar.banner = watch.studio.trouble or ""
        except Exception as error:  # noqa: BLE001 - shown in the page; the next look may go well
            _log.debug("the App could not look", exc_info=True)
            self._bar.banner = str(error) or type(error).__name__

    def _draw(self, look: Look) -> None:
        if self._tabs.render is not None:
            self._tabs.render.show(look.unfinished, look.latest)
        self._show_count(look.clips)

    def _show_count(self, clips: int) -> None:
        self._strip.titles = titles(clips)

    def _over(self, record: JobRecord) -> None:
        self._notice.tell(record)
        if self._shown is not None:
            self._shown.refresh()

    # ------------------------------------------------------------------ without a kernel

    def _ipython_display_(self, **_: Any) -> None:
        self._shown = publish(self, self._saved_html)

    def _saved_html(self) -> str:
        tab = self._tabs.render
        record = tab.panel.record if tab is not None else None
        clip = tab.studio.library.clip(record) if tab is not None and record is not None else None
        text = "<p>FramePack Studio App: run the cell to work with it.</p>"
        return text + (clip_html(clip) if clip is not None else "")
