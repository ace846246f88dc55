"""Ways to ask a built-in Studio over a real socket, and to look at what it made."""

from __future__ import annotations

import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

# The old client has no switch of its own, and it reads this when imported.
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

import numpy as np
from gradio_client import Client
from PIL import Image
from recordings import fields_of

from framepack_widgets.demo.process import DemoProcess

T = TypeVar("T")


def poll(question: Callable[[], T | None], seconds: float = 20.0) -> T:
    """Ask until there is an answer that counts as true."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        answer = question()
        if answer:
            return answer
        time.sleep(0.02)
    raise AssertionError(f"no answer within {seconds} s")


@dataclass
class Asker:
    """Speaks to one demo the way a simple client does."""

    demo: DemoProcess
    client: Client
    labels: list[str] = field(default_factory=list)
    defaults: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        for component in fields_of(self.client.config, "/handle_start_button", "inputs"):
            if component["type"] != "state":
                self.labels.append(component["props"]["label"])
                self.defaults.append(component["props"].get("value"))

    def submit(self, **changes: Any) -> str:
        """Submit a short job; keywords are labels with underscores, or `labels={...}`."""
        wanted = {
            "Prompt": "zoom in",
            "Seed": 7,
            "Randomize": False,
            "Video Length (Seconds)": 1.0,
            "Width": 128,
            "Height": 128,
        }
        wanted |= changes.pop("labels", {})
        wanted |= {name.replace("_", " "): value for name, value in changes.items()}
        unknown = set(wanted) - set(self.labels)
        assert not unknown, unknown
        values = [
            wanted.get(label, default)
            for label, default in zip(self.labels, self.defaults, strict=True)
        ]
        return self.ask("/handle_start_button", *values)[1]

    def ask(self, api_name: str, *values: Any) -> Any:
        return self.client.predict(*values, api_name=api_name)

    def current(self) -> str | None:
        return self.ask("/check_for_current_job")[0]

    def event(self, job_id: str, name: str = "ended", seconds: float = 20.0) -> dict[str, Any]:
        """Wait for an event of a job in the server's own log."""

        def look() -> dict[str, Any] | None:
            for entry in self.demo.jobs_log():
                if entry["id"] == job_id and entry["event"] == name:
                    return entry
            return None

        return poll(look, seconds)

    def row(self, job_id: str) -> list[Any] | None:
        for row in self.ask("/update_stats")[0]["data"]:
            if row[0] == job_id[:6] + "...":
                return row
        return None

    def file_of(self, job_id: str) -> Path:
        """The longest clip of a job, found by the server's log."""
        timestamp = self.event(job_id)["timestamp"]
        files = list((self.demo.workdir / "outputs").glob(f"{timestamp}_*.mp4"))
        return max(files, key=lambda path: path.stat().st_size)

    def sidecar_of(self, job_id: str) -> dict[str, Any]:
        timestamp = self.event(job_id)["timestamp"]
        return json.loads((self.demo.workdir / "outputs" / f"{timestamp}.json").read_text())

    def status_of(self, path: str | Path) -> int:
        """The HTTP status of a file on the server."""
        try:
            with urllib.request.urlopen(f"{self.demo.url}/gradio_api/file={path}") as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code


def connect(demo: DemoProcess, **options: Any) -> Asker:
    return Asker(demo, Client(demo.url, verbose=False, download_files=False, **options))


def pixels(number: int) -> np.ndarray:
    """The pixels of picture `number`."""
    corners = np.random.default_rng(number).integers(0, 256, (4, 5, 3), dtype=np.uint8)
    picture = Image.fromarray(corners).resize((160, 120), Image.Resampling.BICUBIC)
    return np.array(picture)
