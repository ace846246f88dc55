"""`advance` for every sequence of events: total, and what is over stays over."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framepack_widgets.advance import MAX_SENDS, advance, wished
from framepack_widgets.events import (
    Cancelled,
    Dropped,
    EndAsked,
    Event,
    Failed,
    Fetched,
    Gone,
    Joined,
    Located,
    NeverSent,
    Noted,
    Over,
    Rebound,
    Returned,
    Seen,
    Sending,
    Sent,
    Undecidable,
)
from framepack_widgets.job import JobRecord, JobState, Progress, Trace, Wish
from framepack_widgets.settings import Settings

S = JobState
IDS = st.sampled_from(["a" * 32, "b" * 32, "c" * 32])
APPS = st.sampled_from(["app-1", "app-2"])
STAMPS = st.sampled_from(["261120_1", "261120_2"])
VIDEOS = STAMPS.map(lambda timestamp: f"/tmp/x/{timestamp}_10.mp4")
PROGRESS = st.builds(Progress, fraction=st.floats(0, 1), video=st.none() | VIDEOS)
AT = st.floats(1, 1e9)
CUT = st.lists(STAMPS, max_size=2).map(tuple)

EVENTS: dict[type[Event], st.SearchStrategy[Event]] = {
    Sending: st.builds(Sending, AT, APPS, st.text("xy", min_size=1)),
    Joined: st.builds(Joined, AT),
    Sent: st.builds(Sent, AT, IDS),
    Seen: st.builds(Seen, AT, IDS, PROGRESS),
    Located: st.builds(Located, AT, STAMPS, st.none() | IDS),
    EndAsked: st.builds(EndAsked, AT),
    Over: st.builds(Over, AT, st.just("Completed"), VIDEOS, st.booleans(), st.none() | STAMPS),
    Fetched: st.builds(
        Fetched, AT, st.sampled_from(["a.mp4", "b.mp4"]), st.just("id"), st.booleans()
    ),
    Failed: st.builds(Failed, AT, st.just("it failed"), st.booleans()),
    Cancelled: st.builds(Cancelled, AT, st.just("by somebody")),
    Gone: st.builds(Gone, AT, st.just("it is gone"), st.booleans(), CUT),
    Rebound: st.builds(Rebound, AT, APPS, CUT),
    NeverSent: st.builds(NeverSent, AT),
    Undecidable: st.builds(Undecidable, AT, st.just("who knows")),
    Returned: st.builds(Returned, AT, IDS, APPS),
    Dropped: st.builds(Dropped, AT, IDS),
    Noted: st.builds(Noted, AT, st.sampled_from(["one", "two"])),
}
ANY_EVENT = st.one_of(*EVENTS.values())
# The usual way first, as far as it goes: chance alone seldom finds it.
USUAL: list[Event] = [
    Sending(2.0, "app-1", "hash", ("abc123",)),
    Joined(2.1),
    Sent(2.2, "a" * 32),
    Seen(3.0, "a" * 32, Progress(0.3, video="/tmp/x/261120_1_10.mp4")),
    EndAsked(4.0),
    Over(9.0, "Completed", "/tmp/x/261120_1_10.mp4", named=True),
    Fetched(10.0, "a.mp4", "id", partial=False),
]
PREFIX = st.integers(0, len(USUAL)).map(lambda length: USUAL[:length])
ANYTHING = st.lists(st.one_of(ANY_EVENT, st.sampled_from(Wish)), max_size=12)
HAPPENINGS = st.tuples(PREFIX, ANYTHING).map(lambda parts: [*parts[0], *parts[1]])


def new(**values: Any) -> JobRecord:
    return JobRecord("0123456789ab", "studio", Settings(seed=1), 1.0, **values)


def happen(record: JobRecord, what: Event | Wish) -> JobRecord:
    return wished(record, what, 5.0) if isinstance(what, Wish) else advance(record, what)


RECORDS = HAPPENINGS.map(lambda happenings: _after(new(), happenings))


def _after(record: JobRecord, happenings: list[Any]) -> JobRecord:
    for what in happenings:
        record = happen(record, what)
    return record


def test_every_event_is_tried_here() -> None:
    from framepack_widgets import events

    known = {
        kind
        for kind in vars(events).values()
        if isinstance(kind, type) and issubclass(kind, Event) and kind is not Event
    }
    assert known == set(EVENTS)


@given(HAPPENINGS)
def test_what_holds_for_every_history(happenings: list[Any]) -> None:
    record, unsure = new(), False
    for what in happenings:
        before, record = record, happen(record, what)
        assert record.id == before.id
        assert record.settings is before.settings
        assert record.created_at == before.created_at
        unsure |= isinstance(what, Undecidable) and record.state is S.UNSURE
        if unsure:  # perhaps it was sent: it is never sent again by itself
            assert record.state not in (S.WAITING, S.SENDING)
        if before.state.is_finished and record.state is not before.state:
            assert isinstance(what, (Returned, Fetched))
        if record.state.is_finished:
            assert record.finished_at is not None
            assert record.progress is None
        else:
            assert record.finished_at is None
        assert 0 <= record.trace.sends <= MAX_SENDS
        assert set(before.notes) <= set(record.notes)
        assert len(set(record.notes)) == len(record.notes)
        assert not set(record.trace.unwanted) & {record.trace.server_id}
        if record.clip is not None:
            assert record.state in (S.DONE, S.CANCELLED)
        if before.clip is not None:
            assert record.clip == before.clip


@given(RECORDS, ANY_EVENT)
def test_the_same_event_twice_changes_nothing_more(record: JobRecord, event: Event) -> None:
    once = advance(record, event)
    # Sent, lost and sent again is no repetition; all others are.
    if not isinstance(event, (Sending, Gone, NeverSent)):
        assert advance(once, event) == once


@given(RECORDS)
def test_an_unknown_event_is_no_error(record: JobRecord) -> None:
    class Newer(Event):
        pass

    assert advance(record, Newer(1.0)) is record


@given(RECORDS)
def test_trace_survives_json(record: JobRecord) -> None:
    import json

    trace = Trace.from_dict(json.loads(json.dumps(record.trace.to_dict())))
    assert trace == record.trace


# ---------------------------------------------------------------------- the way of a job

SENDING = Sending(2.0, "app-1", "hash", ("abc123",))
ID, OTHER = "a" * 32, "b" * 32


def sent(**values: Any) -> JobRecord:
    return _after(new(**values), [SENDING, Joined(2.1), Sent(2.2, ID)])


def running(video: str | None = None, **values: Any) -> JobRecord:
    return advance(sent(**values), Seen(3.0, ID, Progress(0.3, video=video)))


def test_all_the_way() -> None:
    record = running("/t/261120_1_9.mp4")
    assert (record.state, record.started_at) == (S.RUNNING, 3.0)
    assert (record.trace.timestamp, record.trace.timestamp_seen) == ("261120_1", True)
    record = advance(record, Over(9.0, "Completed", "/t/261120_1_18.mp4", named=True))
    assert (record.state, record.ended_at, record.progress) == (S.FETCHING, 9.0, None)
    record = advance(record, Fetched(10.0, "clip.mp4", "stamp", partial=False))
    assert (record.state, record.finished_at, record.clip) == (S.DONE, 10.0, "clip.mp4")


@pytest.mark.parametrize("wish", [Wish.CANCEL, Wish.STOP])
def test_a_waiting_job_is_cancelled_at_once(wish: Wish) -> None:
    record = wished(new(), wish, 5.0)
    assert (record.state, record.finished_at, record.wish) == (S.CANCELLED, 5.0, wish)


def test_a_pause_can_be_taken_back_a_cancel_cannot() -> None:
    paused = wished(new(), Wish.PAUSE, 5.0)
    assert advance(paused, SENDING) is paused
    assert advance(wished(paused, Wish.RUN, 6.0), SENDING).state is S.SENDING
    cancelled = wished(sent(), Wish.CANCEL, 5.0)
    assert (cancelled.state, cancelled.wish) == (S.SENT, Wish.CANCEL)
    assert wished(cancelled, Wish.RUN, 6.0) is cancelled
    assert wished(cancelled, Wish.STOP, 6.0).wish is Wish.STOP


@given(RECORDS, st.sampled_from(Wish), st.sampled_from(Wish))
def test_wishes_are_total_and_keep_what_is_over(record: JobRecord, one: Wish, two: Wish) -> None:
    after = wished(record, one, 5.0)
    if record.state.is_finished:
        assert after is record
    elif record.state is not S.WAITING:
        assert after.state is record.state
    assert wished(after, one, 5.0) == after
    assert wished(after, two, 6.0).id == record.id


@pytest.mark.parametrize(
    ("wish", "ended", "state"),
    [
        (Wish.CANCEL, True, S.CANCELLED),
        (Wish.CANCEL, False, S.DONE),  # it came too late to end anything
        (Wish.STOP, True, S.DONE),
        (Wish.RUN, False, S.DONE),
    ],
)
def test_what_a_fetched_clip_makes_of_a_wish(wish: Wish, ended: bool, state: JobState) -> None:
    record = wished(running(), wish, 4.0)
    record = advance(record, EndAsked(5.0)) if ended else record
    record = advance(record, Over(9.0, "Completed", "/t/261120_1_9.mp4", named=True))
    record = advance(record, Fetched(10.0, "clip.mp4", "id", partial=True))
    assert (record.state, record.clip) == (state, "clip.mp4")


def test_a_lost_job_is_sent_again_three_times_at_most() -> None:
    record = new()
    for number in range(MAX_SENDS):
        assert record.state is S.WAITING
        record = _after(record, [SENDING, Sent(2.0, f"{number}" * 32), Gone(3.0, "restarted.")])
    assert (record.state, record.trace.sends) == (S.LOST, MAX_SENDS)
    assert record.trace.former_ids == ("0" * 32, "1" * 32)


def test_what_never_arrived_does_not_count_as_sent() -> None:
    record = advance(advance(new(), SENDING), NeverSent(3.0))
    assert (record.state, record.trace, record.sent_at) == (S.WAITING, Trace(), None)


def test_a_file_of_another_timestamp_is_noticed() -> None:
    record = running("/t/261120_1_9.mp4")
    record = advance(record, Over(9.0, "Completed", "/t/261120_2_18.mp4", named=True))
    assert record.trace.timestamp == "261120_1"


def test_a_rebound_job_starts_from_nothing() -> None:
    record = advance(running("/t/261120_1_9.mp4"), EndAsked(4.0))
    record = advance(record, Rebound(5.0, "app-2", ("261120_1",)))
    assert (record.state, record.progress, record.started_at) == (S.SENT, None, None)
    assert record.trace == Trace(
        app_id="app-2", session_hash="hash", server_id=ID, opened=True, known_ids=("abc123",),
        sends=1, cut_off=("261120_1",),
    )  # fmt: skip


def test_a_waiting_job_that_comes_back_is_adopted() -> None:
    record = advance(running("/t/261120_1_9.mp4"), Gone(4.0, "restarted."))
    assert record.trace.former_ids == (ID,)
    record = advance(record, Returned(5.0, ID, "app-2"))
    assert (record.state, record.sent_at) == (S.SENT, 5.0)
    trace = record.trace
    assert (trace.server_id, trace.app_id, trace.former_ids) == (ID, "app-2", ())
    assert trace.cut_off == ("261120_1",)


def test_the_old_run_counts_and_the_resend_is_unwanted() -> None:
    record = advance(sent(), Gone(4.0, "restarted."))
    record = _after(record, [SENDING, Sent(5.0, OTHER), Returned(6.0, ID, "app-2")])
    assert record.trace.server_id == ID
    assert (record.trace.unwanted, record.trace.former_ids) == ((OTHER,), ())
    record = advance(record, Over(9.0, "Completed", "/t/261120_1_9.mp4", named=True))
    record = advance(record, Fetched(10.0, "clip.mp4", "id", partial=False))
    dropped = advance(record, Dropped(11.0, OTHER))
    assert (dropped.state, dropped.trace.unwanted) == (S.DONE, ())
    assert dropped.trace.former_ids == (OTHER,)


def test_a_lost_job_that_comes_back_has_nothing_of_its_loss() -> None:
    record = advance(running("/t/261120_1_9.mp4"), Gone(4.0, "cleared.", resend=False))
    assert (record.state, record.message) == (S.LOST, "cleared.")
    record = advance(record, Returned(5.0, ID, "app-2"))
    assert (record.state, record.message, record.finished_at) == (S.SENT, "", None)
    assert (record.trace.video, record.trace.timestamp_seen) == (None, False)


@pytest.mark.parametrize("state", [S.DONE, S.FAILED, S.CANCELLED, S.UNSURE, S.FETCHING, S.RUNNING])
def test_only_given_up_jobs_come_back(state: JobState) -> None:
    record = dataclasses.replace(running(), state=state)
    assert advance(record, Returned(5.0, OTHER, "app-2")) is record
