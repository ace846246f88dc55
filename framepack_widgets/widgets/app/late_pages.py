"""Pages that come after the cell, or anew while the kernel goes on, and what they have to be told.

A page asks for the states of all widgets when it comes, and hears of changes only some time after:
what changes in between it never learns.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ipywidgets

    from framepack_widgets.widgets.app.tab_strip import TabStrip


def is_served_by_voila() -> bool:
    """Whether the page comes after all cells have run, and asks for the widgets once.

    What is made while it asks, it does not find, and shows no form then.
    """
    return os.environ.get("SERVER_SOFTWARE", "").startswith("voila/")


def say_again(
    boxes: Iterable[ipywidgets.Box], parts: Iterable[ipywidgets.Widget], strip: TabStrip
) -> None:
    """Send what a new page may have missed: children of boxes, states of parts, the tabs' names."""
    for box in boxes:
        box.send_state("children")
    for part in parts:
        part.send_state()
    strip.send_state("titles")  # not the open tab: that is the page's to say
