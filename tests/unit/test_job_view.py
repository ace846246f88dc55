"""A job's view without a page: what it is told, how often, and what its buttons do."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from library_tools import add_job, done_job, failed_job, make_video, until

from framepack_widgets.clip import Clip
from framepack_widgets.errors import LibraryError, StudioUnreachable
from framepack_widgets.events import Seen, Sending, Sent
from framepack_widgets.job import JobRecord, JobState, Progress, Wish
from framepack_widgets.library import Library
from framepack_widgets.live_job import Job
from framepack_widgets.widgets.jobs import job_pictures, job_view, job_watch
from framepack_widgets.widgets.jobs.job_view import JobView

PNG = b"\x89PNG\r\n\x1a\n" + b"-" * 20


class Bench:
    """Jobs in a Library, a Studio that only takes them, and the messages of a view's panel."""

    def __init__(self, folder: Path) -> None:
        self.library = Library(folder)
        self.views: list[JobView] = []
        self.trouble: str | None = None
        self.asked = 0

    def job(self, record: JobRecord | None = None, **options: Any) -> Job:
        record = record or add_job(self.library)
        return Job(record, self.library, lambda: None, self._trouble, **options)

    def _trouble(self) -> str | None:
        self.asked += 1
        return self.trouble

    def running(self, progress: Progress, **options: Any) -> Job:
        job = self.job(**options)
        for event in (Sending(1.0, "app", "hash"), Sent(2.0, "id"), Seen(3.0, "id", progress)):
            job.tell(self.library.apply(job.id, event))
        return job

    def view(self, job: Job | None, **options: Any) -> JobView:
        view = JobView(job, **options)
        self.views.append(view)
        return view

    def submit(self, settings: Any) -> Job:
        return self.job(add_job(self.library, settings=settings))


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    monkeypatch.setattr(job_watch, "_TICK_S", 0.02)
    bench = Bench(tmp_path / "library")
    yield bench
    for view in bench.views:
        view.close()
    bench.library.close()


def state(view: JobView) -> dict[str, Any]:
    return view._panel.state


def names(view: JobView) -> list[str]:
    return [action["name"] for action in state(view)["actions"]]


def press(view: JobView, name: str, job: str | None = None) -> None:
    """As a click in the page does."""
    job = state(view)["job"] if job is None else job
    view._panel._handle_page(view._panel, {"kind": "press", "name": name, "job": job}, [])


def look(view: JobView, page: str = "one", **said: bool) -> None:
    view._panel._handle_page(view._panel, {"kind": "look", "view": page, **said}, [])


def messages(view: JobView) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = []
    view._panel.observe(lambda change: told.append(change["new"]), "state")
    return told


def progress_of(job: Job, **values: Any) -> None:
    job.tell(job.record.replace(progress=Progress(**values)))


# ---------------------------------------------------------------------- how often


def test_at_most_ten_updates_a_second_and_the_last_one_arrives(bench: Bench) -> None:
    job = bench.running(Progress())
    view = bench.view(job)
    told = messages(view)
    begin = time.monotonic()
    for number in range(1, 1001):
        progress_of(job, fraction=number / 1000)
        while time.monotonic() < begin + number / 1000:
            time.sleep(0.0002)
    until(lambda: state(view)["bars"][1]["fraction"] == 1.0)
    assert 5 <= len(told) <= (time.monotonic() - begin) * 10 + 2


def test_an_idle_job_sends_nothing(bench: Bench) -> None:
    view = bench.view(bench.job())
    until(lambda: "next" in state(view)["headline"])
    told, asked = messages(view), bench.asked
    until(lambda: bench.asked > asked + 30)  # many looks later
    assert told == []


def test_progress_is_not_sent_to_a_page_that_said_goodbye(bench: Bench) -> None:
    job = bench.running(Progress())
    view = bench.view(job)
    look(view, visible=True)
    progress_of(job, fraction=0.25)
    until(lambda: state(view)["bars"][1]["text"] == "25 %")
    look(view, gone=True)
    told = messages(view)
    progress_of(job, fraction=0.5)
    drawn = threading.Event()
    view._paced._draw, draw = lambda: (draw(), drawn.set()), view._paced._draw
    progress_of(job, fraction=0.6)
    assert drawn.wait(5)
    assert told == []
    look(view, "two", visible=True)
    until(lambda: state(view)["bars"][1]["text"] == "60 %")


# ---------------------------------------------------------------------- watching


def test_another_job_and_closing_end_the_watch(bench: Bench) -> None:
    first, second = bench.job(), bench.job()
    view = bench.view(first)
    assert len(first._listeners) == 1
    view.job = second
    assert (first._listeners, len(second._listeners)) == ([], 1)
    assert state(view)["job"] == second.id
    view.job = None
    assert (second._listeners, state(view)) == ([], {})
    view.job = first
    view.close()
    assert first._listeners == []
    view.job = second  # a closed view watches nothing
    assert second._listeners == []


def test_nothing_ticks_for_a_job_that_is_over(bench: Bench) -> None:
    job = bench.job()
    view = bench.view(job)
    until(lambda: view._watch._ticking)
    job.cancel()
    until(lambda: not view._watch._ticking and view._watch._timer is None)
    until(lambda: state(view)["headline"] == "cancelled")
    again = bench.library.get(job.id).replace(state=JobState.SENT)
    job.tell(again)  # the server brought it back
    until(lambda: view._watch._ticking)


def test_trouble_comes_and_goes_without_news_of_the_job(bench: Bench) -> None:
    view = bench.view(bench.job())
    bench.trouble = "The Studio cannot be reached."
    until(lambda: state(view)["trouble"] == bench.trouble)
    bench.trouble = None
    until(lambda: state(view)["trouble"] == "")


def test_the_place_in_the_list_moves_up(bench: Bench) -> None:
    ahead, job = bench.job(), bench.job()
    view = bench.view(job)
    until(lambda: "number 2" in state(view)["headline"])
    ahead.cancel()
    until(lambda: "next" in state(view)["headline"])


@pytest.mark.parametrize("wish", list(Wish))
@pytest.mark.parametrize("at", list(JobState))
def test_every_state_can_be_drawn(bench: Bench, at: JobState, wish: Wish) -> None:
    job = bench.job(bench.job().record.replace(state=at, wish=wish, progress=Progress()))
    view = bench.view(job)
    assert state(view)["headline"]
    json.dumps(state(view), allow_nan=False)


# ---------------------------------------------------------------------- wishes


def test_the_buttons_do_what_they_say(bench: Bench) -> None:
    job = bench.job()
    view = bench.view(job)
    press(view, "pause")
    until(lambda: job.record.wish is Wish.PAUSE and "resume" in names(view))
    press(view, "resume")
    until(lambda: job.record.wish is Wish.RUN and "pause" in names(view))
    press(view, "cancel")
    until(lambda: job.done and state(view)["headline"] == "cancelled")


def test_enough(bench: Bench) -> None:
    job = bench.running(Progress(frames=33, video="/out/1_9.mp4"))
    view = bench.view(job)
    press(view, "stop")
    until(lambda: job.record.wish is Wish.STOP and names(view) == [])


def test_a_cancel_is_heard_before_the_disk_has_answered(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = bench.running(Progress())
    view = bench.view(job)
    go, calls = threading.Event(), []

    def slow(job_id: str, wish: Wish) -> JobRecord:
        calls.append(wish)
        assert go.wait(10)
        raise LibraryError("the disk is full")

    monkeypatch.setattr(bench.library, "wish", slow)
    press(view, "cancel")
    press(view, "cancel")  # impatient
    until(lambda: state(view)["headline"] == "cancelling…")
    go.set()
    until(lambda: view._panel.trouble == "the disk is full")
    until(lambda: state(view)["headline"] == "rendering" and names(view) == ["cancel"])
    assert calls == [Wish.CANCEL]
    press(view, "found-nothing-like-it")
    assert view._panel.trouble == ""  # the next press takes the old complaint away


def test_a_press_meant_for_another_job_does_nothing(bench: Bench) -> None:
    old, new = bench.job(), bench.job()
    view = bench.view(old)
    view.job = new
    press(view, "cancel", job=old.id)
    press(view, "cancel", job="")
    press(view, "retry")  # not offered while it waits
    press(view, "pause")
    until(lambda: new.record.wish is Wish.PAUSE)
    assert not old.done
    assert not new.done


# ---------------------------------------------------------------------- ways out


def test_retry_submits_the_same_settings_and_goes_on_to_the_new_job(bench: Bench) -> None:
    job = bench.job(failed_job(bench.library))
    view = bench.view(job, studio=bench)
    told: list[Job] = []
    view.on_retry(told.append)
    press(view, "retry")
    until(lambda: view.job not in (job, None))
    assert told == [view.job]
    assert view.job.settings == job.settings
    assert state(view)["job"] == view.job.id


def test_retry_stays_where_a_callback_says_so(bench: Bench) -> None:
    job = bench.job(failed_job(bench.library))
    view = bench.view(job, studio=bench)
    told: list[Job] = []
    view.on_retry(lambda new: told.append(new) or False)
    press(view, "retry")
    until(lambda: told and not view._busy)
    assert view.job is job


def test_retry_without_a_studio_says_what_to_do(bench: Bench) -> None:
    view = bench.view(bench.job(failed_job(bench.library)))
    press(view, "retry")
    until(lambda: "fp.connect" in view._panel.trouble)


def test_settings_are_offered_where_somebody_takes_them(bench: Bench) -> None:
    job = bench.job(failed_job(bench.library))
    view = bench.view(job)
    assert "settings" not in names(view)
    taken: list[Any] = []
    view.on_settings(taken.append)
    until(lambda: "settings" in names(view))
    press(view, "settings")
    until(lambda: taken == [job.settings])
    view.on_settings(lambda settings: 1 / 0)
    until(lambda: not view._busy)
    press(view, "settings")
    until(lambda: "division" in view._panel.trouble)


def test_what_was_found(bench: Bench, tmp_path: Path) -> None:
    job = bench.job(failed_job(bench.library))
    file = make_video(tmp_path / "other.mp4", 4)
    kept = bench.library.keep_aside(job.record, file, "it carries another stamp")
    view = bench.view(job)
    press(view, "found")
    until(lambda: view._panel.found)
    assert view._panel.found["files"] == [
        [str(kept), kept.stat().st_size, "it carries another stamp"]
    ]
    assert ["our id", job.id] in view._panel.found["rows"]
    view.job = bench.job()
    assert view._panel.found == {}


# ---------------------------------------------------------------------- pictures


class Camera:
    """Previews as the server has them; counts how often one was fetched."""

    def __init__(self, view: JobView) -> None:
        self.sent: list[str] = []
        self.panel = view._panel
        self.panel.send = lambda content, buffers=None: self.sent.append(content["mime"])  # type: ignore[method-assign]

    def confirm(self) -> None:
        message = {"kind": "seen", "number": self.panel._pictures}
        self.panel._handle_page(self.panel, message, [])


def test_previews_only_for_eyes(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    fetched: list[str] = []

    def read(path: str) -> bytes:
        fetched.append(path)
        if path == "gone":
            raise StudioUnreachable("no answer")
        return PNG

    job = bench.running(Progress(preview="a"), preview=read)
    view = bench.view(job)
    view._previews._paced._gap = 0.01
    camera = Camera(view)
    progress_of(job, preview="b")
    look(view, visible=False)
    assert fetched == []  # nobody sees it
    look(view, visible=True)
    until(lambda: camera.sent == ["image/png"])
    progress_of(job, preview="c")
    until(lambda: not view._paced._planned)
    assert fetched == ["b"]  # the page has not shown the last one yet
    camera.confirm()
    until(lambda: fetched == ["b", "c"] and len(camera.sent) == 2)
    camera.confirm()
    progress_of(job, preview="gone")
    until(lambda: fetched[-1] == "gone" and not view._previews._busy)
    progress_of(job, preview="d", fraction=0.5)  # one failure ends nothing
    until(lambda: fetched[-1] == "d" and len(camera.sent) == 3)
    look(view, "two", visible=True)  # a new view gets the newest, without another fetch
    until(lambda: len(camera.sent) == 4)
    assert fetched.count("d") == 1
    camera.confirm()
    look(view, gone=True)
    look(view, "two", gone=True)
    progress_of(job, preview="e")
    until(lambda: not view._paced._planned)
    assert "e" not in fetched


@pytest.mark.parametrize(
    ("data", "mime"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0..", "image/jpeg"),
        (b"RIFF\0\0\0\0WEBPVP8X", "image/webp"),
        (b"GIF89a...", "image/gif"),
        (b"<svg onload=alert(1)>", None),
        (b"", None),
    ],
)
def test_what_kind_of_picture(data: bytes, mime: str | None) -> None:
    assert job_pictures.mime_of(data) == mime


def test_the_clip_so_far_is_fetched_only_on_demand(bench: Bench, tmp_path: Path) -> None:
    fetched: list[str] = []

    def section(path: str) -> Path:
        fetched.append(path)
        if path == "bad":
            raise StudioUnreachable("no <answer>")
        return make_video(tmp_path / f"{path}.mp4", 4)

    job = bench.running(Progress(video="1_9", frames=33), section=section)
    view = bench.view(job)
    part = view._clip_part
    assert state(view)["clip_offered"]
    assert fetched == []
    press(view, "clip")
    until(lambda: part.player.clip == Clip(tmp_path / "1_9.mp4"))
    until(lambda: part.box.layout.display == "" and "so far" in part._note.value)
    progress_of(job, video="bad", frames=69)
    until(lambda: "no &lt;answer&gt;" in part._note.value)
    progress_of(job, video="1_27", frames=105)
    until(lambda: part.player.clip == Clip(tmp_path / "1_27.mp4"))
    press(view, "clip")
    until(lambda: part.player.clip is None and part.box.layout.display == "none")
    assert fetched == ["1_9", "bad", "1_27"]


def test_the_clip_of_a_job_that_is_over(bench: Bench) -> None:
    job = bench.job(done_job(bench.library))
    view = bench.view(job)
    until(lambda: view._clip_part.player.clip == job.clip)
    job.clip.path.unlink()
    view.job = bench.job(failed_job(bench.library))
    until(lambda: view._clip_part.player.clip is None)
    view.job = job
    until(lambda: "no longer in the Library" in view._clip_part._note.value)


# ---------------------------------------------------------------------- the notebook's record


def test_the_saved_output_follows_the_state(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    class Saved:
        refreshed = 0

        def refresh(self) -> None:
            self.refreshed += 1
            self.html = view._saved_html()

    saved = Saved()
    monkeypatch.setattr(job_view, "publish", lambda widget, html: saved)
    job = bench.running(Progress())
    view = bench.view(job)
    view._ipython_display_()
    progress_of(job, fraction=0.5)
    until(lambda: state(view)["bars"][1]["text"] == "50 %")
    assert saved.refreshed == 0  # mere progress is not worth it
    job.tell(job.record.replace(state=JobState.FAILED, message="no <memory>", progress=None))
    until(lambda: saved.refreshed == 1)
    assert "no &lt;memory&gt;" in saved.html
