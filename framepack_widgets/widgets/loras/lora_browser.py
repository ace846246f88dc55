"""All LoRAs of a Studio, with notes, trigger words and the weights that worked."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import ipywidgets

from framepack_widgets.widgets.loras.lora_list import LoraList
from framepack_widgets.widgets.theme import dressed

if TYPE_CHECKING:
    from framepack_widgets.session import Studio


class LoraBrowser(ipywidgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """The LoRAs of a Studio, searched, with notes that are edited in place.

    Also those that something is kept about and this Studio lacks. use(name) and show_clips(name)
    are what "use in the form" and "show its clips" call, in a worker's thread; without them the
    buttons are left out. `fp.LoraBrowser(studio, use=form.loras.use)` fills a form. Changes that
    other cells and processes make appear while somebody looks.
    """

    def __init__(
        self,
        studio: Studio,
        *,
        use: Callable[[str], object] | None = None,
        show_clips: Callable[[str], object] | None = None,
    ) -> None:
        self.studio = studio
        self.list = LoraList(studio, use, show_clips)
        super().__init__([self.list])
        dressed(self, "fpw-loras", "fpw-wide")

    def close(self) -> None:
        """Take it off the page. What is kept stays."""
        self.list.close()
        super().close()
