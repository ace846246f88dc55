"""The newcomer's notebooks, run by a real kernel exactly as `make demo` runs the first."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import nbformat
import pytest

import framepack_widgets as fp
from framepack_widgets.demo.options import DemoOptions
from framepack_widgets.demo.process import start

pytestmark = pytest.mark.slow  # whole processes; the same on either generation of gradio

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
FIRST, SECOND = "01_first_clip", "02_start_and_end_frame"
THIRD, FOURTH = "03_sweep", "04_compare_and_choose"
PLAYED = {FIRST: 1, SECOND: 3, THIRD: 1, FOURTH: 6}  # clips on the page of each


@dataclass(frozen=True)
class Made:
    """What a run left."""

    name: str
    folder: Path
    said: str

    @property
    def notebook(self) -> Path:
        return self.folder / f"{self.name}.ipynb"

    @property
    def page(self) -> str:
        return (self.folder / f"{self.name}.html").read_text(encoding="utf-8")

    @property
    def cells(self) -> list[nbformat.NotebookNode]:
        book = nbformat.read(self.notebook, as_version=4)
        return [cell for cell in book.cells if cell.cell_type == "code"]

    @property
    def outputs(self) -> list[nbformat.NotebookNode]:
        return [output for cell in self.cells for output in cell.get("outputs", ())]

    @property
    def printed(self) -> str:
        return "".join(output.get("text", "") for output in self.outputs)

    @property
    def clips(self) -> list[fp.Clip]:
        """In the order they were made."""
        paths = (self.folder / "framepack-library" / "clips").glob("*.mp4")
        return [fp.Clip.open(path) for path in sorted(paths, key=lambda path: path.stat().st_mtime)]


def run(name: str, factory: pytest.TempPathFactory, **parameters: object) -> Made:
    folder = factory.mktemp("demo") / "demo"
    notebook = ROOT / "notebooks" / f"{name}.ipynb"
    if parameters:
        notebook = parameterised(notebook, folder.parent, parameters)
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "run_notebook.py"), str(notebook), str(folder)],
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return Made(name, folder, done.stdout)


def parameterised(notebook: Path, folder: Path, parameters: dict[str, object]) -> Path:
    """The notebook with a cell of these values behind its `parameters`, as papermill puts it."""
    book = nbformat.read(notebook, as_version=4)
    tags = [cell.metadata.get("tags", []) for cell in book.cells]
    given = "\n".join(f"{name} = {value!r}" for name, value in parameters.items())
    cell = nbformat.v4.new_code_cell(given, metadata={"tags": ["injected-parameters"]})
    book.cells.insert(tags.index(["parameters"]) + 1, cell)
    shutil.copytree(notebook.parent / "images", folder / "images")
    nbformat.write(book, folder / notebook.name)
    return folder / notebook.name


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return run(FIRST, tmp_path_factory)


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return run(SECOND, tmp_path_factory)


@pytest.fixture(scope="module")
def quick() -> Iterator[str]:
    """The address of a quick built-in Studio."""
    with start(DemoOptions(speed=40)) as running:
        yield running.url


@pytest.fixture(scope="module")
def third(tmp_path_factory: pytest.TempPathFactory, quick: str) -> Made:
    return run(THIRD, tmp_path_factory, studio_url=quick)


@pytest.fixture(scope="module")
def fourth(tmp_path_factory: pytest.TempPathFactory, quick: str) -> Made:
    given = {"steps": 4, "seeds": [1, 2], "prompt": "it sleeps"}
    return run(FOURTH, tmp_path_factory, studio_url=quick, **given)


@pytest.fixture(params=["first", "second", "third", "fourth"])
def made(request: pytest.FixtureRequest) -> Made:
    each: Made = request.getfixturevalue(request.param)
    return each


def test_all_of_them_are_run_here():
    assert [path.stem for path in NOTEBOOKS] == list(PLAYED)


def test_it_says_where_everything_is(first: Made) -> None:
    for name in (f"{FIRST}.ipynb", f"{FIRST}.html", "first_clip.mp4"):
        assert str(first.folder / name) in first.said
        assert (first.folder / name).stat().st_size > 0


def test_the_clip_is_a_real_render_of_the_notebooks_settings(first: Made) -> None:
    clip = fp.Clip.open(first.folder / "first_clip.mp4")
    settings = clip.settings
    assert settings is not None
    assert (settings.model, settings.seed, settings.seconds) == ("Original with Endframe", 7, 2)
    assert clip.verified == "stamp"
    assert not clip.partial
    assert clip.frame_count == 73
    assert (clip.width, clip.height) == (640, 640)
    begin, last = clip.frame(0), clip.frame(-1)
    assert abs(begin.astype(int) - last.astype(int)).mean() > 20, "from day to dusk"


def test_the_app_begins_the_first_notebook(first: Made) -> None:
    data = first.cells[0].outputs[0].data
    assert "application/vnd.jupyter.widget-view+json" in data
    assert first.cells[0].source.splitlines()[0] == "import framepack_widgets as fp"


def test_the_second_shows_what_the_influence_does(second: Made) -> None:
    clips = second.clips
    assert [clip.settings.end_frame_influence for clip in clips] == [1.0, 0.5, 0.1]
    for clip in clips:
        assert clip.verified == "stamp"
        same = clip.settings.replace(end_frame_influence=None)
        assert same == clips[0].settings.replace(end_frame_influence=None)
    apart = [float(number) for number in re.findall(r"picture +([\d.]+) from", second.printed)]
    assert len(apart) == 3
    assert apart[0] + 5 < apart[1] < apart[2] - 5, "the less influence, the further away"
    assert "image/png" in second.outputs[-1].data


def test_the_second_uses_the_widgets(second: Made) -> None:
    shown = [
        output.data["text/plain"]
        for output in second.outputs
        if "application/vnd.jupyter.widget-view+json" in output.get("data", {})
    ]
    assert len(shown) == 3
    for name, text in zip(("Form", "JobView", "Player"), shown, strict=True):
        assert name in text


def test_the_third_renders_every_combination_and_then_only_what_is_new(third: Made) -> None:
    clips = third.clips
    assert len(clips) == 8
    asked = {(c.settings.end_frame_influence, c.settings.seed) for c in clips}
    assert asked == {(i, s) for i in (0.1, 0.3, 0.5, 1.0) for s in (7, 8)}
    assert {clip.verified for clip in clips} == {"stamp"}
    assert "6 renders to do" in third.printed
    assert "end_frame_influence" in third.printed.partition("not made")[2]
    assert "8 points, 6 of them were there" in third.printed
    sheet = fp.Clip.open(third.folder / "sweep.mp4")
    assert sheet.width > sheet.height, "three columns, two rows"
    table = third.outputs[-2].data["text/html"]
    assert table.count("<tr") >= 7


def test_the_fourth_takes_parameters_and_leaves_a_report(fourth: Made) -> None:
    clips = fourth.clips
    assert {clip.settings.prompt for clip in clips} == {"it sleeps"}
    assert {(clip.settings.steps, clip.settings.seed) for clip in clips} == {(4, 1), (4, 2)}
    page = (fourth.folder / "choose.html").read_text(encoding="utf-8")
    assert page.count('type="text/plain" id="clip-') == 6
    assert '"stars":5' in page
    assert "comes nearest to the end frame" in page
    library = fp.Library(fourth.folder / "framepack-library")
    try:
        (best,) = library.jobs(stars=5)
        nearest = max(clips, key=lambda clip: clip.metrics().end_ssim)
        assert best.clip == nearest.path.name
    finally:
        library.close()


def test_every_cell_ran_without_an_error(made: Made) -> None:
    assert [cell.execution_count for cell in made.cells] == list(range(1, len(made.cells) + 1))
    assert not [output for output in made.outputs if output.output_type == "error"]
    assert not [o.text for o in made.outputs if o.get("name") == "stderr"]


def test_the_clips_play_from_files_and_are_not_in_the_notebook(made: Made) -> None:
    sources = re.findall(r'<video[^>]* src="([^"]+)"', made.page)
    assert len(sources) == PLAYED[made.name]
    for source in sources:
        assert (made.folder / unquote(source)).is_file(), "relative to the page"
    text = made.notebook.read_text(encoding="utf-8")
    assert "data:video" not in text
    posters = re.findall(r"data:image/jpeg;base64,([\w+/=]+)", text)
    assert posters, "what is seen without a kernel"
    assert all(len(poster) * 3 / 4 <= 40_000 for poster in posters)
    assert len(text) < 400_000


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_committed_notebook_holds_no_output(notebook: Path) -> None:
    book = nbformat.read(notebook, as_version=4)
    assert "widgets" not in book.metadata
    for cell in book.cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None


def test_their_pictures_are_small() -> None:
    pictures = sorted((ROOT / "notebooks").glob("images/*.jpg"))
    assert len(pictures) >= 2
    assert all(picture.stat().st_size < 200_000 for picture in pictures)
