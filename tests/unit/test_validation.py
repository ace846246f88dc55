"""Validation: every problem at once, before anything is sent."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from configs import config_of, recorded, start_inputs, studio_config
from hypothesis import given
from hypothesis import strategies as st

from framepack_widgets.errors import SettingsError
from framepack_widgets.schema import Schema
from framepack_widgets.settings import KNOWN, Settings
from framepack_widgets.validation import Problem, validate

SCHEMA = Schema.from_config(studio_config("recorded-0.5.1-three-loras.json"))
TIMED = "[0s: up] [2s: down]"


def told(*, schema=SCHEMA, files=False, **values):
    report = validate(Settings(**values), schema, check_files=files)
    return [str(problem) for problem in report.problems]


def warned(*, schema=SCHEMA, **values):
    report = validate(Settings(**values), schema, check_files=False)
    assert report.ok, report
    return [str(problem) for problem in report.warnings]


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "cat.png"
    PIL.Image.new("RGB", (64, 48), "red").save(path)
    return path


def test_nothing_set_is_fine_and_so_is_everything_the_server_defaults_to():
    assert validate(Settings(), SCHEMA) == validate(SCHEMA.resolve(Settings()), SCHEMA)
    assert validate(Settings(), SCHEMA).ok
    assert validate(Settings(), SCHEMA).warnings == ()


def test_all_problems_come_at_once_and_are_raised_as_one_error():
    report = validate(
        Settings(steps=1000, seconds="abc", stepz=1, start_frame="/no/such.png"), SCHEMA
    )
    assert [p.field for p in report.problems] == ["seconds", "steps", "stepz", "start_frame"]
    assert not report.ok
    with pytest.raises(SettingsError) as caught:
        report.raise_if_any()
    assert caught.value.problems == report.problems
    lines = str(caught.value).splitlines()
    assert lines[0] == "nothing was sent, because of"
    assert lines[2] == "  steps: 1000 is more than 100. Use 1 to 100."
    assert len(lines) == 5
    validate(Settings(steps=3), SCHEMA).raise_if_any()


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"steps": 1000}, "steps: 1000 is more than 100. Use 1 to 100."),
        ({"steps": 0}, "steps: 0 is less than 1. Use 1 to 100."),
        ({"steps": 25.5}, "steps: 25.5 is not a whole number. Use 1 to 100."),
        ({"steps": True}, "steps: True is not a number. Use 1 to 100."),
        ({"steps": "25"}, "steps: '25' is not a number. Use 1 to 100."),
        ({"steps": [25]}, "steps: (25,) is not a number. Use 1 to 100."),
        ({"seconds": 121}, "seconds: 121 is more than 120. Use 1 to 120."),
        (
            {"cfg_scale": float("nan")},
            "cfg_scale: nan is not a number that can be rendered. Use 1 to 3.",
        ),
        (
            {"cfg_scale": float("inf")},
            "cfg_scale: inf is not a number that can be rendered. Use 1 to 3.",
        ),
        ({"cfg_scale": 3.01}, "cfg_scale: 3.01 is more than 3. Use 1 to 3."),
        ({"cfg_scale": 10**400}, "cfg_scale: 1000"),
        ({"seed": 10**9000}, "seed: a huge number is out of range."),
        ({"seed": -1}, "seed: -1 is out of range. Use 0 to 2**53 - 1 (9007199254740991)."),
        ({"seed": 2**53}, "seed: 9007199254740992 is out of range."),
        ({"seed": 1.5}, "seed: 1.5 is not a whole number."),
        ({"clean_up": 1}, "clean_up: 1 is neither True nor False."),
        ({"combine_with_source": "yes"}, "combine_with_source: 'yes' is neither True nor False."),
        ({"prompt": 3}, "prompt: 3 is not a text. Put it in quotes."),
        (
            {"model": "Orignal"},
            "model: 'Orignal' is not offered by this Studio. Did you mean Original?",
        ),
        ({"cache": "Cachy"}, "cache: 'Cachy' is not offered by this Studio. Did you mean "),
        (
            {"cache": "x"},
            "cache: 'x' is not offered by this Studio. Use 'MagCache', 'TeaCache', 'None'.",
        ),
        ({"latent_image": 3}, "latent_image: 3 is not offered by this Studio. Use 'Noise', "),
        ({"stepz": 1}, "stepz: this Studio has no field of that name. Did you mean steps?"),
        ({"qqq": 1}, "qqq: this Studio has no field of that name."),
        ({"use_teacache": True}, "use_teacache: this Studio has no field of that name."),
        ({"randomize": True}, "randomize: this Studio has no field of that name. Leave out seed"),
        (
            {"anime_v2_weight": 1},
            "anime_v2_weight: this Studio has no field of that name. Use loras=",
        ),
        ({"loras": {"anime": 1}}, "loras: this Studio has no LoRA 'anime'. Did you mean anime_v2?"),
        (
            {"loras": {"zzz": 1}},
            "loras: this Studio has no LoRA 'zzz'. It has camera-orbit, anime_v2,",
        ),
        ({"loras": {" ": 1}}, "loras: this Studio has no LoRA ' '."),
        ({"loras": {"anime_v2": 2.5}}, "loras: anime_v2: 2.5 is more than 2. Use 0 to 2."),
        ({"loras": {"anime_v2": "1"}}, "loras: anime_v2: '1' is not a number. Use 0 to 2."),
        (
            {"loras": ["anime_v2"]},
            "loras: ('anime_v2',) does not give each LoRA a weight. Use {name",
        ),
        ({"start_frame": 3}, "start_frame: 3 is not an image. Use a path"),
        (
            {"start_frame": np.zeros((4, 4))},
            "start_frame: a numpy array (4, 4) float64 is not an image.",
        ),
        ({"video": np.zeros((4, 4, 3), np.uint8)}, "video: 4 x 4 image in memory is not a video."),
        ({"model": "Video"}, "video: the model Video needs a video. Give the path of a video, or"),
        ({"model": "video f1"}, "video: the model Video F1 needs a video."),
        (
            {"model": "Original with Endframe"},
            "end_frame: the model Original with Endframe needs an end frame. Give an end frame, or "
            "choose Original.",
        ),
    ],
)
def test_problem(values, said):
    messages = told(**values)
    assert len(messages) == 1, messages
    assert messages[0].startswith(said)


@pytest.mark.parametrize(
    "values",
    [
        {"steps": np.int64(25)},
        {"steps": 25.0},
        {"seconds": np.float32(2.5)},
        {"seconds": 2},
        {"seconds": 6.07},  # off the slider's grid: a Studio takes it
        {"cfg_scale": 3.0000000000000004},
        {"cfg_scale": 1 - 1e-12},
        {"model": "original"},
        {"seed": 0},
        {"seed": 2**53 - 1},
        {"loras": {"style/ghibli": 0, "anime_v2": 2}},
        {"loras": {}},
        {"start_frame": np.zeros((4, 4, 3), np.uint8)},
        {"start_frame": "somewhere.png"},
        {"prompt": ""},
    ],
)
def test_no_problem(values):
    assert told(**values) == []


def test_without_loras_on_the_server_it_says_so():
    plain = Schema.from_config(studio_config())
    assert told(schema=plain, loras={"a": 1}) == [
        "loras: this Studio has no LoRA 'a'. It has none at all."
    ]


def with_model(name):
    recording = recorded()
    next(r for r in start_inputs(recording) if r.get("label") == "Generation Type")[
        "choices"
    ].append([name, name])
    return Schema.from_config(config_of(recording))


@pytest.mark.parametrize("name", ["Video F2", "F2 with Endframe", "F2"])
def test_a_model_of_tomorrow_is_never_refused_for_lack_of_facts(name):
    report = validate(
        Settings(model=name, start_frame="a.png"), with_model(name), check_files=False
    )
    assert report.ok
    needs = [str(problem) for problem in report.warnings]
    assert (
        needs
        == {
            "Video F2": [
                "video: the model Video F2 needs a video. Give the path of a video, or choose "
                "another model."
            ],
            "F2 with Endframe": [
                "end_frame: the model F2 with Endframe needs an end frame. Give an end "
                "frame, or choose another model."
            ],
            "F2": [],
        }[name]
    )


class TestFiles:
    def test_a_good_file_and_a_path_object(self, picture):
        assert told(files=True, start_frame=picture) == []

    @pytest.mark.parametrize("mode", ["RGBA", "P", "L", "1"])
    def test_every_mode_will_do(self, tmp_path, mode):
        path = tmp_path / "a.png"
        PIL.Image.new(mode, (8, 8)).save(path)
        assert told(files=True, start_frame=path) == []

    def test_a_photo_with_exif(self, tmp_path):
        exif = PIL.Image.Exif()
        exif[0x0112] = 6
        PIL.Image.new("RGB", (8, 8)).save(tmp_path / "a.jpg", exif=exif)
        assert told(files=True, start_frame=tmp_path / "a.jpg") == []

    def test_missing_files_say_where_was_looked(self, tmp_path):
        missing = tmp_path / "nothing.png"
        assert told(files=True, start_frame=missing) == [
            f"start_frame: there is no file {missing}. Looked in {tmp_path}."
        ]
        assert told(files=True, end_frame="nothing.png", model="Original with Endframe") == [
            f"end_frame: there is no file nothing.png. Looked in {Path.cwd()}."
        ]

    def test_a_folder_an_empty_file_and_no_image(self, tmp_path):
        (tmp_path / "empty.png").touch()
        (tmp_path / "text.png").write_text("hello", encoding="utf-8")
        assert "is a folder" in told(files=True, start_frame=tmp_path)[0]
        assert "is empty (0 bytes)" in told(files=True, start_frame=tmp_path / "empty.png")[0]
        assert (
            "cannot be read (not an image)"
            in told(files=True, start_frame=tmp_path / "text.png")[0]
        )
        assert told(files=False, start_frame=tmp_path / "text.png") == []

    @pytest.mark.parametrize("kind", ["png", "jpg", "webp", "gif", "bmp", "tiff"])
    def test_a_cut_file_is_found(self, tmp_path, kind):
        noise = np.random.default_rng(1).integers(0, 255, (64, 64, 3), np.uint8)
        path = tmp_path / f"a.{kind}"
        PIL.Image.fromarray(noise).save(path)
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        assert "cannot be read" in told(files=True, start_frame=path)[0]

    def test_a_file_that_was_mended_is_looked_at_again(self, tmp_path, picture):
        path = tmp_path / "a.png"
        path.write_bytes(b"damaged")
        assert len(told(files=True, start_frame=path)) == 1
        path.write_bytes(picture.read_bytes())
        assert told(files=True, start_frame=path) == []

    def test_a_video_is_only_looked_at_from_outside(self, tmp_path):
        video = tmp_path / "v.mp4"
        video.touch()
        assert "is empty" in told(files=True, model="Video", video=video)[0]
        video.write_bytes(b"not looked into")
        assert told(files=True, model="Video", video=video) == []

    def test_home_is_found(self, picture, monkeypatch):
        monkeypatch.setenv("HOME", str(picture.parent))
        monkeypatch.setenv("USERPROFILE", str(picture.parent))
        assert told(files=True, start_frame="~/cat.png") == []
        assert (
            "no file ~nobody-at-all/cat.png"
            in told(files=True, start_frame="~nobody-at-all/cat.png")[0]
        )

    def test_web_addresses_and_impossible_paths(self):
        assert "web address" in told(files=True, start_frame="https://example.org/cat.png")[0]
        assert "cannot be read" in told(files=True, start_frame="a\0b")[0]
        assert len(told(files=True, start_frame="")) == 1

    @pytest.mark.skipif(
        sys.platform == "win32" or not hasattr(os, "geteuid") or os.geteuid() == 0,
        reason="permissions do not stop this user",
    )
    def test_a_file_that_may_not_be_read(self, picture):
        picture.chmod(0)
        assert "cannot be read" in told(files=True, start_frame=picture)[0]


class TestWithoutEffect:
    @pytest.mark.parametrize(
        ("values", "said"),
        [
            ({"negative_prompt": "x"}, "negative_prompt: no effect while cfg_scale is 1."),
            ({"cfg_rescale": 0.5}, "cfg_rescale: no effect while cfg_scale is 1."),
            (
                {"teacache_steps": 7},
                "teacache_steps: no effect while cache is 'MagCache'. Use cache='Tea",
            ),
            (
                {"teacache_threshold": 0.3, "cache": "None"},
                "teacache_threshold: no effect while cache is 'N",
            ),
            (
                {"magcache_max_skips": 3, "cache": "TeaCache"},
                "magcache_max_skips: no effect while cache is",
            ),
            ({"clean_up": False}, "clean_up: no effect on any render"),
            (
                {"start_frame": "a.png", "latent_image": "Black"},
                "latent_image: no effect beside a start frame",
            ),
            ({"start_frame": "a.png", "height": 512}, "height: no effect beside a start frame."),
            (
                {"start_frame": "a.png", "width": 500},
                "width: beside a start frame it only picks the size class (512). The start",
            ),
            (
                {"model": "Video", "video": "v.mp4", "height": 512},
                "height: no effect beside a source video.",
            ),
            (
                {"model": "Video", "video": "v.mp4", "start_frame": "a.png"},
                "start_frame: the model Video ignor",
            ),
            ({"video": "v.mp4"}, "video: the model Original ignores it. Only the Video models"),
            ({"context_frames": 3}, "context_frames: the model Original ignores it."),
            ({"combine_with_source": False}, "combine_with_source: the model Original ignores it."),
            ({"end_frame": "b.png"}, "end_frame: the model Original ignores it. Choose a model"),
            ({"end_frame_influence": 0.5}, "end_frame_influence: the model Original ignores it."),
            (
                {
                    "model": "Video with Endframe",
                    "video": "v",
                    "end_frame": "b",
                    "end_frame_influence": 0.5,
                },
                "end_frame_influence: the model Video with Endframe ignores it.",
            ),
            (
                {"prompt": "plain", "blend_sections": 2},
                "blend_sections: no effect without a timed prompt.",
            ),
            (
                {"prompt": "[8s: x] plain"},
                "prompt: [8s: ...] begins after the end of the clip (6 s).",
            ),
        ],
    )
    def test_warning(self, values, said):
        messages = warned(**values)
        assert len(messages) == 1, messages
        assert messages[0].startswith(said)

    @pytest.mark.parametrize(
        "values",
        [
            {"negative_prompt": "x", "cfg_rescale": 0.5, "cfg_scale": 2},
            {"teacache_steps": 7, "cache": "TeaCache"},
            {"magcache_retention": 0.5},
            {"width": 512, "height": 768, "latent_image": "Black"},
            {"start_frame": "a.png", "latent_image": "Noise", "height": 640, "width": 640},
            {"model": "Video", "video": "v", "context_frames": 3, "combine_with_source": False},
            {"model": "Original with Endframe", "end_frame": "b", "end_frame_influence": 0.5},
            {"model": "Video with Endframe", "video": "v", "end_frame": "b"},
            {"prompt": TIMED, "blend_sections": 2},
            {"prompt": "plain, then [2s: x]", "blend_sections": 2},
            {"clean_up": True, "blend_sections": 4, "negative_prompt": ""},  # what it is anyway
        ],
    )
    def test_no_warning(self, values):
        assert warned(**values) == []

    def test_the_switch_of_0_4(self):
        recording = recorded()
        inputs = start_inputs(recording)
        place = next(i for i, raw in enumerate(inputs) if raw.get("label") == "Caching strategy")
        inputs[place] = {"component": "checkbox", "label": "Use TeaCache", "value": True}
        schema = Schema.from_config(config_of(recording))
        assert warned(schema=schema, teacache_steps=7) == []
        assert warned(schema=schema, teacache_steps=7, use_teacache=False) == [
            "teacache_steps: no effect while use_teacache is off."
        ]


@given(
    st.dictionaries(
        st.sampled_from([*KNOWN, "odd"]),
        st.recursive(
            st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary()),
            lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner)),
            max_leaves=4,
        ),
    )
)
def test_no_settings_make_validation_fail(values):
    settings = Settings(**values)
    report = validate(settings, SCHEMA, check_files=False)
    assert str(report)
    assert {p.severity for p in report.problems} <= {"error"}
    assert {p.severity for p in report.warnings} <= {"warning"}
    for problem in (*report.problems, *report.warnings):
        assert isinstance(problem, Problem)
        assert "\n" not in str(problem)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            name: st.one_of(
                st.integers(int(SCHEMA[name].minimum), int(SCHEMA[name].maximum))
                if SCHEMA[name].kind == "integer"
                else st.floats(SCHEMA[name].minimum, SCHEMA[name].maximum)
            )
            for name in SCHEMA
            if SCHEMA[name].minimum is not None
        },
    )
)
def test_every_value_within_the_ranges_is_fine(values):
    assert validate(Settings(**values), SCHEMA, check_files=False).ok
