"""Uploads in chunks: the file, and the talk with the page."""

from __future__ import annotations

import random
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from library_tools import until

from framepack_widgets.errors import LibraryError
from framepack_widgets.widgets.frames.upload import CHUNK, Upload, safe_name
from framepack_widgets.widgets.frames.uploads import Uploads

SIZE = 3 * CHUNK + 12_345
DATA = random.Random(7).randbytes(SIZE)


def part(number: int) -> bytes:
    return DATA[number * CHUNK : (number + 1) * CHUNK]


@pytest.fixture
def upload(tmp_path: Path) -> Upload:
    return Upload("id", "cat.png", SIZE, tmp_path / "incoming")


# ---------------------------------------------------------------------- the file


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 1, 0, 2), (0, 0, 1, 3, 1, 2)])
def test_parts_in_any_order_and_twice(upload: Upload, order: tuple[int, ...]) -> None:
    whole = [upload.add(number, part(number)) for number in order]
    assert whole == [False] * (len(order) - 1) + [True]
    assert upload.path.read_bytes() == DATA
    assert not upload.is_open
    assert upload.received == 4


def test_a_second_copy_of_a_part_changes_nothing(upload: Upload) -> None:
    upload.add(0, part(0))
    upload.add(0, bytes(CHUNK))
    for number in (1, 2, 3):
        upload.add(number, part(number))
    assert upload.path.read_bytes() == DATA


@pytest.mark.parametrize(
    ("number", "data"),
    [(4, b"x"), (-1, part(0)), (3, part(0)), (0, part(0) + b"x"), (0, b""), (3, part(3)[:-1])],
    ids=["beyond", "negative", "last too long", "too long", "empty", "last too short"],
)
def test_what_was_not_announced_ends_the_upload(upload: Upload, number: int, data: bytes) -> None:
    with pytest.raises(LibraryError, match=r"cat\.png did not arrive as it was announced"):
        upload.add(number, data)
    assert not upload.is_open
    assert not upload.path.exists()
    assert upload.add(0, part(0)) is False


def test_abort_removes_the_file(upload: Upload) -> None:
    upload.add(0, part(0))
    assert upload.path.exists()
    upload.abort()
    upload.abort()
    assert not upload.path.exists()
    assert upload.add(1, part(1)) is False


@pytest.mark.parametrize("size", [0, -1, 1 << 60])
def test_impossible_sizes(tmp_path: Path, size: int) -> None:
    with pytest.raises(LibraryError):
        Upload("id", "cat.png", size, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_parts_from_many_threads(upload: Upload) -> None:
    done: list[bool] = []
    threads = [
        threading.Thread(target=lambda n=n: done.append(upload.add(n, part(n)))) for n in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == [False, False, False, True]
    assert upload.path.read_bytes() == DATA


@pytest.mark.parametrize(
    ("given_name", "safe"),
    [
        ("cat.png", "cat.png"),
        ("../../etc/passwd", "passwd"),
        (r"C:\Users\me\cat.png", "cat.png"),
        ("a\0b\n<c>.png", "a_b__c_.png"),
        ("Größe 猫.png", "Größe 猫.png"),
        ("", "file"),
        ("...", "file"),
        ("x" * 300 + ".jpeg", "x" * 95 + ".jpeg"),
    ],
)
def test_safe_name(given_name: str, safe: str) -> None:
    assert safe_name(given_name) == safe


@given(st.text(max_size=400))
def test_safe_names_stay_in_their_folder(name: str) -> None:
    safe = safe_name(name)
    assert 0 < len(safe) <= 100
    assert safe == Path(safe).name
    assert not set(safe) & set('<>:"/\\|?*\0')


# ---------------------------------------------------------------------- the talk


class Desk:
    """The picker's side and the page's side of one `Uploads`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.told: list[tuple[str, dict]] = []
        self.taken: list[tuple[str, bytes]] = []
        self.failures: list[str] = []
        self.busy: list[str] = []
        self.refusal: str | None = None
        self.gate = threading.Event()
        self.gate.set()
        self.uploads = Uploads(
            lambda kind, **values: self.told.append((kind, values)),
            lambda: folder,
            self.take,
            failed=self.failures.append,
            changed=self.busy.append,
        )

    def take(self, path: Path, name: str):
        data = path.read_bytes()
        self.gate.wait(10)
        if self.refusal:
            raise LibraryError(self.refusal)
        return lambda: self.taken.append((name, data))

    def start(self, upload_id: str = "a", name: str = "cat.png", size: int = SIZE) -> None:
        self.uploads.start({"id": upload_id, "name": name, "size": size})
        until(lambda: self.heard("upload_go", upload_id) or self.failures)

    def send(self, *numbers: int, upload_id: str = "a") -> None:
        for number in numbers:
            message = {"id": upload_id, "number": number}
            self.uploads.chunk(message, [memoryview(part(number))])

    def heard(self, kind: str, upload_id: str = "a") -> list[dict]:
        return [values for said, values in self.told if said == kind and values["id"] == upload_id]

    def files(self) -> list[Path]:
        return list(self.folder.glob("*"))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "incoming")


def test_a_whole_file_is_taken(desk: Desk) -> None:
    desk.start()
    desk.send(0, 1, 2, 3)
    until(lambda: desk.heard("upload_done"))
    assert desk.taken == [("cat.png", DATA)]
    assert sorted(m["number"] for m in desk.heard("upload_ack")) == [0, 1, 2, 3]
    assert desk.busy == ["cat.png", ""]
    assert desk.files() == []
    assert desk.failures == []


def test_a_refused_file_is_told_and_removed(desk: Desk) -> None:
    desk.refusal = "cat.png is not a picture."
    desk.start()
    desk.send(0, 1, 2, 3)
    until(lambda: desk.failures)
    assert desk.failures == ["cat.png is not a picture."]
    assert desk.heard("upload_failed")
    assert not desk.heard("upload_done")
    assert desk.taken == []
    assert desk.busy[-1] == ""
    assert desk.files() == []


def test_a_new_upload_replaces_the_running_one(desk: Desk) -> None:
    desk.start("a", "first.png")
    desk.send(0, 1)
    desk.start("b", "second.png")
    assert desk.heard("upload_failed", "a") == [{"id": "a", "why": "Another file was chosen."}]
    desk.send(2, 3)  # the page was too quick: these belong to nothing any more
    assert len(desk.heard("upload_failed", "a")) == 3
    desk.send(0, 1, 2, 3, upload_id="b")
    until(lambda: desk.heard("upload_done", "b"))
    assert desk.taken == [("second.png", DATA)]
    until(lambda: desk.files() == [])


def test_a_file_that_is_being_checked_does_not_win_over_a_newer_one(desk: Desk) -> None:
    desk.gate.clear()
    desk.start("a", "first.png")
    desk.send(0, 1, 2, 3)
    until(lambda: len(desk.heard("upload_ack")) == 4)
    desk.start("b", "second.png")
    desk.gate.set()
    desk.send(0, 1, 2, 3, upload_id="b")
    until(lambda: desk.heard("upload_done", "b"))
    assert desk.taken == [("second.png", DATA)]
    assert not desk.heard("upload_done", "a")


def test_cancel(desk: Desk) -> None:
    desk.start()
    desk.send(0)
    desk.uploads.cancel({"id": "somebody else's"})
    assert desk.busy == ["cat.png"]
    desk.uploads.cancel({"id": "a"})
    assert desk.busy == ["cat.png", ""]
    until(lambda: desk.files() == [])
    assert desk.failures == []


def test_status_tells_what_arrived(desk: Desk) -> None:
    desk.start()
    desk.send(0, 1)
    desk.uploads.status({"id": "a"})
    assert desk.heard("upload_status") == [{"id": "a", "arrived": 2}]
    desk.uploads.status({"id": "of another kernel"})
    (answer,) = desk.heard("upload_failed", "of another kernel")
    assert "knows nothing of this upload" in answer["why"]


@pytest.mark.parametrize(
    "message",
    [
        {"id": 1, "name": "x", "size": 1},
        {"id": "a", "size": 1},
        {"id": "a", "name": "x", "size": 1.5},
    ],
)
def test_nonsense_is_refused(desk: Desk, message: dict) -> None:
    with pytest.raises(LibraryError):
        desk.uploads.start(message)


def test_too_many_bytes_fail_for_people(desk: Desk) -> None:
    desk.start()
    desk.uploads.chunk({"id": "a", "number": 9}, [memoryview(b"x")])
    until(lambda: desk.failures)
    assert "upload it again" in desk.failures[0]
    assert desk.busy[-1] == ""


def test_a_page_that_went_away_keeps_nobody_waiting(desk: Desk, monkeypatch) -> None:
    monkeypatch.setattr("framepack_widgets.widgets.frames.uploads._CHECK_S", 0.01)
    monkeypatch.setattr("framepack_widgets.widgets.frames.uploads.QUIET_S", 0.05)
    monkeypatch.setattr("framepack_widgets.widgets.frames.uploads.GONE_S", 0.2)
    desk.start()
    desk.send(0)
    until(lambda: desk.busy[-1] == "")
    until(lambda: desk.heard("upload_failed"))
    until(lambda: desk.files() == [])


def test_the_page_knows_the_same_size_of_a_part() -> None:
    from importlib.resources import files

    script = files("framepack_widgets.widgets") / "static" / "uploads.js"
    assert "const PART = 1 << 20;" in script.read_text(encoding="utf-8")
    assert CHUNK == 1 << 20
