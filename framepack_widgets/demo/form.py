"""The inputs of a submission: components with a Studio's labels, ranges and defaults, in its order.

The order matters: clients send values by position.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

MODELS = ("Original", "Original with Endframe", "F1", "Video", "Video with Endframe", "Video F1")
DEFAULT_PROMPT = (
    "[0s: The camera slowly moves closer] [2s: The view drifts to the right] "
    "[4s: The camera pulls back]"
)


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


def make_form(loras: Sequence[str]) -> Form:
    """Make the components, unplaced: the page puts them where they belong."""
    fields = _frame_fields() | _sampling_fields() | _cache_fields() | _other_fields(loras)
    weights = [_slider(f"{name} Weight", 0.0, 2.0, 1.0, 0.01, visible=False) for name in loras]
    return Form(fields, gr.State(list(loras), render=False), weights)


def _frame_fields() -> dict[str, Any]:
    image = {"type": "numpy", "image_mode": "RGB", "sources": ["upload"], "render": False}
    return {
        "model": gr.Radio([(m, m) for m in MODELS], **_at("Generation Type", "Original")),
        "start": gr.Image(label="Start Frame (optional)", **image),
        "video": gr.Video(label="Video Input", sources=["upload"], render=False),
        "end": gr.Image(label="End Frame (Optional)", **image),
        "end_strength": _slider("End Frame Influence", 0.05, 1.0, 1.0, 0.05, info="1: full"),
    }


def _sampling_fields() -> dict[str, Any]:
    return {
        "prompt": gr.Textbox(**_at("Prompt", DEFAULT_PROMPT)),
        "negative": gr.Textbox(**_at("Negative Prompt", "")),
        "seed": gr.Number(precision=0, **_at("Seed", 2500)),
        "randomize": gr.Checkbox(info="A new seed for the next job", **_at("Randomize", True)),
        "seconds": _slider("Video Length (Seconds)", 1, 120, 6, 0.1),
        "window": _slider("Latent Window Size", 1, 33, 9, 1, info="Experimental"),
        "steps": _slider("Steps", 1, 100, 25, 1),
        "cfg": _slider("CFG Scale", 1.0, 3.0, 1.0, 0.1),
        "gs": _slider("Distilled CFG Scale", 1.0, 32.0, 10.0, 0.5),
        "rs": _slider("CFG Re-Scale", 0.0, 1.0, 0.0, 0.05),
    }


def _cache_fields() -> dict[str, Any]:
    return {
        "cache": gr.Radio(
            ["MagCache", "TeaCache", "None"],
            info="Has no effect in the demo",
            **_at("Caching strategy", "MagCache"),
        ),
        "teacache_steps": _slider("TeaCache steps", 1, 50, 25, 1, info="Unused", visible=False),
        "teacache_threshold": _slider(
            "TeaCache rel_l1_thresh", 0.01, 1.0, 0.15, 0.01, info="Unused", visible=False
        ),
        "magcache_threshold": _slider("MagCache Threshold", 0.01, 1.0, 0.1, 0.01, info="Unused"),
        "magcache_skips": _slider("MagCache Max Consecutive Skips", 1, 5, 2, 1, info="Unused"),
        "magcache_retention": _slider(
            "MagCache Retention Ratio", 0.0, 1.0, 0.25, 0.01, info="Unused"
        ),
    }


def _other_fields(loras: Sequence[str]) -> dict[str, Any]:
    return {
        "blend": _slider("Number of sections to blend between prompts", 0, 10, 4, 1),
        "latent": gr.Dropdown(
            ["Noise", "White", "Black", "Green Screen"],
            info="Where to begin without a start frame",
            **_at("Latent Image", "Noise"),
        ),
        "clean_up": gr.Checkbox(
            info="The server's own setting decides", **_at("Clean up video files", True)
        ),
        "loras": gr.Dropdown(
            list(loras),
            multiselect=True,
            info="Each tints the clip in the demo",
            **_at("Select LoRAs to Load", []),
        ),
        "width": _slider("Width", 128, 768, 640, 32, info="The nearest possible is used"),
        "height": _slider("Height", 128, 768, 640, 32, info="The nearest possible is used"),
        "combine": gr.Checkbox(
            info="One more file with both", **_at("Combine with source video", True)
        ),
        "context": _slider(
            "Number of Context Frames (Adherence to Video)", 2, 10, 5, 1, info="Unused"
        ),
    }


def _at(label: str, value: Any) -> dict[str, Any]:
    return {"label": label, "value": value, "render": False}


def _slider(
    label: str, low: float, high: float, value: float, step: float, **options: Any
) -> gr.Slider:
    return gr.Slider(low, high, value, step=step, label=label, render=False, **options)
