"""The built-in Studio's pictures: camera, frames, clips and the code in their pixels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from framepack_widgets.demo import pixel_code
from framepack_widgets.demo.buckets import BUCKETS
from framepack_widgets.demo.camera import camera_path, view
from framepack_widgets.demo.clip import COMMENT, encode, write_clip
from framepack_widgets.demo.scene import Scene, fit, latent_preview

CODE = pixel_code.PixelCode(b"abcd", b"efgh", pixel_code.NO_FRAME)
LOOK = {"steps": 25, "cfg": 1.0, "gs": 10.0, "loras": {}}
ALL_SIZES = sorted({size for sizes in BUCKETS.values() for size in sizes})


def gradient(height: int = 100, width: int = 120) -> np.ndarray:
    y, x = np.mgrid[0:height, 0:width]
    return np.stack([x * 2, y * 2, x + y], axis=2).astype(np.uint8)


def scene(size: tuple[int, int] = (128, 128), frames: int = 12, **changes: Any) -> Scene:
    settings: dict[str, Any] = {
        "start": gradient(),
        "end": None,
        "end_influence": 1.0,
        "path": camera_path(["closer"], [frames], 1),
        "look": LOOK,
        "code": CODE,
    }
    return Scene(size=size, **(settings | changes))


def decoded(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def test_the_camera_stays_inside_the_image() -> None:
    for prompt in ("closer", "away", "left", "up", "spin", "something else"):
        path = camera_path([prompt, "down"], [40, 60], seed=3)
        assert path.shape == (100, 3)
        for state in path:
            left, top, right, bottom = view(state, 160, 96)
            assert 0 <= left < right <= 160
            assert 0 <= top < bottom <= 96


def test_prompt_and_seed_choose_the_move() -> None:
    base = camera_path(["left"], [60], 1)
    assert np.array_equal(base, camera_path(["left"], [60], 1))
    assert not np.allclose(base, camera_path(["right"], [60], 1))
    assert not np.allclose(base, camera_path(["left"], [60], 2))


@pytest.mark.parametrize("size", ALL_SIZES)
def test_the_code_survives_encoding_at_every_size(tmp_path: Path, size: tuple[int, int]) -> None:
    shown = scene(size, frames=2, path=camera_path(["closer"], [2], 1))
    path = tmp_path / "clip.mp4"
    write_clip(path, encode([shown.frame(0), shown.frame(1)], size[1], size[0]), size[1], size[0])
    assert {pixel_code.read(frame) for frame in decoded(path)} == {CODE}


def test_sections_can_be_joined_in_any_order(tmp_path: Path) -> None:
    shown = scene(frames=12)
    first = encode([shown.frame(i) for i in range(6)], 128, 128)
    second = encode([shown.frame(i) for i in range(6, 12)], 128, 128)
    whole, turned = tmp_path / "whole.mp4", tmp_path / "turned.mp4"
    write_clip(whole, first + second, 128, 128)
    write_clip(turned, second + first, 128, 128)
    assert len(decoded(whole)) == 12
    assert np.array_equal(decoded(whole)[0], decoded(turned)[6])
    with av.open(str(whole)) as container:
        assert container.metadata["comment"] == COMMENT
        assert container.streams.video[0].average_rate == 30


def test_the_last_frame_is_the_end_frame_by_its_influence(tmp_path: Path) -> None:
    white = np.full((100, 120, 3), 255, np.uint8)
    brightness = []
    for influence in (0.05, 0.5, 1.0):
        last = scene(end=white, end_influence=influence).frame(11)
        brightness.append(float(last[:64].mean()))  # luma of the upper half
    assert brightness == sorted(brightness)
    assert brightness[-1] > 230
    assert np.array_equal(scene(end=white).frame(0), scene().frame(0))


@pytest.mark.parametrize(
    "look", [{"steps": 4}, {"cfg": 2.5}, {"gs": 2.0}, {"loras": {"anime_v2": 1.0}}]
)
def test_settings_can_be_seen(look: dict[str, Any]) -> None:
    difference = scene(look=LOOK | look).frame(5).astype(int) - scene().frame(5)
    assert np.abs(difference).mean() > 0.5


def test_a_preview_turns_from_noise_into_the_picture() -> None:
    rough = scene().rough(0, 12)
    assert rough.shape == (16, 16 * 9, 3)
    distances = [
        np.abs(latent_preview(rough, done, 1).astype(int) - rough).mean()
        for done in (0.1, 0.6, 1.0)
    ]
    assert distances == sorted(distances, reverse=True)
    assert distances[-1] == 0


def test_fit_keeps_the_middle() -> None:
    wide = np.zeros((50, 200, 3), np.uint8)
    wide[:, 75:125] = 255
    assert fit(wide, (64, 64)).shape == (64, 64, 3)
    assert fit(wide, (64, 64)).mean() > 250
    square = gradient(64, 64)
    assert fit(square, (64, 64)) is square


def test_settings_code_ignores_a_stamp_and_the_time() -> None:
    facts = {"seed": 7, "cfg": 1.0, "teacache_rel_l1_thresh": 0.15, "timestamp": 1.0}
    code = pixel_code.settings_code(facts)
    stamped = facts | {"teacache_rel_l1_thresh": 0.15 + 123456789e-15, "timestamp": 2.0}
    assert pixel_code.settings_code(stamped) == code
    assert pixel_code.settings_code(facts | {"cfg": 1.1}) != code
    assert pixel_code.settings_code(facts | {"cfg": 1}) == code


def test_frames_without_a_code_are_refused() -> None:
    with pytest.raises(ValueError, match="no pixel code"):
        pixel_code.read(gradient(128, 128))
