"""Both generations of client and server with each other: what a Studio's own environment has, and
what a notebook's has. Each client runs in a process of its own, whose every connection is recorded.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from small_servers import CAT, LOGIN, ROOT, proxy

PROGRAM = Path(__file__).with_name("client_program.py")
VERSION = "import importlib.metadata as m; print(m.version('gradio'))"
HF_TOKEN = "hf_saved" + "on" + "this" + "machine0123456789"


@pytest.mark.parametrize("server", ["this", "other"])
@pytest.mark.parametrize("client", ["this", "other"])
def test_client_and_server(
    client: str, server: str, fleet: Any, interpreter: Callable[[str], str], tmp_path: Path
) -> None:
    """An image render and one that goes on from its video, with a login; nobody else hears of it."""
    python = interpreter(client)
    studio = fleet.get(server, login=True)
    with proxy(studio.url) as door:
        done = run(python, door.url, tmp_path)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["verified"] == ["stamp", "stamp"]
    assert told["frames"] == [37, 33]
    assert told["loras"] == {"film": 0.5}
    assert told["nothing runs"] is True
    assert set(told["hosts"]) == {"127.0.0.1"}, "only the Studio was spoken to"
    assert len(door.seen) > 20
    assert not [headers for _, _, headers in door.seen if "hf_" in str(headers)]
    assert studio.gradio_version != told["client"]


def run(python: str, url: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """The program, on a machine where a Hugging Face token is saved and reporting is not forbidden."""
    home = folder / "hf"
    home.mkdir()
    (home / "token").write_text(HF_TOKEN)
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("HF_", "GRADIO_", "HUGGING", "FRAMEPACK_", "DISABLE_TELEMETRY"))
    }
    return subprocess.run(
        [python, str(PROGRAM), url, str(folder / "library"), str(CAT), *LOGIN],
        env={**kept, "HF_HOME": str(home), "HF_TOKEN": HF_TOKEN, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


def test_the_other_generation_is_another_one(interpreter: Callable[[str], str]) -> None:
    """A second interpreter with the same Gradio would make the tests above say nothing."""
    versions = set()
    for generation in ("this", "other"):
        done = subprocess.run(
            [interpreter(generation), "-c", VERSION],
            capture_output=True,
            text=True,
            check=True,
        )
        versions.add(done.stdout.split(".")[0])
    assert len(versions) == 2
