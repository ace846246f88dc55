"""What was measured is kept beside the Library's database, by content."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from library_tools import done_job, make_image, make_video

from framepack_widgets.clip import Clip
from framepack_widgets.library import Library, metrics_store
from framepack_widgets.library.metrics_store import MetricsStore
from framepack_widgets.metrics import Metrics, measuring


@pytest.fixture
def library(tmp_path: Path):
    made = Library(tmp_path / "lib")
    yield made
    made.close()


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files whose pictures were looked at."""
    files: list[Path] = []
    original = measuring.lumas

    def lumas(video):
        files.append(video.path)
        return original(video)

    monkeypatch.setattr(measuring, "lumas", lumas)
    return files


def test_a_clip_of_a_library_is_measured_once(
    library: Library, measured: list[Path], tmp_path: Path
) -> None:
    record = done_job(library)
    first = library.clip(record).metrics()
    assert first.flicker > 0
    assert len(first.sharpness_over_time) == 6
    assert library.clip(record).metrics() == first
    assert Clip(library.clip(record).path).metrics() == first
    assert len(measured) == 1
    other = make_video(tmp_path / "elsewhere.mp4", 4)
    assert Clip(other).metrics() == Clip(other).metrics()
    assert measured[1:] == [other] * 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["elsewhere.mp4", "lib"]


def test_by_content(library: Library, measured: list[Path]) -> None:
    clip = library.clip(done_job(library))
    known = clip.metrics()
    moved = clip.path.with_name("moved.mp4")
    shutil.move(clip.path, moved)
    assert Clip(moved).metrics() == known
    assert len(measured) == 1
    moved.write_bytes(make_video(clip.path, 3).read_bytes())
    assert Clip(moved).metrics() != known
    assert len(measured) == 2


def test_with_a_frame_that_came_back_it_is_measured_again(
    library: Library, measured: list[Path], tmp_path: Path
) -> None:
    clip = library.clip(done_job(library, start_frame=str(make_image(tmp_path / "a.png"))))
    frame = Path(clip.settings.start_frame)
    picture = frame.read_bytes()
    frame.unlink()
    assert clip.metrics().start_ssim is None
    frame.write_bytes(picture)
    assert clip.metrics().start_ssim is not None
    assert len(measured) == 2


def test_the_numbers_of_many_clips(library: Library, tmp_path: Path) -> None:
    clips = [library.clip(done_job(library, frames=3 + n)) for n in range(3)]
    store = MetricsStore(library.path)
    assert store.numbers([clip.path for clip in clips]) == {}
    known = {clip.path: clip.metrics().to_dict() for clip in clips[:2]}
    assert store.numbers([*(clip.path for clip in clips), tmp_path / "gone.mp4"]) == known


def test_another_definition_makes_it_worthless(
    library: Library, measured: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = library.clip(done_job(library))
    clip.metrics()
    monkeypatch.setattr(metrics_store, "VERSION", metrics_store.VERSION + 1)
    assert MetricsStore(library.path).numbers([clip.path]) == {}
    clip.metrics()
    clip.metrics()
    assert len(measured) == 2


def test_a_damaged_file_only_costs_time(library: Library, measured: list[Path]) -> None:
    clip = library.clip(done_job(library))
    known = clip.metrics()
    store = MetricsStore(library.path)
    store.file.write_bytes(b"no database at all" * 100)
    assert store.numbers([clip.path]) == {}
    assert clip.metrics() == clip.metrics() == known
    assert len(measured) == 2
    store.file.unlink()
    store.file.mkdir()
    assert clip.metrics() == known
    assert len(measured) == 3


def test_dicts_of_other_versions_are_read() -> None:
    metrics = Metrics(motion=1.5, sharpness=20.0, sharpness_over_time=(20.0, None))
    values = {**metrics.to_dict(), "from_the_future": 3}
    assert Metrics.from_dict(values, [20.0, None]) == metrics
    assert Metrics.from_dict({"motion": 1.5}) == replace(
        metrics, sharpness=None, sharpness_over_time=()
    )


def test_a_known_file_is_not_read_again(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    clip = library.clip(done_job(library))
    known = clip.metrics()
    monkeypatch.setattr(metrics_store.durable, "sha256_of", None)
    assert Clip(clip.path, settings=clip.settings).metrics() == known
