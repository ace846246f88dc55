"""A sweep in words: as JSON, as Python, as one line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from framepack_widgets.images import ImageData
from framepack_widgets.sweeps.axis import Axis
from framepack_widgets.sweeps.value_labels import labels_of

if TYPE_CHECKING:
    from framepack_widgets.settings import Settings
    from framepack_widgets.sweeps.sweep import Sweep


def as_dict(sweep: Sweep) -> dict[str, Any]:
    """What `Sweep.from_dict` reads; plain JSON."""
    found: dict[str, Any] = {"settings": sweep.settings.to_dict(), "combine": sweep.combine}
    if sweep.combine == "list":
        return {**found, "points": [point.settings.to_dict() for point in sweep]}
    found["axes"] = [axis.to_dict() for axis in sweep.axes]
    if sweep.limit is not None:
        found["limit"] = sweep.limit
    if not sweep.is_plain:
        found["kept"] = [[n, None if s is None else s.to_dict()] for n, s in sweep.kept()]
    return found


def as_python(sweep: Sweep) -> str:
    """The call that makes the sweep; images that live in memory appear as variables.

    Points that a `keep` function left are written out one by one.
    """
    if not sweep.is_plain:
        points = ",\n".join(_indented(_settings(point.settings)) for point in sweep)
        return f"fp.Sweep.of([\n{points},\n])"
    lines = [_indented(_settings(sweep.settings)) + ","]
    simple = all(_is_simple(axis) for axis in sweep.axes)
    lines += [f"    {_as_axis(axis)}," for axis in sweep.axes if not simple]
    if sweep.combine != "grid":
        lines.append(f"    combine={sweep.combine!r},")
    if sweep.limit is not None:
        lines.append(f"    limit={sweep.limit},")
    named = [axis for axis in sweep.axes if simple and axis.name.isidentifier()]
    # The order of the axes counts, so all go into one dict where one of the names has to.
    if len(named) == len(sweep.axes):
        lines += [f"    {axis.name}={_values(axis)}," for axis in named]
    elif simple:
        pairs = ", ".join(f"{axis.name!r}: {_values(axis)}" for axis in sweep.axes)
        lines.append(f"    **{{{pairs}}},")
    return "\n".join(["fp.Sweep(", *lines, ")"])


def as_line(sweep: Sweep) -> str:
    """`12 points: cfg_scale 3 × seed 4`; nothing has to be counted for it."""
    if sweep.combine == "grid":
        how = " × ".join(f"{axis.name} {len(axis)}" for axis in sweep.axes)
    else:
        how = ", ".join(axis.name for axis in sweep.axes)
        how = f"{how}, {'zipped' if sweep.combine == 'zip' else 'one by one'}" if how else ""
    size = sweep.raw_size if sweep.limit is None else min(sweep.raw_size, sweep.limit)
    most = "" if sweep.is_plain or sweep.combine == "list" else "at most "
    told = f"{most}{size:,} point{'' if size == 1 else 's'}"
    return f"Sweep({told}: {how})" if how else f"Sweep({told})"


def _settings(settings: Settings) -> str:
    return settings.as_python().replace("studio.submit(", "fp.Settings(", 1)


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())


def _is_simple(axis: Axis) -> bool:
    """Whether the list of values says all: no labels of its own, no text to be computed anew."""
    return axis.search is not None or axis.labels == labels_of(axis.values, axis.target.field)


def _as_axis(axis: Axis) -> str:
    if _is_simple(axis):
        return f"fp.Axis({axis.name!r}, {_values(axis)})"
    return f"fp.Axis({axis.name!r}, {_values(axis)}, labels={list(axis.labels)!r})"


def _values(axis: Axis) -> str:
    texts = [_value(value, axis, n) for n, value in enumerate(axis.values)]
    if axis.search is not None:
        return f"fp.search_replace({', '.join(texts)})"
    return f"[{', '.join(texts)}]"


def _value(value: Any, axis: Axis, number: int) -> str:
    if isinstance(value, ImageData):
        return f"{axis.target.field}_{number + 1}"
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return f"float({str(value)!r})"
    return repr(value)
