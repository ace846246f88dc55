"""A Studio on a rented box: through nginx as it comes, TLS, a path prefix, and a slow line.

nginx does here what its defaults say: the server behind it sees its own address as Host, answers
are buffered, a request's body may have 1 MB, silence of a minute ends an answer.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from proxies import nginx, slow_line
from scene import until
from small_servers import CAT, CERTIFICATE, ROOT, answering, free_ports, reply

import framepack_widgets as fp
from framepack_widgets.demo.process import DemoProcess
from framepack_widgets.studio import download as downloading
from framepack_widgets.studio import stream
from framepack_widgets.studio.line import Line, new_session

PATIENCE_S = 60
LATENCY_S = 0.08
RATE = 2e6  # bytes a second
SMALL = {"seconds": 2, "steps": 8, "width": 256, "height": 256}


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return tmp_path / "library"


@pytest.fixture(scope="module")
def box() -> Iterator[DemoProcess]:
    """The Studio on the box; slow enough for a preview, and told of its prefix."""
    from framepack_widgets.demo.options import DemoOptions
    from framepack_widgets.demo.process import start

    with start(DemoOptions(speed=25, root_path="/studio")) as running:
        yield running


def behind(url: str, *, prefix: str = "/studio", more: str = "") -> str:
    """A `location` that cuts the prefix off, as the docs show it."""
    return f"location {prefix}/ {{ proxy_pass {url}/; {more} }}"


def followed(job: fp.Job) -> int:
    """Follow it to its end; how many times there was a preview."""
    shown = 0
    for _ in job:
        with contextlib.suppress(fp.StudioUnreachable):  # cut just then
            shown += job.preview() is not None
    return shown


# ------------------------------------------------------------------ the whole way


def test_a_session_through_tls_a_prefix_and_a_slow_line(
    box: DemoProcess, library: Path, tmp_path: Path
) -> None:
    """The Studio knows its prefix here; the line is cut while the clip is on its way."""
    with (
        nginx(tmp_path / "nginx", behind(box.url), tls=True) as front,
        slow_line(front.port, latency=LATENCY_S, rate=RATE) as line,
        fp.connect(
            f"https://127.0.0.1:{line.port}/studio", library=library, verify=CERTIFICATE
        ) as studio,
    ):
        job = studio.submit(start_frame=str(CAT), prompt="far away", seconds=2, steps=20)
        until(lambda: job.progress.fraction > 0, "the render", PATIENCE_S)
        line.cut_after = 200_000
        assert followed(job) > 0, "no preview on the way"
        clip = job.result(PATIENCE_S)
        assert clip.verified == "stamp"
        assert sum(1 for _ in clip.iter_frames()) == round(clip.seconds * clip.fps)
        assert line.cuts == 1

        other = studio.submit(start_frame=str(CAT), prompt="not this one", seconds=8)
        until(lambda: other.progress.fraction > 0, "the second render", PATIENCE_S)
        other.cancel()
        with pytest.raises(fp.JobCancelled):
            other.result(PATIENCE_S)
        assert len(studio.queue()) == 2
    assert all(" /studio/" in request for request in front.requests), "it left the prefix"


def test_a_studio_that_knows_of_no_prefix(fleet: Any, library: Path, tmp_path: Path) -> None:
    """And a proxy that packs whatever may be packed."""
    packing = "gzip on; gzip_proxied any; gzip_types *; gzip_min_length 1;"
    with (
        nginx(tmp_path / "nginx", behind(fleet.get().url, prefix="/gpu/7", more=packing)) as front,
        fp.connect(front.url("/gpu/7/"), library=library) as studio,
    ):
        job = studio.submit(start_frame=str(CAT), prompt="nearer", **SMALL)
        assert job.result(PATIENCE_S).verified == "stamp"
        assert studio.gradio.predict(api_name="/check_for_current_job")[0] is None


@pytest.mark.parametrize("told", [True, False])
def test_a_download_that_is_cut_goes_on_where_it_was(
    told: bool, box: DemoProcess, fleet: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By HTTP Range, through nginx: what has arrived is not sent again."""
    monkeypatch.setattr(downloading, "_PAUSE_S", 0.01)
    demo = box if told else fleet.get()
    content = os.urandom(600_000)
    source = demo.workdir / "outputs" / f"cut-{told}.mp4"
    source.parent.mkdir(exist_ok=True)
    source.write_bytes(content)
    target = tmp_path / "clip.mp4"

    async def fetch(port: int) -> None:
        context = ssl.create_default_context(cafile=str(CERTIFICATE))
        context.check_hostname = False
        line = Line(f"https://127.0.0.1:{port}/studio", headers={}, verify=context)
        line.prefix = "/gradio_api"
        await downloading.download(line, str(source), target)
        await line.aclose()

    with (
        nginx(tmp_path / "nginx", behind(demo.url), tls=True) as front,
        slow_line(front.port, latency=LATENCY_S, rate=RATE, cut_after=250_000) as line,
    ):
        asyncio.run(fetch(line.port))
        assert line.cuts == 1
    assert target.read_bytes() == content
    assert ['" 206 ' in request for request in front.requests] == [False, True]


def test_the_configuration_that_the_docs_show(fleet: Any, library: Path, tmp_path: Path) -> None:
    """As it stands there, but for names, ports and files. The picture is larger than 1 MB."""
    page = (ROOT / "docs" / "rented-box.md").read_text(encoding="utf-8")
    shown = page.split("```nginx\nserver {\n")[1].split("\n}\n```")[0]
    rest = shown.split("box.key;\n", 1)[1]  # what stands above, `nginx` writes itself
    passwords = tmp_path / "htpasswd"
    passwords.write_text("me:{PLAIN}open-sesame\n", encoding="ascii")
    rest = rest.replace("/etc/nginx/studio.htpasswd", str(passwords))
    rest = rest.replace("http://127.0.0.1:7860", fleet.get().url)
    with nginx(tmp_path / "nginx", rest, tls=True) as front:
        with pytest.raises(fp.StudioRefused, match="wants a user and password"):
            fp.connect(front.url("/studio"), library=library, verify=CERTIFICATE)
        address = front.url("/studio").replace("://", "://me:open-sesame@")
        with fp.connect(address, library=library, verify=CERTIFICATE) as studio:
            job = studio.submit(start_frame=photograph(tmp_path), prompt="shown", **SMALL)
            assert job.result(PATIENCE_S).verified == "stamp"


def photograph(folder: Path) -> str:
    """A picture of more than the 1 MB that nginx lets through by itself."""
    path = folder / "photo.png"
    noise = np.random.default_rng(1).integers(0, 255, (700, 700, 3), np.uint8)
    Image.fromarray(noise).save(path)
    assert path.stat().st_size > 1_000_000
    return str(path)


# ------------------------------------------------------------------ what nginx refuses


def test_a_picture_that_is_too_large_for_nginx(fleet: Any, library: Path, tmp_path: Path) -> None:
    """413: the message names the setting; when it is changed, the job goes on by itself."""
    with (
        nginx(tmp_path / "nginx", behind(fleet.get().url)) as front,
        fp.connect(front.url("/studio"), library=library) as studio,
    ):
        job = studio.submit(start_frame=photograph(tmp_path), prompt="large", **SMALL)
        until(lambda: job.trouble, "nginx's refusal")
        assert "413" in str(job.trouble)
        assert "client_max_body_size" in str(job.trouble)
        front.change("location", "client_max_body_size 0; location")
        assert job.result(PATIENCE_S).verified == "stamp"


def test_nobody_behind_nginx_for_a_while(box: DemoProcess, library: Path, tmp_path: Path) -> None:
    """502, as while a Studio is started again: told, and the render is followed on afterwards."""
    nobody = f"http://127.0.0.1:{free_ports(1)[0]}"
    with (
        nginx(tmp_path / "nginx", behind(box.url)) as front,
        fp.connect(front.url("/studio"), library=library) as studio,
    ):
        job = studio.submit(start_frame=str(CAT), prompt="meanwhile", seconds=2)
        until(lambda: job.progress.fraction > 0, "the render", PATIENCE_S)
        front.change(box.url, nobody)
        until(lambda: job.trouble, "the trouble")
        assert "answers 502: the Studio behind it is down or starting" in str(job.trouble)
        front.change(nobody, box.url)
        assert job.result(PATIENCE_S).verified == "stamp"
        assert job.trouble is None


def test_an_answer_that_nginx_did_not_wait_for(
    demo_server: Callable[..., DemoProcess], library: Path, tmp_path: Path
) -> None:
    """504 on the way back: the submission had arrived, and is not sent a second time."""
    demo = demo_server(speed=100, slow_submit=2.5)
    impatient = behind(demo.url, more="proxy_read_timeout 1s;")
    with (
        nginx(tmp_path / "nginx", impatient) as front,
        fp.connect(front.url("/studio"), library=library) as studio,
    ):
        job = studio.submit(start_frame=str(CAT), prompt="once", **SMALL)
        assert job.result(PATIENCE_S).verified == "stamp"
        assert [row.status for row in studio.queue()] == ["completed"]
        assert "timed out" in (front.folder / "error.log").read_text()


# ------------------------------------------------------------------ what nginx keeps to itself


def slow_call(handler: Any) -> None:
    """A call that waits in the server's line for 2 s, with signs of life."""
    if handler.command == "POST":
        handler.rfile.read(int(handler.headers["content-length"]))
        reply(handler, {"event_id": "1"})
        return
    if "queue/data" not in handler.path:
        reply(handler, {"app_id": "1"})
        return
    handler.send_response(200)
    handler.send_header("content-type", "text/event-stream")
    handler.end_headers()
    for _ in range(10):
        handler.wfile.write(b'data: {"msg": "heartbeat"}\n\n')
        time.sleep(0.2)
    done = b'{"msg": "process_completed", "success": true, "output": {"data": [7]}}'
    handler.wfile.write(b"data: " + done + b"\n\n")
    handler.close_connection = True


def test_signs_of_life_that_a_buffer_keeps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """nginx buffers event streams: a server with a long line looks silent. It is not given up."""
    monkeypatch.setattr(stream, "SILENCE_S", 0.5)

    async def call(url: str) -> list[Any]:
        line = Line(url, headers={}, verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
        try:
            first = await anext(aiter(line.answers(new_session(), 0.5)), None)
            assert first is None, "it does not buffer: this test shows nothing"
        except fp.StudioUnreachable as error:
            assert "did not answer in time" in str(error)
        try:
            return await line.call(1, [])
        finally:
            await line.aclose()

    with answering(slow_call) as url, nginx(tmp_path / "nginx", behind(url)) as front:
        assert asyncio.run(call(front.url("/studio"))) == [7]
    looks = [request for request in front.requests if "app_id" in request]
    assert looks, "nobody asked whether the server is still there"


def test_a_server_that_dies_behind_a_buffer_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "SILENCE_S", 0.2)

    async def forever() -> None:
        await asyncio.sleep(60)

    async def gone() -> None:
        raise fp.StudioUnreachable("gone")

    async def fine() -> None:
        return None

    with pytest.raises(fp.StudioUnreachable, match="gone"):
        asyncio.run(stream.patiently(forever(), gone, 30, "http://x"))
    with pytest.raises(fp.StudioUnreachable, match="did not get round to our call"):
        asyncio.run(stream.patiently(forever(), fine, 0.5, "http://x"))
