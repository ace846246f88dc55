"""Where a Library lies when nobody says where, and which places cannot hold one.

Inside Jupyter: a visible folder in the server's root, so that the page can play clips straight from
the server (hidden folders and those outside the root answer 404). Elsewhere: the user's data
folder.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

FOLDER_NAME = "framepack-library"

# File systems on which SQLite's locks or its shared memory are known not to work between machines.
_NETWORK_TYPES = frozenset(
    (
        *("nfs", "nfs4", "cifs", "smb2", "smb3", "smbfs", "afpfs", "webdav", "davfs", "afs"),
        *("ncpfs", "ncp", "ceph", "glusterfs", "lustre", "beegfs", "gpfs", "orangefs", "pvfs2"),
        *("panfs", "sshfs"),
    )
)
_NETWORK_FUSE = (
    *("sshfs", "rclone", "s3fs", "gcsfuse", "goofys", "davfs", "glusterfs", "ceph", "smb"),
    *("google-drive", "drive", "curlftpfs", "juicefs", "blobfuse", "mountpoint-s3"),
)


def default_folder() -> Path:
    """The Library's folder when none is named. Nothing is created."""
    root = jupyter_root()
    if root is not None and not network_drive(root) and _is_writable(root / FOLDER_NAME):
        return root / FOLDER_NAME
    return user_folder()


def user_folder() -> Path:
    """The Library's folder outside Jupyter, in the user's data folder of this system."""
    import platformdirs

    return Path(platformdirs.user_data_dir("framepack-widgets", appauthor=False)) / "library"


def jupyter_root() -> Path | None:
    """The root folder of the Jupyter server that started this kernel; None outside Jupyter.

    It is in `<jupyter_runtime_dir()>/jpserver-<pid of the server>.json`; nothing else of that file,
    which also holds the server's token, is kept.
    """
    parent = os.environ.get("JPY_PARENT_PID")
    if not parent:
        return None
    try:
        from jupyter_core.paths import jupyter_runtime_dir
    except ImportError:
        return None
    runtime = Path(jupyter_runtime_dir())
    root = _root_in(runtime / f"jpserver-{parent}.json") if parent.isdigit() else None
    # On Windows the variable is a handle, not a process id.
    return root or _root_above_here(runtime)


def network_drive(path: str | os.PathLike[str]) -> str | None:
    """What kind of network drive `path` lies on; None for a local disk or where none can tell."""
    place = _existing(Path(path))
    try:
        if sys.platform == "win32":
            return _windows_drive(place)
        if sys.platform == "darwin":
            mounts = subprocess.run(
                ["/sbin/mount"], capture_output=True, text=True, check=True, timeout=10
            ).stdout
            return network_mount(place, macos_mounts(mounts))
        with open("/proc/mounts", encoding="utf-8", errors="surrogateescape") as file:  # noqa: PTH123
            return network_mount(place, linux_mounts(file.read()))
    except (OSError, subprocess.SubprocessError):
        return None


def network_mount(place: Path, mounts: list[tuple[str, str, str]]) -> str | None:
    """The type of the mount that `place` lies on, if it is a network's.

    mounts: (source, mount point, type) in the order they were mounted.
    """
    best: tuple[str, str, str] | None = None
    for mount in mounts:
        point = Path(mount[1])
        inside = place == point or point in place.parents
        if inside and (best is None or len(mount[1]) >= len(best[1])):
            best = mount
    if best is None:
        return None
    source, _point, kind = best
    if kind in _NETWORK_TYPES:
        return kind
    if kind.startswith("fuse"):
        name = kind.partition(".")[2] or source
        if name.startswith(_NETWORK_FUSE):
            return f"{kind} ({name})"
    return None


def linux_mounts(text: str) -> list[tuple[str, str, str]]:
    """The mounts in the text of /proc/mounts, whose paths have blanks as octal escapes."""
    found = []
    for line in text.splitlines():
        parts = line.split(" ")
        if len(parts) >= 3:
            found.append((_unescaped(parts[0]), _unescaped(parts[1]), parts[2]))
    return found


def macos_mounts(text: str) -> list[tuple[str, str, str]]:
    """The mounts in what `mount` prints: "//me@host/share on /Volumes/share (smbfs, nodev)"."""
    found = []
    for line in text.splitlines():
        source, on, rest = line.partition(" on ")
        point, bracket, options = rest.rpartition(" (")
        if on and bracket:
            found.append((source, point, options.rstrip(")").split(",")[0].strip()))
    return found


def _unescaped(text: str) -> str:
    for code, character in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        text = text.replace(code, character)
    return text


def _windows_drive(place: Path) -> str | None:
    drive = os.path.splitdrive(place)[0]
    if drive.startswith("\\\\") and not drive.startswith(("\\\\?\\", "\\\\.\\")):
        return f"network share {drive}"
    if drive.upper().startswith("\\\\?\\UNC\\"):
        return f"network share {drive}"
    if sys.platform == "win32":
        import ctypes

        remote = 4  # DRIVE_REMOTE, GetDriveTypeW in the Windows API
        if ctypes.windll.kernel32.GetDriveTypeW(drive + "\\") == remote:
            return f"network drive {drive}"
    return None


def _existing(path: Path) -> Path:
    """The nearest folder above `path` that exists, links resolved."""
    place = Path(os.path.realpath(path.expanduser()))
    # os.path's says no where one may not look; Path's raises there.
    while not os.path.exists(place) and place != place.parent:  # noqa: PTH110
        place = place.parent
    return place


def _is_writable(folder: Path) -> bool:
    """Tried, not asked: permission bits do not tell it on every system."""
    place = folder if folder.is_dir() else folder.parent
    try:
        with tempfile.TemporaryFile(dir=place):
            return True
    except OSError:
        return False


def _root_in(file: Path) -> Path | None:
    def only_root(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        return {key: value for key, value in pairs if key == "root_dir"}

    try:
        found = json.loads(file.read_text(encoding="utf-8"), object_pairs_hook=only_root)
    except (OSError, ValueError):
        return None
    root = found.get("root_dir") if isinstance(found, dict) else None
    return Path(root) if isinstance(root, str) and Path(root).is_dir() else None


def _root_above_here(runtime: Path) -> Path | None:
    """The root of the newest server whose root holds this kernel's working folder."""
    here = Path.cwd()
    try:
        files = sorted(runtime.glob("jpserver-*.json"), key=_age)
    except OSError:
        return None
    for file in files:
        root = _root_in(file)
        if root is not None and (root == here or root in here.parents):
            return root
    return None


def _age(file: Path) -> float:
    try:
        return -file.stat().st_mtime
    except OSError:
        return 0.0
