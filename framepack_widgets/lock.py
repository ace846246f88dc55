"""Who runs the jobs of a Library: at most one process, decided by the operating system.

A lock is an open SQLite connection inside `BEGIN EXCLUSIVE` on a small file of its own. The system
gives it free the moment its holder is gone, also after kill -9; a holder that is merely stopped
keeps it. So there are no clocks, no leases and nothing to clean up.

The file must never be opened by anything else in the process that holds it: on POSIX systems the
first close of any descriptor of a file drops all of the process's locks on it.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import weakref
from pathlib import Path

from framepack_widgets.errors import LibraryError

# Connections inherited over a fork: closing them in the child could disturb the parent's file.
_INHERITED: list[sqlite3.Connection] = []


class RunnerLock:
    """A lock between processes, and between two instances in one process.

    path: the lock's file; created when needed, in a folder that exists, on a local disk.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._guard = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._pid = 0

    def acquire(self) -> bool:
        """Take the lock if it is free, without waiting. True: held now (or already before).

        Raises LibraryError where the file cannot be made or is not a lock of ours.
        """
        with self._guard:
            self._forget_after_fork()
            if self._connection is not None:
                return True
            try:
                connection = sqlite3.connect(
                    self.path, timeout=0, isolation_level=None, check_same_thread=False
                )
            except sqlite3.Error as error:
                raise self._unusable(error) from error
            try:
                connection.execute("BEGIN EXCLUSIVE")
            except sqlite3.Error as error:
                connection.close()
                if is_busy(error):
                    return False
                raise self._unusable(error) from error
            self._connection, self._pid = connection, os.getpid()
            self._finalizer = weakref.finalize(self, _close, self._pid, connection)
            self._finalizer.atexit = False  # the system frees it with the process, and not before
            return True

    def release(self) -> None:
        """Give the lock free. Nothing happens if it is not held."""
        with self._guard:
            self._forget_after_fork()
            if self._connection is not None:
                self._connection = None
                self._finalizer()

    @property
    def held(self) -> bool:
        """Whether this instance, in this process, holds the lock."""
        return self._connection is not None and self._pid == os.getpid()

    def __repr__(self) -> str:
        return f"<RunnerLock {self.path.name}: {'held' if self.held else 'not held'}>"

    def _forget_after_fork(self) -> None:
        if self._connection is not None and self._pid != os.getpid():
            _INHERITED.append(self._connection)
            self._connection = None

    def _unusable(self, error: sqlite3.Error) -> LibraryError:
        return LibraryError(
            f"The lock file {self.path} cannot be used ({error}). The Library's folder must be "
            "writable; if the file is damaged, close all notebooks that use this Library and "
            "delete it: it holds no data."
        )


def _close(pid: int, connection: sqlite3.Connection) -> None:
    if pid == os.getpid():
        with contextlib.suppress(sqlite3.Error):
            connection.rollback()
        connection.close()


def is_busy(error: sqlite3.Error) -> bool:
    """Whether SQLite says that somebody else holds the lock. By text: error codes need 3.11."""
    text = str(error)
    return "is locked" in text or "is busy" in text
