"""A number of ours, carried through a render in digits that change nothing.

A Studio writes its float sliders raw into the sidecar beside a clip, also those that the other
settings make inert. A 40-bit stamp in units of 1e-15, added to such a slider's value, therefore
says for certain whose clip a file is: no file name and no queue row does. The largest stamp is an
offset of 0.0011, well below the sliders' step of 0.01, and 1e-15 is coarse enough for a double and
for JSON.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from framepack_widgets.fields import Field
from framepack_widgets.schema import Schema
from framepack_widgets.settings import Settings
from framepack_widgets.sidecar import KEYS
from framepack_widgets.studio.dialect import switch_among

BITS = 40
MAX_STAMP = 2**BITS - 1
_UNIT = Fraction(1, 10**15)
_REACH = MAX_STAMP * _UNIT
# Above this a double's own grid comes near the unit, and stamps would blur.
_LARGEST_BASE = 4

SIDECAR_KEYS: Mapping[str, str] = {
    name: KEYS[name] for name in ("teacache_threshold", "magcache_threshold")
}
"""Where the sidecar keeps the fields that may carry a stamp, {field: key}."""


def inert_field(schema: Schema, settings: Settings) -> Field | None:
    """The slider that these settings make inert and the sidecar records raw.

    None where there is none, or where this package does not know: then nothing is stamped. Which
    one it is, `studio.dialect` says.
    """
    switch = switch_among(schema)
    if switch is None:
        return None
    deciding = schema[switch.field]
    value = getattr(settings, switch.field)
    choice = switch.choice(deciding.default if value is None else deciding.canonical(value))
    carrier = schema.get(choice.carrier) if choice is not None and choice.carrier else None
    return carrier if carrier is not None and _can_carry(carrier) else None


def drawn(schema: Schema, settings: Settings) -> dict[str, Any]:
    """A new stamp for these settings, as fields of a JobRecord; empty where none can be carried."""
    field = inert_field(schema, settings)
    if field is None:
        return {}
    return {
        "stamp": 1 + secrets.randbelow(MAX_STAMP),
        "stamp_key": SIDECAR_KEYS[field.name],
        "stamp_step": field.step,
    }


def apply(value: float, stamp: int, field: Field) -> float:
    """The slider's value with the stamp in it, within the field's range.

    What was below the step before is dropped (the field is inert). The stamp is added, or taken
    away where adding would leave the range. Raises ValueError for a stamp outside 1..2**40-1 (0
    would read as no stamp) and for a field that cannot carry one.
    """
    if not 1 <= stamp <= MAX_STAMP:
        raise ValueError(f"a stamp is a number from 1 to {MAX_STAMP}, not {stamp}")
    if not _can_carry(field):
        raise ValueError(f"{field.name} has no room for a stamp below its step")
    base, offset = _on_grid(value, field.step), stamp * _UNIT
    if field.minimum is not None:
        base = max(base, _exact(field.minimum))
    if field.maximum is not None:
        base = min(base, _exact(field.maximum))
        if base + offset > _exact(field.maximum):
            offset = -offset
    return float(base + offset)


def read(value: float, field_step: float) -> int | None:
    """The stamp in a value, or None where there is none: a value on the grid or far from it."""
    if not _is_usable(value, field_step):
        return None
    stamp = round(abs(Fraction(value) - _on_grid(value, field_step)) / _UNIT)
    return stamp if 1 <= stamp <= MAX_STAMP else None


def strip(value: float, step: float) -> float:
    """The nearest multiple of the step: the value as it was before it was stamped."""
    return float(_on_grid(value, step)) if _is_usable(value, step) else value


def _on_grid(value: float, step: float | None) -> Fraction:
    grid = _exact(step or 1)
    return round(Fraction(value) / grid) * grid


def _exact(number: float) -> Fraction:
    """The decimal that was written down (0.01), not the double that stands for it."""
    return Fraction(repr(number))


def _can_carry(field: Field) -> bool:
    if field.kind != "number" or not field.step or field.name not in SIDECAR_KEYS:
        return False
    if field.minimum is None or field.maximum is None:
        return False
    low, high, step = (_exact(number) for number in (field.minimum, field.maximum, field.step))
    on_grid = low % step == 0 and high % step == 0
    fits = step > 2 * _REACH and high - low > 2 * _REACH
    return on_grid and fits and max(abs(low), abs(high)) <= _LARGEST_BASE


def _is_usable(value: Any, step: Any) -> bool:
    numbers = all(isinstance(n, (int, float)) and not isinstance(n, bool) for n in (value, step))
    return numbers and abs(value) < 1e6 and 0 < step < 1e6
