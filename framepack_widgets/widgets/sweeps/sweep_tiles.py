"""The tiles of a run in the page: where they stand, what they say, what is clicked.

Messages of the page (`static/sweep_tiles.js`): `look` (a view was opened), `visible` (view, keys),
`role` (axis, role), `turn` (axis, at), `details` (keys), `rate` (keys, stars), `act` (action,
keys), those with keys with the id of their `run`; `posters`, `video`, `chunk` and `here` as in the
classes it is made of. To the page: `head`, `layout`, `tiles`, `details`, `preview`, all total.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import traitlets

from framepack_widgets.widgets.assets import module, style
from framepack_widgets.widgets.jobs.job_pictures import Picture, Previews
from framepack_widgets.widgets.latest import Latest
from framepack_widgets.widgets.pace import PER_SECOND, Paced
from framepack_widgets.widgets.presence import Ticker
from framepack_widgets.widgets.sweeps.shown_run import ShownRun
from framepack_widgets.widgets.sweeps.tile_files import ClipsWidget
from framepack_widgets.widgets.sweeps.tile_layout import PAGE, layout, with_role

_LOOK_S = 2.0  # how often changes that nobody tells of (stars, other processes) are looked for
_MANY = 400  # points; looking at more takes so long that it is done less often
_SHARED = (
    *("dom", "presence", "posters", "video_bytes"),
    *("sweep_play", "sweep_tile", "sweep_head", "sweep_actions"),
)

Act = Callable[[str, list[Any]], object]
"""Called with what was clicked and the points that it is about, in a worker's thread."""


class SweepTiles(ClipsWidget):
    """Draws one run; only tiles in sight are told anything, ten times a second at most."""

    _esm = module("sweep_tiles", *_SHARED)
    _css = style("sweep_tiles")

    selected = traitlets.List(traitlets.Unicode()).tag(sync=True)
    """Keys of the selected tiles."""
    can_settings = traitlets.Bool(False).tag(sync=True)
    """Whether there is a form that takes settings."""
    below = traitlets.Unicode("").tag(sync=True)
    """What is shown below the tiles, in words; "": nothing."""
    roles = traitlets.Dict()
    """{axis: "x", "y", "page" or "folded"} as it is shown."""

    def __init__(
        self,
        act: Act,
        details: Callable[[Sequence[Any]], dict[str, Any]],
        **traits: Any,
    ) -> None:
        self._act, self._details_of = act, details
        self._guard = threading.RLock()
        self._shown: ShownRun | None = None
        self._quiet: Callable[[], None] | None = None
        self._roles: dict[str, str] = {}
        self._wanted: dict[str, str] = {}  # roles that somebody has asked for
        self._at: dict[str, int] = {}
        self._visible: dict[str, frozenset[str]] = {}
        self._told: dict[str, Any] = {}
        self._told_tiles: dict[str, dict[str, Any]] = {}
        self._previewed: str | None = None
        super().__init__(self._clip, **traits)
        self._previews = Previews(self._send_preview)
        self._work = Latest(lambda: self._guarded(self._draw))
        self._pace = Paced(self._work.want, PER_SECOND)
        self._slow = Paced(self._work.want, 1)
        self._ticker = Ticker(self._touch, lambda: self.is_seen, _LOOK_S)
        self.on_seen(self._ticker.start)

    # ------------------------------------------------------------------ which run

    def show(self, run: Any, roles: dict[str, str] | None = None) -> None:
        """Show this run (None: none) from now on. Returns at once."""
        with self._guard:
            if self._quiet is not None:
                self._quiet()
            self._quiet = None
            self._shown = ShownRun(run) if run is not None else None
            self._wanted, self._roles, self._at = dict(roles or {}), {}, {}
            self._forget()
            self.selected = []
            if run is not None:
                self._quiet = run.watch(self._touch)
        self._work.want()

    def tell_below(self, what: str) -> None:
        """Offer to hide what is shown below."""
        self.below = what

    def close(self) -> None:
        """Also follow the run no more."""
        if self._shown is not None:  # else it was closed before, or shows nothing
            self.show(None)
        self._ticker.end()
        self._previews.follow(None)
        super().close()

    def _clip(self, job: str) -> Any:
        shown = self._shown
        return shown.clip(job) if shown is not None else None

    # ------------------------------------------------------------------ drawing

    def _touch(self) -> None:
        shown = self._shown
        many = shown is not None and len(shown.points) > _MANY
        (self._slow if many else self._pace).touch()

    def _forget(self) -> None:
        self._told, self._told_tiles, self._previewed = {}, {}, None

    def _draw(self) -> None:
        """Total and idempotent: tells the page what is news to it, of tiles in sight only."""
        with self._guard:
            shown = self._shown
            if shown is None:
                self._say("head", {"run": "", "name": "", "state": "", "wishes": []})
                self._say("layout", {"run": "", "cells": []})
                return
            if not self.is_seen and self._told:
                return
            shown.look()
            self._say("head", shown.head())
            self._lay_out(shown)
            self._draw_tiles(shown)
            self._follow(shown)

    def _lay_out(self, shown: ShownRun) -> None:
        axes = shown.axes()
        if list(self._roles) != list(axes):
            roles = shown.first_roles()
            for axis, role in self._wanted.items():
                roles = with_role(roles, axis, role)
            self._roles = roles
        self.roles = dict(self._roles)
        page = layout(axes, shown.spots(), self._roles, self._at)
        self._say("layout", {"run": shown.run.id, **page.for_page()})

    def _draw_tiles(self, shown: ShownRun) -> None:
        keys = frozenset().union(*self._visible.values()) if self._visible else frozenset()
        now = shown.tiles(keys)
        news = [tile for key, tile in now.items() if self._told_tiles.get(key) != tile]
        self._told_tiles = now  # those that come into sight again are told anew
        if news:
            self._tell("tiles", run=shown.run.id, tiles=news)

    def _follow(self, shown: ShownRun) -> None:
        """The latent preview of the point that is rendered, while its tile can be seen."""
        found = shown.at_work()
        in_sight = found is not None and any(found[0] in keys for keys in self._visible.values())
        key = found[0] if found is not None and in_sight else None
        if key != self._previewed:
            self._previewed = key
            self._previews.follow(found[1] if found is not None and in_sight else None)
            self._previews.look("tiles", visible=key is not None)
        self._previews.touch()

    def _send_preview(self, picture: Picture) -> None:
        key, shown = self._previewed, self._shown
        if key is not None and shown is not None:
            self._tell("preview", [picture.data], run=shown.run.id, key=key, mime=picture.mime)

    def _say(self, kind: str, value: dict[str, Any]) -> None:
        if self._told.get(kind) != value:
            self._told[kind] = value
            self._tell(kind, **value)

    # ------------------------------------------------------------------ the page

    def _on_look(self, _: object, __: object) -> None:
        with self._guard:
            self._forget()
        self._work.want()

    def _on_visible(self, message: dict[str, Any], _: object) -> None:
        view, keys = str(message.get("view"))[:40], message.get("keys")
        with self._guard:
            if keys is None:
                self._visible.pop(view, None)
            elif isinstance(keys, list):
                self._visible[view] = frozenset(str(key) for key in keys)
        self._pace.touch()

    def _on_preview_seen(self, _: object, __: object) -> None:
        self._previews.seen()

    def _on_role(self, message: dict[str, Any], _: object) -> None:
        with self._guard:
            axis, role = str(message.get("axis")), str(message.get("role"))
            self._roles = with_role(self._roles, axis, role)
        self._work.want()

    def _on_turn(self, message: dict[str, Any], _: object) -> None:
        axis, at = str(message.get("axis")), message.get("at")
        with self._guard:
            if isinstance(at, int) and self._roles.get(axis) == PAGE:
                self._at[axis] = at
        self._work.want()

    def _is_of_run(self, message: dict[str, Any]) -> bool:
        """Whether it was clicked in the run that is shown: another one may be by now."""
        shown = self._shown
        return shown is not None and message.get("run") == shown.run.id

    def _points(self, message: dict[str, Any]) -> list[Any]:
        keys, shown = message.get("keys"), self._shown
        if not isinstance(keys, list) or shown is None or not self._is_of_run(message):
            return []
        return [shown.points[str(key)] for key in keys if str(key) in shown.points]

    def _on_details(self, message: dict[str, Any], _: object) -> None:
        self._aside(self._send_details, self._points(message), message.get("keys"))

    def _send_details(self, points: list[Any], keys: Any) -> None:
        self._tell("details", keys=keys, **self._details_of(points))

    def _on_rate(self, message: dict[str, Any], _: object) -> None:
        self._later(self._rate, self._points(message), message.get("stars"))

    def _rate(self, points: list[Any], stars: Any) -> None:
        shown = self._shown
        self.trouble = ""
        for point in points if shown is not None else ():
            if point.job_id and shown is not None:
                shown.library.rate(point.job_id, stars)
        self._touch()

    def _on_act(self, message: dict[str, Any], _: object) -> None:
        if self._is_of_run(message):
            self._later(self._do, str(message.get("action")), self._points(message))

    def _do(self, action: str, points: list[Any]) -> None:
        self.trouble = ""
        self._act(action, points)
        self._touch()
