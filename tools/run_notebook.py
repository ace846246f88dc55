"""Run a notebook with a real kernel and leave what it made: `make demo`.

    python tools/run_notebook.py [notebook] [folder]

The notebook and its images are copied to the folder (default build/demo) and run there, so that the
library, the clip, the executed notebook and its HTML page lie side by side and play from there.
"""

import shutil
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError
from nbconvert import HTMLExporter

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOK = ROOT / "notebooks" / "01_first_clip.ipynb"
TIMEOUT_S = 180  # for one cell; the render itself takes about ten seconds


def prepare(notebook, folder):
    """An empty folder with the notebook's images in it."""
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    shutil.copytree(notebook.parent / "images", folder / "images")


def execute(notebook, folder):
    """The executed notebook, written even if a cell fails. Returns the first error or None."""
    book = nbformat.read(notebook, as_version=4)
    client = NotebookClient(
        book,
        timeout=TIMEOUT_S,
        coalesce_streams=True,
        kernel_name="python3",
        extra_arguments=["--IPKernelApp.log_level=40"],
        resources={"metadata": {"path": str(folder)}},
    )
    failure = None
    try:
        client.execute()
    except (CellExecutionError, CellTimeoutError) as error:
        failure = error
    nbformat.write(book, folder / notebook.name)
    page, _ = HTMLExporter().from_notebook_node(book)
    (folder / notebook.name).with_suffix(".html").write_text(page, encoding="utf-8")
    return failure


def main():
    notebook = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else NOTEBOOK
    folder = Path(sys.argv[2]).resolve() if len(sys.argv) > 2 else ROOT / "build" / "demo"
    print(
        f"Running {notebook.name}: a real kernel, the built-in Studio, one render ...", flush=True
    )
    started = time.monotonic()
    prepare(notebook, folder)
    failure = execute(notebook, folder)
    page = (folder / notebook.name).with_suffix(".html")
    if failure is not None:
        print(
            f"{failure}\n\nA cell failed; the notebook as far as it came: {page}", file=sys.stderr
        )
        return 1
    clips = sorted(folder.glob("*.mp4"))
    if not clips:
        print(f"The notebook ran but left no clip in {folder}.", file=sys.stderr)
        return 1
    print(f"Done in {time.monotonic() - started:.0f} s:")
    for label, path in (
        ("notebook", folder / notebook.name),
        ("page", page),
        *(("clip", clip) for clip in clips),
    ):
        print(f"  {label:9} {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
