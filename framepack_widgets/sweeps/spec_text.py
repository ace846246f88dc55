"""A sweep as the text of a spec file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from framepack_widgets.frozen import plain
from framepack_widgets.images import DATA_URL
from framepack_widgets.settings import KNOWN, Settings
from framepack_widgets.sweeps import axis_values
from framepack_widgets.sweeps.axis import Axis
from framepack_widgets.sweeps.sources import FRAMES
from framepack_widgets.sweeps.sweep import Sweep
from framepack_widgets.sweeps.toml_text import toml_text
from framepack_widgets.sweeps.value_labels import labels_of


def spec_text(
    sweep: Sweep, name: str = "", *, as_json: bool = False, folder: Path | None = None
) -> str:
    """The text of a spec file with this sweep, TOML or JSON; `load_spec` reads the same sweep.

    Drawn values and seeds are written as they were drawn, points that `keep` left one by one.
    folder: where the file will be; frames in it are named from there, others with their whole
    path. None: paths stay as they are.
    """
    data = spec_of(sweep, name, folder)
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n" if as_json else toml_text(data)


def spec_of(sweep: Sweep, name: str = "", folder: Path | None = None) -> dict[str, Any]:
    """What a spec file in that folder holds, as plain data."""
    data: dict[str, Any] = {"name": name} if name else {}
    if not sweep.is_plain:
        points = [point.settings for point in sweep]
        common = _common(points)
        data["settings"] = _settings(common, folder)
        data["points"] = [_settings(_without(point, common), folder) for point in points]
        return data
    if sweep.combine != "grid":
        data["combine"] = sweep.combine
    if sweep.limit is not None:
        data["limit"] = sweep.limit
    data["settings"] = _settings(sweep.settings, folder)
    data["axes"] = {axis.name: _axis(axis, folder) for axis in sweep.axes}
    return data


def _settings(settings: Settings, folder: Path | None) -> dict[str, Any]:
    values = settings.to_dict()
    for name in FRAMES:
        if name in values:
            values[name] = _placed(values[name], folder)
    extra = {name: value for name, value in values.items() if name not in KNOWN}
    known = {name: value for name, value in values.items() if name in KNOWN}
    return {**known, "extra": extra} if extra else known


def _axis(axis: Axis, folder: Path | None) -> Any:
    if axis.search is not None:
        return {"search_replace": list(axis.values)}
    is_frame = axis.target.field in FRAMES
    values = [plain(value) for value in axis.values]
    values = [_placed(value, folder) for value in values] if is_frame else values
    has_own = axis.labels != labels_of(axis.values, axis.target.field)
    labels = {"labels": list(axis.labels)} if has_own else {}
    if None in values:  # TOML has none
        text = axis_values.format(values, quoted=axis.target.is_text or is_frame)
        return {"text": text, **labels} if labels else text
    return {"values": values, **labels} if labels else values


def _placed(value: Any, folder: Path | None) -> Any:
    """A frame's path as it is written in a file of that folder."""
    if folder is None or not isinstance(value, str) or value.startswith(DATA_URL):
        return value
    path = Path(value).expanduser().absolute()
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else str(path)


def _common(points: list[Settings]) -> Settings:
    first = points[0].set_values() if points else {}
    others = [point.set_values() for point in points[1:]]
    same = {n: v for n, v in first.items() if all(n in o and o[n] == v for o in others)}
    return Settings(**same)


def _without(point: Settings, common: Settings) -> Settings:
    known = common.set_values()
    return Settings(**{n: v for n, v in point.set_values().items() if n not in known})
