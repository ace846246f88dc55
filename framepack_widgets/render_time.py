"""How long a render takes, from what the same Studio took for earlier ones. Pure numbers.

Time is taken for a part that every render has (loading, encoding) and one that grows with the work:
steps times pixels. Both are read from earlier renders of the same kind, where these differ in work.
"""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from framepack_widgets.length import RenderPlan

_NEWEST = 20  # renders that count
_USUAL = 1.15  # times like each other differ by so much anyway
_FIXED_SHARE = 0.3  # of a render's time, at most, may not depend on its work, where nobody knows
_APART = 1.1  # works that tell something about how the time grows
_FLATTEST = 0.3  # of the usual rate: time always grows with the work
_CFG = (1.0, 2.2)  # how much longer a render of real CFG takes; every step is computed twice
_UNCACHED = (1.0, 2.5)  # how much longer one without a cache takes


class Render(NamedTuple):
    """What an earlier render on the same Studio took."""

    total_steps: int
    pixels: int
    """width * height, px."""
    real_cfg: bool
    cached: bool
    seconds: float

    @property
    def work(self) -> int:
        """What its time grows with."""
        return self.total_steps * self.pixels


def estimate_seconds(
    plan: RenderPlan, history: Sequence[Render | tuple[int, int, bool, bool, float]]
) -> tuple[float, float] | None:
    """How long the render will take, s, as (low, high), or None where nothing is known.

    history: earlier renders on this Studio, oldest first. Only those of the same kind count (real
    CFG or not, cached or not); where there is none, all do, and the span is wide.
    """
    renders = [Render(*r) for r in history]
    usable = [r for r in renders if r.total_steps > 0 and r.pixels > 0 and r.seconds > 0]
    if not usable or plan.width is None or plan.height is None:
        return None
    work = plan.total_steps * plan.width * plan.height
    alike = [r for r in usable if r.real_cfg == plan.real_cfg and r.cached == plan.cached]
    if alike:
        return _span(alike[-_NEWEST:], work)
    nearest = [r for r in usable if r.cached == plan.cached] or usable
    spans = [_of_another_kind(plan, nearest, kind) for kind in {_kind(r) for r in nearest}]
    return min(low for low, _ in spans), max(high for _, high in spans)


def _kind(render: Render) -> tuple[bool, bool]:
    return render.real_cfg, render.cached


def _of_another_kind(
    plan: RenderPlan, renders: Sequence[Render], kind: tuple[bool, bool]
) -> tuple[float, float]:
    """(low, high), s, judged by renders of that kind alone, which is not the plan's."""
    work = plan.total_steps * (plan.width or 0) * (plan.height or 0)
    low, high = _span([r for r in renders if _kind(r) == kind][-_NEWEST:], work)
    for wanted, had, (least, most) in (
        (plan.real_cfg, kind[0], _CFG),
        (not plan.cached, not kind[1], _UNCACHED),
    ):
        if wanted and not had:
            low, high = low * least, high * most
        elif had and not wanted:
            low, high = low / most, high / least
    return low, high


def _span(renders: Sequence[Render], work: float) -> tuple[float, float]:
    """(low, high), s, of a render of the same kind and so much work."""
    spans = [
        (low * (fixed + rate * work), high * (fixed + rate * work))
        for fixed, rate, low, high in _lines(tuple(renders))
    ]
    return min(low for low, _ in spans), max(high for _, high in spans)


@lru_cache(maxsize=64)  # a plan asks for thousands of renders by the same earlier ones
def _lines(renders: tuple[Render, ...]) -> tuple[tuple[float, float, float, float], ...]:
    """(fixed part, s; rate, s per work; how much less and more of it may be), that may hold.

    One where the renders tell how much is fixed, else two.
    """
    usual = statistics.median(r.seconds / r.work for r in renders)
    slopes = [
        (b.seconds - a.seconds) / (b.work - a.work)
        for a, b in itertools.combinations(sorted(renders, key=lambda r: r.work), 2)
        if b.work > a.work * _APART
    ]
    if not slopes:
        share = _FIXED_SHARE * statistics.median(r.seconds for r in renders)
        lines = [(0.0, usual), (share, usual * (1 - _FIXED_SHARE))]
    else:
        rate = min(usual, max(statistics.median(slopes), usual * _FLATTEST))
        lines = [(max(0.0, statistics.median(r.seconds - rate * r.work for r in renders)), rate)]
    return tuple((fixed, rate, *_spread(renders, fixed, rate)) for fixed, rate in lines)


def _spread(renders: Sequence[Render], fixed: float, rate: float) -> tuple[float, float]:
    # One slow render (the first loads the model) shall not pull the whole span up.
    off = sorted(r.seconds / (fixed + rate * r.work) for r in renders)
    return min(1 / _USUAL, _quantile(off, 0.2)), max(_USUAL, _quantile(off, 0.8))


def _quantile(ordered: Sequence[float], share: float) -> float:
    return ordered[round(share * (len(ordered) - 1))]
