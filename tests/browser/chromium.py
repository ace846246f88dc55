"""The browser of these tests, and what they lack where they cannot run."""

from __future__ import annotations

import importlib.util
import os
import shutil
from pathlib import Path

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
