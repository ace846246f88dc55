"""Runs a command, and ends it with all it started as soon as our standard input closes.

    python keeper.py FOLDER COMMAND ...

The test run holds the other end of the pipe: when it dies, even by kill -9, the system closes the
pipe. So no Jupyter server and no kernel outlives its tests, on any platform. FOLDER, which is
theirs, is removed then.
"""

import os
import shutil
import subprocess
import sys
import threading

import psutil

PATIENCE_S = 10


def end(child):
    """Politely first: a Jupyter server then ends its kernels itself."""
    try:
        top = psutil.Process(child.pid)
        family = [top, *top.children(recursive=True)]
    except psutil.NoSuchProcess:
        return
    child.terminate()
    _, left = psutil.wait_procs(family, timeout=PATIENCE_S)
    for process in left:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue


def wait_for_the_end_of_input(child, folder, ending):
    while os.read(0, 1024):
        pass
    ending.set()
    end(child)
    shutil.rmtree(folder, ignore_errors=True)


def main():
    folder, *command = sys.argv[1:]
    child, ending = subprocess.Popen(command, stdin=subprocess.DEVNULL), threading.Event()
    arguments = (child, folder, ending)
    watcher = threading.Thread(target=wait_for_the_end_of_input, args=arguments, daemon=True)
    watcher.start()
    code = child.wait()
    if ending.is_set():
        watcher.join()
    return code


if __name__ == "__main__":
    sys.exit(main())
