"""Tokens and passwords in a keyring: found when they are wanted, and seen nowhere else."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keyring
import keyring.backends.fail
import pytest
from keyring.backend import KeyringBackend
from small_servers import LOGIN, ROOT, proxy

import framepack_widgets as fp
from framepack_widgets import logins
from framepack_widgets.cli import main
from framepack_widgets.studio import address
from framepack_widgets.studio import connect as connecting

TOKEN = "tok-kept-51c8e07d"


class Memory(KeyringBackend):
    """A keyring that forgets with the process."""

    priority = -1.0  # type: ignore[assignment] # keyring takes the best of all classes by itself

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}
        self.asked: list[str] = []

    def get_password(self, service: str, username: str) -> str | None:
        self.asked.append(username)
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


class Broken(Memory):
    """One that is locked, or whose service is gone."""

    def get_password(self, service: str, username: str) -> str | None:
        raise RuntimeError("org.freedesktop.secrets: no such object")

    def set_password(self, service: str, username: str, password: str) -> None:
        raise RuntimeError(f"cannot keep {password}")


class Asking(Memory):
    """One that asks its owner, who is not there."""

    def __init__(self) -> None:
        super().__init__()
        self.end = threading.Event()

    def get_password(self, service: str, username: str) -> str | None:
        self.end.wait(60)
        return None


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(address.ENVIRONMENT, raising=False)
    monkeypatch.delenv(logins.ENVIRONMENT, raising=False)


@pytest.fixture
def ring() -> Iterator[Memory]:
    yield from _use(Memory())


def _use(backend: Any) -> Iterator[Any]:
    before = keyring.get_keyring()
    keyring.set_keyring(backend)
    yield backend
    keyring.set_keyring(before)


@pytest.fixture
def gate(fleet: Any) -> Iterator[Any]:
    """A Studio behind a proxy that asks for a token."""
    with proxy(fleet.get().url, bearer=TOKEN, prefix="/gpu") as server:
        yield server


def test_a_kept_token_is_found_and_seen_nowhere(
    ring: Memory, gate: Any, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    fp.save_token(gate.url.upper().replace("/GPU", "/gpu/"), f" {TOKEN}\n")
    with fp.connect(gate.url, library=tmp_path / "library") as studio:
        job = studio.submit(prompt="kept", seconds=1, width=128, height=128)
        assert job.result(60).verified == "stamp"
        assert TOKEN not in repr(studio) + repr(vars(studio)) + repr(logins.saved(gate.url))
    for file in (tmp_path / "library").rglob("*"):
        assert not file.is_file() or TOKEN.encode() not in file.read_bytes()
    assert TOKEN not in "".join(capfd.readouterr())
    assert list(ring.kept) == [("framepack-widgets", gate.url)]
    assert fp.forget_login(gate.url)
    assert not fp.forget_login(gate.url)
    with pytest.raises(fp.StudioRefused, match="wants a token"):
        fp.connect(gate.url, library=tmp_path / "library")


def test_it_is_sent_to_that_address_only(ring: Memory, gate: Any, tmp_path: Path) -> None:
    fp.save_token(gate.url + "/other", TOKEN)
    with pytest.raises(fp.StudioRefused, match="wants a token"):
        fp.connect(gate.url, library=tmp_path)
    assert all("authorization" not in headers for _, _, headers in gate.seen)


def test_a_studio_that_lets_everybody_in_is_sent_nothing(
    ring: Memory, fleet: Any, tmp_path: Path
) -> None:
    with proxy(fleet.get().url) as server:
        fp.save_token(server.url, TOKEN)
        fp.connect(server.url, library=tmp_path).close()
        assert ring.asked == []
        assert all("authorization" not in headers for _, _, headers in server.seen)


def test_a_kept_login_and_one_of_a_proxy(ring: Memory, fleet: Any, tmp_path: Path) -> None:
    plain = fleet.get(login=True).url
    fp.save_login(plain, *LOGIN)
    fp.connect(plain, library=tmp_path / "a").close()
    with proxy(fleet.get().url, basic=LOGIN) as server:
        fp.save_login(server.url, *LOGIN, basic=True)
        fp.connect(server.url, library=tmp_path / "b").close()


def test_one_that_is_refused_says_where_it_is_from(
    ring: Memory, gate: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fp.save_token(gate.url, "expired")
    with pytest.raises(fp.StudioRefused, match=r"(?s)does not accept that token.*the keyring\.\)"):
        fp.connect(gate.url, library=tmp_path)
    monkeypatch.setenv(logins.ENVIRONMENT, TOKEN)
    fp.connect(gate.url, library=tmp_path).close()
    monkeypatch.setenv(address.ENVIRONMENT, "http://127.0.0.1:1")  # it is meant for another one
    with pytest.raises(fp.StudioRefused, match=r"the keyring\.\)"):
        fp.connect(gate.url, library=tmp_path)


@pytest.mark.parametrize("backend", [keyring.backends.fail.Keyring, Broken])
def test_without_a_keyring_connecting_says_the_same(
    backend: Any, gate: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in _use(backend()):
        with pytest.raises(fp.StudioRefused, match="wants a token"):
            fp.connect(gate.url, library=tmp_path)
        with pytest.raises(fp.FramePackError, match=r"keyring.*othing was saved") as caught:
            fp.save_token(gate.url, TOKEN)
        assert TOKEN not in str(caught.value)
        monkeypatch.setenv(logins.ENVIRONMENT, TOKEN)
        fp.connect(gate.url, library=tmp_path).close()


def test_a_keyring_that_asks_somebody_does_not_hold_up_the_jobs(
    gate: Any,
    fleet: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(connecting, "_KEYRING_TIMEOUT_S", 1.0)
    for backend in _use(Asking()):
        with pytest.raises(fp.StudioRefused, match="wants a token"):
            fp.connect(gate.url, library=tmp_path)
        assert "get_password" in caplog.text, "where it hangs"
        monkeypatch.setattr(connecting, "_KEYRING_TIMEOUT_S", 600.0)
        with pytest.raises(fp.StudioRefused, match="wants a token"):  # and does not wait again
            fp.connect(gate.url, library=tmp_path)
        backend.end.set()
        connecting._silent.join(30)


def test_plain_files_are_no_keyring(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    plain = type("PlaintextKeyring", (Memory,), {"__module__": "keyrings.alt.file"})
    for backend in _use(plain()):
        with pytest.raises(fp.FramePackError, match="FRAMEPACK_STUDIO_TOKEN"):
            fp.save_token("http://127.0.0.1:7860", TOKEN)
        assert backend.kept == {}


def test_the_program_keeps_what_the_studio_accepts(
    ring: Memory, gate: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(*arguments: str) -> Any:
        with pytest.raises(SystemExit) as ended:
            main([*arguments, "--json"])
        return int(ended.value.code or 0), json.loads(capsys.readouterr().out or "null")

    monkeypatch.setenv("FRAMEPACK_STUDIO_TOKEN", "wrong")
    code, said = run("login", gate.url)
    assert (code, said["error"]["type"]) == (4, "StudioRefused")
    assert ring.kept == {}
    monkeypatch.setenv("FRAMEPACK_STUDIO_TOKEN", TOKEN)
    assert run("login", gate.url) == (0, {"url": gate.url, "saved": "token"})
    assert logins.saved(gate.url) == logins.Login(token=TOKEN)
    assert run("logout", gate.url) == (0, {"url": gate.url, "removed": True})
    assert run("logout", gate.url) == (0, {"url": gate.url, "removed": False})


def test_a_keyring_is_loaded_only_where_somebody_is_turned_away(fleet: Any, tmp_path: Path) -> None:
    program = (
        "import sys, framepack_widgets as fp\n"
        "fp.connect(sys.argv[1], library=sys.argv[2]).close()\n"
        "print('keyring' in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, fleet.get().url, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.stdout == "False\n", done.stderr
