"""A report's page: the template filled in, so that no text of it can become anything but text.

The page's own script and style are allowed by their hashes, and nothing else is: no network, no
other script. What the points say lies in a block of JSON that only the script reads.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

_TEMPLATES = files("framepack_widgets.video") / "templates"
_CHUNK = 3 << 18  # bytes; a multiple of 3, so that base64 texts can be put behind one another
_PLACE = re.compile(r"\{\{(\w+)\}\}")


def page(data: Mapping[str, Any], embedded: Sequence[Path]) -> Iterator[bytes]:
    """The page, piece by piece; embedded: clips that go into it, by their order.

    Raises OSError where one of them cannot be read.
    """
    style, script = _template("report.css"), _template("report.js")
    texts = {
        "title": html.escape(str(data["title"])),
        "policy": html.escape(_policy(style, script, is_single=bool(embedded))),
        "style": style,
        "script": script,
        "data": _inert(data),
    }
    for number, piece in enumerate(_PLACE.split(_template("report.html"))):
        if number % 2 == 0:
            yield piece.encode()
        elif piece == "clips":
            yield from _embedded(embedded)
        else:
            yield texts[piece].encode("utf-8", "backslashreplace")


def _embedded(clips: Sequence[Path]) -> Iterator[bytes]:
    for number, clip in enumerate(clips):
        yield f'<script type="text/plain" id="clip-{number}">'.encode()
        with clip.open("rb") as file:
            while chunk := file.read(_CHUNK):
                yield base64.b64encode(chunk)
        yield b"</script>\n"


def _inert(data: Mapping[str, Any]) -> str:
    """JSON that cannot end the element it stands in, nor begin another one."""
    text = json.dumps(data, separators=(",", ":"))  # ASCII: also halves of characters survive
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _policy(style: str, script: str, *, is_single: bool) -> str:
    media = "blob:" if is_single else "'self' file:"
    return (
        f"default-src 'none'; img-src data:; media-src {media}; style-src {_hash(style)}; "
        f"script-src {_hash(script)}; base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


@cache
def _template(name: str) -> str:
    # Line ends as a browser's parser makes them: the hashes are of what it sees.
    return (_TEMPLATES / name).read_text(encoding="utf-8").replace("\r\n", "\n")
