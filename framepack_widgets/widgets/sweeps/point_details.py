"""What there is to say about the selected points: one in full, several by what tells them apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from framepack_widgets.errors import FramePackError
from framepack_widgets.widgets.compare.differing import differing, flat
from framepack_widgets.widgets.sweeps.tile_text import tile

_MOST = 16  # points that are told apart at a time
_ALWAYS = ("seed", "steps", "cfg_scale", "seconds", "model")


def details(points: Sequence[Any]) -> dict[str, Any]:
    """For the page: {title, head: column titles, rows: [[name, value, ...]], error}."""
    if not points:
        return {"title": "", "head": [], "rows": [], "error": ""}
    if len(points) == 1:
        return _one(points[0])
    some = points[:_MOST]
    rest = f", the first {_MOST} are told apart" if len(points) > _MOST else ""
    return {
        "title": f"{len(points)} points{rest}",
        "head": ["", *(short_name(point) for point in some)],
        "rows": _apart(some),
        "error": "",
    }


def short_name(point: Any) -> str:
    """What a point is called beside others: its values on the axes."""
    labels = ", ".join(str(label) for label in point.labels.values())
    return labels or (f"point {point.number + 1}" if point.number >= 0 else "earlier point")


def long_name(point: Any) -> str:
    """`cfg_scale 1.5, seed 7`."""
    named = ", ".join(f"{axis} {label}" for axis, label in point.labels.items())
    return named or short_name(point)


def _one(point: Any) -> dict[str, Any]:
    rows = [["state", str(tile(point)["word"])]]
    error = str(point.error or "")
    try:
        settings = point.settings
        values = flat(settings)
        rows += [[axis, _value(axis, label, values)] for axis, label in point.labels.items()]
        rows += [
            [name, str(values[name])]
            for name in _ALWAYS
            if values.get(name) is not None and name not in point.labels
        ]
        clip = point.clip
        if clip is not None:
            rows.append(["file", str(clip.path)])
    except FramePackError as trouble:
        error = error or str(trouble)
    if point.job_id:
        rows.append(["job", str(point.job_id)])
    if not point.in_sweep:
        rows.append(["sweep", "it has this point no more; the clip is kept"])
    return {"title": long_name(point), "head": [], "rows": rows, "error": error}


def _value(axis: str, label: str, values: Mapping[str, Any]) -> str:
    """The whole value where the label may be a shortened one."""
    value = values.get(axis)
    return str(value) if isinstance(value, (str, int, float)) and len(str(value)) < 400 else label


def _apart(points: Sequence[Any]) -> list[list[str]]:
    settings = []
    for point in points:
        try:
            settings.append(point.settings)
        except FramePackError:
            settings.append(None)
    found = differing(settings)
    names = list(dict.fromkeys(item.name for row in found for item in row))
    texts = [{item.name: item.text for item in row} for row in found]
    return [[name, *(row.get(name, "") for row in texts)] for name in names]
