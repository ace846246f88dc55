"""One input of a Studio's submit endpoint: its name, what it takes, what it defaults to."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from framepack_widgets.frozen import freeze, plain

# Gradio's component types; what is not here is "unknown" and sent with its default.
_KINDS = {
    "radio": "choice",
    "dropdown": "choice",
    "checkboxgroup": "choices",
    "image": "image",
    "video": "video",
    "textbox": "text",
    "number": "number",
    "slider": "number",
    "checkbox": "flag",
}


_LARGEST_WHOLE = 2**53  # beyond it a float is no longer the same number


@dataclass(frozen=True)
class Field:
    """One input, as the server describes it. Numbers carry the unit that the label names."""

    name: str
    """The name in `Settings`."""
    label: str
    """The name on the Studio's page."""
    kind: str
    """choice, choices, image, video, text, number, integer, flag, weight or unknown."""
    default: Any = None
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    """The slider's grid; advice, not a rule: a Studio takes values between."""
    choices: tuple[tuple[str, Any], ...] = ()
    """(label, value) pairs."""
    help: str | None = None
    visible: bool = True
    """Whether the page shows it at the start; sliders of an unused cache are hidden."""
    component: str = ""
    """Gradio's type of it."""
    index: int = 0
    """Position in the list that a client sends; hidden state inputs are not counted."""
    lora: str | None = None
    """For a weight: the LoRA it belongs to."""

    @property
    def values(self) -> tuple[Any, ...]:
        """What may be chosen."""
        return tuple(value for _, value in self.choices)

    def canonical(self, value: Any) -> Any:
        """The value as the server writes it: `original` -> "Original", 25.0 -> 25, 1 -> 1.0.

        A value that does not fit is returned as it is; validation reports it.
        """
        if self.kind == "choice":
            return self._chosen(value)
        if self.kind == "choices" and isinstance(value, (list, tuple)):
            return tuple(self._chosen(item) for item in value)
        if self.kind in ("integer", "number", "weight"):
            return self._number(value)
        return value

    def _number(self, value: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return value
        if abs(value) > _LARGEST_WHOLE:
            return value
        for bound in (self.minimum, self.maximum):
            # 3.0000000000000004 is the 3.0 that somebody's arithmetic meant; gradio 6 refuses it.
            if bound is not None and value != bound and abs(value - bound) <= _noise(bound):
                value = bound
        if self.kind == "integer":
            return int(value) if isinstance(value, float) and value.is_integer() else value
        return float(value)

    def _chosen(self, value: Any) -> Any:
        for label, choice in self.choices:
            if value in (choice, label) and not isinstance(value, bool):
                return choice
        wanted = str(value).casefold().strip()
        alike = {choice for label, choice in self.choices if wanted == str(choice).casefold()}
        return alike.pop() if len(alike) == 1 and isinstance(value, str) else value

    def range_text(self) -> str:
        """The range in words: "1 to 100", "at least 0", or "" where the server names none."""
        low, high = short_number(self.minimum), short_number(self.maximum)
        if low and high:
            return f"{low} to {high}"
        return f"at least {low}" if low else f"at most {high}" if high else ""

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON."""
        return {f.name: plain(getattr(self, f.name)) for f in dataclasses.fields(self)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Field:
        """What `to_dict` gave; keys of a newer version are left out."""
        known = {f.name for f in dataclasses.fields(cls)}
        return cls(**{name: freeze(value) for name, value in data.items() if name in known})


def read_component(
    kind_hint: str | None, component: Mapping[str, Any], *, name: str, index: int
) -> Field:
    """The Field of one component of a Gradio config; `kind_hint` overrules what it looks like."""
    props: Mapping[str, Any] = component.get("props") or {}
    component_type = str(component.get("type", ""))
    return Field(
        name=name,
        label=str(props.get("label") or ""),
        kind=kind_hint or _kind(component_type, props),
        default=freeze(props.get("value")),
        minimum=_number(props.get("minimum")),
        maximum=_number(props.get("maximum")),
        step=_number(props.get("step")),
        choices=_choices(props.get("choices")),
        help=str(props["info"]) if props.get("info") else None,
        visible=props.get("visible", True) is True,  # gradio 6 also says "hidden"
        component=component_type,
        index=index,
    )


def beyond(value: float, minimum: float | None, maximum: float | None) -> int:
    """-1 below the range, 1 above it, 0 within; the noise of float steps does not count."""
    if minimum is not None and value < minimum - _noise(minimum):
        return -1
    return 1 if maximum is not None and value > maximum + _noise(maximum) else 0


def _noise(bound: float) -> float:
    return 1e-9 * max(1.0, abs(bound))


def short_number(number: float | None) -> str:
    """A number without needless digits; "" for None."""
    if number is None:
        return ""
    return str(int(number)) if float(number).is_integer() else repr(float(number))


def _kind(component_type: str, props: Mapping[str, Any]) -> str:
    kind = _KINDS.get(component_type, "unknown")
    if kind == "choice" and props.get("multiselect"):
        return "choices"
    if component_type == "number" and props.get("precision") == 0:
        return "integer"
    if component_type == "slider":
        default = props.get("value")
        whole = _is_whole(props.get("step")) and _is_whole(props.get("minimum"))
        return "integer" if whole and (default is None or _is_whole(default)) else "number"
    return kind


def _is_whole(value: Any) -> bool:
    return _number(value) is not None and float(value).is_integer()


def _number(value: Any) -> float | None:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return value if is_number else None


def _choices(raw: Any) -> tuple[tuple[str, Any], ...]:
    pairs = []
    for choice in raw or ():
        if isinstance(choice, (list, tuple)) and len(choice) == 2:
            pairs.append((str(choice[0]), freeze(choice[1])))
        else:
            pairs.append((str(choice), freeze(choice)))
    return tuple(pairs)
