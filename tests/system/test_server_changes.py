"""A server that is restarted with other LoRAs, and the presets that it keeps."""

from __future__ import annotations

import threading

import pytest
from scene import SMALL

import framepack_widgets as fp
from conftest import python_of
from framepack_widgets.demo.options import DemoOptions
from framepack_widgets.demo.process import start
from framepack_widgets.errors import JobFailed, LibraryError, SettingsError
from framepack_widgets.settings import Settings


def test_other_loras_between_asking_and_sending(tmp_path):
    """As many LoRAs as before, in another order: no weight lands on another's slider."""
    with start(DemoOptions(speed=1, loras=("a", "b", "c"))) as demo:
        studio = fp.connect(demo.url, library=tmp_path / "l")
        told, noticed = [], threading.Event()
        studio.watch_schema(lambda news: (told.extend(news), noticed.set()))
        form = fp.Form(studio, Settings(prompt="mine", loras={"b": 0.4}))
        first = studio.submit(prompt="long", seed=1, **{**SMALL, "seconds": 3})
        gone = studio.submit(prompt="gone", seed=2, loras={"b": 0.4}, **SMALL)
        kept = studio.submit(prompt="kept", seed=3, loras={"c": 0.6, "a": 0.3}, **SMALL)
        next(iter(first))  # it is under way
        port = demo.port
        demo.kill()
    with studio, start(DemoOptions(speed=20, port=port, loras=("c", "new", "a"))):
        with pytest.raises(JobFailed, match=r"(?s)has changed since.*LoRA 'b'"):
            gone.result(timeout=90)
        clip = kept.result(timeout=90)
        assert clip.settings.loras == {"c": 0.6, "a": 0.3}
        assert clip.verified == "stamp"
        assert not any("LoRA" in note for note in kept.record.notes), kept.record.notes
        assert first.result(timeout=90).settings.loras == {}
        assert noticed.wait(10)
        assert "LoRA 'b' is gone." in told
        assert "LoRA 'new' is new." in told
        assert form.schema is studio.schema
        assert form.settings == Settings(prompt="mine", loras={"b": 0.4})
        assert [problem.field for problem in form.report.problems] == ["loras"]
        form.close()


@pytest.mark.parametrize("generation", ["this", "other"])
def test_presets_of_the_studio(tmp_path, generation):
    options = DemoOptions(speed=20, loras=("camera-orbit", "anime_v2", "style/ghibli"))
    with (
        start(options, python=python_of(generation)) as demo,
        fp.connect(demo.url, library=tmp_path) as studio,
    ):
        presets = studio.presets
        assert (presets.offered, presets.all()) == (True, {})
        wanted = Settings(
            model="F1", prompt="a cat", steps=31, cfg_scale=1.7, loras={"style/ghibli": 0.4}
        )
        presets.save("cats", wanted.replace(start_frame="nowhere.png"))
        presets.save("Größe <b>", Settings(prompt="p", seed=12))
        presets.save("cats", wanted.replace(model="Original"))
        assert presets.all() == {"Original": ("Größe <b>", "cats"), "F1": ("cats",)}
        assert presets.names() == ["cats", "Größe <b>"]
        found = presets.load("cats", "F1")
        assert found.settings == studio.schema.resolve(wanted).replace(clean_up=None)
        assert found.unsaid == ("seed",), "Randomize was on"
        assert presets.load("Größe <b>").settings.seed == 12
        with pytest.raises(LibraryError, match="Several models"):
            presets.load("cats")
        presets.delete("cats", "F1")
        assert presets.load("cats").settings.model == "Original"
        with pytest.raises(LibraryError, match="no preset 'dogs'"):
            presets.delete("dogs")
        with pytest.raises(SettingsError, match="steps"):
            presets.save("x", Settings(steps=5000))
        with pytest.raises(LibraryError):
            presets.save("  ", Settings())
