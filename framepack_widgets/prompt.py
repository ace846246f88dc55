"""Timed prompts, read the way a Studio reads them.

`[0s: it looks up] [2s-3s: it yawns]`: rules read in modules/prompt_handler.py and in the worker of
FramePack Studio 0.5.1, odd ones included; 0.6-dev has the same.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise

from framepack_widgets.length import FPS, frames, section_latents, sections
from framepack_widgets.models import facts_of

# The "s" is required, lower case; no space around "-" or after "["; no newline within the text.
PART = re.compile(r"\[(\d+(?:\.\d+)?)s(?:-(\d+(?:\.\d+)?)s)?\s*:\s*(.*?)\]")
_MEANT_AS_PART = re.compile(r"\[\s*[-+.]?\d[^\]\n]*\]?")
_LONGEST_TIME = 1e9  # s; digits beyond a float's range would stop the arithmetic


@dataclass(frozen=True)
class PromptPart:
    """One text with its time in the clip, s."""

    start: float
    end: float | None
    """None: until the next part begins, or the clip ends."""
    text: str


@dataclass(frozen=True)
class TimedPrompt:
    """A prompt taken apart. Without timed parts all of it is `loose`."""

    parts: tuple[PromptPart, ...]
    """In the order they were written."""
    loose: str
    """The text outside of the brackets: for a Studio one more part, from 0 s."""


def parse(text: str) -> TimedPrompt:
    """The timed parts of a prompt and the rest. Every text is a prompt: nothing raises."""
    if "[" not in text or "]" not in text:
        return TimedPrompt((), text.strip())
    parts, loose = [], text
    for match in PART.finditer(text):
        start, end, words = match.groups()
        parts.append(PromptPart(float(start), float(end) if end else None, words.strip()))
        loose = loose.replace(match.group(0), "")
    return TimedPrompt(tuple(parts), loose.strip())


def format(prompt: TimedPrompt | Iterable[PromptPart]) -> str:  # noqa: A001 (prompt.format)
    """The text that a Studio reads as these parts.

    Raises ValueError for parts that cannot be written: a "]" or a line break within a text, a
    negative time, a loose text that itself looks like a part.
    """
    wanted = prompt if isinstance(prompt, TimedPrompt) else TimedPrompt(tuple(prompt), "")
    written = " ".join(_written(part) for part in wanted.parts)
    for text in (f"{wanted.loose} {written}".strip(), f"{written} {wanted.loose}".strip()):
        if parse(text) == wanted:
            return text
    raise ValueError(
        f"this cannot be written as a timed prompt: {wanted!r}. Texts may hold no ']' and no line "
        "break, times may not be negative."
    )


def boundaries(seconds: float, window: int) -> list[float]:
    """Where timed parts may begin, s: a Studio moves every time to the nearest of these.

    They are (4 window - 3) / 30 s apart, 1.1 s for a window of 9; the sections that are rendered
    are a little longer (1.2 s).
    """
    step = _snap_step(window)
    return [round(number * step, 6) for number in range(math.ceil(seconds / step - 1e-9))]


def as_rendered(
    text: str, seconds: float, window: int, model: str | None, *, start_frame: bool = True
) -> list[tuple[float, float, str]]:
    """Which text rules which time of the finished clip: (start, end, text), s, without gaps.

    seconds: the length asked for; the clip itself may be a little longer or shorter. What the
    server's blending between parts mixes in ("Number of sections to blend") is left out.
    """
    facts = facts_of(model)
    parts = _server_parts(text, seconds, window, from_end=facts.from_end)
    counts = section_latents(sections(seconds, window), window, model, start_frame=start_frame)
    first = 1 if counts[0] > window and facts.start_comes_first else 0
    ruled, last = [], counts[-1]
    for number, after in enumerate(counts):
        before = counts[number - 1] if number else 0
        words = _ruling(parts, _looked_at(before or first))
        begin, end = (last - after, last - before) if facts.from_end else (before, after)
        ruled.append((frames(begin) / FPS, frames(end) / FPS, words))
    return _merged(sorted(ruled))


def problems(text: str, seconds: float) -> list[str]:
    """What a Studio would not do as written, in sentences; an empty list where all is well."""
    prompt = parse(text)
    said = [
        f"{found.group(0)!r} is not read as a timed part. Write [2s: text] or [2s-3.5s: text]."
        for found in _MEANT_AS_PART.finditer(prompt.loose)
    ]
    for part in prompt.parts:
        name = heading(part)
        if not part.text:
            said.append(f"{name} has no text.")
        if part.start >= seconds:
            said.append(f"{name} begins after the end of the clip ({seconds:g} s).")
        elif part.end is not None and part.end > seconds:
            said.append(f"{name} goes on after the end of the clip ({seconds:g} s).")
        if part.end is not None and part.end <= part.start:
            said.append(f"{name} ends before it begins.")
    return said + _overlaps(prompt)


def _overlaps(prompt: TimedPrompt) -> list[str]:
    said = []
    ordered = sorted(prompt.parts, key=lambda part: part.start)
    for part, following in pairwise(ordered):
        same = part.start == following.start
        if same or (part.end is not None and part.start < following.start < part.end):
            said.append(f"{heading(part)} and {heading(following)} overlap; one of them loses.")
    if prompt.loose and ordered and ordered[0].start == 0:
        name = heading(ordered[0])
        said.append(f"The text outside of the brackets begins at 0 s, too, and overlaps {name}.")
    return said


def _server_parts(text: str, seconds: float, window: int, *, from_end: bool) -> list[PromptPart]:
    """The parts as the worker holds them: ends filled in, snapped, turned round."""
    prompt = parse(text)
    if not prompt.parts:
        return [PromptPart(0, None, prompt.loose)]
    parts = list(prompt.parts)
    if prompt.loose:
        parts.append(PromptPart(0, None, prompt.loose))
    parts.sort(key=lambda part: part.start)  # stable: the loose text comes after others at 0 s
    starts = [part.start for part in parts[1:]] + [seconds]
    placed = [
        _snapped(part.start, next_start if part.end is None else part.end, part.text, window)
        for part, next_start in zip(parts, starts, strict=True)
    ]
    if not from_end:
        return placed
    turned = [
        replace(part, start=seconds - (part.end or 0), end=seconds - part.start) for part in placed
    ]
    return sorted(turned, key=lambda part: part.start)


def snapped(start: float, end: float, window: int) -> tuple[float, float]:
    """Where a Studio really begins and ends a part, s."""
    part = _snapped(start, end, "", window)
    return part.start, part.end or part.start


def _snapped(start: float, end: float, text: str, window: int) -> PromptPart:
    step = _snap_step(window)
    first = round(min(start, _LONGEST_TIME) / step) * step
    last = round(min(end, _LONGEST_TIME) / step) * step
    return PromptPart(first, last if last > first else first + step, text)


def _snap_step(window: int) -> float:
    return (window * 4 - 3) / FPS


def _looked_at(latents: int) -> float:
    """The time that the worker compares with the parts, with so many latent frames made, s."""
    time = (latents * 4 - 3) / FPS
    return time if time >= 0 else 0.01


def _ruling(parts: list[PromptPart], time: float) -> str:
    for part in parts:
        if part.start <= time and (part.end is None or time < part.end):
            return part.text
    return parts[0].text


def _merged(ruled: list[tuple[float, float, str]]) -> list[tuple[float, float, str]]:
    merged: list[tuple[float, float, str]] = []
    for start, end, words in ruled:
        if merged and merged[-1][2] == words:
            merged[-1] = (merged[-1][0], end, words)
        else:
            merged.append((start, end, words))
    return merged


def _written(part: PromptPart) -> str:
    end = "" if part.end is None else f"-{_seconds(part.end)}s"
    return f"[{_seconds(part.start)}s{end}: {part.text}]"


def _seconds(time: float) -> str:
    """Without an exponent, which a Studio does not read, and with every digit."""
    if not 0 <= time < math.inf:
        raise ValueError(f"{time} is no time in a clip")
    text = f"{time:.12f}".rstrip("0").rstrip(".")
    return text if float(text) == time else f"{time:.400f}".rstrip("0")


def heading(part: PromptPart) -> str:
    """How `problems` calls a part: "[2s-3s: ...]"."""
    end = "" if part.end is None else f"-{part.end:g}s"
    return f"[{part.start:g}s{end}: ...]"
