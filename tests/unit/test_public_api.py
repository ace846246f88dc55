"""The public names, and that importing the package does nothing but make them available."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import framepack_widgets as fp

HEAVY = {
    "PIL", "anywidget", "asyncio", "av", "concurrent.futures", "gradio", "gradio_client", "httpx",
    "ipyfilechooser", "ipywidgets", "keyring", "nest_asyncio", "nest_asyncio2", "numpy",
    "platformdirs", "rich", "sqlite3", "ssl", "typer",
}  # fmt: skip

LOOK = """
import json, sys, threading
events = []
sys.addaudithook(lambda event, args: events.append(event))
before, events[:] = set(sys.modules), []
import framepack_widgets
print(json.dumps({
    "modules": sorted(set(sys.modules) - before),
    "threads": threading.active_count(),
    "events": sorted({event for event in events if event.split(".")[0] in (
        "socket", "subprocess", "sqlite3", "_thread", "urllib", "os") and event not in (
        "os.listdir", "os.scandir")}),
}))
"""


def python(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout


def test_all_is_sorted_and_every_name_is_there() -> None:
    assert list(fp.__all__) == sorted(fp.__all__)
    for name in fp.__all__:
        assert getattr(fp, name) is not None
        assert name in dir(fp)


def test_what_type_checkers_see_is_what_there_is() -> None:
    """The lazy table and the imports under TYPE_CHECKING are written twice; they have to agree."""
    tree = ast.parse(Path(fp.__file__).read_text(encoding="utf-8"))
    seen = {
        alias.name: (node.module or "").removeprefix("framepack_widgets.")
        for guard in tree.body
        if isinstance(guard, ast.If)
        for node in guard.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert seen == fp._HOMES
    assert set(seen) == set(fp.__all__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Clop'"):
        fp.Clop  # noqa: B018


def test_errors_have_one_root() -> None:
    classes = [getattr(fp, name) for name in fp.__all__]
    errors = [c for c in classes if isinstance(c, type) and issubclass(c, Exception)]
    assert len(errors) >= 10
    assert all(issubclass(error, fp.FramePackError) for error in errors)


def test_import_opens_nothing_starts_nothing_loads_nothing_heavy() -> None:
    seen = json.loads(python(LOOK))
    assert "framepack_widgets" in seen["modules"], "the look itself has to work"
    loaded = {name for name in seen["modules"] if name in HEAVY or name.split(".")[0] in HEAVY}
    assert not loaded
    own = [name for name in seen["modules"] if name.startswith("framepack_widgets.")]
    assert own == []
    assert seen["threads"] == 1
    assert seen["events"] == []


def test_import_patches_no_loop() -> None:
    code = """
import asyncio
before = (asyncio.run, asyncio.BaseEventLoop.run_until_complete, asyncio.get_event_loop)
import framepack_widgets
framepack_widgets.connect
after = (asyncio.run, asyncio.BaseEventLoop.run_until_complete, asyncio.get_event_loop)
print(before == after)
"""
    assert python(code).strip() == "True"
