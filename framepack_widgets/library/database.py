"""The Library's SQLite file: opening, migrating, transactions, and its errors in words.

Write-ahead logging, so that reading never waits for writing. Two connections a process: writes go
through one, behind a lock; reads through the other, so that a page can be drawn while a state
change waits for the disk. Both may be used from any thread.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from framepack_widgets.errors import LibraryError
from framepack_widgets.library.migrations import APPLICATION_ID, MIGRATIONS, VERSION
from framepack_widgets.lock import is_busy

BUSY_S = 30.0  # how long to wait for another process's transaction before giving up
_WAL_BYTES = 1 << 20  # what the log keeps on disk between checkpoints
_WAIT_S = 1.0  # one wait inside SQLite; between two of them Ctrl-C gets through

_DAMAGE = ("malformed", "not a database", "corrupt", "Could not decode")

# Connections inherited over a fork must be neither used nor closed in the child.
_INHERITED: list[Any] = []


class Database:
    """The open file.

    Raises LibraryError where the file cannot be used, saying why and what to do.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self._write_lock = threading.RLock()
        self._read_lock = threading.Lock()
        self._closed = False
        self._open()

    def _open(self) -> None:
        self._pid = os.getpid()
        self._durable = True
        with self._explained():
            self._writer = _connect(self.file)
            try:
                self._prepare()
                self._reader = _connect(self.file)
                self._reader.execute("PRAGMA query_only = ON")
                self._identity = _identity(self.file)
                self._finalizer = weakref.finalize(
                    self, _close, self._pid, self._reader, self._writer
                )
                # At exit other threads may still be writing; the system closes the file then.
                self._finalizer.atexit = False
            except BaseException:
                self._writer.close()
                raise

    def _prepare(self) -> None:
        version = _retrying(lambda: _ours(self._writer, self.file))
        mode = _retrying(lambda: _one(self._writer, "PRAGMA journal_mode = WAL"))
        if mode != "wal":
            raise LibraryError(
                f"The disk of {self.file} does not support the Library's database "
                f"(journal mode {mode!r}). Choose a folder on a local disk with library=…"
            )
        self._writer.execute("PRAGMA synchronous = FULL")
        self._writer.execute(f"PRAGMA journal_size_limit = {_WAL_BYTES}")
        if version < VERSION:
            self._migrate()

    def _migrate(self) -> None:
        for number, step in enumerate(MIGRATIONS, start=1):
            with self._transaction():
                # Another process may have been faster: the number counts inside the transaction.
                if _one(self._writer, "PRAGMA user_version") >= number:
                    continue
                step(self._writer)
                self._writer.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                self._writer.execute(f"PRAGMA user_version = {number}")

    @contextmanager
    def write(self, *, durable: bool = True) -> Iterator[sqlite3.Connection]:
        """One transaction, on disk when the block is left; rolled back if it raises.

        durable: False lets a power cut (not a crash) take back this transaction, and saves the wait
        for the disk. Waits up to 30 s for another process's transaction.
        """
        with self._write_lock, self._explained():
            self._check()
            if self._durable != durable:
                self._writer.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
                self._durable = durable
            with self._transaction():
                yield self._writer

    def read(self, sql: str, values: tuple[Any, ...] | list[Any] = ()) -> list[Any]:
        """All rows of one query, as of now."""
        with self._read_lock, self._explained():
            self._check()
            rows: list[Any] = _retrying(lambda: self._reader.execute(sql, values).fetchall())
            return rows

    def changes(self) -> int:
        """A number that changes whenever anybody committed something. Takes microseconds."""
        with self._read_lock, self._explained():
            self._check()
            # The reader itself never writes, so our own commits count as somebody else's here.
            return int(_one(self._reader, "PRAGMA data_version"))

    @property
    def is_closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed

    def close(self) -> None:
        """Close the file. Using it afterwards raises LibraryError."""
        with self._write_lock, self._read_lock:
            self._closed = True
            self._finalizer()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        try:
            _retrying(lambda: self._writer.execute("BEGIN IMMEDIATE"))
            yield
            self._writer.execute("COMMIT")
        except BaseException:
            if self._writer.in_transaction:
                with suppress(sqlite3.Error):
                    self._writer.execute("ROLLBACK")
            raise

    def _check(self) -> None:
        if self._closed:
            raise LibraryError(f"The Library {self.file.parent} was closed; open it again.")
        if self._pid != os.getpid():
            _INHERITED.append((self._writer, self._reader))
            self._open()
        elif _identity(self.file) != self._identity:
            raise LibraryError(
                f"{self.file} was moved, deleted or replaced while it was open. Put it back, or "
                "open the Library again where it is now."
            )

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise LibraryError(_explanation(self.file, error)) from error


def _close(pid: int, *connections: sqlite3.Connection) -> None:
    if pid == os.getpid():
        for connection in connections:
            connection.close()


def _connect(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(
        file, timeout=_WAIT_S, isolation_level=None, check_same_thread=False, cached_statements=256
    )


def _ours(connection: sqlite3.Connection, file: Path) -> int:
    """The schema version of a file of ours (0: empty); LibraryError for any other file."""
    application = _one(connection, "PRAGMA application_id")
    version = int(_one(connection, "PRAGMA user_version"))
    empty = _one(connection, "SELECT count(*) FROM sqlite_master") == 0
    if application != APPLICATION_ID and not (empty and version == 0):
        raise LibraryError(
            f"{file} is the database of another program. Choose another folder with library=…"
        )
    if version > VERSION:
        raise LibraryError(
            f"{file} was written by a newer framepack-widgets (schema {version}, this one knows "
            f"{VERSION}). Update framepack-widgets: pip install -U framepack-widgets"
        )
    return version


def _one(connection: sqlite3.Connection, sql: str) -> Any:
    row = connection.execute(sql).fetchone()
    return row[0] if row else None


def _identity(file: Path) -> tuple[int, int] | None:
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _retrying(call: Any) -> Any:
    deadline = time.monotonic() + BUSY_S
    while True:
        try:
            return call()
        except sqlite3.OperationalError as error:
            if not is_busy(error) or time.monotonic() > deadline:
                raise
            # Some refusals (a switch of the journal mode) come at once, without SQLite's own wait.
            time.sleep(0.005)


def _explanation(file: Path, error: sqlite3.Error) -> str:
    text = str(error)
    if is_busy(error):
        return (
            f"Another process has been writing to {file} for more than {BUSY_S:.0f} s. Look for a "
            "notebook or program that hangs, then try again."
        )
    if "full" in text or "disk I/O" in text:
        return (
            f"{file} could not be written ({text}). Free some space on that disk; a few megabytes "
            "are enough. What was there before is unharmed."
        )
    if "readonly" in text or "unable to open" in text:
        return (
            f"{file} cannot be opened for writing ({text}). Check the folder's permissions, or "
            "choose another folder with library=…"
        )
    if any(word in text for word in _DAMAGE):
        return damage(file, text)
    return f"The Library's database {file} failed: {text}."


def damage(file: Path, text: str) -> str:
    """What to do about a database that holds something else than was written."""
    return (
        f"{file} is damaged ({text:.200}). No clip is lost: every file in the clips folder carries "
        f"its own settings. To start over, close all notebooks that use it, rename {file.name} "
        "(and its -wal and -shm files), open the Library again and call library.rescan()."
    )
