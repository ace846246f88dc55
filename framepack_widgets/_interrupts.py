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
    """SIGINT raises KeyboardInterrupt; while `held`, as soon as that is over.

    Python drops what is raised while an object is deleted. So an interrupt is noted, too, and
    whoever waits calls `check` between two steps of the wait.
    """

    held: bool = False
    noted: bool = False
    _previous: list[Any] = field(default_factory=list)

    def __enter__(self) -> Interrupts:
        previous = signal.getsignal(signal.SIGINT)
        self._previous.append(previous if callable(previous) else None)
        if callable(previous):  # else somebody wants none
            signal.signal(signal.SIGINT, self._on_signal)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        previous = self._previous.pop()
        if previous is not None:
            signal.signal(signal.SIGINT, previous)
        if kind is None:
            self.check()

    def check(self) -> None:
        """Raise KeyboardInterrupt if one is still due."""
        if self.noted:
            self.noted = False
            raise KeyboardInterrupt

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self.noted = True
        if not self.held:
            raise KeyboardInterrupt

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Nothing in here is interrupted halfway."""
        self.held = True
        try:
            yield
        except KeyboardInterrupt:
            self.noted = False
            raise
        finally:
            self.held = False
            self.check()

    @contextmanager
    def allow(self) -> Iterator[None]:
        """Inside of `hold`: code that may be interrupted, and may catch that itself."""
        due, self.held, self.noted = self.noted, False, False
        try:
            yield
        finally:
            self.held, self.noted = True, due
