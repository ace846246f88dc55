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


def _stars(widget: str, what: str) -> list[Key]:
    given = [f"give {what} {n} of 5 stars" for n in range(6)]
    given[0] = f"take the stars of {what} away"
    return [Key(widget, f"stars_{n}", (str(n),), does) for n, does in enumerate(given)]


KEYS: tuple[Key, ...] = (
    Key("player", "play", (" ", "k"), "play or pause"),
    Key("player", "back", (",",), "one frame back"),
    Key("player", "forward", (".",), "one frame forward"),
    Key("player", "start", ("Home",), "to the first frame"),
    Key("player", "end", ("End",), "to the last frame"),
    Key("player", "slower", ("[",), "slower"),
    Key("player", "faster", ("]",), "faster"),
    Key("player", "loop", ("l",), "repeat or play once"),
    Key("player", "save", ("s",), "save the clip with the browser"),
    Key("player", "use", ("u",), "use the frame that is shown as start frame"),
    Key("compare", "play", (" ", "k"), "play or pause"),
    Key("compare", "back", (",",), "one frame back"),
    Key("compare", "forward", (".",), "one frame forward"),
    Key("compare", "start", ("Home",), "to the first frame"),
    Key("compare", "end", ("End",), "to the last frame"),
    Key("compare", "slower", ("[",), "slower"),
    Key("compare", "faster", ("]",), "faster"),
    Key("compare", "loop", ("l",), "repeat or play once"),
    Key("compare", "next", ("ArrowRight",), "to the next clip"),
    Key("compare", "previous", ("ArrowLeft",), "to the clip before"),
    Key("compare", "as_a", ("a",), "compare the clip as A"),
    Key("compare", "as_b", ("b",), "compare the clip as B"),
    Key("compare", "swap", ("x",), "swap A and B"),
    Key("compare", "tiles", ("t",), "all clips beside each other"),
    Key("compare", "side", ("e",), "A and B beside each other"),
    Key("compare", "wipe", ("w",), "A on the left of a line, B on its right"),
    Key("compare", "flicker", ("f",), "A and B in turn"),
    Key("compare", "difference", ("d",), "what differs between A and B"),
    Key("compare", "more", ("+", "="), "more gain, the wipe's line to the right, quicker flicker"),
    Key("compare", "less", ("-",), "less gain, the wipe's line to the left, slower flicker"),
    Key("compare", "note", ("n",), "write a note about the clip"),
    Key("compare", "settings", ("s",), "use the clip's settings"),
    Key("compare", "alike", ("m",), "render more like the clip"),
    *_stars("compare", "the clip"),
    Key("drop_zone", "open", ("Enter", " "), "choose a file of this computer"),
    Key("drop_zone", "remove", ("Delete",), "choose no picture"),
    Key("tab_strip", "next", ("ArrowRight",), "next tab"),
    Key("tab_strip", "previous", ("ArrowLeft",), "previous tab"),
    Key("tab_strip", "first", ("Home",), "first tab"),
    Key("tab_strip", "last", ("End",), "last tab"),
    Key("clip_grid", "right", ("ArrowRight",), "to the next clip"),
    Key("clip_grid", "left", ("ArrowLeft",), "to the clip before"),
    Key("clip_grid", "down", ("ArrowDown",), "to the clip below"),
    Key("clip_grid", "up", ("ArrowUp",), "to the clip above"),
    Key("clip_grid", "extend_right", ("Shift+ArrowRight",), "select the next clip, too"),
    Key("clip_grid", "extend_left", ("Shift+ArrowLeft",), "select the clip before, too"),
    Key("clip_grid", "first", ("Home",), "to the first clip of the page"),
    Key("clip_grid", "last", ("End",), "to the last clip of the page"),
    Key("clip_grid", "open", ("Enter",), "show and play the clip"),
    Key("clip_grid", "toggle", (" ",), "select the clip, or not"),
    Key("clip_grid", "all", ("a",), "select the whole page"),
    Key("clip_grid", "none", ("Escape",), "select nothing"),
    Key("clip_grid", "compare", ("c",), "compare the selected clips"),
    Key("clip_grid", "trash", ("Delete",), "ask to move the selected clips to the trash"),
    *_stars("clip_grid", "the selected clips"),
    Key("sweep_tiles", "right", ("ArrowRight",), "to the next point"),
    Key("sweep_tiles", "left", ("ArrowLeft",), "to the point before"),
    Key("sweep_tiles", "down", ("ArrowDown",), "to the point below"),
    Key("sweep_tiles", "up", ("ArrowUp",), "to the point above"),
    Key("sweep_tiles", "first", ("Home",), "to the first point of the page"),
    Key("sweep_tiles", "last", ("End",), "to the last point of the page"),
    Key("sweep_tiles", "open", ("Enter",), "show the clip of the point in a player"),
    Key("sweep_tiles", "toggle", (" ",), "select the point, or not"),
    Key("sweep_tiles", "all", ("a",), "select the whole page"),
    Key("sweep_tiles", "none", ("Escape",), "select nothing"),
    *_stars("sweep_tiles", "the selected points"),
    *_stars("clip_card", "the clip"),
    Key("clip_card", "more", ("ArrowRight", "ArrowUp"), "one star more, on the stars"),
    Key("clip_card", "fewer", ("ArrowLeft", "ArrowDown"), "one star fewer, on the stars"),
)


def of_widget(widget: str) -> dict[str, list[str]]:
    """{action: keys} of one widget."""
    return {key.action: list(key.keys) for key in KEYS if key.widget == widget}
