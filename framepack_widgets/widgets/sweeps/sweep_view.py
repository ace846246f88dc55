"""A run of a sweep in the page: a grid of its points, live, and what can be done with them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ipywidgets

from framepack_widgets.errors import FramePackError, SettingsError
from framepack_widgets.widgets.closing import close_all
from framepack_widgets.widgets.in_turn import in_background
from framepack_widgets.widgets.pace import Paced
from framepack_widgets.widgets.saved import Saved, publish
from framepack_widgets.widgets.sweeps.file_order import KINDS
from framepack_widgets.widgets.sweeps.point_details import details, short_name
from framepack_widgets.widgets.sweeps.run_files import RunFiles
from framepack_widgets.widgets.sweeps.sweep_html import run_html
from framepack_widgets.widgets.sweeps.sweep_tiles import SweepTiles
from framepack_widgets.widgets.theme import dressed

if TYPE_CHECKING:
    from framepack_widgets.settings import Settings

_WISHES = ("pause", "resume", "stop", "first")
_RECORDED = ("done", "paused", "stopped")


class SweepView(ipywidgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """The points of a run as tiles: state, latent preview, clip, stars; live.

    run: a SweepRun (`studio.run(sweep)`, `studio.run_of(name)`), or None for none yet. roles: where
    its axes go, {axis: "x", "y", "page" or "folded"}; what is left out is chosen by the view.
    Closing the view, or showing another run, stops no run.
    """

    def __init__(self, run: Any = None, *, roles: Mapping[str, str] | None = None) -> None:
        self._guard = threading.RLock()
        self._run: Any = None
        self._quiet: Callable[[], None] | None = None
        self._on_settings: list[Callable[[Settings], object]] = []
        self._on_run: list[Callable[[Any], object]] = []
        self._shown: Saved | None = None
        self._recorded = ""
        self.tiles = SweepTiles(self._act, details)
        self._below, self._film = ipywidgets.VBox(), ipywidgets.VBox()
        self.files = RunFiles(self._play)
        self.tiles.observe(lambda change: self.files.laid_out(change.new), "roles")
        self._record = Paced(lambda: in_background(self._renew_record), 0.5)
        super().__init__([self.tiles, self._below, self.files, self._film])
        dressed(self, "fpw-sweep-view", "fpw-wide")
        self.show(run, roles)

    @property
    def run(self) -> Any:
        """The run that is shown; may be set to another, or to None."""
        return self._run

    @run.setter
    def run(self, run: Any) -> None:
        self.show(run)

    @property
    def roles(self) -> dict[str, str]:
        """{axis: "x", "y", "page" or "folded"} as it is shown."""
        return dict(self.tiles.roles)

    def show(self, run: Any, roles: Mapping[str, str] | None = None) -> None:
        """Show this run from now on, its axes laid out so. Returns at once."""
        with self._guard:
            if self._quiet is not None:
                self._quiet()
            self._run, self._quiet, self._recorded = run, None, ""
            self._clear()
            self.tiles.show(run, dict(roles or {}))
            self.files.show(run)
            if run is not None:
                self._quiet = run.watch(self._record.touch)

    def on_settings(self, callback: Callable[[Settings], object]) -> Callable[[], None]:
        """Offer "use settings", and call callback(settings) in a background thread.

        What it raises is shown. Returns the function that ends it.
        """
        self._on_settings.append(callback)
        self.tiles.can_settings = True

        def end() -> None:
            if callback in self._on_settings:
                self._on_settings.remove(callback)
            self.tiles.can_settings = bool(self._on_settings)

        return end

    def on_run(self, callback: Callable[[Any], object]) -> None:
        """Call callback(run) when chosen points of a draft became a run of their own here."""
        self._on_run.append(callback)

    def close(self) -> None:
        """Take it off the page. The run goes on."""
        with self._guard:
            if self._quiet is not None:
                self._quiet()
            self._quiet = None
            self._clear()
        self._play(None)
        self.tiles.close()
        self.files.close()
        super().close()

    # ------------------------------------------------------------------ clicks

    def _act(self, action: str, points: list[Any]) -> None:
        """In a worker's thread; what is raised here is shown in the page."""
        run = self._run
        if run is None:
            return
        if action in _WISHES:
            getattr(run, action)()
        elif action == "retry_failed":
            run.retry("failed")
        elif action == "hide":
            self._clear()
        elif action in KINDS:
            self.files.ask(action)
        elif points:
            does = {
                "retry": run.retry,
                "end": _end_early,
                "settings": self._use_settings,
                "compare": self._compare,
                "open": self._open,
                "promote": self._promote,
            }
            if action in does:
                does[action](points)

    def _use_settings(self, points: Sequence[Any]) -> None:
        for callback in list(self._on_settings):
            callback(points[0].settings)

    def _compare(self, points: Sequence[Any]) -> None:
        from framepack_widgets.widgets.compare.clip_set import FEWEST, MOST
        from framepack_widgets.widgets.compare.compare import Compare
        from framepack_widgets.widgets.compare.more_offer import offer_more

        there = [point for point in points if point.clip is not None]
        if not FEWEST <= len(there) <= MOST:
            raise SettingsError(
                f"Compare takes {FEWEST} to {MOST} points with clips; choose others."
            )
        clips = [point.clip for point in there]
        compare = Compare(clips, labels=[short_name(p) for p in there], library=self._run.library)
        for callback in self._on_settings:
            compare.on_settings(callback)
        offer_more(compare, self._run, self._on_run or [self.show])
        self._put_below(compare, "Compared")

    def _open(self, points: Sequence[Any]) -> None:
        from framepack_widgets.widgets.clips.player import Player

        clip = points[0].clip
        if clip is None:
            raise SettingsError(f"There is no clip of {short_name(points[0])} yet.")
        self._put_below(Player(clip), "Clip")

    def _promote(self, points: Sequence[Any]) -> None:
        full = self._run.promote(points)
        for callback in list(self._on_run):
            callback(full)
        if not self._on_run:
            self.show(full, self.roles)

    def _play(self, file: Path | None) -> None:
        """Show a grid video in a player of its own; None: show none."""
        from framepack_widgets.widgets.clips.player import Player

        shown = (Player(file),) if file is not None else ()
        with self._guard:
            before, self._film.children = self._film.children, shown
        for part in before:
            close_all(part)

    def _put_below(self, widget: Any, what: str) -> None:
        with self._guard:
            before = self._below.children
            self._below.children = (widget,)
        for part in before:
            close_all(part)
        self.tiles.tell_below(what)

    def _clear(self) -> None:
        before, self._below.children = self._below.children, ()
        for part in before:
            close_all(part)
        self.tiles.tell_below("")

    # ------------------------------------------------------------------ without a kernel

    def _renew_record(self) -> None:
        """Write what a saved notebook shows anew, when the run has come to a rest."""
        run, shown = self._run, self._shown
        if run is None or shown is None:
            return
        try:
            state = str(run.state)
        except FramePackError:
            return
        before, self._recorded = self._recorded, state
        if state != before and state in _RECORDED:
            shown.refresh()

    def _ipython_display_(self, **_: Any) -> None:
        self._shown = publish(self, self._saved_html)

    def _saved_html(self) -> str:
        run = self._run
        return run_html(run, self.roles) if run is not None else "<p>No run of a sweep yet.</p>"

    def __repr__(self) -> str:
        return f"<SweepView {getattr(self._run, 'name', 'without a run')!r}>"


def _end_early(points: Sequence[Any]) -> None:
    for point in points:
        if point.job is not None and not point.job.done:
            point.job.stop()
