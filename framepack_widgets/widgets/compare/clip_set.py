"""The clips that are compared at one time: what differs, what each is sorted by."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any

from framepack_widgets.errors import FramePackError, LibraryError
from framepack_widgets.library import Library
from framepack_widgets.metrics import MeasuringCancelled, Metrics, known_metrics, metrics_of
from framepack_widgets.widgets.clips.video_source import VideoSource
from framepack_widgets.widgets.compare import sorting
from framepack_widgets.widgets.compare.compared import Compared, clip_of
from framepack_widgets.widgets.compare.differing import differing, flat

FEWEST, MOST = 2, 16
_PACE_S = 0.2


class ClipSet:
    """2 to 16 clips as they were when they were read. Never changed, but for what is measured.

    Raises ValueError for fewer or more, for what is no clip, and for other labels than clips.
    """

    def __init__(
        self, clips: Iterable[Any], labels: Sequence[str] | None, library: Library | None
    ) -> None:
        taken = [clip_of(item) for item in clips]
        if not FEWEST <= len(taken) <= MOST:
            raise ValueError(f"Compare takes {FEWEST} to {MOST} clips, not {len(taken)}.")
        self.is_named = labels is not None
        numbers = [str(number + 1) for number in range(len(taken))]
        texts = numbers if labels is None else [str(label) for label in labels]
        if len(texts) != len(taken):
            raise ValueError(f"Compare got {len(taken)} clips, but {len(texts)} labels.")
        named = zip(taken, texts, strict=True)
        self.clips = tuple(Compared.read(clip, text, library) for clip, text in named)
        self.differences = differing([one.settings for one in self.clips])
        self._measured: dict[int, dict[str, float | None]] = {}

    def for_page(self) -> list[dict[str, Any]]:
        """What the page is told of each clip."""
        pairs = zip(self.clips, self.differences, strict=True)
        return [one.for_page([list(item) for item in items]) for one, items in pairs]

    def sorts(self) -> list[str]:
        """By what they can be sorted."""
        return sorting.choices(self.differences, self.is_named)

    def order(self, by: str) -> list[int]:
        """Their numbers in that order; "-" in front: the largest first."""
        name = by.removeprefix(sorting.DOWN)
        return sorting.order(self._values(name), by.startswith(sorting.DOWN))

    def lacking(self, by: str) -> int:
        """How many clips have no number yet that this order needs."""
        is_metric = by.removeprefix(sorting.DOWN) in sorting.METRICS
        return len(self.clips) - len(self._measured) if is_metric else 0

    def numbers(self, by: str) -> list[str]:
        """What each clip's number is, where the order is by a metric; else nothing."""
        name = by.removeprefix(sorting.DOWN)
        if name not in sorting.METRICS:
            return []
        return [self._number(name, number) for number in range(len(self.clips))]

    def look_up(self) -> None:
        """Take over what was measured before; from worker threads."""
        for number, one in enumerate(self.clips):
            if number not in self._measured:
                with suppress(FramePackError):
                    known = known_metrics(one.clip) if not one.trouble else Metrics()
                    if known is not None:
                        self._measured[number] = known.to_dict()

    def measure(self, tell: Callable[[str], object], cancelled: Callable[[], bool]) -> None:
        """Measure what is not measured yet; takes about as long as the clips play."""
        todo = [number for number in range(len(self.clips)) if number not in self._measured]
        for place, number in enumerate(todo, start=1):
            told = _Percent(f"measuring clip {place} of {len(todo)}", tell)
            try:
                metrics = metrics_of(self.clips[number].clip, progress=told, cancelled=cancelled)
                self._measured[number] = metrics.to_dict()
            except MeasuringCancelled:
                return
            except FramePackError:  # its tile says why; it stands last
                self._measured[number] = {}

    def marks(self) -> list[dict[str, Any]]:
        """Stars and note of each clip, as the Library has them now."""
        return [one.mark for one in self.clips]

    def changes(self) -> int:
        """Another number when something in their Libraries has changed."""
        libraries = {id(one.library): one.library for one in self.clips if one.library is not None}
        return sum(library.changes() for library in libraries.values() if library.is_open)

    def find(self, number: Any, key: Any) -> Compared:
        """The clip that the page means. Raises LibraryError if it has meant one of another set."""
        if isinstance(number, int) and 0 <= number < len(self.clips):
            one = self.clips[number]
            if one.file is None or one.file.key == key:
                return one
        raise LibraryError("Other clips are compared by now; choose again.")

    def file(self, key: Any) -> VideoSource | None:
        """The file of that key; None where it is none of these."""
        return next((one.file for one in self.clips if one.file and one.file.key == key), None)

    def _values(self, name: str) -> list[Any]:
        if name == sorting.RATING:
            return [one.mark["stars"] for one in self.clips]
        if name == sorting.LABEL:
            return [one.label for one in self.clips]
        if name in sorting.METRICS:
            return [self._measured.get(number, {}).get(name) for number in range(len(self.clips))]
        settings = [flat(one.settings) if one.settings else {} for one in self.clips]
        return [values.get(name) for values in settings]

    def _number(self, name: str, number: int) -> str:
        if number not in self._measured:
            return f"{name}: not measured"
        value = self._measured[number].get(name)
        return f"{name}: none" if value is None else f"{name} {value:.4g}"


class _Percent:
    """Says how far it is, not too often."""

    def __init__(self, what: str, tell: Callable[[str], object]) -> None:
        self._what, self._tell = what, tell
        self._at = 0.0
        tell(what)

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._at >= _PACE_S:
            self._at = now
            self._tell(f"{self._what}: {100 * done // max(1, total)} %")
