"""How the built-in Studio's process begins."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

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
        "from framepack_widgets.demo.quick_import import import_gradio\n"
        "before = list(sys.meta_path); import_gradio(); assert sys.meta_path == before\n"
        "print(sys.modules['gradio.component_meta'].__file__)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == str(folder / "component_meta.py"), done.stderr
