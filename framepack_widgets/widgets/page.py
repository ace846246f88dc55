"""What our own page widgets (anywidgets) share: messages to and from the page, errors shown."""

from __future__ import annotations

import concurrent.futures
import logging
from collections.abc import Callable, Sequence
from typing import Any

import anywidget
import traitlets

from framepack_widgets.errors import FramePackError

_log = logging.getLogger(__name__)
_workers = concurrent.futures.ThreadPoolExecutor(4, thread_name_prefix="framepack-page")

Handler = Callable[[dict[str, Any], Sequence[memoryview]], object]


class PageWidget(anywidget.AnyWidget):
    """A widget with a module of its own in the page.

    The page sends messages {"kind": ..., ...}; the method `_on_<kind>(message, buffers)` answers.
    Whatever it raises is shown in the widget (`trouble`). What may take long (disk, network) goes
    through `_later`: clicks have to stay quick, and some kernels handle them one by one.
    """

    trouble = traitlets.Unicode("").tag(sync=True)
    """What went wrong with the last thing asked for, for people; "" for nothing."""

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        self.on_msg(self._handle_page)

    def _handle_page(self, _: object, message: Any, buffers: Sequence[memoryview]) -> None:
        kind = message.get("kind") if isinstance(message, dict) else None
        handler: Handler | None = getattr(self, f"_on_{kind}", None)
        if handler is None:
            _log.debug("%s: no answer to %r", type(self).__name__, kind)
            return
        self._guarded(handler, message, buffers)

    def _guarded(self, function: Callable[..., object], *args: Any) -> None:
        try:
            function(*args)
        except Exception as error:  # noqa: BLE001 - shown where the user looks, logged for us
            if not isinstance(error, FramePackError):
                _log.exception("in %s", type(self).__name__)
            self.trouble = str(error) or type(error).__name__

    def _later(self, function: Callable[..., object], *args: Any) -> None:
        """Call it in another thread; whatever it raises is shown in the widget."""
        in_background(self._guarded, function, *args)

    def _tell(self, kind: str, buffers: Sequence[bytes] = (), **values: Any) -> None:
        """Send the page a message; every open view of this widget gets it."""
        self.send({"kind": kind, **values}, buffers=list(buffers))


def in_background(function: Callable[..., object], *args: Any) -> concurrent.futures.Future[object]:
    """Call it in one of a few threads that are kept for what a click asks for."""
    return _workers.submit(function, *args)
