"""Both generations of client and server with each other: what a Studio's own environment has, and
what a notebook's has. Each client runs in a process of its own, whose every connection is recorded.
"""

from __future__ import annotations

import asyncio
import json
import os
import ssl
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from small_servers import CAT, LOGIN, ROOT, proxy

import framepack_widgets as fp
from framepack_widgets.studio import wire
from framepack_widgets.studio.connect import Credentials, open_client
from framepack_widgets.studio.line import Line

PROGRAM = Path(__file__).with_name("client_program.py")
VERSION = "import importlib.metadata as m; print(m.version('gradio'))"
HF_TOKEN = "hf_saved" + "on" + "this" + "machine0123456789"


@pytest.mark.parametrize("server", ["this", "other"])
@pytest.mark.parametrize("client", ["this", "other"])
def test_client_and_server(
    client: str, server: str, fleet: Any, interpreter: Callable[[str], str], tmp_path: Path
) -> None:
    """An image render and one that goes on from it, with a login; nobody else hears of it."""
    python = interpreter(client)
    studio = fleet.get(server, login=True)
    with proxy(studio.url) as door:
        done = run(python, door.url, tmp_path)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["verified"] == ["stamp", "stamp"]
    assert told["frames"] == [37, 70]
    assert told["loras"] == {"film": 0.5}
    assert told["nothing runs"] is True
    assert set(told["hosts"]) == {"127.0.0.1"}, "only the Studio was spoken to"
    assert len(door.seen) > 20
    assert not [headers for _, _, headers in door.seen if HF_TOKEN in str(headers)]
    assert studio.gradio_version != told["client"]


def run(python: str, url: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """The program, where a Hugging Face token is saved and reporting is not forbidden."""
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


@pytest.mark.parametrize("generation", ["this", "other"])
def test_how_a_video_is_handed_over(
    generation: str, fleet: Any, interpreter: Callable[[str], str], tmp_path: Path
) -> None:
    """Gradio 5 takes it wrapped, 6 bare (the built-in Studio is patient with both)."""
    major = int(fleet.get(generation).gradio_version.split(".")[0])
    video = tmp_path / "source.mp4"
    video.write_bytes(b"any bytes")

    async def prepared() -> Any:
        client = await open_client(fleet.get(generation).url, Credentials())
        arguments = await client.prepare(fp.Settings(model="Video", video=str(video), seed=1), {})
        await client.aclose()
        return next(v for v in arguments if isinstance(v, dict))

    assert ("video" in asyncio.run(prepared())) is (major < 6)


def test_what_a_gradio_without_patience_takes(fleet: Any, tmp_path: Path) -> None:
    async def ask(url: str) -> None:
        line = Line(url, headers={}, verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
        config = await line.get_json("/config")
        line.prefix = config["api_prefix"]
        function = wire.endpoints(config)["echo"].fn_index
        path = await line.upload("a.mp4", b"any bytes")
        bare = {"path": path, "meta": {"_type": "gradio.FileData"}}
        wrapped = {"video": bare, "subtitles": None}
        right, wrong = (wrapped, bare) if wire.gradio_major(config) < 6 else (bare, wrapped)
        assert await line.call(function, [right]) == ["a.mp4"]
        with pytest.raises(fp.StudioRefused):
            await line.call(function, [wrong])
        await line.aclose()

    asyncio.run(ask(fleet.echo()))


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
