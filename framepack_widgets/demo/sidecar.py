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

APP_VERSION = "0.5.1"
DUMMY_LORA = " "  # stands second in the list where exactly one LoRA is installed


def draw_timestamp() -> str:
    """A name for a render, `YYMMDD_HHMMSS_mmm_NNNN`, drawn anew for each; it holds no job id."""
    now = datetime.datetime.now().astimezone()
    millis = now.microsecond // 1000
    return f"{now:%y%m%d_%H%M%S}_{millis:03d}_{random.randint(0, 9999)}"


def sidecar_facts(params: Mapping[str, Any]) -> dict[str, Any]:
    """The content of the JSON sidecar. Raises TypeError where a Studio would, for queue.json."""
    model = params["model_type"]
    source: Any = params.get("input_image")
    end = params.get("end_frame_image")
    is_video = model == "Video" and source is not None
    return {
        "app_version": APP_VERSION,
        "prompt": params.get("prompt_text", ""),
        "negative_prompt": params.get("n_prompt", ""),
        "seed": params.get("seed", 0),
        "steps": params.get("steps", 25),
        "cfg": params.get("cfg", 1.0),
        "gs": params.get("gs", 10.0),
        "rs": params.get("rs", 0.0),
        "latent_type": params.get("latent_type", "Black"),
        "timestamp": time.time(),
        "resolutionW": params.get("resolutionW", 640),
        "resolutionH": params.get("resolutionH", 640),
        "model_type": model,
        "generation_type": model,
        "has_input_image": params.get("has_input_image", False),
        "input_image_path": params.get("input_image_path"),
        "total_second_length": params.get("total_second_length", 6),
        "blend_sections": params.get("blend_sections", 4),
        "latent_window_size": params.get("latent_window_size", 9),
        "num_cleaned_frames": params.get("num_cleaned_frames", 5),
        "end_frame_strength": params.get("end_frame_strength"),
        "end_frame_image_path": params.get("end_frame_image_path"),
        "end_frame_used": str(end is not None and bool(np.any(end))),
        "input_video": Path(source).name if is_video else None,
        "video_path": source if is_video else None,
        "x_param": None,
        "y_param": None,
        "x_values": None,
        "y_values": None,
        "combine_with_source": params.get("combine_with_source", False),
        "use_teacache": params.get("use_teacache", False),
        "teacache_num_steps": params.get("teacache_num_steps", 0),
        "teacache_rel_l1_thresh": params.get("teacache_rel_l1_thresh", 0.0),
        "use_magcache": params.get("use_magcache", False),
        "magcache_threshold": params.get("magcache_threshold", 0.1),
        "magcache_max_consecutive_skips": params.get("magcache_max_consecutive_skips", 2),
        "magcache_retention_ratio": params.get("magcache_retention_ratio", 0.25),
        "loras": lora_weights(params),
    }


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
