"""How the built-in Studio's process begins."""

from __future__ import annotations

import gc
import subprocess
import sys
from pathlib import Path

import pytest

from framepack_widgets.demo.quick_start import all_of_it_stays

ROOT = Path(__file__).resolve().parents[2]
USES = "from .component_meta import *\nfrom . import component_meta\n"
WRITES = "def create_or_modify_pyi(*args):\n    raise SystemExit('it wrote')\n"


@pytest.mark.parametrize(
    ("package", "module"),
    [(USES + "component_meta.create_or_modify_pyi(1, 2, 3)", WRITES), (USES, "other = 1\n")],
    ids=["the step is left out", "a version without it"],
)
def test_gradio_is_imported_without_its_notes_for_editors(
    tmp_path: Path, package: str, module: str
) -> None:
    folder = tmp_path / "gradio"
    folder.mkdir()
    (folder / "__init__.py").write_text(package, encoding="utf-8")
    (folder / "component_meta.py").write_text(module, encoding="utf-8")
    program = (
        f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {str(ROOT)!r}]\n"
        "from framepack_widgets.demo.quick_start import import_gradio\n"
        "before = list(sys.meta_path); import_gradio(); assert sys.meta_path == before\n"
        "print(sys.modules['gradio.component_meta'].__file__)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == str(folder / "component_meta.py"), done.stderr


def test_the_web_application_is_made_once(tmp_path: Path) -> None:
    folder = tmp_path / "gradio"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "routes.py").write_text(
        "class App:\n    @staticmethod\n    def create_app(blocks, **more):\n        return blocks",
        encoding="utf-8",
    )
    program = (
        f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {str(ROOT)!r}]\n"
        "from framepack_widgets.demo.quick_start import building\n"
        "from gradio.routes import App\n"
        "with building(): assert App.create_app(1, mcp_server=False) is None\n"
        "print(App.create_app(2), App().create_app(3))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "2 3", done.stderr


@pytest.mark.parametrize("was_on", [True, False])
def test_what_stays_is_not_collected_and_the_rest_is(
    was_on: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    frozen: list[bool] = []
    monkeypatch.setattr(gc, "freeze", lambda: frozen.append(gc.isenabled()))
    before = gc.isenabled()
    try:
        (gc.enable if was_on else gc.disable)()
        with pytest.raises(OSError, match="port"), all_of_it_stays():
            assert not gc.isenabled()
            raise OSError("port in use")
        assert frozen == [False]
        assert gc.isenabled() == was_on
    finally:
        (gc.enable if before else gc.disable)()
