"""The Player: one clip, played and stepped frame by frame, with the facts about it.

Messages of the page (`static/player.js`, `static/video_bytes.js`): `chunk` (id, key, number) asks
for a part of the file and is answered by `chunk` with a buffer or `no_chunk` with the reason;
`use` (key, frame) asks for a frame to be used, answered by `used`. `seek` (frame) goes there.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import traitlets

from framepack_widgets.clip import Clip
from framepack_widgets.errors import FramePackError, LibraryError
from framepack_widgets.images import ImageData
from framepack_widgets.widgets.assets import module, style
from framepack_widgets.widgets.clips.video_source import VideoSource
from framepack_widgets.widgets.page import PageWidget
from framepack_widgets.widgets.saved import Saved, publish
from framepack_widgets.widgets.saved_html import clip_facts, clip_html

SPEEDS = (0.1, 4.0)  # times the clip's own

UseFrame = Callable[[ImageData, int], object]


class ClipTrait(traitlets.TraitType[Any, Any]):
    """A Clip, a path to one, or None.

    Every assignment counts as a change: the same path may be another clip by now, and two Clips of
    one file may know different things about it.
    """

    info_text = "a Clip, the path of one, or None"
    default_value = None

    def validate(self, _: Any, value: Any) -> Clip | None:
        if value is None or isinstance(value, Clip):
            return value
        if isinstance(value, (str, os.PathLike)):
            return Clip(value)
        raise traitlets.TraitError(f"clip is {self.info_text}, not {value!r}")

    def set(self, obj: Any, value: Any) -> None:
        new = self._validate(obj, value)
        old = obj._trait_values.get(self.name)
        obj._trait_values[self.name] = new
        if not (old is None and new is None):
            obj._notify_trait(self.name, old, new)


class FrameTrait(traitlets.Int[int, int]):
    """The number of a frame; setting it goes there, also where it is that number already.

    While the clip plays the page is elsewhere, and does not tell for each frame.
    """

    def set(self, obj: Any, value: Any) -> None:
        old = obj._trait_values.get(self.name)
        super().set(obj, value)
        from_page = obj._property_lock.get(self.name) == value
        if old == obj.frame and obj.comm is not None and not from_page:
            obj._tell("seek", frame=old)


class Player(PageWidget):
    """A clip that plays in the page.

    clip: a Clip, a path, or None for an empty player. loop: start again at the end. speed: times
    the clip's own, 0.1 to 4. A file that cannot be read is told in the widget (`trouble`).
    """

    _esm = module("player", "dom", "below", "video_bytes")
    _css = style("theme", "player")

    clip = ClipTrait()
    """What is played; a path becomes a Clip."""
    frame = FrameTrait(0).tag(sync=True)
    """The frame that is shown, 0 to clip.frame_count - 1, as of the last pause, step or seek.

    Settable: goes there. Numbers outside the clip become its first or last frame.
    """
    loop = traitlets.Bool(True).tag(sync=True)
    speed = traitlets.CFloat(1.0).tag(sync=True)
    playing = traitlets.Bool(True).tag(sync=True)
    """Whether it is to play; it does while it can be seen. False once it is paused or over."""
    saved = traitlets.Unicode("").tag(sync=True)
    """The class of its output for notebooks without a kernel; set when it is shown."""

    _source = traitlets.Dict().tag(sync=True)
    _facts: traitlets.List[Any] = traitlets.List().tag(sync=True)
    _can_use = traitlets.Bool(False).tag(sync=True)

    def __init__(
        self,
        clip: Clip | str | os.PathLike[str] | None = None,
        *,
        loop: bool = True,
        speed: float = 1.0,
        **traits: Any,
    ) -> None:
        self._file: VideoSource | None = None
        self._uses: list[UseFrame] = []
        self._shown: Saved | None = None
        self.set_trait("clip", clip)
        super().__init__(loop=loop, speed=speed, **self._described(), **traits)

    def on_use(self, callback: UseFrame) -> Callable[[], None]:
        """Offer "use as start frame": call `callback(image, frame)` with the exact frame.

        In a background thread; what it raises is shown in the widget. Returns the function that
        ends it.
        """
        self._uses.append(callback)
        self._can_use = True

        def end() -> None:
            if callback in self._uses:
                self._uses.remove(callback)
            self._can_use = bool(self._uses)

        return end

    def reload(self) -> None:
        """Read the clip's file again, after it has changed."""
        described = self._described()
        with self.hold_sync():
            for name, value in described.items():
                setattr(self, name, value)

    def refresh_saved(self) -> None:
        """Write what a notebook opened without a kernel shows anew. From any thread."""
        if self._shown is not None:
            self._shown.refresh()

    def _described(self) -> dict[str, Any]:
        """The traits that say what the page is to play."""
        clip: Clip | None = self.clip
        self._file = None
        empty: dict[str, Any] = {"_source": {}, "_facts": [], "frame": 0, "trouble": ""}
        if clip is None:
            return empty
        try:
            now = Clip(clip.path)  # one that has read nothing yet
            frames = now.frame_count  # first: it reads all that is asked below in one go
            file = VideoSource.of(clip, now)
            measures = {
                "fps": now.fps,
                "frames": frames,
                "width": now.width,
                "height": now.height,
            }
            facts = [list(fact) for fact in clip_facts(clip, now)]
        except FramePackError as error:
            return {**empty, "trouble": str(error)}
        self._file = file
        return {**empty, "_source": {**file.for_page(), **measures}, "_facts": facts}

    @traitlets.observe("clip")
    def _take_clip(self, _: object) -> None:
        if self.comm is not None:  # else it is still being made
            self.reload()

    @traitlets.validate("frame")
    def _inside(self, proposal: Any) -> int:
        frames = self._source.get("frames", 1)
        return int(min(max(proposal["value"], 0), frames - 1))

    @traitlets.validate("speed")
    def _possible(self, proposal: Any) -> float:
        slowest, fastest = SPEEDS
        speed = float(proposal["value"])
        if not slowest <= speed <= fastest:
            raise traitlets.TraitError(
                f"speed is {slowest:g} to {fastest:g} times the clip's own, not {speed:g}"
            )
        return speed

    def _on_chunk(self, message: dict[str, Any], _: object) -> None:
        self._aside(self._send_chunk, message.get("id"), message.get("key"), message.get("number"))

    def _send_chunk(self, request: object, key: object, number: object) -> None:
        file = self._file
        answer: dict[str, Any] = {"id": request, "number": number}
        if file is None or file.key != key or not isinstance(number, int):
            self._tell("no_chunk", **answer, why="The player shows another clip by now.")
            return
        try:
            data = file.chunk(number)
        except LibraryError as error:
            self._tell("no_chunk", **answer, why=str(error))
            return
        self._tell("chunk", [data], **answer)

    def _on_use(self, message: dict[str, Any], _: object) -> None:
        self._later(self._use, message.get("key"), message.get("frame"))

    def _use(self, key: object, frame: object) -> None:
        file, clip = self._file, self.clip
        if file is None or clip is None or file.key != key or not isinstance(frame, int):
            raise LibraryError("The player shows another clip by now; choose the frame again.")
        if VideoSource.of(clip).key != key:
            raise LibraryError(
                f"The file {clip.path.name} has changed since the clip was shown, so no frame was "
                "taken from it. Show the clip again."
            )
        image = ImageData.of(Clip(clip.path).frame(frame))
        for callback in list(self._uses):
            callback(image, frame)
        self.trouble = ""
        self._tell("used", frame=frame)

    def _saved_html(self) -> str:
        clip: Clip | None = self.clip
        return clip_html(clip) if clip is not None else "<p>An empty player.</p>"

    def _ipython_display_(self, **_: Any) -> None:
        self._shown = publish(self, self._saved_html)

    def __repr__(self) -> str:
        clip: Clip | None = self.clip
        return f"<Player {clip.path.name}>" if clip is not None else "<Player, empty>"
