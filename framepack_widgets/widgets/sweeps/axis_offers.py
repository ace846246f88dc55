"""What an axis can be made of on a Studio: the choices of the editor's rows. Pure."""

from __future__ import annotations

import re
from typing import NamedTuple

from framepack_widgets.fields import Field, short_number
from framepack_widgets.prompt import PART
from framepack_widgets.schema import Schema
from framepack_widgets.settings import Settings
from framepack_widgets.sweeps.sources import FRAMES
from framepack_widgets.sweeps.targets import LORA, TEXTS
from framepack_widgets.widgets.form.groups import GROUPS, grouped, short_label

REPLACE = "~replace"
NEW_SEEDS = "seed~new"
_OTHER = {"unknown", "choices", "weight"}
_MOST_CHOICES = 8


class Offer(NamedTuple):
    """One thing that a row can vary."""

    key: str
    """The axis' name; with `~` in it: a way to write values that has a row of its own."""
    label: str
    group: str
    hint: str
    """What may be written."""
    example: str
    is_long: bool = False
    """Several lines: one value each."""


def offers(schema: Schema, base: Settings) -> list[Offer]:
    """Everything that a row can vary, in the order and with the words of the form."""
    found: list[Offer] = []
    groups = grouped(schema)
    for group in GROUPS:
        for field in groups[group]:
            if field.name == "loras":
                found += _loras(schema)
            elif field.name in TEXTS:
                found += _texts(field, base)
            elif field.kind not in _OTHER:
                found += _plain(field, group)
    return found


def _plain(field: Field, group: str) -> list[Offer]:
    label = short_label(field)
    if field.name == "seed":
        return [
            Offer(NEW_SEEDS, "New seeds", group, "how many", "4"),
            Offer("seed", label, group, "whole numbers, or a range such as 1:4", "1, 2, 3"),
        ]
    if field.name in FRAMES:
        hint = "a folder or a pattern on the kernel's machine; several files in quotes, with commas"
        return [Offer(field.name, label, group, hint, "frames/*.png")]
    if field.kind == "flag":
        return [Offer(field.name, label, group, "true, false", "true, false")]
    if field.kind == "choice":
        names = [str(value) for value in field.values]
        some = ", ".join(names[:_MOST_CHOICES]) + (", …" if len(names) > _MOST_CHOICES else "")
        return [Offer(field.name, label, group, f"of {some}", ", ".join(names[:2]))]
    if field.kind in ("number", "integer"):
        return [Offer(field.name, label, group, _range(field), _numbers(field))]
    return [Offer(field.name, label, group, "one value a line", "", is_long=True)]


def _texts(field: Field, base: Settings) -> list[Offer]:
    label = short_label(field)
    each = "one text a line; {red|blue} stands for each of its words"
    words = "what is searched, then what replaces it"
    found = [
        Offer(field.name + REPLACE, f"{label}: search and replace", "prompt", words, "cat, dog"),
        Offer(field.name, f"{label}: whole texts", "prompt", each, "", is_long=True),
    ]
    text = base.set_values().get(field.name)
    parts = list(PART.finditer(text)) if isinstance(text, str) else []
    for number, _ in enumerate(parts, 1):
        name = f"{field.name}[{number}]"
        title = f"{label}, timed part {number}"
        found.append(Offer(name, f"{title}: text", "prompt", each, "", is_long=True))
        found.append(Offer(f"{name}.start", f"{title}: start (s)", "prompt", "seconds", "1, 1.5"))
    return found


def _loras(schema: Schema) -> list[Offer]:
    weights = {field.lora: field for field in schema.lora_fields}
    return [
        Offer(
            LORA + name, f"LoRA {name}: weight", "LoRAs",
            _range(weights[name]) if name in weights else "weights", "0, 0.5, 1",
        )
        for name in schema.loras
    ]  # fmt: skip


def _range(field: Field) -> str:
    if field.minimum is None or field.maximum is None:
        return "numbers, or a range"
    step = f", in steps of {short_number(field.step)}" if field.step else ""
    return f"{short_number(field.minimum)} to {short_number(field.maximum)}{step}"


def _numbers(field: Field) -> str:
    """Values that such a field takes, one below its default and one above."""
    low, high, value = field.minimum, field.maximum, field.default
    if (
        low is None
        or high is None
        or isinstance(value, bool)
        or not isinstance(value, (int, float))
    ):
        return "1, 2, 3"
    found = sorted({*(_step(field, value * by) for by in (0.8, 1.2)), _step(field, value)})
    inside = [number for number in found if low <= number <= high]
    if len(inside) < 2:
        inside = sorted({_step(field, number) for number in (low, (low + high) / 2, high)})
    return ", ".join(short_number(number) for number in inside)


def _step(field: Field, value: float) -> float:
    step = field.step or (1 if field.kind == "integer" else 0.1)
    rounded = round(value / step) * step
    return round(rounded) if field.kind == "integer" else float(f"{rounded:.6g}")


def base_name(key: str) -> str:
    """The axis' name that a key of an offer stands for."""
    return re.sub(r"~.*", "", key)
