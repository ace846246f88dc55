"""Widgets in a real browser: JupyterLab, Notebook 7 and Voilà, with real kernels.

    def test_a_click_reaches_the_kernel(notebook, demo):
        nb = notebook(["import framepack_widgets as fp", f"fp.App('{demo.url}')"])
        nb.run_all()
        nb.output(1).get_by_role("button", name="Render").click()
        expect(nb.output(1)).to_contain_text("waiting")  # playwright.sync_api.expect: it waits

Fixtures (servers and browser live as long as the tests of this folder need them):

- `notebook(cells=(), kernel=None, path=None, folder=None, fresh=False)` -> `NotebookPage`: writes
  the cells into an .ipynb below the Lab's root (in `folder`, by default a new one), opens it with a
  fresh kernel, waits until that is idle. `path`: a notebook that lies below `lab.root` already.
  `kernel`: a name from `lab.add_kernel(name, python)`. Closed at the end of the test.
  The page may be a Lab that an earlier test has left as it found it (loaded_labs.py): a test that
  is about loading or reloading says `fresh=True`; `path` is always opened in a fresh page.
  * `nb.page`, `nb.path`, `nb.console` (errors and warnings of the page so far)
  * `nb.run(i, wait=True, fails=False)` -> its output; raises CellFailed with the traceback.
    `nb.run_all()`, `nb.add_cell(source)` -> i, `nb.wait_cell(i)` until it has ended
  * `nb.cell(i)`, `nb.output(i)`: Playwright Locators. Look for results in the output only
  * `nb.evaluate_in_kernel(code)` -> what it prints (no cell needed; waits while a cell runs),
    `nb.kernel_pid()`, `nb.restart_kernel()`, `nb.interrupt()`, `nb.wait_idle()`
  * `nb.save()` -> the saved file, `nb.reload()`, `nb.close()`
  * `nb.theme("dark")`, `nb.resize(400)` (width of the outputs; `of="page"`: of the window),
    `nb.screenshot(name, i=None)` into build/screenshots/ where FRAMEPACK_SCREENSHOTS is set
- `notebook7(cells)` -> the same in Notebook 7. `voila(cells)` -> a Playwright page of the outputs.
- `demo`: a quick built-in Studio that all share (speed 40, LoRAs "camera-orbit" and "anime_v2");
  `demo.url`. `slow_demo`: the same at speed 3; a test that has passed leaves no render in it.
  `demo_server(**options)` starts one of one's own (some seconds), see DemoOptions.
- `lab`: the Server (`lab.root`, `lab.add_kernel`); `browser`: Playwright's context.

The default Library of all notebooks of one run is lab.root/framepack-library: pass library="..."
in a cell (relative to the notebook's own folder) where a test counts what is in it.

Helpers: `from browser.looks import contrast, no_horizontal_scroll, tab_stops` and
`from browser.pixels import shown_code, picture`.

Environment: FRAMEPACK_CHROMIUM, the browser's path. FRAMEPACK_TEST_LAB (URL with token) and
FRAMEPACK_TEST_LAB_ROOT, a Lab that runs already, to be quick while developing. CI or
FRAMEPACK_REQUIRE_BROWSER: a missing browser is a failure, not a skip. Pictures and console lines of
failed tests are in build/browser/.

Playwright's loop runs in this thread: `asyncio.run` does not work in these tests.
"""

from __future__ import annotations

import importlib.util
import os
import re
import secrets
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from browser.chromium import headless, missing, required
from browser.failed_tests import FAILED, pytest_runtest_makereport, remember
from framepack_widgets.demo.options import DemoOptions
from framepack_widgets.demo.process import DemoProcess, start

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

    from browser.loaded_labs import LoadedLabs
    from browser.notebook_page import NotebookPage
    from browser.servers import Server

HERE = Path(__file__).parent
__all__ = ["pytest_runtest_makereport"]  # a hook: found by its name
_TIMEOUT_S = 120

# ---------------------------------------------------------------------- what is missing


if importlib.util.find_spec("playwright") is None and not required():
    collect_ignore_glob = ["test_*.py"]  # they import it; the banner below tells


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.browser)
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(_TIMEOUT_S))


def pytest_runtest_setup(item: pytest.Item) -> None:
    lacks = missing()
    if not lacks:
        return
    message = "NOT TESTED in a browser, missing: " + "; ".join(lacks)
    if required():
        pytest.fail(message, pytrace=False)
    pytest.skip(message)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    lacks = missing()
    if not lacks:
        return
    write = terminalreporter.write_line
    terminalreporter.section("NOT TESTED: the widgets in a browser", sep="!", red=True, bold=True)
    write("None of tests/browser was run: whether clicks, players and forms work is not known.")
    for lack in lacks:
        write(f"  missing: {lack}", red=True, bold=True)


# ---------------------------------------------------------------------- servers and browser


@pytest.fixture(scope="package", autouse=True)
def _compiled_once() -> Iterator[None]:
    """Where Python writes no .pyc, each kernel and Studio would compile all that it imports."""
    if not os.environ.get("PYTHONDONTWRITEBYTECODE"):
        yield
        return
    new_folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
    with new_folder as folder, pytest.MonkeyPatch.context() as patch:
        patch.delenv("PYTHONDONTWRITEBYTECODE")
        patch.setenv("PYTHONPYCACHEPREFIX", folder)
        yield


@pytest.fixture(scope="package")
def lab() -> Iterator[Server]:
    """One JupyterLab for all; Notebook 7 is served by it, too."""
    from browser.servers import existing, start_lab

    address = os.environ.get("FRAMEPACK_TEST_LAB")
    server = existing(address, os.environ["FRAMEPACK_TEST_LAB_ROOT"]) if address else start_lab()
    yield server
    server.stop()


@pytest.fixture(scope="package")
def _voila_server() -> Iterator[Server]:
    from browser.servers import start_voila

    server = start_voila()
    yield server
    server.stop()


@pytest.fixture(scope="package")
def browser() -> Iterator[BrowserContext]:
    """The browser of all tests here."""
    from playwright.sync_api import expect

    expect.set_options(timeout=20_000)  # for a busy machine; it returns as soon as it can
    with headless(permissions=["clipboard-read", "clipboard-write"]) as context:
        yield context


@pytest.fixture(scope="package")
def demo() -> Iterator[DemoProcess]:
    """A quick built-in Studio that the tests of this folder share."""
    with start(DemoOptions(speed=40, loras=("camera-orbit", "anime_v2"))) as running:
        yield running


@pytest.fixture
def demo_server() -> Iterator[Callable[..., DemoProcess]]:
    """Start a built-in Studio of one's own: demo_server(speed=5, fail_every=1, ...)."""
    running: list[DemoProcess] = []

    def start_with(**options: Any) -> DemoProcess:
        running.append(start(DemoOptions(**options)))
        return running[-1]

    yield start_with
    for each in running:
        each.stop()


@pytest.fixture(scope="package")
def _slow_demos() -> Iterator[list[DemoProcess]]:
    running: list[DemoProcess] = []
    yield running
    for each in running:
        each.stop()


@pytest.fixture
def slow_demo(
    _slow_demos: list[DemoProcess], request: pytest.FixtureRequest
) -> Iterator[DemoProcess]:
    """A Studio whose default render takes about 10 s; each test ends what it has asked for."""
    if not _slow_demos:
        _slow_demos.append(start(DemoOptions(speed=3)))
    yield _slow_demos[0]
    if request.node.stash.get(FAILED, False):  # its render would hold up the next test's
        _slow_demos.pop().stop()


# ---------------------------------------------------------------------- notebooks

Opener = Callable[..., "NotebookPage"]


@pytest.fixture(scope="package")
def _loaded_labs() -> LoadedLabs:
    from browser.loaded_labs import LoadedLabs

    return LoadedLabs()


@pytest.fixture
def notebook(
    lab: Server,
    browser: BrowserContext,
    request: pytest.FixtureRequest,
    _loaded_labs: LoadedLabs,
) -> Iterator[Opener]:
    """Open a notebook in JupyterLab; see the top of this file."""
    yield from _opener("lab", lab, browser, request, _loaded_labs)


@pytest.fixture
def notebook7(
    lab: Server, browser: BrowserContext, request: pytest.FixtureRequest
) -> Iterator[Opener]:
    """The same in Notebook 7."""
    yield from _opener("notebook", lab, browser, request, None)


def _opener(
    kind: str,
    server: Server,
    browser: BrowserContext,
    request: pytest.FixtureRequest,
    labs: LoadedLabs | None,
) -> Iterator[Opener]:
    from browser.notebook_page import NotebookPage
    from browser.pages import new_page, write_notebook

    opened: list[NotebookPage] = []

    def open_notebook(
        cells: Sequence[str] = (),
        kernel: str | None = None,
        path: Path | str | None = None,
        folder: Path | str | None = None,
        fresh: bool = False,
    ) -> NotebookPage:
        if path is not None:
            file = server.root / path
        else:
            place = server.root / (folder or f"{_slug(request)}-{secrets.token_hex(3)}")
            file = write_notebook(
                place / f"{secrets.token_hex(3)}.ipynb", list(cells), kernel or "python3"
            )
        loaded = labs.take() if labs and path is None and not fresh else None
        made = NotebookPage(loaded or new_page(browser), server, file, kind, loaded is not None)
        opened.append(made)
        remember(request, made.page, made.console, server.log)
        made.open()
        if loaded is None:
            made.usual()  # a test that chose dark has failed, or was the last one
        if labs and loaded is None:
            labs.note(made.page)
        return made

    yield open_notebook
    for each in opened:
        if labs is None or request.node.stash.get(FAILED, False):
            each.close()
        else:
            labs.leave(each)


@pytest.fixture
def voila(
    _voila_server: Server, browser: BrowserContext, request: pytest.FixtureRequest
) -> Iterator[Callable[[Sequence[str]], Page]]:
    """Show cells through Voilà; the page, once its first output is there."""
    from browser.pages import new_page, watch, write_notebook

    pages: list[Page] = []

    def show(cells: Sequence[str]) -> Page:
        name = f"{secrets.token_hex(4)}.ipynb"
        write_notebook(_voila_server.root / name, list(cells))
        page, lines = new_page(browser), []
        pages.append(page)
        watch(page, lines)
        remember(request, page, lines, _voila_server.log)
        page.goto(_voila_server.address(f"voila/render/{name}"), timeout=60_000)
        page.locator(".jp-OutputArea-output").first.wait_for(state="attached", timeout=60_000)
        return page

    yield show
    for page in pages:
        page.close()


def _slug(request: pytest.FixtureRequest) -> str:
    return re.sub(r"\W+", "-", request.node.name)[:60].strip("-")
