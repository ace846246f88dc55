"""What was recorded from running Studios (tests/data), and how a config is held against it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

DATA = Path(__file__).parents[1] / "data"
LEFT_OUT = "(long text left out)"
RECORDED = {
    "0.4": "recorded-0.4.json",
    "0.5.1": "recorded-0.5.1.json",
    "0.6": "recorded-0.6-table.json",
    "0.6-html": "recorded-0.6-html.json",
}
"""{dialect of the built-in Studio: the file with what a Studio of that version said}"""
LABELLED = {"gallery", "image", "number", "slider", "textbox", "video"}


def recorded(name: str) -> dict[str, Any]:
    """{endpoint: what was recorded of it}, and "facts" of the whole."""
    facts = json.loads((DATA / name).read_text(encoding="utf-8"))
    return {endpoint["api_name"]: endpoint for endpoint in facts["endpoints"]} | {"facts": facts}


def fields_of(config: dict[str, Any], api_name: str, side: str) -> list[dict[str, Any]]:
    """The components of an endpoint's "inputs" or "outputs", hidden state included."""
    components = {component["id"]: component for component in config["components"]}
    for dependency in config["dependencies"]:
        if dependency["api_name"] == api_name.strip("/"):
            return [components[number] for number in dependency[side]]
    raise AssertionError(f"no endpoint {api_name}")


def as_recorded(component: dict[str, Any], fact: dict[str, Any]) -> dict[str, Any]:
    """What a server says of a component, as far as the recorded `fact` speaks of it."""
    props = component["props"]
    said = {key: props.get(key) for key in fact}
    if "label" not in fact and component["type"] in LABELLED and props.get("label"):
        said["label"] = props["label"]
    said["component"] = component["type"]
    said["help_text_sent"] = bool(props.get("info"))
    if "choices" in fact:
        said["choices"] = [list(choice) for choice in props["choices"]]
    if fact.get("value") == LEFT_OUT:
        said["value"] = LEFT_OUT if props["value"] else None
    return said
