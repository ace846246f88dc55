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
    assert after.fps == before.fps
    # FFmpeg versions differ in how long they say that a file's last picture lasts.
    assert after.seconds == pytest.approx(before.seconds, abs=0.5 / 30)


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
    provenance.write(make_video(tmp_path / "d.mp4"), tmp_path / "e.mp4", facts_with(prompt="x"))
    provenance.write(tmp_path / "e.mp4", tmp_path / "f.mp4", facts_with(prompt="y"))
    with av.open(str(tmp_path / "f.mp4")) as file:
        assert "description" not in file.metadata


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
        st.text(max_size=200),
        st.just("half \ud83d a cat"),
        st.just("🐈 it looks up — “ä” \n\t\x00\\ \"'" * 60 + "end"),
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
    kept = str(tmp_path / "inputs" / name)
    assert found == Settings(prompt="x", start_frame=kept, end_frame=name + "2")
    clip = Clip.open(folder / "a.mp4")
    assert clip.settings == found
    assert len(clip.missing_inputs) == 1 and "end_frame" in clip.missing_inputs[0]


@pytest.mark.parametrize(
    "name",
    ["../secret.png", "plain.png", "C:plain.png", "/etc/passwd", "a\\b.png", "..", "", None, 5],
)
def test_a_file_from_elsewhere_cannot_point_elsewhere(tmp_path: Path, name: object) -> None:
    (tmp_path / "inputs").mkdir()
    make_image(tmp_path / "secret.png")
    make_image(tmp_path / "inputs" / "plain.png")
    facts = facts_with(prompt="x", start_frame="/etc/passwd")
    facts["inputs"] = {"start_frame": {"sha256": "a" * 64, "name": name}, "prompt": {"name": "x"}}
    (tmp_path / "a.json").write_text(json.dumps(facts))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # A name of its content, at which nothing is: a render with it is refused.
        wanted = Settings(prompt="x", start_frame="a" * 64)
        assert Settings.from_file(tmp_path / "a.json") == wanted


STUDIOS_OWN = {
    "app_version": "0.5.1", "prompt": "[0s: it looks up]", "negative_prompt": "7",
    "seed": 2**53 - 1,
    "steps": 25, "cfg": 1.0, "gs": 10.0, "rs": 0.0, "latent_type": "Noise", "timestamp": 1.5,
    "resolutionW": 640, "resolutionH": 608, "model_type": "Original with Endframe",
    "generation_type": "Original with Endframe", "has_input_image": True, "input_image_path": None,
    "total_second_length": 4, "blend_sections": 4, "latent_window_size": 9,
    "num_cleaned_frames": 5, "end_frame_strength": 0.8, "end_frame_used": "True",
    "combine_with_source": False, "use_teacache": False, "teacache_num_steps": 25,
    "teacache_rel_l1_thresh": 0.15012345678, "use_magcache": True, "magcache_threshold": 0.1,
    "magcache_max_consecutive_skips": 2, "magcache_retention_ratio": 0.25,
    "loras": {"style": 0.5},
}  # fmt: skip


def test_a_studios_own_json(tmp_path: Path) -> None:
    (tmp_path / "261120_112754.json").write_text(json.dumps(STUDIOS_OWN, indent=2))
    with pytest.warns(UserWarning, match=r"not hold its start_frame.*not hold its end_frame"):
        found = Settings.from_file(tmp_path / "261120_112754.json")
    assert found == Settings(
        model="Original with Endframe", prompt="[0s: it looks up]", negative_prompt="7",
        seed=2**53 - 1, seconds=4, steps=25, cfg_scale=1.0, distilled_cfg_scale=10.0,
        cfg_rescale=0.0, latent_window_size=9, blend_sections=4, latent_image="Noise", width=640,
        height=608, context_frames=5, combine_with_source=False, cache="MagCache",
        magcache_threshold=0.1, magcache_max_skips=2, magcache_retention=0.25,
        end_frame_influence=0.8, loras={"style": 0.5},
        # Rendering without them would be another clip, so it is refused.
        start_frame="(missing start_frame)", end_frame="(missing end_frame)",
    )  # fmt: skip
    assert found.teacache_threshold is None, "the stamp in it is nobody's business"


def test_a_studios_own_png_is_the_start_frame_too(tmp_path: Path) -> None:
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    chunks = PngInfo()
    for key, value in {**STUDIOS_OWN, "end_frame_used": "False", "prompt": "ä 猫"}.items():
        if not isinstance(value, dict):
            chunks.add_text(key, str(value))
    path = tmp_path / "a.png"
    Image.new("RGB", (64, 64)).save(path, pnginfo=chunks)
    found = Settings.from_file(path)
    assert (found.start_frame, found.prompt, found.seed) == (str(path), "ä 猫", 2**53 - 1)
    assert (found.negative_prompt, found.combine_with_source, found.steps) == ("7", False, 25)
    assert found.loras is None and found.end_frame_influence is None


def test_a_studio_of_version_0_4(tmp_path: Path) -> None:
    facts = {key: value for key, value in STUDIOS_OWN.items() if "magcache" not in key}
    facts.update(use_teacache=True, has_input_image=False, end_frame_used="False")
    (tmp_path / "a.json").write_text(json.dumps(facts))
    found = Settings.from_file(tmp_path / "a.json")
    assert found.use_teacache is True and found.cache is None
    assert found.teacache_threshold == 0.15012345678
    (tmp_path / "a.json").write_text(json.dumps({**facts, "use_teacache": False}))
    assert Settings.from_file(tmp_path / "a.json").teacache_threshold is None


def test_other_pictures_and_json_hold_no_settings(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"prompt": "x"}')
    (tmp_path / "b.json").write_text("[1, 2]")
    (tmp_path / "c.png").write_text("no picture")
    make_image(tmp_path / "d.png")
    for file in sorted(tmp_path.iterdir()):
        with pytest.raises(SettingsError, match="holds no settings"):
            Settings.from_file(file)
