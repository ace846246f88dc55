"""Measuring a clip: one pass over its pictures, memory for a few of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from framepack_widgets.errors import FramePackError
from framepack_widgets.images import ImageData
from framepack_widgets.metrics.brightness import Flicker
from framepack_widgets.metrics.detail import Sharpness
from framepack_widgets.metrics.luma import luma_of, lumas
from framepack_widgets.metrics.motion import Motion
from framepack_widgets.metrics.numbers import Metrics
from framepack_widgets.metrics.seam import Seam
from framepack_widgets.metrics.ssim import ssim
from framepack_widgets.video_file import VideoFile

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from framepack_widgets.clip import Clip


class MeasuringCancelled(FramePackError):
    """Measuring a clip was cancelled; nothing of it was kept."""


def metrics_of(
    clip: Clip,
    *,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Metrics:
    """The numbers about a clip; see `Metrics`. Those of a Library's clips are measured once.

    progress: called with (pictures done, all of them), often; not where the numbers are known.
    cancelled: asked as often; once it says True, MeasuringCancelled is raised.
    Raises LibraryError if the clip cannot be read.
    """
    known = _Known(clip)
    metrics = known.get()
    if metrics is None:
        watch = _Watch(clip.path, progress, cancelled)
        metrics = _measured(VideoFile(clip.path), known.start, known.end, watch)
        known.put(metrics)
    return metrics


def known_metrics(clip: Clip) -> Metrics | None:
    """What was measured of a Library's clip before; None: nothing yet, or it lies elsewhere.

    Raises LibraryError if the clip cannot be read.
    """
    return _Known(clip).get()


class _Known:
    """What the Library knows of a clip, beside the frames that it was made with."""

    def __init__(self, clip: Clip) -> None:
        # Late: what is kept there are Metrics, so that it needs this package.
        from framepack_widgets.library.metrics_store import MetricsStore

        settings = clip.settings
        self.start = _frame(settings.start_frame) if settings is not None else None
        self.end = _frame(settings.end_frame) if settings is not None else None
        self._path = clip.path
        self._frames = f"{_name(self.start)}|{_name(self.end)}"
        self._store = MetricsStore.of(clip.path)

    def get(self) -> Metrics | None:
        return self._store.get(self._path, self._frames) if self._store is not None else None

    def put(self, metrics: Metrics) -> None:
        if self._store is not None:
            self._store.put(self._path, self._frames, metrics)


class _Watch:
    """Told of each picture."""

    def __init__(
        self,
        path: Path,
        progress: Callable[[int, int], None] | None,
        cancelled: Callable[[], bool] | None,
    ) -> None:
        self._path, self._progress, self._cancelled = path, progress, cancelled

    def __call__(self, done: int, total: int) -> None:
        if self._cancelled is not None and self._cancelled():
            raise MeasuringCancelled(
                f"Measuring {self._path.name} was cancelled after {done} of {total} pictures. Ask "
                "for its metrics again to have them."
            )
        if self._progress is not None:
            self._progress(done, total)


def _measured(video: VideoFile, start: Any, end: Any, watch: _Watch) -> Metrics:
    total = video.frame_count
    motion, flicker, sharpness, seam = Motion(), Flicker(), Sharpness(), Seam()
    first: NDArray[np.float32] | None = None
    last: NDArray[np.float32] | None = None
    for done, luma in enumerate(lumas(video), start=1):
        for meter in (motion, flicker, sharpness, seam):
            meter.add(luma)
        first, last = luma if first is None else first, luma
        watch(done, max(done, total))
    return Metrics(
        motion=_rounded(motion.result()),
        flicker=_rounded(flicker.result()),
        sharpness=_rounded(sharpness.result()),
        start_ssim=_rounded(_likeness(start, first)),
        end_ssim=_rounded(_likeness(end, last)),
        loop_seam=_rounded(seam.result()),
        sharpness_over_time=sharpness.series(),
    )


def _likeness(image: Any, luma: NDArray[np.float32] | None) -> float | None:
    if image is None or luma is None:
        return None
    height, width = luma.shape
    with _opened(image) as picture:
        return ssim(luma_of(picture, (width, height)), luma.clip(0, 255))


def _opened(frame: Path | ImageData) -> Any:
    import PIL.Image

    return frame.open() if isinstance(frame, ImageData) else PIL.Image.open(frame)


def _frame(frame: Any) -> Path | ImageData | None:
    """A frame that can be looked at; None for none, and for one that is not there."""
    if isinstance(frame, str):
        path = Path(frame).expanduser()
        frame = path if path.is_file() else None
    if isinstance(frame, (Path, ImageData)):
        try:
            with _opened(frame) as picture:
                picture.load()
        except (OSError, SyntaxError, ValueError):  # how PIL reports broken pictures
            return None
        return frame
    return None


def _name(frame: Path | ImageData | None) -> str:
    """What tells this frame from another: a Library names them by their content."""
    if isinstance(frame, ImageData):
        return frame.sha256
    return "" if frame is None else frame.name


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
