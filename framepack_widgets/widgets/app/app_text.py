"""What the App says in its own words. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from framepack_widgets.widgets.keys import KEYS

_PLACES = {
    "player": "Player",
    "drop_zone": "Frames",
    "tab_strip": "Tabs",
    "clip_grid": "Clips",
    "sweep_tiles": "Points of a sweep",
    "clip_card": "Below a clip",
}
_NAMES = {" ": "Space", "ArrowRight": "→", "ArrowLeft": "←", "ArrowUp": "↑", "ArrowDown": "↓"}


def counted(number: int, one: str, many: str | None = None) -> str:
    """`1 model`, `6 models`."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def connection_line(
    version: str | None, url: str, models: int, loras: int, others: int | None
) -> str:
    """What is connected, in one line. others: jobs of others on the server; None: not asked."""
    parts = [
        f"Studio {version}" if version else "Studio",
        shown_address(url),
        counted(models, "model"),
        counted(loras, "LoRA"),
    ]
    if others:
        parts.append(f"{counted(others, 'job')} of others ahead")
    return " · ".join(parts)


def render_time(timestamp: str) -> str:
    """When a Studio drew that timestamp, by its own clock: `2026-11-20 11:27`; else as it is."""
    digits = timestamp.replace("_", "")[:12]
    if not re.match(r"\d{6}_\d{6}", timestamp):
        return timestamp
    day, clock = digits[:6], digits[6:]
    return f"20{day[:2]}-{day[2:4]}-{day[4:]} {clock[:2]}:{clock[2:4]}"


def adoption_line(new: int, known: int, problems: int) -> str:
    """How an adoption went."""
    parts = [f"{counted(new, 'clip')} adopted"]
    if known:
        parts.append(f"{known} in the Library already")
    if problems:
        parts.append(f"{problems} not adopted:")
    return ", ".join(parts)


def shown_address(url: str) -> str:
    """Host, port and path; never user and password."""
    parts = urlsplit(url)
    return (parts.netloc.rpartition("@")[2] + parts.path.rstrip("/")) or url


def connecting_line(url: str | None) -> str:
    """What is being done, and how long it may take."""
    if url == "demo":
        return "Starting the built-in Studio: this takes some seconds…"
    if url is None:
        return "Looking for a Studio on this machine…"
    return f"Connecting to {shown_address(url)}…" if "@" not in url else "Connecting…"


def keys_help() -> list[tuple[str, str, str]]:
    """(where, keys, what they do), one for each line of the table of keys."""
    return [(_PLACES.get(k.widget, k.widget), _named(k.keys), k.does) for k in KEYS]


def _named(keys: Sequence[str]) -> str:
    return " or ".join(
        "+".join(_NAMES.get(part, part) for part in key.split("+")) if len(key) > 1 else
        _NAMES.get(key, key)
        for key in keys
    )  # fmt: skip
