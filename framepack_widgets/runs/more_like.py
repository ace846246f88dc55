"""More like one clip: its settings with new seeds, as a run of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from framepack_widgets.errors import FramePackError
from framepack_widgets.runs.on_studio import Running
from framepack_widgets.settings import Settings
from framepack_widgets.sweeps.sources import seeds
from framepack_widgets.sweeps.sweep import Sweep

if TYPE_CHECKING:
    from framepack_widgets.runs.sweep_run import SweepRun

NEW = 4  # seeds
_WORDS = 40  # characters of the prompt in the run's name


def more_like(studio: Running, settings: Settings, new: int = NEW) -> SweepRun:
    """Render these settings with `new` seeds that were not drawn for them yet.

    Asked for again, the run of before goes on with as many more. Raises SettingsError where this
    Studio cannot render them, LibraryError.
    """
    alike = settings.replace(seed=None)
    resolve = studio._desk.client.schema.resolve
    runs = {run.name: run for run in studio.runs()}
    first = name = _name_of(alike)
    number = 1
    while name in runs:
        before, known = _asked_before(runs[name])
        if known and resolve(before) == resolve(alike):
            # Their own words: the seeds that they have follow from them.
            return studio.run(Sweep(before, seed=seeds(known + new)), name=name)
        number += 1
        name = f"{first} {number}"
    return studio.run(Sweep(alike, seed=seeds(new)), name=name)


def _asked_before(run: SweepRun) -> tuple[Settings, int]:
    """The settings that a run is more like, and how many seeds it has; 0: it is something else."""
    try:
        sweep = run.sweep
    except FramePackError:  # of a version that knew more
        return Settings(), 0
    is_alike = not run.is_draft and [axis.name for axis in sweep.axes] == ["seed"]
    return sweep.settings.replace(seed=None), len(sweep.axes[0].values) if is_alike else 0


def _name_of(settings: Settings) -> str:
    words = " ".join(str(settings.prompt or "").split())
    if len(words) > _WORDS:
        words = words[:_WORDS].rsplit(" ", 1)[0] + " …"
    return f"more like {words}" if words else "more of the same"


def more_beside(run: SweepRun, settings: Settings, new: int = NEW) -> SweepRun:
    """`more_like` on the Studio of that run."""
    return more_like(_OnStudioOf(run), settings, new)


class _OnStudioOf(Running):
    """What `Studio` knows about sweeps, without a connection of its own."""

    def __init__(self, run: SweepRun) -> None:
        self._desk = run._desk
