"""Choosing a start frame, an end frame or a source video."""

from __future__ import annotations

import html
import os
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import ipywidgets
import traitlets

from framepack_widgets.clip import Clip
from framepack_widgets.errors import FramePackError
from framepack_widgets.library import Library
from framepack_widgets.widgets.frames.drop_zone import DropZone
from framepack_widgets.widgets.frames.file_chooser import FileChooser
from framepack_widgets.widgets.frames.frame_of_clip import FrameOfClip
from framepack_widgets.widgets.frames.frame_store import FrameStore
from framepack_widgets.widgets.frames.frame_value import FrameValue, normal, short_name
from framepack_widgets.widgets.frames.thumbnail import Look, existing_file, look_at
from framepack_widgets.widgets.latest import Latest
from framepack_widgets.widgets.page_order import heard_in_order
from framepack_widgets.widgets.theme import dressed


class FramePicker(ipywidgets.VBox):  # type: ignore[misc] # ipywidgets has no types
    """Picks an image or a video: by upload, paste, drop, path, file dialog, or out of a clip.

    Observers of `value` may be called on another thread.
    """

    value = traitlets.Any(None, allow_none=True)
    """None, a path (str) or an ImageData. Takes also PIL images, numpy arrays (H, W, 3 or 4) uint8
    and, as a path, a Clip; TraitError for anything else. A path need not lead to a file: see
    `problem`."""
    crop = traitlets.Instance(tuple, allow_none=True)
    """(width, height), px, of the clip: the thumbnail shows what is kept. None: not known."""
    problem = traitlets.Unicode("")
    """What is wrong with the value, or with the last attempt to choose one; "" for nothing."""
    note = traitlets.Unicode("")
    """What whoever shows the picker has to say of it; errors ("✖ …") only while `problem` is ""."""
    busy = traitlets.Unicode("")
    """Name of a file that is still being uploaded and will be the value; "" for none."""
    size = traitlets.Instance(tuple, allow_none=True)
    """(width, height), px, upright, of what is chosen, once it has been read; else None."""

    def __init__(
        self,
        kind: str = "image",
        label: str = "start frame",
        library: Library | None = None,
        value: Any = None,
        clips: Callable[[], Sequence[Clip]] | None = None,
    ) -> None:
        """kind: "image" or "video". library: keeps uploads; None: a temporary folder does.

        clips: gives the clips to take a frame from; None: the Library's newest.
        Raises ValueError for another kind.
        """
        if kind not in ("image", "video"):
            raise ValueError(f'kind is "image" or "video", not {kind!r}')
        self.kind = kind
        self.label = label
        self._guard = threading.RLock()
        self._store = FrameStore(library, clips)
        self._names: dict[str, str] = {}  # what kept files were called where they came from
        self._ready: tuple[FrameValue, Look] | None = None
        self._looks = Latest(self._look)
        self._typed = Latest(self._try_path)
        self._known: tuple[tuple[int, int] | None, str] = (None, "")  # size and problem
        self._text_of_value = ""
        super().__init__()
        self._build()
        self.observe(self._take_value, "value")
        self.observe(self._draw_crop, "crop")
        self.observe(self._show_problem, ["problem", "note"])
        if value is not None:
            self.value = value

    # ------------------------------------------------------------------ what there is on screen

    def _build(self) -> None:
        self._zone = DropZone(
            self._store.incoming, self._take_upload, self._remove, self._refuse,
            label=self.label, accept=f"{self.kind}/*",
        )  # fmt: skip
        traitlets.dlink((self._zone, "uploading"), (self, "busy"))
        self._zone.observe(lambda change: self._refuse(change["new"]), "trouble")
        self._path = ipywidgets.Text(
            placeholder="path on the kernel's machine",
            tooltip=f"{self.label}: path of a file on the kernel's machine; ~ is your home folder",
            layout=ipywidgets.Layout(width="auto", flex="1 1 200px", min_width="0"),
        )
        self._path.observe(self._path_changed, "value")
        self._chooser = FileChooser(self.kind, self._browse_folder)
        self._chooser.observe(self._file_chosen, "path")
        self._chooser.observe(lambda change: self._refuse(change["new"]), "problem")
        self._scrubber = FrameOfClip(self.kind, self._store, self._frame_chosen)
        self._alert = ipywidgets.HTML(layout=ipywidgets.Layout(display="none", margin="0"))
        ways = ipywidgets.HBox([self._path, self._chooser.button, self._scrubber.button])
        ways.add_class("fpw-row")
        self.children = (self._zone, ways, self._alert, self._chooser, self._scrubber)
        dressed(self, "fpw-frame-picker")
        heard_in_order(self)

    def _show_problem(self, _: object = None) -> None:
        note = [] if self.problem and self.note.startswith("✖") else [self.note]
        text = html.escape("\n".join(filter(None, [self.problem, *note])))
        kind = "fpw-error" if self.problem or self.note.startswith("✖") else "fpw-warning"
        self._alert.value = f'<div role="alert" class="{kind} fpw-wrap">{text}</div>'
        self._alert.layout.display = None if text else "none"

    # ------------------------------------------------------------------ the value

    @traitlets.validate("value")
    def _normalise(self, proposal: Any) -> FrameValue:
        try:
            return normal(proposal["value"], self.kind)
        except ValueError as error:
            raise traitlets.TraitError(f"{self.label}: {error}.") from None

    def _take_value(self, _: object = None) -> None:
        with self._guard:
            value: FrameValue = self.value
            name = self._name_of(value)
            self._known = (None, "")
            self._zone.clear(alt=f"{self.label}: {name}" if name else "")
            self._zone.describe(name, "reading…" if name else "")
            self._draw_crop()
            self._show_path(value)
            ready, self._ready = self._ready, None
            version = self._zone.version
        self._publish()
        self._zone.give_up_upload("Something else was chosen meanwhile.")
        if value is not None and ready is not None and ready[0] == value:
            self._show_look(ready[1], version)
        elif value is not None:
            self._looks.want()

    def _accept(self, value: FrameValue, look: Look | None, name: str = "") -> None:
        """Make it the value; the user wants it, so it counts as new even if it is the same path."""
        with self._guard:
            if isinstance(value, str) and name:
                self._names[value] = name
            self._ready = None if look is None else (value, look)
        if self.value == value:
            self._take_value()
        else:
            self.value = value

    def _publish(self) -> None:
        """Set the traits that others observe: never under our lock, where they could wait for us.

        Another thread may change what is known meanwhile; the last one to know wins.
        """
        while (self.size, self.problem) != self._known:
            self.size, self.problem = self._known

    def _refuse(self, why: str) -> None:
        if why:
            with self._guard:
                self._known = (self._known[0], why)
            self._publish()

    def _remove(self) -> None:
        self._accept(None, None)

    def _name_of(self, value: FrameValue) -> str:
        return short_name(value, self._names.get(value) if isinstance(value, str) else None)

    # ------------------------------------------------------------------ the thumbnail

    def _look(self) -> None:
        """In the background."""
        with self._guard:
            value, version = self.value, self._zone.version
        if value is None:
            return
        try:
            look = look_at(value, self.kind)
        except FramePackError as error:
            self._show_fault(str(error), version)
        except Exception as error:  # noqa: BLE001 - shown where the user looks
            self._show_fault(f"This cannot be shown: {error or type(error).__name__}", version)
        else:
            self._show_look(look, version)

    def _show_look(self, look: Look, version: int) -> None:
        with self._guard:
            if not self._zone.show(look.jpeg, version):
                return
            self._zone.describe(self._name_of(self.value), look.facts(), look.note)
            self._known = (look.size, self._known[1])
            self._draw_crop()
        self._publish()

    def _show_fault(self, why: str, version: int) -> None:
        with self._guard:
            if version != self._zone.version:
                return
            self._zone.describe(self._name_of(self.value), "cannot be shown")
            self._known = (self._known[0], why)
        self._publish()

    def _draw_crop(self, _: object = None) -> None:
        with self._guard:
            self._zone.show_crop(self._known[0], self.crop)

    # ------------------------------------------------------------------ ways in

    def _take_upload(self, path: Path, name: str) -> Callable[[], None]:
        look = look_at(str(path), self.kind, name)
        kept = self._store.keep(path, Path(name).suffix)
        return lambda: self._accept(kept, look, name)

    def _show_path(self, value: FrameValue) -> None:
        is_own = isinstance(value, str) and value not in self._names
        shown = value if is_own and isinstance(value, str) else ""
        if not shown or os.path.expanduser(self._path.value) != os.path.expanduser(shown):  # noqa: PTH111
            self._text_of_value = shown
            self._path.value = shown

    def _path_changed(self, change: Any) -> None:
        text = change["new"].strip().strip('"')
        if text != self._text_of_value:
            self._typed.want(text)

    def _try_path(self, text: str) -> None:
        """In the background: take the path that stands in the text field, or say what is wrong."""
        if text != self._path.value.strip().strip('"'):
            return
        self._text_of_value = text
        if not text:
            is_path = isinstance(self.value, str) and self.value not in self._names
            self._accept(None if is_path else self.value, None)
            return
        try:
            path = str(existing_file(text))
            look = look_at(path, self.kind)
        except FramePackError as error:
            self._refuse(str(error))
            return
        if text == self._path.value.strip().strip('"'):
            self._accept(path, look)

    def _browse_folder(self) -> Path:
        """Where the file dialog starts: beside the value, else in the notebook's folder."""
        value = self.value
        if isinstance(value, str) and value not in self._names:
            folder = Path(value).expanduser().absolute().parent
            if folder.is_dir():
                return folder
        return Path.cwd()

    def _file_chosen(self, change: Any) -> None:
        if change["new"]:
            self.value = change["new"]

    def _frame_chosen(self, path: str, name: str) -> None:
        self._accept(path, None, name)
