"""The inputs of a submission: components with a Studio's labels, ranges and defaults, in its order.

The order matters: clients send values by position.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from .dialects import Dialect, Input


@dataclass(frozen=True)
class Form:
    """The components of a submission, by name in the order in which they are sent."""

    fields: dict[str, Any]
    """Everything up to the hidden list of LoRA names."""
    lora_names: Any
    """The hidden state that stands before the weights."""
    lora_weights: list[Any]

    def inputs(self) -> list[Any]:
        """All components in the order in which their values are sent."""
        return [*self.fields.values(), self.lora_names, *self.lora_weights]

    def __getitem__(self, name: str) -> Any:
        return self.fields[name]


def make_form(dialect: Dialect, loras: Sequence[str]) -> Form:
    """Make the components, unplaced: the page puts them where they belong."""
    fields = {name: _component(known, loras) for name, known in dialect.inputs.items()}
    weights = [
        gr.Slider(
            0.0,
            2.0,
            1.0,
            step=0.01,
            label=dialect.weight_label.format(name),
            visible=False,
            render=False,
        )
        for name in loras
    ]
    return Form(fields, gr.State(list(loras), render=False), weights)


def _component(known: Input, loras: Sequence[str]) -> Any:
    about = {"label": known.label, "value": known.value, "render": False}
    about["visible"] = known.visible
    if known.kind == "image":
        return gr.Image(type="numpy", image_mode="RGB", sources=["upload"], **about)
    if known.kind == "video":
        return gr.Video(sources=["upload"], **about)
    if known.kind == "number":
        return gr.Number(precision=0, **about)
    about["info"] = known.info
    if known.kind == "slider":
        low, high, step = known.limits
        return gr.Slider(low, high, step=step, **about)
    if known.kind == "radio":
        return gr.Radio([(choice, choice) for choice in known.choices], **about)
    if known.kind == "dropdown" and not known.choices:
        return gr.Dropdown(list(loras), multiselect=True, **{**about, "value": []})
    if known.kind == "dropdown":
        return gr.Dropdown(list(known.choices), **about)
    return {"checkbox": gr.Checkbox, "textbox": gr.Textbox}[known.kind](**about)
