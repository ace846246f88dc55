"""End the processes that still carry a mark in their environment; exit code 1 if there were any.

    python tools/leftovers.py NAME VALUE

A built-in Studio ends with whoever started it, so after a test run nothing may be left. Only
processes whose environment holds NAME=VALUE are touched, never any by their name.
"""

import os
import sys
import time

import psutil

PATIENCE_S = 10


def marked(name, value):
    """Processes carrying the mark, this one and its parents left out."""
    spared = {os.getpid(), *(process.pid for process in psutil.Process().parents())}
    found = []
    for process in psutil.process_iter():
        try:
            if process.pid not in spared and process.environ().get(name) == value:
                found.append(process)
        except psutil.Error:
            continue  # it ended, or it is not ours to look at
    return found


def main():
    name, value = sys.argv[1:]
    deadline = time.monotonic() + PATIENCE_S
    while (left := marked(name, value)) and time.monotonic() < deadline:
        time.sleep(0.2)
    for process in left:
        try:
            print(f"LEFT OVER: {process.pid} {' '.join(process.cmdline())}")
            process.kill()
        except psutil.NoSuchProcess:
            continue
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
