"""A row of small posters: the clips before the newest one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import traitlets

from framepack_widgets.clip import Clip
from framepack_widgets.descent import title_of
from framepack_widgets.job import JobRecord
from framepack_widgets.widgets.assets import module, style
from framepack_widgets.widgets.clips.posters import PosterWidget

_TITLE = 100  # characters of the prompt


class Earlier(PosterWidget):
    """Posters to click; `choose(job id)` is called in another thread."""

    _esm = module("earlier", "dom", "presence", "posters")
    _css = style("earlier")

    rows = traitlets.List(traitlets.Dict()).tag(sync=True)
    """id and title of each clip."""
    chosen = traitlets.Unicode("").tag(sync=True)

    def __init__(
        self,
        find: Callable[[str], Clip | None],
        choose: Callable[[str], object],
        **traits: Any,
    ) -> None:
        self._choose = choose
        super().__init__(find, **traits)

    def show(self, records: Sequence[JobRecord]) -> None:
        """The clips of these jobs."""
        self.rows = [{"id": r.id, "title": title_of(r)[:_TITLE]} for r in records]

    def _on_choose(self, message: dict[str, Any], _: object) -> None:
        self._later(self._choose, str(message.get("job")))
