"""The row of tabs of a box whose panels have the classes `fpw-panel fpw-panel-<number>`.

The page switches by itself, also while the kernel is busy; the kernel learns which panel is open.
"""

from __future__ import annotations

import traitlets

from framepack_widgets.widgets.assets import module, style
from framepack_widgets.widgets.presence import SeenWidget


class TabStrip(SeenWidget):
    """Tabs for the panels of the box with the class `fpw-app` that it stands in."""

    _esm = module("tab_strip", "dom", "presence")
    _css = style("tab_strip")

    titles = traitlets.List(traitlets.Unicode()).tag(sync=True)
    selected = traitlets.Int(0).tag(sync=True)
    """Number of the open panel, from 0."""
