"""The database file itself: made, migrated, refused, damaged, moved; and who may open it."""

from __future__ import annotations

import json
import os
import sqlite3
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest
from library_tools import add_job, make_image, new_record, python, tree

from framepack_widgets.errors import LibraryError
from framepack_widgets.job import JobState
from framepack_widgets.library import Library, migrations
from framepack_widgets.library.database import Database

VERSION_1 = """
CREATE TABLE jobs (
    id TEXT PRIMARY KEY, position INTEGER NOT NULL, studio TEXT NOT NULL, state TEXT NOT NULL,
    open INTEGER NOT NULL, model TEXT NOT NULL, created_at REAL NOT NULL, clip TEXT,
    search TEXT NOT NULL, settings TEXT NOT NULL, progress TEXT, record TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX jobs_by_age ON jobs (created_at, position);
CREATE INDEX jobs_to_do ON jobs (studio, open, position);
CREATE INDEX jobs_by_clip ON jobs (clip);
CREATE TABLE studios (
    key TEXT PRIMARY KEY, url TEXT NOT NULL, app_id TEXT, version TEXT, schema TEXT,
    seen_at REAL NOT NULL
);
CREATE TABLE studio_urls (url TEXT PRIMARY KEY, key TEXT NOT NULL);
PRAGMA application_id = 1179667522;
PRAGMA user_version = 1;
"""


def make_version_1(folder: Path, frame: str) -> None:
    folder.mkdir()
    with sqlite3.connect(folder / "library.sqlite3") as connection:
        connection.executescript(VERSION_1)
        rest = {"wish": "run", "trace": {"sends": 1}, "notes": ["old"], "a field of later": 5}
        settings = {"prompt": "from long ago", "start_frame": {"kept": frame}}
        connection.execute(
            "INSERT INTO jobs VALUES (?, 1, 'key', 'done', 0, 'F1', 5.0, NULL, ?, ?, NULL, ?)",
            ("aaaabbbbcccc", "from long ago", json.dumps(settings), json.dumps(rest)),
        )
    connection.close()


def raw(library: Path, sql: str) -> list[tuple]:
    connection = sqlite3.connect(library / "library.sqlite3")
    try:
        with connection:
            return connection.execute(sql).fetchall()
    finally:
        connection.close()


def test_a_library_of_version_1_is_migrated(tmp_path: Path) -> None:
    frame = "a" * 64 + ".png"
    make_version_1(tmp_path / "lib", frame)
    (tmp_path / "lib" / "inputs").mkdir()
    make_image(tmp_path / "lib" / "inputs" / frame)
    library = Library(tmp_path / "lib")
    record = library.get("aaaabbbbcccc")
    assert (record.state, record.notes, record.trace.sends) == (JobState.DONE, ("old",), 1)
    assert record.settings.start_frame == str(tmp_path / "lib" / "inputs" / frame)
    # What version 2 brought knows the old jobs, too.
    assert [f.path for f in library.delete(record).contents.inputs] == [f"inputs/{frame}"]
    library.close()
    assert raw(tmp_path / "lib", "PRAGMA user_version") == [(migrations.VERSION,)]


def test_a_migration_that_fails_leaves_the_old_version(tmp_path: Path, monkeypatch) -> None:
    make_version_1(tmp_path / "lib", "a" * 64)

    def broken(connection: sqlite3.Connection) -> None:
        migrations.MIGRATIONS[1](connection)
        connection.execute("INSERT INTO no_such_table VALUES (1)")

    monkeypatch.setattr(
        "framepack_widgets.library.database.MIGRATIONS", (migrations.MIGRATIONS[0], broken)
    )
    with pytest.raises(LibraryError, match="no_such_table"):
        Library(tmp_path / "lib")
    monkeypatch.undo()
    assert raw(tmp_path / "lib", "PRAGMA user_version") == [(1,)]
    library = Library(tmp_path / "lib")
    assert library.get("aaaa").settings.prompt == "from long ago"
    library.close()


def test_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    Library(tmp_path / "lib").close()
    raw(tmp_path / "lib", "PRAGMA user_version = 99")
    with pytest.raises(LibraryError, match=r"newer.*99.*pip install -U framepack-widgets"):
        Library(tmp_path / "lib")
    assert raw(tmp_path / "lib", "PRAGMA user_version") == [(99,)]


def test_the_database_of_another_program_is_refused_and_left_alone(tmp_path: Path) -> None:
    raw(tmp_path, "CREATE TABLE songs (name TEXT)")
    before = (tmp_path / "library.sqlite3").read_bytes()
    with pytest.raises(LibraryError, match="another program"):
        Library(tmp_path)
    assert (tmp_path / "library.sqlite3").read_bytes() == before


@pytest.mark.parametrize(
    "damage", [b"this is no database " * 400, b"SQLite format 3\0" + b"\xff" * 9000]
)
def test_a_damaged_database_says_what_to_do(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "library.sqlite3").write_bytes(damage)
    with pytest.raises(LibraryError) as caught:
        Library(tmp_path)
    for part in ("library.sqlite3", "No clip is lost", "rename", "library.rescan()"):
        assert part in str(caught.value)
    assert (tmp_path / "library.sqlite3").read_bytes() == damage


def test_damage_that_shows_only_later(tmp_path: Path) -> None:
    library = Library(tmp_path)
    for _ in range(200):
        add_job(library, prompt="x" * 500)
    library.close()
    file = tmp_path / "library.sqlite3"
    pages = bytearray(file.read_bytes())
    pages[4096 * 16 : 4096 * 30] = b"\xff" * (4096 * 14)
    file.write_bytes(pages)
    library = Library(tmp_path)
    with pytest.raises(LibraryError, match=r"is damaged.*rescan"):
        library.jobs()
    library.close()


@pytest.mark.parametrize(
    "change",
    [
        "settings = CAST(x'22ff22' AS TEXT)",
        "settings = '{'",
        "settings = '5'",
        "record = '{}'",
        "record = '[]'",
        "state = 'dreaming'",
        "progress = 'x'",
    ],
)
def test_a_row_that_nobody_wrote(tmp_path: Path, change: str) -> None:
    library = Library(tmp_path)
    record = add_job(library)
    raw(tmp_path, f"UPDATE jobs SET {change}")
    for call in (library.jobs, lambda: library.get(record.id), lambda: library.find(record.id)):
        with pytest.raises(LibraryError, match=r"library\.sqlite3 is damaged .*rescan"):
            call()
    library.close()


def test_a_file_in_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "lib").write_text("not a folder")
    with pytest.raises(LibraryError, match=r"folder .*lib.*library="):
        Library(tmp_path / "lib")


@contextmanager
def nobody():
    """Without the rights of root, for which every folder is writable."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.skipif(sys.platform == "win32", reason="folders cannot be closed to others there")
def test_a_folder_below_one_that_may_not_be_entered() -> None:
    with tempfile.TemporaryDirectory() as name:
        closed = Path(name) / "closed"
        closed.mkdir()
        Path(name).chmod(0o755)
        closed.chmod(0o700)
        with nobody(), pytest.raises(LibraryError, match=r"new.*permissions.*library="):
            Library(closed / "new")


@pytest.mark.skipif(sys.platform == "win32", reason="folders cannot be made read-only there")
def test_a_folder_that_cannot_be_written() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        Library(folder / "lib").close()
        folder.chmod(0o555)
        for path in (folder / "lib").rglob("*"):
            path.chmod(0o555 if path.is_dir() else 0o444)
        (folder / "lib").chmod(0o555)
        try:
            with nobody(), pytest.raises(LibraryError, match=r"new.*permissions.*library="):
                Library(folder / "new")
            with nobody(), pytest.raises(LibraryError, match=r"sqlite3.*permissions.*library="):
                Library(folder / "lib")
        finally:
            folder.chmod(0o755)
            (folder / "lib").chmod(0o755)
            for path in (folder / "lib").iterdir():
                path.chmod(0o755)


def test_a_full_disk(tmp_path: Path) -> None:
    library = Library(tmp_path)
    library._database._writer.execute("PRAGMA max_page_count = 20")
    with pytest.raises(LibraryError, match=r"library\.sqlite3.*full.*Free some space"):
        for _ in range(400):
            add_job(library, prompt="x" * 2000)
    count = len(library.jobs())
    library._database._writer.execute("PRAGMA max_page_count = 100000")
    add_job(library)
    assert len(library.jobs()) == count + 1
    library.close()


def test_a_closed_library(tmp_path: Path) -> None:
    library = Library(tmp_path)
    library.close()
    library.close()
    with pytest.raises(LibraryError, match="was closed; open it again"):
        library.jobs()
    with pytest.raises(LibraryError, match="was closed"):
        library.add(new_record())
    with pytest.raises(LibraryError, match="was closed"):
        library.changes()


@pytest.mark.skipif(sys.platform == "win32", reason="an open file cannot be moved there")
def test_a_library_that_is_moved_while_it_is_open(tmp_path: Path) -> None:
    library = Library(tmp_path / "lib")
    (tmp_path / "lib").rename(tmp_path / "elsewhere")
    with pytest.raises(LibraryError, match="moved, deleted or replaced"):
        library.add(new_record())
    (tmp_path / "elsewhere").rename(tmp_path / "lib")
    library.add(new_record())
    library.close()


# In a process of its own: a fork of one that has threads may hang.
FORK = """
import os, sys
from framepack_widgets.events import Noted
from framepack_widgets.library import Library
from library_tools import add_job
library = Library(sys.argv[1])
record = add_job(library)
child = os.fork()
if child == 0:
    try:
        parents = library._database._writer
        library.apply(record.id, Noted(at=1, note="the child's"))
        os._exit(int(library._database._writer is parents))
    except BaseException:
        os._exit(2)
code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
library.apply(record.id, Noted(at=1, note="the parent's"))
print(code, library.get(record.id).notes)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork there")
def test_a_forked_child_opens_its_own_connections(tmp_path: Path) -> None:
    said, error = python(FORK, tmp_path).communicate(timeout=60)
    assert said.strip() == """0 ("the child's", "the parent's")""", error


OPEN = """
import sys
from framepack_widgets.library import Library
from library_tools import add_job
sys.stdin.readline()
library = Library(sys.argv[1])
for _ in range(5):
    add_job(library)
"""


def test_several_processes_make_the_same_library_at_once(tmp_path: Path) -> None:
    openers = [python(OPEN, tmp_path / "lib") for _ in range(3)]
    for opener in openers:
        opener.stdin.write("go\n")
        opener.stdin.flush()
    for opener in openers:
        _, error = opener.communicate(timeout=60)
        assert opener.returncode == 0, error
    library = Library(tmp_path / "lib")
    assert len(library.jobs()) == 15
    assert len({record.id for record in library.jobs()}) == 15
    library.close()


KILLED = """
import os, signal, sys
from framepack_widgets.library import Library
from library_tools import add_job
library = Library(sys.argv[1])
record = add_job(library)
print(record.id, flush=True)
with library._database.write() as connection:
    connection.execute("UPDATE jobs SET state = 'failed'")
    os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
"""


def test_killed_in_the_middle_of_a_transaction(tmp_path: Path) -> None:
    killed = python(KILLED, tmp_path)
    job = killed.communicate(timeout=60)[0].strip()
    assert killed.returncode != 0
    library = Library(tmp_path)
    assert library.get(job).state is JobState.WAITING, "what was committed is there, no more"
    add_job(library)
    library.close()


def test_another_process_that_hangs_in_a_transaction(tmp_path: Path, monkeypatch) -> None:
    library = Library(tmp_path)
    monkeypatch.setattr("framepack_widgets.library.database.BUSY_S", 0.2)
    hanging = sqlite3.connect(tmp_path / "library.sqlite3", isolation_level=None)
    hanging.execute("BEGIN IMMEDIATE")
    assert library.jobs() == [], "reading never waits"
    with pytest.raises(LibraryError, match=r"Another process.*hangs"):
        library.add(new_record())
    hanging.execute("ROLLBACK")
    hanging.close()
    library.add(new_record())
    library.close()


def test_it_is_a_write_ahead_log_that_waits_for_the_disk(tmp_path: Path) -> None:
    database = Database(tmp_path / "library.sqlite3")
    assert database.read("PRAGMA journal_mode") == [("wal",)]
    with database.write() as connection:
        full = connection.execute("PRAGMA synchronous").fetchone()
    with database.write(durable=False) as connection:
        normal = connection.execute("PRAGMA synchronous").fetchone()
    with database.write() as connection:
        again = connection.execute("PRAGMA synchronous").fetchone()
    assert (full, normal, again) == ((2,), (1,), (2,))
    database.close()


def test_opening_makes_the_folders_and_removes_only_old_temporaries(tmp_path: Path) -> None:
    Library(tmp_path).close()
    for name, age in (("old", 2 * 24 * 3600), ("new", 3600)):
        for folder in ("incoming", "clips", "inputs", "aside"):
            file = tmp_path / folder / f"{name}.mp4.1-abc.part"
            file.write_bytes(b"half")
            stamp = file.stat().st_mtime - age
            os.utime(file, (stamp, stamp))
    (tmp_path / "incoming" / "done.mp4").write_bytes(b"whole")
    os.utime(tmp_path / "incoming" / "done.mp4", (1.0, 1.0))
    Library(tmp_path).close()
    left = set(tree(tmp_path))
    assert left == {
        "incoming/done.mp4",
        *(f"{folder}/new.mp4.1-abc.part" for folder in ("incoming", "clips", "inputs", "aside")),
    }
