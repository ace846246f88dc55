"""What is kept about LoRAs: any name and text, limits, several processes; trigger words."""

from __future__ import annotations

import json
import multiprocessing

import pytest
from hypothesis import given
from hypothesis import strategies as st
from library_tools import done_job

from framepack_widgets.errors import LibraryError
from framepack_widgets.library import Library
from framepack_widgets.lora_notes import LoraNote, LoraNotes
from framepack_widgets.prompt import parse
from framepack_widgets.trigger_words import occurs, with_word

names = st.text(st.characters(), min_size=1, max_size=255).filter(str.strip)
texts = st.text(st.characters(), max_size=300).map(str.strip)
words = (
    st.text(st.characters(exclude_characters=",[]"), max_size=40)
    .map(lambda text: " ".join(text.split()))
    .filter(bool)
)
triggers = st.lists(words, max_size=20, unique_by=str.casefold).map(tuple)
weights = st.none() | st.floats(-100, 100)


@pytest.fixture
def notes(tmp_path):
    return LoraNotes(tmp_path / "library")


def test_nothing_is_kept_at_first_and_nothing_is_created(notes):
    assert notes.names() == []
    assert notes.get("film-grain") == LoraNote("film-grain")
    assert notes.get("film-grain").is_empty
    assert not notes.folder.exists()


@given(names, texts, triggers, weights)
def test_what_was_kept_comes_back(tmp_path_factory, name, note, triggers, weight):
    notes = LoraNotes(tmp_path_factory.mktemp("any"))
    kept = notes.set(name, note=note, triggers=triggers, weight=weight)
    assert kept == LoraNote(name, note, triggers, weight)
    again = LoraNotes(notes.folder.parent)
    assert again.get(name) == kept
    assert again.names() == ([] if kept.is_empty else [name])
    assert (name in again) is not kept.is_empty


def test_what_is_not_given_stays(notes):
    notes.set("a", note="old film", triggers="grain,  8   mm , Grain")
    notes.set("a", weight=0)
    assert notes.get("a") == LoraNote("a", "old film", ("grain", "8 mm"), 0.0)
    notes.set("a", weight=None, triggers=())
    assert notes.get("a") == LoraNote("a", "old film")
    notes.set("a", note=" ")
    assert notes.names() == [], "a LoRA that nothing is left of is forgotten"
    with pytest.raises(LibraryError, match="There is no LoRA note 'a'"):
        notes.delete("a")


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"note": "x" * 2001}, "up to 2000 characters, not 2001 characters"),
        ({"note": 3}, "not int"),
        ({"triggers": ["x" * 101]}, "no trigger word: that is a text of up to 100"),
        ({"triggers": ["a, b"]}, "without commas"),
        ({"triggers": ["[2s: b"]}, "square brackets"),
        ({"triggers": [3]}, "3 is no trigger word"),
        ({"triggers": 3}, "a list of texts, not 3"),
        ({"triggers": [f"w{n}" for n in range(21)]}, "up to 20 trigger words, not 21"),
        ({"weight": float("nan")}, "nan is no weight"),
        ({"weight": "strong"}, "'strong' is no weight of a LoRA: give a number"),
        ({"weight": True}, "True is no weight"),
        ({"weight": 10**400}, "is no weight"),
    ],
)
def test_what_cannot_be_kept_is_told_and_changes_nothing(notes, given, says):
    notes.set("a", note="kept", triggers=["kept"], weight=0.5)
    with pytest.raises(LibraryError, match=says.replace("[", r"\[")):
        notes.set("a", **given)
    assert notes.get("a") == LoraNote("a", "kept", ("kept",), 0.5)


@pytest.mark.parametrize("name", ["", " \n", "x" * 256, 3])
def test_what_is_no_name_is_refused(notes, name):
    with pytest.raises(LibraryError, match="1 to 255 characters"):
        notes.set(name, note="x")


@pytest.mark.parametrize("content", [b"", b"[]", b'{"name": "bad", "note": 3}', b"\xff"])
def test_a_damaged_file_is_named_and_stops_no_other(notes, content):
    notes.set("good", note="x")
    notes.set("bad", note="x")
    [file] = notes.folder.glob("bad-*.json")
    file.write_bytes(content)
    assert notes.names() == ["good"]
    [problem] = notes.problems()
    assert str(file) in problem
    with pytest.raises(LibraryError, match="delete it and save the LoRA note again"):
        notes.get("bad")
    notes.set("bad", note="new", triggers=(), weight=None)
    assert notes.get("bad").note == "new"


def test_the_file_can_be_read_by_people(notes):
    notes.set("Körnung", note="schön", triggers=["Ä"], weight=0.5)
    [file] = notes.folder.glob("*.json")
    assert json.loads(file.read_text(encoding="utf-8")) == {
        "name": "Körnung", "note": "schön", "triggers": ["Ä"], "weight": 0.5,
    }  # fmt: skip


def test_the_state_tells_of_every_change(notes):
    seen = [notes.state()]
    for weight in (0.5, 0.6):
        notes.set("a", weight=weight)
        seen.append(notes.state())
    notes.delete("a")
    assert len(set(seen)) == 3, seen
    assert notes.state() == seen[0]


def _write(folder, what):
    notes = LoraNotes(folder)
    for number in range(25):
        notes.set(f"{what} {number}", note="x")
        notes.set("shared", **{what: "n" * number if what == "note" else number / 100})


def test_two_processes_lose_nothing_not_even_of_one_lora(tmp_path):
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_write, args=(tmp_path, w)) for w in ("note", "weight")]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0, 0]
    notes = LoraNotes(tmp_path)
    assert len(notes) == 51
    assert notes.get("shared") == LoraNote("shared", "n" * 24, (), 0.24)


# ---------------------------------------------------------------------- trigger words


@pytest.mark.parametrize(
    ("word", "prompt", "there"),
    [
        ("grain", "it yawns, Grain", True),
        ("grain", "it yawns, grainy", False),
        ("8 mm", "on 8  MM film", True),
        ("c++", "c++!", True),
        ("", "anything", False),
        ("straße", "eine STRASSE", True),
    ],
)
def test_a_word_occurs_as_a_whole(word, prompt, there):
    assert occurs(word, prompt) is there


@pytest.mark.parametrize(
    ("prompt", "near", "after"),
    [
        ("", "", "w"),
        ("it yawns ", "", "it yawns, w "),
        ("it yawns.", "", "it yawns. w"),
        ("[0s: up] [2s: yawns ]", "", "[0s: up] [2s: yawns, w ]"),
        ("[0s: up] [2s: yawns]", " up ", "[0s: up, w] [2s: yawns]"),
        ("[0s: up] [2s: ]", "gone", "[0s: up] [2s: w]"),
        ("a cat [0s: up] sits", "a cat  sits", "a cat [0s: up] sits, w"),
        ("a cat [0s: up] sits", "", "a cat [0s: up, w] sits"),
    ],
)
def test_a_word_is_put_at_the_end_of_a_part(prompt, near, after):
    assert with_word(prompt, "w", near) == after


@given(st.text("ab [0s:1-2]., \n", max_size=40), words, st.text("ab ", max_size=3))
def test_a_word_that_was_put_in_is_there_and_the_parts_stay(prompt, word, near):
    after = with_word(prompt, word, near)
    assert after.casefold().count(word.casefold()) > prompt.casefold().count(word.casefold())
    before, now = parse(prompt), parse(after)
    assert [part.start for part in now.parts] == [part.start for part in before.parts]


# ---------------------------------------------------------------------- what the clips tell


def test_clips_tell_which_loras_worked_and_are_found_by_them(tmp_path):
    library = Library(tmp_path / "library")
    first = done_job(library, loras={"film grain": 0.4, "Bloom": 1.0})
    best = done_job(library, loras={"film grain": 0.8})
    newest = done_job(library, loras={"film grain": 0.2})
    done_job(library, prompt="without")
    uses = library.lora_uses()
    assert {name: (use.clips, use.weight, use.stars) for name, use in uses.items()} == {
        "film grain": (3, 0.2, 0),
        "Bloom": (1, 1.0, 0),
    }
    library.rate(best.id, 4)
    library.rate(first.id, 3)
    use = library.lora_uses()["film grain"]
    assert (use.clips, use.weight, use.stars) == (3, 0.8, 4)
    assert [r.id for r in library.jobs(text="GRAIN film")] == [newest.id, best.id, first.id]
    assert library.count(text="grain bloom looks") == 1
    assert library.jobs(text='"film') == [], "names are searched, not how they are written down"
    library.delete(best.id).confirm()
    assert library.lora_uses()["film grain"].clips == 2
    library.close()
