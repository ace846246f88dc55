"""The App without a page: connecting, waiting for it, what it says, keeping secrets."""

from __future__ import annotations

import json
import threading

import pytest
from library_tools import cancelled_job, done_job, failed_job

from framepack_widgets.errors import FramePackError, LibraryError, StudioUnreachable
from framepack_widgets.job import JobRecord, JobState, Wish
from framepack_widgets.library import Library
from framepack_widgets.settings import Settings
from framepack_widgets.studio.protocol import QueueRow
from framepack_widgets.widgets.app import app_text
from framepack_widgets.widgets.app.app import App
from framepack_widgets.widgets.app.app_connection import Connection, Target
from framepack_widgets.widgets.app.connection_bar import Way
from framepack_widgets.widgets.app.server_queue import others_ahead
from framepack_widgets.widgets.jobs.job_list import JobList
from framepack_widgets.widgets.presence import SeenWidget, Ticker
from framepack_widgets.widgets.reruns import made_here

NOWHERE = "http://me:geheim@127.0.0.1:1"


def wait(condition, seconds: float = 10.0) -> None:
    end = threading.Event()
    for _ in range(int(seconds / 0.02)):
        if condition():
            return
        end.wait(0.02)
    raise AssertionError("still not so")


def row(job: str, status: str) -> QueueRow:
    return QueueRow(job, "F1", status, "", "", "", "")


# ---------------------------------------------------------------------- words


def test_the_line_about_the_connection() -> None:
    line = app_text.connection_line("0.5.1", "http://a:b@127.0.0.1:7860/x/", 6, 1, 1)
    assert line == "Studio 0.5.1 · 127.0.0.1:7860/x · 6 models · 1 LoRA · 1 job of others ahead"
    assert (
        app_text.connection_line(None, "http://h", 1, 0, None) == "Studio · h · 1 model · 0 LoRAs"
    )
    assert "geheim" not in app_text.connecting_line(NOWHERE)
    assert "some seconds" in app_text.connecting_line("demo")


def test_every_key_is_in_the_help() -> None:
    rows = app_text.keys_help()
    assert ("Below a clip", "5", "give the clip 5 of 5 stars") in rows
    assert ("Clips", "Space", "select the clip, or not") in rows
    assert all(where and keys and does for where, keys, does in rows)


def test_jobs_of_others() -> None:
    rows = [row("aaaaaa", "running"), row("bbbbbb", "Pending "), row("cccccc", "completed")]
    assert others_ahead(rows, set()) == 2
    assert others_ahead(rows, {"bbbbbb-and-more"}) == 1


# ---------------------------------------------------------------------- connecting


@pytest.fixture
def app(tmp_path):
    made = App(NOWHERE, library=tmp_path / "lib", auth=("u", "pw-geheim"))
    yield made
    made.close()


def test_it_returns_at_once_and_tells_what_is_wrong(app: App, tmp_path) -> None:
    with pytest.raises(FramePackError) as told:
        app.studio  # noqa: B018
    with pytest.raises(FramePackError):
        app.form  # noqa: B018
    assert app.library.path == tmp_path / "lib"
    wait(lambda: app._bar.state == "failed")
    assert app._bar.trouble == str(told.value)
    assert repr(app) == "<App: Not connected>"


def test_no_secret_is_in_any_trait(app: App) -> None:
    with pytest.raises(FramePackError):
        app.studio  # noqa: B018
    app._bar._handle_page(
        None,
        {"kind": "connect", "url": NOWHERE, "token": "", "user": "u", "password": "pw-geheim"},
        [],
    )
    wait(lambda: app._bar.state == "failed")
    for widget in (app._bar, app._strip, app._notice, app):
        assert "geheim" not in json.dumps(widget.get_state(), default=str)
    assert "geheim" not in repr(app._connection.target)


def test_another_studio_gets_none_of_the_secrets() -> None:
    target = Target(Way("http://a", "tok", ("u", "p")), None, {"X": "1"}, "ca.pem")
    other = target.with_way(Way("http://b"))
    assert (other.way.token, other.way.auth, other.headers, other.verify) == (
        None,
        None,
        None,
        True,
    )
    again = target.with_way(Way("http://a", None, ("v", "q")))
    assert (again.way.token, again.way.auth, again.headers) == ("tok", ("v", "q"), {"X": "1"})
    assert again.reach("http://found")["url"] == "http://a"


def test_a_library_that_cannot_be_used_is_told(tmp_path) -> None:
    (tmp_path / "lib").write_text("a file")
    app = App("http://127.0.0.1:1", library=tmp_path / "lib")
    with pytest.raises(LibraryError):
        app.library  # noqa: B018
    with pytest.raises(LibraryError):
        app.settings = Settings()
    wait(lambda: app._bar.state == "failed")
    app.close()


def test_the_newest_attempt_counts(tmp_path) -> None:
    seen: list[str] = []
    connection = Connection(
        Target(Way("http://127.0.0.1:1"), tmp_path / "lib"),
        lambda _: seen.append("library"),
        lambda _: seen.append("studio"),
        lambda error: seen.append(str(error)),
    )
    connection.start(Target(Way("http://127.0.0.1:1"), tmp_path / "lib"))
    connection.start(Target(Way("ftp://127.0.0.1"), tmp_path / "lib"))
    with pytest.raises(StudioUnreachable, match="does not begin with http"):
        connection.wait()
    wait(lambda: any("ftp" in text for text in seen))
    assert seen.count("library") == 1


# ---------------------------------------------------------------------- parts


def record(number: int, **values) -> JobRecord:
    settings = Settings(prompt=f"prompt {number}", seed=number)
    return JobRecord(f"{number:012x}", "k", settings, float(number), **values)


def test_the_waiting_list_acts_on_the_right_jobs() -> None:
    asked: list[tuple[str, list[str]]] = []
    view = JobList(lambda action, jobs: asked.append((action, jobs)))
    running = record(0, state=JobState.RUNNING)
    waiting, paused = record(1), record(2, wish=Wish.PAUSE)
    view.show([running, waiting, paused])
    assert [(r["state"], r["is_paused"]) for r in view.rows] == [
        ("running", False), ("waiting", False), ("waiting", True),
    ]  # fmt: skip
    assert (view.total, view.waiting, view.paused) == (3, 2, 1)
    for action, job in (
        ("pause", None), ("resume", None), ("cancel", None), ("cancel", running.id),
        ("cancel", "no such job"), ("delete", None),
    ):  # fmt: skip
        view._handle_page(None, {"kind": "act", "action": action, "job": job}, [])
        expected = len(asked)
        wait(lambda expected=expected: len(asked) >= expected)
    wait(lambda: len(asked) == 5)
    assert sorted(map(str, asked)) == sorted(
        map(
            str,
            [
                ("pause", [waiting.id]),
                ("resume", [paused.id]),
                ("cancel", [waiting.id, paused.id]),
                ("cancel", [running.id]),
                ("cancel", []),
            ],
        )
    )


def test_a_hundred_waiting_jobs_are_a_short_message() -> None:
    view = JobList(lambda *_: None)
    view.show([record(n) for n in range(100)])
    assert (view.total, len(view.rows)) == (100, 30)


def test_it_ticks_only_while_that_is_wanted() -> None:
    wanted, ticks = [True], []
    ticker = Ticker(lambda: ticks.append(1), lambda: bool(wanted), 0.01)
    assert not ticker.is_going
    ticker.start()
    wait(lambda: len(ticks) > 3)
    wanted.clear()
    wait(lambda: not ticker.is_going)
    count = len(ticks)
    ticker.start()
    wait(lambda: len(ticks) == count + 1)
    wait(lambda: not ticker.is_going)
    ticker.end()
    ticker.start()
    assert not ticker.is_going


def test_work_that_fails_does_not_stop_the_ticker() -> None:
    ticks: list[int] = []

    def work() -> None:
        ticks.append(1)
        raise ValueError

    ticker = Ticker(work, lambda: len(ticks) < 3, 0.01)
    ticker.start()
    wait(lambda: len(ticks) == 3)
    ticker.end()


def test_a_widget_knows_whether_it_is_seen(monkeypatch) -> None:
    widget, seen = SeenWidget(), []
    widget.on_seen(lambda: seen.append(1))

    def here(view: str, value: bool | None) -> None:
        widget._handle_page(None, {"kind": "here", "view": view, "seen": value}, [])

    assert not widget.is_seen
    here("a", True)
    here("b", True)
    here("a", False)
    assert widget.is_seen
    here("b", False)
    assert not widget.is_seen
    assert widget.is_open, "scrolled away, or in a hidden tab"
    here("a", None)
    here("b", None)
    assert not widget.is_open
    assert seen == [1]
    here("c", True)
    monkeypatch.setattr("framepack_widgets.widgets.presence._FORGOTTEN_S", -1.0)
    assert not widget.is_open, "a page that fell silent is gone"


def test_running_a_cell_again_closes_what_it_made(monkeypatch) -> None:
    class Thing:
        closed = False

        def close(self) -> None:
            self.closed = True

    now = ["cell", "run 1"]
    monkeypatch.setattr("framepack_widgets.widgets.reruns._running_cell", lambda: tuple(now))
    first, second = Thing(), Thing()
    made_here(first)
    made_here(second)
    now[:] = "another", "run 1"
    made_here(Thing())
    assert not first.closed
    now[:] = "cell", "run 2"
    third = Thing()
    made_here(third)
    assert (first.closed, second.closed, third.closed) == (True, True, False)
    now[:] = "", ""
    made_here(Thing())
    assert not third.closed


# ---------------------------------------------------------------------- the clip browser


@pytest.fixture
def library(tmp_path):
    made = Library(tmp_path / "lib")
    yield made
    made.close()


@pytest.fixture
def told(library: Library):
    """The grid, and the messages that its page got."""
    from framepack_widgets.widgets.clips.clip_grid import ClipGrid

    grid, messages = ClipGrid(library, lambda _: None), []
    grid.send = lambda content, buffers=None: messages.append((content, buffers))
    yield grid, messages
    grid.close()


def ask(grid, **query) -> None:
    grid._handle_page(None, {"kind": "look", "query": query}, [])


def last_clips(messages) -> dict:
    return [content for content, _ in messages if content["kind"] == "clips"][-1]


def test_searching_and_paging(library: Library, told) -> None:
    grid, messages = told
    jobs = [done_job(library, prompt=f"cat {n}", seed=n) for n in range(3)]
    failed_job(library, prompt="cat that failed")
    ask(grid, text="CAT", page=7)
    wait(lambda: messages)
    found = last_clips(messages)
    assert [tile["seed"] for tile in found["tiles"]] == ["2", "1", "0"]
    assert (found["total"], found["pages"], found["query"]["page"]) == (3, 1, 0)
    assert found["models"] == ["F1"]
    ask(grid, show="failed", stars="x", sort="nonsense", page=-4)
    wait(lambda: last_clips(messages)["total"] == 1)
    library.rate(jobs[1], 4)
    ask(grid, stars=4)
    wait(lambda: [t["id"] for t in last_clips(messages)["tiles"]] == [jobs[1].id])


def test_posters_come_as_buffers(library: Library, told) -> None:
    grid, messages = told
    with_clip, without = done_job(library), cancelled_job(library)
    grid._handle_page(None, {"kind": "posters", "jobs": [with_clip.id, without.id, "ffff"]}, [])
    wait(lambda: len(messages) == 2 or (len(messages) > 2))
    wait(lambda: messages[0][1][0][:2] == b"\xff\xd8")
    assert messages[1][0]["error"] == "The file is gone."
    assert b"JFIF" not in json.dumps(grid.get_state(), default=str).encode()


def test_trash_asks_and_can_be_undone(library: Library, told) -> None:
    grid, _ = told
    job = done_job(library)
    grid.selected = [job.id]
    grid._handle_page(None, {"kind": "trash", "jobs": [job.id]}, [])
    wait(lambda: grid.asked)
    assert "1 job with 1 clip" in grid.asked
    assert "confirm()" not in grid.asked
    assert library.find(job.id)
    grid._handle_page(None, {"kind": "trash_answer", "yes": False}, [])
    wait(lambda: not grid.asked)
    assert library.find(job.id)
    grid._handle_page(None, {"kind": "trash", "jobs": [job.id]}, [])
    wait(lambda: grid.asked)
    grid._handle_page(None, {"kind": "trash_answer", "yes": True}, [])
    wait(lambda: grid.undoable)
    assert library.find(job.id) is None
    assert grid.selected == []
    grid._handle_page(None, {"kind": "undo"}, [])
    wait(lambda: library.find(job.id))
    wait(lambda: not grid.undoable)


def test_what_cannot_be_thrown_away_is_told(library: Library, told) -> None:
    from library_tools import add_job

    grid, _ = told
    grid._handle_page(None, {"kind": "trash", "jobs": [add_job(library).id]}, [])
    wait(lambda: "only finished jobs" in grid.trouble)
    assert not grid.asked


def test_a_card_rates_the_job_it_shows(library: Library) -> None:
    from framepack_widgets.widgets.clips.clip_card import ClipCard

    asked: list[tuple[str, str]] = []
    card = ClipCard(library, lambda action, record: asked.append((action, record.id)))
    first, second = done_job(library), done_job(library)
    card.show(first)
    card._handle_page(None, {"kind": "rate", "job": first.id, "stars": 3}, [])
    wait(lambda: card.stars == 3)
    card.show(second)
    card._handle_page(None, {"kind": "annotate", "job": first.id, "note": "typed before"}, [])
    wait(lambda: library.get(first.id).note == "typed before")
    assert (card.job, card.note, card.stars) == (second.id, "", 0)
    card._handle_page(None, {"kind": "act", "action": "settings", "job": first.id}, [])
    card._handle_page(None, {"kind": "act", "action": "settings", "job": second.id}, [])
    wait(lambda: asked)
    assert asked == [("settings", second.id)], "a click that came too late does nothing"
    library.rate(second, 5)
    card.refresh()
    assert card.stars == 5
    card._handle_page(None, {"kind": "rate", "job": second.id, "stars": 9}, [])
    wait(lambda: "whole number" in card.trouble)


def test_the_clip_browser_takes_a_folder_as_well(tmp_path):
    import framepack_widgets as fp

    browser = fp.ClipBrowser(tmp_path / "shelf")
    assert browser.library.path == (tmp_path / "shelf").resolve()
    assert fp.ClipBrowser(str(tmp_path / "shelf")).library is browser.library
    assert fp.ClipBrowser(browser.library).library is browser.library


def test_under_voila_all_is_drawn_before_the_cell_ends(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("SERVER_SOFTWARE", "voila/0.5.13")
    app = App(NOWHERE, library=tmp_path / "lib")
    assert app._bar.state == "failed", "its page asks for the widgets once, after the cell"
    app.close()
