"""The newcomer's notebook, run by a real kernel exactly as `make demo` runs it."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest

import framepack_widgets as fp

pytestmark = pytest.mark.slow  # whole processes; the same on either generation of gradio

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOK = ROOT / "notebooks" / "01_first_clip.ipynb"


@dataclass(frozen=True)
class Made:
    """What a run left."""

    folder: Path
    said: str

    @property
    def page(self) -> str:
        return (self.folder / "01_first_clip.html").read_text(encoding="utf-8")

    @property
    def outputs(self) -> list[nbformat.NotebookNode]:
        book = nbformat.read(self.folder / NOTEBOOK.name, as_version=4)
        return [output for cell in book.cells for output in cell.get("outputs", ())]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    folder = tmp_path_factory.mktemp("demo") / "demo"
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "run_notebook.py"), str(NOTEBOOK), str(folder)],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    yield Made(folder, done.stdout)


def test_it_says_where_everything_is(made: Made) -> None:
    for name in ("01_first_clip.ipynb", "01_first_clip.html", "first_clip.mp4"):
        assert str(made.folder / name) in made.said
        assert (made.folder / name).stat().st_size > 0


def test_the_clip_is_a_real_render_of_the_notebooks_settings(made: Made) -> None:
    clip = fp.Clip.open(made.folder / "first_clip.mp4")
    settings = clip.settings
    assert settings is not None
    assert (settings.model, settings.seed, settings.seconds) == ("Original with Endframe", 7, 2)
    assert clip.verified == "stamp"
    assert not clip.partial
    assert clip.frame_count == 73
    assert (clip.width, clip.height) == (640, 640)
    first, last = clip.frame(0), clip.frame(-1)
    assert abs(first.astype(int) - last.astype(int)).mean() > 20, "from day to dusk"


def test_every_cell_ran_without_an_error(made: Made) -> None:
    book = nbformat.read(made.folder / NOTEBOOK.name, as_version=4)
    code = [cell for cell in book.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert not [output for output in made.outputs if output.output_type == "error"]


def test_nothing_was_said_on_stderr(made: Made) -> None:
    assert not [o.text for o in made.outputs if o.get("name") == "stderr"]


def test_the_clip_plays_from_a_file_and_is_not_in_the_notebook(made: Made) -> None:
    video = re.search(r"<video[^>]*>", made.page)
    assert video is not None
    source = re.search(r'src="([^"]+)"', video.group())
    assert source is not None
    assert (made.folder / source.group(1)).is_file(), "relative to the page"
    poster = re.search(r'poster="data:image/jpeg;base64,([^"]+)"', video.group())
    assert poster is not None
    assert len(poster.group(1)) * 3 / 4 <= 40_000
    notebook = made.folder / NOTEBOOK.name
    assert "data:video" not in notebook.read_text(encoding="utf-8")
    assert notebook.stat().st_size < 200_000


def test_the_committed_notebook_holds_no_output() -> None:
    book = nbformat.read(NOTEBOOK, as_version=4)
    for cell in book.cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None


def test_its_pictures_are_small() -> None:
    pictures = sorted(NOTEBOOK.parent.glob("images/*.jpg"))
    assert len(pictures) >= 2
    assert all(picture.stat().st_size < 200_000 for picture in pictures)
