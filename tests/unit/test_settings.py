"""Settings: immutable, comparable, exact through JSON, readable as Python."""

from __future__ import annotations

import ast
import copy
import dataclasses
import inspect
import json
import pickle
import subprocess
import sys
from enum import Enum
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import PIL.Image
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framepack_widgets.images import ImageData, NotAnImage, image_size
from framepack_widgets.settings import KNOWN, Settings

RED = np.full((4, 6, 3), (255, 0, 0), np.uint8)

texts = st.text(max_size=20)
numbers = st.one_of(
    st.integers(-(2**60), 2**60), st.floats(allow_nan=False, allow_infinity=False), st.booleans()
)
values = st.recursive(
    st.one_of(texts, numbers),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=5,
)
names = st.one_of(st.sampled_from(KNOWN), st.from_regex(r"[a-z]{3,8}_x", fullmatch=True))
anything = st.dictionaries(names, values, max_size=8)


@given(anything)
def test_json_and_pickle_and_copy_give_back_equal_settings(chosen):
    settings = Settings(**chosen)
    for again in (
        Settings.from_json(settings.to_json()),
        Settings.from_dict(json.loads(json.dumps(settings.to_dict()))),
        pickle.loads(pickle.dumps(settings)),
        copy.deepcopy(settings),
        copy.copy(settings),
        settings.replace(),
        Settings(**settings.set_values()),
        dataclasses.replace(settings),
    ):
        assert again == settings
        assert hash(again) == hash(settings)
        assert again.to_json() == settings.to_json()


@given(anything)
def test_what_is_shown_is_valid_python_for_equal_settings(chosen):
    settings = Settings(**chosen)
    assert eval(repr(settings), {"Settings": Settings}) == settings
    studio = SimpleNamespace(submit=Settings)
    assert eval(settings.as_python(), {"studio": studio}) == settings


@given(anything)
def test_only_what_is_set_is_kept_in_field_order(chosen):
    settings = Settings(**chosen)
    kept = list(settings.set_values())
    known = [name for name in kept if name in KNOWN]
    assert known == [name for name in KNOWN if name in known]
    assert kept[: len(known)] == known
    assert set(kept) == set(chosen)
    for name in kept:
        assert getattr(settings, name) == settings.set_values()[name]


def test_unknown_names_are_extra_and_read_as_attributes():
    settings = Settings(steps=3, motion_strength=0.5)
    assert settings.extra == {"motion_strength": 0.5}
    assert settings.motion_strength == 0.5
    with pytest.raises(AttributeError, match=r"nothing_such.*set are: steps"):
        settings.nothing_such  # noqa: B018
    assert settings.replace(motion_strength=None).extra == {}
    assert settings.replace(motion_strength=None) == Settings(steps=3)


def test_replace_sets_and_unsets():
    settings = Settings(prompt="a", steps=3)
    assert settings.replace(steps=4, seed=1) == Settings(prompt="a", steps=4, seed=1)
    assert settings.replace(prompt=None) == Settings(steps=3)
    assert settings == Settings(prompt="a", steps=3)


def test_nothing_can_be_changed():
    weights = {"a": 1.0}
    settings = Settings(loras=weights, mask=[1, 2])
    weights["a"] = 2.0
    assert settings.loras == {"a": 1.0}
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.steps = 3
    for change in (
        lambda: settings.loras.__setitem__("a", 2),
        lambda: settings.extra.update(b=2),
        lambda: setattr(settings.loras, "_items", {}),
    ):
        with pytest.raises(AttributeError):
            change()
    assert isinstance(settings.mask, tuple)


def test_order_does_not_matter_for_being_equal():
    one = Settings(loras={"a": 1.0, "b": 2.0}, x_field=1, y_field=2)
    two = Settings(y_field=2, x_field=1, loras={"b": 2.0, "a": 1.0})
    assert one == two
    assert hash(one) == hash(two)
    assert one != Settings(loras={"a": 1.0}, x_field=1, y_field=2)
    assert one != {"loras": 1}


def test_a_value_that_cannot_be_hashed_does_not_stop_hash():
    class Odd:
        __hash__ = None

        def __eq__(self, other):
            return isinstance(other, Odd)

        def __repr__(self):
            return "Odd()"

    assert hash(Settings(prompt=Odd(), steps=1)) == hash(Settings(steps=1, prompt=Odd()))


def test_the_signature_lists_the_known_fields():
    parameters = inspect.signature(Settings).parameters
    assert tuple(parameters)[:-1] == KNOWN
    assert parameters["steps"].default is None
    assert parameters["extra"].kind is inspect.Parameter.VAR_KEYWORD


def test_every_field_says_what_it_means():
    source = Path(inspect.getfile(Settings)).read_text(encoding="utf-8")
    body = next(n for n in ast.parse(source).body if getattr(n, "name", "") == "Settings").body
    for field, after in pairwise(body):
        if isinstance(field, ast.AnnAssign) and field.value is not None:
            assert isinstance(after, ast.Expr), ast.unparse(field)


def test_foreign_types_become_plain_ones(tmp_path):
    class Model(str, Enum):
        F1 = "F1"

    settings = Settings(
        model=Model.F1,
        start_frame=tmp_path / "a.png",
        steps=np.int64(3),
        cfg_scale=np.float32(1.5),
        clean_up=np.bool_(True),
        mask={3, 1},
    )
    assert settings.model == "F1"
    assert type(settings.model) is str
    assert settings.start_frame == str(tmp_path / "a.png")
    assert (type(settings.steps), type(settings.cfg_scale)) == (int, float)
    assert settings.clean_up is True
    assert settings.mask == (1, 3)


def test_home_is_not_looked_up_before_it_is_used():
    assert Settings(start_frame="~/cat.png").start_frame == "~/cat.png"


class TestImages:
    def test_arrays_and_pil_images_become_equal_immutable_pngs(self):
        from_array = Settings(start_frame=RED)
        from_pil = Settings(start_frame=PIL.Image.fromarray(RED))
        assert from_array == from_pil
        assert hash(from_array) == hash(from_pil)
        image = from_array.start_frame
        assert isinstance(image, ImageData)
        assert image.size == (6, 4)
        assert np.array_equal(np.asarray(image.open()), RED)
        assert image._repr_png_().startswith(b"\x89PNG")
        assert Settings(start_frame=RED + 1) != from_array

    def test_the_array_may_be_changed_afterwards(self):
        array = RED.copy()
        settings = Settings(start_frame=array)
        array[:] = 0
        assert settings == Settings(start_frame=RED)

    def test_json_round_trip_keeps_the_bytes(self):
        settings = Settings(start_frame=RED, mask=RED)
        assert Settings.from_json(settings.to_json()) == settings
        assert settings.to_dict()["start_frame"].startswith("data:image/png;base64,")

    def test_a_prompt_that_looks_like_an_image_stays_a_text(self):
        url = Settings(start_frame=RED).to_dict()["start_frame"]
        assert Settings(prompt=url).prompt == url
        assert Settings(start_frame=url) == Settings(start_frame=RED)

    @pytest.mark.parametrize("url", ["data:image/png;base64,%%%", "data:image/png;base64,AAAA"])
    def test_a_damaged_data_url_stays_what_it_is(self, url):
        assert Settings(start_frame=url).start_frame == url

    def test_shown_short_and_named_in_python(self):
        noise = np.random.default_rng(1).integers(0, 255, (64, 64, 3), np.uint8)
        settings = Settings(start_frame=noise, steps=2)
        assert len(repr(settings)) < 120
        ast.parse(repr(settings))
        assert settings.as_python() == (
            "studio.submit(\n    start_frame=start_frame,\n    steps=2,\n)"
        )

    @pytest.mark.parametrize("mode", ["1", "P", "LA", "CMYK", "L", "RGBA"])
    def test_every_mode_becomes_one_that_a_png_holds(self, mode):
        image = PIL.Image.fromarray(RED).convert(mode)
        assert Settings(start_frame=image).start_frame.open().mode in ("L", "RGB", "RGBA")

    @pytest.mark.parametrize("kind", ["jpg", "png", "tiff"])
    def test_a_photo_is_turned_upright(self, tmp_path, kind):
        exif = PIL.Image.Exif()
        exif[0x0112] = 6
        path = tmp_path / f"photo.{kind}"
        PIL.Image.fromarray(RED).save(path, exif=exif)
        assert ImageData.of(PIL.Image.open(path)).size == (4, 6)
        assert image_size(str(path)) == (4, 6)
        assert image_size(ImageData.of(RED)) == (6, 4)

    @pytest.mark.parametrize(
        "wrong", [RED.astype(float), RED[..., 0], RED[..., :2], RED[:0], np.zeros((2, 2, 2, 3))]
    )
    def test_an_array_that_is_no_picture_is_kept_as_a_remark(self, wrong):
        assert isinstance(Settings(start_frame=wrong).start_frame, NotAnImage)
        assert str(wrong.dtype) in Settings(start_frame=wrong).start_frame.description

    def test_a_broken_pil_image_is_kept_as_a_remark(self):
        buffer = BytesIO()
        PIL.Image.fromarray(np.tile(RED, (50, 50, 1))).save(buffer, "PNG")
        broken = PIL.Image.open(BytesIO(buffer.getvalue()[:60]))
        assert isinstance(Settings(start_frame=broken).start_frame, NotAnImage)

    def test_only_png_bytes_are_taken(self):
        with pytest.raises(ValueError, match="no PNG"):
            ImageData(b"GIF89a")


def test_python_text_with_names_that_are_no_identifiers():
    settings = Settings(steps=1, **{"class": 2, "a b": 3})
    assert settings.as_python() == (
        "studio.submit(\n    steps=1,\n    **{'class': 2, 'a b': 3},\n)"
    )
    assert Settings().as_python() == "studio.submit()"


@pytest.mark.parametrize("text", ["[1]", "3", "null"])
def test_json_that_holds_no_settings_is_refused(text):
    with pytest.raises(ValueError, match="not settings"):
        Settings.from_json(text)


def test_the_pure_modules_load_nothing_heavy():
    code = (
        "import sys; import framepack_widgets.validation, framepack_widgets.stamp; "
        "heavy = ('PIL', 'numpy', 'av', 'gradio_client', 'httpx', 'sqlite3', 'ipywidgets'); "
        "print([m for m in heavy if m in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"
