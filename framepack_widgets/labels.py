"""Labels of a Studio's page and the names they get in Python.

Position drifts between versions and installations, so a server's inputs are told apart by their
labels alone. A label that is not in the table gets a name made from it.
"""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Collection

from framepack_widgets.settings import Settings

RANDOMIZE = "randomize"  # known, but never offered: it does not randomise the job it is sent with

# Seen on 0.4, 0.5.1 and 0.6-dev.
LABELS = {
    "Generation Type": "model",
    "Start Frame (optional)": "start_frame",
    "Start Frame": "start_frame",
    "Video Input": "video",
    "End Frame (Optional)": "end_frame",
    "End Frame": "end_frame",
    "End Frame Influence": "end_frame_influence",
    "Prompt": "prompt",
    "Negative Prompt": "negative_prompt",
    "Seed": "seed",
    "Randomize": RANDOMIZE,
    "Randomise": RANDOMIZE,
    "Randomize Seed": RANDOMIZE,
    "Random Seed": RANDOMIZE,
    "Video Length (Seconds)": "seconds",
    "Latent Window Size": "latent_window_size",
    "Steps": "steps",
    "CFG Scale": "cfg_scale",
    "Distilled CFG Scale": "distilled_cfg_scale",
    "CFG Re-Scale": "cfg_rescale",
    "Caching strategy": "cache",
    "Use TeaCache": "use_teacache",
    "TeaCache steps": "teacache_steps",
    "TeaCache rel_l1_thresh": "teacache_threshold",
    "MagCache Threshold": "magcache_threshold",
    "MagCache Max Consecutive Skips": "magcache_max_skips",
    "MagCache Retention Ratio": "magcache_retention",
    "Number of sections to blend between prompts": "blend_sections",
    "Latent Image": "latent_image",
    "Clean up video files": "clean_up",
    "Select LoRAs to Load": "loras",
    "Width": "width",
    "Height": "height",
    "Combine with source video": "combine_with_source",
    "Number of Context Frames (Adherence to Video)": "context_frames",
}


def bare(label: str) -> str:
    """The label without case, spacing and punctuation, for comparing."""
    return "".join(c for c in unicodedata.normalize("NFKC", label).casefold() if c.isalnum())


_KNOWN = {bare(label): name for label, name in LABELS.items()}


def known_name(label: str) -> str | None:
    """The name of a known label, or None."""
    return _KNOWN.get(bare(label))


def own_name(label: str, index: int, taken: Collection[str]) -> str:
    """A name made from an unknown label: "Motion Strength" -> motion_strength.

    Always a valid identifier, never a keyword, never a name in `taken` or one that `Settings` has
    for itself. A label without letters gets its place in the list: field_7.
    """
    words = re.findall(r"\w+", unicodedata.normalize("NFKC", label).lower().replace("_", " "))
    name = unicodedata.normalize("NFKC", "_".join(words)) or f"field_{index}"
    if not name.isidentifier():
        name = f"field_{name}" if f"field_{name}".isidentifier() else f"field_{index}"
    if keyword.iskeyword(name) or name in _RESERVED:
        name += "_"
    number, unique = 2, name
    while unique in taken:
        unique = f"{name.rstrip('_')}_{number}"
        number += 1
    return unique


_RESERVED = frozenset(dir(Settings)) | {RANDOMIZE, "self"}
