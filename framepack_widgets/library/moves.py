"""Several files moved as one: if one of them fails, the others go back."""

from __future__ import annotations

import contextlib
from pathlib import Path

from framepack_widgets import durable


class Moves:
    """A list of moves that were made, newest last."""

    def __init__(self) -> None:
        self._made: list[tuple[Path, Path]] = []

    def move(self, source: Path, target: Path) -> None:
        """Move a file or folder, making the target's folder. Raises LibraryError."""
        with durable.explaining("move", source):
            target.parent.mkdir(parents=True, exist_ok=True)
            durable.move(source, target)
        self._made.append((source, target))

    def take_back(self) -> None:
        """Undo all moves, newest first; what cannot go back stays where it is."""
        while self._made:
            source, target = self._made.pop()
            with contextlib.suppress(OSError):
                durable.move(target, source)
