"""Ctrl-C and a kernel's interrupt: at once, but never halfway through what must not be torn."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import Any


@dataclass
class Interrupts:
    """SIGINT raises KeyboardInterrupt; while `held`, as soon as that is over."""

    held: bool = False
    noted: bool = False
    _previous: list[Any] = field(default_factory=list)

    def __enter__(self) -> None:
        previous = signal.getsignal(signal.SIGINT)
        self._previous.append(previous if callable(previous) else None)
        if callable(previous):  # else somebody wants none
            signal.signal(signal.SIGINT, self._on_signal)

    def __exit__(self, *_: object) -> None:
        previous = self._previous.pop()
        if previous is not None:
            signal.signal(signal.SIGINT, previous)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        if not self.held:
            raise KeyboardInterrupt
        self.noted = True

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Nothing in here is interrupted halfway."""
        self.held = True
        try:
            yield
        finally:
            self.held = False
            if self.noted:
                self.noted = False
                raise KeyboardInterrupt

    @contextmanager
    def allow(self) -> Iterator[None]:
        """Inside of `hold`: code that may be interrupted."""
        self.held = False
        try:
            yield
        finally:
            self.held = True
