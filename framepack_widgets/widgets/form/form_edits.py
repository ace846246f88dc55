"""What somebody did to a field in the page, as the field's new value. Pure."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any, TypeAlias

from framepack_widgets.fields import Field
from framepack_widgets.schema import Schema
from framepack_widgets.settings import MAX_SEED, Settings
from framepack_widgets.widgets.form.form_rows import typed_number

Edit: TypeAlias = Mapping[str, Any]
"""A message of the page about one field."""


def edited_value(field: Field | None, message: Edit, resolved: Settings, schema: Schema) -> Any:
    """The value after this edit; None: back to the server's own default.

    message holds one of: "reset"; "text" (typed, a number or a text); "index" (of a choice); "on"
    (of a switch, or with "item" of one of several choices); "lora" with "on" or "text" (a weight).
    """
    if message.get("reset") or field is None:
        return None
    if "lora" in message:
        return _loras(message, resolved.loras, schema)
    if "item" in message:
        return _several(field, message, resolved.set_values().get(field.name))
    if "index" in message:
        index = message["index"]
        offered = isinstance(index, int) and 0 <= index < len(field.values)
        return field.values[index] if offered else None
    if "on" in message:
        return message["on"] is True
    text = str(message.get("text", ""))
    return text if field.kind == "text" else typed_number(text, field)


def seed_after(
    message: Mapping[str, Any], seed: Any, last: int | None
) -> tuple[int | None, int | None]:
    """(seed, last seed) after the dice or the lock was pressed; None: a new one each time."""
    if message.get("lock") is False:
        return None, seed if isinstance(seed, int) else last
    if "dice" in message or last is None:
        last = secrets.randbelow(MAX_SEED + 1)
    return last, last


def _several(field: Field, message: Mapping[str, Any], before: Any) -> tuple[Any, ...]:
    index = message["item"]
    if not isinstance(index, int) or not 0 <= index < len(field.values):
        return before if isinstance(before, tuple) else ()
    chosen = list(before) if isinstance(before, tuple) else []
    item = field.values[index]
    if message.get("on") is True and item not in chosen:
        chosen.append(item)
    elif message.get("on") is not True:
        chosen = [one for one in chosen if one != item]
    return tuple(chosen)


def _loras(message: Mapping[str, Any], before: Any, schema: Schema) -> dict[str, Any]:
    name = str(message["lora"])
    weights = dict(before) if isinstance(before, Mapping) else {}
    slider = next((field for field in schema.lora_fields if field.lora == name), None)
    if "text" in message:
        weight = typed_number(str(message["text"]), slider)
        weights[name] = _default(slider) if weight is None else weight
    elif message.get("on") is True:
        weights.setdefault(name, _default(slider))
    else:
        weights.pop(name, None)
    return weights


def _default(slider: Field | None) -> Any:
    return slider.default if slider is not None and slider.default is not None else 1.0
