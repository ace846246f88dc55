"""Where the Library lies when nobody says where, and what is refused."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from framepack_widgets import locations
from framepack_widgets.errors import LibraryError
from framepack_widgets.library import Library

LINUX = """\
/dev/vda / ext4 rw,relatime 0 0
tmpfs /tmp tmpfs rw 0 0
server:/home /home nfs4 rw,vers=4.2 0 0
/dev/sdb /home/local ext4 rw 0 0
//nas/films /mnt/my\\040films cifs rw 0 0
me@host:/x /mnt/ssh fuse.sshfs rw 0 0
drive /content/drive fuse rw 0 0
portal /run/user/1000/doc fuse.portal rw 0 0
none /sandbox 9p rw 0 0
"""
MACOS = """\
/dev/disk3s1s1 on / (apfs, sealed, local, read-only, journaled)
/dev/disk3s5 on /System/Volumes/Data (apfs, local, journaled)
//me@nas/films on /Volumes/My Films (2) (smbfs, nodev, nosuid, mounted by me)
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/home/me/clips", "nfs4"),
        ("/home/local/clips", None),
        ("/homestead", None),
        ("/mnt/my films/a", "cifs"),
        ("/mnt/ssh", "fuse.sshfs (sshfs)"),
        ("/content/drive/MyDrive", "fuse (drive)"),
        ("/run/user/1000/doc/x", None),
        ("/sandbox/a", None),
        ("/tmp", None),
    ],
)
@pytest.mark.skipif(os.name == "nt", reason="other paths")
def test_network_drives_by_the_mounts_of_linux(path: str, kind: str | None) -> None:
    assert locations.network_mount(Path(path), locations.linux_mounts(LINUX)) == kind


@pytest.mark.skipif(os.name == "nt", reason="other paths")
def test_network_drives_by_the_mounts_of_macos() -> None:
    mounts = locations.macos_mounts(MACOS)
    assert locations.network_mount(Path("/Volumes/My Films (2)/a"), mounts) == "smbfs"
    assert locations.network_mount(Path("/Users/me"), mounts) is None


def test_a_later_mount_on_the_same_point_counts() -> None:
    mounts = [("a", "/data", "nfs"), ("b", "/data", "ext4")]
    assert locations.network_mount(Path("/data/x"), mounts) is None


def test_this_disk_is_local_also_for_a_folder_that_does_not_exist_yet(tmp_path: Path) -> None:
    assert locations.network_drive(tmp_path / "a" / "b") is None


def test_a_library_on_a_network_drive_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("framepack_widgets.library.core.network_drive", lambda _: "nfs4")
    with pytest.raises(LibraryError, match=r"network drive \(nfs4\).*local disk with library="):
        Library(tmp_path / "lib")
    assert not (tmp_path / "lib").exists()


@pytest.fixture
def jupyter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Jupyter server with its root in tmp_path/root; the kernel works in tmp_path/root/notes."""
    pytest.importorskip("jupyter_core")
    runtime, root = tmp_path / "runtime", tmp_path / "root"
    runtime.mkdir()
    (root / "notes").mkdir(parents=True)
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(runtime))
    monkeypatch.setenv("JPY_PARENT_PID", "4711")
    monkeypatch.setattr(locations, "user_folder", lambda: tmp_path / "user")
    monkeypatch.chdir(root / "notes")
    about = {"root_dir": str(root), "token": "secret", "pid": 4711}
    (runtime / "jpserver-4711.json").write_text(json.dumps(about))
    return root


def test_inside_jupyter_it_is_a_visible_folder_in_the_root(jupyter: Path) -> None:
    assert locations.default_folder() == jupyter / "framepack-library"
    assert not (jupyter / "framepack-library").exists(), "asking creates nothing"
    Library().close()
    assert (jupyter / "framepack-library" / "clips").is_dir()


def test_the_servers_token_is_not_kept(jupyter: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    real = json.loads
    monkeypatch.setattr(
        locations.json, "loads", lambda *a, **k: seen.append(real(*a, **k)) or seen[-1]
    )
    assert locations.jupyter_root() == jupyter
    assert seen == [{"root_dir": str(jupyter)}]


@pytest.mark.parametrize("broken", ["", "[]", '{"root_dir": 5}', '{"root_dir": "/no/such/dir"}'])
def test_an_unreadable_server_file_means_the_users_folder(
    jupyter: Path, tmp_path: Path, broken: str
) -> None:
    (tmp_path / "runtime" / "jpserver-4711.json").write_text(broken)
    assert locations.default_folder() == tmp_path / "user"


def test_a_handle_in_place_of_the_process_id(
    jupyter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows: the server is then found by its root, which holds the working folder."""
    monkeypatch.setenv("JPY_PARENT_PID", "1234")
    other = tmp_path / "other"
    other.mkdir()
    file = tmp_path / "runtime" / "jpserver-99.json"
    file.write_text(json.dumps({"root_dir": str(other)}))
    os.utime(file, (2e9, 2e9))
    assert locations.jupyter_root() == jupyter


def test_a_root_that_cannot_be_written(jupyter: Path, tmp_path: Path, monkeypatch) -> None:
    def refuse(**_: object) -> object:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(locations.tempfile, "TemporaryFile", refuse)
    assert locations.default_folder() == tmp_path / "user"


def test_a_root_on_a_network_drive(jupyter: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(locations, "network_drive", lambda _: "nfs")
    assert locations.default_folder() == tmp_path / "user"


def test_outside_jupyter_it_is_the_users_data_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JPY_PARENT_PID", raising=False)
    assert locations.jupyter_root() is None
    folder = locations.default_folder()
    assert folder.name == "library" and folder.parent.name == "framepack-widgets"
