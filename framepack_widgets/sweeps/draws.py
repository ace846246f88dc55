"""Values that are drawn: at random or by a Sobol sequence, which fills a space evenly."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from framepack_widgets.errors import FramePackError, SettingsError
from framepack_widgets.frozen import freeze
from framepack_widgets.settings import Settings
from framepack_widgets.sweeps.sources import Seeds, drawn_seeds
from framepack_widgets.sweeps.spread import Spread
from framepack_widgets.value_checks import is_finite_number


class Distribution(Protocol):
    """Where values are drawn from."""

    def at(self, share: float) -> Any:
        """The value below which this share (0 to 1) of all draws lies."""
        ...


@dataclass(frozen=True)
class Uniform:
    """Every number between two is as likely."""

    low: float
    high: float

    def at(self, share: float) -> float:
        value = _short(self.low + (self.high - self.low) * share)
        return min(max(value, self.low), self.high)


@dataclass(frozen=True)
class LogUniform:
    """Every ratio is as likely: as many values from 0.01 to 0.1 as from 0.1 to 1."""

    low: float
    high: float

    def at(self, share: float) -> float:
        low, high = math.log(self.low), math.log(self.high)
        return min(max(_short(math.exp(low + (high - low) * share)), self.low), self.high)


@dataclass(frozen=True)
class Choice:
    """Every option is as likely."""

    options: tuple[Any, ...]

    def at(self, share: float) -> Any:
        return self.options[min(int(share * len(self.options)), len(self.options) - 1)]


def uniform(low: float, high: float) -> Uniform:
    """Numbers from low to high, for Sweep.random and Sweep.sobol. Raises SettingsError."""
    return Uniform(*_range("uniform", low, high))


def log_uniform(low: float, high: float) -> LogUniform:
    """Numbers from low to high, both above 0, every ratio as likely. Raises SettingsError."""
    found = _range("log_uniform", low, high)
    if found[0] <= 0:
        raise SettingsError(f"log_uniform goes from a number above 0 to another, not {low!r}.")
    return LogUniform(*found)


def choice(*options: Any) -> Choice:
    """One of these options: fp.choice([10, 20, 30]). Raises SettingsError for none at all."""
    only = options[0] if len(options) == 1 else options
    is_list = hasattr(only, "tolist") or isinstance(only, (list, tuple, range))
    found = only.tolist() if hasattr(only, "tolist") else only
    frozen = tuple(freeze(item) for item in found) if is_list else (freeze(only),)
    if not frozen or not options:
        raise SettingsError("choice needs something to choose from: choice([10, 20, 30]).")
    return Choice(frozen)


def is_distribution(value: object) -> bool:
    """Whether values can be drawn from this."""
    return isinstance(value, (Uniform, LogUniform, Choice, Seeds))


def drawn(
    settings: Settings, ways: dict[str, Any], shares: Sequence[Sequence[float]]
) -> dict[str, Any]:
    """{axis: values}, one value a point; `shares`: for each point one number for each axis."""
    found: dict[str, Any] = {}
    for place, (name, way) in enumerate(ways.items()):
        if isinstance(way, Seeds):
            found[name] = drawn_seeds(settings, Seeds(len(shares), way.draw))
            continue
        values = [way.at(row[place]) for row in shares]
        found[name] = tuple(values) if isinstance(way, Choice) else Spread(values)
    return found


def random_shares(count: int, axes: int, seed: int) -> list[list[float]]:
    """Numbers from 0 to 1, `axes` for each of `count` points; the same for the same seed."""
    numbers = random.Random(seed)
    return [[numbers.random() for _ in range(axes)] for _ in range(count)]


def sobol_shares(count: int, axes: int, seed: int) -> list[list[float]]:
    """The same from a scrambled Sobol sequence. Raises FramePackError where scipy is missing."""
    try:
        from scipy.stats import qmc
    except ImportError as error:
        raise FramePackError(
            'Sweep.sobol needs scipy: pip install "framepack-widgets[analysis]", or use '
            "Sweep.random."
        ) from error
    try:
        sequence = qmc.Sobol(axes, scramble=True, rng=seed)
    except TypeError:  # scipy before 1.15
        sequence = qmc.Sobol(axes, scramble=True, seed=seed)
    points = sequence.random_base2(max(count - 1, 0).bit_length())
    return [[float(share) for share in row] for row in points[:count]]


def _range(name: str, low: Any, high: Any) -> tuple[float, float]:
    low, high = freeze(low), freeze(high)
    if not (is_finite_number(low) and is_finite_number(high) and low < high):
        raise SettingsError(f"{name} goes from a number to a larger one, not {low!r} to {high!r}.")
    return low, high


def _short(number: float) -> float:
    """Four digits: nobody sees a difference, and labels stay readable."""
    return float(f"{number:.4g}")
