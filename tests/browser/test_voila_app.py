"""`framepack-widgets app`: the App as a page of its own, by the program as it is typed."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from browser.pages import new_page

Start = Callable[..., tuple[str, "subprocess.Popen[str]"]]


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Start]:
    """Start the program; the address it says, and its process."""
    running: list[subprocess.Popen[str]] = []

    def start(*arguments: str) -> tuple[str, subprocess.Popen[str]]:
        program = [sys.executable, "-m", "framepack_widgets", "app", *arguments]
        process = subprocess.Popen(
            [*program, "--port=0", "--no-browser", f"--library={tmp_path / 'library'}"],
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
            env={**os.environ, "NO_PROXY": "127.0.0.1"},
        )
        running.append(process)
        assert process.stderr is not None
        said = process.stderr.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+/\?token=\w+", said)
        assert found, said + process.stderr.read()
        return found[0], process

    yield start
    for process in running:
        process.terminate()
        process.wait(30)


def test_the_app_is_served_and_renders(app, browser, demo, tmp_path):
    address, process = app(demo.url)
    page = new_page(browser)
    page.goto(address, timeout=60_000)
    expect(page.get_by_text(demo.url.removeprefix("http://")).first).to_be_visible(timeout=60_000)
    expect(page).to_have_title(re.compile("framepack", re.IGNORECASE))
    page.get_by_role("button", name="Render", exact=True).click()
    expect(page.locator("video:visible").first).to_be_visible(timeout=60_000)
    assert list((tmp_path / "library" / "clips").glob("*.mp4"))
    page.close()

    for path in ("", "api/kernels"):  # nobody else of this machine gets in
        with urllib.request.urlopen(address.partition("?")[0] + path, timeout=10) as answer:
            assert "/login" in answer.url

    if sys.platform != "win32":
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 143
        with pytest.raises(urllib.error.URLError):
            urllib.request.urlopen(address, timeout=10)
