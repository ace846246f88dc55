"""What becomes of a job's record when something happens to it. Pure.

    waiting ──> sending ──> sent ──> running ──> fetching ──> done
       │           │          │         │           │
       └─ cancelled└─ unsure  └─────────┴── failed, cancelled, lost

`advance(record, event)` is the only place where a state changes. It is total: an event that
no longer matters (a late answer about a finished job) leaves the record as it is.
"""

from __future__ import annotations

import dataclasses
from typing import Any

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
from framepack_widgets.job import JobRecord, JobState, Trace, Wish, timestamp_of

MAX_SENDS = 3  # a job that takes the server down with it is not sent for ever

_AT_STUDIO = (JobState.SENDING, JobState.SENT, JobState.RUNNING)
_ALWAYS = (Noted, Returned, Fetched, Dropped)  # matter also to a job that is over


def advance(record: JobRecord, event: Event) -> JobRecord:
    """The record after `event`. Total: an event that says nothing new returns the same record."""
    if record.state.is_finished and not isinstance(event, _ALWAYS):
        return record
    handler = _HANDLERS.get(type(event))
    return handler(record, event) if handler else record


def wished(record: JobRecord, wish: Wish, at: float) -> JobRecord:
    """The record after the user said what they want. A waiting job is cancelled at once."""
    if record.state.is_finished:
        return record
    if wish in (Wish.CANCEL, Wish.STOP) and record.state is JobState.WAITING:
        return _finish(record, JobState.CANCELLED, at, "cancelled before it was sent", wish=wish)
    if record.wish in (Wish.CANCEL, Wish.STOP) and wish in (Wish.RUN, Wish.PAUSE):
        return record  # the server may have been told already
    return record.replace(wish=wish)


def _finish(
    record: JobRecord, state: JobState, at: float, message: str = "", **more: Any
) -> JobRecord:
    return record.replace(
        state=state, finished_at=at, message=message or record.message, progress=None, **more
    )


def _sending(record: JobRecord, event: Sending) -> JobRecord:
    if record.state is not JobState.WAITING or record.wish is not Wish.RUN:
        return record
    trace = dataclasses.replace(
        _history(record.trace),
        app_id=event.app_id,
        session_hash=event.session_hash,
        known_ids=event.known_ids,
        sends=record.trace.sends + 1,
    )
    return record.replace(state=JobState.SENDING, trace=trace, sent_at=event.at, message="")


def _joined(record: JobRecord, _: Joined) -> JobRecord:
    if record.state is not JobState.SENDING:
        return record
    return record.replace(trace=dataclasses.replace(record.trace, opened=True))


def _rebound(record: JobRecord, event: Rebound) -> JobRecord:
    if record.state not in (JobState.SENT, JobState.RUNNING):
        return record
    trace = dataclasses.replace(
        record.trace,
        app_id=event.app_id,
        timestamp=None,
        timestamp_seen=False,
        video=None,
        ended=False,
        cut_off=_united(record.trace.cut_off, event.cut_off),
    )
    return record.replace(state=JobState.SENT, trace=trace, progress=None, started_at=None)


def _sent(record: JobRecord, event: Sent) -> JobRecord:
    if record.state is not JobState.SENDING:
        return record
    trace = dataclasses.replace(record.trace, server_id=event.server_id)
    return record.replace(state=JobState.SENT, trace=trace)


def _seen(record: JobRecord, event: Seen) -> JobRecord:
    if record.state not in _AT_STUDIO:
        return record
    video = event.progress.video or record.trace.video
    timestamp = timestamp_of(event.progress.video)
    trace = dataclasses.replace(
        record.trace,
        server_id=event.server_id,
        video=video,
        timestamp=timestamp or record.trace.timestamp,
        timestamp_seen=record.trace.timestamp_seen or timestamp is not None,
    )
    return record.replace(
        state=JobState.RUNNING,
        trace=trace,
        progress=event.progress,
        started_at=record.started_at or event.at,
    )


def _located(record: JobRecord, event: Located) -> JobRecord:
    if record.state not in _AT_STUDIO:
        return record
    trace = dataclasses.replace(
        record.trace,
        timestamp=event.timestamp,
        server_id=event.server_id or record.trace.server_id,
    )
    state = JobState.SENT if record.state is JobState.SENDING else record.state
    return record.replace(trace=trace, state=state)


def _end_asked(record: JobRecord, _: EndAsked) -> JobRecord:
    if record.state not in (JobState.SENT, JobState.RUNNING):
        return record
    return record.replace(trace=dataclasses.replace(record.trace, ended=True))


def _over(record: JobRecord, event: Over) -> JobRecord:
    if record.state not in _AT_STUDIO:
        return record
    # What was seen while it ran stays: a file of another timestamp is to be noticed, not believed.
    seen = record.trace.timestamp if record.trace.timestamp_seen else None
    trace = dataclasses.replace(
        record.trace,
        outcome=event.outcome,
        video=event.video,
        named=event.named,
        timestamp=event.timestamp or seen or timestamp_of(event.video) or record.trace.timestamp,
    )
    return record.replace(
        state=JobState.FETCHING, trace=trace, progress=None, ended_at=record.ended_at or event.at
    )


def _fetched(record: JobRecord, event: Fetched) -> JobRecord:
    if record.state in (JobState.WAITING, *_AT_STUDIO) or record.clip is not None:
        return record
    # A cancel that came too late to end anything is no cancel.
    done = record.wish is not Wish.CANCEL or not record.trace.ended
    return record.replace(
        state=JobState.DONE if done else JobState.CANCELLED,
        clip=event.clip,
        verified=event.verified,
        partial=event.partial,
        notes=_with_notes(record.notes, event.notes),
        finished_at=event.at,
        message="" if done else "cancelled; what had been rendered until then is kept",
        progress=None,
    )


def _gone(record: JobRecord, event: Gone) -> JobRecord:
    if record.state not in _AT_STUDIO:
        return record
    trace = dataclasses.replace(record.trace, cut_off=_united(record.trace.cut_off, event.cut_off))
    record = record.replace(trace=trace)
    if record.wish in (Wish.CANCEL, Wish.STOP):
        return _finish(record, JobState.CANCELLED, event.at, event.message)
    if not event.resend or trace.sends >= MAX_SENDS:
        return _finish(record, JobState.LOST, event.at, event.message)
    return record.replace(
        state=JobState.WAITING,
        trace=_history(trace),
        progress=None,
        started_at=None,
        ended_at=None,
        notes=_with_notes(record.notes, (event.message + " It is sent again.",)),
    )


def _never_sent(record: JobRecord, event: NeverSent) -> JobRecord:
    if record.state is not JobState.SENDING:
        return record
    trace = dataclasses.replace(_history(record.trace), sends=record.trace.sends - 1)
    record = record.replace(trace=trace)
    if record.wish in (Wish.CANCEL, Wish.STOP):
        return _finish(record, JobState.CANCELLED, event.at, "cancelled before it was sent")
    return record.replace(state=JobState.WAITING, sent_at=None)


def _returned(record: JobRecord, event: Returned) -> JobRecord:
    if record.state not in (JobState.WAITING, JobState.SENT, JobState.LOST):
        return record
    current, unwanted = record.trace.server_id, record.trace.unwanted
    if current == event.server_id and record.state is JobState.SENT:
        return record
    if record.state is JobState.SENT and current is not None:
        unwanted = _united(unwanted, (current,))  # it was sent again, and that run waits in line
    history = _history(record.trace)
    trace = dataclasses.replace(
        history,
        app_id=event.app_id,
        server_id=event.server_id,
        former_ids=_without(history.former_ids, (event.server_id, *unwanted)),
        unwanted=_without(unwanted, (event.server_id,)),
    )
    return record.replace(
        state=JobState.SENT,
        trace=trace,
        message="",
        progress=None,
        started_at=None,
        ended_at=None,
        finished_at=None,
        sent_at=event.at,
    )


def _dropped(record: JobRecord, event: Dropped) -> JobRecord:
    trace = record.trace
    if event.server_id not in trace.unwanted:
        return record
    trace = dataclasses.replace(
        trace,
        unwanted=_without(trace.unwanted, (event.server_id,)),
        former_ids=_united(trace.former_ids, (event.server_id,)),
    )
    return record.replace(trace=trace)


def _history(trace: Trace) -> Trace:
    """What stays of a trace when a run is given up: how to know its remains when they turn up."""
    own = (trace.server_id,) if trace.server_id else ()
    timestamps = (trace.timestamp,) if trace.timestamp else ()
    return Trace(
        sends=trace.sends,
        former_ids=_united(trace.former_ids, own, trace.unwanted),
        cut_off=_united(trace.cut_off, timestamps),
    )


def _united(*parts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(item for part in parts for item in part))


def _without(items: tuple[str, ...], others: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(item for item in items if item not in others)


def _with_notes(notes: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    return notes + tuple(note for note in more if note not in notes)


_HANDLERS: dict[type, Any] = {
    Sending: _sending,
    Joined: _joined,
    Sent: _sent,
    Seen: _seen,
    Located: _located,
    EndAsked: _end_asked,
    Over: _over,
    Fetched: _fetched,
    Failed: lambda record, event: _finish(
        record, JobState.FAILED, event.at, event.message, wrong_clip=event.wrong_clip
    ),
    Cancelled: lambda record, event: _finish(record, JobState.CANCELLED, event.at, event.message),
    Gone: _gone,
    Rebound: _rebound,
    NeverSent: _never_sent,
    Undecidable: lambda record, event: _finish(record, JobState.UNSURE, event.at, event.message),
    Returned: _returned,
    Dropped: _dropped,
    Noted: lambda record, event: record.replace(notes=_with_notes(record.notes, (event.note,))),
}
