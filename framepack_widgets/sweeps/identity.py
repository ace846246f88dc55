"""The name of a render: a hash of everything that defines it, frames by what is in them."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from framepack_widgets.errors import SettingsError
from framepack_widgets.frozen import plain
from framepack_widgets.images import ImageData
from framepack_widgets.settings import Settings
from framepack_widgets.sweeps.sources import FRAMES

LENGTH = 24  # hexadecimal digits: 96 bits
_KEPT = re.compile(r"([0-9a-f]{64})(\.[a-z0-9]{1,10})?")  # how the Library names kept files
_CHUNK = 1 << 20


def content_id(resolved: Settings) -> str:
    """The identity of a render, 24 hexadecimal digits: equal for equal settings and frames.

    resolved: with the server's defaults and a drawn seed (`Schema.resolve`); what is not set does
    not count. Numbers count by value (1 is 1.0), frames by content, fields in any order. Raises
    SettingsError for a frame that cannot be read.
    """
    return digest("".join(sorted(line(n, v) for n, v in resolved.set_values().items())))


def line(name: str, value: Any) -> str:
    """One setting as canonical JSON on a line of its own; sorted lines make the identity."""
    if name in FRAMES:
        value = {"sha256": fingerprint(name, value)}
    return f"{json.dumps(name)}:{canonical(value)}\n"


def digest(lines: str) -> str:
    """The identity of sorted lines."""
    return hashlib.sha256(lines.encode("utf-8", "surrogatepass")).hexdigest()[:LENGTH]


def canonical(value: Any) -> str:
    """JSON that is the same for equal values: sorted keys, whole floats as whole numbers."""
    if isinstance(value, Mapping):
        items = sorted((json.dumps(str(key)), canonical(item)) for key, item in value.items())
        return "{" + ",".join(f"{key}:{item}" for key, item in items) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(canonical(item) for item in value) + "]"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return json.dumps(plain(value))


def fingerprint(name: str, frame: Any) -> str:
    """SHA-256 of a frame's or video's content. Raises SettingsError where it cannot be read."""
    if isinstance(frame, ImageData):
        return frame.sha256
    kept = _KEPT.fullmatch(Path(frame).name) if isinstance(frame, str) else None
    if kept is not None:
        return kept[1]
    try:
        path = os.path.expanduser(frame)  # noqa: PTH111 (Path's own raises for ~nobody)
        facts = Path(path).stat()
        return _of_file(path, facts.st_mtime_ns, facts.st_size)
    except (OSError, TypeError, ValueError) as error:
        raise SettingsError(f"{name}: {frame} cannot be read ({error}).") from error


@lru_cache(maxsize=4096)
def _of_file(path: str, _mtime_ns: int, _size: int) -> str:
    found = hashlib.sha256()
    with Path(path).open("rb") as file:
        while chunk := file.read(_CHUNK):
            found.update(chunk)
    return found.hexdigest()
