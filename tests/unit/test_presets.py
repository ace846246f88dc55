"""Named Settings: any name, any system, several processes."""

from __future__ import annotations

import json
import multiprocessing

import numpy as np
import PIL.Image
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framepack_widgets.durable import TEMPORARY
from framepack_widgets.errors import LibraryError, SettingsError
from framepack_widgets.images import ImageData
from framepack_widgets.presets import Presets
from framepack_widgets.settings import Settings

names = st.text(st.characters(), min_size=1, max_size=80).filter(str.strip)


@pytest.fixture
def presets(tmp_path):
    return Presets(tmp_path / "library")


def test_an_empty_library_has_none_and_nothing_is_created(presets):
    assert presets.names() == []
    assert "x" not in presets
    assert not presets.folder.exists()


def test_what_was_saved_is_loaded(presets):
    frame = ImageData.of(PIL.Image.new("RGB", (8, 8), "red"))
    settings = Settings(
        model="F1", start_frame=frame, end_frame="a/b.png", prompt="[0s: ä\n]", loras={"x": 0.5}
    )
    presets.save("night / Katze ?", settings)
    assert presets.load("night / Katze ?") == settings
    assert presets.load("night / Katze ?").start_frame == frame
    assert Presets(presets.folder.parent).names() == ["night / Katze ?"]


def test_saving_again_replaces(presets):
    presets.save("a", Settings(steps=1))
    presets.save("a", Settings(steps=2))
    assert presets.load("a").steps == 2
    assert len(list(presets.folder.iterdir())) == 1


def test_names_are_sorted_and_case_counts(presets):
    for number, name in enumerate(["b", "A", "a", "CON", "con", "../up", "é"]):
        presets.save(name, Settings(seed=number))
    assert presets.names() == ["../up", "A", "a", "b", "CON", "con", "é"]
    assert (presets.load("CON").seed, presets.load("con").seed) == (3, 4)
    on_windows = [path.name.casefold() for path in presets.folder.iterdir()]
    assert len(set(on_windows)) == 7, "file names differ by more than their case"


@given(names)
def test_any_text_is_a_name(tmp_path_factory, name):
    presets = Presets(tmp_path_factory.mktemp("any"))
    presets.save(name, Settings(prompt=name))
    assert name in presets
    assert presets.names() == [name]
    assert presets.load(name) == Settings(prompt=name)
    presets.delete(name)
    assert presets.names() == []


@pytest.mark.parametrize("name", ["", "  \n", "x" * 81])
def test_what_is_no_name_is_refused(presets, name):
    with pytest.raises(LibraryError, match="1 to 80 characters"):
        presets.save(name, Settings())


def test_an_unknown_name_is_told_with_those_there_are(presets):
    presets.save("cat", Settings())
    for asked in (presets.load, presets.delete):
        with pytest.raises(LibraryError, match=r"no preset 'dog'.*'cat'"):
            asked("dog")


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b'{"name": "a"}', b"\xff", b'{"name": "a", "settings": 3}'],
)
def test_a_damaged_file_is_named_and_stops_no_other(presets, content):
    presets.save("good", Settings(steps=3))
    presets.save("bad", Settings(steps=4))
    [file] = presets.folder.glob("bad-*.json")
    file.write_bytes(content)
    with pytest.raises(LibraryError, match="delete it and save the preset again") as caught:
        presets.load("bad")
    assert str(file) in str(caught.value)
    assert presets.names() == ["good"]
    assert presets.problems() == [str(caught.value)]
    presets.save("bad", Settings(steps=5))
    assert presets.load("bad").steps == 5
    assert presets.problems() == []


def test_a_copy_made_by_hand_is_told(presets):
    presets.save("a", Settings())
    [file] = presets.folder.iterdir()
    (presets.folder / "my copy.json").write_bytes(file.read_bytes())
    assert presets.names() == ["a"]
    assert "my copy.json" in presets.problems()[0]


def test_what_cannot_be_kept_changes_nothing(presets):
    presets.save("a", Settings(steps=1))
    with pytest.raises(SettingsError, match="cannot be kept as preset 'a'"):
        presets.save("a", Settings(steps=2, start_frame=np.zeros(3)))
    assert presets.load("a").steps == 1


def test_a_write_that_fails_says_so_and_leaves_the_old_one(presets, monkeypatch):
    presets.save("a", Settings(steps=1))

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("framepack_widgets.durable.move", full)
    with pytest.raises(LibraryError, match="Free some space"):
        presets.save("a", Settings(steps=2))
    assert presets.load("a").steps == 1
    assert not list(presets.folder.glob(f"*{TEMPORARY}"))


def test_the_file_can_be_read_by_people(presets):
    presets.save("Nacht", Settings(prompt="schläft"))
    [file] = presets.folder.iterdir()
    assert file.name.startswith("nacht-")
    assert json.loads(file.read_text(encoding="utf-8")) == {
        "name": "Nacht",
        "settings": {"prompt": "schläft"},
    }


def _save_many(folder, first):
    presets = Presets(folder)
    for number in range(first, first + 20):
        presets.save(f"preset {number}", Settings(seed=number))
        presets.save("shared", Settings(seed=number, prompt="x" * 50_000))


def test_two_processes_lose_nothing(tmp_path):
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_save_many, args=(tmp_path, first)) for first in (0, 20)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0, 0]
    presets = Presets(tmp_path)
    assert len(presets.names()) == 41
    assert all(presets.load(f"preset {number}").seed == number for number in range(40))
    assert presets.load("shared").seed in (19, 39)
