"""What runs before the first cell of a documentation page: a place, and the quick Studio."""

import json
import os
import shutil
from pathlib import Path
from types import SimpleNamespace

from framepack_widgets import registry

ROOT = Path(__file__).resolve().parent.parent


def begin(page):
    """Work in an empty folder, the root of a Jupyter server as it were, with the images in it."""
    place = Path(os.environ["FRAMEPACK_DOCS_PLACE"]) / page
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(ROOT / "notebooks" / "images", place / "images")
    os.chdir(place)
    runtime = place.parent / f"{page}-runtime"
    runtime.mkdir(exist_ok=True)
    (runtime / "jpserver-1.json").write_text(json.dumps({"root_dir": str(place)}))
    os.environ.update(JUPYTER_RUNTIME_DIR=str(runtime), JPY_PARENT_PID="1")
    # "demo" would start one for each page.
    registry._demo = SimpleNamespace(url=os.environ["FRAMEPACK_DOCS_STUDIO"], is_running=True)
