"""A picture with a slider below it: which frame is meant.

Of its own because the handle of an ipywidgets slider has no name for those who cannot see it.
"""

from __future__ import annotations

from typing import Any

import traitlets

from framepack_widgets.widgets.assets import module, style
from framepack_widgets.widgets.picture import Picture


class Scrubber(Picture):
    """The page moves `frame`; whoever made this shows the picture that belongs to it."""

    _esm = module("scrubber", "dom", "shown_picture")
    _css = style("picture", "scrubber")

    frame = traitlets.Int(0).tag(sync=True)
    """0 to `last`."""
    last = traitlets.Int(0).tag(sync=True)
    """Number of the last frame; with 0 there is no slider."""

    @traitlets.validate("frame")
    def _within(self, proposal: Any) -> int:
        return max(0, min(int(proposal["value"]), self.last))

    @traitlets.observe("last")
    def _shorter(self, _: Any) -> None:
        self.frame = min(self.frame, self.last)
