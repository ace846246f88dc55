"""Settings that were made elsewhere, made to fit one Studio; what does not fit is said. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from framepack_widgets.effects import no_effect_of
from framepack_widgets.fields import Field
from framepack_widgets.schema import Schema
from framepack_widgets.schema_text import shortened
from framepack_widgets.settings import Settings
from framepack_widgets.value_checks import check_value

FRAME_KINDS = ("image", "video")
_MOST_SAID = 40  # sentences; a file may hold anything


def fit(settings: Settings, schema: Schema) -> tuple[Settings, list[str]]:
    """What of these settings this Studio takes, and what was left out, a sentence each.

    Frames stay what they are, also where there is no such file: a render without a frame that was
    meant is refused, not guessed.
    """
    kept: dict[str, Any] = {}
    said: list[str] = []
    for name, value in _translated(settings.set_values(), schema).items():
        if name == "loras" and name in schema and isinstance(value, Mapping):
            kept[name], sentences = _fitting_loras(value, schema)
            said += sentences
            continue
        field = schema.get(name)
        problems = check_value(name, value, schema)
        if not problems:
            kept[name] = value
        elif field is not None:
            said.append(f"{name}: {problems[0].message} {_instead(field)}")
        elif not (name == "loras" and not value):
            said.append(
                f"{shortened(name)}: this Studio has no such field; {_shown(value)} was left out."
            )
    if len(said) > _MOST_SAID:
        said[_MOST_SAID:] = [f"{len(said) - _MOST_SAID} more were left out."]
    return Settings(**kept), said


def unsaid(settings: Settings, schema: Schema) -> tuple[str, ...]:
    """Fields of this Studio that change the render and that the settings say nothing of."""
    resolved = schema.resolve(settings)
    known = settings.set_values()
    return tuple(
        name
        for name in schema.names
        if name not in known
        and schema[name].kind not in FRAME_KINDS
        and no_effect_of(name, resolved, schema) is None
    )


def _translated(values: dict[str, Any], schema: Schema) -> dict[str, Any]:
    """Studio 0.4's switch for TeaCache and the later choice of a cache say the same."""
    if "use_teacache" in values and "use_teacache" not in schema and "cache" in schema:
        switch = values.pop("use_teacache")
        values.setdefault("cache", "TeaCache" if switch is True else "None")
    is_older = "use_teacache" in schema and "cache" not in schema
    if is_older and values.get("cache") in ("TeaCache", "None"):
        values.setdefault("use_teacache", values.pop("cache") == "TeaCache")
    return values


def _fitting_loras(loras: Mapping[str, Any], schema: Schema) -> tuple[dict[str, Any], list[str]]:
    kept, said = {}, []
    for name, weight in loras.items():
        problems = check_value("loras", {name: weight}, schema)
        if problems:
            said.append(f"loras: {problems[0].message} It was left out.")
        else:
            kept[name] = weight
    return kept, said


def _instead(field: Field) -> str:
    if field.name == "seed":
        return "It was left out: a seed is drawn."
    return f"It was left out: the Studio's own value ({_shown(field.default)}) counts."


def _shown(value: Any) -> str:
    try:
        return shortened(repr(value))
    except ValueError:  # Python refuses to write out whole numbers of thousands of digits
        return "a huge number"
