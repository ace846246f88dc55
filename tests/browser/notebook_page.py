"""A notebook that is open in a browser page, with a kernel of its own."""

from __future__ import annotations

import json
import os
import re
import secrets
import time
from pathlib import Path
from urllib.parse import quote

import nbformat
from playwright.sync_api import Locator, Page

from browser.pages import TALL, photograph, watch
from browser.servers import Server

BUILD = Path(__file__).resolve().parent.parent.parent / "build"
OPEN_MS = 60_000
RUN_MS = 60_000
_PANEL = "window.jupyterapp.shell.currentWidget"
_KERNEL = f"{_PANEL}.sessionContext.session.kernel"
_IDLE = (
    f"() => window.jupyterapp && {_PANEL}?.sessionContext?.session?.kernel?.status === 'idle'"
    f" && {_KERNEL}.connectionStatus === 'connected'"
)
_ASK = """async ([code]) => {
  const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
  const future = kernel.requestExecute({ code, store_history: false, allow_stdin: false });
  let text = "", error = "";
  future.onIOPub = (message) => {
    const { content, header } = message;
    if (header.msg_type === "stream" && content.name === "stdout") text += content.text;
    if (header.msg_type === "error") error = content.traceback.join("\\n");
  };
  await future.done;
  return { text, error };
}"""
_RUN = """([index, key]) => {
  const { shell, commands } = window.jupyterapp;
  const notebook = shell.currentWidget.content;
  notebook.deselectAll();
  notebook.activeCellIndex = index;
  const runs = (window.framepackRuns ??= {});
  runs[key] = "running";
  commands.execute("notebook:run-cell").finally(() => { runs[key] = "over"; });
}"""
_OPEN = """async ([path, kernel]) => {
  const { commands, shell, serviceManager } = window.jupyterapp;
  const specs = serviceManager.kernelspecs;
  if (!(kernel in specs.specs.kernelspecs)) await specs.refreshSpecs(); // added since Lab asked
  const panel = await commands.execute("docmanager:open", { path, factory: "Notebook" });
  shell.activateById(panel.id);
  await panel.context.ready;
  await panel.revealed;
}"""
_LIGHT = 'body[data-jp-theme-light="true"]'
_PAINTED = "() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))"
_WIDTH = "() => document.querySelector('.jp-Notebook .jp-Cell-outputArea')?.clientWidth ?? 0"


# Notebook 7.6 alone, with no widget of ours.
_NOT_OURS = ("reading 'schema'", "Command 'filebrowser:open-path' not registered")

# The file browser looks again every few seconds, and opens a dialog where a test's folder is gone.
_NO_FILES = """async () => {
  const { commands, shell } = window.jupyterapp;
  await commands.execute("filebrowser:go-to-path", { path: "/", dontShowBrowser: true });
  shell.collapseLeft();
}"""


class CellFailed(AssertionError):
    """A cell ended with an error."""


class NotebookPage:
    """A notebook in JupyterLab or Notebook 7; `page` is Playwright's own. Cells count from 0."""

    def __init__(
        self, page: Page, server: Server, path: Path, kind: str = "lab", is_loaded: bool = False
    ) -> None:
        self.page = page
        self.server = server
        self.path = path
        """The .ipynb on disk."""
        self.console: list[str] = []
        """Errors and warnings of the page's console, and uncaught exceptions."""
        self._restarts: list[tuple[int, int]] = []  # lines of the console during a restart
        self._kind = kind
        self._is_loaded = is_loaded  # a Lab in which another notebook was before
        self.end_watch = watch(page, self.console)
        """No more lines for `console`; for a page that is left."""

    # ------------------------------------------------------------------ opening

    def open(self) -> NotebookPage:
        """Open it and wait until its kernel is idle; the page is loaded where it is new."""
        if self._is_loaded:
            path = self.path.relative_to(self.server.root).as_posix()
            kernel = nbformat.read(self.path, 4).metadata["kernelspec"]["name"]
            self.page.evaluate(_OPEN, [path, kernel])
            self.wait_idle()
            return self
        place = quote(self.path.relative_to(self.server.root).as_posix())
        workspace = f"lab/workspaces/{secrets.token_hex(6)}/tree/{place}"
        self.page.goto(
            self.server.address(workspace if self._kind == "lab" else f"notebooks/{place}")
        )
        self.wait_idle()
        if self._kind == "lab":
            self.page.evaluate(_NO_FILES)
        return self

    def wait_idle(self, timeout_ms: float = OPEN_MS) -> None:
        """Until the kernel is connected and has nothing to do."""
        self.page.wait_for_function(_IDLE, timeout=timeout_ms)

    def uncaught(self) -> list[str]:
        """Exceptions that no code in the page has caught, but for the front ends' own.

        While a kernel restarts, a view of the old one may still want to tell it something.
        """
        ours = (
            line
            for number, line in enumerate(self.console)
            if line.startswith("uncaught")
            and not (
                "Cannot send" in line
                and any(begin <= number < end for begin, end in self._restarts)
            )
        )
        return [line for line in ours if not any(known in line for known in _NOT_OURS)]

    def reload(self) -> None:
        """Load the page again; the kernel goes on. Only in a page of its own (`fresh=True`)."""
        if self._is_loaded:
            raise RuntimeError("this Lab had other notebooks before: notebook(..., fresh=True)")
        self.page.reload()
        self.wait_idle()

    def close(self) -> None:
        """Close the page and end its kernel, also where the page no longer answers."""
        if not self.page.is_closed():
            self.page.close(run_before_unload=False)
        self.server.end_kernel(self.path)

    def usual(self) -> None:
        """Light, of the usual size, with motion: as a page is when it is new."""
        self.page.emulate_media(reduced_motion="no-preference")
        self.page.set_viewport_size({"width": TALL, "height": TALL})
        if not self.page.locator(_LIGHT).count():
            self.theme("light")

    # ------------------------------------------------------------------ cells

    def cell(self, index: int) -> Locator:
        """The whole cell, source included."""
        return self.page.locator(".jp-Notebook .jp-Cell").nth(index)

    def output(self, index: int) -> Locator:
        """The cell's output area: widgets, texts, errors."""
        return self.cell(index).locator(".jp-Cell-outputArea")

    def run(self, index: int, wait: bool = True, fails: bool = False) -> Locator:
        """Run one cell; its output area.

        wait: until its prompt shows [n]. Then CellFailed is raised where the cell ended with an
        error, or, with `fails`, where it did not.
        """
        key = secrets.token_hex(4)
        self.page.evaluate(_RUN, [index, key])
        if wait:
            self.page.wait_for_function(
                "key => window.framepackRuns[key] === 'over'", arg=key, timeout=RUN_MS
            )
            self.wait_cell(index)
            self._check(index, fails)
        return self.output(index)

    def wait_cell(self, index: int, timeout_ms: float = RUN_MS) -> None:
        """Until the cell's prompt shows [n]: it has ended."""
        prompt = self.cell(index).locator(".jp-InputPrompt")
        prompt.filter(has_text=re.compile(r"\[\d+\]")).wait_for(timeout=timeout_ms)

    def run_all(self) -> None:
        """Run all code cells, one after the other, as a reader would."""
        cells = self.page.locator(".jp-Notebook .jp-Cell")
        for index in range(cells.count()):
            if "jp-CodeCell" in (cells.nth(index).get_attribute("class") or ""):
                self.run(index)

    def add_cell(self, source: str) -> int:
        """Append a code cell; its index."""
        index: int = self.page.evaluate(
            """([source]) => {
              const model = window.jupyterapp.shell.currentWidget.content.model.sharedModel;
              model.addCell({ cell_type: "code", source, metadata: {} });
              return model.cells.length - 1;
            }""",
            [source],
        )
        self.cell(index).wait_for(state="attached")
        return index

    def _check(self, index: int, fails: bool) -> None:
        errors: list[str] = self.page.evaluate(
            """index => [...window.jupyterapp.shell.currentWidget.content.widgets[index]
              .model.sharedModel.outputs].filter((output) => output.output_type === "error")
              .map((output) => output.traceback.join("\\n"))""",
            index,
        )
        if errors and not fails:
            raise CellFailed(f"cell {index}:\n{_plain(errors[0])}")
        if fails and not errors:
            raise CellFailed(f"cell {index} ended without an error")

    # ------------------------------------------------------------------ kernel

    def evaluate_in_kernel(self, code: str) -> str:
        """What this code prints in the notebook's kernel, stripped; no cell is needed.

        Waits while a cell runs. Raises CellFailed with the traceback.
        """
        answer: dict[str, str] = self.page.evaluate(_ASK, [code])
        if answer["error"]:
            raise CellFailed(_plain(answer["error"]))
        return answer["text"].strip()

    def expect_in_kernel(self, code: str, text: str) -> None:
        """Wait until this code prints that: what a click does may be done in another thread."""
        end = time.monotonic() + RUN_MS / 1000
        while (printed := self.evaluate_in_kernel(code)) != text:
            assert time.monotonic() < end, f"{printed!r} instead of {text!r}"
            self.page.wait_for_timeout(50)

    def kernel_pid(self) -> int:
        """The process id of the kernel; ask before a cell blocks it."""
        return int(self.evaluate_in_kernel("import os; print(os.getpid())"))

    def restart_kernel(self) -> None:
        """Restart it and wait until it is idle. Outputs stay, widgets in them are dead."""
        begin = len(self.console)
        self.page.evaluate(f"() => {_PANEL}.sessionContext.restartKernel()")
        self.wait_idle()
        self._restarts.append((begin, len(self.console)))

    def interrupt(self) -> None:
        """As the stop button does; returns at once."""
        self.page.evaluate(f"() => {_KERNEL}.interrupt()")

    # ------------------------------------------------------------------ file and looks

    def save(self) -> Path:
        """Save the notebook with its widgets' state; the file."""
        self.page.evaluate(f"() => {_PANEL}.context.save()")
        return self.path

    def theme(self, name: str) -> None:
        """Switch to "light" or "dark"; the next notebook starts light again."""
        title = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}[name]
        self.page.evaluate(
            "theme => window.jupyterapp.commands.execute('apputils:change-theme', { theme })", title
        )
        light = json.dumps(name == "light")
        body = self.page.locator(f'body[data-jp-theme-light="{light}"]')
        body.wait_for(state="attached")

    def resize(self, width: int, of: str = "output") -> None:
        """Make the outputs `width` px wide; with of="page", the browser's window."""
        wanted = width
        for _ in range(5):
            self.page.set_viewport_size({"width": max(wanted, 200), "height": TALL})
            if of == "page":
                return
            self.page.evaluate(_PAINTED)
            now = self.page.evaluate(_WIDTH)
            if now == width:
                return
            wanted += width - now
        raise AssertionError(f"outputs are {now} px wide, not {width}")

    def screenshot(self, name: str, index: int | None = None) -> Path | None:
        """The full output of a cell (None: of all of them) as build/screenshots/<name>.png.

        Only where FRAMEPACK_SCREENSHOTS is set; else nothing happens and None comes back.
        """
        if not os.environ.get("FRAMEPACK_SCREENSHOTS"):
            return None
        target = BUILD / "screenshots" / f"{name}.png"
        shown = self.page.locator(".jp-Notebook") if index is None else self.output(index)
        photograph(self.page, shown, target)
        return target


def _plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)
