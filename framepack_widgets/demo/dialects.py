"""What differs between the versions of a Studio that the built-in one can play, as data. Pure.

The wire of each was recorded from a running Studio (tests/data), but for "future", which is none:
it has what a later version might do to a client that goes by position, number or spelling.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

_MODELS = ("Original", "Original with Endframe", "F1", "Video", "Video with Endframe", "Video F1")
_LATENTS = ("Noise", "White", "Black", "Green Screen")
PROMPT = (
    "[0s: The camera slowly moves closer] [2s: The view drifts to the right] "
    "[4s: The camera pulls back]"
)


@dataclass(frozen=True)
class Input:
    """One input of a submission."""

    kind: str
    """Gradio's type of it."""
    label: str
    value: Any = None
    limits: tuple[float, float, float] = (0.0, 1.0, 0.01)
    """Of a slider: lowest, highest, step."""
    choices: tuple[str, ...] = ()
    info: str | None = None
    visible: bool = True


def _slider(label: str, low: float, high: float, value: float, step: float, **more: Any) -> Input:
    return Input("slider", label, value, (low, high, step), **more)


_INPUTS: Mapping[str, Input] = {
    "model": Input("radio", "Generation Type", "Original", choices=_MODELS),
    "start": Input("image", "Start Frame (optional)"),
    "video": Input("video", "Video Input"),
    "end": Input("image", "End Frame (Optional)"),
    "end_strength": _slider("End Frame Influence", 0.05, 1.0, 1.0, 0.05, info="1: full"),
    "prompt": Input("textbox", "Prompt", PROMPT),
    "negative": Input("textbox", "Negative Prompt", ""),
    "seed": Input("number", "Seed", 2500),
    "randomize": Input("checkbox", "Randomize", True, info="A new seed for the next job"),
    "seconds": _slider("Video Length (Seconds)", 1, 120, 6, 0.1),
    "window": _slider("Latent Window Size", 1, 33, 9, 1, info="Experimental"),
    "steps": _slider("Steps", 1, 100, 25, 1),
    "cfg": _slider("CFG Scale", 1.0, 3.0, 1.0, 0.1),
    "gs": _slider("Distilled CFG Scale", 1.0, 32.0, 10.0, 0.5),
    "rs": _slider("CFG Re-Scale", 0.0, 1.0, 0.0, 0.05),
    "cache": Input(
        "radio",
        "Caching strategy",
        "MagCache",
        choices=("MagCache", "TeaCache", "None"),
        info="Has no effect in the demo",
    ),
    "teacache_steps": _slider("TeaCache steps", 1, 50, 25, 1, info="Unused", visible=False),
    "teacache_threshold": _slider(
        "TeaCache rel_l1_thresh", 0.01, 1.0, 0.15, 0.01, info="Unused", visible=False
    ),
    "magcache_threshold": _slider("MagCache Threshold", 0.01, 1.0, 0.1, 0.01, info="Unused"),
    "magcache_skips": _slider("MagCache Max Consecutive Skips", 1, 5, 2, 1, info="Unused"),
    "magcache_retention": _slider("MagCache Retention Ratio", 0.0, 1.0, 0.25, 0.01, info="Unused"),
    "blend": _slider("Number of sections to blend between prompts", 0, 10, 4, 1),
    "latent": Input(
        "dropdown", "Latent Image", "Noise", choices=_LATENTS, info="Used without a start frame"
    ),
    "clean_up": Input(
        "checkbox", "Clean up video files", True, info="The server's own setting decides"
    ),
    "loras": Input("dropdown", "Select LoRAs to Load", info="Each tints the clip in the demo"),
    "width": _slider("Width", 128, 768, 640, 32, info="The nearest possible is used"),
    "height": _slider("Height", 128, 768, 640, 32, info="The nearest possible is used"),
    "combine": Input("checkbox", "Combine with source video", True, info="One more file with both"),
    "context": _slider("Number of Context Frames (Adherence to Video)", 2, 10, 5, 1, info="Unused"),
}

_TABLE = ("queue", "stats")
_MONITORED = ("video", "preview", "top_preview", "text", "bars", "start", "cancel")
_CURRENT = ("job_id", "video", "preview", "top_preview", "text", "bars")
_OUTPUTS: Mapping[str, tuple[str, ...]] = {
    "handle_start_button": (
        *("video", "job_id", "preview", "text", "bars", "start", "cancel"),
        *(*_TABLE, "seed", "video_required"),
    ),
    "monitor_job": _MONITORED,
    "check_for_current_job": _CURRENT,
    "update_stats": _TABLE,
    "end_process_with_update": (*_TABLE, "cancel", "job_id"),
    "confirmed_clear_all_jobs": (*_TABLE, "queue_buttons", "confirm_row"),
    "clear_completed_jobs": _TABLE,
    "load_queue_from_json": _TABLE,
    "handle_queue_action": _TABLE,
    "refresh_gallery": ("gallery", "gallery_items"),
}
_WRITER: Mapping[str, tuple[str, ...]] = {
    "handle_enhance_prompt": ("prompt",),
    "handle_caption": ("prompt",),
}
_WRITER_OF_0_6: Mapping[str, tuple[str, ...]] = {
    "enhance_prompt_wrapper": ("enhance", "stop_enhance", "caption", "prompt"),
    "caption_image_wrapper": ("enhance", "caption", "stop_caption", "prompt"),
    "stop_enhancing": ("enhance", "stop_enhance", "caption"),
    "stop_captioning": ("enhance", "stop_caption", "caption"),
}


@dataclass(frozen=True)
class Dialect:
    """How one version speaks."""

    name: str
    version: str
    """As its page and its sidecars say."""
    inputs: Mapping[str, Input] = field(default_factory=lambda: dict(_INPUTS))
    """What a submission takes, in the order of sending."""
    outputs: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: dict(_OUTPUTS))
    """What each endpoint answers, by names of parts of the page, in order."""
    writer: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: dict(_WRITER))
    """The endpoints of its language models, and what each answers; none: it has no models."""
    weight_label: str = "{} Weight"
    """The label of a LoRA's slider."""
    job_id_label: str = "Current Job ID"
    columns: tuple[str, ...] = (
        *("Job ID", "Type", "Status", "Created", "Started", "Completed", "Elapsed", "Preview"),
    )
    """Of the queue's table."""
    buttons: tuple[str, str] = ("🚀 Add to Queue", "❌ Cancel Current Job")
    """What submits, and what ends the job that runs."""
    queue_page: bool = False
    """The queue comes as a page of HTML instead of a table, and its counts do."""
    cancels_singly: bool = False
    """It has /handle_queue_action."""
    start_by_model: bool = False
    """The latent frame of the start goes by the model, whether there is a start frame or not."""
    cancelling: bool = False
    """A job that is being cancelled has a status of its own, and stays cancelled."""
    clear_all_named: bool = True
    """Cancelling all that waits is an endpoint with a name of its own."""
    unrecorded: frozenset[str] = frozenset()
    """Facts that its sidecars lack."""
    own_facts: Mapping[str, str] = field(default_factory=dict)
    """Facts that only its sidecars hold -> the input that they are."""


def _changed(*without: str, **changes: dict[str, Any]) -> dict[str, Input]:
    """The inputs of 0.5.1 with properties changed, and some left out."""
    return {
        name: replace(known, **changes.get(name, {}))
        for name, known in _INPUTS.items()
        if name not in without
    }


def _without(outputs: tuple[str, ...], name: str) -> tuple[str, ...]:
    return tuple(each for each in outputs if each != name)


_FINE = {"limits": (0.0, 1.0, 0.01), "visible": False}
_MAGCACHE = ("magcache_threshold", "magcache_skips", "magcache_retention")


def _inputs_of_0_4() -> dict[str, Input]:
    """One cache, on or off; finer sliders, two of them hidden."""
    changed = _changed(
        *_MAGCACHE,
        cfg={"limits": (1.0, 32.0, 0.01), "visible": False},
        gs={"limits": (1.0, 32.0, 0.01)},
        rs=_FINE,
        teacache_steps={"visible": True},
        teacache_threshold={"visible": True},
        latent={"value": "Black", "choices": ("Black", "White", "Noise", "Green Screen")},
    )
    switch = Input("checkbox", "Use TeaCache", True, info="Has no effect in the demo")
    return {
        "use_teacache" if name == "cache" else name: switch if name == "cache" else known
        for name, known in changed.items()
    }


_OUTPUTS_OF_0_6 = {**_OUTPUTS, "refresh_gallery": ("gallery_items", "gallery")}


def _inputs_of_tomorrow() -> dict[str, Input]:
    """Another order, other spellings, other ranges, one model and one slider more."""
    changed = _changed(
        model={"label": "generation  type", "choices": ("F2", *_MODELS)},
        prompt={"label": "PROMPT:"},
        negative={"label": "Negative prompt "},
        start={"label": "Start frame (Optional)"},
        end={"label": "End Frame  (optional):"},
        seconds={"label": "Video length (seconds):", "limits": (0.5, 30, 0.1), "value": 4},
        steps={"label": "steps", "limits": (1, 60, 1), "value": 20},
        cfg={"label": "CFG  scale", "limits": (1.0, 7.0, 0.05)},
        window={"limits": (1, 60, 1)},
        teacache_threshold={"label": "TeaCache Rel_L1_Thresh"},
        cache={"label": "Caching Strategy:", "choices": ("None", "TeaCache", "MagCache")},
        loras={"label": "Select LoRAs to load:"},
    )
    changed = {name: changed[name] for name in reversed(changed)}
    before = list(changed)[: len(changed) // 2]
    motion = _slider("Motion Strength", 0.0, 1.0, 0.5, 0.05, info="Unused")
    return {
        **{name: changed[name] for name in before},
        "motion": motion,
        **{name: known for name, known in changed.items() if name not in before},
    }


DIALECTS: Mapping[str, Dialect] = {
    dialect.name: dialect
    for dialect in (
        Dialect(
            "0.4",
            "0.4.0",
            _inputs_of_0_4(),
            {
                **_OUTPUTS,
                "monitor_job": _without(_MONITORED, "top_preview"),
                "check_for_current_job": _without(_CURRENT, "top_preview"),
            },
            writer={},
            buttons=("Add to Queue", "Cancel Current Job"),
            start_by_model=True,
            unrecorded=frozenset(
                {
                    *("use_magcache", "magcache_threshold", "magcache_max_consecutive_skips"),
                    "magcache_retention_ratio",
                }
            ),
        ),
        Dialect("0.5.1", "0.5.1"),
        Dialect(
            "0.6", "0.6", outputs=_OUTPUTS_OF_0_6, writer=_WRITER_OF_0_6, clear_all_named=False
        ),
        Dialect(
            "0.6-html",
            "0.6",
            _changed(window={"limits": (1, 60, 1)}),
            _OUTPUTS_OF_0_6,
            _WRITER_OF_0_6,
            queue_page=True,
            cancels_singly=True,
            cancelling=True,
            clear_all_named=False,
        ),
        Dialect(
            "future",
            "1.0",
            _inputs_of_tomorrow(),
            {name: tuple(reversed(parts)) for name, parts in _OUTPUTS.items()},
            {name: tuple(reversed(parts)) for name, parts in _WRITER_OF_0_6.items()},
            weight_label="{}  weight:",
            job_id_label="Current job id:",
            columns=(
                *("Preview", "Status", "Prompt", "Type", "Created", "Started", "Completed"),
                *("Elapsed", "Job Id"),
            ),
            clear_all_named=False,
            own_facts={"motion_strength": "motion"},
        ),
    )
}
