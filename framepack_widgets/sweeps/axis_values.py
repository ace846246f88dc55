"""The values of an axis as a text that people type: `1, 1.5, 2`, `1..3/5`, `10:50:10`.

1, 1.5, 2           these values
1..3/5              five values from 1 to 3
10:50:10            10, 20, 30, 40, 50; the end is included where a step hits it
MagCache, "a, b"    texts; with quotes where they hold a comma or look like something else
true, false, unset  flags, and "leave it to the server"
{"film": 0.5}       LoRAs with their weights
seeds(4)            also linspace, logspace, search_replace, alternatives, uniform ...
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from framepack_widgets.errors import SettingsError
from framepack_widgets.frozen import freeze, plain
from framepack_widgets.images import ImageData
from framepack_widgets.sweeps.draws import choice, log_uniform, uniform
from framepack_widgets.sweeps.sources import alternatives, search_replace, seeds
from framepack_widgets.sweeps.spread import Spread, linspace, logspace, stepped

__all__ = ["Spread", "format", "linspace", "logspace", "parse"]

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_IS_NUMBER = re.compile(_NUMBER)
_EVENLY = re.compile(rf"({_NUMBER})\s*\.\.\s*({_NUMBER})\s*/\s*(\d+)")
_IN_STEPS = re.compile(rf"({_NUMBER})\s*:\s*({_NUMBER})(?:\s*:\s*({_NUMBER}))?")
_CALL = re.compile(r"\s*([a-z_]+)\((.*)\)\s*", re.DOTALL)
_WORDS: Mapping[str, Any] = {"true": True, "false": False, "unset": None}
_BARE = re.compile(r"[^\W\d](?:[\w .-]*\w)?")  # texts that need no quotes, if nothing else reads so
_CALLS: Mapping[str, Callable[..., Any]] = {
    "alternatives": alternatives,
    "choice": choice,
    "linspace": linspace,
    "log_uniform": log_uniform,
    "logspace": logspace,
    "search_replace": search_replace,
    "seeds": seeds,
    "uniform": uniform,
}


def parse(text: str) -> Any:
    """The values that a text names: a tuple, or what `seeds(4)` and its like give.

    Raises SettingsError saying which part cannot be read.
    """
    call = _CALL.fullmatch(text)
    if call is not None and call[1] in _CALLS:
        try:
            return _CALLS[call[1]](*parse(call[2]))
        except TypeError as error:
            raise SettingsError(f"{text.strip()!r} cannot be read ({error}).") from error
    found: list[Any] = []
    spread = True
    for item in _items(text):
        values = _values(item)
        spread = spread and isinstance(values, Spread)
        found += values
    return Spread(found) if spread and found else tuple(found)


def format(values: Iterable[Any], *, quoted: bool = False) -> str:  # noqa: A001 (axis_values.format)
    """The text that `parse` reads as these values. quoted: texts always stand in quotes."""
    return ", ".join(_written(value, quoted=quoted) for value in values)


def _written(value: Any, *, quoted: bool) -> str:
    if value is None:
        return "unset"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value).replace("inf", "1e999")
    if isinstance(value, int):
        return str(value)
    if isinstance(value, (Mapping, list, tuple)):
        return json.dumps(plain(value), ensure_ascii=False)
    text = value.to_data_url() if isinstance(value, ImageData) else str(value)
    if not quoted and _BARE.fullmatch(text) and text.casefold() not in _WORDS:
        return text
    return json.dumps(text, ensure_ascii=False)


def _items(text: str) -> Iterator[str]:
    """The text between the commas that lie outside of quotes, braces and brackets."""
    start, depth, quote, escaped = 0, 0, "", False
    for place, sign in enumerate(text):
        if escaped:
            escaped = False
        elif quote:
            escaped = sign == "\\"
            quote = "" if sign == quote else quote
        elif sign in "\"'" and (sign == '"' or not text[start:place].strip()):
            quote = sign  # the apostrophe within a word is no quote
        elif sign in "{[(":
            depth += 1
        elif sign in "}])":
            depth -= 1
        elif sign == "," and depth <= 0:
            yield text[start:place].strip()
            start = place + 1
    if quote:
        raise SettingsError(f"a quote is not closed: {text[start:].strip()[:60]!r}.")
    if text[start:].strip() or start:
        yield text[start:].strip()


def _values(item: str) -> tuple[Any, ...]:
    if not item:
        raise SettingsError("there is nothing between two commas, or after the last one.")
    if item[0] in "\"'":
        return (_unquoted(item),)
    if item[0] in "{[":
        try:
            return (freeze(json.loads(item)),)
        except ValueError as error:
            raise SettingsError(f"{item[:60]!r} is no JSON ({error}).") from error
    if _IS_NUMBER.fullmatch(item):
        return (_number(item),)
    if match := _EVENLY.fullmatch(item):
        return linspace(_number(match[1]), _number(match[2]), int(match[3]))
    if match := _IN_STEPS.fullmatch(item):
        return stepped(_number(match[1]), _number(match[2]), _number(match[3] or "1"))
    return (_WORDS.get(item.casefold(), item),)


def _unquoted(item: str) -> str:
    quote = item[0]
    if len(item) < 2 or item[-1] != quote:
        raise SettingsError(f"{item[:60]!r}: after the quote a comma has to follow.")
    if quote == '"':
        try:
            return str(json.loads(item, strict=False))
        except ValueError as error:
            raise SettingsError(f"{item[:60]!r} is no text in quotes ({error}).") from error
    return re.sub(r"\\(.)", r"\1", item[1:-1], flags=re.DOTALL)


def _number(text: str) -> float:
    return int(text) if re.fullmatch(r"[-+]?\d+", text) else float(text)
