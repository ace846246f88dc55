"""What an axis changes: a setting, one LoRA's weight, or one part of a timed prompt."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from framepack_widgets import prompt as prompts
from framepack_widgets.errors import SettingsError
from framepack_widgets.frozen import FrozenDict
from framepack_widgets.value_checks import is_finite_number

LORA = "loras."
TEXTS = frozenset({"prompt", "negative_prompt"})
_NAME = re.compile(r"(?P<field>[^\W\d]\w*)(?:\[(?P<part>\d+)\](?:\.(?P<time>start|end))?)?(?::.+)?")


@dataclass(frozen=True)
class Target:
    """Where the values of an axis go."""

    field: str
    """The setting that is changed."""
    lora: str | None = None
    """That LoRA's weight only."""
    part: int | None = None
    """The so manieth timed part of a prompt only, from 1, in the order they are written."""
    time: str | None = None
    """start or end of that part, s, instead of its text."""

    @property
    def is_text(self) -> bool:
        """Whether the values are texts for people, in which commas are nothing special."""
        return self.field in TEXTS and self.time is None

    @property
    def is_whole(self) -> bool:
        """Whether the whole setting is set, not a part of it changed."""
        return self.lora is None and self.part is None


def target_of(name: str) -> Target:
    """Where an axis of that name goes. Raises SettingsError for a name that is none.

    `steps`, `loras.film`, `prompt[2]`, `prompt[2].start`; `prompt:animal` is one more axis for the
    prompt, under a name of one's own.
    """
    name = str(name)
    if name.startswith(LORA) and name != LORA:
        return Target("loras", lora=name[len(LORA) :])
    match = _NAME.fullmatch(name)
    part = None if match is None or match["part"] is None else int(match["part"])
    if match is None or (part is not None and (match["field"] not in TEXTS or part < 1)):
        raise SettingsError(
            f"{name!r} is no axis. Write the name of a setting, loras.NAME, prompt[2] for the text "
            "of its second timed part, or prompt[2].start."
        )
    return Target(match["field"], part=part, time=match["time"])


def changed(current: Any, target: Target, value: Any, search: str | None) -> Any:
    """The setting's value with one value of an axis in it.

    search: what the value replaces in the text. Raises SettingsError where it does not fit.
    """
    if target.lora is not None:
        weights = dict(current) if isinstance(current, Mapping) else {}
        weights.pop(target.lora, None)
        return FrozenDict(weights if value is None else {**weights, target.lora: value})
    if target.part is not None:
        return _with_part(current, target, value, search)
    return value if search is None else _replaced(current, search, value)


def _replaced(text: Any, search: str, value: str) -> str:
    if not isinstance(text, str) or search not in text:
        shown = "nothing is set" if text is None else repr(text)
        raise SettingsError(f"{search!r} does not occur in the text it is searched in: {shown}.")
    return text.replace(search, value)


def _with_part(text: Any, target: Target, value: Any, search: str | None) -> str:
    found = list(prompts.PART.finditer(text)) if isinstance(text, str) else []
    number = target.part or 0
    if len(found) < number:
        raise SettingsError(
            f"the prompt has {len(found)} timed parts, so none is number {number}: {text!r}. Write "
            "[0s: first] [2s: then]."
        )
    match = found[number - 1]
    part = prompts.parse(match[0]).parts[0]
    try:
        written = prompts.format([_edited(part, target, value, search)])
    except ValueError as error:
        raise SettingsError(f"part {number} of the prompt cannot be {value!r}: {error}") from error
    return f"{text[: match.start()]}{written}{text[match.end() :]}"


def _edited(
    part: prompts.PromptPart, target: Target, value: Any, search: str | None
) -> prompts.PromptPart:
    if target.time is None:
        text = value if search is None else _replaced(part.text, search, value)
        if not isinstance(text, str):
            raise ValueError("its text is a text")
        return prompts.PromptPart(part.start, part.end, text.strip())
    unset = target.time == "end" and value is None
    if not (unset or is_finite_number(value)):
        raise ValueError(f"its {target.time} is a number of seconds")
    start = float(value) if target.time == "start" else part.start
    end = (None if unset else float(value)) if target.time == "end" else part.end
    return prompts.PromptPart(start, end, part.text)
