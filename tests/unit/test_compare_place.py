"""Clips of a Library compared below the tiles they were selected in, and what becomes of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from library_tools import done_job, failed_job, until

from framepack_widgets.library import Library
from framepack_widgets.settings import Settings
from framepack_widgets.widgets.clips.clip_browser import ClipBrowser
from framepack_widgets.widgets.compare.compare_place import ComparePlace


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    library = Library(tmp_path / "library")
    yield library
    library.close()


@pytest.fixture
def browser(library: Library) -> Iterator[ClipBrowser]:
    browser = ClipBrowser(library)
    yield browser
    browser.close()


def compare(browser: ClipBrowser, *jobs: str) -> ComparePlace:
    browser.grid._handle_page(None, {"kind": "compare", "jobs": list(jobs)}, [])
    return browser.compared


def jobs_of(library: Library, count: int) -> list[str]:
    return [done_job(library, seed=n, cfg_scale=1 + n / 10).id for n in range(count)]


def test_selected_clips_are_compared_in_the_order_of_their_selection(
    browser: ClipBrowser, library: Library
) -> None:
    first, second, third = jobs_of(library, 3)
    place = compare(browser, third, first)
    until(lambda: place.compare)
    assert [clip.job_id for clip in place.compare.clips] == [third, first]
    assert place.compare in place.children
    assert place.compare._reveal, "it is drawn far below"
    shown = place.compare
    compare(browser, first, second, third)
    until(lambda: len(place.jobs) == 3)
    assert place.compare is shown, "the view that was chosen stays"
    assert "3 clips" in place._title.value


def test_too_few_and_too_many_are_told(browser: ClipBrowser, library: Library) -> None:
    first, second = jobs_of(library, 2)
    failed = failed_job(library).id
    (library.clip(second).path).unlink()
    for jobs in ([first], [first, failed], [first, second], [first, "ffffffffffff"], [first] * 3):
        browser.grid.trouble = ""
        place = compare(browser, *jobs)
        until(lambda: browser.grid.trouble)
        assert f"of the {len(jobs)} selected 1 can be shown" in browser.grid.trouble
        assert place.compare is None
    many = [first, *jobs_of(library, 16)]
    browser.grid.trouble = ""
    place = compare(browser, *many)
    until(lambda: "of the 17 selected 17 can" in browser.grid.trouble)
    compare(browser, *many[:16])
    until(lambda: place.compare)
    assert browser.grid.trouble == ""
    browser.grid.trouble = "of before"
    browser.grid.selected = [first]
    assert browser.grid.trouble == ""


def test_closing_it_ends_the_compare_and_gives_the_focus_back(
    browser: ClipBrowser, library: Library
) -> None:
    said: list[str] = []
    browser.grid.send = lambda content, buffers=None: said.append(content["kind"])
    place = compare(browser, *jobs_of(library, 2))
    until(lambda: place.compare)
    shown = place.compare
    place._close.click()
    until(lambda: "focus" in said)
    assert (place.compare, place.children, place.jobs) == (None, (), ())
    assert shown.comm is None


def test_what_goes_to_the_trash_is_compared_no_more(browser: ClipBrowser, library: Library) -> None:
    jobs = jobs_of(library, 3)
    place = compare(browser, *jobs)
    until(lambda: place.compare)
    library.delete(jobs[1]).confirm()
    browser.grid._look_for_changes()
    assert place.jobs == (jobs[0], jobs[2])
    assert len(place.compare.clips) == 2
    library.delete(jobs[0]).confirm()
    browser.grid._look_for_changes()
    assert place.compare is None


def test_the_ways_on_are_handed_to_the_compare(library: Library) -> None:
    used, more = list[Settings](), list[Settings]()
    browser = ClipBrowser(library, use_settings=used.append, render_more=more.append)
    place = compare(browser, *jobs_of(library, 2))
    until(lambda: place.compare)
    for action in ("settings", "more"):
        clip = place.compare._clips[1]
        message = {"kind": "act", "action": action, "clip": 1, "key": clip["key"]}
        place.compare._handle_page(None, message, [])
    until(lambda: used and more)
    assert (used[0].cfg_scale, used[0].seed) == (1.1, 1)
    assert (more[0].cfg_scale, more[0].seed) == (1.1, None)
    plain = ClipBrowser(library)
    place = compare(plain, *jobs_of(library, 2))
    until(lambda: place.compare)
    assert not place.compare._can_settings
    assert not place.compare._can_more
    for each in (browser, plain):
        each.close()
