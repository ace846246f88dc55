"""What our own page widgets (anywidgets) share: messages to and from the page, errors shown."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import anywidget
import traitlets

from framepack_widgets.errors import FramePackError
from framepack_widgets.widgets.in_turn import InTurn, in_background
from framepack_widgets.widgets.page_order import heard_in_order
from framepack_widgets.widgets.told_again import ToldAgain

_log = logging.getLogger(__name__)

Handler = Callable[[dict[str, Any], Sequence[memoryview]], object]


class PageWidget(ToldAgain, anywidget.AnyWidget):
    """A widget with a module of its own in the page.

    The page sends messages {"kind": ..., ...}; the method `_on_<kind>(message, buffers)` answers.
    Whatever it raises is shown in the widget (`trouble`). What may take long (disk, network) goes
    through `_later`, or `_aside`: clicks have to stay quick, and some kernels handle them one by
    one.
    """

    trouble = traitlets.Unicode("").tag(sync=True)
    """What went wrong with the last thing asked for, for people; "" for nothing."""

    _holding_sync: bool

    def __init__(self, **traits: Any) -> None:
        self._sending = threading.RLock()
        self._turns = InTurn()
        super().__init__(**traits)
        heard_in_order(self)
        self.on_msg(self._handle_page)

    # ipywidgets reads a state and sends it, and knows of one thread. Ours come from several: what
    # is read first must not be sent last, or the page stays with it.

    def send_state(self, key: str | Iterable[str] | None = None) -> None:
        """Send all traits of the page, or these."""
        with self._sending:
            super().send_state(key)

    @contextmanager
    def hold_sync(self) -> Iterator[None]:
        """Send what changes meanwhile at the end, in one message."""
        if self._holding_sync:
            yield
            return
        self._holding_sync = True
        try:
            yield
        finally:
            with self._sending:
                self._holding_sync = False
                changed = set(self._states_to_send)
                self._states_to_send.clear()
                self.send_state(changed)

    def _should_send_property(self, key: str, value: Any) -> bool:
        with self._sending:
            return bool(super()._should_send_property(key, value))

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
        """Call it in another thread, after what was asked of this widget before.

        Whatever it raises is shown in the widget.
        """
        self._turns.later(lambda: self._guarded(function, *args))

    def _aside(self, function: Callable[..., object], *args: Any) -> None:
        """The same at once: for data that the page asks for, and what nothing should wait for."""
        in_background(self._guarded, function, *args)

    def _tell(self, kind: str, buffers: Sequence[bytes] = (), **values: Any) -> None:
        """Send the page a message; every open view of this widget gets it."""
        self.send({"kind": kind, **values}, buffers=list(buffers))
