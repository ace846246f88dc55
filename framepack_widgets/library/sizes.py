"""How much room a Library takes."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class LibrarySize:
    """Bytes on disk, and what they are for. `str()` says it in words."""

    clips: int  # bytes: clips and the JSON beside them
    inputs: int  # bytes: frames and source videos
    trash: int  # bytes: what library.empty_trash() would free
    database: int  # bytes
    other: int  # bytes: downloads on their way and files kept aside
    jobs: int  # number of jobs, those in the trash not counted
    clips_count: int  # number of clips, those in the trash not counted

    @property
    def total(self) -> int:
        """Everything together, bytes."""
        return self.clips + self.inputs + self.trash + self.database + self.other

    def __str__(self) -> str:
        parts = [f"clips {human(self.clips)}", f"inputs {human(self.inputs)}"]
        parts += [f"trash {human(self.trash)}"] if self.trash else []
        parts += [f"other {human(self.other)}"] if self.other else []
        parts += [f"database {human(self.database)}"]
        return (
            f"{counted(self.clips_count, 'clip')}, {counted(self.jobs, 'job')}, "
            f"{human(self.total)} ({', '.join(parts)})"
        )


def human(size: int) -> str:
    """A number of bytes as people read it: "12.3 MB", by thousands as file managers count."""
    if size < 1000:
        return f"{size} B"
    value = float(size)
    for unit in ("kB", "MB", "GB"):
        value /= 1000
        if value < 999.95:
            return f"{value:.1f} {unit}"
    return f"{value / 1000:.1f} TB"


def counted(number: int, word: str) -> str:
    """A number and its word: 1 clip, 2 clips."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def folder_size(folder: Path) -> int:
    """Bytes of all files below; what disappears meanwhile counts nothing."""
    total = 0
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return 0
    for entry in entries:
        try:
            if entry.is_dir(follow_symlinks=False):
                total += folder_size(Path(entry.path))
            else:
                total += entry.stat(follow_symlinks=False).st_size
        except OSError:
            continue
    return total
