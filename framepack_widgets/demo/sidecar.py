"""What a Studio writes down about a render: `<timestamp>.json` and `<timestamp>.png`.

The JSON holds the settings as they were submitted; the PNG shows the resized start frame and
carries the same facts as text chunks. Both are written when a render starts.
"""

from __future__ import annotations

import datetime
import json
import random
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from .dialects import DIALECTS, Dialect

DUMMY_LORA = " "  # stands second in the list where exactly one LoRA is installed

# Facts that are written down as they were submitted: (fact, parameter, value where there is none).
_Row = tuple[str, str, Any]
_GENERAL: tuple[_Row, ...] = (
    ("prompt", "prompt_text", ""),
    ("negative_prompt", "n_prompt", ""),
    ("seed", "seed", 0),
    ("steps", "steps", 25),
    ("cfg", "cfg", 1.0),
    ("gs", "gs", 10.0),
    ("rs", "rs", 0.0),
    ("latent_type", "latent_type", "Black"),
    ("resolutionW", "resolutionW", 640),
    ("resolutionH", "resolutionH", 640),
    ("model_type", "model_type", "Original"),
    ("generation_type", "model_type", "Original"),
    ("has_input_image", "has_input_image", False),
    ("input_image_path", "input_image_path", None),
    ("total_second_length", "total_second_length", 6),
    ("blend_sections", "blend_sections", 4),
    ("latent_window_size", "latent_window_size", 9),
    ("num_cleaned_frames", "num_cleaned_frames", 5),
    ("end_frame_strength", "end_frame_strength", None),
    ("end_frame_image_path", "end_frame_image_path", None),
)
_SPECIAL: tuple[_Row, ...] = (
    ("combine_with_source", "combine_with_source", False),
    ("use_teacache", "use_teacache", False),
    ("teacache_num_steps", "teacache_num_steps", 0),
    ("teacache_rel_l1_thresh", "teacache_rel_l1_thresh", 0.0),
    ("use_magcache", "use_magcache", False),
    ("magcache_threshold", "magcache_threshold", 0.1),
    ("magcache_max_consecutive_skips", "magcache_max_consecutive_skips", 2),
    ("magcache_retention_ratio", "magcache_retention_ratio", 0.25),
)


def draw_timestamp() -> str:
    """A name for a render, `YYMMDD_HHMMSS_mmm_NNNN`, drawn anew for each; it holds no job id."""
    now = datetime.datetime.now().astimezone()
    millis = now.microsecond // 1000
    return f"{now:%y%m%d_%H%M%S}_{millis:03d}_{random.randint(0, 9999)}"


def sidecar_facts(
    params: Mapping[str, Any], dialect: Dialect = DIALECTS["0.5.1"]
) -> dict[str, Any]:
    """The content of the JSON sidecar. Raises TypeError where a Studio would, for queue.json."""
    source: Any = params.get("input_image")
    end = params.get("end_frame_image")
    is_video = params["model_type"] == "Video" and source is not None
    facts = {
        "app_version": dialect.version,
        "timestamp": time.time(),
        **{fact: params.get(name, default) for fact, name, default in _GENERAL},
        "end_frame_used": str(end is not None and bool(np.any(end))),
        "input_video": Path(source).name if is_video else None,
        "video_path": source if is_video else None,
        **dict.fromkeys(("x_param", "y_param", "x_values", "y_values")),  # of its XY plots
        **{fact: params.get(name, default) for fact, name, default in _SPECIAL},
        "loras": lora_weights(params),
        **{fact: params.get(fact) for fact in dialect.own_facts},
    }
    return {fact: value for fact, value in facts.items() if fact not in dialect.unrecorded}


def lora_weights(params: Mapping[str, Any]) -> dict[str, float]:
    """Name and weight of each chosen LoRA; 1.0 where the server does not find its slider."""
    weights = {}
    values = params.get("lora_values") or []
    names = list(params.get("lora_loaded_names") or [])
    for name in params.get("selected_loras") or []:
        index = names.index(name) if name in names else len(values)
        value = values[index] if index < len(values) else None
        weights[name] = float(value) if isinstance(value, (int, float)) else 1.0
    return weights


def write_json(facts: Mapping[str, Any], path: Path) -> None:
    """Write the JSON sidecar."""
    path.write_text(json.dumps(facts, indent=2), encoding="utf-8")


def write_png(pixels: NDArray[np.uint8], facts: Mapping[str, Any], path: Path) -> None:
    """Write the PNG sidecar: `pixels` (H, W, 3) uint8 with the facts as text chunks."""
    chunks = PngInfo()
    for key, value in facts.items():
        if value is None or isinstance(value, (str, int, float, bool)):
            chunks.add_text(key, str(value))
    Image.fromarray(pixels).save(path, pnginfo=chunks, compress_level=1)
