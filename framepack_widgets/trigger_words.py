"""Trigger words of LoRAs in a prompt: whether one is there, and putting one in. Pure."""

from __future__ import annotations

import re

from framepack_widgets.prompt import PART

_ENDS = (".", "!", "?", ",", ";", ":", "…")


def occurs(word: str, prompt: str) -> bool:
    """Whether the prompt has this word or phrase: as a whole, upper and lower case alike."""
    parts = [re.escape(part) for part in word.casefold().split()]
    pattern = r"(?<!\w)" + r"\s+".join(parts) + r"(?!\w)"
    return bool(parts) and re.search(pattern, prompt.casefold()) is not None


def with_word(prompt: str, word: str, near: str = "") -> str:
    """The prompt with this word at its end, after a comma.

    In a prompt of timed parts it goes to the end of the part whose text is `near`, else of the
    last one; nothing else of the prompt changes.
    """
    parts = list(PART.finditer(prompt))
    if not parts:
        return _joined(prompt, word)
    start, end = _outside(prompt, near) or _part(parts, near)
    return prompt[:start] + _joined(prompt[start:end], word) + prompt[end:]


def _part(parts: list[re.Match[str]], near: str) -> tuple[int, int]:
    wanted = near.strip()
    found = [part for part in parts if wanted and part[3].strip() == wanted]
    return (found or parts)[-1].span(3)


def _outside(prompt: str, near: str) -> tuple[int, int] | None:
    """Where the text outside of the brackets stands, if it is this one; of several, the last."""
    if not near.strip():
        return None
    edges = [0, *(edge for part in PART.finditer(prompt) for edge in part.span()), len(prompt)]
    pieces = list(zip(edges[::2], edges[1::2], strict=True))
    loose = "".join(prompt[start:end] for start, end in pieces)
    if loose.strip() != near.strip():
        return None
    return [(start, end) for start, end in pieces if prompt[start:end].strip()][-1]


def _joined(text: str, word: str) -> str:
    kept = text.rstrip()
    if not kept.strip():
        return text + word
    return f"{kept}{' ' if kept.endswith(_ENDS) else ', '}{word}{text[len(kept) :]}"
