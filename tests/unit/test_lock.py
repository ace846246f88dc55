"""Who may run a Library's jobs: one, and free at once when it dies."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest
from library_tools import python, until

from framepack_widgets.errors import LibraryError
from framepack_widgets.lock import RunnerLock

HOLD = """
import sys, time
from framepack_widgets.lock import RunnerLock
lock = RunnerLock(sys.argv[1])
print(lock.acquire(), flush=True)
sys.stdin.read()
"""


def test_two_instances_in_one_process(tmp_path: Path) -> None:
    first, second = RunnerLock(tmp_path / "lock"), RunnerLock(tmp_path / "lock")
    assert first.acquire() and first.held
    assert not second.acquire() and not second.held
    assert first.acquire(), "having it already is having it"
    first.release()
    assert not first.held
    assert second.acquire() and second.held
    second.release()
    second.release()


def test_a_lock_that_nobody_refers_to_is_free(tmp_path: Path) -> None:
    assert RunnerLock(tmp_path / "lock").acquire()
    second = RunnerLock(tmp_path / "lock")
    until(second.acquire)
    second.release()


def test_held_by_another_process_and_free_after_a_kill(tmp_path: Path) -> None:
    lock = RunnerLock(tmp_path / "lock")
    holder = python(HOLD, lock.path)
    try:
        assert holder.stdout.readline().strip() == "True"
        assert not lock.acquire()
        holder.kill()
        holder.wait()
        assert lock.acquire()
        lock.release()
    finally:
        holder.kill()
        holder.communicate()


@pytest.mark.skipif(sys.platform == "win32", reason="nothing stops a process there")
def test_refused_while_the_holder_is_stopped(tmp_path: Path) -> None:
    lock = RunnerLock(tmp_path / "lock")
    holder = python(HOLD, lock.path)
    try:
        assert holder.stdout.readline().strip() == "True"
        os.kill(holder.pid, signal.SIGSTOP)
        assert not lock.acquire()
        assert not lock.acquire()
    finally:
        holder.kill()
        holder.communicate()
    assert lock.acquire()
    lock.release()


# In a process of its own: a fork of one that has threads may hang.
FORK = """
import os, sys
from framepack_widgets.lock import RunnerLock
lock = RunnerLock(sys.argv[1])
assert lock.acquire()
child = os.fork()
if child == 0:
    held, taken = lock.held, lock.acquire()
    lock.release()
    os._exit(int(held or taken))
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), lock.held, flush=True)
sys.stdin.readline()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork there")
def test_a_forked_child_does_not_hold_its_parents_lock(tmp_path: Path) -> None:
    parent = python(FORK, tmp_path / "lock")
    try:
        assert parent.stdout.readline().strip() == "0 True"
        assert not RunnerLock(tmp_path / "lock").acquire(), "the child's end freed it"
    finally:
        parent.kill()
        parent.communicate()


def test_a_file_that_cannot_be_a_lock(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match=r"cannot be used.*writable"):
        RunnerLock(tmp_path / "no such folder" / "lock").acquire()
    (tmp_path / "lock").write_bytes(b"something else " * 1000)
    with pytest.raises(LibraryError, match="delete it"):
        RunnerLock(tmp_path / "lock").acquire()


def test_it_shows_its_state(tmp_path: Path) -> None:
    lock = RunnerLock(tmp_path / "a.lock")
    assert repr(lock) == "<RunnerLock a.lock: not held>"
    lock.acquire()
    assert "held>" in repr(lock)
    lock.release()
