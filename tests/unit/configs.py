"""Turns a recorded Studio into the `config` that `gradio_client.Client` holds.

The recordings list components without ids, so ids are given here, in an order of their own: nothing
may depend on them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

DATA = Path(__file__).parents[1] / "data"


def recorded(name: str = "recorded-0.5.1.json") -> dict[str, Any]:
    """The recording in tests/data."""
    data: dict[str, Any] = json.loads((DATA / name).read_text(encoding="utf-8"))
    return data


def config_of(recording: dict[str, Any]) -> dict[str, Any]:
    """A Gradio config: components [{id, type, props}], dependencies with ids in and out."""
    components: list[dict[str, Any]] = []

    def add(raw: dict[str, Any]) -> int:
        props = {k: v for k, v in raw.items() if k not in ("component", "help_text_sent")}
        if raw.get("help_text_sent"):
            props["info"] = "help"
        components.append({"id": 1000 - len(components), "type": raw["component"], "props": props})
        return int(components[-1]["id"])

    dependencies = [
        {
            "id": number,
            "api_name": endpoint["api_name"].lstrip("/"),
            "inputs": [add(raw) for raw in endpoint["inputs"]],
            "outputs": [add(raw) for raw in endpoint["outputs"]],
        }
        for number, endpoint in enumerate(recording["endpoints"])
    ]
    return {
        "title": recording["title"],
        "version": recording["gradio_version"],
        "protocol": recording["protocol"],
        "api_prefix": recording["api_prefix"],
        "components": components,
        "dependencies": dependencies,
    }


def studio_config(name: str = "recorded-0.5.1.json") -> dict[str, Any]:
    """The config of a recorded Studio."""
    return config_of(recorded(name))


def start_inputs(recording: dict[str, Any]) -> list[dict[str, Any]]:
    """The recorded inputs of the submit endpoint, to be changed by a test."""
    for endpoint in recording["endpoints"]:
        if endpoint["api_name"] == "/handle_start_button":
            inputs: list[dict[str, Any]] = endpoint["inputs"]
            return inputs
    raise LookupError("/handle_start_button")
