"""Every key that a widget answers to, in one table: the page, the help text and a test read it.

The page gets it as the constant `KEYS`, {widget: {action: [key, ...]}}; a key is the browser's
`event.key`, with "Shift+" in front where it is held.
"""

from __future__ import annotations

from typing import NamedTuple


class Key(NamedTuple):
    """One action that keys start in one widget."""

    widget: str
    """Stem of the widget's file in `static/`."""
    action: str
    keys: tuple[str, ...]
    does: str
    """For the help text."""


KEYS: tuple[Key, ...] = (
    Key("player", "play", (" ", "k"), "play or pause"),
    Key("player", "back", (",",), "one frame back"),
    Key("player", "forward", (".",), "one frame forward"),
    Key("player", "start", ("Home",), "to the first frame"),
    Key("player", "end", ("End",), "to the last frame"),
    Key("player", "slower", ("[",), "slower"),
    Key("player", "faster", ("]",), "faster"),
    Key("player", "loop", ("l",), "repeat or play once"),
)


def of_widget(widget: str) -> dict[str, list[str]]:
    """{action: keys} of one widget."""
    return {key.action: list(key.keys) for key in KEYS if key.widget == widget}
