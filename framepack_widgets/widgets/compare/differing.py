"""Which settings tell several clips apart, in short texts to stand under each of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any, NamedTuple

from framepack_widgets.frozen import plain
from framepack_widgets.images import ImageData
from framepack_widgets.settings import KNOWN, Settings
from framepack_widgets.sweeps.value_labels import key_of, labels_of

LORA = "loras."
_LONGEST = 400  # characters of a whole text; prompts may be of any length
_KEPT_NAME = re.compile(r"[0-9a-f]{64}")  # how a Library names a frame: by its content


class Difference(NamedTuple):
    """One setting of one clip that another clip has otherwise."""

    name: str
    """As in Python; a LoRA's weight is "loras.<name>"."""
    text: str
    """Short, and another one for each other value."""
    whole: str
    """The value in full."""


def flat(settings: Settings) -> dict[str, Any]:
    """What is set, {name: value}, with a name of its own for each LoRA's weight."""
    found: dict[str, Any] = {}
    for name, value in settings.set_values().items():
        if name == "loras" and isinstance(value, Mapping):
            found.update((f"{LORA}{lora}", weight) for lora, weight in value.items())
        else:
            found[name] = value
    return found


def differing(all_settings: Sequence[Settings | None]) -> list[list[Difference]]:
    """For each clip the settings that not all clips share, in the order of `Settings`.

    None: nobody knows them; such a clip gets no differences and makes none.
    """
    known = [flat(settings) for settings in all_settings if settings is not None]
    names = [name for name in _in_order(known) if len({_key(v.get(name)) for v in known}) > 1]
    columns = {name: _texts([values.get(name) for values in known], name) for name in names}
    rows = iter(range(len(known)))
    return [
        [] if settings is None else _row(next(rows), names, known, columns)
        for settings in all_settings
    ]


def _row(
    row: int, names: list[str], known: list[dict[str, Any]], columns: dict[str, tuple[str, ...]]
) -> list[Difference]:
    return [Difference(name, columns[name][row], _whole(known[row].get(name))) for name in names]


def _in_order(known: Sequence[Mapping[str, Any]]) -> list[str]:
    place = {name: number for number, name in enumerate(KNOWN)}
    names = dict.fromkeys(name for values in known for name in values)
    return sorted(names, key=lambda name: place.get(name.split(".")[0], len(place)))


def _key(value: Any) -> Any:
    return value.sha256 if isinstance(value, ImageData) else key_of(_named(value))


def _texts(values: Sequence[Any], name: str) -> tuple[str, ...]:
    return labels_of([_named(value) for value in values], name)


def _named(value: Any) -> Any:
    """A frame that a Library keeps, by the beginning of its fingerprint."""
    if isinstance(value, str) and len(value) > 64:
        stem = PurePath(value.replace("\\", "/")).stem
        if _KEPT_NAME.fullmatch(stem):
            return f"image {stem[:6]}"
    return value


def _whole(value: Any) -> str:
    if value is None:
        return "unset"
    text = str(value) if isinstance(value, (str, ImageData)) else repr(plain(value))
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
