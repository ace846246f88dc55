"""Writing labels with Pillow, whatever language they are in.

The font that comes with Pillow has ASCII and little more. Other characters are taken from fonts of
the system or from matplotlib's, where there are any; what no font has is written as Python would
escape it, so that two different labels never look alike.
"""

from __future__ import annotations

import unicodedata
from functools import cache, cached_property
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

ELLIPSIS = "…"
_MOST = 400  # characters of a label that are looked at; no label has room for more
_PLAINER = {"–": "-", "—": "-", "−": "-", "×": "x", "•": "*"}  # where no font has them
_NOWHERE = "\U0010fffd"  # a character for private use, which no font has
# With many characters, on Linux, Windows and macOS.
SYSTEM_FONTS = (
    "DejaVuSans.ttf",
    "NotoSans-Regular.ttf",
    "NotoSansCJK-Regular.ttc",
    "wqy-zenhei.ttc",
    "segoeui.ttf",
    "msyh.ttc",
    "YuGothM.ttc",
    "malgun.ttf",
    "seguisym.ttf",
    "Arial Unicode.ttf",
    "Hiragino Sans GB.ttc",
)


class Lettering:
    """Text of one height, px."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._homes: dict[str, Any] = {}

    @property
    def line_height(self) -> int:
        """From one line to the next, px."""
        return round(self.size * 1.3)

    def width(self, text: str) -> float:
        """Of one line, px."""
        return float(sum(font.getlength(run) for font, run in self._runs(self.visible(text))))

    def visible(self, text: str) -> str:
        """One line that can be drawn: other spaces as spaces, characters without font escaped."""
        return "".join(map(self._shown, " ".join(text[:_MOST].split())))

    def lines(self, text: str, width: float, most: int = 1) -> list[str]:
        """The text in lines of that width, px; what has no room ends in "…"."""
        rest = self.visible(text)
        lines: list[str] = []
        while rest:
            if self.width(rest) <= width:
                return [*lines, rest]
            fits = self._fitting(rest, width)
            if len(lines) == most - 1:
                return [*lines, self._shortened(rest, width)]
            end = rest.rfind(" ", 1, fits + 1)
            end = end if end > 0 else fits
            lines.append(rest[:end])
            rest = rest[end:].lstrip()
        return lines

    def draw(self, draw: ImageDraw, at: tuple[float, float], line: str, colour: Any) -> None:
        """Write a line; at: its left end, and its middle between top and bottom."""
        x, y = at
        for font, run in self._runs(self.visible(line)):
            draw.text((x, y + self.size * 0.36), run, font=font, fill=colour, anchor="ls")
            x += font.getlength(run)

    def _shown(self, character: str) -> str:
        if self._home(character) is not None:
            return character
        return _PLAINER.get(character, ascii(character)[1:-1])

    def _fitting(self, text: str, width: float) -> int:
        """How many characters fit; one at least."""
        few, many = 1, len(text)
        while few < many:
            middle = (few + many + 1) // 2
            if self.width(text[:middle]) <= width:
                few = middle
            else:
                many = middle - 1
        return few

    def _shortened(self, text: str, width: float) -> str:
        room = width - self.width(ELLIPSIS)
        return text[: self._fitting(text, room)].rstrip() + ELLIPSIS

    def _runs(self, text: str) -> list[tuple[Any, str]]:
        """The text in pieces of one font each."""
        pieces = [(font, "".join(run)) for font, run in groupby(text, key=self._home)]
        return [(font or self._plain, run) for font, run in pieces]

    def _home(self, character: str) -> Any:
        """The first font that has it; None for none."""
        if character not in self._homes:
            self._homes[character] = self._search(character)
        return self._homes[character]

    def _search(self, character: str) -> Any:
        if character == " " or _has(self._plain, character):
            return self._plain
        if unicodedata.category(character) in ("Cc", "Cn", "Co", "Cs"):
            return None
        return next((font for font in self._others if _has(font, character)), None)

    @cached_property
    def _plain(self) -> Any:
        import PIL.ImageFont

        return PIL.ImageFont.load_default(self.size)

    @cached_property
    def _others(self) -> list[Any]:
        names = [*SYSTEM_FONTS, *_fonts_of_matplotlib()]
        return [font for name in names if (font := _system_font(name, self.size))]


def _has(font: Any, character: str) -> bool:
    """Whether the font draws something of its own for this character."""
    try:
        mask = font.getmask(character)
    except (UnicodeError, OSError):
        return False
    return bytes(mask) != _missing(font) and (mask.size[0] > 0 or character.isspace())


@cache
def _missing(font: Any) -> bytes:
    """What the font draws for a character that it lacks."""
    return bytes(font.getmask(_NOWHERE))


@cache
def _fonts_of_matplotlib() -> list[str]:
    """Its DejaVu, where it is installed; it is not loaded for that."""
    found = find_spec("matplotlib")
    if found is None or found.origin is None:
        return []
    return [str(Path(found.origin).parent / "mpl-data" / "fonts" / "ttf" / "DejaVuSans.ttf")]


@cache
def _system_font(name: str, size: int) -> Any:
    import PIL.ImageFont

    try:
        return PIL.ImageFont.truetype(name, size)
    except OSError:  # not installed here
        return None
