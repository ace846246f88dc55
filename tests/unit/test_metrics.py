"""Numbers about clips, on clips whose numbers are known."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import av
import numpy as np
import PIL.Image
import pytest

from framepack_widgets.clip import Clip
from framepack_widgets.errors import LibraryError
from framepack_widgets.images import ImageData
from framepack_widgets.metrics import MeasuringCancelled, Metrics, metrics_of
from framepack_widgets.metrics.ssim import ssim
from framepack_widgets.settings import Settings

SIDE = 160
GREY = "rgb24"


def texture(soft: int = 6, seed: int = 0, side: int = SIDE) -> np.ndarray:
    """Soft shapes of two sizes, px, between 50 and 190; right and left edge fit together."""
    random = np.random.default_rng(seed)
    layers = []
    for size in (soft, 32):
        few = random.integers(0, 256, (side // size + 1, side // size + 1), np.uint8)
        image = PIL.Image.fromarray(few).resize((side, side), PIL.Image.Resampling.BICUBIC)
        layers.append(np.asarray(image).astype(float))
    return 50 + 0.55 * (layers[0] + layers[1]) / 2


def shifted(px: int, pictures: int = 12, soft: int = 6) -> list[np.ndarray]:
    still = texture(soft)
    return [np.roll(still, px * number, axis=1) for number in range(pictures)]


def write(path: Path, pictures: Sequence[np.ndarray], crf: int = 0) -> Path:
    height, width = pictures[0].shape
    with av.open(str(path), "w", format="mp4") as out:
        stream = out.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.options = {"crf": str(crf), "preset": "veryfast"}
        for picture in pictures:
            grey = picture.clip(0, 255).astype(np.uint8)
            frame = av.VideoFrame.from_ndarray(np.stack([grey] * 3, axis=2), format=GREY)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


@pytest.fixture
def measured(tmp_path: Path):
    def measure(pictures: Sequence[np.ndarray], crf: int = 0) -> Metrics:
        return Clip(write(tmp_path / "clip.mp4", pictures, crf)).metrics()

    return measure


# -- motion --------------------------------------------------------------------------------------
@pytest.mark.parametrize("soft", [3, 6, 12])
def test_motion_is_how_far_things_move(measured, soft: int) -> None:
    moved = {px: measured(shifted(px, soft=soft)).motion for px in (0, 1, 2, 4, 8)}
    assert moved[0] == 0
    assert all(abs(moved[px] / px - 1) < 0.1 for px in (1, 2, 4, 8)), moved
    assert all(abs(moved[px] / px / moved[1] - 1) < 0.1 for px in (2, 4, 8)), moved


def test_motion_is_told_in_pixels_of_the_clip(measured) -> None:
    """A clip of 640 x 320 px is looked at in full size, one of 640 x 640 px at half."""
    wide = texture(side=640)
    for picture in (wide, wide[:320]):
        motion = measured([np.roll(picture, 6 * n, axis=0) for n in range(3)]).motion
        assert abs(motion - 6) < 0.6


def test_half_of_the_picture_moves(measured) -> None:
    still, moving = texture(seed=1, side=320), texture(side=320)
    pictures = []
    for number in range(4):
        picture = still.copy()
        picture[:, 160:] = np.roll(moving, 4 * number, axis=0)[:, 160:]
        pictures.append(picture)
    assert 1.5 < measured(pictures).motion < 2.5


def test_what_does_not_follow_from_before_is_no_motion(measured) -> None:
    pictures = [texture(seed=0)] * 4 + [texture(seed=1)] * 4
    assert measured(pictures).motion < 0.5


# -- the others ----------------------------------------------------------------------------------
def test_flicker_raises_flicker_and_nothing_else(measured) -> None:
    calm = shifted(2)
    jumping = [picture * (1 + 0.05 * (-1) ** number) for number, picture in enumerate(calm)]
    before, after = measured(calm), measured(jumping)
    mean = texture().mean()
    assert before.flicker < 0.1
    assert abs(after.flicker / (0.1 * mean) - 1) < 0.1
    assert_alike(before, after, 0.05, but="flicker")


def test_a_fade_is_no_flicker(measured) -> None:
    assert measured([texture() * (0.5 + 0.04 * n) for n in range(12)]).flicker < 0.2


def test_sharpness(measured) -> None:
    values = [measured(shifted(1, soft=soft)).sharpness for soft in (3, 6, 12)]
    assert values == sorted(values, reverse=True)
    assert values[0] > 1.5 * values[1] > 2 * values[2]
    over_time = measured([texture(3)] * 3 + [texture(12)] * 2).sharpness_over_time
    assert len(over_time) == 5
    assert min(over_time[:3]) > 1.5 * max(over_time[3:])


@pytest.mark.parametrize("px", [0, 16, 32])
def test_a_perfect_loop_has_no_seam(measured, px: int) -> None:
    assert measured(shifted(px, SIDE // 16)).loop_seam == 0


def test_a_seam_is_a_jump_that_is_larger_than_usual(measured) -> None:
    there = shifted(2, 16)
    assert measured(there).loop_seam > 0.2
    assert measured([*there, *there[-2:0:-1]]).loop_seam == 0, "there and back"
    assert measured([*there[:8], *[texture(seed=3)] * 8]).loop_seam > 0.7


def test_coding_moves_no_number_by_much(measured) -> None:
    pictures = [
        picture * (1 + 0.03 * (-1) ** number) for number, picture in enumerate(shifted(2, 16))
    ]
    assert_alike(measured(pictures), measured(pictures, crf=16), 0.1)
    assert_alike(measured(shifted(0)), measured(shifted(0), crf=16), 0.1)


def assert_alike(one: Metrics, other: Metrics, share: float, but: str = "") -> None:
    for name, value in one.to_dict().items():
        if name == but or value is None:
            continue
        assert abs(getattr(other, name) - value) <= max(share * value, 0.02), name


# -- frames --------------------------------------------------------------------------------------
def test_first_and_last_picture_beside_their_frames(tmp_path: Path) -> None:
    pictures = shifted(4)
    path = write(tmp_path / "clip.mp4", pictures, crf=10)
    start = tmp_path / "start.png"
    PIL.Image.fromarray(pictures[0].astype(np.uint8)).save(start)
    # Twice as wide as high: a Studio cuts off left and right.
    last = np.concatenate([texture(seed=5)[:, :80], pictures[-1], texture(seed=6)[:, 80:]], axis=1)
    end = ImageData.of(PIL.Image.fromarray(last.astype(np.uint8)).resize((640, 320)))
    metrics = Clip(path, settings=Settings(start_frame=str(start), end_frame=end)).metrics()
    assert metrics.start_ssim > 0.97
    assert metrics.end_ssim > 0.9
    wrong = Clip(path, settings=Settings(start_frame=end, end_frame="gone.png")).metrics()
    assert wrong.start_ssim < 0.5
    assert wrong.end_ssim is None


def test_ssim_of_known_pictures() -> None:
    picture = texture().astype(np.float32)
    assert ssim(picture, picture) == pytest.approx(1)
    # Equal but for the brightness, so that only the first factor is not 1 (flat windows).
    flat = np.full((20, 20), 100, np.float32)
    expected = (2 * 100 * 120 + 6.5025) / (100**2 + 120**2 + 6.5025)
    assert ssim(flat, flat + 20) == pytest.approx(expected)
    assert ssim(picture, 240 - picture) < -0.2
    assert ssim(flat[:5], flat[:5]) is None


# -- the edges -----------------------------------------------------------------------------------
def test_what_cannot_be_told_is_none(measured) -> None:
    flat = np.full((SIDE, SIDE), 128.0)
    one = measured([texture()])
    assert (one.motion, one.flicker, one.loop_seam) == (None, None, None)
    assert one.sharpness > 0
    plain = measured([flat] * 4)
    assert (plain.motion, plain.sharpness, plain.flicker) == (None, None, 0)
    assert plain.sharpness_over_time == (None,) * 4
    tiny = measured([texture()[:8, :8]] * 3)
    assert (tiny.motion, tiny.sharpness) == (None, None)


def test_full_range_and_other_formats_measure_alike(tmp_path: Path) -> None:
    clips = []
    for pix_fmt, wide in (("yuv420p", False), ("yuvj420p", True), ("rgb24", False)):
        path = tmp_path / f"{pix_fmt}.mkv"
        codec = "ffv1" if pix_fmt == "rgb24" else "libx264"
        with av.open(str(path), "w") as out:
            stream = out.add_stream("ffv1" if codec == "ffv1" else codec, rate=30)
            stream.width = stream.height = SIDE
            stream.pix_fmt = "bgr0" if codec == "ffv1" else pix_fmt
            stream.options = {} if codec == "ffv1" else {"crf": "1"}
            for number in range(4):
                level = 100 + 40 * (number % 2)
                grey = (texture() * level / 150).astype(np.uint8)
                frame = av.VideoFrame.from_ndarray(np.stack([grey] * 3, axis=2), format=GREY)
                frame = frame.reformat(format=stream.pix_fmt, dst_color_range=2 if wide else 1)
                out.mux(stream.encode(frame))
            out.mux(stream.encode(None))
        clips.append(Clip(path).metrics())
    for other in clips[1:]:
        assert abs(other.flicker / clips[0].flicker - 1) < 0.03
        assert abs(other.sharpness / clips[0].sharpness - 1) < 0.05


def test_progress_cancelling_and_files_that_are_no_clips(tmp_path: Path) -> None:
    clip = Clip(write(tmp_path / "clip.mp4", shifted(1, 5)))
    told: list[tuple[int, int]] = []
    metrics_of(clip, progress=lambda *done: told.append(done))
    assert told == [(n, 5) for n in range(1, 6)]
    with pytest.raises(MeasuringCancelled, match=r"clip\.mp4 was cancelled after 1 of 5"):
        metrics_of(clip, cancelled=lambda: True)
    (tmp_path / "text.mp4").write_text("no video")
    with pytest.raises(LibraryError, match=r"text\.mp4"):
        Clip(tmp_path / "text.mp4").metrics()
    with pytest.raises(LibraryError, match=r"gone\.mp4"):
        Clip(tmp_path / "gone.mp4", settings=Settings()).metrics()
