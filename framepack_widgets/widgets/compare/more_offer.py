"""The clips of a run compared: "render more like this" makes a run beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from framepack_widgets.runs.sweep_run import SweepRun
    from framepack_widgets.settings import Settings
    from framepack_widgets.widgets.compare.compare import Compare


def offer_more(
    compare: Compare, run: SweepRun, shown: Sequence[Callable[[SweepRun], object]]
) -> None:
    """shown: called with the new run, in a worker's thread."""

    def render(settings: Settings) -> None:
        from framepack_widgets.runs.more_like import more_beside

        made = more_beside(run, settings)
        for show in list(shown):
            show(made)

    compare.on_more(render)
