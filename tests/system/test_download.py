"""Files over connections that break, servers that lie, and processes that are killed in between."""

from __future__ import annotations

import asyncio
import errno
import gzip
import hashlib
import os
import re
import ssl
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from small_servers import ROOT, answering, proxy, reply

import framepack_widgets as fp
from framepack_widgets.errors import LibraryError
from framepack_widgets.studio import download as downloading
from framepack_widgets.studio.download import download, exists, read_small
from framepack_widgets.studio.line import Line

OLD = os.urandom(400_000)
NEW = os.urandom(400_000)
LONGER = os.urandom(500_000)


@dataclass
class Files:
    """A server of one file, with faults."""

    content: bytes = OLD
    cuts: list[int] = field(default_factory=list)  # bytes after which the next answers break off
    ranges: bool = True
    conditions: bool = True  # False: `If-Range` is ignored, as some caches do
    tells: bool = True  # ETag
    counts: str = "length"  # or "chunks" or "nothing": how the end of the body is told
    packs: bool = False
    lie: int = 0  # added to Content-Length
    pause: float = 0.0  # s between pieces
    asked: list[str] = field(default_factory=list)  # the Range of each request

    def answer(self, handler: Any) -> None:
        wanted = handler.headers.get("range") or ""
        self.asked.append(wanted)
        etag = '"' + hashlib.sha256(self.content).hexdigest()[:8] + '"'
        headers = {"etag": etag} if self.tells else {}
        start, end = self._range(wanted, handler.headers.get("if-range"), etag)
        if start is None:
            headers["content_range"] = f"bytes */{len(self.content)}"
            reply(handler, b"", 416, **headers)
            return
        body = self.content[start:end]
        if self.packs:
            body, headers["content_encoding"] = gzip.compress(body), "gzip"
        partial = self.ranges and bool(wanted) and (start, end) != (0, len(self.content))
        if partial:
            headers["content_range"] = f"bytes {start}-{end - 1}/{len(self.content)}"
        handler.send_response(206 if partial else 200)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        self._send(handler, body, self.cuts.pop(0) if self.cuts else None)

    def _range(self, wanted: str, condition: str | None, etag: str) -> tuple[Any, int]:
        match = re.fullmatch(r"bytes=(\d+)-(\d*)", wanted)
        if not (match and self.ranges) or (condition and self.conditions and condition != etag):
            return 0, len(self.content)
        start = int(match[1])
        end = int(match[2]) + 1 if match[2] else len(self.content)
        return (start if start < len(self.content) else None), min(end, len(self.content))

    def _send(self, handler: Any, body: bytes, cut: int | None) -> None:
        if self.counts == "length":
            handler.send_header("content-length", str(len(body) + self.lie))
        elif self.counts == "chunks":
            handler.send_header("transfer-encoding", "chunked")
        handler.end_headers()
        for begin in range(0, len(body[:cut]), 50_000):
            piece = body[:cut][begin : begin + 50_000]
            if self.counts == "chunks":
                piece = b"%x\r\n%s\r\n" % (len(piece), piece)
            handler.wfile.write(piece)
            time.sleep(self.pause)
        if self.counts == "chunks" and cut is None:
            handler.wfile.write(b"0\r\n\r\n")
        handler.close_connection = cut is not None or self.counts == "nothing" or self.lie > 0


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloading, "_PAUSE_S", 0.01)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "clip.mp4"


def fetch(server: Files, target: Path, act: Callable[[Line], Any] | None = None) -> Any:
    async def work(url: str) -> Any:
        line = Line(url, headers={}, verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
        try:
            return await (act(line) if act else download(line, "/out/clip.mp4", target))
        finally:
            await line.aclose()

    with answering(server.answer) as url:
        return asyncio.run(work(url))


def alone(target: Path) -> bool:
    """Whether nothing but the target is left in its folder."""
    return [path.name for path in target.parent.iterdir()] == [target.name]


def test_a_whole_file(target: Path) -> None:
    server = Files()
    fetch(server, target)
    assert target.read_bytes() == OLD
    assert alone(target)
    assert server.asked == [""]


def test_what_breaks_off_is_gone_on_with(target: Path) -> None:
    """Six times in a row: as long as something arrives, there is no giving up."""
    server = Files(cuts=[100_000, 50_000, 50_000, 50_000, 20_000, 20_000])
    fetch(server, target)
    assert target.read_bytes() == OLD
    assert len(server.asked) == 7
    offsets = [int(wanted[6:-1]) for wanted in server.asked[1:]]
    assert offsets == sorted(set(offsets))
    assert alone(target)


@pytest.mark.parametrize("conditions", [True, False])
@pytest.mark.parametrize("new", [NEW, LONGER])
def test_a_file_that_changed_meanwhile_is_fetched_anew(
    target: Path, conditions: bool, new: bytes
) -> None:
    server = Files(cuts=[100_000], conditions=conditions)
    plain = server.answer

    def answer(handler: Any) -> None:
        plain(handler)
        server.content = new

    server.answer = answer  # type: ignore[method-assign]
    fetch(server, target)
    assert target.read_bytes() == new
    assert alone(target)


@pytest.mark.parametrize(("ranges", "tells"), [(False, True), (True, False)])
def test_a_server_that_cannot_go_on_starts_over(target: Path, ranges: bool, tells: bool) -> None:
    server = Files(cuts=[100_000, 300_000], ranges=ranges, tells=tells)
    fetch(server, target)
    assert target.read_bytes() == OLD


@pytest.mark.parametrize("counts", ["chunks", "nothing"])
@pytest.mark.parametrize("cut", [None, 100_000])
def test_a_proxy_that_does_not_count(target: Path, counts: str, cut: int | None) -> None:
    """Without a length, a body that ends may be half of it: the server is asked for its size."""
    server = Files(counts=counts, cuts=[cut] if cut else [])
    fetch(server, target)
    assert target.read_bytes() == OLD
    assert "bytes=0-1" in server.asked or (counts == "chunks" and cut), "there, the break shows"


def test_a_proxy_that_packs(target: Path) -> None:
    server = Files(packs=True, cuts=[100_000])
    fetch(server, target)
    assert target.read_bytes() == OLD


def test_a_length_that_is_wrong_is_never_taken_for_a_whole_file(target: Path) -> None:
    server = Files(lie=100)
    with pytest.raises(fp.StudioUnreachable):
        fetch(server, target)
    assert not target.exists()
    assert len(server.asked) == 4 + 1  # the first brought something


def test_an_empty_file(target: Path) -> None:
    fetch(Files(content=b""), target)
    assert target.read_bytes() == b""


def test_a_part_that_is_the_whole_is_not_fetched_again(target: Path) -> None:
    """Killed between the last byte and the rename."""
    server = Files()
    fetch(server, target)
    part = downloading.Part(target)
    etag = hashlib.sha256(OLD).hexdigest()[:8]
    part.begin(downloading.Edition(f'"{etag}"', "", len(OLD)))
    target.replace(part.path)
    server.asked.clear()
    fetch(server, target)
    assert server.asked == [f"bytes={len(OLD)}-"]
    assert target.read_bytes() == OLD
    assert alone(target)


def test_a_part_longer_than_the_file_is_dropped(target: Path) -> None:
    part = downloading.Part(target)
    part.begin(downloading.Edition('"x"', "", None))
    part.path.write_bytes(LONGER)
    fetch(Files(conditions=False), target)
    assert target.read_bytes() == OLD


def test_another_process_goes_on_where_one_was_killed(target: Path) -> None:
    program = (
        "import asyncio, pathlib, ssl, sys\n"
        "from framepack_widgets.studio.download import download\n"
        "from framepack_widgets.studio.line import Line\n"
        "async def work():\n"
        "    line = Line(sys.argv[1], headers={}, verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))\n"
        "    await download(line, '/out/clip.mp4', pathlib.Path(sys.argv[2]))\n"
        "asyncio.run(work())\n"
    )
    server = Files(pause=0.3)
    part = target.with_name("clip.mp4.part")
    with answering(server.answer) as url:
        child = subprocess.Popen(
            [sys.executable, "-c", program, url, str(target)],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        deadline = time.monotonic() + 30
        while not (part.exists() and part.stat().st_size):
            assert time.monotonic() < deadline
            assert child.poll() is None
            time.sleep(0.01)
        child.kill()
        child.wait()
    assert not target.exists()
    had = part.stat().st_size
    assert 0 < had < len(OLD)
    server.pause = 0
    server.asked.clear()
    fetch(server, target)
    assert server.asked == [f"bytes={had}-"]
    assert target.read_bytes() == OLD
    assert alone(target)


def test_a_full_disk_is_told_as_what_it_is(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not as a server that cannot be reached; and what has arrived stays."""
    real_open = Path.open

    class Full:
        def __init__(self, file: Any) -> None:
            self.file = file

        def __enter__(self) -> Full:
            return self

        def __exit__(self, *_: object) -> None:
            self.file.close()

        def write(self, data: bytes) -> int:
            if self.file.tell() > 100_000:
                raise OSError(errno.ENOSPC, "No space left on device")
            return int(self.file.write(data))

    def open_part(path: Path, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
        file = real_open(path, mode, *args, **kwargs)
        return Full(file) if mode == "ab" else file

    monkeypatch.setattr(Path, "open", open_part)
    server = Files()
    with pytest.raises(LibraryError, match=r"No space left.*needs 400,000 bytes.*Free some space"):
        fetch(server, target)
    assert len(server.asked) == 1
    monkeypatch.undo()
    fetch(server, target)
    assert target.read_bytes() == OLD
    assert server.asked[1].startswith("bytes=1")


def test_a_file_that_is_gone(target: Path) -> None:
    """Gradio says 403 with JSON both of what is not there and of what it does not serve."""
    gone = Files()
    gone.answer = lambda handler: reply(handler, {"detail": "File not allowed"}, 403)  # type: ignore[method-assign]
    with pytest.raises(fp.StudioRefused, match=r"no longer serves /out/clip\.mp4"):
        fetch(gone, target)
    assert fetch(gone, target, lambda line: exists(line, "/a")) is False
    assert fetch(gone, target, lambda line: read_small(line, "/a")) is None


@pytest.mark.parametrize("status", [401, 403, 302, 502])
def test_a_proxy_in_the_way_is_not_a_file_that_is_gone(target: Path, status: int) -> None:
    async def ask(url: str) -> None:
        line = Line(url, headers={}, verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
        for what in (
            exists(line, "/a"),
            read_small(line, "/a"),
            download(line, "/a", target),
        ):
            with pytest.raises(fp.FramePackError) as caught:
                await what
            assert "no longer serves" not in str(caught.value)
        await line.aclose()

    with proxy(status=status) as server:
        asyncio.run(ask(server.url))
    assert not target.exists()


def test_whether_a_file_is_there_and_small_ones(target: Path) -> None:
    server = Files(content=b'{"seed": 1}')
    assert fetch(server, target, lambda line: exists(line, "/a.json")) is True
    assert fetch(server, target, lambda line: read_small(line, "/a.json", as_json=True)) == {
        "seed": 1
    }
    server.content = b'{"seed": '  # being written
    assert fetch(server, target, lambda line: read_small(line, "/a.json", as_json=True)) is None
    assert fetch(Files(content=b""), target, lambda line: exists(line, "/a")) is False


@pytest.mark.parametrize("generation", ["this", "other"])
def test_a_real_server_goes_on(generation: str, fleet: Any, target: Path) -> None:
    """Both generations of Gradio: a part is continued, a part of an older file is not."""
    demo = fleet.get(generation)
    big = demo.workdir / "outputs" / f"{generation}.mp4"
    big.parent.mkdir(exist_ok=True)
    big.write_bytes(OLD)

    async def work(url: str) -> None:
        line = Line(url, headers={}, verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
        line.prefix = "/gradio_api"
        part = downloading.Part(target)
        assert await exists(line, str(big))
        assert not await exists(line, str(big) + "x")
        async with line.open_file(str(big)) as response:
            edition = downloading.Edition.of(response)

        async def fetched(begun: bytes) -> bytes:
            part.begin(edition)
            part.path.write_bytes(begun)
            await download(line, str(big), target)
            return target.read_bytes()

        assert await fetched(OLD[:123_456]) == OLD
        assert await fetched(OLD) == OLD
        big.write_bytes(LONGER)
        assert await fetched(OLD[:123_456]) == LONGER
        await line.aclose()

    with proxy(demo.url) as door:
        asyncio.run(work(door.url))
    ranges = [headers.get("range") for _, _, headers in door.seen]
    assert ranges == ["bytes=0-1", "bytes=0-1", None, *map(follows, (123_456, len(OLD), 123_456))]


def follows(offset: int) -> str:
    return f"bytes={offset}-"
