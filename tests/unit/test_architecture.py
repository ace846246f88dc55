"""The rooms of the package and the arrows between them, as ARCHITECTURE.md draws them."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

PACKAGE = "framepack_widgets"
ROOT = Path(__file__).resolve().parents[2] / PACKAGE

# Arrows point left only: a module imports from its own room and from those before it.
ROOMS = ("pure", "disk", "live", "session", "widgets", "view", "top")

# Which room a module lives in: the longest matching prefix counts. A new module needs a line here,
# so that somebody decides where it belongs.
PLACES = {
    "errors": "pure",
    "settings": "pure",
    "fields": "pure",
    "frozen": "pure",
    "images": "pure",
    "labels": "pure",
    "models": "pure",
    "problem": "pure",
    "schema": "pure",
    "schema_text": "pure",
    "value_checks": "pure",
    "effects": "pure",
    "prompt": "pure",
    "length": "pure",
    "render_time": "pure",
    "trigger_words": "pure",
    "sizes": "pure",
    "stamp": "pure",
    "sidecar": "pure",
    "proof": "pure",
    "job": "pure",
    "descent": "pure",
    "poster": "pure",
    "events": "pure",
    "fitting": "pure",
    "advance": "pure",
    "studio.protocol": "pure",
    "studio.wire": "pure",
    "studio.toolbox": "pure",
    "studio.writer_calls": "pure",
    "studio.dialect": "pure",
    "studio.queue_answer": "pure",
    "sweeps": "pure",
    "sweeps.plan": "disk",
    "sweeps.rules": "disk",
    "sweeps.costs": "disk",
    "sweeps.library_facts": "disk",
    "durable": "disk",
    "presets": "disk",
    "named_files": "disk",
    "lora_notes": "disk",
    "file_checks": "disk",
    "validation": "disk",
    "forecast": "disk",
    "lock": "disk",
    "standby": "disk",
    "locations": "disk",
    "video_file": "disk",
    "video_join": "disk",
    "video": "disk",
    "video.layout": "pure",
    "metrics": "disk",
    "metrics.numbers": "pure",
    "provenance": "disk",
    "sidecar_settings": "disk",
    "found_settings": "disk",
    "studio_facts": "disk",
    "settings_files": "disk",
    "queue_files": "disk",
    "clip": "disk",
    "library": "disk",
    "studio": "live",
    "logins": "live",
    "runner": "live",
    "_loop": "live",
    "_pump": "live",
    "_interrupts": "live",
    "feed": "session",
    "adoption": "session",
    "adoption.names": "pure",
    "registry": "session",
    "live_job": "session",
    "continuing": "session",
    "runs": "session",
    "runs.making": "disk",
    "runs.eta": "disk",
    "toolbox": "session",
    "toolbox_task": "session",
    "prompt_writer": "session",
    "job_place": "session",
    "session": "session",
    "schema_watch": "session",
    "studio_presets": "session",
    "studio_loras": "session",
    "testing": "session",
    "widgets": "widgets",
    "widgets.form.form_edits": "pure",
    "widgets.form.form_rows": "pure",
    "widgets.form.groups": "pure",
    "widgets.form.plan_line": "pure",
    "widgets.keys": "pure",
    "widgets.app.app_text": "pure",
    "widgets.clips.clip_search": "pure",
    "widgets.compare.differing": "pure",
    "widgets.compare.sorting": "pure",
    "widgets.frames.crop": "pure",
    "widgets.frames.frame_value": "pure",
    "widgets.frames.frame_store": "disk",
    "widgets.frames.thumbnail": "disk",
    "widgets.frames.upload": "disk",
    "widgets.form.prompt_parts": "pure",
    "widgets.jobs.job_actions": "pure",
    "widgets.loras.lora_text": "pure",
    "widgets.sweeps.axis_offers": "pure",
    "widgets.sweeps.drawn_rows": "pure",
    "widgets.sweeps.editor_rows": "pure",
    "widgets.sweeps.file_order": "pure",
    "widgets.sweeps.plan_text": "pure",
    "widgets.sweeps.tile_layout": "pure",
    "widgets.sweeps.tile_text": "pure",
    "widgets.jobs.job_text": "pure",
    "widgets.jobs.trace_text": "pure",
    "widgets.clips.video_source": "disk",
    "_display": "view",
    "cli": "top",
    "__main__": "top",
    "__init__": "top",
}

# Arrows to the right that are meant, each with its reason.
DOORS = {
    (
        "runs.looking",
        "widgets.compare.compare",
    ): "run.compare() is where one looks for it; loaded when called",
    (
        "sweeps.sweep",
        "sweeps.plan",
    ): "sweep.plan(studio) is where one looks for it; loaded when called",
    (
        "settings",
        "provenance",
    ): "Settings.from_file(clip) is where one looks for it; loaded when called",
}

NETWORK = {"gradio_client", "httpx", "requests", "urllib3", "aiohttp", "websockets"}
PAGE = {"ipywidgets", "anywidget", "ipyfilechooser"}


@dataclass(frozen=True)
class Import:
    """One imported name; when: at "import" time, "later" in a function, for "typing" only."""

    name: str
    when: str
    line: int

    @property
    def top(self) -> str:
        return self.name.split(".")[0]


def modules() -> list[str]:
    """Dotted names below the package, `library` for library/__init__.py."""
    found = []
    for path in sorted(ROOT.rglob("*.py")):
        parts = list(path.relative_to(ROOT).with_suffix("").parts)
        if parts[-1] == "__init__" and len(parts) > 1:
            parts.pop()
        found.append(".".join(parts))
    return found


def source_of(module: str) -> Path:
    path = ROOT.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def imports_of(tree: ast.Module, module: str, is_folder: bool) -> list[Import]:
    return list(_walk(tree.body, "import", _package_of(module, is_folder)))


def _package_of(module: str, is_folder: bool) -> list[str]:
    parts = [PACKAGE, *module.split(".")]
    return parts if is_folder else parts[:-1]


def _walk(body: list[ast.stmt], when: str, package: list[str]) -> Iterator[Import]:
    for node in body:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(alias.name, when, node.lineno)
        elif isinstance(node, ast.ImportFrom):
            home = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*home, *([node.module] if node.module else [])])
            for alias in node.names:
                yield Import(f"{base}.{alias.name}", when, node.lineno)
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            yield from _walk(node.body, "typing", package)
            yield from _walk(node.orelse, when, package)
        else:
            inner = (ast.FunctionDef, ast.AsyncFunctionDef)
            later = "later" if isinstance(node, inner) and when == "import" else when
            for field in ("body", "orelse", "finalbody", "handlers"):
                yield from _walk(getattr(node, field, []), later, package)


def room_of(module: str) -> str | None:
    parts = module.split(".")
    for length in range(len(parts), 0, -1):
        room = PLACES.get(".".join(parts[:length]))
        if room:
            return room
    return None


def rank_of(module: str) -> int:
    room = room_of(module)
    return ROOMS.index(room) if room else len(ROOMS)


def own_module(name: str) -> str | None:
    """The module of ours that an imported name comes from; None for other packages."""
    parts = name.split(".")
    if parts[0] != PACKAGE:
        return None
    known = set(MODULES)
    for length in range(len(parts), 1, -1):
        candidate = ".".join(parts[1:length])
        if candidate in known:
            return candidate
    return "__init__"


MODULES = modules()
LIBRARY_MODULES = [name for name in MODULES if name.split(".")[0] != "demo"]
IMPORTS = {
    name: imports_of(
        ast.parse(source_of(name).read_text(encoding="utf-8")),
        name,
        source_of(name).name == "__init__.py" and name != "__init__",
    )
    for name in MODULES
}


def ours(module: str) -> list[tuple[Import, str]]:
    return [
        (item, target)
        for item in IMPORTS[module]
        if item.when != "typing" and (target := own_module(item.name)) is not None
    ]


def test_every_module_has_a_room() -> None:
    homeless = [module for module in LIBRARY_MODULES if room_of(module) is None]
    assert not homeless, "say in PLACES where they belong"


@pytest.mark.parametrize("module", LIBRARY_MODULES)
def test_arrows_point_left(module: str) -> None:
    rank = rank_of(module)
    wrong = [
        f"line {item.line}: {item.name} ({room_of(target)})"
        for item, target in ours(module)
        if target.split(".")[0] != "demo"
        and rank_of(target) > rank
        and (module, target) not in DOORS
    ]
    assert not wrong, f"{module} ({room_of(module)}) imports from a room to its right"


@pytest.mark.parametrize("module", [name for name in LIBRARY_MODULES if room_of(name) == "pure"])
def test_pure_modules_need_only_the_standard_library(module: str) -> None:
    wrong = [
        f"line {item.line}: {item.name}"
        for item in IMPORTS[module]
        if item.when == "import" and item.top != PACKAGE and item.top not in sys.stdlib_module_names
    ]
    assert not wrong


@pytest.mark.parametrize("module", MODULES)
def test_only_the_folders_that_may_touch_network_and_page(module: str) -> None:
    folder = module.split(".", maxsplit=1)[0]
    tops = {item.top for item in IMPORTS[module]}
    if folder != "studio":
        assert not tops & NETWORK
    if folder != "widgets":
        assert not tops & PAGE
    if folder != "demo":
        assert "gradio" not in tops
    if folder != "_loop":
        assert "nest_asyncio2" not in tops
    assert not tops & {"nest_asyncio", "framepack"}  # archived; unrelated to this project


@pytest.mark.parametrize("module", [name for name in MODULES if name.split(".")[0] == "demo"])
def test_the_built_in_studio_knows_nothing_of_the_client(module: str) -> None:
    wrong = [
        f"line {item.line}: {item.name}"
        for item, target in ours(module)
        if target != "errors" and target.split(".")[0] != "demo"
    ]
    assert not wrong, "it must run beside another gradio, without the client's dependencies"


def test_doors_are_still_used_and_open_late() -> None:
    for module, target in DOORS:
        times = {item.when for item, found in ours(module) if found == target}
        assert times == {"later"}, f"{module} -> {target}"


def test_only_the_doors_of_the_built_in_studio_are_used() -> None:
    used = {
        target
        for module in LIBRARY_MODULES
        for _, target in ours(module)
        if target.split(".")[0] == "demo"
    }
    assert used <= {"demo.options", "demo.process", "demo.__main__"}


@pytest.mark.parametrize("module", MODULES)
def test_a_module_is_one_concept(module: str) -> None:
    lines = source_of(module).read_text(encoding="utf-8").count("\n")
    assert lines <= 300, "split it by what its parts know"
    names = {"utils", "util", "helpers", "misc", "common"}
    assert not names & set(module.split(".")), "name it after what it knows"


@pytest.mark.parametrize("module", MODULES)
def test_functions_are_short(module: str) -> None:
    tree = ast.parse(source_of(module).read_text(encoding="utf-8"))
    long = {
        node.name: length
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and (length := _lines_of_code(node)) > 40
    }
    assert not long


def _lines_of_code(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of the body, without docstring and signature."""
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    return (node.end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_these_tests_see_what_they_look_for() -> None:
    """A walker that finds nothing would let everything pass."""
    source = """
import httpx
from .client import Client
if TYPE_CHECKING:
    import numpy
def f():
    try:
        from framepack_widgets import session
    except ImportError:
        import av
class A:
    def g(self):
        with x:
            import PIL.Image
"""
    found = imports_of(ast.parse(source), "studio.other", False)
    assert [(item.name, item.when) for item in found] == [
        ("httpx", "import"),
        ("framepack_widgets.studio.client.Client", "import"),
        ("numpy", "typing"),
        ("framepack_widgets.session", "later"),
        ("av", "later"),
        ("PIL.Image", "later"),
    ]
    assert {"errors", "job", "__init__"} <= set(MODULES)
    assert ours("events"), "events imports job"
