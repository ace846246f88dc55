"""What a clip says of itself, inside and beside it."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from library_tools import make_image, make_video

from framepack_widgets import provenance
from framepack_widgets.clip import Clip
from framepack_widgets.errors import LibraryError, SettingsError
from framepack_widgets.settings import Settings


def facts_with(**settings: object) -> dict:
    return {"framepack_widgets": 1, "settings": settings, "job": "3f2a9c81d04e"}


def with_sound(path: Path) -> Path:
    """A video with sound, made by hand."""
    with av.open(str(path), "w", format="mp4") as file:
        picture = file.add_stream("libx264", rate=25)
        picture.width, picture.height, picture.pix_fmt = 64, 48, "yuv420p"
        sound = file.add_stream("aac", rate=44100)
        for number in range(10):
            pixels = np.full((48, 64, 3), number * 20, np.uint8)
            file.mux(picture.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        file.mux(picture.encode())
        samples = av.AudioFrame.from_ndarray(np.zeros((1, 44100), np.float32), "fltp", "mono")
        samples.rate = 44100
        file.mux(sound.encode(samples))
        file.mux(sound.encode())
    return path


def packets(path: Path) -> list[tuple]:
    with av.open(str(path)) as file:
        return [
            (p.stream.type, p.pts * p.time_base, p.dts * p.time_base, p.is_keyframe, bytes(p))
            for p in file.demux()
            if p.dts is not None
        ]


def test_nothing_is_encoded_again(tmp_path: Path) -> None:
    source = make_video(tmp_path / "a.mp4", frames=23)
    provenance.write(source, tmp_path / "b.mp4", facts_with(prompt="x"))
    assert packets(tmp_path / "b.mp4") == packets(source)
    before, after = Clip.open(source), Clip.open(tmp_path / "b.mp4")
    assert np.array_equal(before.frames(), after.frames())
    assert (after.fps, after.seconds) == (before.fps, before.seconds)


def test_sound_stays(tmp_path: Path) -> None:
    source = with_sound(tmp_path / "a.mp4")
    provenance.write(source, tmp_path / "b.mp4", facts_with(prompt="x"))
    by_stream = sorted(packets(tmp_path / "b.mp4"), key=lambda p: (p[0], p[2]))
    assert by_stream == sorted(packets(source), key=lambda p: (p[0], p[2]))
    assert {kind for kind, *_ in by_stream} == {"audio", "video"}


def test_it_can_be_played_while_it_loads(tmp_path: Path) -> None:
    provenance.write(make_video(tmp_path / "a.mp4"), tmp_path / "b.mp4", facts_with(prompt="x"))
    data = (tmp_path / "b.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_other_tags_stay(tmp_path: Path) -> None:
    source = make_video(tmp_path / "a.mp4", title="My title", comment="somebody's comment")
    provenance.write(source, tmp_path / "b.mp4", facts_with(prompt="x"))
    with av.open(str(tmp_path / "b.mp4")) as file:
        assert file.metadata["title"] == "My title"
        assert file.metadata["description"] == "somebody's comment"
    # Our own facts are replaced, not collected.
    provenance.write(tmp_path / "b.mp4", tmp_path / "c.mp4", facts_with(prompt="y"))
    assert provenance.read(tmp_path / "c.mp4") == facts_with(prompt="y")
    with av.open(str(tmp_path / "c.mp4")) as file:
        assert file.metadata["description"] == "somebody's comment"


def test_writing_twice_gives_the_same_file(tmp_path: Path) -> None:
    source = make_video(tmp_path / "a.mp4")
    provenance.write(source, tmp_path / "b.mp4", facts_with(prompt="x"))
    provenance.write(tmp_path / "b.mp4", tmp_path / "c.mp4", facts_with(prompt="x"))
    assert (tmp_path / "b.mp4").read_bytes() == (tmp_path / "c.mp4").read_bytes()


@pytest.fixture(scope="module")
def small_video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_video(tmp_path_factory.mktemp("video") / "small.mp4", frames=2)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    prompt=st.one_of(
        st.text(max_size=200), st.just("🐈 it looks up — “ä” \n\t\x00\\ \"'" * 60 + "end")
    ),
    loras=st.dictionaries(st.text(min_size=1, max_size=20), st.floats(0, 2), max_size=3),
)
def test_any_text_survives(small_video: Path, prompt: str, loras: dict) -> None:
    target = small_video.with_name("target.mp4")
    wanted = Settings(prompt=prompt, loras=loras, seed=2**53 - 1)
    provenance.write(small_video, target, facts_with(**wanted.to_dict()))
    assert provenance.read_settings(target) == wanted


def test_no_video_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_text("<html>404</html>")
    with pytest.raises(LibraryError, match=r"a\.mp4 is not a video.*Download it again"):
        provenance.write(tmp_path / "a.mp4", tmp_path / "b.mp4", facts_with())
    (tmp_path / "empty.mp4").write_bytes(b"")
    with pytest.raises(LibraryError, match="not a video"):
        provenance.write(tmp_path / "empty.mp4", tmp_path / "b.mp4", facts_with())


def test_a_target_that_cannot_be_written_is_not_the_videos_fault(tmp_path: Path) -> None:
    source = make_video(tmp_path / "a.mp4")
    with pytest.raises(OSError, match="No such file"):
        provenance.write(source, tmp_path / "nowhere" / "b.mp4", facts_with())


def test_the_json_beside_it_and_the_json_itself(tmp_path: Path) -> None:
    clip = make_video(tmp_path / "a.mp4")
    assert provenance.read(clip) is None
    (tmp_path / "a.json").write_text(json.dumps(facts_with(prompt="beside")), encoding="utf-8")
    assert (
        provenance.read(clip) == provenance.read(tmp_path / "a.json") == facts_with(prompt="beside")
    )
    provenance.write(clip, tmp_path / "b.mp4", facts_with(prompt="inside"))
    (tmp_path / "b.json").write_text(json.dumps(facts_with(prompt="beside")), encoding="utf-8")
    assert provenance.read(tmp_path / "b.mp4") == facts_with(prompt="inside"), (
        "the file itself rules"
    )
    (tmp_path / "c.mp4").write_text("damaged")
    (tmp_path / "c.json").write_text(json.dumps(facts_with(prompt="beside")), encoding="utf-8")
    assert Settings.from_file(tmp_path / "c.mp4").prompt == "beside"


@pytest.mark.parametrize(
    "text", ["", "no json", "{", "[]", '{"a": 1}', '{"framepack_widgets": "x"}', "\ud800", "5"]
)
def test_a_foreign_text_is_none_of_ours(text: str) -> None:
    assert provenance.parse(text) is None
    assert provenance.parse(None) is None


def test_settings_from_files_that_have_none(tmp_path: Path) -> None:
    clip = make_video(tmp_path / "a.mp4", comment="just a comment")
    with pytest.raises(SettingsError, match=r"a\.mp4 holds no settings.*comment.*JSON"):
        Settings.from_file(clip)
    with pytest.raises(SettingsError, match=r"no file .*missing\.mp4"):
        Settings.from_file(tmp_path / "missing.mp4")
    (tmp_path / "b.json").write_text('{"framepack_widgets": 7, "settings": "?"}')
    with pytest.raises(SettingsError, match="newer version"):
        Settings.from_file(tmp_path / "b.json")


@pytest.mark.parametrize("layout", ["library", "export"])
def test_frames_are_found_beside_the_clip(tmp_path: Path, layout: str) -> None:
    folder = tmp_path / "clips" if layout == "library" else tmp_path
    folder.mkdir(exist_ok=True)
    (tmp_path / "inputs").mkdir()
    name = "a" * 64 + ".png"
    make_image(tmp_path / "inputs" / name)
    facts = facts_with(prompt="x", start_frame=f"inputs/{name}", end_frame=f"inputs/{name}2")
    facts["inputs"] = {
        "start_frame": {"sha256": "a" * 64, "name": name},
        "end_frame": {"sha256": "b" * 64, "name": name + "2"},
    }
    provenance.write(make_video(tmp_path / "v.mp4"), folder / "a.mp4", facts)
    with pytest.warns(UserWarning, match=r"end_frame is not here .*bbbb"):
        found = Settings.from_file(folder / "a.mp4")
    assert found == Settings(prompt="x", start_frame=str(tmp_path / "inputs" / name))
    clip = Clip.open(folder / "a.mp4")
    assert clip.settings == found
    assert len(clip.missing_inputs) == 1 and "end_frame" in clip.missing_inputs[0]


@pytest.mark.parametrize(
    "name", ["../secret.png", "/etc/passwd", "a/b.png", "a\\b.png", "..", "", ".", None, 5]
)
def test_a_file_from_elsewhere_cannot_point_elsewhere(tmp_path: Path, name: object) -> None:
    (tmp_path / "inputs").mkdir()
    make_image(tmp_path / "secret.png")
    facts = facts_with(prompt="x", start_frame="/etc/passwd")
    facts["inputs"] = {"start_frame": {"sha256": "a" * 64, "name": name}, "prompt": {"name": "x"}}
    (tmp_path / "a.json").write_text(json.dumps(facts))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert Settings.from_file(tmp_path / "a.json") == Settings(prompt="x")
