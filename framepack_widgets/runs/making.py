"""From a sweep to a run: its points planned, their settings frozen, kept in the Library."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from framepack_widgets.errors import SettingsError
from framepack_widgets.library.inputs import FILE_FIELDS
from framepack_widgets.library.run_rows import NewPoint, Place, RunRecord
from framepack_widgets.settings import Settings
from framepack_widgets.sweeps.identity import canonical, content_id
from framepack_widgets.sweeps.library_facts import LibraryFacts
from framepack_widgets.sweeps.plan import PlanCancelled, plan
from framepack_widgets.sweeps.sweep import Sweep

if TYPE_CHECKING:
    from framepack_widgets.library import Library
    from framepack_widgets.schema import Schema
    from framepack_widgets.sweeps.sweep_plan import SweepPlan

MAX_SEED = 2**53 - 1
_OFTEN = 64


@dataclass(frozen=True)
class Wanted:
    """What is to become a run."""

    sweep: Sweep
    run: RunRecord  # as it is, or as it is to be; without points
    instead: Mapping[int, Settings] = field(default_factory=dict)  # {point: its settings}
    only: bool = False  # only the points of `instead`, not the whole sweep


def digest_of(sweep: Sweep, draft: Mapping[str, Any]) -> str:
    """The identity of a sweep as it was asked for, 24 hexadecimal digits."""
    text = canonical({"sweep": sweep.to_dict(), "draft": dict(draft)})
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:24]


def name_for(sweep: Sweep, taken: Callable[[str], bool]) -> str:
    """`cfg_scale × seed`, with a number where a run has that name."""
    name = " × ".join(axis.name for axis in sweep.axes)[:60] or "one point"
    names = [name, *(f"{name} {number}" for number in range(2, 10_000))]
    return next(candidate for candidate in names if not taken(candidate))


def check_draft(sweep: Sweep, draft: Mapping[str, Any]) -> None:
    """Raises SettingsError where a draft changes what an axis sets, or no setting at all."""
    Settings(**draft)
    axes = {axis.target.field: axis.name for axis in sweep.axes}
    both = sorted(name for name in draft if name in axes)
    if both:
        raise SettingsError(
            f"The draft sets {both[0]}, which is an axis of the sweep ({axes[both[0]]}): all its "
            "points would be equal. Draft with other settings, such as steps or seconds."
        )


def make(
    library: Library, schema: Schema, wanted: Wanted, cancelled: Callable[[], bool] | None = None
) -> RunRecord:
    """Plan, freeze and keep. Raises SettingsError where nothing can be rendered, LibraryError."""
    sweep, run = _rendered(wanted, library), wanted.run
    facts = LibraryFacts.of(library.renders(run.studio), library.clips_folder)
    planned = plan(sweep, schema, cancelled=cancelled, **facts.as_arguments())
    frozen = _Frozen(library, schema, planned, wanted)
    points, refused = frozen.points(cancelled)
    if not points:
        raise SettingsError(
            f"Nothing of this sweep can be rendered on this Studio.\n{planned}",
            [problem for _, problems in planned.refused[:1] for problem in problems],
        )
    return library.runs.save(run.replace(refused=tuple(refused)), points)


def _rendered(wanted: Wanted, library: Library) -> Sweep:
    """The sweep that is rendered: of the draft's settings, or of those chosen."""
    sweep = wanted.sweep
    if wanted.only:
        return Sweep.of([wanted.instead[index] for index in sorted(wanted.instead)])
    here = library.recall(sweep.settings)  # frames of a clip that was copied elsewhere
    moved = {n: v for n in FILE_FIELDS if (v := getattr(here, n)) != getattr(sweep.settings, n)}
    draft = {**moved, **wanted.run.draft}
    return drafted(sweep, draft) if draft else sweep


def drafted(sweep: Sweep, draft: Mapping[str, Any]) -> Sweep:
    """The sweep with these settings in all of its points."""
    data = sweep.to_dict()
    data["settings"] = _changed(data["settings"], draft)
    if "points" in data:
        data["points"] = [_changed(point, draft) for point in data["points"]]
    if "kept" in data:
        data["kept"] = [[n, s if s is None else _changed(s, draft)] for n, s in data["kept"]]
    return Sweep.from_dict(data)


def _changed(settings: Mapping[str, Any], draft: Mapping[str, Any]) -> dict[str, Any]:
    return Settings.from_dict(settings).replace(**draft).to_dict()


class _Frozen:
    """Gives every point of a plan the settings it will be rendered with, once for all."""

    def __init__(
        self, library: Library, schema: Schema, planned: SweepPlan, wanted: Wanted
    ) -> None:
        self._library, self._schema, self._planned = library, schema, planned
        self._sweep, run = wanted.sweep, wanted.run.id
        self._chosen = sorted(wanted.instead) if wanted.only else None
        # A point that the run has already keeps its settings, whatever the defaults are now.
        rows = library.runs.points(run)
        self._had = {place.asked: row.id for row in rows for place in row.places if place.asked}
        self._ids = {row.id for row in rows}
        self._settings: dict[str, Settings] = {}
        self._frames: dict[tuple[str, Any], str] = {}

    def points(
        self, cancelled: Callable[[], bool] | None = None
    ) -> tuple[list[NewPoint], list[Place]]:
        """The points in their turn, and the refused ones."""
        places: dict[str, list[Place]] = {}
        refused: list[Place] = []
        reasons = {n: "; ".join(map(str, problems)) for n, problems in self._planned.refused}
        in_turn = [point for render in self._planned.renders for point in render.points]
        for count, number in enumerate([*in_turn, *reasons]):
            if count % _OFTEN == 0 and cancelled is not None and cancelled():
                raise PlanCancelled("The run was cancelled before it was made; nothing was sent.")
            settings = self._planned.sweep[number].settings
            place = self._place(number, settings, reasons.get(number, ""))
            if place.reason and place.asked not in self._had:
                refused.append(place)
            else:
                places.setdefault(self._identity(place, settings), []).append(place)
        found = [
            NewPoint(name, turn, tuple(sorted(its, key=_index)), self._settings.get(name))
            for turn, (name, its) in enumerate(places.items())
        ]
        return found, sorted(refused, key=_index)

    def _place(self, number: int, settings: Settings, reason: str) -> Place:
        index = number if self._chosen is None else self._chosen[number]
        origin = self._sweep[index]
        try:
            asked = content_id(settings)
        except SettingsError:  # a frame that cannot be read has no identity
            asked = ""
        return Place(index, origin.coordinates, origin.labels, asked, reason)

    def _identity(self, place: Place, settings: Settings) -> str:
        known = self._had.get(place.asked)
        if known is not None:
            return known
        resolved = self._localised(self._schema.resolve(settings))
        if resolved.seed is None:
            resolved = resolved.replace(seed=secrets.randbelow(MAX_SEED + 1))
        name = content_id(resolved)
        if name not in self._ids:
            self._settings[name] = resolved
        return name

    def _localised(self, settings: Settings) -> Settings:
        """With frames kept in the Library; each is read once, however many points have it."""
        changes = {}
        for name in FILE_FIELDS:
            frame = getattr(settings, name)
            if frame is None:
                continue
            if (name, frame) not in self._frames:
                alone = self._library.recall(Settings(**{name: frame}))
                self._frames[name, frame] = getattr(self._library.localise(alone), name)
            changes[name] = self._frames[name, frame]
        return settings.replace(**changes) if changes else settings


def _index(place: Place) -> int:
    return place.index
