"""What a Studio's answers mean: the shapes that real ones send, and junk."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from configs import studio_config
from hypothesis import given
from hypothesis import strategies as st

from framepack_widgets.errors import NotAStudio
from framepack_widgets.job import Progress
from framepack_widgets.studio import gallery, wire
from framepack_widgets.studio.queue_answer import queue_rows

ENDPOINTS = wire.endpoints(studio_config())
CURRENT, MONITOR = ENDPOINTS["check_for_current_job"], ENDPOINTS["monitor_job"]
STATS, START = ENDPOINTS["update_stats"], ENDPOINTS["handle_start_button"]
GALLERY = ENDPOINTS["refresh_gallery"]
ID = "3f1e5d0c-8a0f-4d55-9b5e-0123456789ab"
TEMPORARY = "/tmp/gradio/5be0/261120_112754_352_4727_18.mp4"

BARS = (
    '<div class="x"><span>{section}</span><progress value="{a}" max="100"></progress></div>'
    '<div><span>{total}</span><progress value="{b}" max="100"></progress></div>'
)
SAMPLING = BARS.format(
    section="Sampling 10/25  ETA 0:00:42", a=40, total="Total 60/150  ETA 0:04:10", b=40
)
TEXT = (
    "Total generated frames: 69, Video length: 2.30 seconds (FPS-30). Current position: 0.01s "
    "(original: 5.99s). using prompt: a cat..."
)
FILE = {"path": TEMPORARY, "url": "http://inner:7860/x", "meta": {"_type": "gradio.FileData"}}
VIDEO_5 = {"video": FILE, "subtitles": None}
PREVIEW = {"path": "/tmp/gradio/9a/image.webp", "url": "http://inner/x", "orig_name": "image.webp"}
UNCHANGED = {"__type__": "update"}


# ---------------------------------------------------------------------- who runs


def test_nothing_runs() -> None:
    assert wire.current(CURRENT, [None, None, None, None, "", ""]) is None
    assert wire.current(CURRENT, ["", None, None, None, "", ""]) is None


def test_a_job_that_was_just_taken() -> None:
    now = wire.current(CURRENT, [ID, None, None, None, "", ""])
    assert now is not None
    assert (now.server_id, now.progress) == (ID, Progress())


@pytest.mark.parametrize("video", [VIDEO_5, FILE], ids=["gradio 5", "gradio 6"])
def test_a_job_that_samples(video: Any) -> None:
    now = wire.current(CURRENT, [ID, video, PREVIEW, PREVIEW, TEXT, SAMPLING])
    assert now is not None
    assert now.progress == Progress(
        fraction=0.4, section_fraction=0.4, section=3, sections=6, step=10, steps=25, eta_s=250.0,
        frames=69, text=TEXT, preview=PREVIEW["path"], video=TEMPORARY,
    )  # fmt: skip


def test_a_preview_that_did_not_change_is_none() -> None:
    now = wire.current(CURRENT, [ID, None, UNCHANGED, UNCHANGED, "", ""])
    assert now is not None
    assert now.progress.preview is None


@pytest.mark.parametrize(
    ("text", "html", "wanted"),
    [
        ("", "", Progress()),
        ("Starting job...", '<progress value="0" max="100">', Progress(text="Starting job...")),
        (
            "",
            '<b>VAE encoding ...</b><progress value="0" max="100"></progress>',
            Progress(text="VAE encoding ..."),
        ),
        (
            "Completed",
            '<progress value="100" max="100"></progress>Completed',
            Progress(section_fraction=1.0, text="Completed"),
        ),
        (  # the very first step, and the very last
            "",
            "Sampling 1/25 Total 1/150",
            Progress(1 / 150, 1 / 25, 1, 6, 1, 25, text="Sampling 1/25 Total 1/150"),
        ),
        (
            "",
            "Sampling 25/25 ETA 0:00:00 Total 150/150 ETA 0:00:00",
            Progress(
                1.0, 1.0, 6, 6, 25, 25, 0.0,
                text="Sampling 25/25 ETA 0:00:00 Total 150/150 ETA 0:00:00",
            ),
        ),
        (  # no total: the section's own estimate
            "",
            "Sampling 5/20  ETA 1 day, 2:03:04",
            Progress(
                0.0, 0.25, 0, 0, 5, 20, 86400.0 + 7384, text="Sampling 5/20 ETA 1 day, 2:03:04"
            ),
        ),
        (  # entities of the server's own escaping
            "",
            "<i>a &lt;b&gt; &amp; c</i>",
            Progress(text="a <b> & c"),
        ),
    ],
)  # fmt: skip
def test_progress(text: str, html: str, wanted: Progress) -> None:
    assert wire.read_progress(text, html) == wanted


@pytest.mark.parametrize(
    ("step", "section"), [(1, 1), (25, 1), (26, 2), (50, 2), (51, 3), (150, 6)]
)
def test_the_section_follows_from_the_steps(step: int, section: int) -> None:
    within = (step - 1) % 25 + 1
    progress = wire.read_progress("", f"Sampling {within}/25 Total {step}/150")
    assert (progress.section, progress.sections) == (section, 6)


SOUP = st.lists(
    st.sampled_from(
        [
            '<progress value="', '" max="', '">', "0", "100", ".", "1e9", "-5", "9" * 5000, " ",
            "Sampling ", "Total ", "/", "  ETA ", ":", "1 day, ", "٣", "²", "<", ">", "nan", "\n",
            "Total generated frames: ",
        ]
    )
    | st.text(max_size=8),
    max_size=25,
).map("".join)  # fmt: skip


@given(SOUP, SOUP)
def test_any_text_is_some_progress(text: str, html: str) -> None:
    progress = wire.read_progress(text, html)
    assert 0 <= progress.fraction <= 1
    assert 0 <= progress.section_fraction <= 1
    assert 0 <= progress.section <= max(progress.sections, 0)
    assert progress.eta_s is None or progress.eta_s >= 0
    assert Progress.from_dict(progress.to_dict()) == progress


LONG = "9" * 5000  # Python itself refuses to read so many digits


@pytest.mark.parametrize(
    "html",
    [
        f"Sampling {LONG}/25",
        f"Sampling 1/{LONG} Total {LONG}/{LONG}",
        f"Sampling 1/25 ETA {LONG}:00",
        f"Sampling 1/25 ETA {LONG} days, 0:00",
        f'<progress value="{LONG}" max="{LONG}">',
        '<progress value="1.2.3" max=".">',
        "Sampling 5/0 Total 5/0",
        "Sampling 30/25 Total 200/150",
    ],
)
def test_numbers_that_are_none(html: str) -> None:
    progress = wire.read_progress(f"Total generated frames: {LONG}", html)
    assert 0 <= progress.fraction <= 1
    assert 0 <= progress.section <= progress.sections <= 6
    assert progress.frames == 0


# ---------------------------------------------------------------------- values that are files


@pytest.mark.parametrize(
    ("value", "path"),
    [
        (None, None),
        ("", None),
        ("/a/b.mp4", "/a/b.mp4"),
        (UNCHANGED, None),
        (FILE, TEMPORARY),
        (VIDEO_5, TEMPORARY),
        ({"video": "/local/copy.mp4", "subtitles": None}, "/local/copy.mp4"),
        ({"image": FILE, "caption": None}, TEMPORARY),
        ({"video": None, "subtitles": None}, None),
        ({"path": None, "url": "http://x/y"}, None),
        (17, None),
    ],
)
def test_file_paths(value: Any, path: str | None) -> None:
    assert wire.file_path(value) == path


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(max_size=4)
            | st.sampled_from(["path", "video", "image", "value", "data", "root", "__type__"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
DATA = st.lists(JSON, max_size=8)


@given(JSON)
def test_any_value_is_a_path_or_none(value: Any) -> None:
    path = wire.file_path(value)
    assert path is None or (isinstance(path, str) and path)


@given(DATA)
def test_junk_answers_never_raise(data: list[Any]) -> None:
    for row in queue_rows(STATS, data) + queue_rows(START, data):
        assert isinstance(row.id, str)
        assert row.thumbnail is None or isinstance(row.thumbnail, bytes)
    assert all(isinstance(item.timestamp, str) for item in gallery.in_answer(GALLERY, data))
    now = wire.current(CURRENT, data)
    assert now is None or now.server_id
    wire.submitted_id(START, data)
    messages = [{"msg": "process_completed", "success": True, "output": {"data": data}}]
    wire.ending(MONITOR, messages)


@given(st.lists(st.dictionaries(st.sampled_from(["msg", "output", "success"]), JSON), max_size=4))
def test_junk_messages_never_raise(messages: list[dict[str, Any]]) -> None:
    wire.ending(MONITOR, messages)
    wire.ending(MONITOR, [{**m, "msg": "process_completed"} for m in messages])


# ---------------------------------------------------------------------- the queue

PNG = b"\x89PNG\r\n\x1a\n..."
IMG = f'<img src="data:image/png;base64,{base64.b64encode(PNG).decode()}" style="x">'


def table(*rows: list[Any]) -> list[Any]:
    return [{"headers": ["Job ID"], "data": list(rows), "metadata": None}, "stats"]


def test_the_queue_as_a_table() -> None:
    rows = queue_rows(
        STATS,
        table(
            ["3f1e5d...", "Original", "running", "11:27:54", "11:27:55", None, "12.3s", IMG],
            ["a0b1c2...", "Video", "pending", "11:28:00", "", "", "", ""],
        ),
    )
    assert [(row.id, row.type, row.status) for row in rows] == [
        ("3f1e5d", "Original", "running"),
        ("a0b1c2", "Video", "pending"),
    ]
    assert rows[0].is_of(ID)
    assert not rows[1].is_of(ID)
    assert (rows[0].thumbnail, rows[1].thumbnail) == (PNG, None)
    assert (rows[0].elapsed, rows[0].completed) == ("12.3s", "")


def test_a_row_without_an_id_is_nobody_s() -> None:
    (row,) = queue_rows(STATS, table(["", "Original", "pending"]))
    assert not row.is_of(ID)
    assert not row.is_of("")


def test_a_thumbnail_that_was_cut_off_is_none() -> None:
    cut = '<img src="data:image/png;base64,iVBORw0K' + "A" * 5
    (row,) = queue_rows(STATS, table(["3f1e5d...", "F1", "pending", "", "", "", "", cut]))
    assert row.thumbnail is None


def test_no_queue_in_the_answer() -> None:
    assert queue_rows(STATS, [None, ""]) == []
    assert queue_rows(CURRENT, [ID, None, None, None, "", ""]) == []


def test_the_queue_as_a_page() -> None:
    """One 0.6-dev sends HTML, with scripts and buttons in it."""
    page = f"""
      <script>function go() {{ return 'data-job-id="no"'; }}</script>
      <div class="queue-row queue-row-status-running" data-job-id="{ID}"><b>F1</b>
        <button data-job-id="{ID}" onclick="go()">Cancel</button></div>
      <div data-job-id='a0b1c2d3' class='queue-row queue-row-status-pending'></div>"""
    endpoint = wire.Endpoint("update_stats", 0, (), ({"type": "html"}, {"type": "markdown"}))
    rows = queue_rows(endpoint, [page, "stats"])
    assert [(row.id, row.status) for row in rows] == [(ID, "running"), ("a0b1c2d3", "pending")]
    assert rows[0].is_of(ID)


def test_a_prompt_that_looks_like_a_row_changes_no_other_job() -> None:
    """Prompts stand in that page as they were typed."""
    endpoint = wire.Endpoint("update_stats", 0, (), ({"type": "html"}, {"type": "markdown"}))
    state = '<div class="queue-row-status queue-row-status-running">'
    own = f'<div class="queue-row" data-job-id="{ID}">{state}'
    for prompt, status in (
        (f'<i data-job-id="{ID}"> <x class="queue-row-status-failed">', "running"),
        (f'<div class="queue-row queue-row-status-cancelled" data-job-id="{ID}">', ""),
    ):
        other = '<div class="queue-row" data-job-id="a0b1"><div class="queue-row-status-pending">'
        rows = queue_rows(endpoint, [f"{other}{prompt}</div></div>{own}</div></div>", ""])
        assert {row.id: row.status for row in rows} == {"a0b1": "pending", ID: status}


# ---------------------------------------------------------------------- the end of a job


def messages(*outputs: list[Any], success: bool = True) -> list[dict[str, Any]]:
    head = [
        {"msg": "estimation", "rank": 0, "queue_size": 1},
        {"msg": "process_starts", "eta": None},
    ]
    told = [{"msg": "process_generating", "output": {"data": data}} for data in outputs]
    last = {"msg": "process_completed", "success": success, "output": {"data": outputs[-1]}}
    return [*head, *told, last, {"msg": "close_stream"}]


def told(video: Any, text: str, html: str = "") -> list[Any]:
    return [video, UNCHANGED, UNCHANGED, text, html, UNCHANGED, UNCHANGED]


DONE_BAR = '<progress value="100" max="100"></progress>'


@pytest.mark.parametrize(
    ("text", "video", "known"),
    [
        ("Completed", VIDEO_5, True),
        ("Completed", None, True),
        ("Job cancelled", None, True),
        ("Error: out of memory", None, True),
        ("No job ID provided", None, False),
    ],
)
def test_endings(text: str, video: Any, known: bool) -> None:
    ending = wire.ending(MONITOR, messages(told(video, text, DONE_BAR)))
    assert ending is not None
    assert (ending.outcome, ending.known, ending.pending) == (text, known, False)
    assert ending.video == (TEMPORARY if video else None)


def test_the_monitor_that_went_over_to_another_job_says_nothing_of_ours() -> None:
    switched = messages(told(None, "Switching to current job..."), told(VIDEO_5, "Completed"))
    assert wire.ending(MONITOR, switched) is None


def test_a_monitor_that_broke_off_says_nothing() -> None:
    assert wire.ending(MONITOR, messages(told(VIDEO_5, TEXT, SAMPLING))) is None
    assert wire.ending(MONITOR, messages(told(None, "Starting job..."))) is None
    assert wire.ending(MONITOR, messages(told(VIDEO_5, "Completed"), success=False)) is None
    assert wire.ending(MONITOR, messages(told(VIDEO_5, "Completed"))[:2]) is None
    assert wire.ending(MONITOR, messages(told(None, ""))) is None
    assert wire.ending(MONITOR, []) is None


# ---------------------------------------------------------------------- the gallery, the answer


def picture(name: str) -> dict[str, Any]:
    file = {"path": f"/tmp/gradio/3c/{name}", "url": "http://x", "orig_name": name}
    return {"image": file, "caption": None}


def timestamps(answer: list[Any]) -> list[str]:
    return [entry.timestamp for entry in gallery.in_answer(GALLERY, answer)]


PICTURES = [
    picture("261120_112754_352_4727.png"),
    picture("261119_080000_001_12.png"),
    picture("261119_080000_001_12_end_frame_processed.png"),
    picture("holiday.png"),
    picture("261120_112754_352_4727.png"),
]


@pytest.mark.parametrize(
    "answer",
    [[{"value": PICTURES, "__type__": "update"}, None], [PICTURES, None], [{"root": PICTURES}]],
)
def test_timestamps_of_the_gallery(answer: list[Any]) -> None:
    assert timestamps(answer) == ["261120_112754_352_4727", "261119_080000_001_12"]


@pytest.mark.parametrize("answer", [[], [None], [UNCHANGED], [[]], [17], ["text"]])
def test_a_gallery_without_pictures(answer: list[Any]) -> None:
    assert timestamps(answer) == []


def test_paths_of_a_windows_server() -> None:
    there = {"image": {"path": "C:\\Temp\\gradio\\261120_112754_352_4727.png"}}
    assert timestamps([[there]]) == ["261120_112754_352_4727"]
    assert wire.join_path("C:\\out\\", "a.mp4") == "C:\\out\\a.mp4"
    assert wire.join_path("/out/", "a.mp4") == "/out/a.mp4"
    assert wire.join_path("C:/out", "a.mp4") == "C:/out/a.mp4"


def test_the_new_job_s_id_goes_by_its_label() -> None:
    answer = [None, ID, None, "", "", UNCHANGED, UNCHANGED, {"data": []}, "", 123, ""]
    assert wire.submitted_id(START, answer) == ID
    assert wire.submitted_id(START, [None, "", None]) is None


# ---------------------------------------------------------------------- the config


def test_what_is_read_from_the_config() -> None:
    config = studio_config()
    assert wire.is_studio(config)
    assert not wire.is_studio({"components": [], "dependencies": []})
    assert wire.gradio_major(config) == 5
    assert wire.gradio_major({"version": "6.31.0"}) == 6
    assert wire.gradio_major({}) == 5
    assert wire.require(ENDPOINTS, "monitor_job", "http://x").fn_index == MONITOR.fn_index
    with pytest.raises(NotAStudio, match="no endpoint /nonsense"):
        wire.require(ENDPOINTS, "nonsense", "http://x")


@pytest.mark.parametrize(
    ("html", "version"),
    [
        ("<span>v0.5.1</span>", "0.5.1"),
        ("<p>FramePack Studio v0.6-dev</p>", "0.6-dev"),
        ("v0.4", "0.4"),
        ("<p>dev0.5.1</p>", None),
        ("", None),
        (None, None),
    ],
)
def test_the_version_stands_in_a_piece_of_html(html: Any, version: str | None) -> None:
    config = {"components": [{"id": 1, "type": "html", "props": {"value": html}}]}
    assert wire.version(config) == version


def test_folders_by_their_label() -> None:
    props = {"label": "output directory", "value": "/srv/out"}
    config = {"components": [{"id": 1, "type": "textbox", "props": props}]}
    assert wire.folder(config, wire.OUTPUT_FOLDER) == "/srv/out"
    assert wire.folder(config, wire.METADATA_FOLDER) is None
