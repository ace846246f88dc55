"""A job as the user holds it: awaited from anywhere, iterated, waited for, coming back."""

from __future__ import annotations

import asyncio
import concurrent.futures
import gc
import logging
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from library_tools import STUDIO, add_job, make_video, render, until

from framepack_widgets import _loop
from framepack_widgets.clip import Clip
from framepack_widgets.errors import JobCancelled, JobFailed, JobLost, LibraryError, WrongClip
from framepack_widgets.events import (
    Cancelled,
    Event,
    Failed,
    Fetched,
    Gone,
    Returned,
    Seen,
    Sending,
    Sent,
    Undecidable,
)
from framepack_widgets.feed import Feed
from framepack_widgets.job import JobState, Progress
from framepack_widgets.library import Library
from framepack_widgets.live_job import Job

S = JobState


class Bench:
    """A Library, its feed, and the runner's part played by hand: events from another thread."""

    def __init__(self, folder: Path) -> None:
        self.library = Library(folder)
        self.feed = Feed(self.library)
        self.woken = 0
        self.pool = concurrent.futures.ThreadPoolExecutor(1)

    def job(self, job_id: str | None = None, **options: Any) -> Job:
        record = self.library.get(job_id) if job_id else add_job(self.library)
        job = Job(record, self.library, self._wake, **options)
        kept = self.feed.watch(job)
        assert isinstance(kept, Job)
        return kept

    def _wake(self) -> None:
        self.woken += 1

    def happens(self, job: Job, *events: Event) -> None:
        """As the background loop's thread would do it."""

        def apply() -> None:
            for event in events:
                self.feed.publish(self.library.apply(job.id, event))

        self.pool.submit(apply).result()

    def later(self, job: Job, *events: Event, when: Callable[[], object]) -> threading.Thread:
        """Once a condition holds, in a thread of its own."""

        def work() -> None:
            until(when)
            self.happens(job, *events)

        thread = threading.Thread(target=work)
        thread.start()
        return thread

    def finish(self, job: Job, **fetched: Any) -> None:
        render(self.library, job.id)
        file = make_video(self.library.incoming_folder / f"{job.id}.mp4", 6)
        path = self.library.adopt(job.record, file, verified="stamp", partial=False)
        self.happens(job, Fetched(at=200.0, clip=path.name, verified="stamp", partial=False))


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path / "library")
    yield bench
    bench.pool.shutdown()
    bench.library.close()


SENDING = Sending(2.0, "app-1", "hash")
ON_ITS_WAY = (SENDING, Sent(3.0, "server-id"))


def seen(fraction: float) -> Seen:
    return Seen(4.0, "server-id", Progress(fraction=fraction))


def waits(job: Job) -> bool:
    """Whether somebody awaits or iterates the job."""
    return bool(job._listeners)


# ---------------------------------------------------------------------- the end of a job


def test_the_clip_of_a_finished_job(bench: Bench) -> None:
    job = bench.job()
    bench.finish(job)
    clip = job.result()
    assert clip == job.clip == asyncio.run(_awaited(job))
    assert clip.settings == job.settings
    assert job.progress.fraction == 1.0
    assert (job.done, job.trouble) == (True, None)
    assert repr(job) == f"<Job {job.id} done>"


async def _awaited(job: Job) -> Clip:
    return await job


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        (Failed(5.0, "out of memory"), JobFailed),
        (Failed(5.0, "another job's clip", wrong_clip=True), WrongClip),
        (Cancelled(5.0, "by somebody"), JobCancelled),
        (Gone(5.0, "the list was cleared", resend=False), JobLost),
        (Undecidable(5.0, "perhaps sent"), JobLost),
    ],
)
def test_other_ends_are_raised_with_their_reason(
    bench: Bench, event: Event, kind: type[Exception]
) -> None:
    job = bench.job()
    bench.happens(job, *ON_ITS_WAY, event)
    for wait in (job.result, lambda: asyncio.run(_awaited(job))):
        with pytest.raises(kind, match=f"Job {job.id}: {event.message}") as caught:
            wait()
        assert type(caught.value) is kind


def test_a_clip_that_was_deleted_by_hand(bench: Bench) -> None:
    job = bench.job()
    bench.finish(job)
    assert job.clip is not None
    job.clip.path.unlink()
    assert job.clip is None
    with pytest.raises(JobLost, match="no longer in"):
        job.result()


# ---------------------------------------------------------------------- waiting


def test_result_waits(bench: Bench) -> None:
    job = bench.job()
    thread = bench.later(job, *ON_ITS_WAY, Failed(5.0, "no"), when=lambda: True)
    with pytest.raises(JobFailed):
        job.result(timeout=20)
    thread.join()


def test_the_text_of_a_timeout(bench: Bench) -> None:
    job = bench.job()
    bench.happens(job, *ON_ITS_WAY)
    with pytest.raises(TimeoutError) as caught:
        job.result(timeout=0.01)
    assert str(caught.value) == (
        f"Job {job.id} is still sent after 0.01 s. It goes on; call result() again, or cancel()."
    )
    with pytest.raises(TimeoutError):
        job.result(timeout=0)
    assert job.state is S.SENT


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="needs a signal to one thread")
def test_ctrl_c_ends_the_wait_and_not_the_job(bench: Bench) -> None:
    job = bench.job()
    bench.happens(job, *ON_ITS_WAY)
    main = threading.main_thread().ident
    timer = threading.Timer(0.1, signal.pthread_kill, (main, signal.SIGINT))
    timer.start()
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        job.result()
    assert time.monotonic() - started < 5
    assert job.state is S.SENT
    assert bench.library.get(job.id).wish.value == "run"
    bench.happens(job, Failed(5.0, "later"))
    with pytest.raises(JobFailed, match="later"):
        job.result()


def test_many_loops_await_one_job(bench: Bench) -> None:
    job = bench.job()
    loops = 4

    def in_a_loop_of_its_own() -> str:
        async def wait_twice() -> str:
            both = _awaited(job), _awaited(job)
            found = await asyncio.gather(*both, return_exceptions=True)
            return " ".join(type(error).__name__ for error in found)

        return asyncio.run(wait_twice())

    with concurrent.futures.ThreadPoolExecutor(loops) as pool:
        waiting = [pool.submit(in_a_loop_of_its_own) for _ in range(loops)]
        waiting.append(_loop.submit(_name_of_error(job)))
        try:
            until(lambda: len(job._listeners) == 2 * loops + 1)
        finally:
            bench.happens(job, *ON_ITS_WAY, Failed(5.0, "no"))
        found = {future.result(20) for future in waiting}
    assert found == {"JobFailed JobFailed", "JobFailed"}
    assert not waits(job)


async def _name_of_error(job: Job) -> str:
    try:
        await job
    except JobFailed as error:
        return type(error).__name__
    return "none"


def test_cancelling_one_waiting_task_disturbs_no_other(bench: Bench) -> None:
    job = bench.job()

    async def work() -> None:
        one = asyncio.ensure_future(job)
        other = asyncio.ensure_future(job)
        await asyncio.sleep(0)
        one.cancel()
        with pytest.raises(asyncio.CancelledError):
            await one
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(job, 0.01)
        assert not other.done()
        assert job.state is S.WAITING
        bench.happens(job, *ON_ITS_WAY, Failed(5.0, "no"))
        with pytest.raises(JobFailed):
            await other

    asyncio.run(work())
    assert not waits(job)


def test_a_loop_that_is_closed_meanwhile_hurts_nobody(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    """Somebody gave up waiting, and the loop with it; then the job ends."""
    job = bench.job()
    with pytest.raises(asyncio.TimeoutError):
        asyncio.run(asyncio.wait_for(_awaited(job), 0.01))
    loop = asyncio.new_event_loop()
    abandoned = loop.create_task(_awaited(job))
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()
    with caplog.at_level(logging.INFO):
        bench.happens(job, *ON_ITS_WAY, Failed(5.0, "no"))
    assert [r for r in caplog.records if r.levelno >= logging.WARNING] == []
    with pytest.raises(JobFailed):
        job.result()
    abandoned._log_destroy_pending = False  # type: ignore[attr-defined]


# ---------------------------------------------------------------------- iterating


def test_iterating_in_a_cell(bench: Bench) -> None:
    job = bench.job()
    bench.happens(job, *ON_ITS_WAY, seen(0.25))
    fractions = []
    for progress in job:
        fractions.append(progress.fraction)
        if progress.fraction == 0.25:
            bench.happens(job, seen(0.75))
        elif progress.fraction == 0.75:
            bench.happens(job, Cancelled(5.0))
    assert fractions == [0.25, 0.75]  # over, and not well: no progress any more
    assert list(job) == []


def test_iterating_ends_with_the_whole_of_it(bench: Bench) -> None:
    job = bench.job()
    bench.happens(job, *ON_ITS_WAY, seen(0.25))
    fractions = []
    for progress in job:
        fractions.append(progress.fraction)
        if progress.fraction == 0.25:
            bench.finish(job)
    assert fractions == [0.25, 1.0]

    async def work() -> list[float]:
        return [progress.fraction async for progress in job]

    assert asyncio.run(work()) == [1.0]


def test_iterating_while_another_thread_moves_it(bench: Bench) -> None:
    job = bench.job()
    fractions: list[float] = []
    thread = bench.later(job, *ON_ITS_WAY, seen(0.5), when=lambda: fractions)
    other = bench.later(job, Failed(5.0, "no"), when=lambda: 0.5 in fractions)
    for progress in job:
        fractions.append(progress.fraction)  # noqa: PERF401 - the other threads look at it
    assert fractions == [0.0, 0.5]
    thread.join()
    other.join()


def test_iterating_in_a_coroutine(bench: Bench) -> None:
    job = bench.job()
    fractions: list[float] = []
    threads = [
        bench.later(job, *ON_ITS_WAY, seen(0.5), when=lambda: fractions),
        bench.later(job, seen(0.75), when=lambda: 0.5 in fractions),
        bench.later(job, Failed(5.0, "no"), when=lambda: 0.75 in fractions),
    ]

    async def work() -> None:
        async for progress in job:
            fractions.append(progress.fraction)  # noqa: PERF401 - the other threads look at it

    asyncio.run(work())
    assert fractions == [0.0, 0.5, 0.75]
    assert not waits(job)
    for thread in threads:
        thread.join()


def test_leaving_an_iteration_early_leaves_nothing_behind(bench: Bench) -> None:
    job = bench.job()

    async def work() -> None:
        async for _ in job:
            break
        await asyncio.sleep(0)

    asyncio.run(work())
    gc.collect()
    assert not waits(job)
    bench.happens(job, *ON_ITS_WAY)


# ---------------------------------------------------------------------- callbacks


def test_callbacks_are_called_once_when_it_is_over(bench: Bench) -> None:
    job = bench.job()
    called: list[Job] = []
    job.on_done(called.append)
    bench.happens(job, *ON_ITS_WAY)
    assert called == []
    bench.happens(job, Failed(5.0, "no"))
    until(lambda: called == [job])
    job.on_done(called.append)  # it is over: at once
    assert called == [job, job]
    job.tell(job.record)
    assert len(called) == 2


def test_an_error_in_a_callback_is_logged_and_stops_nothing(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    job = bench.job()
    called: list[str] = []

    def broken(_: Job) -> None:
        raise ZeroDivisionError("in the user's own code")

    job.on_done(broken)
    job.on_done(lambda j: called.append(j.id))
    bench.happens(job, *ON_ITS_WAY, Failed(5.0, "no"))
    until(lambda: called == [job.id])
    assert "in the user's own code" in caplog.text
    assert job.id in caplog.text
    with pytest.raises(JobFailed):
        job.result()


# ---------------------------------------------------------------------- wishes


def test_wishes_are_on_disk_and_wake_the_runner(bench: Bench) -> None:
    job = bench.job()
    for act, wish in [(job.pause, "pause"), (job.resume, "run"), (job.pause, "pause")]:
        act()
        assert bench.library.get(job.id).wish.value == wish == job.record.wish.value
    assert bench.woken == 3
    job.cancel()
    assert job.state is S.CANCELLED
    with pytest.raises(JobCancelled):
        job.result()
    other = bench.job()
    bench.happens(other, *ON_ITS_WAY)
    other.stop()
    assert (other.state, other.record.wish.value) == (S.SENT, "stop")


def test_a_wish_for_a_deleted_job_is_an_error(bench: Bench) -> None:
    job = bench.job()
    bench.happens(job, *ON_ITS_WAY, Failed(5.0, "no"))
    bench.library.delete(job.id).confirm()
    with pytest.raises(LibraryError):
        job.cancel()


# ---------------------------------------------------------------------- coming back


def lost(bench: Bench) -> Job:
    job = bench.job()
    bench.happens(job, *ON_ITS_WAY, Gone(5.0, "cleared", resend=False))
    assert job.state is S.LOST
    return job


def test_a_job_that_comes_back_can_be_waited_for_again(bench: Bench) -> None:
    job = lost(bench)
    called: list[JobState] = []
    with pytest.raises(JobLost):
        job.result()
    bench.happens(job, Returned(6.0, "server-id", "app-2"))
    assert not job.done
    job.on_done(lambda j: called.append(j.state))
    with pytest.raises(TimeoutError):
        job.result(timeout=0.01)
    bench.happens(job, Failed(7.0, "this time really"))
    with pytest.raises(JobFailed, match="this time really"):
        job.result()
    until(lambda: called == [S.FAILED])


def test_who_waits_is_not_told_of_an_end_that_was_none(bench: Bench) -> None:
    """Told out of order: an older word of a job that is over arrives after the last one."""
    job = bench.job()
    older = job.record

    async def work() -> str:
        waiting = asyncio.ensure_future(_name_of_error(job))
        await asyncio.sleep(0)
        bench.happens(job, *ON_ITS_WAY, Failed(5.0, "no"))
        over = job.record
        job.tell(older)  # before the waiting task had its turn
        await asyncio.sleep(0.01)
        assert not waiting.done()
        job.tell(over)
        return await waiting

    assert asyncio.run(work()) == "JobFailed"


def test_result_is_not_told_of_an_end_that_was_none(bench: Bench) -> None:
    job = bench.job()
    older, finished = job.record, job._finished
    bench.happens(job, *ON_ITS_WAY, Failed(5.0, "no"))
    over = job.record
    job.tell(older)
    assert job._finished is not finished
    with pytest.raises(TimeoutError):
        job.result(timeout=0.01)
    job.tell(over)
    with pytest.raises(JobFailed):
        job.result()


# ---------------------------------------------------------------------- the feed


def test_one_handle_a_job(bench: Bench) -> None:
    job = bench.job()
    assert bench.job(job.id) is job  # a second one, made by another thread meanwhile
    assert bench.feed.watcher(job.id) is job


def test_handles_are_held_weakly(bench: Bench) -> None:
    job = bench.job()
    job_id = job.id
    del job
    gc.collect()
    assert bench.feed.watcher(job_id) is None
    bench.feed.publish(bench.library.get(job_id))


def test_refresh_tells_what_another_process_did(bench: Bench) -> None:
    job, known, gone = bench.job(), bench.job(), bench.job()
    other = Library(bench.library.path)
    for each in (job, known, gone):
        for event in (*ON_ITS_WAY, Failed(5.0, "no")):
            other.apply(each.id, event)
    other.delete(gone.id).confirm()
    other.close()
    bench.feed.refresh(known=[known.id])
    assert (job.state, known.state, gone.state) == (S.FAILED, S.WAITING, S.WAITING)


def test_the_preview_is_read_when_it_is_asked_for(bench: Bench) -> None:
    read: list[str] = []
    job = bench.job(preview=lambda path: (read.append(path), b"png")[1])
    assert job.preview() is None
    now = Seen(4.0, "server-id", Progress(preview="/tmp/p.webp"))
    bench.happens(job, *ON_ITS_WAY, now)
    assert read == []
    assert job.preview() == b"png"
    assert read == ["/tmp/p.webp"]


def test_trouble_is_of_unfinished_jobs_only(bench: Bench) -> None:
    job = bench.job(trouble=lambda: "the Studio cannot be reached")
    assert job.trouble == "the Studio cannot be reached"
    bench.happens(job, *ON_ITS_WAY, Failed(5.0, "no"))
    assert job.trouble is None


def test_what_a_job_shows_of_itself(bench: Bench) -> None:
    job = bench.job()
    assert repr(job) == f"<Job {job.id} waiting>"
    bench.happens(job, *ON_ITS_WAY, seen(0.25))
    assert repr(job) == f"<Job {job.id} running 25%>"
    bench.happens(job, Failed(5.0, "out of memory"))
    assert repr(job) == f"<Job {job.id} failed: out of memory>"
    assert job.record.studio == STUDIO


def test_a_slow_callback_holds_up_nobody(tmp_path: Path) -> None:
    """`tell` comes from the loop that follows all jobs: it must return while a callback works."""
    library = Library(tmp_path / "slow")
    record = add_job(library)
    job = Job(record, library, lambda: None)
    go_on, called = threading.Event(), threading.Event()

    def slow(_: Job) -> None:
        called.set()
        go_on.wait(10)

    job.on_done(slow)
    job.tell(record.replace(state=JobState.FAILED, message="no"))
    assert called.wait(10)
    assert job.done
    go_on.set()
    library.close()
