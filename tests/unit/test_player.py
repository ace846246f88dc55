"""The kernel's side of the Player: what it tells the page and what it does for it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import traitlets
from library_tools import make_video, until

from framepack_widgets.clip import Clip
from framepack_widgets.descent import Descent
from framepack_widgets.images import ImageData
from framepack_widgets.widgets.clips.player import Player
from framepack_widgets.widgets.keys import of_widget
from framepack_widgets.widgets.saved_html import clip_facts, clip_html


class Page:
    """Takes what a player sends."""

    def __init__(self, player: Player) -> None:
        self.player = player
        self.messages: list[tuple[dict[str, Any], list[bytes]]] = []
        player.send = lambda content, buffers=None: self.messages.append((content, buffers or []))

    def ask(self, kind: str, **values: Any) -> tuple[dict[str, Any], list[bytes]]:
        before = len(self.messages)
        self.player._handle_page(self.player, {"kind": kind, **values}, [])
        until(lambda: len(self.messages) > before or self.player.trouble)
        return self.messages[-1]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return make_video(tmp_path / "clip.mp4", frames=12)


@pytest.fixture
def player(path: Path) -> Iterator[Player]:
    player = Player(path)
    yield player
    player.close()


def test_a_path_becomes_a_clip_and_the_page_learns_its_measures(player: Player, path: Path) -> None:
    assert player.clip == Clip(path)
    source = player._source
    assert (source["frames"], source["fps"], source["width"], source["height"]) == (12, 30, 96, 64)
    assert ["size", f"96 × 64 px, {path.stat().st_size / 1e3:.1f} kB"] in player._facts
    assert player.trouble == ""


def test_nothing_large_is_in_the_synced_traits(player: Player) -> None:
    state = {name: value for name, value in player.get_state().items() if name[0] != "_"}
    assert len(repr(state)) + len(repr(player._source)) + len(repr(player._facts)) < 4000


@pytest.mark.parametrize("clip", [None, "gone.mp4"])
def test_no_clip_and_no_file_are_no_crash(clip: str | None) -> None:
    player = Player(clip)
    assert player._source == {}
    assert ("gone.mp4" in player.trouble) == (clip is not None)


def test_something_else_is_no_clip(player: Player) -> None:
    with pytest.raises(traitlets.TraitError, match="clip is a Clip, the path of one, or None"):
        player.clip = 7


def test_another_clip_starts_from_its_first_frame(player: Player, tmp_path: Path) -> None:
    player.frame = 5
    key = player._source["key"]
    player.clip = make_video(tmp_path / "other.mp4", frames=3)
    assert player.frame == 0
    assert player._source["key"] != key
    player.clip = None
    assert (player._source, player._facts) == ({}, [])


def test_the_same_path_is_read_again(player: Player, path: Path) -> None:
    make_video(path, frames=7)
    player.clip = path
    assert player._source["frames"] == 7


def test_reload_also_forgets_what_the_clip_had_read(player: Player, path: Path) -> None:
    make_video(path, frames=7)
    player.reload()
    assert player._source["frames"] == 7


def test_a_frame_outside_the_clip_is_its_first_or_last(player: Player) -> None:
    player.frame = 100
    assert player.frame == 11
    player.frame = -3
    assert player.frame == 0


def test_setting_the_same_frame_again_goes_there(player: Player) -> None:
    page = Page(player)
    player.frame = 0
    assert page.messages == [({"kind": "seek", "frame": 0}, [])]
    player.set_state({"frame": 0})  # as it comes from the page
    assert len(page.messages) == 1


@pytest.mark.parametrize("speed", [0.05, 4.5, float("nan")])
def test_impossible_speeds_are_refused(player: Player, speed: float) -> None:
    with pytest.raises(traitlets.TraitError, match=r"0\.1 to 4 times"):
        player.speed = speed
    with pytest.raises(traitlets.TraitError, match=r"0\.1 to 4 times"):
        Player(speed=speed)


def test_parts_of_the_file_are_answered_for_each_request(player: Player, path: Path) -> None:
    page, key = Page(player), player._source["key"]
    content, buffers = page.ask("chunk", id="a", key=key, number=0)
    assert content == {"kind": "chunk", "id": "a", "number": 0}
    assert b"".join(buffers) == path.read_bytes()
    content, buffers = page.ask("chunk", id="b", key="another", number=0)
    assert (content["kind"], content["id"], buffers) == ("no_chunk", "b", [])
    assert "another clip" in content["why"]
    make_video(path, frames=3)
    content, _ = page.ask("chunk", id="c", key=key, number=0)
    assert (content["kind"], content["id"]) == ("no_chunk", "c")
    assert "has changed since" in content["why"]


def test_a_used_frame_is_the_decoded_one(player: Player, path: Path) -> None:
    page, key = Page(player), player._source["key"]
    got: list[tuple[ImageData, int, str]] = []
    name = threading.current_thread().name
    end = player.on_use(lambda im, n: got.append((im, n, threading.current_thread().name)))
    assert player._can_use
    content, _ = page.ask("use", key=key, frame=7)
    assert content == {"kind": "used", "frame": 7}
    image, number, thread = got[0]
    assert (number, thread != name) == (7, True)
    assert (np.asarray(image.open()) == Clip(path).frame(7)).all()
    end()
    assert not player._can_use


def test_no_frame_is_taken_from_a_file_that_changed(player: Player, path: Path) -> None:
    page, got = Page(player), []
    player.on_use(lambda *values: got.append(values))
    make_video(path, frames=9)
    player._handle_page(player, {"kind": "use", "key": player._source["key"], "frame": 7}, [])
    until(lambda: player.trouble)
    assert "has changed since" in player.trouble
    assert not got
    assert not page.messages


def test_what_a_callback_raises_is_shown(player: Player) -> None:
    def refuse(_: ImageData, frame: int) -> None:
        raise ValueError(f"frame {frame} does not suit")

    player.on_use(refuse)
    player._handle_page(player, {"kind": "use", "key": player._source["key"], "frame": 2}, [])
    until(lambda: player.trouble)
    assert player.trouble == "frame 2 does not suit"


def test_the_facts_say_what_is_partial_and_proven(path: Path) -> None:
    facts = dict(clip_facts(Clip(path, partial=True, verified="stamp")))
    assert "shorter" in facts["partial"]
    assert "own stamp" in facts["proven"]
    assert "partial" not in dict(clip_facts(Clip(path)))


def test_the_facts_of_a_joined_clip_say_of_which_and_nothing_of_a_proof(path: Path) -> None:
    clip = Clip(path, descent=Descent("joined", ("1a2b3c4d5e6f", "a1b2c3d4e5f6"), "join"))
    facts = dict(clip_facts(clip))
    assert facts["made"] == "joined from 1a2b3c4d and a1b2c3d4"
    assert "proven" not in facts
    assert "No settings are known" not in clip_html(clip)


def test_the_page_has_an_action_for_every_key() -> None:
    script = Player._esm
    for action in of_widget("player"):
        assert f"{action}: () =>" in script
