"""A sweep as the text of a spec file."""

from __future__ import annotations

import json
from typing import Any

from framepack_widgets.frozen import plain
from framepack_widgets.settings import KNOWN, Settings
from framepack_widgets.sweeps.axis import Axis
from framepack_widgets.sweeps.sweep import Sweep
from framepack_widgets.sweeps.toml_text import toml_text
from framepack_widgets.sweeps.value_labels import labels_of


def spec_text(sweep: Sweep, name: str = "", *, as_json: bool = False) -> str:
    """The text of a spec file with this sweep, TOML or JSON; `load_spec` reads the same sweep.

    Drawn values and seeds are written as they were drawn, points that `keep` left one by one.
    """
    data = spec_of(sweep, name)
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n" if as_json else toml_text(data)


def spec_of(sweep: Sweep, name: str = "") -> dict[str, Any]:
    """What a spec file holds, as plain data."""
    data: dict[str, Any] = {"name": name} if name else {}
    if not sweep.is_plain:
        points = [point.settings for point in sweep]
        common = _common(points)
        data["settings"] = _settings(common)
        data["points"] = [_settings(_without(point, common)) for point in points]
        return data
    if sweep.combine != "grid":
        data["combine"] = sweep.combine
    if sweep.limit is not None:
        data["limit"] = sweep.limit
    data["settings"] = _settings(sweep.settings)
    data["axes"] = {axis.name: _axis(axis) for axis in sweep.axes}
    return data


def _settings(settings: Settings) -> dict[str, Any]:
    values = settings.to_dict()
    extra = {name: value for name, value in values.items() if name not in KNOWN}
    known = {name: value for name, value in values.items() if name in KNOWN}
    return {**known, "extra": extra} if extra else known


def _axis(axis: Axis) -> Any:
    if axis.search is not None:
        return {"search_replace": list(axis.values)}
    has_own = axis.labels != labels_of(axis.values, axis.target.field)
    labels = {"labels": list(axis.labels)} if has_own else {}
    if None in axis.values:  # TOML has none
        return {"text": axis.text, **labels} if labels else axis.text
    values = [plain(value) for value in axis.values]
    return {"values": values, **labels} if labels else values


def _common(points: list[Settings]) -> Settings:
    first = points[0].set_values() if points else {}
    others = [point.set_values() for point in points[1:]]
    same = {n: v for n, v in first.items() if all(n in o and o[n] == v for o in others)}
    return Settings(**same)


def _without(point: Settings, common: Settings) -> Settings:
    known = common.set_values()
    return Settings(**{n: v for n, v in point.set_values().items() if n not in known})
