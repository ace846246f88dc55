"""Taking a frame out of a clip: choose the clip, scrub, use exactly what is shown."""

from __future__ import annotations

import html
import threading
from collections.abc import Callable
from typing import Any

import ipywidgets

from framepack_widgets.clip import Clip
from framepack_widgets.errors import FramePackError
from framepack_widgets.images import ImageData
from framepack_widgets.widgets.frames.frame_store import FrameStore
from framepack_widgets.widgets.frames.scrubber import Scrubber
from framepack_widgets.widgets.frames.thumbnail import jpeg_of
from framepack_widgets.widgets.in_turn import in_background
from framepack_widgets.widgets.latest import Latest
from framepack_widgets.widgets.page_order import heard_in_order

_GAP_S = 0.1
_NAME_LENGTH = 60
Chosen = Callable[[str, str], None]


class FrameOfClip(ipywidgets.VBox):  # type: ignore[misc] # ipywidgets has no types
    """A button (`button`, to be placed anywhere) and what it opens."""

    def __init__(self, kind: str, store: FrameStore, chosen: Chosen) -> None:
        """A `kind` of "image" takes one frame, "video" the whole clip. chosen(path, name)."""
        super().__init__(layout=ipywidgets.Layout(display="none", width="100%"))
        self._is_video = kind == "video"
        self._store = store
        self._chosen = chosen
        self._guard = threading.RLock()
        self._clips: list[Clip] = []
        self._shown: tuple[Clip, int] | None = None
        self._previews = Latest(self._preview, _GAP_S)
        what = "use a clip…" if self._is_video else "use a frame of a clip…"
        self._closed_text = what
        self.button = ipywidgets.Button(description=what, tooltip="Take it from a rendered clip")
        self.button.on_click(lambda _: self.toggle())
        self._built = False

    @property
    def is_open(self) -> bool:
        """Whether clip and slider are to be seen."""
        return bool(self.layout.display != "none")

    def toggle(self) -> None:
        """Open it with the clips there are now, or close it."""
        if self.is_open:
            self.layout.display = "none"
            self.button.description = self._closed_text
            return
        if not self._built:
            self._build()
        self.layout.display = None
        self.button.description = "close clips"
        self._say("reading the clips…")
        in_background(self._guarded, self._list)

    def _build(self) -> None:
        self._built = True
        wide = ipywidgets.Layout(width="auto", min_width="0")
        self._choice = ipywidgets.Dropdown(
            options=[], tooltip="Clip, the newest first", layout=wide
        )
        self._picture = Scrubber()
        self._first = ipywidgets.Button(description="first", tooltip="To the first frame")
        self._last = ipywidgets.Button(description="last", tooltip="To the last frame")
        self._words = ipywidgets.HTML()
        text = "use this clip" if self._is_video else "use this frame"
        self._use = ipywidgets.Button(description=text, disabled=True)
        row = ipywidgets.HBox([self._first, self._last, self._use])
        row.add_class("fpw-row")
        for button in (self._first, self._last):
            button.layout.display = "none" if self._is_video else None
        self._choice.observe(self._clip_changed, "value")
        self._picture.observe(lambda _: self._want_preview(), "frame")
        self._first.on_click(lambda _: self._go(0))
        self._last.on_click(lambda _: self._go(self._picture.last))
        self._use.on_click(lambda _: self._use_clicked())
        self.children = (self._choice, self._picture, self._words, row)
        heard_in_order(self)

    # ------------------------------------------------------------------ the clip

    def _list(self) -> None:
        clips = self._store.clips()
        with self._guard:
            before = self._clip()
            self._clips = clips
            index = clips.index(before) if before in clips else 0 if clips else None
            # The same objects would be kept as they are; a new list may name other clips.
            self._choice.options = [(clip_name(clip), i) for i, clip in enumerate(clips)]
            self._choice.value = index
        if not clips:
            self._say("There is no clip yet. Render one, then take a frame of it here.")
            self._use.disabled = True
        else:
            self._clip_changed()

    def _clip(self) -> Clip | None:
        index = self._choice.value
        return self._clips[index] if index is not None and index < len(self._clips) else None

    def _clip_changed(self, _: object = None) -> None:
        with self._guard:
            clip, self._shown = self._clip(), None
            self._use.disabled = True
            self._picture.clear()
        if clip is not None:
            self._say("reading the clip…")
            in_background(self._guarded, self._measure, clip)

    def _measure(self, clip: Clip) -> None:
        count = clip.frame_count
        with self._guard:
            if self._clip() is not clip:
                return
            if not self._is_video:
                self._picture.last = count - 1
        self._want_preview()

    # ------------------------------------------------------------------ the frame

    def _go(self, index: int) -> None:
        self._picture.frame = index

    def _want_preview(self) -> None:
        clip = self._clip()
        if clip is not None:
            self._previews.want(clip, self._picture.frame)

    def _preview(self, clip: Clip, index: int) -> None:
        """In the background."""
        self._guarded(self._draw, clip, index)

    def _draw(self, clip: Clip, index: int) -> None:
        import PIL.Image

        if self._clip() is not clip:
            return
        version = self._picture.version
        index = min(index, clip.frame_count - 1)
        jpeg = jpeg_of(PIL.Image.fromarray(clip.frame(index)))
        with self._guard:
            if self._clip() is not clip or not self._picture.show(jpeg, version):
                return
            self._shown = clip, index
            self._picture.alt = f"frame {index} of {clip.path.name}"
            self._use.disabled = False
        seconds = f" · {index / clip.fps:.2f} s" if clip.fps else ""
        self._say(f"frame {index} of 0 to {clip.frame_count - 1}{seconds}")

    def _use_clicked(self) -> None:
        # What is seen is what is taken, also while the slider is ahead of the picture.
        with self._guard:
            shown = self._shown
        if shown is not None:
            self._use.disabled = True
            in_background(self._guarded, self._take, *shown)

    def _take(self, clip: Clip, index: int) -> None:
        try:
            if self._is_video:
                self._chosen(str(clip.path), clip.path.name)
                return
            path = self._store.keep(ImageData.of(clip.frame(index)))
            self._chosen(path, f"frame {index} of {clip.path.name}")
        finally:
            self._use.disabled = False

    # ------------------------------------------------------------------ words

    def _say(self, text: str, style: str = "fpw-quiet") -> None:
        role = ' role="alert"' if style == "fpw-error" else ""
        self._words.value = (
            f'<div class="fpw-frame-words {style} fpw-wrap"{role}>{html.escape(text)}</div>'
        )

    def _guarded(self, function: Callable[..., None], *args: Any) -> None:
        try:
            function(*args)
        except FramePackError as error:
            self._say(str(error), "fpw-error")
        except Exception as error:  # noqa: BLE001 - shown where the user looks
            self._say(f"That did not work: {error or type(error).__name__}", "fpw-error")


def clip_name(clip: Clip) -> str:
    """Short enough for a list; unique endings are kept."""
    name = clip.path.name
    half = _NAME_LENGTH // 2
    return name if len(name) <= _NAME_LENGTH else f"{name[:half]}…{name[-half:]}"
