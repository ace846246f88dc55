"""What the page draws for each field: what stays the same, and what changes. Pure.

Numbers go to the page as text, so that what somebody typed stays what it is, right or wrong.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from framepack_widgets.effects import no_effect_of
from framepack_widgets.fields import Field, short_number
from framepack_widgets.frozen import FrozenDict
from framepack_widgets.problem import Problem, Report
from framepack_widgets.schema import Schema
from framepack_widgets.settings import MAX_SEED, Settings
from framepack_widgets.trigger_words import occurs
from framepack_widgets.widgets.form.groups import is_changed, short_label

Note = list[str]  # [severity, text]: "error", "warning", or "quiet" for what is only worth knowing

_NUMBERS = ("integer", "number", "weight")
_LONGEST_VALUE = 200
_NO_TRIGGER = "None of its trigger words is in the prompt."
_PYTHON_NAME = re.compile(r"(?<![\w.'\"/])[a-z]+(?:_[a-z0-9]+)+(?![\w.'\"/=])")


def spec_of(field: Field, schema: Schema) -> dict[str, Any]:
    """What the page must know of a field to draw its row; a kind it does not know is only told."""
    spec = {
        "name": field.name,
        "label": short_label(field),
        "kind": _page_kind(field),
        "help": tooltip(field),
        **_range(field),
        "default": shown(field, field.default),
    }
    if field.choices and field.kind in ("choice", "choices"):
        spec["choices"] = [label for label, _ in field.choices]
    if field.name == "loras":
        weights = {weight.lora: weight for weight in schema.lora_fields}
        spec["choices"] = list(schema.loras)
        spec["weights"] = {
            name: _range(weights[name]) | {"default": shown(weights[name], weights[name].default)}
            for name in schema.loras
            if name in weights
        }
    return spec


def foreign_spec(name: str) -> dict[str, Any]:
    """The row of a value that is set, and that this Studio has no field for."""
    return {
        "name": name,
        "label": name,
        "kind": "foreign",
        "help": "Set in these settings, but this Studio has no such field.",
    }


def _page_kind(field: Field) -> str:
    if field.name in ("seed", "loras"):
        return field.name
    if field.kind in _NUMBERS:
        return "number"
    return field.kind if field.kind in ("choice", "choices", "flag", "text") else "unknown"


def _range(field: Field) -> dict[str, Any]:
    """min, max and step of a slider; nothing where the server names no range."""
    low, high = field.minimum, field.maximum
    if field.kind not in _NUMBERS or low is None or high is None or not low < high:
        return {}
    step = field.step or (1 if field.kind == "integer" else (high - low) / 100)
    return {"min": low, "max": high, "step": step}


def tooltip(field: Field) -> str:
    """Help, label, range and default of the server, for people."""
    parts = [field.help or "", f'On the Studio\'s page: "{field.label}".']
    if field.range_text():
        step = f" in steps of {short_number(field.step)}" if field.step else ""
        parts.append(f"{field.range_text()}{step}; values between are fine.".capitalize())
    if field.kind in (*_NUMBERS, "choice", "flag") and field.name != "seed":
        told = {True: "on", False: "off"}.get(field.default, field.default)
        parts.append(f"The Studio's own value: {told}.")
    if field.name == "seed":
        parts.append(f"0 to {MAX_SEED}. The same seed and settings give the same clip.")
    return "\n".join(part for part in parts if part)


def shown(field: Field | None, value: Any) -> Any:
    """The value as the page takes it: text of a number, index of a choice, ..."""
    if field is None:
        return _short(value)
    if field.name == "loras":
        return _weights(value)
    if field.kind in _NUMBERS:
        return number_text(value)
    if field.kind == "flag":
        return value if isinstance(value, bool) else None
    if field.kind == "choice":
        return _index(field, value)
    if field.kind == "choices":
        listed = value if isinstance(value, tuple) else () if value is None else (value,)
        return [_index(field, item) for item in listed]
    if field.kind == "text":
        return "" if value is None else value if isinstance(value, str) else _short(value)
    return _short(value)


def number_text(value: Any) -> str:
    """A number as somebody would type it; anything else as Python shows it."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return _short(value)
    if isinstance(value, float) and math.isfinite(value):
        return short_number(value) if abs(value) < 1e15 else repr(value)
    return _short(value)


def _index(field: Field, value: Any) -> Any:
    """The place among the choices; of a value that is not offered, its text."""
    chosen = field.canonical(value)
    for place, offered in enumerate(field.values):
        if offered == chosen and type(offered) is type(chosen):
            return place
    return _short(value)


def _weights(value: Any) -> Any:
    if isinstance(value, Mapping):
        return [[str(name), number_text(weight)] for name, weight in value.items()]
    return [] if value is None or value == () else _short(value)


def _short(value: Any) -> str:
    try:
        text = value if isinstance(value, str) else repr(value)
    except ValueError:  # Python refuses to write out whole numbers of thousands of digits
        return "a huge number"
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"


def typed_number(text: str, field: Field | None) -> Any:
    """What somebody typed into a number's box, as it stands; None for an empty box.

    A text that is no number stays the text: the check of the settings says so.
    """
    text = text.strip()
    if not text:
        return None
    for read in (int, float):
        try:
            value: Any = read(text)
        except ValueError:
            continue
        if field is not None and field.kind == "integer":  # 25.0 is the 25 that is meant
            return field.canonical(value)
        return value
    return text


def row_state(
    name: str, settings: Settings, resolved: Settings, schema: Schema, notes: Iterable[Note]
) -> dict[str, Any]:
    """The changing part of a row."""
    value = settings.set_values().get(name)
    field = schema.get(name)
    if value is None and field is not None:
        value = resolved.set_values().get(name)  # the server's default
    return {
        "value": shown(field, value),
        "changed": is_changed(name, settings, schema),
        "notes": [list(note) for note in notes],
    }


def lora_state(
    kept: Mapping[str, Any], resolved: Settings, schema: Schema
) -> dict[str, dict[str, Any]]:
    """{LoRA: what the page tells about it}, of those that are on or that something is kept about.

    kept: {LoRA: LoraNote}. Notes of those that are off are shortened: they are only a tooltip.
    """
    chosen = resolved.loras if isinstance(resolved.loras, Mapping) else FrozenDict()
    prompt = resolved.prompt if isinstance(resolved.prompt, str) else ""
    shown: dict[str, dict[str, Any]] = {}
    for name in dict.fromkeys((*schema.loras, *map(str, chosen))):
        note = kept.get(name)
        if name not in chosen:
            if note is not None and note.note:
                shown[name] = {"note": _short(note.note)}
            continue
        words = [[word, occurs(word, prompt)] for word in (note.triggers if note else ())]
        shown[name] = {
            "note": note.note if note else "",
            "triggers": words,
            "weight": number_text(note.weight) if note else "",
            "hint": _NO_TRIGGER if words and not any(there for _, there in words) else "",
        }
    return shown


def notes_of(
    name: str, settings: Settings, resolved: Settings, schema: Schema, report: Report
) -> list[Note]:
    """What is to be said under a field: errors, warnings, and that it has no effect now."""
    found = [problem for problem in (*report.problems, *report.warnings) if problem.field == name]
    told = [[problem.severity, in_words(_text(problem), schema)] for problem in found]
    if not told and not is_changed(name, settings, schema):
        idle = no_effect_of(name, resolved, schema)
        if idle is not None:
            told.append(["quiet", in_words(_sentence(idle[0]), schema)])
    return told


def in_words(text: str, schema: Schema) -> str:
    """The same text, with a field's label where it has the name that Python code uses."""

    def label(match: re.Match[str]) -> str:
        field = schema.get(match[0])
        return short_label(field) if field is not None else match[0]

    return _PYTHON_NAME.sub(label, text)


def _text(problem: Problem) -> str:
    return _sentence(problem.message) + (f" {problem.hint}" if problem.hint else "")


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] if text[:3] in ("no ", "the", "thi", "bes") else text


def notes_text(notes: Iterable[Note]) -> str:
    """The notes in one text, for widgets that show only that."""
    signs = {"error": "✖ ", "warning": "⚠ "}
    return "\n".join(signs.get(severity, "") + text for severity, text in notes)
