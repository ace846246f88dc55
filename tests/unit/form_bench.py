"""A form on a recorded Studio, without a server: submissions are kept, nothing is rendered."""

from __future__ import annotations

import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from configs import config_of, recorded, start_inputs

from framepack_widgets.forecast import forecast
from framepack_widgets.schema import Schema
from framepack_widgets.settings import Settings
from framepack_widgets.validation import validate

LORAS = "recorded-0.5.1-three-loras.json"


def schema_with(*more: dict[str, Any], name: str = "recorded-0.5.1.json") -> Schema:
    """A recorded schema with more inputs, as a newer server may have them."""
    recording = recorded(name)
    start_inputs(recording).extend(more)
    return Schema.from_config(config_of(recording))


def schema_with_loras(count: int) -> Schema:
    """A recorded schema with so many LoRAs."""
    recording = recorded()
    inputs = start_inputs(recording)
    names = [f"lora_{number:02} <b>&style" for number in range(count)]
    select = next(raw for raw in inputs if raw.get("label") == "Select LoRAs to Load")
    select["choices"] = [[name, name] for name in names]
    inputs.extend(
        {
            "component": "slider", "label": f"{name} Weight", "value": 1.0,
            "minimum": 0.0, "maximum": 2.0, "step": 0.01, "visible": False,
        }
        for name in names
    )  # fmt: skip
    return Schema.from_config(config_of(recording))


class BenchStudio:
    """What a form asks of a Studio."""

    def __init__(self, library: Path, schema: Schema | None = None) -> None:
        self.schema = schema or schema_with(name=LORAS)
        self.library = SimpleNamespace(path=library)
        self.sent: list[Settings] = []
        self.may_answer = threading.Event()
        self.may_answer.set()

    def check(self, settings: Settings) -> Any:
        return validate(settings, self.schema)

    def plan(self, settings: Settings) -> Any:
        return forecast(self.schema.resolve(settings), [])

    def submit(self, settings: Settings) -> Any:
        validate(settings, self.schema).raise_if_any()
        self.sent.append(settings)
        assert self.may_answer.wait(10)
        resolved = self.schema.resolve(settings)
        if resolved.seed is None:
            resolved = resolved.replace(seed=1234)
        return SimpleNamespace(id=f"ab12{len(self.sent):08}", settings=resolved)
