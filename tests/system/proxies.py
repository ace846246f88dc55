"""What lies between a notebook and a rented box: a real nginx, and a slow line that can be cut.

nginx runs as the user who runs the tests, with all its files in a temporary folder, and does what
its defaults say but for what a test writes into `server`. Without the program, tests that want it
are skipped, or fail where FRAMEPACK_REQUIRE_NGINX or CI is set.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from small_servers import CERTIFICATE, HOST, free_ports

_CONFIG = """
daemon off;
pid nginx.pid;
error_log error.log;
{user}
events {{ worker_connections 256; }}
http {{
    access_log access.log;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    server {{
        listen {host}:{port}{ssl};
        {certificate}
        {server}
    }}
}}
"""
_PATHS = ("/usr/sbin", "/usr/local/sbin", "/opt/homebrew/bin", "/usr/local/bin")


def nginx_program() -> str:
    """The program; skips, or fails in CI, where there is none."""
    search = os.pathsep.join([os.environ.get("PATH", ""), *_PATHS])
    found = shutil.which("nginx", path=search)
    if found:
        return found
    message = "nginx is not installed: the way through a proxy of its kind is NOT TESTED."
    if os.environ.get("FRAMEPACK_REQUIRE_NGINX") or os.environ.get("CI"):
        pytest.fail(message, pytrace=False)
    pytest.skip(message)


@dataclass
class Nginx:
    """A running nginx."""

    port: int
    folder: Path
    tls: bool

    def url(self, path: str = "") -> str:
        """Its address; `path` begins with a slash."""
        return f"http{'s' if self.tls else ''}://{HOST}:{self.port}{path}"

    @property
    def requests(self) -> list[str]:
        """Its access log."""
        return (self.folder / "access.log").read_text(encoding="utf-8").splitlines()

    def change(self, before: str, after: str) -> None:
        """Replace the first `before` in its configuration, and have it read again."""
        config = self.folder / "nginx.conf"
        text = config.read_text(encoding="utf-8")
        assert before in text
        config.write_text(text.replace(before, after, 1), encoding="utf-8")
        os.kill(int((self.folder / "nginx.pid").read_text(encoding="ascii")), signal.SIGHUP)


@contextlib.contextmanager
def nginx(folder: Path, server: str, *, tls: bool = False) -> Iterator[Nginx]:
    """nginx with these lines in its one `server`."""
    program, port = nginx_program(), free_ports(1)[0]
    folder.mkdir(parents=True, exist_ok=True)
    config = _CONFIG.format(
        host=HOST,
        port=port,
        server=server,
        user="user root;" if hasattr(os, "geteuid") and os.geteuid() == 0 else "",
        ssl=" ssl" if tls else "",
        certificate=f"ssl_certificate {CERTIFICATE}; ssl_certificate_key {CERTIFICATE};"
        if tls
        else "",
    )
    (folder / "nginx.conf").write_text(config, encoding="utf-8")
    errors = folder / "error.log"
    process = subprocess.Popen(
        [program, "-e", str(errors), "-p", f"{folder}/", "-c", str(folder / "nginx.conf")],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(port, process, errors)
        yield Nginx(port, folder, tls)
    finally:
        process.terminate()
        process.wait(20)


def _wait_for(port: int, process: subprocess.Popen[bytes], errors: Path) -> None:
    end = time.monotonic() + 20
    while True:
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) == 0:
                return
        said = errors.read_text(encoding="utf-8") if errors.exists() else ""
        assert process.poll() is None, f"nginx ended: {said}"
        assert time.monotonic() < end, f"nginx did not come up: {said}"
        time.sleep(0.01)


# ------------------------------------------------------------------ a slow line


@dataclass
class SlowLine:
    """A TCP line to one port: late, narrow, and cut when a test says so."""

    target: int
    latency: float = 0.0  # s, each way half of it
    rate: float = 0.0  # bytes a second, each way, of all connections together; 0: as they come
    cut_after: int = 0  # bytes from the server on one connection, then all are cut; 0: never
    cuts: int = 0
    port: int = 0
    _free_at: dict[str, float] = field(default_factory=dict)
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)

    async def serve(self, ready: threading.Event, stop: asyncio.Event) -> None:
        """Pass everything on until `stop`."""
        server = await asyncio.start_server(self._connected, HOST, 0)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        await stop.wait()
        server.close()
        self._cut()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, onward = await asyncio.open_connection(HOST, self.target)
        except OSError:
            writer.close()
            return
        self._writers |= {writer, onward}
        both = self._pass(reader, onward, "up"), self._pass(there, writer, "down")
        with contextlib.suppress(asyncio.CancelledError):  # the end of the line
            await asyncio.gather(*both)
        self._writers -= {writer, onward}

    async def _pass(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: str
    ) -> None:
        loop, passed = asyncio.get_running_loop(), 0
        late: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(64)

        async def write() -> None:
            while (item := await late.get())[1]:
                await asyncio.sleep(max(0.0, item[0] - loop.time()))
                writer.write(item[1])
                await writer.drain()

        task = asyncio.ensure_future(write())
        with contextlib.suppress(OSError):
            while piece := await reader.read(16_384):
                await self._take_turn(way, len(piece))
                passed += len(piece)
                if way == "down" and 0 < self.cut_after <= passed:
                    self.cut_after, self.cuts = 0, self.cuts + 1
                    self._cut()
                    break
                await late.put((loop.time() + self.latency / 2, piece))
        await late.put((0.0, b""))
        with contextlib.suppress(OSError):
            await task
        writer.close()

    async def _take_turn(self, way: str, size: int) -> None:
        if self.rate:
            now = asyncio.get_running_loop().time()
            self._free_at[way] = max(now, self._free_at.get(way, 0.0)) + size / self.rate
            await asyncio.sleep(self._free_at[way] - now)

    def _cut(self) -> None:
        for writer in self._writers:
            writer.transport.abort()


@contextlib.contextmanager
def slow_line(target: int, **rules: float) -> Iterator[SlowLine]:
    """A `SlowLine` to that port of this machine."""
    line, ready = SlowLine(target, **rules), threading.Event()  # type: ignore[arg-type]
    stops: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    async def work() -> None:
        stop = asyncio.Event()
        stops.append((asyncio.get_running_loop(), stop))
        await line.serve(ready, stop)

    thread = threading.Thread(target=lambda: asyncio.run(work()), daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield line
    finally:
        loop, stop = stops[0]
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
