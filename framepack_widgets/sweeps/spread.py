"""Numbers along a range: evenly, by ratio, in steps. Exact where decimals are exact."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from framepack_widgets.errors import SettingsError
from framepack_widgets.frozen import freeze
from framepack_widgets.value_checks import is_finite_number

MOST_VALUES = 1_000_000  # along one axis


class Spread(tuple[Any, ...]):
    """Numbers that were computed, not chosen one by one.

    An axis rounds them to what its field takes (25.5 steps are none).
    """

    __slots__ = ()


def linspace(start: float, stop: float, count: int) -> Spread:
    """`count` numbers from start to stop, both included, evenly apart.

    Decimals stay what they are: linspace(1, 2, 11) holds 1.1. On an axis they are rounded to the
    step of its field. Raises SettingsError for a count that is not at least 1.
    """
    first, last = _numbers("linspace", start, stop)
    parts = _counted("linspace", count)
    if parts == 1:
        return Spread((float(first),))
    way, begin = _exact(last) - _exact(first), _exact(first)
    return Spread(float(begin + way * Fraction(i, parts - 1)) for i in range(parts))


def logspace(start: float, stop: float, count: int) -> Spread:
    """`count` numbers from start to stop, both included, each the same multiple of the last.

    start and stop are the values themselves, above 0, not their exponents as numpy's logspace has
    it. On an axis they are rounded to the step of its field. Raises SettingsError.
    """
    first, last = _numbers("logspace", start, stop)
    parts = _counted("logspace", count)
    if first <= 0 or last <= 0:
        raise SettingsError(f"logspace goes from one number above 0 to another, not {first:g}.")
    if parts == 1:
        return Spread((float(first),))
    low, high = math.log(first), math.log(last)
    inner = [math.exp(low + (high - low) * i / (parts - 1)) for i in range(1, parts - 1)]
    return Spread([float(first), *(float(f"{value:.12g}") for value in inner), float(last)])


def stepped(start: float, stop: float, step: float) -> tuple[float, ...]:
    """From start in steps; stop is included where a step hits it. Raises SettingsError."""
    first, last, by = (_exact(number) for number in (start, stop, step))
    count = math.floor((last - first) / by) + 1 if by else 0
    if count < 1:
        raise SettingsError(
            f"{start:g}:{stop:g}:{step:g} holds no value. Write start:stop:step, 10:50:10."
        )
    _counted("start:stop:step", count)
    whole = all(isinstance(number, int) for number in (start, step))
    return tuple((int if whole else float)(first + by * i) for i in range(count))


def rounded(value: Any, step: float | None, minimum: float | None, *, whole: bool) -> Any:
    """The number on the field's grid that is nearest; other values are handed through."""
    if not is_finite_number(value):
        return value
    grid = _exact(step) if step else Fraction(0)
    if whole:
        grid = max(grid, Fraction(1)) if grid.denominator == 1 else Fraction(1)
    if not grid:
        return value
    origin = _exact(minimum) if minimum is not None else Fraction(0)
    placed = origin + round((_exact(value) - origin) / grid) * grid
    return int(placed) if whole else float(placed)


def _numbers(name: str, start: Any, stop: Any) -> tuple[float, float]:
    found = freeze(start), freeze(stop)
    for number in found:
        if not is_finite_number(number):
            raise SettingsError(f"{name} goes from one number to another, not {number!r}.")
    return found


def _counted(name: str, count: Any) -> int:
    count = freeze(count)
    if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= MOST_VALUES:
        raise SettingsError(f"{name} gives 1 to {MOST_VALUES:,} values, not {count!r}.")
    return count


def _exact(number: float) -> Fraction:
    """The decimal that was written down (0.1), not the double that stands for it."""
    return Fraction(number) if isinstance(number, int) else Fraction(repr(float(number)))
