"""The clips that tiles play: handed to the page when a tile asks, in the state it was told of."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Any

from framepack_widgets.clip import Clip
from framepack_widgets.errors import FramePackError, LibraryError
from framepack_widgets.widgets.clips.posters import PosterWidget
from framepack_widgets.widgets.clips.video_source import VideoSource

_KEPT = 100  # files that the page may still ask parts of


class ClipsWidget(PosterWidget):
    """A page widget whose page plays clips by job id; see `static/sweep_play.js`."""

    def __init__(self, find: Any, **traits: Any) -> None:
        self._files: OrderedDict[str, VideoSource] = OrderedDict()
        self._files_guard = threading.Lock()
        super().__init__(find, **traits)

    def _on_video(self, message: dict[str, Any], _: object) -> None:
        self._aside(self._send_video, str(message.get("job")), str(message.get("id"))[:40])

    def _send_video(self, job: str, request: str) -> None:
        try:
            clip: Clip | None = self._find_clip(job)
            if clip is None:
                raise LibraryError(f"The clip of job {job} is gone.")
            source = VideoSource.of(clip)
        except FramePackError as error:
            self._tell("video", job=job, request=request, why=str(error))
            return
        with self._files_guard:
            self._files[source.key] = source
            while len(self._files) > _KEPT:
                self._files.popitem(last=False)
        self._tell("video", job=job, request=request, source=source.for_page())

    def _on_chunk(self, message: dict[str, Any], _: object) -> None:
        self._aside(self._send_chunk, message.get("id"), message.get("key"), message.get("number"))

    def _send_chunk(self, request: object, key: object, number: object) -> None:
        answer: dict[str, Any] = {"id": request, "number": number}
        with self._files_guard:
            file = self._files.get(str(key))
        if file is None or not isinstance(number, int):
            self._tell("no_chunk", **answer, why="The tile shows another clip by now.")
            return
        try:
            data = file.chunk(number)
        except LibraryError as error:
            self._tell("no_chunk", **answer, why=str(error))
            return
        self._tell("chunk", [data], **answer)
