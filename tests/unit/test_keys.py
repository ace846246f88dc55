"""The table of keys agrees with itself and with what the page's modules do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import framepack_widgets
from framepack_widgets.widgets.keys import KEYS, of_widget

STATIC = Path(framepack_widgets.__file__).parent / "widgets" / "static"
WIDGETS = sorted({key.widget for key in KEYS})


@pytest.mark.parametrize("widget", WIDGETS)
def test_no_key_starts_two_things(widget: str) -> None:
    pressed = [key for keys in of_widget(widget).values() for key in keys]
    assert len(pressed) == len(set(pressed))


@pytest.mark.parametrize("widget", WIDGETS)
def test_the_page_knows_every_action(widget: str) -> None:
    source = (STATIC / f"{widget}.js").read_text(encoding="utf-8")
    for action in of_widget(widget):
        name = re.sub(r"_\d+$", "_", action)  # the stars are made in a loop
        assert re.search(rf"\b{name}(:|,|\$\{{)", source), f"nothing in the page does {action}"


def test_every_key_says_what_it_does() -> None:
    assert all(key.does and key.keys for key in KEYS)
