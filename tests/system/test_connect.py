"""Every way in to a Studio, and what is said where there is none. Over real sockets."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import http.client
import json
import logging
import os
import ssl
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from small_servers import (
    CAT,
    CERTIFICATE,
    LOGIN,
    ROOT,
    Server,
    answering,
    free_ports,
    proxy,
    reply,
    silent,
)

import framepack_widgets as fp
from framepack_widgets import session
from framepack_widgets.demo.process import DemoProcess
from framepack_widgets.studio import address
from framepack_widgets.studio import connect as connecting
from framepack_widgets.studio.line import Line

BASIC = ("me@home", "p@ss/w:rd#1%-4c1d")
TOKEN = "tok-9b2e7c5d1f"
SECRETS = (  # must be seen nowhere
    BASIC[1],
    quote(BASIC[1], safe=""),
    base64.b64encode(":".join(BASIC).encode()).decode(),
    TOKEN,
    LOGIN[1],
)
IN_URL = f"{quote(BASIC[0], safe='')}:{quote(BASIC[1], safe='')}@"
PATIENCE_S = 60


def assert_no_secret(*texts: str | bytes) -> None:
    for text in texts:
        data = text.encode() if isinstance(text, str) else text
        for secret in SECRETS:
            assert secret.encode() not in data


@pytest.fixture(autouse=True)
def nothing_told(
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[None]:
    """No test here may leave a secret in a log (of any library and level) or on the terminal."""
    monkeypatch.delenv(address.ENVIRONMENT, raising=False)
    caplog.set_level(logging.DEBUG)
    yield
    assert_no_secret(caplog.text, *capfd.readouterr())


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return tmp_path / "library"


# ------------------------------------------------------------------ ways in


@contextlib.contextmanager
def way_in(
    name: str, generation: str, fleet: Any
) -> Iterator[tuple[str, dict[str, Any], Server | None]]:
    """Address, arguments of `connect`, and the proxy that is in between."""
    plain = fleet.get(generation, login="login" in name).url
    arguments: dict[str, Any] = {"auth": LOGIN} if "login" in name else {}
    if name in ("plain", "login"):
        yield plain, arguments, None
        return
    rules: dict[str, Any] = {"upstream": plain, "tls": "TLS" in name}
    if "prefix" in name:
        rules["prefix"] = "/gpu/studio"
    if "basic" in name:
        rules["basic"] = BASIC
    if name == "token":
        rules["bearer"], arguments["token"] = TOKEN, f"{TOKEN}\n"  # as pasted
    if name == "headers":
        rules["key"] = ("X-Api-Key", TOKEN)
        arguments["headers"] = {"x-api-key": TOKEN}
    if "TLS" in name:
        arguments["verify"] = CERTIFICATE if "certificate" in name else False
    with proxy(**rules) as server:
        url = server.url.replace("://", f"://{IN_URL}") if "basic" in name else server.url
        yield url, arguments, server


WAYS = [
    ("plain", "this"),
    ("login", "this"),
    ("basic + prefix", "this"),
    ("basic + prefix + login", "this"),
    ("basic + prefix + login", "other"),
    ("token", "this"),
    ("headers", "this"),
    ("TLS, not verified", "this"),
    ("TLS, certificate", "this"),
    ("TLS, certificate", "other"),
]


@pytest.mark.parametrize(("name", "generation"), WAYS)
def test_a_whole_render(name: str, generation: str, fleet: Any, library: Path) -> None:
    """Upload, submission, following, proof and download, and gradio_client beside it."""
    with way_in(name, generation, fleet) as (url, arguments, server):
        with fp.connect(url, library=library, **arguments) as studio:
            clip = studio.submit(start_frame=str(CAT), prompt=name, seconds=1).result(PATIENCE_S)
            assert clip.verified == "stamp"
            assert clip.path.stat().st_size > 10_000
            assert studio.queue()[0].status == "completed"
            assert studio.gradio.predict(api_name="/check_for_current_job")[0] is None
            assert_no_secret(repr(studio), str(vars(studio)), repr(studio.gradio))
        if server is not None:  # everything went the way that the user named
            assert {path.split("/")[-1] for _, path, _ in server.seen} >= {
                "config",
                "upload",
                "join",
                "check_for_current_job",
            }
            assert any("/file=" in path for _, path, _ in server.seen)
    for file in library.rglob("*"):
        assert_no_secret(str(file), file.read_bytes() if file.is_file() else b"")


def test_a_proxy_of_the_networks_settings_is_not_asked_for_this_machine(
    fleet: Any, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with proxy(status=502) as gateway:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, gateway.url)
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        with fp.connect(fleet.get().url, library=library) as studio:
            assert studio.gradio.predict(api_name="/check_for_current_job")[0] is None
        assert gateway.seen == []


def test_a_login_that_the_server_does_not_ask_for_is_no_obstacle(fleet: Any, library: Path) -> None:
    with fp.connect(fleet.get().url, library=library, auth=LOGIN) as studio:
        assert studio.version == "0.5.1"


def test_a_way_with_latency_and_a_proxy_that_packs_everything(fleet: Any, library: Path) -> None:
    with (
        proxy(fleet.get().url, latency=0.05, packs=True) as server,
        fp.connect(server.url, library=library) as studio,
    ):
        job = studio.submit(start_frame=str(CAT), prompt="packed", seconds=1)
        assert job.result(PATIENCE_S).verified == "stamp"


def test_a_new_token_reaches_the_jobs_that_wait(fleet: Any, library: Path) -> None:
    """Connecting again in the same process is how one gives an expired token's successor."""
    with (
        proxy(fleet.get().url, bearer="expires-soon") as server,
        fp.connect(server.url, library=library, token="expires-soon") as studio,
    ):
        server.rules.bearer = TOKEN
        job = studio.submit(prompt="waits", seconds=1)
        wait_for(lambda: "does not accept that token" in str(studio.trouble))
        fp.connect(server.url, library=library, token=TOKEN)
        assert job.result(PATIENCE_S).verified
        assert studio.queue()


def test_certificates_are_taken_as_they_are(tmp_path: Path) -> None:
    """One that is named need be neither its own issuer nor an authority's."""
    for path in (CERTIFICATE, str(CERTIFICATE)):
        flags = connecting.tls_context(address.parse("https://x"), path).verify_flags
        assert flags & ssl.VERIFY_X509_PARTIAL_CHAIN
        assert not flags & ssl.VERIFY_X509_STRICT
    assert connecting.tls_context(address.parse("https://x"), tmp_path).verify_mode


# ------------------------------------------------------------------ what it says it found


def test_it_says_what_it_found(fleet: Any, tmp_path: Path) -> None:
    url = fleet.get().url
    with fp.connect(url, library=tmp_path / "mine") as studio:
        lines = repr(studio).splitlines()
        assert len(lines) == 5
        assert f"0.5.1 at {url}" in lines[0]
        assert "Original with Endframe, F1, Video" in lines[1]
        assert "film, noir" in lines[2]
        assert "nothing was running" in lines[3]
        assert str(tmp_path / "mine") in lines[4]
        job = studio.submit(start_frame=str(CAT), prompt="long", seconds=20, steps=100)
        wait_for(lambda: job.state is fp.JobState.RUNNING)
        studio.submit(prompt="waits")
        assert "of this library: 1 waiting, 1 running" in repr(studio)
        with fp.connect(url, library=tmp_path / "other") as other:
            assert "somebody else's job was running" in repr(other)
        for each in studio.jobs():
            each.cancel()
        wait_for(lambda: all(each.done for each in studio.jobs()))


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.02)


# ------------------------------------------------------------------ no way in


@contextlib.contextmanager
def pages(body: Any, status: int = 200, **headers: str) -> Iterator[str]:
    with answering(lambda handler: reply(handler, body, status, **headers)) as url:
        yield url


@contextlib.contextmanager
def rules(**given: Any) -> Iterator[str]:
    with proxy(**given) as server:
        yield server.url


@contextlib.contextmanager
def tls_only() -> Iterator[str]:
    with proxy(tls=True) as server:
        yield server.url.replace("https://", "http://")


@contextlib.contextmanager
def no_tls() -> Iterator[str]:
    with proxy() as server:
        yield server.url.replace("http://", "https://")


LOGIN_PAGE = "<html><title> Sign in &middot; Company </title><form></form></html>"
GRADIO = {"title": "Chat", "version": "6.31.0", "components": [], "dependencies": []}

# What is there, what `connect` is given beside the address, the error, and words it must have.
NO_WAY: dict[str, tuple[Callable[[], Any], dict[str, Any], type[Exception], tuple[str, ...]]] = {
    "nobody": (
        lambda: contextlib.nullcontext(f"http://127.0.0.1:{free_ports(1)[0]}"),
        {},
        fp.StudioUnreachable,
        ("Nothing listens", "Start the Studio"),
    ),
    "nobody, and no port": (
        lambda: contextlib.nullcontext("http://127.1.2.3"),
        {},
        fp.StudioUnreachable,
        ("Nothing listens", "usually has 7860"),
    ),
    "no such host": (
        lambda: contextlib.nullcontext("http://no-such-host.invalid:7860"),
        {},
        fp.StudioUnreachable,
        ("no host named 'no-such-host.invalid'",),
    ),
    "silent": (silent, {}, fp.StudioUnreachable, ("did not answer in time", "something else")),
    "JSON, 404": (
        lambda: pages({"detail": "Not Found"}, 404),
        {},
        fp.NotAStudio,
        ("no Gradio server", "browser"),
    ),
    "JSON": (lambda: pages({"ok": True}), {}, fp.NotAStudio, ("no Gradio server",)),
    "another Gradio app": (
        lambda: pages(GRADIO),
        {},
        fp.NotAStudio,
        ("Gradio server ('Chat')", "not a FramePack Studio"),
    ),
    "a login page": (
        lambda: pages(LOGIN_PAGE),
        {},
        fp.NotAStudio,
        ("text/html titled 'Sign in &middot; Company'", "token=..."),
    ),
    "a redirect to https": (
        lambda: pages("", 308, location="https://gpu.example/studio/config?x=1"),
        {},
        fp.StudioUnreachable,
        ("sends us on to https://gpu.example/studio.", "Connect to that address"),
    ),
    "a redirect to a login": (
        lambda: pages("", 302, location=f"https://sso.example/start?token={TOKEN}"),
        {},
        fp.StudioUnreachable,
        ("https://sso.example/start", "probably a login", "token=..."),
    ),
    "Basic wanted": (
        lambda: rules(basic=BASIC),
        {},
        fp.StudioRefused,
        ("wants a user and password (HTTP Basic)", "https://user:password@host"),
    ),
    "Basic wrong": (
        lambda: rules(basic=("me", "other")),
        {"headers": {"authorization": SECRETS[2]}},
        fp.StudioRefused,
        ("(HTTP Basic)",),
    ),
    "token wanted": (
        lambda: rules(bearer=TOKEN),
        {},
        fp.StudioRefused,
        ("wants a token", "token=..."),
    ),
    "token wrong": (
        lambda: rules(bearer="another"),
        {"token": TOKEN},
        fp.StudioRefused,
        ("does not accept that token", "expired"),
    ),
    "token cannot be sent": (
        lambda: rules(bearer="another"),
        {"token": f"{TOKEN}\nand more"},
        fp.StudioRefused,
        ("Authorization has a character that no header can carry",),
    ),
    "forbidden": (
        lambda: rules(status=403),
        {},
        fp.StudioRefused,
        ("answers 403 without saying what it wants", "headers={...}"),
    ),
    "forbidden with headers": (
        lambda: rules(status=403),
        {"token": TOKEN},
        fp.StudioRefused,
        ("does not accept the credentials given (HTTP 403)",),
    ),
    "server down": (lambda: rules(status=502), {}, fp.StudioUnreachable, ("answers 502", "down")),
    "server slow": (lambda: rules(status=504), {}, fp.StudioUnreachable, ("answers 504",)),
    "busy": (
        lambda: pages({"detail": "Queue is full."}, 503),
        {},
        fp.StudioUnreachable,
        ("too busy (HTTP 503): Queue is full.",),
    ),
    "its own trouble": (
        lambda: pages({"error": "out of memory"}, 500),
        {},
        fp.StudioRefused,
        ("HTTP 500: out of memory", "console"),
    ),
    "certificate not trusted": (
        lambda: rules(tls=True),
        {},
        fp.StudioUnreachable,
        ("certificate", "self-signed", "verify='path/to/", "verify=False"),
    ),
    "certificate not there": (
        lambda: rules(tls=True),
        {"verify": "no/such/file.pem"},
        fp.StudioUnreachable,
        ("no/such/file.pem", "No such file"),
    ),
    "certificate is none": (
        lambda: rules(tls=True),
        {"verify": str(CAT)},
        fp.StudioUnreachable,
        ("names no certificate", "BEGIN CERTIFICATE"),
    ),
    "TLS to a plain port": (no_tls, {}, fp.StudioUnreachable, ("does not speak TLS", "http://")),
    "plain to a TLS port": (tls_only, {}, fp.StudioUnreachable, ("If it speaks TLS, write https",)),
    "plain to nginx's TLS port": (
        lambda: pages("The plain HTTP request was sent to HTTPS port", 400),
        {},
        fp.StudioUnreachable,
        ("speaks TLS: connect to https://127.0.0.1",),
    ),
    "no pair": (rules, {"auth": LOGIN[1]}, fp.StudioRefused, ("takes a pair",)),
}


@pytest.mark.parametrize("name", NO_WAY)
def test_what_is_said_where_there_is_no_way_in(
    name: str, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there, arguments, kind, words = NO_WAY[name]
    monkeypatch.setattr(connecting, "_CONFIG_TIMEOUT_S", 0.5)
    with there() as url, pytest.raises(kind) as caught:
        fp.connect(url, library=library, **arguments)
    message = str(caught.value)
    assert type(caught.value) is kind
    assert not [word for word in words if word not in message], message
    assert_no_secret(message, repr(caught.value), *traceback.format_exception(caught.value))


def test_a_wrong_password_in_the_address(library: Path) -> None:
    with proxy(basic=("me", "other")) as server:
        url = server.url.replace("://", f"://{IN_URL}")
        with pytest.raises(
            fp.StudioRefused, match="does not accept that user and password"
        ) as told:
            fp.connect(url, library=library)
        with pytest.raises(fp.StudioRefused, match=r"token= and the user and password") as both:
            fp.connect(url, library=library, token=TOKEN)
    assert_no_secret(str(told.value), *traceback.format_exception(told.value), str(both.value))


@pytest.mark.parametrize("auth", [None, (LOGIN[0], LOGIN[1] + "x"), ("nobody", LOGIN[1])])
def test_the_studios_own_login(auth: Any, fleet: Any, library: Path) -> None:
    with pytest.raises(fp.StudioRefused) as caught:
        fp.connect(fleet.get(login=True).url, library=library, auth=auth)
    expected = "wants its own login" if auth is None else f"not accept the login of {auth[0]!r}"
    assert expected in str(caught.value)
    assert_no_secret(*traceback.format_exception(caught.value))


def test_a_real_gradio_app_that_is_no_studio(fleet: Any, library: Path) -> None:
    with pytest.raises(fp.NotAStudio, match=r"Gradio server \('Echo'\), but not a FramePack"):
        fp.connect(fleet.echo(), library=library)


# ------------------------------------------------------------------ finding one


@pytest.fixture
def ports(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Ten ports of our own in place of 7860 to 7869."""
    found = free_ports(10)
    monkeypatch.setattr(address, "USUAL_PORTS", found)
    return found


@contextlib.contextmanager
def on_port(port: int, upstream: str) -> Iterator[list[str]]:
    """A door to a Studio on a port of ours; what each request was authorised with."""
    seen: list[str] = []

    def answer(handler: Any) -> None:
        seen.append(handler.headers.get("authorization") or handler.headers.get("cookie") or "")
        body = handler.rfile.read(int(handler.headers.get("content-length") or 0))
        connection = http.client.HTTPConnection(urlsplit(upstream).netloc)
        with contextlib.closing(connection):
            connection.request(handler.command, handler.path, body, dict(handler.headers))
            response = connection.getresponse()
            headers = {"content_type": response.headers["content-type"] or ""}
            for cookie in response.headers.get_all("set-cookie") or ():
                headers["set_cookie"] = cookie  # the last is the one for http
            reply(handler, response.read(), response.status, **headers)

    with answering(answer, port):
        yield seen


def test_the_lowest_of_several_is_found_in_time(
    fleet: Any, ports: list[int], library: Path
) -> None:
    """Silent ports, servers that are no Studio, and two Studios: within two seconds."""
    url = fleet.get().url
    with contextlib.ExitStack() as stack:
        for port in ports[:2]:
            stack.enter_context(silent(port))
        stack.enter_context(answering(lambda h: reply(h, {"ok": 1}), ports[2]))
        stack.enter_context(answering(lambda h: reply(h, LOGIN_PAGE), ports[3]))
        stack.enter_context(on_port(ports[5], url))
        stack.enter_context(on_port(ports[6], url))
        begin = time.monotonic()
        with fp.connect(library=library) as studio:
            took = time.monotonic() - begin
            assert studio.url == f"http://127.0.0.1:{ports[5]}"
    assert took < 2, "the promise"


def test_what_was_there_instead_is_told_in_time(ports: list[int], library: Path) -> None:
    with contextlib.ExitStack() as stack:
        stack.enter_context(silent(ports[1]))
        stack.enter_context(answering(lambda h: reply(h, GRADIO), ports[2]))
        stack.enter_context(answering(lambda h: reply(h, LOGIN_PAGE), ports[3]))
        begin = time.monotonic()
        with pytest.raises(fp.StudioUnreachable) as caught:
            fp.connect(library=library)
        took = time.monotonic() - begin
    message = str(caught.value)
    assert f"ports {ports[0]} to {ports[9]}" in message
    assert f"{ports[1]} takes connections, but does not answer" in message
    assert f"{ports[2]} is a Gradio server ('Chat')" in message
    assert f"{ports[3]} answered with text/html" in message
    assert "connect('demo')" in message
    assert took < 2


def test_credentials_go_to_the_studio_that_refused_us_only(
    fleet: Any, ports: list[int], library: Path
) -> None:
    with contextlib.ExitStack() as stack:
        other: list[str] = []

        def eavesdrop(handler: Any) -> None:
            other.append(f"{handler.path} {handler.headers}")
            reply(handler, {"ok": 1})

        stack.enter_context(answering(eavesdrop, ports[0]))
        seen = stack.enter_context(on_port(ports[4], fleet.get(login=True).url))
        with pytest.raises(fp.StudioRefused, match="wants its own login"):
            fp.connect(library=library)
        with fp.connect(library=library, auth=LOGIN, headers={"Authorization": TOKEN}) as studio:
            assert studio.url.endswith(str(ports[4]))
        assert TOKEN in "".join(seen)
        assert other
        assert_no_secret("".join(other))
        assert "/login" not in "".join(other)


def test_the_environment_names_one(
    fleet: Any, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(address.ENVIRONMENT, fleet.get().url)
    with fp.connect(library=library) as studio:
        assert studio.url == fleet.get().url
    monkeypatch.setenv(address.ENVIRONMENT, f"http://{IN_URL}127.0.0.1:{free_ports(1)[0]}")
    with pytest.raises(fp.StudioUnreachable, match=address.ENVIRONMENT) as caught:
        fp.connect(library=library)
    assert_no_secret(*traceback.format_exception(caught.value))


def test_the_environment_may_name_the_built_in_one(
    fleet: Any, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "demo_url", lambda: fleet.get().url)
    monkeypatch.setenv(address.ENVIRONMENT, "demo")
    with fp.connect(library=library) as studio:
        assert studio.url == fleet.get().url


# ------------------------------------------------------------------ a line that lasts


def line_to(url: str, **options: Any) -> Line:
    return Line(url, headers={}, verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), **options)


class Forgetful:
    """A server that hangs up, unannounced, on a kept-open connection's second request."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self._served: set[Any] = set()

    def answer(self, handler: Any) -> None:
        self.asked.append(handler.path)
        handler.rfile.read(int(handler.headers.get("content-length") or 0))
        if handler.client_address in self._served:
            handler.close_connection = True
            return
        self._served.add(handler.client_address)
        reply(handler, {"data": ["x"], "event_id": "1", "app_id": 7})


def test_a_question_survives_a_dead_connection_a_submission_is_not_repeated() -> None:
    server = Forgetful()

    async def talk(url: str) -> None:
        line = line_to(url)
        for _ in range(3):
            assert await line.ask("check_for_current_job", 1, []) == ["x"]
            assert await line.get_json("/app_id") == {"data": ["x"], "event_id": "1", "app_id": 7}
            assert (await line.get_file("/a.png")).status_code == 200
        before = len(server.asked)
        with pytest.raises(fp.StudioUnreachable, match="broke the connection off"):
            await line.join(1, [], "session")
        assert server.asked[before:] == ["/queue/join"]
        await line.aclose()
        with pytest.raises(fp.StudioUnreachable, match="closed by this program"):
            await line.ask("check_for_current_job", 1, [])

    with answering(server.answer) as url:
        asyncio.run(talk(url))
    assert len(server.asked) > 11, "connections were kept open, and died"


class Guarded:
    """A server with Gradio's login, which forgets everybody when it is told to."""

    def __init__(self) -> None:
        self.start, self.logins, self.joined = 1, 0, 0

    def answer(self, handler: Any) -> None:
        body = handler.rfile.read(int(handler.headers.get("content-length") or 0)).decode()
        if handler.path == "/login":
            self.logins += 1
            if f"password={LOGIN[1]}" not in body:
                reply(handler, {"detail": "Incorrect credentials."}, 400)
                return
            cookie = f"access-token-unsecure-{self.start}=t{self.start}; HttpOnly; Path=/"
            reply(handler, {"success": True}, set_cookie=cookie)
        elif f"=t{self.start}" not in (handler.headers.get("cookie") or ""):
            reply(handler, {"detail": "Not authenticated"}, 401)
        elif handler.path.startswith("/queue/data"):
            event = {"msg": "process_completed", "success": True, "output": {"data": [1]}}
            text = f"data: {json.dumps(event)}\n\n"
            reply(handler, text, content_type="text/event-stream")
        else:
            self.joined += handler.path == "/queue/join"
            reply(handler, {"data": ["x"], "event_id": "1"})


def test_a_server_that_forgot_our_login_is_logged_in_to_again() -> None:
    server = Guarded()

    async def talk(url: str) -> None:
        line = line_to(url, login=LOGIN)
        await line.log_in()
        for what in (
            lambda: line.join(1, [], "s"),
            lambda: line.ask("check_for_current_job", 1, []),
            lambda: line.result("s"),
            lambda: line.upload("a.png", b"a"),
            lambda: line.get_json("/config"),
        ):
            server.start += 1  # as after a restart
            with contextlib.suppress(fp.StudioRefused):  # the fake's answer to an upload
                await what()
            assert server.logins == server.start
        assert server.joined == 1
        server.start += 1
        await asyncio.gather(*(line.get_json("/config") for _ in range(5)))
        assert server.logins == server.start, "one login for all that were turned away"
        await line.aclose()

    with answering(server.answer) as url:
        asyncio.run(talk(url))


def test_a_question_that_is_never_answered_does_not_hold_up_the_end(tmp_path: Path) -> None:
    program = (
        "import asyncio, ssl, sys\n"
        "from framepack_widgets import _loop\n"
        "from framepack_widgets.studio.line import Line\n"
        "async def ask():\n"
        "    line = Line(sys.argv[1], headers={}, verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))\n"
        "    asyncio.ensure_future(line.ask('check_for_current_job', 1, []))\n"
        "    await asyncio.sleep(0.2)\n"
        "    await line.aclose()\n"
        "_loop.run(ask())\n"
        "print('asked')\n"
    )
    with silent() as url:
        done = subprocess.run(
            [sys.executable, "-c", program, url],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=20,  # an HTTP read waits for 30 s
            check=False,
        )
    assert (done.stdout, done.returncode) == ("asked\n", 0), done.stderr


def test_a_restarted_server_is_found_again_with_its_login(
    demo_server: Callable[..., DemoProcess], library: Path
) -> None:
    first = demo_server(speed=200, auth=LOGIN)
    with fp.connect(first.url, library=library, auth=LOGIN) as studio:
        studio.submit(prompt="before", seconds=1).result(PATIENCE_S)
        first.stop()
        job = studio.submit(prompt="after", seconds=1)
        demo_server(speed=200, auth=LOGIN, port=first.port)
        assert job.result(PATIENCE_S).verified
