"""The part of a frame picker that the page draws: thumbnail, drop and paste, upload."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import traitlets

from framepack_widgets.widgets.assets import module, style
from framepack_widgets.widgets.frames.crop import crop_of, crop_text
from framepack_widgets.widgets.frames.uploads import Taking, Uploads
from framepack_widgets.widgets.picture import Picture


class DropZone(Picture):
    """Shows what is chosen, and takes files of the browser's machine."""

    _esm = module("drop_zone", "dom", "shown_picture", "uploads")
    _css = style("picture", "drop_zone")

    label = traitlets.Unicode("").tag(sync=True)
    accept = traitlets.Unicode("image/*").tag(sync=True)
    """Media types of the browser's file dialog."""
    name = traitlets.Unicode("").tag(sync=True)
    """Of what is chosen; "" where nothing is."""
    facts = traitlets.Unicode("").tag(sync=True)
    note = traitlets.Unicode("").tag(sync=True)
    kept = traitlets.List(traitlets.Float()).tag(sync=True)
    """The part that the server keeps: left, top, right, bottom, 0 to 1; [] for all of it."""
    kept_text = traitlets.Unicode("").tag(sync=True)
    uploading = traitlets.Unicode("")
    """Name of the file that is on its way; "" for none. Not for the page, which knows it."""

    def __init__(
        self,
        folder: Callable[[], Path],
        take: Taking,
        remove: Callable[[], None],
        failed: Callable[[str], None],
        **traits: Any,
    ) -> None:
        """folder, take, failed: see `Uploads`; remove: when the user takes the picture out."""
        super().__init__(**traits)
        self._remove = remove
        self._uploads = Uploads(self._tell_about, folder, take, failed=failed, changed=self._busy)

    def show_crop(self, size: tuple[int, int] | None, target: tuple[int, int] | None) -> None:
        """What of a picture of `size` px a clip of `target` px keeps; None: not known."""
        with self.hold_sync():
            if size is None or target is None:
                self.kept, self.kept_text = [], ""
                return
            crop = crop_of(size, target)
            self.kept = [crop.left, crop.top, crop.right, crop.bottom]
            self.kept_text = crop_text(size, target)

    def describe(self, name: str, facts: str, note: str = "") -> None:
        """The words beside the picture."""
        with self.hold_sync():
            self.name, self.facts, self.note = name, facts, note

    def give_up_upload(self, why: str) -> None:
        """End a running upload because of `why`."""
        self._uploads.give_up(why)

    def _tell_about(self, kind: str, **values: Any) -> None:
        self._tell(kind, **values)

    def _busy(self, name: str) -> None:
        self.uploading = name

    def _on_remove(self, _message: dict[str, Any], _buffers: object) -> None:
        self._remove()

    def _on_upload_start(self, message: dict[str, Any], _buffers: object) -> None:
        self._uploads.start(message)

    def _on_upload_chunk(self, message: dict[str, Any], buffers: Sequence[memoryview]) -> None:
        self._uploads.chunk(message, buffers)

    def _on_upload_status(self, message: dict[str, Any], _buffers: object) -> None:
        self._uploads.status(message)

    def _on_upload_cancel(self, message: dict[str, Any], _buffers: object) -> None:
        self._uploads.cancel(message)
