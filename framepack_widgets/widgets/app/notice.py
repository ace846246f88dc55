"""Says that a job is done to somebody who looks elsewhere: in the page's title, on the desktop."""

from __future__ import annotations

from framepack_widgets.job import JobRecord, JobState
from framepack_widgets.widgets.assets import module, style
from framepack_widgets.widgets.page import PageWidget

_PROMPT = 80  # characters


class Notice(PageWidget):
    """A switch for desktop notifications; the title's badge needs none.

    Whether they are wanted is remembered by the browser, not by the notebook.
    """

    _esm = module("notice", "dom")
    _css = style("notice")

    def tell(self, record: JobRecord) -> None:
        """Tell every open page that the job is over."""
        prompt = str(record.settings.prompt or "")[:_PROMPT]
        ended = "is done" if record.state is JobState.DONE else f"ended: {record.state}"
        self._tell(
            "over", job=record.id, good=record.state is JobState.DONE,
            title=f"Render {ended}", text=prompt or record.message[:_PROMPT],
        )  # fmt: skip
