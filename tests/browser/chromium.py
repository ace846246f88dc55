"""The browser of these tests, and what they lack where they cannot run."""

from __future__ import annotations

import importlib.util
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)
_NEEDED = ("playwright", "jupyterlab", "notebook", "voila", "psutil")


def chromium() -> str | None:
    """The browser's program; None where there is none."""
    chosen = os.environ.get("FRAMEPACK_CHROMIUM")
    if chosen:
        return chosen if Path(chosen).exists() else None
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next((path for path in map(shutil.which, names) if path), None)


@contextmanager
def headless(**options: Any) -> Iterator[BrowserContext]:
    """Chromium without a window, with a new profile; names on the internet do not resolve."""
    from playwright.sync_api import sync_playwright

    new_folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
    with new_folder as profile, sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=chromium(),
            headless=True,
            args=list(FLAGS),
            viewport={"width": 1400, "height": 1400},
            **options,
        )
        yield context
        context.close()


def missing() -> list[str]:
    """What these tests lack here, each with how to get it."""
    lacks = [
        f"the Python package {name}: pip install {name}"
        for name in _NEEDED
        if importlib.util.find_spec(name) is None
    ]
    if chromium() is None:
        lacks.append(
            "Chromium: apt install chromium, or FRAMEPACK_CHROMIUM=<path of a Chromium or Chrome>"
        )
    return lacks


def required() -> bool:
    """Whether a skip is a failure here."""
    return bool(os.environ.get("CI") or os.environ.get("FRAMEPACK_REQUIRE_BROWSER"))
