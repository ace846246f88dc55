"""Problems of all points of a sweep, each worked out once for the few settings it depends on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from framepack_widgets.file_checks import check_frames
from framepack_widgets.problem import Problem
from framepack_widgets.schema import Schema
from framepack_widgets.settings import Settings
from framepack_widgets.sweeps.sources import FRAMES
from framepack_widgets.sweeps.table import Row, Table
from framepack_widgets.validation import validate
from framepack_widgets.value_checks import check_value

# What the problems of a setting depend on besides its own value, read in validation.py and
# effects.py; a test compares this with `validate` of the whole settings.
DEPENDS: Mapping[str, tuple[str, ...]] = {
    "prompt": ("seconds",),
    "blend_sections": ("prompt",),
    "negative_prompt": ("cfg_scale",),
    "cfg_rescale": ("cfg_scale",),
    "teacache_steps": ("cache", "use_teacache"),
    "teacache_threshold": ("cache", "use_teacache"),
    "magcache_threshold": ("cache", "use_teacache"),
    "magcache_max_skips": ("cache", "use_teacache"),
    "magcache_retention": ("cache", "use_teacache"),
    "width": ("model", "start_frame"),
    "height": ("model", "start_frame"),
    "latent_image": ("model", "start_frame"),
    "clean_up": (),
    "context_frames": ("model",),
    "combine_with_source": ("model",),
    "video": ("model",),
    "start_frame": ("model",),
    "end_frame": ("model",),
    "end_frame_influence": ("model", "end_frame"),
}
_EVEN_IF_UNSET = ("prompt", "video", "end_frame")  # a default prompt, a frame that a model needs


class Rules:
    """The problems of points, remembered by what they depend on."""

    def __init__(self, table: Table, schema: Schema, *, check_files: bool) -> None:
        self._table, self._schema, self._check_files = table, schema, check_files
        names = dict.fromkeys([*table.constant, *table.fields, *_EVEN_IF_UNSET])
        self._always: list[Problem] = []
        self._varying: list[tuple[str, tuple[int, ...], dict[Any, tuple[Problem, ...]]]] = []
        for name in names:
            around = (name, *DEPENDS.get(name, ()))
            columns = tuple(c for n in around if (c := table.column(n)) is not None)
            if columns:
                self._varying.append((name, columns, {}))
            else:
                self._always += self._of(name, ())

    @property
    def always(self) -> tuple[Problem, ...]:
        """Problems and warnings that every point has."""
        return tuple(self._always)

    def of(self, row: Row) -> list[Problem]:
        """The point's other problems and warnings."""
        found: list[Problem] = []
        for name, columns, known in self._varying:
            # The usual cases are written out: this runs a million times.
            key = row[columns[0]] if len(columns) == 1 else tuple([row[c] for c in columns])
            told = known.get(key)
            if told is None:
                told = known[key] = tuple(self._of(name, row))
            if told:
                found += told
        return found

    def _of(self, name: str, row: Row) -> list[Problem]:
        value = self._table.value(name, row)
        found = [] if value is None else check_value(name, value, self._schema)
        if name in DEPENDS:
            around = {n: self._table.value(n, row) for n in (name, *DEPENDS[name])}
            report = validate(Settings(**around), self._schema, check_files=False)
            told = [p for p in (*report.problems, *report.warnings) if p.field == name]
            found += [problem for problem in told if problem not in found]
        if self._check_files and name in FRAMES and value is not None:
            found += check_frames(Settings(**{name: value}), self._schema)
        return found
