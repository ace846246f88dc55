"""The kernel's side of Compare: what it tells the page and what it does for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import traitlets
from library_tools import done_job, make_video, until

from framepack_widgets.clip import Clip
from framepack_widgets.library import Library
from framepack_widgets.metrics import MeasuringCancelled, Metrics
from framepack_widgets.settings import Settings
from framepack_widgets.widgets.compare.clip_set import MOST
from framepack_widgets.widgets.compare.compare import Compare
from framepack_widgets.widgets.compare.compare_html import compare_html
from framepack_widgets.widgets.keys import of_widget


class Page:
    """Takes what a Compare sends."""

    def __init__(self, compare: Compare) -> None:
        self.compare = compare
        self.messages: list[tuple[dict[str, Any], list[bytes]]] = []
        compare.send = lambda content, buffers=None: self.messages.append((content, buffers or []))

    def tell(self, kind: str, clip: int | None = None, **values: Any) -> None:
        if clip is not None:
            values = {"clip": clip, "key": self.compare._clips[clip]["key"], **values}
        self.compare._handle_page(self.compare, {"kind": kind, **values}, [])

    def ask(self, kind: str, **values: Any) -> tuple[dict[str, Any], list[bytes]]:
        before = len(self.messages)
        self.tell(kind, **values)
        until(lambda: len(self.messages) > before)
        return self.messages[-1]


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    return [make_video(tmp_path / f"{n}.mp4", frames=6 + n) for n in range(3)]


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    library = Library(tmp_path / "library")
    yield library
    library.close()


@pytest.fixture
def rated(library: Library) -> Iterator[Compare]:
    """Three clips of a Library, CFG 3, 1, 2."""
    jobs = [done_job(library, cfg_scale=cfg, seed=7) for cfg in (3.0, 1.0, 2.0)]
    compare = Compare([library.clip(job) for job in jobs])
    yield compare
    compare.close()


def test_the_page_learns_what_each_clip_is(paths: list[Path]) -> None:
    compare = Compare(paths)
    assert [clip["frames"] for clip in compare._clips] == [6, 7, 8]
    assert [clip["label"] for clip in compare._clips] == ["1", "2", "3"]
    assert [clip["rated"] for clip in compare._clips] == [False] * 3
    assert compare.clips == tuple(Clip(path) for path in paths)
    assert Compare(paths, ["a", "b", "c"]).labels == ("a", "b", "c")


def test_jobs_and_points_are_taken_by_their_clips(paths: list[Path]) -> None:
    point = SimpleNamespace(clip=Clip(paths[0]))
    assert Compare([point, paths[1]]).clips[0] == Clip(paths[0])
    with pytest.raises(ValueError, match="has none"):
        Compare([SimpleNamespace(clip=None), paths[1]])


@pytest.mark.parametrize("count", [0, 1, MOST + 1])
def test_too_few_and_too_many_are_refused(paths: list[Path], count: int) -> None:
    with pytest.raises(ValueError, match=f"2 to 16 clips, not {count}"):
        Compare(paths[:1] * count)


def test_labels_have_to_be_as_many_as_clips(paths: list[Path]) -> None:
    with pytest.raises(ValueError, match="3 clips, but 2 labels"):
        Compare(paths, ["a", "b"])


def test_a_clip_that_is_gone_says_so_and_the_others_are_shown(paths: list[Path]) -> None:
    paths[1].unlink()
    compare = Compare(paths)
    assert [clip["key"] != "" for clip in compare._clips] == [True, False, True]
    assert "1.mp4" in compare._clips[1]["trouble"]
    assert "1.mp4" in compare_html(compare._set)


def test_only_what_differs_stands_below_a_clip(rated: Compare) -> None:
    told = [{name: text for name, text, _ in clip["facts"]} for clip in rated._clips]
    assert told == [{"cfg_scale": "3"}, {"cfg_scale": "1"}, {"cfg_scale": "2"}]
    assert all(clip["known"] and clip["rated"] for clip in rated._clips)


def test_nothing_large_is_in_the_synced_traits(library: Library) -> None:
    prompts = [f"{n} " + "long " * 2000 for n in range(MOST)]
    jobs = [done_job(library, prompt=prompt) for prompt in prompts]
    compare = Compare([library.clip(job) for job in jobs])
    assert len(repr(compare._clips)) + len(repr(compare._marks)) < MOST * 1500


def test_sorting_by_a_setting_both_ways_and_as_given(rated: Compare) -> None:
    rated.sort = "cfg_scale"
    assert rated._order == [1, 2, 0]
    rated.sort = "-cfg_scale"
    assert rated._order == [0, 2, 1]
    rated.sort = ""
    assert rated._order == [0, 1, 2]
    assert {"rating", "cfg_scale", "motion"} <= set(rated._sorts)


def test_what_was_measured_before_sorts_at_once(library: Library) -> None:
    jobs = [done_job(library, frames=frames) for frames in (9, 4, 6)]
    clips = [library.clip(job) for job in jobs]
    flickers = [clip.metrics().flicker for clip in clips]
    compare = Compare(clips)
    compare.sort = "-flicker"
    best_first = sorted(range(3), key=lambda n: -flickers[n])
    until(lambda: compare._order == best_first)
    assert compare._lacking == 0
    assert compare._numbers[0] == f"flicker {flickers[0]:.4g}"
    compare.sort = ""
    assert (compare._order, compare._numbers) == ([0, 1, 2], [])


def test_what_was_not_measured_is_offered_and_measured_when_asked_for(
    rated: Compare, library: Library
) -> None:
    page = Page(rated)
    known = rated.clips[1].metrics()
    rated.sort = "motion"
    until(lambda: rated._lacking == 2)
    assert rated._numbers[::2] == ["motion: not measured"] * 2
    busy: list[str] = []
    rated.observe(lambda change: busy.append(change.new), "_busy")
    page.tell("measure")
    until(lambda: rated._lacking == 0)
    assert (rated._busy, busy[0], busy[-1]) == ("", "measuring clip 1 of 2", "")
    assert "measuring clip 2 of 2" in busy
    numbers = [clip.metrics().motion for clip in rated.clips]
    assert rated._order == sorted(range(3), key=lambda n: (numbers[n] is None, numbers[n]))
    assert numbers[1] == known.motion


def test_measuring_can_be_stopped_and_what_is_measured_stays(
    rated: Compare, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, measured = Page(rated), list[str]()

    def metrics_of(clip: Clip, *, progress: Any, cancelled: Any) -> Metrics:
        if measured:
            page.tell("stop")
        for done in range(1000):
            if cancelled():
                raise MeasuringCancelled("stopped")
            progress(done, 1000)
        measured.append(clip.path.name)
        return Metrics(motion=1.0)

    monkeypatch.setattr("framepack_widgets.widgets.compare.clip_set.metrics_of", metrics_of)
    rated.sort = "motion"
    until(lambda: rated._lacking == 3)
    rated.measure()
    until(lambda: rated._lacking == 2)
    assert (rated._busy, len(measured), rated.trouble) == ("", 1, "")
    rated.show(rated.clips[:2])
    assert rated.sort == "motion"
    until(lambda: rated._lacking == 2)


def test_a_clip_that_cannot_be_measured_stands_last(paths: list[Path]) -> None:
    paths[0].write_bytes(paths[0].read_bytes()[:2000])
    gone = paths[1].with_name("gone.mp4")
    compare = Compare([gone, *paths], sort="flicker")
    until(lambda: compare._lacking == 2)  # those that can be shown
    compare.measure()
    until(lambda: compare._lacking == 0)
    assert set(compare._order[:2]) == {2, 3}
    assert compare._numbers[0] == "flicker: none"


def test_stars_and_notes_go_into_the_library(rated: Compare, library: Library) -> None:
    page = Page(rated)
    page.tell("rate", 1, stars=4)
    until(lambda: rated._marks[1]["stars"] == 4)
    page.tell("annotate", 2, note="<b>best</b>")
    until(lambda: rated._marks[2]["note"] == "<b>best</b>")
    records = [library.find(clip.job_id) for clip in rated.clips]
    assert [record.stars for record in records] == [0, 4, 0]
    assert records[2].note == "<b>best</b>"
    assert "&lt;b&gt;best" in compare_html(rated._set)
    rated.sort = "-rating"
    assert rated._order == [1, 0, 2]
    page.tell("rate", 2, stars=5)
    until(lambda: rated._order == [2, 1, 0])


def test_stars_that_others_give_are_seen(rated: Compare, library: Library) -> None:
    library.rate(rated.clips[0].job_id, 3)
    rated._look()
    assert rated._marks[0]["stars"] == 3


def test_a_clip_of_no_library_cannot_be_rated(paths: list[Path]) -> None:
    compare = Compare(paths)
    Page(compare).tell("rate", 0, stars=3)
    until(lambda: compare.trouble)
    assert "is no clip of a Library" in compare.trouble


def test_a_click_on_a_clip_of_before_reaches_no_other(rated: Compare, library: Library) -> None:
    old = rated._clips[0]["key"]
    rated.show(rated.clips[::-1])
    rated._handle_page(rated, {"kind": "rate", "clip": 0, "key": old, "stars": 5}, [])
    until(lambda: rated.trouble)
    assert "Other clips are compared by now" in rated.trouble
    assert [library.find(clip.job_id).stars for clip in rated.clips] == [0, 0, 0]


def test_settings_are_handed_over_and_alike_means_another_seed(rated: Compare) -> None:
    page, used, more = Page(rated), list[Settings](), list[Settings]()
    end = rated.on_settings(used.append)
    rated.on_more(more.append)
    assert (rated._can_settings, rated._can_more) == (True, True)
    page.tell("act", 2, action="settings")
    until(lambda: used)
    assert (used[0].cfg_scale, used[0].seed) == (2.0, 7)
    page.tell("act", 0, action="more")
    until(lambda: more)
    assert (more[0].cfg_scale, more[0].seed) == (3.0, None)
    end()
    assert not rated._can_settings


def test_what_a_callback_raises_is_shown(rated: Compare) -> None:
    rated.on_more(lambda _: 1 / 0)
    Page(rated).tell("act", 0, action="more")
    until(lambda: rated.trouble)
    assert rated.trouble == "division by zero"


def test_parts_of_each_file_are_answered_by_key(paths: list[Path]) -> None:
    compare = Compare(paths)
    page = Page(compare)
    for number, path in enumerate(paths):
        key = compare._clips[number]["key"]
        content, buffers = page.ask("chunk", id="a", key=key, number=0)
        assert (content["kind"], b"".join(buffers)) == ("chunk", path.read_bytes())
    content, _ = page.ask("chunk", id="b", key="another", number=0)
    assert (content["kind"], content["id"]) == ("no_chunk", "b")


def test_frames_and_pairs_stay_inside(paths: list[Path]) -> None:
    compare = Compare(paths)
    compare.frame = 100
    assert compare.frame == 7  # of the longest
    with pytest.raises(traitlets.TraitError, match="two numbers from 0 to 2"):
        compare.pair = [0, 3]
    for name, value in (("speed", 9), ("gain", 0), ("wipe", 2), ("flicker", 60), ("view", "x")):
        with pytest.raises(traitlets.TraitError):
            setattr(compare, name, value)


def test_other_clips_start_anew(paths: list[Path]) -> None:
    compare = Compare(paths, ["a", "b", "c"], view="wipe", pair=[1, 2])
    compare.show(paths[:2])
    assert (compare.pair, compare.frame, compare.labels) == ([0, 1], 0, ("1", "2"))
    with pytest.raises(ValueError, match="2 to 16"):
        compare.show(paths[:1])
    assert len(compare.clips) == 2


def test_the_saved_output_escapes_everything(paths: list[Path]) -> None:
    shown = compare_html(Compare(paths, ["<script>", "b", "c"])._set)
    assert "<script>" not in shown
    assert shown.count("data:image/jpeg;base64,") == 3


def test_the_page_has_an_action_for_every_key() -> None:
    for action in of_widget("compare"):
        assert f"{action}: " in Compare._esm or action.startswith("stars_")
