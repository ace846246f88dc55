"""Jobs in the database: what is written is what is read, by whomever, in the order that counts."""

from __future__ import annotations

import datetime
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from library_tools import (
    STUDIO,
    add_job,
    cancelled_job,
    done_job,
    failed_job,
    make_image,
    new_record,
    python,
    render,
)

from framepack_widgets.errors import LibraryError
from framepack_widgets.events import Fetched, Noted, Over, Seen, Sending, Sent
from framepack_widgets.job import JobState, Progress, Trace, Wish
from framepack_widgets.library import Library
from framepack_widgets.settings import Settings


@pytest.fixture
def library(tmp_path: Path):
    library = Library(tmp_path / "lib")
    yield library
    library.close()


def test_a_record_comes_back_as_it_was_put_in(library: Library) -> None:
    record = replace(
        new_record(prompt="Grüße 🐈 \x00 [2s: x]", loras={"style": 0.5}, motion_strength=3),
        stamp=2**40 - 1,
        trace=Trace(app_id="a", known_ids=("x", "y"), former_ids=("z",), sends=2),
        progress=Progress(fraction=0.5, eta_s=3.5, text="<b>"),
        notes=("one", "two"),
        started_at=1.5,
        message="m",
    )
    library.add(record)
    assert library.get(record.id) == record
    assert library.find(record.id) == record
    assert library.jobs() == [record]
    other = Library(library.path)
    assert other.get(record.id) == record
    other.close()


def test_a_job_is_added_once(library: Library) -> None:
    record = add_job(library)
    with pytest.raises(LibraryError, match=f"{record.id} already"):
        library.add(record)


def test_shortened_ids(library: Library) -> None:
    for job_id in ("abcd00000001", "abcd00000002", "abce00000001"):
        library.add(new_record(id=job_id))
    assert library.get("abce").id == "abce00000001"
    assert library.get(" ABCD00000002 ").id == "abcd00000002"
    with pytest.raises(LibraryError, match="abcd00000001, abcd00000002"):
        library.get("abcd")
    with pytest.raises(LibraryError, match=r"no job whose id begins with 'ffff'"):
        library.get("ffff")
    for text in ("abc", "", "%", "____", "abc%", "nothing here"):
        with pytest.raises(LibraryError, match=r"library\.jobs\(\)"):
            library.get(text)
    assert library.find("abce") is None


def test_newest_first_and_pages(library: Library) -> None:
    records = [add_job(library, created_at=1000.0) for _ in range(3)]
    old = add_job(library, created_at=10.0)
    ids = [record.id for record in library.jobs()]
    assert ids == [records[2].id, records[1].id, records[0].id, old.id]
    assert [r.id for r in library.jobs(limit=2, offset=1)] == ids[1:3]
    assert library.jobs(limit=0) == []


def test_search_by_text(library: Library) -> None:
    hundred = add_job(library, prompt="100% ÄPFEL_mus am Fluß")
    plain = add_job(library, prompt="1000 apples", negative_prompt="Blur")
    named = done_job(library, prompt=None, seed=99)

    def found(text: str) -> list[str]:
        return [record.id for record in library.jobs(text=text)]

    assert found("äpfel") == [hundred.id]
    assert found("a\u0308pfel FLUSS") == [hundred.id], "composed or not, ß or ss"
    assert found("100%") == [hundred.id], "a percent sign means itself"
    assert found("l_m") == [hundred.id], "an underscore means itself"
    assert found("apples_") == []
    assert found("blur") == [plain.id]
    assert found("apples 1000") == [plain.id], "every word, in any order"
    assert found("apples äpfel") == []
    assert found("clip-99") == [named.id]
    assert found(named.id[:8]) == [named.id]
    assert len(found("  ")) == 3
    assert found("' OR 1=1 --") == []


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=40) | st.just("half \ud83d a cat"))
def test_every_prompt_is_found_by_its_own_words(library: Library, text: str) -> None:
    record = add_job(library, prompt=text)
    for spelling in (text, text.upper(), text.lower()):
        if spelling.casefold() == text.casefold():
            assert record.id in [found.id for found in library.jobs(text=spelling)]


def test_search_by_model_state_studio(library: Library) -> None:
    first = add_job(library, model="F1", studio="one")
    second = failed_job(library, model="Original", studio="one")
    third = cancelled_job(library, model="Original", studio="two")

    def found(**search: object) -> set[str]:
        return {record.id for record in library.jobs(**search)}

    assert found(model="original") == {second.id, third.id}
    assert found(state="failed") == found(state=JobState.FAILED) == {second.id}
    assert found(state=["failed", JobState.WAITING]) == {first.id, second.id}
    assert found(state=[]) == set()
    assert found(studio="one", state=JobState.FAILED, model="Original") == {second.id}
    with pytest.raises(LibraryError, match="waiting, sending"):
        library.jobs(state="finished")


def test_search_by_date(library: Library) -> None:
    def at(day: int, hour: int, minute: int = 0) -> float:
        return datetime.datetime(2026, 11, day, hour, minute).timestamp()

    first = add_job(library, created_at=at(19, 23, 59)).id
    second = add_job(library, created_at=at(20, 0)).id
    third = add_job(library, created_at=at(20, 14, 30)).id

    def found(**search: object) -> list[str]:
        return [record.id for record in reversed(library.jobs(**search))]

    assert found(since="2026-11-20") == [second, third]
    assert found(since=datetime.date(2026, 11, 20), until="2026-11-20") == [second, third]
    assert found(until="2026-11-19") == [first]
    assert found(until=datetime.datetime(2026, 11, 20, 14, 29)) == [first, second]
    assert found(since="2026-11-20T14:30") == [third]
    assert found(since=at(20, 14, 30)) == [third]
    moment = datetime.datetime.fromtimestamp(at(20, 0), datetime.timezone.utc)
    assert found(since=moment) == [second, third]
    assert found(since=moment.strftime("%Y-%m-%dT%H:%M:%SZ")) == [second, third]
    with pytest.raises(LibraryError, match="2026-11-20"):
        library.jobs(since="yesterday")


def test_events_move_a_job_and_are_kept(library: Library) -> None:
    record = add_job(library)
    assert render(library, record.id).state is JobState.FETCHING
    done = library.apply(record.id, Fetched(at=9, clip="x.mp4", verified="id", partial=False))
    assert done.state is JobState.DONE
    assert library.get(record.id) == done
    assert [r.id for r in library.jobs(text="x.mp4")] == [record.id]
    with pytest.raises(LibraryError, match="no job"):
        library.apply("ffffffffffff", Noted(at=1, note="x"))


def test_an_event_that_says_nothing_new_writes_nothing(library: Library, monkeypatch) -> None:
    record = add_job(library)
    before = library.changes()
    monkeypatch.setattr(library._database, "write", None)
    assert library.apply(record.id, Sent(at=1, server_id="x")) == record
    assert library.wish(record.id, Wish.RUN) == record
    assert library.changes() == before


def test_wishes(library: Library) -> None:
    record = add_job(library)
    assert library.wish(record.id[:8], Wish.PAUSE).wish is Wish.PAUSE
    assert library.get(record.id).wish is Wish.PAUSE
    assert library.wish(record.id, Wish.CANCEL).state is JobState.CANCELLED
    assert library.get(record.id).state is JobState.CANCELLED


def test_unfinished_jobs_in_the_order_they_were_added(library: Library) -> None:
    young = add_job(library, created_at=500.0)
    old = add_job(library, created_at=5.0)
    add_job(library, studio="another")
    failed_job(library)
    running = add_job(library)
    library.apply(running.id, Sending(at=1, app_id=None, session_hash="h"))
    assert [r.id for r in library.unfinished(STUDIO)] == [young.id, old.id, running.id]


def test_renders_for_time_estimates(library: Library) -> None:
    whole = done_job(library)
    done_job(library, partial=True)
    failed_job(library)
    other = done_job(library)
    unseen = add_job(library)
    library.apply(unseen.id, Sending(at=1, app_id=None, session_hash="h"))
    library.apply(unseen.id, Over(at=2, outcome="ended", video="1_9.mp4", named=False))
    library.apply(unseen.id, Fetched(at=3, clip="x.mp4", verified="stamp", partial=False))
    assert library.get(unseen.id).state is JobState.DONE
    found = library.renders(STUDIO)
    assert [r.id for r in found] == [other.id, whole.id]
    assert found[0].ended_at - found[0].started_at == 60
    assert len(library.renders(STUDIO, limit=1)) == 1
    assert library.renders("another") == []


def test_changes_of_others_are_noticed(library: Library) -> None:
    record = add_job(library)
    seen = [library.changes()]
    assert library.changes() == seen[-1]
    library.apply(record.id, Noted(at=1, note="ours"))
    seen.append(library.changes())
    other = Library(library.path)
    seen.append(library.changes())  # opening changes nothing
    other.apply(record.id, Noted(at=1, note="theirs"))
    other.close()
    seen.append(library.changes())
    assert seen[0] != seen[1] == seen[2] != seen[3]
    assert library.get(record.id).notes == ("ours", "theirs")


def test_progress_survives_a_crash_of_the_process(library: Library) -> None:
    record = add_job(library)
    library.apply(record.id, Sending(at=1, app_id=None, session_hash="h"))
    library.apply(record.id, Sent(at=1, server_id="s"))
    for step in range(5):
        library.apply(record.id, Seen(1, "s", Progress(fraction=step / 10)))
    other = Library(library.path)
    assert other.get(record.id).progress.fraction == 0.4
    other.close()


RACE = """
import sys
from framepack_widgets.library import Library
from framepack_widgets.events import Sending, Sent, Noted
library = Library(sys.argv[1])
ids = sys.argv[3:]
print("ready", flush=True)
sys.stdin.readline()
for job in ids:
    mine = f"hash-{sys.argv[2]}"
    after = library.apply(job, Sending(at=1, app_id="a", session_hash=mine))
    library.apply(job, Noted(at=1, note=sys.argv[2]))
    if after.trace.session_hash == mine:
        print("won", job, flush=True)
"""


def test_two_processes_at_the_same_jobs(library: Library) -> None:
    """Each transition happens once, and no note of either is lost."""
    ids = [add_job(library).id for _ in range(40)]
    racers = [python(RACE, library.path, name, *ids) for name in ("one", "two")]
    for racer in racers:
        assert racer.stdout.readline().strip() == "ready"
    for racer in racers:
        racer.stdin.write("go\n")
        racer.stdin.flush()
    won = []
    for racer in racers:
        out, error = racer.communicate(timeout=60)
        assert racer.returncode == 0, error
        won += [line.split()[1] for line in out.splitlines()]
    assert sorted(won) == sorted(ids), "exactly one winner for each job"
    for job in ids:
        record = library.get(job)
        assert record.trace.sends == 1
        assert sorted(record.notes) == ["one", "two"]


def test_many_threads_at_one_library(library: Library) -> None:
    record = add_job(library)
    errors: list[BaseException] = []

    def work(name: int) -> None:
        try:
            for step in range(15):
                library.apply(record.id, Noted(at=1, note=f"{name}-{step}"))
                library.jobs(text="looks")
                library.changes()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert len(library.get(record.id).notes) == 60


def test_an_interrupted_change_leaves_nothing_behind(library: Library, monkeypatch) -> None:
    record = add_job(library)
    real = library._store._write

    def interrupted(*arguments: object) -> None:
        real(*arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(library._store, "_write", interrupted)
    with pytest.raises(KeyboardInterrupt):
        library.apply(record.id, Noted(at=1, note="lost"))
    monkeypatch.undo()
    assert library.get(record.id) == record
    assert library.apply(record.id, Noted(at=1, note="kept")).notes == ("kept",)


def test_an_event_cannot_change_what_was_asked_for(library: Library, monkeypatch) -> None:
    record = add_job(library)
    monkeypatch.setattr(
        "framepack_widgets.library.store.advance",
        lambda old, _: old.replace(settings=Settings(prompt="another")),
    )
    with pytest.raises(LibraryError, match="settings"):
        library.apply(record.id, Noted(at=1, note="x"))


def test_frames_are_stored_relative_so_that_the_folder_can_be_moved(
    library: Library, tmp_path: Path
) -> None:
    frame = make_image(tmp_path / "cat.png")
    record = add_job(library, start_frame=str(frame))
    library.close()
    (tmp_path / "lib").rename(tmp_path / "moved here")
    moved = Library(tmp_path / "moved here")
    path = Path(moved.get(record.id).settings.start_frame)
    assert path.parent == tmp_path / "moved here" / "inputs"
    assert path.read_bytes() == frame.read_bytes()
    assert str(tmp_path) not in (tmp_path / "moved here" / "library.sqlite3").read_text("latin-1")
    moved.close()


def test_a_job_whose_frame_is_gone_is_refused(library: Library, tmp_path: Path) -> None:
    record = new_record(library, start_frame=str(make_image(tmp_path / "cat.png")))
    Path(record.settings.start_frame).unlink()
    with pytest.raises(LibraryError, match=r"gone.*Choose the file again"):
        library.add(record)
    assert library.jobs() == []


def test_studios_by_address(library: Library) -> None:
    key = library.studio("http://127.0.0.1:7860")
    assert len(key) == 12
    for spelling in (
        "http://127.0.0.1:7860/", "HTTP://127.0.0.1:7860", "http://me:secret@127.0.0.1:7860/?x=1#y",
        "127.0.0.1:7860", " http://127.0.0.1:7860 ",
    ):  # fmt: skip
        assert library.studio(spelling) == key, spelling
    assert library.studio("https://127.0.0.1:7860") != key
    assert library.studio("http://127.0.0.1:7861") != key
    assert library.studio("http://host/a") != library.studio("http://host/b")
    assert library.studio("http://host:80/a") == library.studio("http://HOST/a/")
    assert library.studio("demo") == library.studio("Demo ") != library.studio("http://demo")
    assert library.studio("http://[::1]:7860") == library.studio("http://[::1]:7860/")


def test_one_server_under_two_addresses_is_one_studio(library: Library) -> None:
    first = library.remember_studio(
        "http://u:p@127.0.0.1:7860", app_id="A", version="0.5.1", schema={"fields": [1]}
    )
    assert first == library.studio("http://127.0.0.1:7860")
    alone = library.studio("http://tunnel.example")
    job = add_job(library, studio=alone)
    second = library.remember_studio("http://tunnel.example", app_id="A", version=None, schema=None)
    assert second == first == library.studio("http://tunnel.example")
    assert library.get(job.id).studio == first, "its jobs come along"
    assert [r.id for r in library.unfinished(first)] == [job.id]
    (row,) = library.studios()
    assert (row.key, row.version, row.app_id, row.schema) == (first, "0.5.1", "A", {"fields": [1]})
    assert row.url == "http://tunnel.example"
    # A restart draws a new app_id; the addresses stay together.
    again = library.remember_studio("http://127.0.0.1:7860", app_id="B", version="0.6", schema=None)
    assert again == first
    third = library.remember_studio("http://third", app_id="A", version=None, schema=None)
    assert third != first, "the old app_id is nobody's any more"
    assert [row.key for row in library.studios()] == [third, first]


def test_studios_without_an_app_id_stay_apart(library: Library) -> None:
    one = library.remember_studio("http://one", app_id=None, version=None, schema=None)
    two = library.remember_studio("http://two", app_id=None, version=None, schema=None)
    assert one != two


def test_reading_and_asking_for_changes_is_quick(library: Library) -> None:
    """Orders of magnitude only: these are called several times a second from a page."""
    record = add_job(library)
    library.get(record.id)
    start = time.perf_counter()
    for _ in range(100):
        library.get(record.id)
        library.changes()
    assert (time.perf_counter() - start) / 100 < 0.01


def test_a_state_change_is_never_written_as_mere_progress(library: Library, monkeypatch) -> None:
    """What looked like progress when it was read may be more once the transaction has begun."""
    record = add_job(library)
    durable = []
    real = library._database.write

    def write(*, durable_: list = durable, **how: bool):
        durable_.append(how.get("durable", True))
        if len(durable_) == 1:
            other = Library(library.path)
            other.apply(record.id, Noted(at=1, note="meanwhile"))
            other.close()
        return real(**how)

    def advance(old, event):
        if old.notes == () or isinstance(event, Noted):
            return (
                real_advance(old, event)
                if isinstance(event, Noted)
                else old.replace(progress=Progress(fraction=0.5))
            )
        return old.replace(state=JobState.FAILED, message="more than progress")

    from framepack_widgets.library import store

    real_advance = store.advance
    monkeypatch.setattr(store, "advance", advance)
    monkeypatch.setattr(library._database, "write", write)
    after = library.apply(record.id, Seen(1, "s", Progress()))
    assert after.state is JobState.FAILED and durable == [False, True]
    assert library.get(record.id) == after


@pytest.mark.parametrize("search", [{}, {"studio": STUDIO}, {"state": "done"}, {"text": "x"}])
def test_a_page_of_jobs_is_read_without_sorting_all(library: Library, search: dict) -> None:
    seen: list[str] = []
    library._database._reader.set_trace_callback(seen.append)
    library.jobs(limit=50, **search)
    library._database._reader.set_trace_callback(None)
    plan = library._database.read(f"EXPLAIN QUERY PLAN {seen[-1]}")
    # The LoRAs of one row are looked through within that row.
    steps = [row[3] for row in plan if "SUBQUERY" not in row[3] and "SCAN lora " not in row[3]]
    assert [step.split("USING")[1] for step in steps] == [" INDEX jobs_by_age"]
