"""From the values of a submission to the parameters of a job, unchecked as on a Studio."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np

from .dialects import DIALECTS, Dialect
from .sidecar import draw_timestamp

_GREEN = (0, 177, 64)
_VIDEO_CHOICES = frozenset({"Video", "Video with Endframe", "Video F1"})
_END_FRAME_CHOICES = frozenset({"Original with Endframe", "Video with Endframe"})
# Parameter of a job -> field of the form that it is, unchanged.
_AS_SENT = {
    "prompt_text": "prompt",
    "n_prompt": "negative",
    "seed": "seed",
    "total_second_length": "seconds",
    "latent_window_size": "window",
    "steps": "steps",
    "cfg": "cfg",
    "gs": "gs",
    "rs": "rs",
    "teacache_num_steps": "teacache_steps",
    "teacache_rel_l1_thresh": "teacache_threshold",
    "magcache_threshold": "magcache_threshold",
    "magcache_max_consecutive_skips": "magcache_skips",
    "magcache_retention_ratio": "magcache_retention",
    "blend_sections": "blend",
    "latent_type": "latent",
    "selected_loras": "loras",
    "resolutionW": "width",
    "resolutionH": "height",
    "combine_with_source": "combine",
    "num_cleaned_frames": "context",
}


def make_params(
    values: dict[str, Any],
    lora_names: list[str],
    lora_weights: list[Any],
    inputs: Path,
    dialect: Dialect = DIALECTS["0.5.1"],
) -> dict[str, Any]:
    """The parameters of a job from the form's `values`; a source video is copied to `inputs`.

    The models that need no end frame lose it here; "Video with Endframe" becomes "Video".
    """
    choice = values["model"]
    source = values["video"] if choice in _VIDEO_CHOICES else values["start"]
    has_source = source is not None
    if source is None:
        source = _made_image(values["latent"], values["height"], values["width"])
    source_path = None
    if isinstance(source, str) and Path(source).exists():
        source_path = str(inputs / f"{draw_timestamp()}_{Path(source).name}")
        shutil.copy2(source, source_path)
        source = source_path
    with_end = choice in _END_FRAME_CHOICES
    as_sent = {**_AS_SENT, **dialect.own_facts}
    return {name: values[field] for name, field in as_sent.items() if field in values} | {
        "model_type": "Video" if choice == "Video with Endframe" else choice,
        "input_image": source,
        "end_frame_image": values["end"] if with_end else None,
        "end_frame_strength": values["end_strength"] if with_end else 1.0,
        "use_teacache": values.get("use_teacache", values.get("cache") == "TeaCache"),
        "use_magcache": values.get("cache") == "MagCache",
        "has_input_image": has_source,
        "input_image_path": source_path,
        "end_frame_image_path": None,
        "lora_loaded_names": lora_names,
        "lora_values": lora_weights,
    }


def _made_image(latent: str, height: int, width: int) -> Any:
    """What a render begins with when no frame was given, (H, W, 3) uint8. Noise is unseeded."""
    if latent == "Noise":
        return np.random.default_rng().integers(0, 256, (height, width, 3), dtype=np.uint8)
    colour = {"White": (255, 255, 255), "Green Screen": _GREEN}.get(latent, (0, 0, 0))
    return np.full((height, width, 3), colour, dtype=np.uint8)
