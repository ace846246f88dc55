"""One job of the built-in Studio's queue."""

from __future__ import annotations

import base64
import enum
import io
import threading
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .progress import Progress

_THUMBNAIL = 100  # px, the longer side


class JobStatus(enum.Enum):
    """What the queue table says of a job."""

    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    CANCELLING = "cancelling"


@dataclass
class Job:
    """A submitted render. `params` holds what was submitted, unchecked."""

    params: dict[str, Any]
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    status: JobStatus = JobStatus.PENDING
    created_at: float = field(default_factory=time.time)
    started_at: float | None = None
    completed_at: float | None = None
    error: str | None = None
    result: str | None = None
    """The newest video file."""
    progress: Progress | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    """Set when the render shall end after the section it is in."""
    foreign: bool = False
    """Made by the server itself, to play a stranger."""
    timestamp: str | None = None
    """The name of its files, known once it runs."""
    outcome: str | None = None
    """What really became of it, for the server's log: ok, failed, partial or cancelled."""
    thumbnail: str | None = None

    def __post_init__(self) -> None:
        if self.thumbnail is None:
            self.thumbnail = _thumbnail(self.params.get("input_image"))


def video_end(path: str | Path) -> tuple[NDArray[np.uint8], int]:
    """The last frame of a video as (H, W, 3) uint8, and how many there are. ValueError without."""
    last, count = None, 0
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            last, count = frame, count + 1
    if last is None:
        raise ValueError(f"{path} holds no video frame")
    return np.asarray(last.to_ndarray(format="rgb24"), dtype=np.uint8), count


def _thumbnail(source: Any) -> str:
    """A small PNG of a job's start frame as data URL; bright green where a video cannot be read."""
    if isinstance(source, str):
        try:
            source = video_end(source)[0]
        except (OSError, ValueError):  # av's own errors derive from these
            source = None
    if isinstance(source, np.ndarray):
        image = Image.fromarray(source)
        image.thumbnail((_THUMBNAIL, _THUMBNAIL))
    else:
        image = Image.new("RGB", (_THUMBNAIL, _THUMBNAIL), (0, 255, 0))
    data = io.BytesIO()
    image.save(data, format="PNG")
    return "data:image/png;base64," + base64.b64encode(data.getvalue()).decode()
