"""The page's part of a widget: its module and style sheet, put together from `static/`.

A widget's module reaches the page as one text, so what several of them share is put in front of it
here; nothing is built and nothing is fetched from elsewhere.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files

from framepack_widgets.widgets.keys import of_widget

_STATIC = files("framepack_widgets.widgets") / "static"


@cache
def module(stem: str, *shared: str) -> str:
    """The ES module of a widget: `KEYS`, the functions of the shared files, and its own file."""
    head = f"const KEYS = {json.dumps(of_widget(stem))};\n"
    return head + "\n".join(_read(f"{name}.js") for name in (*shared, stem))


@cache
def style(*stems: str) -> str:
    """Style sheets, one after the other."""
    return "\n".join(_read(f"{name}.css") for name in stems)


def _read(name: str) -> str:
    """The file without lines that hold nothing but a remark: each saved notebook carries it."""
    lines = (_STATIC / name).read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if line and not line.lstrip().startswith("//")) + "\n"
