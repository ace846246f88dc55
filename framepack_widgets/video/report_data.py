"""A report's points as the page's script reads them: plain JSON, every text as it is."""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeGuard

from framepack_widgets.frozen import plain
from framepack_widgets.images import ImageData
from framepack_widgets.library.inputs import FILE_FIELDS
from framepack_widgets.settings import Settings
from framepack_widgets.video.report_point import ReportPoint

_LONGEST = 2000  # characters of one value, as shown; copying gives all of it


def axes_of(points: Sequence[ReportPoint]) -> list[dict[str, Any]]:
    """The axes in the order in which they come, each with the labels of its values, in order."""
    found: dict[str, dict[int, str]] = {}
    for point in points:
        for name, place in point.coordinates.items():
            label = str(point.labels.get(name, place))
            found.setdefault(name, {}).setdefault(place, label)
    return [
        {"name": name, "values": [labels[place] for place in sorted(labels)]}
        for name, labels in found.items()
    ]


def places_of(points: Sequence[ReportPoint]) -> list[list[int]]:
    """For each point, which value of each axis it has, counted as `axes_of` lists them; or -1."""
    used: dict[str, set[int]] = {}
    for point in points:
        for name, place in point.coordinates.items():
            used.setdefault(name, set()).add(place)
    rank = {name: {p: n for n, p in enumerate(sorted(places))} for name, places in used.items()}
    return [
        [rank[name][point.coordinates[name]] if name in point.coordinates else -1 for name in rank]
        for point in points
    ]


def common_of(points: Sequence[ReportPoint]) -> dict[str, str]:
    """{setting: text} of what all points share."""
    texts = [settings_texts(point.settings) for point in points]
    first = texts[0] if texts else {}
    return {n: v for n, v in first.items() if all(other.get(n) == v for other in texts)}


def settings_texts(settings: Settings) -> dict[str, str]:
    """{setting: its value as one reads it}."""
    return {
        name: _file_name(value) if name in FILE_FIELDS else _shown(value)
        for name, value in settings.set_values().items()
    }


def _file_name(value: Any) -> str:
    """Without its folder: a page is sent to others. What is copied from it names the whole path."""
    return re.split(r"[\\/]", value)[-1] if isinstance(value, str) else _shown(value)


def point_data(
    point: ReportPoint, places: Sequence[int], common: Mapping[str, str]
) -> dict[str, Any]:
    """What the page knows of a point, apart from its clip."""
    portable = _portable(point.settings)
    texts = settings_texts(point.settings)
    on_axes = point.coordinates
    poster = point.poster
    return {
        "at": list(places),
        "label": ", ".join(f"{n}: {v}" for n, v in point.labels.items() if n not in on_axes),
        "state": point.state,
        "error": point.error,
        "stars": max(0, min(5, int(point.stars))),
        "note": point.note,
        "metrics": {n: round(v, 4) for n, v in point.metrics.items() if _is_number(v)},
        "own": {name: text for name, text in texts.items() if name not in common},
        "python": portable.as_python(),
        "json": json.dumps(portable.to_dict(), ensure_ascii=False, indent=1),
        "poster": base64.b64encode(poster).decode("ascii") if poster else "",
    }


def _is_number(value: float | None) -> TypeGuard[float]:
    return value is not None and math.isfinite(value)  # the page's JSON knows no other numbers


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_shown(item)}" for name, item in value.items()) or "none"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float):
        return f"{value:g}" if abs(value) < 1e6 else repr(value)
    if isinstance(value, str):
        return value if len(value) <= _LONGEST else f"{value[:_LONGEST]}…"
    if isinstance(value, ImageData):
        return str(value)
    text = json.dumps(plain(value), ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _portable(settings: Settings) -> Settings:
    """Images in memory by the name that a Library keeps them under: a page is no place for them."""
    images = {n: v for n, v in settings.set_values().items() if isinstance(v, ImageData)}
    return settings.replace(**{name: f"{image.sha256}.png" for name, image in images.items()})
