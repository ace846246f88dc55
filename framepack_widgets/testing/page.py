"""The submit endpoint of a Studio 0.5.1, as a Gradio config that `Schema.from_config` reads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from framepack_widgets.schema import Schema

_MODELS = ("Original", "Original with Endframe", "F1", "Video", "Video with Endframe", "Video F1")
_CACHES = ("MagCache", "TeaCache", "None")
_LATENTS = ("Noise", "White", "Black", "Green Screen")
PROMPT = "[0s: The person waves hello] [2s: The person jumps up and down]"

# type, label, default, and what else the page says of it; in the server's own order.
_Row = tuple[str, str, Any, dict[str, Any]]


def _slider(label: str, default: float, low: float, high: float, step: float) -> _Row:
    return "slider", label, default, {"minimum": low, "maximum": high, "step": step}


def _choice(kind: str, label: str, values: Sequence[str]) -> _Row:
    return kind, label, values[0], {"choices": [[value, value] for value in values]}


_ROWS: tuple[_Row, ...] = (
    _choice("radio", "Generation Type", _MODELS),
    ("image", "Start Frame (optional)", None, {}),
    ("video", "Video Input", None, {}),
    ("image", "End Frame (Optional)", None, {}),
    _slider("End Frame Influence", 1.0, 0.05, 1.0, 0.05),
    ("textbox", "Prompt", PROMPT, {}),
    ("textbox", "Negative Prompt", "", {}),
    ("number", "Seed", 2500, {"step": 1, "precision": 0}),
    ("checkbox", "Randomize", True, {}),
    _slider("Video Length (Seconds)", 6, 1, 120, 0.1),
    _slider("Latent Window Size", 9, 1, 33, 1),
    _slider("Steps", 25, 1, 100, 1),
    _slider("CFG Scale", 1.0, 1.0, 3.0, 0.1),
    _slider("Distilled CFG Scale", 10.0, 1.0, 32.0, 0.5),
    _slider("CFG Re-Scale", 0.0, 0.0, 1.0, 0.05),
    _choice("radio", "Caching strategy", _CACHES),
    _slider("TeaCache steps", 25, 1, 50, 1),
    _slider("TeaCache rel_l1_thresh", 0.15, 0.01, 1.0, 0.01),
    _slider("MagCache Threshold", 0.1, 0.01, 1.0, 0.01),
    _slider("MagCache Max Consecutive Skips", 2, 1, 5, 1),
    _slider("MagCache Retention Ratio", 0.25, 0.0, 1.0, 0.01),
    _slider("Number of sections to blend between prompts", 4, 0, 10, 1),
    _choice("dropdown", "Latent Image", _LATENTS),
    ("checkbox", "Clean up video files", True, {}),
    ("dropdown", "Select LoRAs to Load", [], {"choices": [], "multiselect": True}),
    _slider("Width", 640, 128, 768, 32),
    _slider("Height", 640, 128, 768, 32),
    ("checkbox", "Combine with source video", True, {}),
    _slider("Number of Context Frames (Adherence to Video)", 5, 2, 10, 1),
    ("state", "", None, {}),
)


def config(loras: Iterable[str] = ()) -> dict[str, Any]:
    """A Gradio config with this one endpoint; each LoRA adds a weight slider at its end."""
    names = list(loras)
    rows = list(_ROWS)
    for number, (kind, label, default, more) in enumerate(rows):
        if label == "Select LoRAs to Load":
            choices = [[name, name] for name in names]
            rows[number] = (kind, label, default, {**more, "choices": choices})
    rows += [_slider(f"{name} Weight", 1.0, 0.0, 2.0, 0.01) for name in names]
    components = [
        {"id": number, "type": kind, "props": {"label": label, "value": default, **more}}
        for number, (kind, label, default, more) in enumerate(rows)
    ]
    call = {"id": 0, "api_name": "handle_start_button", "inputs": list(range(len(rows)))}
    return {"components": components, "dependencies": [{**call, "outputs": []}]}


def schema(loras: Iterable[str] = ()) -> Schema:
    """What such a Studio's submit endpoint takes."""
    return Schema.from_config(config(loras))
