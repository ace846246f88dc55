"""Small pictures of clips, sent to the page when it asks for them. Twin: `static/posters.js`."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from framepack_widgets.clip import Clip
from framepack_widgets.errors import FramePackError
from framepack_widgets.widgets.presence import SeenWidget

_WIDTH = 240  # px
_KEPT = 400  # about 10 kB each
_AT_ONCE = 60

_kept: OrderedDict[str, bytes] = OrderedDict()
_guard = threading.Lock()


class PosterWidget(SeenWidget):
    """A page widget whose page asks for clips' posters by job id; `find` gives the clip."""

    def __init__(self, find: Callable[[str], Clip | None], **traits: Any) -> None:
        self._find_clip = find
        super().__init__(**traits)

    def _on_posters(self, message: dict[str, Any], _: object) -> None:
        jobs = message.get("jobs")
        if isinstance(jobs, list):
            self._aside(self._send_posters, [str(job) for job in jobs[:_AT_ONCE]])

    def _send_posters(self, jobs: list[str]) -> None:
        for job in jobs:
            try:
                clip = self._find_clip(job)
                poster = poster_of(clip) if clip is not None else b""
                error = "" if clip is not None else "The file is gone."
            except FramePackError as failed:
                poster, error = b"", str(failed)
            self._tell("poster", [poster], job=job, error=error)


def poster_of(clip: Clip) -> bytes:
    """A JPEG of the first picture, from memory where it was made before."""
    key = str(clip.path)
    with _guard:
        known = _kept.get(key)
    if known is None:
        known = clip.poster(_WIDTH)
        with _guard:
            _kept[key] = known
            while len(_kept) > _KEPT:
                _kept.popitem(last=False)
    return known
