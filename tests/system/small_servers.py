"""Small servers for the tests: a proxy with all that proxies do, and servers that are no Studio."""

from __future__ import annotations

import base64
import contextlib
import gzip
import http.client
import http.server
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[2]
CERTIFICATE = ROOT / "tests" / "data" / "localhost.pem"
CAT = ROOT / "notebooks" / "images" / "cat.jpg"
HOST = "127.0.0.1"
LOGIN = ("somebody", "open-sesame-7f3a9")  # of the built-in Studios that want one
_OWN = {"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "host"}
_PAGE = b"<html><head><title>Company gateway</title></head><body>Sign in, please</body></html>"


@dataclass
class Rules:
    """What a proxy does. All of it can be changed while it runs."""

    upstream: str = ""  # URL of the server behind it
    prefix: str = ""  # asked for, and cut off before the request goes on
    basic: tuple[str, str] | None = None
    bearer: str | None = None
    key: tuple[str, str] | None = None  # a header it wants, and its value
    status: int = 0  # answered to everything, with HTML; 0: none
    location: str = ""  # ... or a redirect to there
    latency: float = 0.0  # s, before each answer
    keeps_host: bool = False  # False: the server behind sees its own address, as with nginx
    packs: bool = False  # gzip, whatever the client accepts
    counts: bool = True  # False: no Content-Length
    limit: int = 0  # bytes of a request body, 0: any
    seen: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)


class _ProxyHandler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    rules: Rules

    def log_message(self, *_: Any) -> None:
        pass

    def answer(self) -> None:
        rules = self.rules
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        rules.seen.append((self.command, self.path, headers))
        time.sleep(rules.latency)
        if not self._stopped(headers, len(body)):
            with contextlib.suppress(ConnectionError):
                self._pass_on(body)

    do_GET = do_POST = do_HEAD = answer  # noqa: N815 - the library looks for these names

    def _stopped(self, headers: Mapping[str, str], size: int) -> bool:
        rules, authorization = self.rules, headers.get("authorization")
        if rules.location:
            self._page(302, location=rules.location)
        elif rules.status:
            self._page(rules.status)
        elif rules.basic and authorization != f"Basic {_packed(rules.basic)}":
            self._page(401, www_authenticate='Basic realm="gate"')
        elif rules.bearer and authorization != f"Bearer {rules.bearer}":
            self._page(401, www_authenticate='Bearer realm="gate"')
        elif rules.key and headers.get(rules.key[0].lower()) != rules.key[1]:
            self._page(403)
        elif not self.path.startswith(rules.prefix):
            self._page(404)
        elif rules.limit and size > rules.limit:
            self._page(413)
        else:
            return False
        return True

    def _page(self, status: int, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("content-type", "text/html; charset=utf-8")
        self.send_header("content-length", str(len(_PAGE)))
        self.end_headers()
        self.wfile.write(_PAGE)

    def _pass_on(self, body: bytes) -> None:
        rules, inner = self.rules, urlsplit(self.rules.upstream)
        connection = http.client.HTTPConnection(inner.hostname or HOST, inner.port, timeout=60)
        headers = {n: v for n, v in self.headers.items() if n.lower() not in _OWN}
        if rules.keeps_host:
            headers["Host"] = self.headers["host"]
        with contextlib.closing(connection):
            connection.request(self.command, self.path.removeprefix(rules.prefix), body, headers)
            response = connection.getresponse()
            packs = rules.packs and self.command != "HEAD" and response.status == 200
            length = response.headers["content-length"] if rules.counts and not packs else None
            self.send_response(response.status)
            for name, value in response.headers.items():
                if name.lower() not in (*_OWN, "content-length", "date", "server"):
                    self.send_header(name, value)
            if packs:
                self.send_header("content-encoding", "gzip")
            if length is None:
                self.send_header("transfer-encoding", "chunked")
            else:
                self.send_header("content-length", length)
            self.end_headers()
            self._send(response, packs, length is None)

    def _send(self, response: http.client.HTTPResponse, packs: bool, chunked: bool) -> None:
        pieces: Iterator[bytes] = iter(lambda: response.read1(65536), b"")
        if packs:
            pieces = iter([gzip.compress(b"".join(pieces))])
        for piece in pieces:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece) if chunked else piece)
        if chunked:
            self.wfile.write(b"0\r\n\r\n")


def _packed(pair: tuple[str, str]) -> str:
    return base64.b64encode(":".join(pair).encode()).decode()


@contextlib.contextmanager
def proxy(upstream: str = "", *, tls: bool = False, **rules: Any) -> Iterator[Server]:
    """A reverse proxy with these `Rules`."""
    made = Rules(upstream, **rules)
    handler = type("Handler", (_ProxyHandler,), {"rules": made})
    with _serving(handler, tls) as port:
        yield Server(f"http{'s' if tls else ''}://{HOST}:{port}{made.prefix}", made)


@dataclass
class Server:
    """Where it is, what it does, and what it was asked (method, path, headers)."""

    url: str
    rules: Rules

    @property
    def seen(self) -> list[tuple[str, str, dict[str, str]]]:
        return self.rules.seen


@contextlib.contextmanager
def answering(
    answer: Callable[[http.server.BaseHTTPRequestHandler], None], port: int = 0
) -> Iterator[str]:
    """A server that answers every request by calling `answer` with the handler; its URL."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            pass

        def respond(self) -> None:
            with contextlib.suppress(ConnectionError):
                answer(self)

        do_GET = do_POST = do_HEAD = respond  # noqa: N815 - the library looks for these names

    with _serving(Handler, False, port) as taken:
        yield f"http://{HOST}:{taken}"


def reply(
    handler: http.server.BaseHTTPRequestHandler,
    body: bytes | str | Mapping[str, Any],
    status: int = 200,
    **headers: str,
) -> None:
    """Send one whole response; a mapping goes as JSON."""
    kind = "text/html"
    if isinstance(body, Mapping):
        kind, body = "application/json", json.dumps(body)
    data = body.encode() if isinstance(body, str) else body
    handler.send_response(status)
    for name, value in {"content_type": kind, "content_length": str(len(data)), **headers}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    if handler.command != "HEAD":
        handler.wfile.write(data)


@contextlib.contextmanager
def silent(port: int = 0) -> Iterator[str]:
    """A port that takes connections and never answers; its URL."""
    with socket.socket() as listener:
        listener.bind((HOST, port))
        listener.listen(64)
        yield f"http://{HOST}:{listener.getsockname()[1]}"


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on at the moment, in order."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind((HOST, 0))
        return sorted(one.getsockname()[1] for one in sockets)


class _Threads(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, *_: Any) -> None:
        """A client that hangs up, or does not trust the certificate, is part of the tests."""


@contextlib.contextmanager
def _serving(handler: Any, tls: bool, port: int = 0) -> Iterator[int]:
    server = _Threads((HOST, port), handler)
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATE)
        server.socket = context.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
