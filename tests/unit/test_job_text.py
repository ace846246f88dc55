"""What a job's view says: for every state and wish something, whatever the server's numbers are."""

from __future__ import annotations

import dataclasses
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framepack_widgets.job import JobRecord, JobState, Progress, Trace, Wish
from framepack_widgets.settings import Settings
from framepack_widgets.widgets.jobs.job_text import BEHIND_OTHERS, duration, percent, present
from framepack_widgets.widgets.jobs.trace_text import asked_rows, trace_rows, value_text

S, W = JobState, Wish
ASKED = Settings(model="Original", prompt="it yawns", seconds=4, latent_window_size=9, steps=25)


def record(state: JobState = S.RUNNING, **values) -> JobRecord:
    return JobRecord(
        **{
            "id": "0" * 12,
            "studio": "s",
            "settings": ASKED,
            "created_at": 0,
            "state": state,
            **values,
        }
    )


def shown(
    state: JobState = S.RUNNING, *, now=100.0, trouble=None, position=None, heard=None, **values
):
    return present(
        record(state, **values), trouble=trouble, now=now, position=position, heard=heard
    )


def names(text) -> list[str]:
    return [action.name for action in text.actions]


numbers = st.integers(-(2**70), 2**70)
floats = st.floats(allow_nan=True, allow_infinity=True)
times = st.none() | floats
progresses = st.builds(
    Progress,
    fraction=floats,
    section_fraction=floats,
    section=numbers,
    sections=numbers,
    step=numbers,
    steps=numbers,
    eta_s=times,
    frames=numbers,
    text=st.text(),
    preview=st.none() | st.text(),
    video=st.none() | st.text(),
)
records = st.builds(
    JobRecord,
    id=st.text(),
    studio=st.text(),
    settings=st.builds(
        Settings,
        model=st.none() | st.text() | st.sampled_from(["Original", "F1", "Video"]),
        seconds=st.none() | floats,
        steps=st.none() | numbers,
        latent_window_size=st.none() | numbers,
    ),
    created_at=floats,
    state=st.sampled_from(S),
    wish=st.sampled_from(W),
    trace=st.builds(Trace, video=st.none() | st.text(), ended=st.booleans(), sends=numbers),
    progress=st.none() | progresses,
    message=st.text(),
    wrong_clip=st.booleans(),
    notes=st.tuples() | st.tuples(st.text()),
    clip=st.none() | st.text(),
    partial=st.booleans(),
    verified=st.none() | st.text(),
    sent_at=times,
    started_at=times,
    ended_at=times,
)


@given(
    records,
    st.none() | st.text(),
    floats,
    st.none() | numbers,
    st.none() | st.sampled_from(W),
)
def test_every_record_can_be_shown(job, trouble, now, position, heard) -> None:
    text = present(job, trouble=trouble, now=now, position=position, heard=heard)
    assert text.headline.strip()
    assert text.tone in {"quiet", "busy", "good", "warning", "error"}
    for bar in text.bars:
        assert bar.label
        assert 0 <= bar.fraction <= 1
    for seconds in (text.eta_s, text.elapsed_s):
        assert seconds is None or (math.isfinite(seconds) and seconds >= 0)
    assert text.finished == job.state.is_finished
    assert not (text.finished and (text.counting or text.trouble))
    assert all(action.label and action.tip for action in text.actions)
    json.dumps(text.to_dict(), allow_nan=False)  # the page reads no NaN
    trace_rows(job)
    asked_rows(job)


def test_a_running_job() -> None:
    progress = Progress(
        fraction=0.629, section_fraction=0.48, section=3, sections=5, step=12, steps=25, eta_s=108.0
    )
    text = shown(progress=progress, started_at=40.0)
    assert text.headline == "rendering"
    assert [(bar.label, bar.text) for bar in text.bars] == [
        ("section 3 of 5, step 12 of 25", "48 %"),
        ("whole", "62 %"),
    ]
    assert (text.eta_s, text.elapsed, text.elapsed_s) == (108.0, "rendering for", 60.0)
    assert text.counting


@pytest.mark.parametrize(
    ("position", "wish", "words"),
    [
        (None, W.RUN, "waiting for its turn"),
        (1, W.RUN, "next"),
        (3, W.RUN, "number 3"),
        (3, W.PAUSE, "paused"),
    ],
)
def test_a_waiting_job(position, wish, words) -> None:
    text = shown(S.WAITING, position=position, wish=wish)
    assert words in text.headline
    assert names(text) == ["resume" if wish is W.PAUSE else "pause", "cancel"]


def test_behind_somebody_elses_job() -> None:
    assert shown(S.SENT, sent_at=99.0).detail == ""
    assert shown(S.SENT, sent_at=90.0).detail == BEHIND_OTHERS


@pytest.mark.parametrize("state", [S.WAITING, S.SENDING, S.SENT, S.RUNNING])
@pytest.mark.parametrize("how", ["wish", "heard"])
def test_a_cancel_is_told_at_once_and_offered_no_more(state, how) -> None:
    text = shown(state, **{how: W.CANCEL})
    assert "cancel" in text.headline
    assert names(text) == []


def test_enough_needs_a_finished_section() -> None:
    assert names(shown(progress=Progress(section=1))) == ["cancel"]
    text = shown(progress=Progress(section=2, frames=33, video="/out/1_9.mp4"))
    assert names(text) == ["stop", "cancel"]
    assert text.so_far == "1.1 s of 3.5 s" or text.so_far == "1.1 s of 3.4 s"
    stop = text.actions[0]
    assert "1.1 s" in stop.tip
    assert "end backwards" in stop.tip
    assert (
        "forwards"
        in shown(
            progress=Progress(frames=33, video="/v"), settings=ASKED.replace(model="F1")
        ).direction
    )


@pytest.mark.parametrize(
    ("state", "more", "words", "offered"),
    [
        (S.FAILED, {"message": "no memory"}, "failed", ["retry", "settings", "found"]),
        (S.FAILED, {"wrong_clip": True}, "another job's clip", ["retry", "settings", "found"]),
        (S.CANCELLED, {"clip": "a.mp4"}, "is kept", ["retry", "settings", "found"]),
        (S.LOST, {}, "lost", ["retry", "settings", "found"]),
        (S.UNSURE, {}, "unsure", ["retry", "settings", "found"]),
        (S.DONE, {"clip": "a.mp4", "partial": True}, "partial", ["settings"]),
        (S.DONE, {"clip": "a.mp4"}, "done", ["settings"]),
        (S.FETCHING, {}, "fetching", []),
    ],
)
def test_the_ways_out(state, more, words, offered) -> None:
    text = shown(state, trouble="unreachable", **more)
    assert words in text.headline
    assert names(text) == offered
    assert text.message == more.get("message", "")
    assert bool(text.trouble) != text.finished  # a job that is over has none


def test_unsure_warns_that_it_may_be_rendered_twice() -> None:
    retry = shown(S.UNSURE).actions[0]
    assert "twice" in retry.tip


def test_nothing_counts_down_while_the_studio_cannot_be_reached() -> None:
    assert not shown(progress=Progress(eta_s=9.0), started_at=1.0, trouble="gone").counting


@pytest.mark.parametrize("eta", [math.nan, math.inf, -math.inf, None])
def test_no_time_left_where_the_server_gives_none(eta) -> None:
    assert shown(progress=Progress(eta_s=eta)).eta_s is None


def test_100_percent_only_when_it_is_all_there() -> None:
    assert [percent(x) for x in (0.0, 0.29, 0.999, 1.0, 7.0, math.nan)] == [
        "0 %", "29 %", "99 %", "100 %", "100 %", "0 %",
    ]  # fmt: skip


def test_durations() -> None:
    assert [duration(x) for x in (0, 65, 3700)] == ["0:00", "1:05", "1:01:40"]


def test_rows_for_people() -> None:
    rows = dict(asked_rows(record(settings=ASKED.replace(clean_up=True, loras={"a<b>": 0.5}))))
    assert rows["Prompt"] == "it yawns"
    assert rows["Clean up video files"] == "yes"
    assert rows["Select LoRAs to Load"] == "a<b> 0.5"
    assert value_text({}) == "none"
    trace = Trace(server_id="abc", sends=2, former_ids=("x", "y"))
    found = dict(trace_rows(record(trace=trace)))
    assert found["the Studio's id"] == "abc"
    assert found["handed over"] == "2 times"
    assert found["earlier ids there"] == "x, y"
    assert "ended by us" not in found


def test_every_fact_of_a_trace_is_told_or_left_out_on_purpose() -> None:
    full = Trace(
        server_id="1", former_ids=("2",), sends=1, outcome="3", timestamp="4", cut_off=("5",),
        video="6", known_ids=("7",), unwanted=("8",), ended=True,
    )  # fmt: skip
    assert len(trace_rows(record(trace=full))) == 11
    silent = {"app_id", "session_hash", "opened", "timestamp_seen", "named"}
    assert len(dataclasses.fields(Trace)) == 10 + len(silent)
