"""Whether one value fits one field of a Studio."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from framepack_widgets.fields import Field, beyond
from framepack_widgets.images import ImageData, NotAnImage
from framepack_widgets.labels import RANDOMIZE
from framepack_widgets.problem import Problem
from framepack_widgets.schema import Schema
from framepack_widgets.schema_text import shortened
from framepack_widgets.settings import MAX_SEED


def check_value(name: str, value: Any, schema: Schema) -> list[Problem]:
    """What is wrong with this value under this name; an empty list if nothing is."""
    field = schema.get(name)
    if field is None:
        return [_unknown_name(name, schema)]
    if name == "loras":
        return _check_loras(value, schema)
    check = _CHECKS.get(field.kind)
    problems = check(field, value) if check else []
    if name == "seed" and not problems and not 0 <= value <= MAX_SEED:
        return [
            Problem(name, f"{_shown(value)} is out of range.", f"Use 0 to 2**53 - 1 ({MAX_SEED}).")
        ]
    return problems


def is_finite_number(value: object) -> bool:
    """An int or a float that is neither NaN nor infinite; True is no number here."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return isinstance(value, int) or math.isfinite(value)


def _unknown_name(name: str, schema: Schema) -> Problem:
    message = "this Studio has no field of that name."
    if name == RANDOMIZE:
        return Problem(name, message, "Leave out seed instead: then one is drawn.")
    for weight in schema.lora_fields:
        if name == weight.name:
            return Problem(name, message, f"Use loras={{{weight.lora!r}: weight}}.")
    return Problem(name, message, _did_you_mean(name, schema.names))


def _did_you_mean(wrong: object, offered: Iterable[Any]) -> str | None:
    by_plain = {str(item).casefold(): item for item in offered}
    close = get_close_matches(str(wrong).casefold(), list(by_plain), n=1)
    return f"Did you mean {by_plain[close[0]]}?" if close else None


def _check_number(field: Field, value: Any) -> list[Problem]:
    def problem(message: str, hint: str | None = None) -> list[Problem]:
        wanted = field.range_text()
        return [Problem(field.name, message, hint or (f"Use {wanted}." if wanted else None))]

    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return problem(f"{_shown(value)} is not a number.")
    if not is_finite_number(value):
        return problem(f"{_shown(value)} is not a number that can be rendered.")
    if field.kind == "integer" and value != int(value):
        return problem(f"{_shown(value)} is not a whole number.")
    side = beyond(value, field.minimum, field.maximum)
    if side:
        bound = field.maximum if side > 0 else field.minimum
        return problem(f"{_shown(value)} is {'more' if side > 0 else 'less'} than {bound:g}.")
    return []


def _check_flag(field: Field, value: Any) -> list[Problem]:
    if isinstance(value, bool):
        return []
    return [Problem(field.name, f"{_shown(value)} is neither True nor False.")]


def _check_text(field: Field, value: Any) -> list[Problem]:
    if isinstance(value, str):
        return []
    return [Problem(field.name, f"{_shown(value)} is not a text.", "Put it in quotes.")]


def _check_choice(field: Field, value: Any) -> list[Problem]:
    if not field.choices or field.canonical(value) in field.values:
        return []
    return [_not_offered(field, value)]


def _check_choices(field: Field, value: Any) -> list[Problem]:
    if not isinstance(value, tuple):
        return [Problem(field.name, f"{_shown(value)} is not a list of choices.")]
    chosen = field.canonical(value)
    return [_not_offered(field, item) for item in chosen if item not in field.values]


def _not_offered(field: Field, value: Any) -> Problem:
    offered = shortened(", ".join(repr(item) for item in field.values), 200)
    hint = _did_you_mean(value, field.values)
    return Problem(
        field.name, f"{_shown(value)} is not offered by this Studio.", hint or f"Use {offered}."
    )


def _check_image(field: Field, value: Any) -> list[Problem]:
    if isinstance(value, (str, ImageData)):
        return []
    shown = value.description if isinstance(value, NotAnImage) else _shown(value)
    hint = "Use a path, a PIL image, or a numpy array (H, W, 3 or 4) of uint8."
    return [Problem(field.name, f"{shown} is not an image.", hint)]


def _check_video(field: Field, value: Any) -> list[Problem]:
    if isinstance(value, str):
        return []
    shown = value.description if isinstance(value, NotAnImage) else str(value)
    return [Problem(field.name, f"{shortened(shown)} is not a video.", "Use the path of a file.")]


_CHECKS: Mapping[str, Callable[[Field, Any], list[Problem]]] = {
    "choice": _check_choice,
    "choices": _check_choices,
    "flag": _check_flag,
    "image": _check_image,
    "integer": _check_number,
    "number": _check_number,
    "text": _check_text,
    "video": _check_video,
    "weight": _check_number,
}


def _check_loras(value: Any, schema: Schema) -> list[Problem]:
    if not isinstance(value, Mapping):
        hint = "Use {name: weight}, for example {'style': 1.0}."
        return [Problem("loras", f"{_shown(value)} does not give each LoRA a weight.", hint)]
    weights = {field.lora: field for field in schema.lora_fields}
    found = []
    for name, weight in value.items():
        if name not in schema.loras:
            found.append(_no_such_lora(name, schema))
        elif name in weights:
            wrong = _check_number(weights[name], weight)
            found += [Problem("loras", f"{name}: {p.message}", p.hint) for p in wrong]
        elif weight != 1:
            message = f"{name}: this Studio offers no weight for it, so {_shown(weight)} is lost."
            found.append(Problem("loras", message, "Restart the Studio, or use 1."))
    return found


def _no_such_lora(name: object, schema: Schema) -> Problem:
    hint = _did_you_mean(name, schema.loras)
    if hint is None:
        listed = ", ".join(schema.loras)
        hint = f"It has {shortened(listed, 200)}." if listed else "It has none at all."
    return Problem("loras", f"this Studio has no LoRA {_shown(name)}.", hint)


def _shown(value: Any) -> str:
    try:
        return shortened(repr(value))
    except ValueError:  # Python refuses to write out whole numbers of thousands of digits
        return "a huge number"
