"""What the points of a sweep will take: time by earlier renders, room by earlier clips."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from framepack_widgets.errors import LibraryError
from framepack_widgets.forecast import source_of
from framepack_widgets.length import Render, RenderPlan, estimate_seconds, plan
from framepack_widgets.schema import Schema
from framepack_widgets.settings import Settings
from framepack_widgets.sweeps.table import Row, Table

_SHAPE = (
    *("model", "seconds", "latent_window_size", "steps", "width", "height", "start_frame"),
    *("video", "combine_with_source", "cfg_scale", "cache", "use_teacache"),
)


@dataclass(frozen=True)
class Cost:
    """What one render takes."""

    seconds: tuple[float, float] | None
    """(low, high) of its time, s; None: nothing like it was rendered on this Studio yet."""
    frames: int
    """Frames of the clip."""
    bytes: int | None
    """Room of the clip on disk; None: not known."""


UNKNOWN = Cost(None, 0, None)


class Costs:
    """The costs of points, remembered by what they depend on."""

    def __init__(
        self,
        table: Table,
        schema: Schema,
        history: Sequence[Render],
        bytes_per_pixel: float | None,
    ) -> None:
        self._table, self._schema, self._history = table, schema, history
        self._bytes_per_pixel = bytes_per_pixel
        self._columns = [n for n, name in enumerate(table.fields) if name in _SHAPE]
        self._coarse: list[dict[int, Any]] = [{} for _ in self._columns]
        self._known: dict[tuple[Any, ...], Cost] = {}
        self._times: dict[tuple[Any, ...], tuple[float, float] | None] = {}
        self._sources: dict[Any, tuple[tuple[int, int] | None, int | None]] = {}

    def of(self, row: Row) -> Cost:
        """What the point takes; the same object for points that take the same."""
        key = []
        for column, coarse in zip(self._columns, self._coarse, strict=True):
            place = row[column]
            if place not in coarse:
                coarse[place] = self._kind(column, place)
            key.append(coarse[place])
        found = self._known.get(tuple(key))
        if found is None:
            found = self._known[tuple(key)] = self._of(row)
        return found

    def _kind(self, column: int, place: int) -> Any:
        """The value, or what alone of it counts: CFG above 1, a cache in use."""
        name, value = self._table.fields[column], self._table.values[column][place]
        field = self._schema.get(name)
        value = value if value is None or field is None else field.canonical(value)
        if name == "cfg_scale" and value is not None:
            return "real" if value != 1 else "none"
        if name == "cache" and value is not None:
            return "cached" if value != "None" else "not cached"
        return place

    def _of(self, row: Row) -> Cost:
        names = [name for name in _SHAPE if self._table.value(name, row) is not None]
        settings = Settings(**{name: self._table.value(name, row) for name in names})
        resolved = self._schema.resolve(settings)
        try:
            size, frames = self._source(resolved)
            wanted = plan(resolved, start_size=size, source_frames=frames)
        except (OSError, ValueError, LibraryError):
            return UNKNOWN  # a file that cannot be looked at: the server will tell
        return Cost(self._time(wanted), wanted.frames, self._room(wanted))

    def _source(self, resolved: Settings) -> tuple[tuple[int, int] | None, int | None]:
        key = (resolved.model, resolved.start_frame, resolved.video)
        if key not in self._sources:
            self._sources[key] = source_of(resolved)
        return self._sources[key]

    def _time(self, wanted: RenderPlan) -> tuple[float, float] | None:
        shape = (wanted.total_steps, wanted.width, wanted.height, wanted.real_cfg, wanted.cached)
        if shape not in self._times:
            self._times[shape] = estimate_seconds(wanted, self._history)
        return self._times[shape]

    def _room(self, wanted: RenderPlan) -> int | None:
        if self._bytes_per_pixel is None or not wanted.width or not wanted.height:
            return None
        return round(self._bytes_per_pixel * wanted.width * wanted.height * wanted.frames)
