"""The runs of a Studio's sweeps in one line: which one is shown, and which are not wanted any more.

Message of the page (`static/sweep_runs.js`): `delete` (run), once that was confirmed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import traitlets

from framepack_widgets.widgets.assets import module, style
from framepack_widgets.widgets.presence import SeenWidget, Ticker
from framepack_widgets.widgets.sweeps import tile_text

_LOOK_S = 2.0  # how often runs of other processes are looked for, while somebody watches
_MOST = 200


class RunList(SeenWidget):
    """Calls choose(run), in a worker's thread, when another run is to be shown; None: none is left.

    The newest is shown until somebody chooses. changed(): runs began, ended, were paused.
    """

    _esm = module("sweep_runs", "dom", "presence")
    _css = style("sweep_editor")

    runs: traitlets.List[Any] = traitlets.List().tag(sync=True)
    """[[id, text]], the newest first."""
    chosen = traitlets.Unicode("").tag(sync=True)
    """Id of the run that is shown; "": none."""

    def __init__(
        self,
        studio: Any,
        choose: Callable[[Any], object],
        changed: Callable[[], object],
        **traits: Any,
    ) -> None:
        self._studio, self._choose, self._changed = studio, choose, changed
        self._states: dict[str, str] = {}
        self._known: dict[str, Any] = {}
        self._told = ""  # the run that was shown last
        super().__init__(**traits)
        self._ticker = Ticker(lambda: self._guarded(self.look), lambda: self.is_seen, _LOOK_S)
        self.on_seen(self._ticker.start)
        self.observe(lambda _: self._later(self._show), "chosen")

    def look(self) -> None:
        """Read the runs. From worker threads."""
        found = sorted(self._studio.runs(), key=lambda run: -run.record.created_at)[:_MOST]
        self._known = {run.id: run for run in found}
        self.runs = [[run.id, line(run)] for run in found]
        if self.chosen not in self._known:
            self.chosen = found[0].id if found else ""
        states = {run.id: str(run.state) for run in found}
        before, self._states = self._states, states
        if before != states:
            self._changed()
        self._show()

    def show(self, run: Any) -> None:
        """Show this run, which may be a new one. From worker threads."""
        self._known[run.id] = run
        if run.id not in [each[0] for each in self.runs]:
            self.runs = [[run.id, line(run)], *self.runs]
        self.chosen = run.id
        self._show()

    def close(self) -> None:
        """Also look for no more runs."""
        self._ticker.end()
        super().close()

    def _on_delete(self, message: dict[str, Any], _: object) -> None:
        self._later(self._delete, str(message.get("run")))

    def _delete(self, run_id: str) -> None:
        self.trouble = ""
        run = self._known.get(run_id)
        if run is not None:
            run.delete()
        self.look()

    def _show(self) -> None:
        run = self._known.get(self.chosen)
        told = run.id if run is not None else ""
        if self._told != told:
            self._told = told
            self._choose(run)


def line(run: Any) -> str:
    """`cfg_scale × seed · running · 3 of 12 done`."""
    counts = run.counts
    total = sum(counts.values())
    return f"{run.name} · {run.state} · {counts.get(tile_text.DONE, 0):,} of {total:,} done"
