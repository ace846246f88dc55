"""A grid video: rows and columns of clips with headers, playing in step, in one file."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from framepack_widgets import durable
from framepack_widgets.errors import FramePackError, LibraryError
from framepack_widgets.video.background import Headers
from framepack_widgets.video.cells import Empty, Looked, look_into
from framepack_widgets.video.composer import Composer
from framepack_widgets.video.encoding import WRITERS, as_png, copied
from framepack_widgets.video.plan import Style, plan_grid

if TYPE_CHECKING:
    import av

    from framepack_widgets.clip import Clip

    Cell: TypeAlias = Clip | str | os.PathLike[str] | Empty | None
Progress = Callable[[int, int], None]
_OTHERS = (".avi", ".m4v", ".mkv", ".mov", ".mpg", ".webm", ".apng", ".jpg", ".jpeg", ".png")
_FASTEST = 120  # pictures a second
_FASTEST_GIF = 50  # browsers show faster ones at 10


class GridCancelled(FramePackError):
    """The grid video was cancelled; nothing of it was kept."""


@dataclass(frozen=True)
class GridVideo:
    """A grid video that was written."""

    path: Path
    width: int  # px
    height: int  # px
    frames: int  # number of pictures
    poster: Path  # a PNG of the picture in the middle
    notes: tuple[str, ...] = ()  # what is not as it was asked for: smaller tiles, damaged clips


def write_grid(
    path: str | os.PathLike[str],
    cells: Sequence[Sequence[Cell]],
    *,
    column_headers: Sequence[str] = (),
    row_headers: Sequence[str] = (),
    title: str = "",
    tile: int | tuple[int, int] | None = None,
    unequal: str = "freeze",
    gap: int = 8,
    fps: float | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> GridVideo:
    """Put clips into one video, in rows and columns, and a poster beside it.

    path: its ending says what it becomes: .mp4 (H.264; also where there is none), .gif or .webp.
    The poster is `<name>-poster.png`.
    cells: the rows, each with clips, paths, or None or `Empty(reason)` for a placeholder. A clip
    that cannot be read becomes a placeholder, too, and the notes say so.
    tile: width and height, px, or the longer side; None: of the largest clip. Clips are fitted in
    whole. Tiles shrink where the sheet would be larger than 4096 x 4096 px; the notes say so.
    unequal: where clips differ in length, "freeze" the last picture of those that are over, "loop"
    them, or "trim" all to the shortest.
    gap: between tiles, px. fps: pictures a second; None: 30, in GIF and WebP 15.
    progress: called with (pictures done, all of them), often. cancelled: asked as often; once it
    says True, nothing is kept and GridCancelled is raised.

    Raises ValueError for what cannot be meant; LibraryError if there is no clip to show, a file
    exists already, or it cannot be written.
    """
    target = _target(path)
    style = Style(tile, gap, unequal, _rate(target.suffix.lower(), fps))
    poster = target.with_name(f"{target.stem}-poster.png")
    for file in (target, poster):
        if file.exists() and not overwrite:
            raise LibraryError(
                f"{file} exists already. Choose another name, or grid(…, overwrite=True)."
            )
    looked = look_into(cells)
    headers = _headers(looked, column_headers, row_headers, title)
    plan = plan_grid(looked, headers, style)
    composer = Composer(plan.background, plan.tiles, plan.count, style.rate)
    watch = _Watch(composer, WRITERS[target.suffix.lower()][2], target, progress, cancelled)
    _write(composer, target, poster, title, watch)
    damage = (
        f"{name} is damaged: it cannot be read after {seconds:.1f} s, and stands still from there."
        for name, seconds in composer.damage.items()
    )
    notes = (*looked.notes, *plan.notes, *damage)
    return GridVideo(target, composer.width, composer.height, composer.count, poster, notes)


class _Watch:
    """Told of each picture that was encoded: says how far it is, ends it, finds the middle one."""

    def __init__(
        self,
        composer: Composer,
        rounds: int,
        target: Path,
        progress: Progress | None,
        cancelled: Callable[[], bool] | None,
    ) -> None:
        self._total = composer.count * rounds
        self._middle = composer.count // 2
        self._target = target
        self._progress, self._cancelled = progress, cancelled
        self._done = 0
        self.keep: Callable[[av.VideoFrame], object] = lambda _: None  # of the middle one

    def __call__(self, sheet: av.VideoFrame) -> None:
        if self._cancelled is not None and self._cancelled():
            raise GridCancelled(
                f"{self._target.name} was cancelled after {self._done} of {self._total} pictures; "
                "nothing of it was kept. Write it again to have it."
            )
        if self._done == self._middle:
            self.keep(copied(sheet))
        self._done += 1
        if self._progress is not None:
            self._progress(self._done, self._total)


def _write(composer: Composer, target: Path, poster: Path, title: str, watch: _Watch) -> None:
    import av

    writer = WRITERS[target.suffix.lower()][0]
    with durable.explaining("write the grid video", target):
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary, picture = durable.temporary_beside(target), durable.temporary_beside(poster)
        try:
            # Beside the encoder, which leaves a processor idle now and then.
            with ThreadPoolExecutor(1, "poster") as aside:
                posters = []
                watch.keep = lambda sheet: posters.append(aside.submit(as_png, sheet, picture))
                writer(composer, temporary, title, watch)
            for made in posters:
                made.result()
                durable.put_in_place(picture, poster)
            durable.put_in_place(temporary, target)
        except av.error.FFmpegError as error:
            if isinstance(error, OSError):  # no room, no permission
                raise
            raise LibraryError(
                f"The grid video {target} could not be encoded ({error}). Try another tile= or "
                "another ending."
            ) from error
        finally:
            temporary.unlink(missing_ok=True)
            picture.unlink(missing_ok=True)


def _target(path: str | os.PathLike[str]) -> Path:
    target = Path(os.path.abspath(Path(path).expanduser()))  # noqa: PTH100 links stay links
    if target.suffix.lower() in _OTHERS:
        raise ValueError(f"a grid is written as .mp4, .gif or .webp, not as {target.suffix}")
    if target.suffix.lower() not in WRITERS:
        target = target.with_name(target.name + ".mp4")
    return target


def _rate(ending: str, fps: float | None) -> Fraction:
    most = _FASTEST_GIF if ending == ".gif" else _FASTEST
    rate = WRITERS[ending][1] if fps is None else fps
    if not 0 < rate <= most:
        raise ValueError(f"fps= has to be above 0 and at most {most} for {ending}, not {rate}")
    return Fraction(rate).limit_denominator(1001)


def _headers(looked: Looked, columns: Sequence[str], rows: Sequence[str], title: str) -> Headers:
    for name, given, there in (
        ("column_headers", columns, looked.columns),
        ("row_headers", rows, looked.rows),
    ):
        if given and len(given) != there:
            raise ValueError(f"{name}= has {len(given)} texts for {there} of them")
    return Headers([str(text) for text in columns], [str(text) for text in rows], title)
