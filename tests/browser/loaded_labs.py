"""JupyterLabs that are loaded already: one test leaves its page, the next one opens in it.

Loading Lab takes longer than most tests. A page is handed on only when it is as it was: nothing of
the notebook is left, no function of the page was replaced, no dialog is open, it was not loaded
again, and its test has passed. Else it is closed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from playwright.sync_api import Error, Page

if TYPE_CHECKING:
    from browser.notebook_page import NotebookPage

USES = 15  # notebooks of one page; then it may have grown
_GONE_MS = 3_000

# A page that is loaded again has no note.
_NOTE = """() => {
  const functions = (owner) => Object.entries(Object.getOwnPropertyDescriptors(owner))
    .filter(([, { value }]) => typeof value === "function")
    .map(([name, { value }]) => [name, value]);
  window.framepackNote = [window, URL].map((owner) => [owner, functions(owner)]);
}"""
_CLOSE = """() => {
  for (const widget of [...window.jupyterapp.shell.widgets("main")]) {
    if (widget.context) widget.context.model.dirty = false;
    widget.dispose();
  }
  document.activeElement?.blur();
  for (const key of Object.keys(localStorage)) {
    if (/framepack|fpw/.test(key)) localStorage.removeItem(key);
  }
  for (const key of Object.keys(window)) {
    if (key.startsWith("framepack") && key !== "framepackNote") delete window[key];
  }
}"""
_UNTOUCHED = """() => {
  const shadowed = (it) => Object.keys(it).some((key) => key in Object.getPrototypeOf(it));
  return Boolean(window.framepackNote)
    && window.framepackNote.every(([owner, functions]) =>
      functions.every(([name, value]) => owner[name] === value))
    && !shadowed(document) && !shadowed(navigator.clipboard)
    && Boolean(document.getElementById("jupyter-config-data"));
}"""
_EMPTY = """() => !/^\\W*\\(\\d+\\)/.test(document.title)
  && !document.querySelector(".jp-Notebook, .jp-Dialog, .fpw, .Toastify__toast")"""


@dataclass
class LoadedLabs:
    """The pages that wait for their next notebook."""

    _free: list[tuple[Page, int]] = field(default_factory=list)
    _uses: dict[Page, int] = field(default_factory=dict)

    def take(self) -> Page | None:
        """A page that a test has left; None where a new one has to be loaded."""
        if not self._free:
            return None
        page, uses = self._free.pop()
        self._uses[page] = uses
        return page

    def note(self, page: Page) -> None:
        """Remember what a page of a Lab is like that was loaded just now."""
        page.evaluate(_NOTE)
        self._uses[page] = 0

    def leave(self, nb: NotebookPage) -> None:
        """End the notebook's kernel; keep its page for the next one, or close it."""
        uses = self._uses.pop(nb.page, USES) + 1
        if uses < USES and not nb.page.is_closed() and _is_as_it_was(nb):
            nb.end_watch()
            nb.server.end_kernel(nb.path)
            self._free.append((nb.page, uses))
        else:
            nb.close()


def is_untouched(page: Page) -> bool:
    """Whether it was not loaded again and no test has replaced a function of it."""
    return bool(page.evaluate(_UNTOUCHED))


def _is_as_it_was(nb: NotebookPage) -> bool:
    page = nb.page
    try:
        if not is_untouched(page):
            return False
        page.evaluate(_CLOSE)
        nb.usual()
        page.wait_for_function(_EMPTY, timeout=_GONE_MS)
    except Error:  # also a page that no longer answers
        return False
    return True
