"""A job's record as a row of the database and back."""

from __future__ import annotations

import dataclasses
import json
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from framepack_widgets import durable
from framepack_widgets.frozen import freeze
from framepack_widgets.job import JobRecord, JobState, Progress, Trace, Wish
from framepack_widgets.library.inputs import Inputs, kept_names
from framepack_widgets.library.search import searchable
from framepack_widgets.settings import Settings

COLUMNS = "id, studio, state, created_at, clip, settings, progress, record"

_APART = {"settings", "progress"}
_FIELDS = tuple(item.name for item in dataclasses.fields(JobRecord) if item.name not in _APART)
_CACHED = (
    10_000  # Settings kept in memory; a list of jobs is read again and again while one renders
)


class Rows:
    """Reads and writes rows for one Library's folder."""

    def __init__(self, inputs: Inputs) -> None:
        self._inputs = inputs
        self._settings: OrderedDict[str, Settings] = OrderedDict()

    def insert(self, record: JobRecord) -> dict[str, Any]:
        """Every column but `position`."""
        return {
            "id": record.id,
            "model": record.settings.model or "",
            "run": record.run,
            "content": record.content,
            "settings": self.settings_text(record.settings),
            **self.update(record),
        }

    def settings_text(self, settings: Settings) -> str:
        """Settings as their column holds them."""
        return durable.json_text(self._inputs.to_stored(settings))

    def inputs_of(self, settings: Settings) -> set[str]:
        """The names of the kept files that these settings use."""
        return set(kept_names(self._inputs.to_stored(settings)).values())

    def update(self, record: JobRecord) -> dict[str, Any]:
        """The columns that may change after a job was made. Settings never do."""
        return {
            "studio": record.studio,
            "state": record.state.value,
            "open": int(not record.state.is_finished),
            "created_at": record.created_at,
            "clip": record.clip,
            "search": searchable(record),
            "stars": record.stars,
            **self.progress(record),
            "record": _to_json({name: getattr(record, name) for name in _FIELDS}),
        }

    def progress(self, record: JobRecord) -> dict[str, Any]:
        """The column that changes about once a second."""
        return {"progress": _to_json(record.progress.to_dict()) if record.progress else None}

    def record(self, row: tuple[Any, ...]) -> JobRecord:
        """The record of a row of `COLUMNS`."""
        job_id, studio, state, created_at, clip, settings, progress, rest = row
        values = json.loads(rest)
        # Fields that a newer version of this package wrote are left alone.
        values = {name: value for name, value in values.items() if name in _FIELDS}
        values.update(
            id=job_id,
            studio=studio,
            settings=self.read_settings(settings),
            created_at=created_at,
            state=JobState(state),
            wish=Wish(values["wish"]),
            trace=Trace.from_dict(values["trace"]),
            notes=tuple(values["notes"]),
            parents=tuple(values.get("parents") or ()),
            options=freeze(values.get("options") or {}),
            clip=clip,
            progress=Progress.from_dict(json.loads(progress)) if progress else None,
        )
        return JobRecord(**values)

    def read_settings(self, text: str) -> Settings:
        """What `settings_text` wrote."""
        # A sweep is read as a whole every time the page is drawn; equal text is the same object.
        known = self._settings.get(text)
        if known is None:
            known = self._inputs.from_stored(json.loads(text))
            self._settings[text] = known
            while len(self._settings) > _CACHED:
                try:
                    self._settings.popitem(last=False)
                except KeyError:  # another thread was faster
                    break
        return known


def inputs_of(settings_column: str) -> set[str]:
    """The names of the kept files that a row's settings use."""
    return set(kept_names(json.loads(settings_column)).values())


def _to_json(value: dict[str, Any]) -> str:
    return durable.json_text(value, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, Trace):
        return value.to_dict()
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"a job's record holds {value!r}, which the Library cannot keep")
