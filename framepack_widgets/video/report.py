"""A report: the clips of a sweep as a page that opens from disk, without a server or network."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from framepack_widgets import durable
from framepack_widgets.clip import Clip
from framepack_widgets.errors import FramePackError, LibraryError
from framepack_widgets.library.house_keeping import DATABASE
from framepack_widgets.poster import as_poster
from framepack_widgets.video.report_data import axes_of, common_of, places_of, point_data
from framepack_widgets.video.report_page import page
from framepack_widgets.video.report_point import ReportPoint, points_of

_POSTER_WIDTH = 480  # px
_PAGE = "index.html"
_ENDINGS = (".html", ".htm")


class ReportCancelled(FramePackError):
    """The report was cancelled; nothing of it was kept."""


@dataclass(frozen=True)
class SweepReport:
    """A report that was written."""

    path: Path  # the page
    folder: Path | None  # where its clips are; None: in the page, or where they were
    points: int
    clips: int  # how many of the points have one
    size: int  # of page and copied clips, bytes
    notes: tuple[str, ...] = ()  # clips that cannot be read


def write_report(
    path: str | os.PathLike[str],
    run_or_points: Iterable[ReportPoint] | Any,
    *,
    title: str = "",
    single_file: bool = False,
    link: bool = False,
    overwrite: bool = False,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> SweepReport:
    """Write a page that shows these points by their axes, playing in step.

    path: `sweep.html`, with its clips in the folder `sweep_files` beside it; another name becomes a
    folder with index.html and its clips in it.
    run_or_points: a run, or ReportPoints. single_file: the clips are put into the page. link: they
    stay where they are, and the page points there.
    progress: called with (clips done, all of them). cancelled: asked as often; once it says True,
    nothing is kept and ReportCancelled is raised.
    Raises ValueError for single_file together with link; LibraryError if there is no point, the
    page exists already, or it cannot be written.
    """
    if single_file and link:
        raise ValueError("single_file=True puts the clips into the page, link=True leaves them")
    points = points_of(run_or_points)
    if not points:
        raise LibraryError("There is no point to report. Make a sweep with at least one.")
    target, folder = _places(path)
    if (folder.parent / DATABASE).is_file() and not single_file and not link:
        raise LibraryError(f"{target.parent} is a Library. Choose another name for the report.")
    if target.exists() and not overwrite:
        raise LibraryError(
            f"{target} exists already. Choose another name, or report(…, overwrite=True)."
        )
    writer = _Writer(target, folder, embeds=single_file, links=link)
    try:
        writer.take(points, progress, cancelled)
        writer.write(title or str(getattr(run_or_points, "name", "")) or target.stem)
    except BaseException:
        writer.undo()
        raise
    return writer.done()


def _places(path: str | os.PathLike[str]) -> tuple[Path, Path]:
    """The page, and the folder for its clips."""
    given = Path(os.path.abspath(Path(path).expanduser()))  # noqa: PTH100 links stay links
    if given.suffix.lower() in _ENDINGS and not given.is_dir():
        return given, given.with_name(f"{given.stem}_files")
    return given / _PAGE, given / "clips"


class _Writer:
    """Puts the clips where the page finds them, then writes the page."""

    def __init__(self, target: Path, folder: Path, *, embeds: bool, links: bool) -> None:
        self._target, self._folder = target, folder
        self._embeds, self._links = embeds, links
        self._points: tuple[ReportPoint, ...] = ()
        self._clips: list[dict[str, Any] | None] = []
        self._embedded: list[Path] = []
        self._known: dict[Path, dict[str, Any]] = {}
        self._copied: list[Path] = []
        self._made: list[Path] = []
        self._notes: list[str] = []
        self._copied_size = 0

    def take(
        self,
        points: tuple[ReportPoint, ...],
        progress: Callable[[int, int], None] | None,
        cancelled: Callable[[], bool] | None,
    ) -> None:
        """Look into each clip and bring it to its place. Raises ReportCancelled, LibraryError."""
        total = sum(point.clip is not None for point in points)
        done, taken = 0, []
        for point in points:
            if cancelled is not None and cancelled():
                raise ReportCancelled(
                    f"{self._target.name} was cancelled after {done} of {total} clips; nothing of "
                    "it was kept. Write it again to have it."
                )
            taken.append(self._take(point))
            if point.clip is not None:
                done += 1
                if progress is not None:
                    progress(done, total)
        self._points = tuple(taken)

    def _take(self, point: ReportPoint) -> ReportPoint:
        if point.clip is None:
            self._clips.append(None)
            return point
        clip = Clip(point.clip)
        try:
            facts = self._facts(clip)
            poster = point.poster or _poster(clip)
        except LibraryError as error:
            self._notes.append(str(error))
            self._clips.append(None)
            return replace(point, clip=None, error=point.error or str(error))
        self._clips.append(facts)
        return replace(point, poster=poster)

    def _facts(self, clip: Clip) -> dict[str, Any]:
        """Where the page finds the clip, and how long it is; equal clips are put there once."""
        known = self._known.get(clip.path)
        if known is None:
            known = {"name": clip.path.name, "fps": clip.fps, "frames": clip.frame_count}
            known |= {"width": clip.width, "height": clip.height, "partial": clip.partial}
            self._known[clip.path] = known | self._source(clip.path)
        return self._known[clip.path]

    def _source(self, clip: Path) -> dict[str, Any]:
        if self._embeds:
            self._embedded.append(clip)
            return {"embedded": len(self._embedded) - 1}
        if self._links:
            try:
                inside = Path(os.path.relpath(clip, self._target.parent)).as_posix()
            except ValueError:  # another drive of Windows
                return {"src": clip.as_uri()}
            return {"src": quote(inside)}
        return {"src": quote(f"{self._folder.name}/{self._copy(clip).name}")}

    def _copy(self, clip: Path) -> Path:
        """The clip in the folder; what has its name there and is another one stays."""
        place, number = self._folder / clip.name, 1
        with durable.explaining("copy a clip to", place, needs=clip.stat().st_size):
            while place in self._copied or (place.exists() and not _same(place, clip)):
                number += 1
                place = self._folder / f"{clip.stem}-{number}{clip.suffix}"
            self._copied.append(place)
            self._make(self._folder)
            if not place.exists():
                durable.copy(clip, place)
                self._made.append(place)
            self._copied_size += place.stat().st_size
        return place

    def _make(self, folder: Path) -> None:
        missing = [f for f in (folder, *folder.parents) if not f.exists()]
        for each in reversed(missing):
            each.mkdir(exist_ok=True)
            self._made.append(each)

    def write(self, title: str) -> None:
        """Write the page, all or nothing. Raises LibraryError."""
        with durable.explaining("write the report", self._target):
            self._make(self._target.parent)
            with durable.whole(self._target) as temporary, temporary.open("wb") as file:
                for piece in page(self._data(title), self._embedded):
                    file.write(piece)

    def _data(self, title: str) -> dict[str, Any]:
        points, common = self._points, common_of(self._points)
        rows = zip(points, places_of(points), self._clips, strict=True)
        return {
            "title": title,
            "made": time.strftime("%Y-%m-%d %H:%M"),
            "axes": axes_of(points),
            "common": common,
            "points": [{**point_data(p, at, common), "clip": clip} for p, at, clip in rows],
        }

    def undo(self) -> None:
        """Remove what this writer made; what was there before stays."""
        for made in reversed(self._made):
            with suppress(OSError):
                made.rmdir() if made.is_dir() else made.unlink()

    def done(self) -> SweepReport:
        has_folder = bool(self._copied)
        return SweepReport(
            self._target,
            self._folder if has_folder else None,
            len(self._points),
            sum(clip is not None for clip in self._clips),
            self._target.stat().st_size + self._copied_size,
            tuple(self._notes),
        )


def _same(one: Path, other: Path) -> bool:
    is_as_big = one.stat().st_size == other.stat().st_size
    return is_as_big and durable.sha256_of(one) == durable.sha256_of(other)


def _poster(clip: Clip) -> bytes:
    """The picture in the middle: with the same start frame all first pictures are the same."""
    import PIL.Image

    return as_poster(PIL.Image.fromarray(clip.frame(clip.frame_count // 2)), _POSTER_WIDTH)
