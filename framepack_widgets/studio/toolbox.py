"""What a Studio's post-processing offers: its operations and their fields, read from its config.

Operations are endpoints whose names are those of the Studio's own functions; one that was renamed
is known by a label that no other has. Fields go by label, never by position. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from framepack_widgets.fields import Field, read_component
from framepack_widgets.labels import bare, own_name
from framepack_widgets.problem import Problem
from framepack_widgets.schema import Schema
from framepack_widgets.studio.wire import Endpoint

PIPELINE = "pipeline"
JOIN = "join"
MODEL_INFO = "tb_get_model_info_and_update_scale_slider"  # a model's own range of factors

# Name here, endpoint, title, and the label that gives the operation away. Seen on 0.4, 0.5.1 and
# 0.6-dev; 0.4 has neither join, export nor the pipeline.
_OPERATIONS = (
    ("upscale", "tb_handle_upscale_video", "Upscale", "ESRGAN Model"),
    ("frames", "tb_handle_process_frames", "Interpolate, change speed", "RIFE Frame Interpolation"),
    ("filters", "tb_handle_apply_filters", "Filters", "Brightness (%)"),
    ("loop", "tb_handle_create_loop", "Loop", "Loop Type"),
    (JOIN, "tb_handle_join_videos", "Join", "Upload Videos to Join"),
    ("export", "tb_handle_export_video", "Export", "Output Format"),
    (PIPELINE, "tb_handle_start_pipeline", "Several in one go", "Pipeline Steps"),
)
NAMES = tuple(name for name, *_ in _OPERATIONS)

# Names by what a label begins with, without case and punctuation; the longest beginning counts.
_FIELDS = {
    "ESRGAN Model": "model",
    "Target Upscale Factor": "factor",
    "Tile Size": "tile_size",
    "Enhance Faces": "enhance_faces",
    "Use Streaming": "streaming",
    "Denoise Strength (for": "model_denoise",
    "RIFE Frame Interpolation": "interpolation",
    "Adjust Video Speed": "speed",
    "Brightness": "brightness",
    "Contrast": "contrast",
    "Saturation": "saturation",
    "Color Temperature": "temperature",
    "Sharpen": "sharpen",
    "Blur": "blur",
    "Denoise Strength": "denoise",
    "Vignette": "vignette",
    "S-Curve Contrast": "s_curve_contrast",
    "Film Grain": "film_grain",
    "Loop Type": "kind",
    "Number of Loops": "repeats",
    "Output Format": "format",
    "Quality": "quality",
    "Max Width": "max_width",
    "Pipeline Steps": "steps",
}
_BY_LENGTH = sorted(
    ((bare(label), name) for label, name in _FIELDS.items()), key=lambda p: -len(p[0])
)
_MARKS = ("❌", "⚠️")  # how a Studio's messages begin that tell of errors, and of warnings
_SIGNS = "".join(_MARKS) + "ℹ• "
_KEPT = re.compile(r"(?:saved to|folder|Output):\s*(\S.*?\.(?:gif|webm))[\s-]*$", re.IGNORECASE)
_OWN_BUSINESS = ("outputvideoname", "outputfilename")  # the Library names files itself


@dataclass(frozen=True, repr=False)
class Operation:
    """One thing that this Studio does to a clip, and the values it takes."""

    name: str
    """The name in Python: "upscale"."""
    label: str
    """What a page calls it."""
    schema: Schema
    """Its fields with the server's own ranges and defaults; shows itself as a table."""
    endpoint: Endpoint

    @property
    def fields(self) -> tuple[Field, ...]:
        """What may be set."""
        return self.schema.fields

    def values(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Every field's value: what was given, else the server's default."""
        return {f.name: f.canonical(given.get(f.name, f.default)) for f in self.fields}

    def arguments(self, given: Mapping[str, Any], videos: Any) -> list[Any]:
        """What is sent: `videos` wherever the operation takes its video or files."""
        values, names = self.values(given), _names(self.endpoint)
        return [
            _argument(component, names.get(number), values, videos)
            for number, component in enumerate(self.endpoint.inputs)
        ]

    def __repr__(self) -> str:
        return f"<{self.name}: {', '.join(f.name for f in self.fields) or 'no fields'}>"


def operations(endpoints: Mapping[str, Endpoint]) -> dict[str, Operation]:
    """The operations that a server has, by name, in the order above."""
    found: dict[str, Operation] = {}
    for name, endpoint_name, label, mark in _OPERATIONS:
        endpoint = endpoints.get(endpoint_name) or _marked(endpoints, mark, name)
        if endpoint is not None:
            found[name] = Operation(name, label, Schema(_fields(endpoint)), endpoint)
    return found


def pipeline_arguments(
    found: Mapping[str, Operation], steps: Mapping[str, Mapping[str, Any]], videos: Any
) -> list[Any]:
    """What is sent to run several operations in one go: {operation: values}.

    The pipeline's own inputs are the very components of the single operations.
    """
    values: dict[Any, Any] = {}
    for name, operation in found.items():
        if name in (PIPELINE, JOIN):
            continue
        own, names = operation.values(steps.get(name, {})), _names(operation.endpoint)
        for number, component in enumerate(operation.endpoint.inputs):
            if number in names:
                values[component.get("id")] = own[names[number]]
    arguments: list[Any] = []
    for component in found[PIPELINE].endpoint.inputs:
        kind = component.get("type")
        if kind == "checkboxgroup":
            arguments.append(list(steps))
        elif kind == "video":
            arguments.append(videos)
        elif kind == "file":
            arguments.append(None)  # many videos at once is what the jobs of a Library are for
        else:
            arguments.append(values.get(component.get("id"), _default(component)))
    return arguments


def steps_of(pipeline: Operation) -> tuple[str, ...]:
    """The operations that the pipeline can do, in the order in which it does them."""
    boxes = [f for f in pipeline.fields if f.name == "steps"]
    offered = [str(value) for field in boxes for value in field.values]
    # Whatever the order of the boxes: this is the order of the work (toolbox_app.py, 0.5.1).
    order = ("upscale", "frames", "filters", "loop", "export")
    return tuple(sorted(offered, key=lambda s: order.index(s) if s in order else len(order)))


def with_model_info(operation: Operation, updates: Sequence[Any]) -> Operation:
    """The same operation with the ranges that the server gives for another model."""
    info = next((u for u in updates if isinstance(u, Mapping) and "maximum" in u), None)
    if info is None:
        return operation
    shown = [u["visible"] for u in updates if isinstance(u, Mapping) and "visible" in u]
    changes: dict[str, dict[str, Any]] = {
        "factor": {
            "minimum": info.get("minimum"),
            "maximum": info["maximum"],
            "default": info.get("value"),
            "label": info.get("label") or "",
        },
        "model_denoise": {"visible": shown[-1] is True} if shown else {},
    }
    fields = tuple(replace(f, **changes.get(f.name, {})) for f in operation.fields)
    return replace(operation, schema=Schema(fields))


def complaint(messages: Any) -> str:
    """What the server's messages say went wrong, errors first; "" where they say nothing."""
    for mark in _MARKS:
        told = _marked_lines(messages, mark)
        if told:
            return " ".join(told)[:600]
    lines = _lines(messages)
    return lines[-1].lstrip(_SIGNS)[:600] if lines else ""


def complaints(messages: Any) -> list[str]:
    """Errors and warnings in the messages that came with a video, each once; at most three."""
    told = [text[:300] for mark in _MARKS for text in _marked_lines(messages, mark)]
    return list(dict.fromkeys(told))[:3]


def kept_file(messages: Any) -> str | None:
    """The server's path of a GIF or WebM file, of which the video shown is only a copy as MP4."""
    told = [found[1] for found in map(_KEPT.search, _lines(messages)) if found]
    whole = [path for path in told if "/" in path or "\\" in path]  # a step tells its name only
    return (whole or told or [None])[-1]


def ignored_speed(operation: Operation, given: Mapping[str, Any]) -> Problem | None:
    """A speed that the server would silently leave as it is (0.4.1 to 0.6: while streaming)."""
    speed = given.get("speed", 1)
    both = "speed" in operation.schema and "streaming" in operation.schema
    if not both or not given.get("streaming") or speed == 1:
        return None
    told = f"{speed} has no effect with streaming=True: Studios keep the speed then."
    return Problem("speed", told, "Leave streaming out, or change the speed in a run of its own.")


def _lines(messages: Any) -> list[str]:
    return [line.strip() for line in str(messages or "").splitlines() if line.strip()]


def _marked_lines(messages: Any, mark: str) -> list[str]:
    told = [line.lstrip(_SIGNS).strip() for line in _lines(messages) if line.startswith(mark)]
    return [text for text in told if text and "Traceback" not in text]


def _marked(endpoints: Mapping[str, Endpoint], mark: str, name: str) -> Endpoint | None:
    """The endpoint that makes a video and has that label, where only one has."""
    alike = [
        endpoint
        for endpoint in endpoints.values()
        if any(c.get("type") == "video" for c in endpoint.outputs)
        and _has(endpoint, mark)
        and (name == PIPELINE or not _has(endpoint, "Pipeline Steps"))
    ]
    return alike[0] if len(alike) == 1 else None


def _has(endpoint: Endpoint, mark: str) -> bool:
    return any(bare(_label(c)).startswith(bare(mark)) for c in endpoint.inputs)


def _fields(endpoint: Endpoint) -> tuple[Field, ...]:
    names = _names(endpoint)
    return tuple(
        read_component(None, component, name=names[number], index=number)
        for number, component in enumerate(endpoint.inputs)
        if number in names
    )


def _names(endpoint: Endpoint) -> dict[int, str]:
    """{place among the inputs: name} of what a user may set."""
    names: dict[int, str] = {}
    for number, component in enumerate(endpoint.inputs):
        label = bare(_label(component))
        hidden = not label or label.startswith(_OWN_BUSINESS)
        if hidden or component.get("type") in ("video", "file", "state"):
            continue
        known = next((name for start, name in _BY_LENGTH if label.startswith(start)), None)
        taken = set(names.values())
        fresh = known is not None and known not in taken
        names[number] = known if known and fresh else own_name(_label(component), number, taken)
    return names


def _argument(
    component: Mapping[str, Any], name: str | None, values: Mapping[str, Any], videos: Any
) -> Any:
    if component.get("type") in ("video", "file"):
        return videos
    if name is None:
        return "" if component.get("type") == "textbox" else _default(component)
    value = values[name]
    return list(value) if isinstance(value, tuple) else value


def _default(component: Mapping[str, Any]) -> Any:
    return (component.get("props") or {}).get("value")


def _label(component: Mapping[str, Any]) -> str:
    label = str((component.get("props") or {}).get("label") or "")
    return re.sub(r"[^\w\s(%)./-]", " ", label)  # an emoji in front is no part of the name
