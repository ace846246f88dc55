"""The kernel's side of an upload: messages of the page to an `Upload`, and what it answers.

page: upload_start {id, name, size} -> upload_go {id}; then at most two upload_chunk {id, number}
with a buffer at once -> upload_ack {id, number}; at the end upload_done or upload_failed {id, why}.
upload_status {id} asks how many chunks arrived; upload_cancel {id} gives up. A page that misses one
has lost its connection. static/uploads.js is the other side.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from framepack_widgets import _loop
from framepack_widgets.errors import FramePackError, LibraryError
from framepack_widgets.widgets.frames.upload import Upload
from framepack_widgets.widgets.in_turn import in_background

QUIET_S = 60.0  # so long without a word, and nobody should wait for this upload
GONE_S = 600.0  # the page gives up after 300 s itself
_CHECK_S = 20.0

Taking = Callable[[Path, str], Callable[[], None]]


class Uploads:
    """At most one upload at a time; a new one replaces the one before."""

    def __init__(
        self,
        tell: Callable[..., object],
        folder: Callable[[], Path],
        take: Taking,
        *,
        failed: Callable[[str], None],
        changed: Callable[[str], None],
    ) -> None:
        """tell: sends the page a message. folder: where unfinished files go.

        take(path, name): checks and keeps a file that came whole, in the background, and returns
        what makes it the choice; that is called only if no newer upload began. failed(why): for
        people. changed(name): what is being uploaded now, "" for nothing.
        """
        self._tell = tell
        self._folder = folder
        self._take = take
        self._failed = failed
        self._changed = changed
        self._guard = threading.RLock()
        self._wanted = ""  # id of the newest upload
        self._upload: Upload | None = None
        self._arrived = 0
        self._heard = 0.0

    def give_up(self, why: str = "") -> None:
        """End the running upload, if any; the page tells the user `why`."""
        with self._guard:
            upload, wanted = self._upload, self._wanted
            self._wanted, self._upload = "", None
        if wanted:
            self._tell("upload_failed", id=wanted, why=why)
            self._changed("")
        if upload is not None:
            upload.abort()

    # messages of the page

    def start(self, message: dict[str, Any]) -> None:
        """The page has a file for us."""
        upload_id, name, size = (message.get(key) for key in ("id", "name", "size"))
        if not isinstance(upload_id, str) or not isinstance(name, str) or type(size) is not int:
            raise LibraryError("The page announced an upload in a way that is not understood.")
        self.give_up("Another file was chosen.")
        with self._guard:
            self._wanted, self._arrived = upload_id, 0
            self._heard = time.monotonic()
        self._changed(name)
        in_background(self._guarded, upload_id, self._begin, upload_id, name, size)
        self._check_later()

    def chunk(self, message: dict[str, Any], buffers: Sequence[memoryview]) -> None:
        """A part of the file."""
        upload = self._known(message)
        if upload is None:
            return
        number = message.get("number")
        if type(number) is not int or len(buffers) != 1:
            raise LibraryError("The page sent a part of a file in a way that is not understood.")
        with self._guard:
            self._arrived += 1
        data = memoryview(buffers[0]).cast("B")
        in_background(self._guarded, upload.id, self._write, upload, number, data)

    def status(self, message: dict[str, Any]) -> None:
        """The page has heard nothing for a while."""
        if self._known(message, needs_file=False) is not None or message.get("id") == self._wanted:
            self._tell("upload_status", id=message["id"], arrived=self._arrived)

    def cancel(self, message: dict[str, Any]) -> None:
        """The user, or the page, gave it up."""
        if message.get("id") == self._wanted:
            self.give_up()

    # in the background

    def _begin(self, upload_id: str, name: str, size: int) -> None:
        upload = Upload(upload_id, name, size, self._folder())
        with self._guard:
            is_wanted = self._wanted == upload_id
            if is_wanted:
                self._upload = upload
        if is_wanted:
            self._tell("upload_go", id=upload_id)
        else:
            upload.abort()

    def _write(self, upload: Upload, number: int, data: memoryview) -> None:
        is_whole = upload.add(number, data)
        self._tell("upload_ack", id=upload.id, number=number)
        if is_whole:
            self._finish(upload)

    def _finish(self, upload: Upload) -> None:
        try:
            choose = self._take(upload.path, upload.name)
        finally:
            upload.abort()
        with self._guard:
            if self._wanted != upload.id:
                return
            self._wanted, self._upload = "", None
        # First the choice, then "nothing is being uploaded": whoever waits sees the new one.
        choose()
        self._changed("")
        self._tell("upload_done", id=upload.id)

    def _guarded(self, upload_id: str, function: Callable[..., None], *args: Any) -> None:
        try:
            function(*args)
        except Exception as error:  # noqa: BLE001 - shown where the user looks
            if upload_id == self._wanted:  # nobody wants to hear of an older one
                self._failed(_for_people(error))
                self.give_up()

    def _known(self, message: dict[str, Any], *, needs_file: bool = True) -> Upload | None:
        """The upload that a message is about; the page is told where there is none (any more)."""
        with self._guard:
            upload = self._upload
            if upload is not None and message.get("id") == upload.id:
                self._heard = time.monotonic()
                return upload
        if needs_file or message.get("id") != self._wanted:
            why = "The kernel knows nothing of this upload any more. Upload the file again."
            self._tell("upload_failed", id=message.get("id"), why=why)
        return None

    def _check_later(self) -> None:
        wanted = self._wanted

        def plan() -> None:
            _loop.background().call_later(_CHECK_S, check)

        def check() -> None:
            if not wanted or self._wanted != wanted:
                return
            quiet = time.monotonic() - self._heard
            if quiet > GONE_S:
                self.give_up("The page sent nothing for ten minutes. Upload the file again.")
                return
            if quiet > QUIET_S:
                self._changed("")
            plan()

        _loop.call_soon(plan)


def _for_people(error: Exception) -> str:
    text = str(error) or type(error).__name__
    return text if isinstance(error, FramePackError) else f"The upload failed: {text}"
