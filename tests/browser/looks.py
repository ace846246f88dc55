"""What a page looks like, measured: contrast, sideways scrolling, the way of the Tab key."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page

LEAST_CONTRAST = 4.5  # WCAG 2 AA for texts of any size
_SCRIPT = Path(__file__).with_name("looks.js").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Weak:
    """A text that is hard to read."""

    text: str
    ratio: float
    """Contrast between text and ground, 1 to 21."""
    colours: str
    element: str


@dataclass(frozen=True)
class Stop:
    """An element that the Tab key reached."""

    element: str
    """Tag, classes and what it is called."""
    name: str
    """Its label, text, title or placeholder; "" where it has none."""
    drawn: bool
    """Whether one sees that it has the focus."""


def contrast(page: Page, selector: str | Locator, least: float = LEAST_CONTRAST) -> list[Weak]:
    """Visible texts, values and placeholders below it with a contrast under `least`.

    Alpha, opacity and the grounds of all ancestors count; disabled controls and pictures behind
    texts do not. Fails where there is no text at all.
    """
    root = page.locator(selector) if isinstance(selector, str) else selector
    texts = _call(root.first, "texts")
    assert texts, f"no visible text below {selector}"
    return [Weak(**text) for text in texts if text["ratio"] < least]


def no_horizontal_scroll(root: Locator, allow: str = "") -> None:
    """Fails where it, a part of it or a box around it scrolls sideways or sticks out.

    allow: a CSS selector of parts that may (a strip of pictures), with what is in them.
    """
    found = _call(root.first, "wide", allow)
    assert not found, "wider than its place:\n" + "\n".join(found)


def tab_stops(page: Page, root: Locator, most: int = 300) -> list[Stop]:
    """Press Tab from the root's beginning until the focus leaves it; where it went.

    Each element counts once, also where Tab stops several times in it (a video's own controls).
    """
    _call(root.first, "beginTabs")
    stops: list[Stop] = []
    for _ in range(most):
        page.keyboard.press("Tab")
        step = _call(root.first, "tabbed")
        if step is None:
            return stops
        if step:
            stops.append(Stop(**step))
    raise AssertionError(f"Tab does not leave the widget; last: {stops[-3:]}")


def unreached(root: Locator) -> list[str]:
    """Visible, enabled controls that the last `tab_stops` of this root did not reach.

    Of a group of radio buttons one is enough: the arrow keys reach the others.
    """
    found: list[str] = _call(root.first, "unreached")
    return found


def _call(root: Locator, function: str, *arguments: Any) -> Any:
    body = f"(root, given) => {{ {_SCRIPT}; return {function}(root, ...given); }}"
    return root.evaluate(body, list(arguments))
