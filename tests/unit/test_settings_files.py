"""Files that bring settings: which are read, what is said of them, and what no file can do."""

from __future__ import annotations

import json
import random
import string
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from form_bench import schema_with, schema_with_loras
from hypothesis import HealthCheck, given
from hypothesis import settings as rules
from hypothesis import strategies as st
from PIL.PngImagePlugin import PngInfo

import framepack_widgets as fp
from framepack_widgets import provenance
from framepack_widgets.demo.job import Job
from framepack_widgets.demo.queue_file import save_jobs
from framepack_widgets.demo.sidecar import sidecar_facts, write_json, write_png
from framepack_widgets.errors import FramePackError, SettingsError
from framepack_widgets.images import ImageData
from framepack_widgets.settings import Settings
from framepack_widgets.validation import validate

SCHEMA = schema_with(name="recorded-0.5.1-three-loras.json")
PIXELS = np.full((48, 64, 3), 77, np.uint8)


def params(**changes):
    values = {
        "model_type": "Original", "prompt_text": "a cat", "n_prompt": "", "seed": 5, "steps": 30,
        "cfg": 1.5, "gs": 9.0, "rs": 0.1, "latent_type": "Noise", "resolutionW": 512,
        "resolutionH": 384, "total_second_length": 3.5, "blend_sections": 2,
        "latent_window_size": 9, "num_cleaned_frames": 5, "use_magcache": False,
        "use_teacache": True, "teacache_num_steps": 20, "teacache_rel_l1_thresh": 0.2,
        "selected_loras": ["anime_v2"], "lora_values": [0.5], "lora_loaded_names": ["anime_v2"],
        "has_input_image": True, "input_image": PIXELS,
    }  # fmt: skip
    return {**values, **changes}


MEANT = Settings(
    model="Original", prompt="a cat", negative_prompt="", seed=5, steps=30, cfg_scale=1.5,
    distilled_cfg_scale=9.0, cfg_rescale=0.1, latent_image="Noise", width=512, height=384,
    seconds=3.5, blend_sections=2, latent_window_size=9, cache="TeaCache", teacache_steps=20,
    teacache_threshold=0.2, loras={"anime_v2": 0.5},
)  # fmt: skip


def meant(found, **changes):
    """The settings but for what a sidecar writes down without need."""
    return found.settings.replace(
        context_frames=None, combine_with_source=None, end_frame_influence=None, **changes
    )


def test_a_studios_json(tmp_path):
    file = tmp_path / "260101_101010_123_4567.json"
    write_json(sidecar_facts(params()), file)
    found = fp.open_settings(file)
    assert meant(found, start_frame=None) == MEANT
    assert "0.5.1" in found.source
    assert file.name in found.source
    settings, said = found.for_schema(SCHEMA)
    assert said == [
        "start_frame: it does not hold it; choose the file here to render again.",
        *[line for line in said if line.startswith("loras")],
    ]
    assert not Path(settings.start_frame).exists(), "a render without it is refused"
    write_png(PIXELS, sidecar_facts(params()), file.with_suffix(".png"))
    beside = fp.open_settings(file)
    assert beside.settings.start_frame == str(file.with_suffix(".png"))
    assert not beside.one.missing
    write_png(PIXELS, sidecar_facts(params(seed=6)), file.with_suffix(".png"))
    assert fp.open_settings(file).one.missing, "another render's picture"


def test_a_studios_png_is_the_start_frame_and_says_nothing_of_loras(tmp_path):
    file = tmp_path / "anything.dat"  # what it is, its bytes say
    write_png(PIXELS, sidecar_facts(params()), file.with_suffix(".png"))
    file.with_suffix(".png").rename(file)
    found = fp.open_settings(file, name="260101.png")
    assert meant(found, start_frame=None) == MEANT.replace(loras=None)
    assert found.settings.start_frame == str(file)
    assert found.unsaid == ("loras",)
    assert found.source.startswith("260101.png")


def test_studio_0_4_and_a_video_model(tmp_path):
    facts = sidecar_facts(params(model_type="Video F1", input_image=str(tmp_path / "in.mp4")))
    for name in [name for name in facts if "magcache" in name]:
        del facts[name]  # 0.4 knows none
    file = tmp_path / "old.json"
    write_json(facts, file)
    found = fp.open_settings(file)
    assert found.settings.use_teacache is True
    assert found.settings.cache is None
    assert found.settings.start_frame is None, "its only input was a video"
    assert set(found.one.missing) == {"video"}
    settings, _ = found.for_schema(SCHEMA)
    assert settings.cache == "TeaCache"
    assert "use_teacache" not in settings.set_values()


def test_our_own_json_preset_and_plain_settings(tmp_path):
    plain = tmp_path / "plain.json"
    plain.write_text(Settings(prompt="x", steps=7).to_json())
    assert fp.open_settings(plain).settings == Settings(prompt="x", steps=7)
    preset = tmp_path / "preset.json"
    preset.write_text(json.dumps({"name": "cats", "settings": {"prompt": "y"}}))
    assert fp.open_settings(preset).settings == Settings(prompt="y")
    ours = tmp_path / "ours.json"
    facts = {provenance.MARK: 1, "settings": {"prompt": "z"}, "inputs": {"start_frame": {}}}
    ours.write_text("﻿" + json.dumps(facts), encoding="utf-8")
    found = fp.open_settings(ours)
    assert found.settings.prompt == "z"
    assert set(found.one.missing) == {"start_frame"}
    ours.write_text(json.dumps({provenance.MARK: 1, "settings": None}))
    with pytest.raises(SettingsError, match="nobody knows"):
        fp.open_settings(ours)


# ---------------------------------------------------------------------- queues


def queue(folder, *jobs):
    save_jobs([Job(job, id=f"job{number}") for number, job in enumerate(jobs)], folder, True)
    return folder / "queue.json"


def zipped(folder, target, extra=()):
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(folder).as_posix())
        for name, data in extra:
            archive.writestr(name, data)
    return target


def test_an_exported_queue_brings_its_frames(tmp_path):
    studio = tmp_path / "studio"
    studio.mkdir()
    file = queue(studio, params(), params(seed=6, end_frame_image=PIXELS, prompt_text="two"))
    for found in (fp.open_settings(file), fp.open_settings(zipped(studio, tmp_path / "q.zip"))):
        first, second = found.all
        assert meant(first, start_frame=None) == MEANT
        assert (second.settings.seed, second.settings.prompt) == (6, "two")
        assert not first.missing
        assert not second.missing
        assert "two" in second.title
        assert "seed 6" in second.title
        with pytest.raises(SettingsError, match=r"(?s)2 jobs.*all\[1\]"):
            _ = found.settings
    frame = found.all[1].settings.end_frame
    assert isinstance(frame, ImageData)
    assert np.array_equal(np.asarray(frame.open()), PIXELS)
    assert found.all[0].settings.start_frame is found.all[1].settings.start_frame, "kept once"


def test_a_queue_without_its_frames_says_so(tmp_path):
    file = queue(tmp_path, params())
    alone = tmp_path / "elsewhere"
    alone.mkdir()
    (alone / "queue.json").write_bytes(file.read_bytes())
    assert set(fp.open_settings(alone / "queue.json").one.missing) == {"start_frame"}


def test_a_video_comes_out_of_the_zip_under_another_name(tmp_path):
    facts = sidecar_facts(params(model_type="Video", input_image="../../in put.mp4"))
    data = json.dumps({"a/../b": {**facts, "status": "pending"}})
    target = tmp_path / "q.zip"
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("queue.json", data)
        archive.writestr("input_files/in put.mp4", b"ftyp film")
    found = fp.open_settings(target).one
    assert Path(found.settings.video).read_bytes() == b"ftyp film"
    assert "in put" not in found.settings.video
    assert not found.missing


# ---------------------------------------------------------------------- what is hostile


def bomb(tmp_path, monkeypatch, name):
    monkeypatch.setattr("framepack_widgets.queue_files._LARGEST_LIST", 1 << 20)
    monkeypatch.setattr("framepack_widgets.queue_files._LARGEST_FRAME", 1 << 20)
    job = sidecar_facts(params()) | {"status": "pending"}
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        listed = json.dumps({"job0": job})
        archive.writestr("queue.json", listed + " " * (2 << 20) if name == "list" else listed)
        if name == "frame":
            archive.writestr("queue_images/job0_input.png", b"\0" * (2 << 20))
    return tmp_path / "bomb.zip"


@pytest.mark.parametrize("name", ["list", "frame"])
def test_zip_bombs(tmp_path, monkeypatch, name):
    with pytest.raises(SettingsError, match="larger than 1 MB"):
        fp.open_settings(bomb(tmp_path, monkeypatch, name))


def test_a_video_that_grows_a_hundredfold_is_none(tmp_path):
    facts = sidecar_facts(params(model_type="Video", input_image="in.mp4"))
    with zipfile.ZipFile(tmp_path / "q.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("queue.json", json.dumps({"a": {**facts, "status": "pending"}}))
        archive.writestr("input_files/in.mp4", b"\0" * (60 << 20))
    with pytest.raises(SettingsError, match="too large for a video"):
        fp.open_settings(tmp_path / "q.zip")


def test_nothing_leaves_its_folder(tmp_path):
    studio = tmp_path / "studio"
    studio.mkdir()
    queue(studio, params())
    entries = [("../../escaped.txt", "x"), ("/tmp/escaped-too.txt", "x"), ("queue_images/../x", "")]
    before = set(tmp_path.rglob("*"))
    target = zipped(studio, tmp_path / "q.zip", entries)
    fp.open_settings(target)
    assert set(tmp_path.rglob("*")) - before == {target}
    assert not Path("/tmp/escaped-too.txt").exists()


def test_a_path_in_somebodys_file_is_never_taken(tmp_path):
    secret = tmp_path / "secret.png"
    PIL.Image.fromarray(PIXELS).save(secret)
    hostile = tmp_path / "hostile.json"
    values = {"start_frame": str(secret), "video": "C:\\keys\\id_rsa", "end_frame": "/etc/passwd"}
    facts = {provenance.MARK: 1, "settings": values}
    job = {**sidecar_facts(params()), "status": "pending", "saved_input_image_path": str(secret)}
    video = {**sidecar_facts(params()), "model_type": "Video", "status": "pending",
             "input_video": str(tmp_path / "id_rsa.mp4")}  # fmt: skip
    (tmp_path / "id_rsa.mp4").write_bytes(b"key")
    for data in (facts, values, {"name": "n", "settings": values}, {"a": job}, {"a": video}):
        hostile.write_text(json.dumps(data))
        found = fp.open_settings(hostile).one
        taken = [found.settings.start_frame, found.settings.end_frame, found.settings.video]
        assert all(path is None or path.startswith("(missing ") for path in taken), taken
        assert found.missing


def test_a_picture_field_of_a_newer_server_takes_no_path(tmp_path):
    newer = schema_with({"component": "image", "label": "Depth Map"})
    file = tmp_path / "x.json"
    file.write_text(json.dumps({"name": "n", "settings": {"depth_map": "/etc/passwd"}}))
    settings, _ = fp.open_settings(file).for_schema(newer)
    assert settings.extra["depth_map"] == "(missing depth_map)"


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def hostile_png():
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0))
    text = chunk(b"zTXt", b"prompt\0\0" + zlib.compress(b"a" * (8 << 20)))
    return b"\x89PNG\r\n\x1a\n" + head + text + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


NONE_OF_OURS = {
    "empty": b"",
    "a list": b"[1, 2]",
    "cut": b'{"model_type": "F1", "seed": ',
    "deep": b"[" * 100_000,
    "deep dict": b'{"a":' * 100_000,
    "latin": '{"prompt": "\xe9"}'.encode("latin-1"),
    "somebody's package.json": b'{"name": "x", "version": "1", "dependencies": {}}',
    "a workflow": b'{"nodes": [], "links": []}',
    "huge number": b'{"prompt": ' + b"9" * 5000 + b"}",
    "no queue": b'{"a": {"status": "pending"}}',
    "a notebook": b'{"cells": [], "metadata": {}}',
    "text": b"steps=30",
    "hostile png": hostile_png(),
    "half a png": b"\x89PNG\r\n\x1a\n1234",
    "no zip": b"PK\x03\x04 and so on",
    "an empty zip": b"PK\x05\x06" + bytes(18),
    "no mp4": b"\0\0\0\x20ftypisom and so on",
    "jpeg": b"\xff\xd8\xff\xe0",
}


@pytest.mark.parametrize("kind", NONE_OF_OURS)
def test_one_clear_error_for_what_is_none_of_ours(tmp_path, kind):
    file = tmp_path / "given.bin"
    file.write_bytes(NONE_OF_OURS[kind])
    with pytest.raises(SettingsError) as caught:
        fp.open_settings(file, name="<b>cat.x")
    assert "<b>cat.x" in str(caught.value)
    assert len(str(caught.value)) < 600


def test_no_file_and_a_folder(tmp_path):
    with pytest.raises(SettingsError, match="no file"):
        fp.open_settings(tmp_path / "nowhere.json")
    with pytest.raises(SettingsError, match="cannot be read"):
        fp.open_settings(tmp_path)


def test_a_picture_without_settings_says_where_it_belongs(tmp_path):
    PIL.Image.fromarray(PIXELS).save(tmp_path / "cat.png")
    with pytest.raises(SettingsError, match="As a frame, choose it there"):
        fp.open_settings(tmp_path / "cat.png")


def test_texts_of_a_png_are_data(tmp_path):
    info = PngInfo()
    for key, text in {"model_type": "F1", "seed": "9" * 400, "prompt": "[1]", "steps": "(" * 9000,
                      "cfg": "__import__('os')", "gs": "1e999"}.items():  # fmt: skip
        info.add_text(key, text)
    PIL.Image.fromarray(PIXELS).save(tmp_path / "x.png", pnginfo=info)
    found = fp.open_settings(tmp_path / "x.png")
    settings, said = found.for_schema(SCHEMA)
    assert settings.prompt == "[1]"
    assert {line.split(":")[0] for line in said} == {
        "seed", "steps", "cfg_scale", "distilled_cfg_scale",
    }  # fmt: skip
    assert validate(settings, SCHEMA, check_files=False).ok


# ---------------------------------------------------------------------- properties

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)
keys = st.sampled_from([*sidecar_facts(params()), "status", "params", "settings"])


@rules(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(facts=st.dictionaries(keys, anything, max_size=8), shape=st.integers(0, 3))
def test_any_json_gives_settings_that_fit_or_one_error(tmp_path_factory, facts, shape):
    file = tmp_path_factory.mktemp("any") / "x.json"
    essential = {"model_type": "Original", "seed": 1, "prompt": "p"} | facts
    data = [facts, essential, {"j": essential | {"status": "s"}},
            {provenance.MARK: 1, "settings": facts}][shape]  # fmt: skip
    file.write_text(json.dumps(data))
    try:
        found = fp.open_settings(file)
    except FramePackError as error:
        assert "x.json" in str(error)
        return
    settings, said = found.one.for_schema(SCHEMA)
    refused = validate(settings, SCHEMA, check_files=False).problems
    assert {problem.field for problem in refused} <= {"video", "end_frame"}, said


shares = st.floats(0, 1, exclude_max=True)


@rules(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_damaged_file_gives_settings_or_one_error(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("damage")
    (folder / "s").mkdir()
    queue(folder / "s", params())
    whole = data.draw(st.sampled_from(["zip", "png", "json"]))
    if whole == "zip":
        file = zipped(folder / "s", folder / "x.zip")
    elif whole == "png":
        file = folder / "x.png"
        write_png(PIXELS, sidecar_facts(params()), file)
    else:
        file = folder / "x.json"
        write_json(sidecar_facts(params()), file)
    content = bytearray(file.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        at = int(data.draw(shares) * len(content))  # lengths differ by the moment
        content[at] = data.draw(st.integers(0, 255))
    del content[1 + int(data.draw(shares) * len(content)) :]
    file.write_bytes(content)
    try:
        for found in fp.open_settings(file).all:
            found.for_schema(SCHEMA)
    except FramePackError as error:
        assert file.name in str(error)


def test_what_this_studio_lacks_is_listed(tmp_path):
    file = tmp_path / "x.json"
    values = {
        "model": "Hunyuan", "steps": 5000, "cache": "MagCache", "prompt": "p", "seed": -3,
        "loras": {"anime_v2": 0.5, "gone": 1.0, "style/ghibli": 9.0}, "use_teacache": True,
        "width": "wide",
    }  # fmt: skip
    file.write_text(json.dumps({"name": "n", "settings": {**values, "motion_strength": 3}}))
    schema = schema_with_loras(0)
    settings, said = fp.open_settings(file).for_schema(schema)
    assert settings == Settings(cache="MagCache", prompt="p", loras={})
    assert sorted({line.split(":")[0] for line in said}) == [
        "loras", "model", "motion_strength", "seed", "steps", "width",
    ]  # fmt: skip
    assert "the Studio's own value ('Original') counts" in next(s for s in said if "model" in s)
    assert sum(line.startswith("loras") for line in said) == 3


def test_ten_thousand_strange_fields_are_not_ten_thousand_sentences(tmp_path):
    names = ("".join(random.Random(n).choices(string.ascii_lowercase, k=9)) for n in range(10_000))
    file = tmp_path / "x.json"
    file.write_text(json.dumps({"name": "n", "settings": dict.fromkeys(names, 1)}))
    _, said = fp.open_settings(file).for_schema(SCHEMA)
    assert len(said) < 50
    assert said[-1].endswith("more were left out.")
