"""Timed prompts as a Studio understands them: `[0s: it looks up] [2s-4s: it yawns]`. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .sections import BACKWARD_MODELS, FPS

_TIMED = re.compile(r"\[(\d+(?:\.\d+)?)s(?:-(\d+(?:\.\d+)?)s)?\s*:\s*(.*?)\]")


@dataclass(frozen=True)
class TimedPrompt:
    """A prompt and when it applies, in seconds of RENDERED time (which may run backwards)."""

    text: str
    start: float = 0.0
    end: float | None = None


def parse_prompts(prompt: str, seconds: float, window: float, model: str) -> list[TimedPrompt]:
    """The parts of a prompt, snapped to sections; reversed for models that render backwards.

    Text outside of brackets applies from 0 s. A part without an end lasts until the next begins.
    """
    if "[" not in prompt or "]" not in prompt:
        return [TimedPrompt(prompt.strip())]
    parts = [
        TimedPrompt(match[3].strip(), float(match[1]), float(match[2]) if match[2] else None)
        for match in _TIMED.finditer(prompt)
    ]
    rest = _TIMED.sub("", prompt).strip()
    if rest:
        parts.append(TimedPrompt(rest))
    parts.sort(key=lambda part: part.start)
    ends = [part.start for part in parts[1:]] + [seconds]
    step = (window * 4 - 3) / FPS  # s; the length that a Studio snaps to
    snapped = []
    for part, following in zip(parts, ends, strict=True):
        start = round(part.start / step) * step
        end = round((following if part.end is None else part.end) / step) * step
        snapped.append(TimedPrompt(part.text, start, end if end > start else start + step))
    if model not in BACKWARD_MODELS:
        return snapped
    turned = [TimedPrompt(p.text, seconds - (p.end or 0.0), seconds - p.start) for p in snapped]
    return sorted(turned, key=lambda part: part.start)


def prompt_at(prompts: list[TimedPrompt], latents: int) -> str:
    """Which prompt applies when `latents` latent frames have been rendered."""
    position = (latents * 4 - 3) / FPS
    if position < 0:
        position = 0.01
    for part in prompts:
        if part.start <= position and (part.end is None or position < part.end):
            return part.text
    return prompts[0].text
