"""What a render will be, told before anything is sent: exact length and size, estimated time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from framepack_widgets.errors import LibraryError
from framepack_widgets.images import image_size
from framepack_widgets.job import JobRecord
from framepack_widgets.length import Render, RenderPlan, estimate_seconds, plan
from framepack_widgets.models import facts_of
from framepack_widgets.settings import Settings
from framepack_widgets.video_file import VideoFile


@dataclass(frozen=True)
class Forecast:
    """frames, seconds, width, height: of the clip, exact (None: not known before it is rendered).

    estimate: (low, high) of the render's time in s, from what this Studio took for similar ones in
    the Library; None: unknown, as there were none.
    """

    plan: RenderPlan
    estimate: tuple[float, float] | None

    @property
    def frames(self) -> int:
        """How many pictures the clip will have."""
        return self.plan.frames

    @property
    def seconds(self) -> float:
        """How long the clip will be, s."""
        return self.plan.seconds

    @property
    def width(self) -> int | None:
        """Its width, px; None where only the server can tell."""
        return self.plan.width

    @property
    def height(self) -> int | None:
        """Its height, px; None where only the server can tell."""
        return self.plan.height

    @property
    def sections(self) -> int:
        """In how many sections it is rendered."""
        return self.plan.sections

    def __str__(self) -> str:
        size = f", {self.width}x{self.height} px" if self.width and self.height else ""
        text = f"{self.frames} frames, {self.seconds:.2f} s{size}, {self.sections} sections"
        if self.estimate is None:
            return f"{text}; time unknown (no similar render in the Library yet)"
        low, high = self.estimate
        return f"{text}; about {_clock(low)} to {_clock(high)}"


def forecast(settings: Settings, earlier: Sequence[JobRecord]) -> Forecast:
    """The forecast for resolved settings; `earlier`: finished renders on the same Studio."""
    size, source_frames = source_of(settings)
    wanted = plan(settings, start_size=size, source_frames=source_frames)
    return Forecast(wanted, estimate_seconds(wanted, history(earlier)))


def source_of(settings: Settings) -> tuple[tuple[int, int] | None, int | None]:
    """((width, height) of the start frame or source video, px, frames of that video), or None."""
    if facts_of(settings.model).takes_video:
        if not isinstance(settings.video, str):
            return None, None
        video = VideoFile(Path(settings.video).expanduser())
        head = video.probe()
        return (head.width, head.height), video.frame_count
    if settings.start_frame is None:
        return None, None
    return image_size(settings.start_frame), None


def history(earlier: Sequence[JobRecord]) -> list[Render]:
    """What finished renders took, oldest first; `earlier`: the same, newest first."""
    found = []
    for record in reversed(earlier):
        if record.started_at is None or record.ended_at is None:
            continue
        try:
            size, frames = source_of(record.settings)
            done = plan(record.settings, start_size=size, source_frames=frames)
        except (OSError, ValueError, LibraryError):
            continue  # its frames are gone: it says nothing
        if done.width and done.height:
            took = record.ended_at - record.started_at
            pixels = done.width * done.height
            found.append(Render(done.total_steps, pixels, done.real_cfg, done.cached, took))
    return found


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
