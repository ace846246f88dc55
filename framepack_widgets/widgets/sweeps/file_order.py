"""Files that are made of a run: what they are called, what they hold, what is there already."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from framepack_widgets.errors import FramePackError
from framepack_widgets.widgets.sweeps.tile_layout import FOLDED, PAGE, X, Y

GRID, REPORT = "grid", "report"
KINDS = (GRID, REPORT)
ENDINGS = {GRID: (".mp4", ".gif", ".webp"), REPORT: (".html",)}
_ONE_FILE = 200_000_000  # bytes of clips; a page with more of them opens slowly
_WORDS = {X: "columns", Y: "rows", PAGE: "a file for each value"}
_LONGEST = 60


@dataclass(frozen=True)
class FileOrder:
    """One grid video, or report, of a run."""

    kind: str
    run: Any
    path: Path
    roles: Mapping[str, str] = field(default_factory=dict)
    one_file: bool = False
    """Of a report: the clips are put into the page."""
    replace: bool = False
    """What is there already may be overwritten."""

    @property
    def pages(self) -> list[str]:
        """Axes whose values get a file each."""
        return _axes(self.roles, PAGE) if self.kind == GRID else []

    @property
    def columns(self) -> list[str]:
        """Axes across; those that the view shows within a cell stand beside each other, too."""
        return [*_axes(self.roles, X), *_axes(self.roles, FOLDED)]

    @property
    def rows(self) -> list[str]:
        """Axes downwards."""
        return _axes(self.roles, Y)

    def taken(self) -> list[Path]:
        """Files that are there already and would have to be replaced."""
        stem, ending = self.path.stem, self.path.suffix
        if self.kind == REPORT:
            wanted = [self.path]
        elif self.pages:
            wanted = sorted(self.path.parent.glob(f"{_plain(stem)}-*{ending}"))
        else:
            wanted = [self.path, self.path.with_name(f"{stem}-poster.png")]
        return [file for file in wanted if file.exists()]


def path_for(kind: str, name: str, folder: Path) -> Path:
    """The file of that name, below the folder where it is no whole path. Raises FramePackError."""
    text = name.strip()
    if not text or text.endswith(("/", "\\")) or Path(text).name in ("", ".", ".."):
        raise FramePackError("Write a name for the file.")
    try:
        path = folder / Path(text).expanduser()
    except RuntimeError as error:  # ~somebody
        raise FramePackError(f"{text} names no place here ({error}).") from error
    endings = ENDINGS[kind]
    return path if path.suffix.lower() in endings else path.with_name(path.name + endings[0])


def free_name(kind: str, run: str, folder: Path) -> str:
    """`night-grid.mp4`, with a number where such a file is there."""
    stem = re.sub(r"[^\w.=-]+", "-", run).strip("-._")[:_LONGEST] or "sweep"
    names = (f"{stem}-{kind}{'' if n == 1 else f'-{n}'}" for n in range(1, 1000))
    free = (name for name in names if not any(folder.glob(f"{_plain(name)}[-._]*")))
    return next(free, f"{stem}-{kind}") + ENDINGS[kind][0]


def told_layout(roles: Mapping[str, str]) -> str:
    """`columns: prompt · rows: cfg_scale`, as a grid video shows it."""
    order = FileOrder(GRID, None, Path(), roles)
    parts = {X: order.columns, Y: order.rows, PAGE: order.pages}
    shown = [f"{_WORDS[role]}: {' × '.join(axes)}" for role, axes in parts.items() if axes]
    return " · ".join(shown)


def clips_size(points: Sequence[Any]) -> int:
    """Of all clips of these points, bytes; what cannot be read counts nothing."""
    total = 0
    for point in points:
        clip = point.clip
        try:
            total += clip.path.stat().st_size if clip is not None else 0
        except OSError:
            continue
    return total


def fits_one_file(size: int) -> bool:
    """Whether clips of so many bytes are best put into the page itself."""
    return size <= _ONE_FILE


def _axes(roles: Mapping[str, str], role: str) -> list[str]:
    return [axis for axis, its in roles.items() if its == role]


def _plain(text: str) -> str:
    """The text as a pattern of files that means nothing but itself."""
    return re.sub(r"([\[\]*?])", r"[\1]", text)
