"""Settings from the command line: options, `--set name=value`, `--lora name=weight`, a file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer

from framepack_widgets.errors import SettingsError
from framepack_widgets.fields import Field
from framepack_widgets.schema import Schema
from framepack_widgets.settings import Settings

_YES = frozenset({"true", "yes", "on", "1"})
_NO = frozenset({"false", "no", "off", "0"})


def settings_from(path: Path) -> Settings:
    """The settings in a clip or JSON file; a plain object of names and values does, too.

    Raises SettingsError.
    """
    try:
        return Settings.from_file(path)
    except SettingsError:
        if path.suffix.lower() != ".json" or not path.is_file():
            raise
    try:
        return Settings.from_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"{path} holds no settings: {error}. Write a JSON object such as "
            '{"prompt": "it looks up", "seconds": 2}, or name a clip.'
        ) from error


def pairs(texts: Sequence[str] | None, option: str) -> dict[str, str]:
    """{name: value} of repeated NAME=VALUE options. Raises typer.BadParameter."""
    found: dict[str, str] = {}
    for text in texts or ():
        # The last "=" for LoRAs: their names are file names, and may hold one.
        name, equals, value = text.rpartition("=") if option == "--lora" else text.partition("=")
        if not (equals and name.strip()):
            raise typer.BadParameter(f'"{text}" is not NAME=VALUE', param_hint=option)
        found[name.strip()] = value
    return found


def loras(texts: Sequence[str] | None) -> dict[str, float] | None:
    """{LoRA: weight}; None where none was named. Raises typer.BadParameter."""
    weights: dict[str, float] = {}
    for name, text in pairs(texts, "--lora").items():
        try:
            weights[name] = float(text)
        except ValueError:
            raise typer.BadParameter(
                f'the weight of "{name}" is not a number: "{text}"', param_hint="--lora"
            ) from None
    return weights or None


def typed(texts: dict[str, str], schema: Schema) -> dict[str, Any]:
    """The texts as the kinds of value that this Studio's fields take.

    What does not fit stays text, and so does the value of an unknown name: validation says what is
    wrong with it, with a hint.
    """
    if "loras" in texts:
        raise typer.BadParameter("write --lora NAME=WEIGHT", param_hint="--set")
    return {name: _value(text, schema.get(name)) for name, text in texts.items()}


def _value(text: str, field: Field | None) -> Any:
    kind = field.kind if field is not None else "text"
    if field is not None and kind == "choice":
        return next((value for value in field.values if str(value) == text), text)
    if kind == "flag":
        return _flag(text)
    if kind in ("integer", "number", "weight", "choices", "unknown"):
        return _json(text)
    return text


def _flag(text: str) -> bool | str:
    folded = text.strip().casefold()
    return True if folded in _YES else False if folded in _NO else text


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
