"""Which Python interpreters this machine has, and which of them work.

    python tools/pythons.py     one line "3.12<TAB>/path/to/python" for each minor version from 3.10
                                up; what was passed over and why goes to stderr

Standard library only, and no syntax newer than Python 3.7: even where `python3` is too old for the
package, it can find one that is not.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

LOWEST = (3, 10)

# A Python can start and still be of no use: built without SSL or SQLite, or packaged without venv.
PROBE = """
import importlib, json, os, platform, sys
missing = []
for name in ("ctypes", "ensurepip", "sqlite3", "ssl", "venv", "zlib"):
    try:
        importlib.import_module(name)
    except Exception as error:
        missing.append(name + " (" + str(error) + ")")
print(json.dumps({
    "version": list(sys.version_info[:3]),
    "final": sys.version_info[3] == "final",
    "kind": platform.python_implementation(),
    "home": os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable),
    "missing": missing,
}))
"""

PLACES = (
    ("~", ".pyenv/versions/*/bin/python"),
    ("~", ".pyenv/pyenv-win/versions/*/python.exe"),
    ("~", ".local/share/uv/python/*/bin/python3"),
    ("~", "AppData/Local/Programs/Python/Python3*/python.exe"),
    ("/usr/bin", "python3.??"),
    ("/usr/local/bin", "python3.??"),
    ("/opt/homebrew/bin", "python3.??"),
    ("/Library/Frameworks/Python.framework/Versions", "3.*/bin/python3"),
)


def probe(path):
    """Facts about the interpreter at `path`; with a key "broken" if it does not run."""
    try:
        done = subprocess.run(
            [path, "-E", "-s", "-c", PROBE], capture_output=True, timeout=60, check=False
        )
        return json.loads(done.stdout.decode())
    except subprocess.TimeoutExpired:
        return {"broken": "does not answer within a minute"}
    except OSError as error:
        return {"broken": str(error)}
    except ValueError:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        return {"broken": said[0] if said else f"exit code {done.returncode}"}


def candidates():
    """Paths that may be interpreters, the one that `python3` means first."""
    names = ["python3", "python"] + [f"python3.{minor}" for minor in range(10, 20)]
    found = [shutil.which(name) for name in names]
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        found += [shutil.which(name, path=folder) for name in names]
    for root, pattern in PLACES:
        found += sorted(str(path) for path in Path(root).expanduser().glob(pattern))
    ordered = []
    for path in found:
        if path and path not in ordered:
            ordered.append(path)
    return ordered


def survey():
    """(working, remarks): {(3, 12): path} in the order found, and lines about the others."""
    working, remarks, homes = {}, [], set()
    for path in candidates():
        facts = probe(path)
        if "broken" in facts:
            if "shims" in path.replace("\\", "/").split("/"):
                continue  # a pyenv shim of a version that is not active is no Python at all
            remarks.append(f"BROKEN: {path}: {facts['broken']}")
            continue
        version = tuple(facts["version"])
        name = f"{path} ({'.'.join(str(part) for part in version)})"
        if version < LOWEST or facts["home"] in homes:
            continue
        homes.add(facts["home"])
        if facts["kind"] != "CPython" or not facts["final"]:
            remarks.append(f"passed over: {name}: {facts['kind']}, not a finished CPython")
        elif facts["missing"]:
            remarks.append(f"BROKEN: {name}: cannot import {', '.join(facts['missing'])}")
        elif version[:2] in working:
            remarks.append(f"passed over: {name}: tried already as {working[version[:2]]}")
        else:
            working[version[:2]] = facts["home"]
    return working, remarks


def main():
    working, remarks = survey()
    for remark in remarks:
        print(remark, file=sys.stderr)
    for (major, minor), path in working.items():
        print(f"{major}.{minor}\t{path}")
    return 0 if working else 1


if __name__ == "__main__":
    sys.exit(main())
