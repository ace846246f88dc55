"""`queue.json`: the jobs of a Studio as they are kept over a restart.

The settings are written as in a sidecar, start and end frames as PNG files in `queue_images`.
What comes back is not all that was: a video input is lost, and with metadata off all settings are.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from .dialects import DIALECTS, Dialect
from .job import Job
from .sidecar import sidecar_facts

_ENDED = frozenset({"completed", "failed", "cancelled"})
# Name in queue.json -> (name in params, value where queue.json has none)
_RESTORED: dict[str, tuple[str, Any]] = {
    "model_type": ("model_type", "Original"),
    "prompt": ("prompt_text", ""),
    "negative_prompt": ("n_prompt", ""),
    "seed": ("seed", 0),
    "steps": ("steps", 25),
    "cfg": ("cfg", 1.0),
    "gs": ("gs", 10.0),
    "rs": ("rs", 0.0),
    "latent_type": ("latent_type", "Black"),
    "total_second_length": ("total_second_length", 6),
    "blend_sections": ("blend_sections", 4),
    "latent_window_size": ("latent_window_size", 9),
    "resolutionW": ("resolutionW", 640),
    "resolutionH": ("resolutionH", 640),
    "use_magcache": ("use_magcache", False),
    "magcache_threshold": ("magcache_threshold", 0.1),
    "magcache_max_consecutive_skips": ("magcache_max_consecutive_skips", 2),
    "magcache_retention_ratio": ("magcache_retention_ratio", 0.25),
    "end_frame_strength": ("end_frame_strength", 1.0),
    "use_teacache": ("use_teacache", True),
    "teacache_num_steps": ("teacache_num_steps", 25),
    "teacache_rel_l1_thresh": ("teacache_rel_l1_thresh", 0.15),
    "has_input_image": ("has_input_image", True),
    "combine_with_source": ("combine_with_source", False),
}


def save_jobs(
    jobs: list[Job], folder: Path, metadata: bool, dialect: Dialect = DIALECTS["0.5.1"]
) -> None:
    """Write queue.json and the frames of `jobs` into `folder`; frames of other jobs are removed."""
    images = folder / "queue_images"
    images.mkdir(exist_ok=True)
    wanted: set[str] = set()
    entries = {}
    for job in jobs:
        entry = _facts(job, metadata, dialect)
        for key, saved_as, suffix in (
            ("input_image", "saved_input_image_path", "input"),
            ("end_frame_image", "saved_end_frame_image_path", "end_frame"),
        ):
            pixels = job.params.get(key)
            if isinstance(pixels, np.ndarray):
                path = images / f"{job.id}_{suffix}.png"
                if not path.exists():
                    Image.fromarray(pixels).save(path, compress_level=1)  # speed counts
                wanted.add(path.name)
                entry[saved_as] = str(path)
        entries[job.id] = entry
    scratch = folder / "queue.json.part"
    scratch.write_text(json.dumps(entries, indent=2, default=str), encoding="utf-8")
    scratch.replace(folder / "queue.json")
    for path in images.glob("*.png"):
        if path.name not in wanted:
            path.unlink(missing_ok=True)


def load_jobs(folder: Path, known: set[str], lora_names: list[str]) -> list[Job]:
    """The jobs in queue.json that had not ended and are not `known`, pending again, in order."""
    path = folder / "queue.json"
    if not path.exists():
        return []
    jobs = []
    for job_id, entry in json.loads(path.read_text(encoding="utf-8")).items():
        if job_id in known or entry.get("status") in _ENDED:
            continue
        params = {name: entry.get(key, default) for key, (name, default) in _RESTORED.items()}
        params["input_image"] = _image(entry.get("saved_input_image_path"))
        params["end_frame_image"] = _image(entry.get("saved_end_frame_image_path"))
        if params["input_image"] is not None:
            # A start image that the server had made itself thus becomes a start frame.
            params["input_image_path"] = entry["saved_input_image_path"]
            params["has_input_image"] = True
        if params["end_frame_image"] is not None:
            params["end_frame_image_path"] = entry["saved_end_frame_image_path"]
        loras = entry.get("loras", {})
        params["selected_loras"] = list(loras)
        params["lora_values"] = list(loras.values())
        # Only the chosen ones have a weight here, so these names lead the list.
        params["lora_loaded_names"] = list(loras) + [n for n in lora_names if n not in loras]
        created = entry.get("created_at")
        job = Job(params, id=job_id, foreign=bool(entry.get("foreign", False)))
        job.created_at = created if isinstance(created, float) else job.created_at
        jobs.append(job)
    return jobs


def _facts(job: Job, metadata: bool, dialect: Dialect) -> dict[str, Any]:
    """What queue.json says of a job, its frames left out."""
    state = {
        "id": job.id,
        "status": job.status.value,
        "created_at": job.created_at,
        "started_at": job.started_at,
        "completed_at": job.completed_at,
        "error": job.error,
        "result": job.result,
        "foreign": job.foreign,
    }
    if metadata:
        try:
            return sidecar_facts(job.params, dialect) | state
        except TypeError:  # a video model without a video: no name to write down
            pass
    kept = {k: v for k, v in job.params.items() if isinstance(v, (str, int, float, bool, list))}
    return state | {"params": kept}


def _image(path: str | None) -> np.ndarray[Any, Any] | None:
    if path is None or not Path(path).exists():
        return None
    with Image.open(path) as image:
        return np.array(image.convert("RGB"))
