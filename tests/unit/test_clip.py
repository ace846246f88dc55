"""Clips: their facts and their pictures, each the very one that was asked for."""

from __future__ import annotations

import json
import os
from io import BytesIO
from pathlib import Path

import av
import numpy as np
import PIL.Image
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from library_tools import make_video, picture

from framepack_widgets import provenance
from framepack_widgets.clip import Clip
from framepack_widgets.errors import LibraryError
from framepack_widgets.settings import Settings
from framepack_widgets.video_file import VideoFile

COUNT = 23
FACTS = {
    "framepack_widgets": 1,
    "settings": {"prompt": "it yawns", "seed": 7},
    "job": "3f2a9c81d04e",
    "verified": "stamp",
    "partial": True,
}


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    folder = tmp_path_factory.mktemp("clips")
    plain = make_video(folder / "plain.mp4", frames=COUNT)
    provenance.write(plain, folder / "clip.mp4", FACTS)
    return Clip.open(folder / "clip.mp4")


@pytest.fixture(scope="module")
def decoded(clip: Clip) -> np.ndarray:
    """All pictures, by decoding from front to back, without any of our own code."""
    with av.open(str(clip.path)) as file:
        return np.stack([f.to_ndarray(format="rgb24") for f in file.decode(video=0)])


def test_facts(clip: Clip) -> None:
    assert (clip.width, clip.height, clip.fps, clip.frame_count) == (96, 64, 30.0, COUNT)
    assert clip.seconds == pytest.approx(COUNT / 30, abs=1e-3)
    assert clip.settings == Settings(prompt="it yawns", seed=7)
    assert (clip.partial, clip.verified, clip.job_id) == (True, "stamp", "3f2a9c81d04e")
    assert clip.size == clip.path.stat().st_size
    assert os.fspath(clip) == str(clip.path)
    assert repr(clip) == "<Clip clip.mp4: 0.77 s, 96 x 64, partial>"
    facts = json.loads(json.dumps(clip.facts()))
    assert facts["settings"] == {"prompt": "it yawns", "seed": 7}
    assert facts["frame_count"] == COUNT


def test_the_pictures_are_the_ones_that_were_filmed(clip: Clip, decoded: np.ndarray) -> None:
    """The test's own reference: close to what went into the encoder, picture by picture."""
    for number in range(COUNT):
        error = np.abs(decoded[number].astype(int) - picture(number).astype(int)).mean()
        assert error < 6, number


def test_what_the_database_knows_comes_first(clip: Clip) -> None:
    known = Clip(
        clip.path, settings=Settings(prompt="b"), partial=False, verified="id", job_id="abc"
    )
    assert known.settings == Settings(prompt="b")
    assert (known.partial, known.verified, known.job_id) == (False, "id", "abc")


def test_a_clip_without_settings(tmp_path: Path) -> None:
    clip = Clip.open(make_video(tmp_path / "a.mp4", frames=2))
    assert clip.settings is None and clip.missing_inputs == ()
    assert (clip.partial, clip.verified, clip.job_id) == (False, None, None)
    assert clip.facts()["settings"] is None


def test_nothing_is_read_before_it_is_needed(tmp_path: Path) -> None:
    clip = Clip(tmp_path / "later.mp4", settings=Settings(prompt="x"), verified="id", partial=False)
    assert (clip.settings.prompt, clip.verified, clip.partial) == ("x", "id", False)
    assert repr(clip) == "<Clip later.mp4: file cannot be read>"
    make_video(clip.path, frames=3)
    assert clip.frame_count == 3


def test_files_that_are_no_clips(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match=r"no file .*none\.mp4.*Check the path"):
        Clip.open(tmp_path / "none.mp4")
    (tmp_path / "a.mp4").write_text("<html>")
    with pytest.raises(LibraryError, match=r"a\.mp4 is not a video.*download it again"):
        Clip.open(tmp_path / "a.mp4")
    with pytest.raises(LibraryError):
        Clip.open(tmp_path)


def test_a_clip_that_was_cut_off(tmp_path: Path, clip: Clip) -> None:
    data = clip.path.read_bytes()
    (tmp_path / "cut.mp4").write_bytes(data[: len(data) * 2 // 3])
    cut = Clip.open(tmp_path / "cut.mp4")
    assert 0 < cut.frame_count < COUNT
    with pytest.raises(LibraryError, match="cut off"):
        provenance.write(cut.path, tmp_path / "copy.mp4", FACTS)


def test_a_file_that_shrinks_behind_our_back(tmp_path: Path) -> None:
    video = VideoFile(make_video(tmp_path / "a.mp4", frames=12))
    assert video.frame_count == 12
    make_video(video.path, frames=5)
    with pytest.raises(LibraryError, match=r"damaged: only 5 of the 12 frames.*Fetch"):
        list(video.decode(range(12)))


def test_all_frames(clip: Clip, decoded: np.ndarray) -> None:
    assert np.array_equal(clip.frames(), decoded)
    assert np.array_equal(np.stack(list(clip.iter_frames())), decoded)
    assert clip.frames().dtype == np.uint8


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    start=st.none() | st.integers(-30, 30),
    stop=st.none() | st.integers(-30, 30),
    step=st.none() | st.integers(-7, 7).filter(bool),
)
def test_frames_are_a_python_slice(
    clip: Clip, decoded: np.ndarray, start: int | None, stop: int | None, step: int | None
) -> None:
    expected = decoded[start:stop:step]
    found = clip.frames(start, stop, step)
    assert found.shape == expected.shape
    assert np.array_equal(found, expected)


@pytest.mark.parametrize("index", [*range(COUNT), *range(-COUNT, 0)])
def test_one_frame(clip: Clip, decoded: np.ndarray, index: int) -> None:
    assert np.array_equal(clip.frame(index), decoded[index])


@pytest.mark.parametrize("index", [COUNT, -COUNT - 1, 1000])
def test_no_such_frame(clip: Clip, index: int) -> None:
    with pytest.raises(IndexError, match=f"has {COUNT} frames"):
        clip.frame(index)


def test_one_frame_does_not_decode_all(tmp_path: Path, monkeypatch) -> None:
    clip = Clip.open(make_video(tmp_path / "long.mp4", frames=200))
    assert clip.frame_count == 200
    count = 0
    real = av.VideoFrame.to_ndarray

    class Counting:
        def __init__(self, video) -> None:
            self._video = video

        def __getattr__(self, name):
            return getattr(self._video, name)

        def __enter__(self):
            self._video.__enter__()
            return self

        def __exit__(self, *error):
            return self._video.__exit__(*error)

        def decode(self, *streams):
            nonlocal count
            for frame in self._video.decode(*streams):
                count += 1
                yield frame

    opened = av.open
    monkeypatch.setattr(av, "open", lambda *a, **k: Counting(opened(*a, **k)))
    last = clip.frame(-1)
    assert count < 20
    monkeypatch.undo()
    assert real is av.VideoFrame.to_ndarray
    assert np.array_equal(last, clip.frames()[-1])


def test_iter_frames_from_the_end_and_in_steps(clip: Clip, decoded: np.ndarray) -> None:
    assert np.array_equal(np.stack(list(clip.iter_frames(-5, -1, 2))), decoded[-5:-1:2])
    assert np.array_equal(np.stack(list(clip.iter_frames(3, step=6))), decoded[3::6])
    assert list(clip.iter_frames(9, 3)) == []
    with pytest.raises(ValueError, match="1 or more"):
        next(clip.iter_frames(step=0))


def test_an_iteration_that_is_given_up_closes_the_file(clip: Clip) -> None:
    frames = clip.iter_frames()
    next(frames)
    frames.close()
    assert np.array_equal(clip.frame(0), next(clip.iter_frames()))


def test_two_iterations_at_once(clip: Clip, decoded: np.ndarray) -> None:
    for number, (one, two) in enumerate(zip(clip.iter_frames(), clip.iter_frames(2))):
        assert np.array_equal(one, decoded[number])
        assert np.array_equal(two, decoded[number + 2])


def test_first_and_last_frame_are_pixel_identical(clip: Clip, decoded: np.ndarray) -> None:
    assert isinstance(clip.first_frame(), PIL.Image.Image)
    assert np.array_equal(np.asarray(clip.first_frame()), decoded[0])
    assert np.array_equal(np.asarray(clip.last_frame()), decoded[-1])
    # The next clip's start frame goes through a PNG, which changes nothing.
    buffer = BytesIO()
    clip.last_frame().save(buffer, "PNG")
    assert np.array_equal(np.asarray(PIL.Image.open(buffer)), decoded[-1])


def test_a_clip_without_a_regular_clock(tmp_path: Path) -> None:
    path = tmp_path / "vfr.mp4"
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        stream.options = {"g": "4", "bf": "2"}
        for number, time in enumerate((0, 1, 5, 6, 20, 21, 22, 40, 41)):
            frame = av.VideoFrame.from_ndarray(picture(number), format="rgb24")
            frame.pts = time
            file.mux(stream.encode(frame))
        file.mux(stream.encode())
    clip = Clip.open(path)
    with av.open(str(path)) as file:
        decoded = [f.to_ndarray(format="rgb24") for f in file.decode(video=0)]
    assert clip.frame_count == len(decoded) == 9
    for number in range(9):
        assert np.array_equal(clip.frame(number), decoded[number])


def test_poster(clip: Clip) -> None:
    poster = clip.poster(max_width=48)
    image = PIL.Image.open(BytesIO(poster))
    assert (image.format, image.size) == ("JPEG", (48, 32))
    assert PIL.Image.open(BytesIO(clip.poster())).size == (96, 64), "never made larger"


def test_save(clip: Clip, tmp_path: Path) -> None:
    assert clip.save(tmp_path) == tmp_path / "clip.mp4"
    named = clip.save(tmp_path / "new folder" / "friendly name")
    assert named == tmp_path / "new folder" / "friendly name.mp4"
    assert Clip.open(named).settings == clip.settings
    assert named.read_bytes() == clip.path.read_bytes()
    with pytest.raises(LibraryError, match=r"exists already.*overwrite=True"):
        clip.save(named)
    named.write_text("old")
    assert clip.save(named, overwrite=True) == named
    assert named.read_bytes() == clip.path.read_bytes()
    assert clip.save(clip.path) == clip.path
    assert clip.save(tmp_path / "v1.5").name == "v1.5.mp4"
    assert not list(tmp_path.rglob("*.part"))


def test_save_puts_settings_inside_that_were_only_beside(tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.mp4")
    (tmp_path / "a.json").write_text(json.dumps(FACTS))
    saved = Clip.open(path).save(tmp_path / "b.mp4")
    assert not (tmp_path / "b.json").exists()
    assert Clip.open(saved).settings == Settings(prompt="it yawns", seed=7)
    assert np.array_equal(Clip.open(saved).frames(), Clip.open(path).frames())


def test_save_of_a_clip_that_carries_nothing(tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.mp4")
    saved = Clip.open(path).save(tmp_path / "b.mp4")
    assert saved.read_bytes() == path.read_bytes()


def test_equal_by_path(clip: Clip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(clip.path.parent)
    assert Clip("clip.mp4") == clip
    assert hash(Clip("clip.mp4")) == hash(clip)
    assert Clip(tmp_path / "other.mp4") != clip
    assert clip != str(clip.path)
