"""What is written on a grid's sheet: where, how much of it, and in any language."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framepack_widgets.video import lettering
from framepack_widgets.video.background import Headers, draw_background
from framepack_widgets.video.layout import MOST, Layout, arrange
from framepack_widgets.video.lettering import ELLIPSIS, Lettering

GROUND = 40  # levels; what is lighter is written


@pytest.fixture
def no_system_fonts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lettering, "SYSTEM_FONTS", ())
    monkeypatch.setattr(lettering, "_fonts_of_matplotlib", list)


def sheet(headers: Headers, rows: int = 2, columns: int = 3, tile=(160, 120), empty=None):
    layout = arrange(rows, columns, tile, 8, headers.room)
    drawn = draw_background(layout, headers, empty or {})
    assert drawn.size == (layout.width, layout.height)
    return layout, np.asarray(drawn.convert("L")).astype(int)


def is_written(picture: np.ndarray, x: int, y: int, width: int, height: int) -> bool:
    return bool((picture[y : y + height, x : x + width] > 150).any())


def test_headers_stand_beside_their_tiles() -> None:
    headers = Headers(["one", "", "three"], ["a", "b"], "a title")
    layout, picture = sheet(headers)
    width, height = layout.tile
    for column, text in enumerate(headers.columns):
        x = layout.corner(0, column)[0]
        place = (x, layout.title_height, width, layout.header_height)
        assert is_written(picture, *place) == bool(text)
    for row in range(2):
        assert is_written(picture, 0, layout.corner(row, 0)[1], layout.header_width, height)
        for column in range(3):
            assert not is_written(picture, *layout.corner(row, column), width, height)
    assert is_written(picture, 0, 0, layout.width, layout.title_height)


def test_without_headers_there_is_no_room_for_them() -> None:
    layout, picture = sheet(Headers(["", ""], [], "  "))
    assert (layout.title_height, layout.header_height, layout.header_width) == (0, 0, 0)
    assert picture.max() < GROUND


def test_long_labels_stay_in_their_place() -> None:
    long = "a very long label that goes on and on, " * 30
    layout, picture = sheet(Headers([long] * 3, [long, "b"], long), empty={(1, 1): long})
    assert layout.header_width <= layout.tile[0]
    assert layout.header_height < layout.tile[1] / 2
    for column in range(4):
        gap = layout.header_width + column * (layout.tile[0] + layout.gap)
        assert not is_written(picture, gap, layout.title_height, layout.gap, layout.height)
    row = layout.corner(1, 0)[1] - layout.gap
    assert not is_written(picture, 0, row, layout.width, layout.gap), "between the rows"
    x, y = layout.corner(1, 1)
    assert is_written(picture, x, y, *layout.tile)


def test_lines() -> None:
    text = Lettering(20)
    assert text.lines("", 100) == []
    assert text.lines("short", 100) == ["short"]
    words = text.lines("one two three four five six", text.width("one two three"), 9)
    assert words[0] == "one two three"
    assert " ".join(words) == "one two three four five six"
    (cut,) = text.lines("one two three four five six", 100)
    assert cut.endswith(ELLIPSIS)
    assert cut[:3] == "one"
    broken = text.lines("W" * 50, 100, 50)
    assert "".join(broken) == "W" * 50


@given(st.text(max_size=60), st.integers(20, 300), st.integers(1, 4))
@settings(max_examples=60, deadline=None)
def test_any_text_fits(words: str, width: int, most: int) -> None:
    text = Lettering(12)
    lines = text.lines(words, width, most)
    assert len(lines) <= most
    assert all(text.width(line) <= width + 12 for line in lines)
    assert bool(lines) == bool(words.strip())


def test_what_no_font_has_is_escaped(no_system_fonts: None) -> None:
    text = Lettering(16)
    assert text.visible("a ‘cat’ – 3×…") == "a ‘cat’ - 3x…"
    assert text.visible("Café") == r"Caf\xe9"
    assert text.visible("日本") == r"\u65e5\u672c"
    assert text.visible("😀") == r"\U0001f600"
    assert text.visible("\ud800 \x07") == r"\ud800 \x07"
    assert text.visible(" two\n lines\t") == "two lines"
    layout, picture = sheet(Headers(["日本", "\ud800", "\x00"]))
    for column in range(3):
        x = layout.corner(0, column)[0]
        assert is_written(picture, x, 0, layout.tile[0], layout.header_height)


def test_fonts_of_the_system_help_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first of them that has the character."""
    assert lettering._system_font("no such font.ttf", 16) is None
    monkeypatch.setattr(lettering, "SYSTEM_FONTS", ("one", "two"))
    monkeypatch.setattr(lettering, "_system_font", lambda name, size: name)
    monkeypatch.setattr(lettering, "_has", lambda font, character: font == "two")
    text = Lettering(16)
    assert [(font, run) for font, run in text._runs("日本")] == [("two", "日本")]
    assert text.visible("日本") == "日本"


@given(
    st.integers(1, 40), st.integers(1, 40), st.integers(1, 2000), st.integers(1, 2000),
    st.integers(0, 30),
)  # fmt: skip
@settings(max_examples=150, deadline=None)
def test_sheets_are_even_and_not_too_large(
    rows: int, columns: int, width: int, height: int, gap: int
) -> None:
    layout = arrange(rows, columns, (width, height), gap, lambda tile, letter: (40, 30, 60))
    assert layout.width <= MOST
    assert layout.height <= MOST
    lengths = (layout.width, layout.height, *layout.corner(rows - 1, columns - 1), *layout.tile)
    assert all(length % 2 == 0 for length in lengths)
    x, y, inner_width, inner_height = layout.inside((1000, 700))
    assert x + inner_width <= layout.tile[0]
    assert y + inner_height <= layout.tile[1]
    assert (x % 2, y % 2, inner_width % 2, inner_height % 2) == (0, 0, 0, 0)


def test_tiles_keep_their_shape_when_they_shrink() -> None:
    layout = arrange(4, 10, (640, 480), 8, lambda tile, letter: (0, 0, 0))
    assert isinstance(layout, Layout)
    assert abs(layout.tile[0] / layout.tile[1] - 640 / 480) < 0.02
    assert layout.width > MOST - 40
