"""Run a notebook with a real kernel and leave what it made: `make demo`.

    python tools/run_notebook.py [notebook] [folder]

The notebook and its images are copied to the folder (default build/demo) and run there, so that the
library, the clip, the executed notebook and its HTML page lie side by side and play from there.
"""

import html
import shutil
import sys
import time
from pathlib import Path
from urllib.parse import quote

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError
from nbconvert import HTMLExporter

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOK = ROOT / "notebooks" / "01_first_clip.ipynb"
TIMEOUT_S = 180  # for one cell; a render takes about ten seconds


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
        # Widgets leave a picture and facts for a notebook without a kernel; their state, every
        # widget's code included, would make it big and say nothing more.
        store_widget_state=False,
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
    write_page(book, (folder / notebook.name).with_suffix(".html"))
    return failure


def clips_in(folder):
    """What the notebook saved beside itself; where it saved nothing, what is in the library."""
    return sorted(folder.glob("*.mp4")) or sorted(folder.glob("framepack-library/clips/*.mp4"))


def write_page(book, target):
    """The executed notebook as a page, with its clips below: no kernel is there to play them."""
    page, _ = HTMLExporter().from_notebook_node(book)
    players = "".join(
        f'<figure><video controls loop preload="metadata" width="480" src="{quote(source)}">'
        f"</video><figcaption>{html.escape(source)}</figcaption></figure>"
        for source in (
            clip.relative_to(target.parent).as_posix() for clip in clips_in(target.parent)
        )
    )
    before, end, after = page.rpartition("</main>")
    target.write_text(f"{before}{players}{end}{after}", encoding="utf-8")


def main():
    notebook = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else NOTEBOOK
    folder = Path(sys.argv[2]).resolve() if len(sys.argv) > 2 else ROOT / "build" / "demo"
    print(f"Running {notebook.name}: a real kernel, the built-in Studio ...", flush=True)
    started = time.monotonic()
    prepare(notebook, folder)
    failure = execute(notebook, folder)
    page = (folder / notebook.name).with_suffix(".html")
    if failure is not None:
        print(
            f"{failure}\n\nA cell failed; the notebook as far as it came: {page}", file=sys.stderr
        )
        return 1
    clips = clips_in(folder)
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
