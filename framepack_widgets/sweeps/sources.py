"""Ways to say the values of an axis other than by listing them."""

from __future__ import annotations

import hashlib
import itertools
import json
import math
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from framepack_widgets.errors import SettingsError
from framepack_widgets.frozen import freeze
from framepack_widgets.settings import MAX_SEED, Settings
from framepack_widgets.sweeps.spread import MOST_VALUES

FRAMES = ("start_frame", "end_frame", "video")


@dataclass(frozen=True)
class SearchReplace:
    """One part of a text, and what may stand there instead."""

    values: tuple[str, ...]
    """The first is what is searched; it stands for itself."""


@dataclass(frozen=True)
class Alternatives:
    """A text with `{one|another}` in it."""

    template: str
    texts: tuple[str, ...]
    words: tuple[str, ...]
    """What was chosen in each text, for its label."""


@dataclass(frozen=True)
class Seeds:
    """So many seeds, drawn when the sweep is made."""

    count: int
    draw: int = 0


def search_replace(search: str, *replacements: str | Sequence[str]) -> SearchReplace:
    """The prompt as it is, then with every `search` in it replaced by each of the others.

    search must occur in the prompt (or in the timed part) that it is used on. Raises SettingsError.
    """
    flat: list[Any] = [search]
    for item in replacements:
        flat += [item] if isinstance(item, str) or not isinstance(item, Sequence) else item
    if not all(isinstance(text, str) for text in flat) or not flat[0]:
        raise SettingsError("search_replace takes texts: what is searched, then what replaces it.")
    if len(flat) < 2:
        raise SettingsError(f"search_replace has nothing to put in the place of {search!r}.")
    return SearchReplace(tuple(flat))


def alternatives(text: str) -> Alternatives:
    r"""A text for each choice of `{one|another}`: "a {red|blue} car" makes two texts.

    Several braces give all combinations, the first one slowest. Braces without "|" are text. A
    "{", "|" or "}" that is meant as itself beside others is written with a backslash. Raises
    SettingsError for braces within braces and for too many texts.
    """
    if not isinstance(text, str):
        raise SettingsError(f"alternatives takes a text with {{one|another}}, not {text!r}.")
    pieces: list[list[str]] = []
    for match in _PIECE.finditer(text):
        inner = match[1]
        choices = None if inner is None else _CHOICE.findall(inner)
        if choices is None or len(choices) < 2:
            pieces.append([_plain(match[0])])
        elif _OPENING.search(inner):
            raise SettingsError(f"{match[0]!r} has braces within braces. Write them out.")
        else:
            pieces.append([_plain(choice) for choice in choices])
    if math.prod(len(piece) for piece in pieces) > MOST_VALUES:
        raise SettingsError(f"{text[:40]!r}… makes more than {MOST_VALUES:,} texts.")
    chosen = list(itertools.product(*pieces))
    open_at = [n for n, piece in enumerate(pieces) if len(piece) > 1]
    words = tuple(", ".join(row[n].strip() or "nothing" for n in open_at) for row in chosen)
    return Alternatives(text, tuple("".join(row) for row in chosen), words)


# A brace with its inside up to its own end, an escaped sign, or what lies between.
_PIECE = re.compile(r"\{((?:\\.|[^\\{}]|\{[^{}]*\})*)\}|\\.|[^\\{]+|.", re.DOTALL)
_CHOICE = re.compile(r"(?:^|\|)((?:\\.|[^\\|])*)", re.DOTALL)
_OPENING = re.compile(r"(?<!\\)(?:\\\\)*\{")


def _plain(text: str) -> str:
    return re.sub(r"\\([{}|\\])", r"\1", text)


def seeds(count: int, *, draw: int = 0) -> Seeds:
    """`count` seeds, drawn when the sweep is made and recorded in it.

    They follow from the settings (frames left out): the same cell run again has the same seeds, and
    seeds(5) begins with those of seeds(4). Another `draw` gives others. Raises SettingsError.
    """
    count, draw = freeze(count), freeze(draw)
    if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= MOST_VALUES:
        raise SettingsError(f"seeds(count) draws 1 to {MOST_VALUES:,} seeds, not {count!r}.")
    return Seeds(count, int(draw))


def drawn_seeds(settings: Settings, wanted: Seeds) -> tuple[int, ...]:
    """The seeds that `wanted` stands for beside these settings."""
    kept = {n: v for n, v in settings.to_dict().items() if n not in FRAMES and n != "seed"}
    text = json.dumps([kept, wanted.draw], sort_keys=True, ensure_ascii=True)
    numbers = random.Random(hashlib.sha256(text.encode()).hexdigest())
    return tuple(numbers.randrange(MAX_SEED + 1) for _ in range(wanted.count))
