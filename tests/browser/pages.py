"""Pages of a browser, and notebooks as files: what the tests' own pages are made of."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
from playwright.sync_api import BrowserContext, Locator, Page

TALL = 1400  # px; so that whole widgets are in view


def photograph(page: Page, shown: Locator, target: Path) -> None:
    """A picture of all of it: the window is made tall enough for a moment."""
    target.parent.mkdir(parents=True, exist_ok=True)
    before = page.viewport_size
    height = shown.evaluate("(element) => Math.max(element.scrollHeight, element.clientHeight)")
    if before is not None and height + 200 > before["height"]:
        page.set_viewport_size({"width": before["width"], "height": int(height) + 300})
    try:
        shown.screenshot(path=target, animations="disabled")
    finally:
        if before is not None:
            page.set_viewport_size(before)


def watch(page: Page, lines: list[str]) -> Callable[[], None]:
    """Note errors and warnings of the page's console, until what this returns is called."""

    def on_console(message: Any) -> None:
        if message.type in ("error", "warning"):
            lines.append(f"{message.type}: {message.text}")

    def on_error(error: Any) -> None:
        lines.append(f"uncaught: {error}")

    def end() -> None:
        page.remove_listener("console", on_console)
        page.remove_listener("pageerror", on_error)

    page.on("console", on_console)
    page.on("pageerror", on_error)
    return end


def write_notebook(path: Path, cells: list[str], kernel: str = "python3") -> Path:
    """An .ipynb of code cells, to be run by the kernel of that name."""
    book = nbformat.v4.new_notebook()
    book.cells = [nbformat.v4.new_code_cell(source) for source in cells]
    book.metadata["kernelspec"] = {
        "name": kernel,
        "display_name": kernel,
        "language": "python",
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(book, path)
    return path


def new_page(context: BrowserContext) -> Page:
    """An empty page of the usual size."""
    page = context.new_page()
    page.set_viewport_size({"width": TALL, "height": TALL})
    page.set_default_timeout(20_000)
    return page
