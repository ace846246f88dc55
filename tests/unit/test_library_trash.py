"""Deleting: asked first, exactly what was said, and back again."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from library_tools import (
    add_job,
    cancelled_job,
    done_job,
    failed_job,
    make_image,
    make_video,
    new_record,
    python,
    tree,
)

from framepack_widgets import durable
from framepack_widgets.clip import Clip
from framepack_widgets.errors import LibraryError
from framepack_widgets.library import Library
from framepack_widgets.settings import Settings


@pytest.fixture
def library(tmp_path: Path):
    library = Library(tmp_path / "lib")
    yield library
    library.close()


@pytest.fixture
def frames(tmp_path: Path) -> list[str]:
    colours = ((200, 0, 0), (0, 200, 0), (0, 0, 200))
    return [str(make_image(tmp_path / f"{n}.png", c)) for n, c in enumerate(colours)]


def ids(library: Library) -> set[str]:
    return {record.id for record in library.jobs()}


def test_nothing_happens_before_it_is_confirmed(library: Library, frames: list[str]) -> None:
    record = done_job(library, start_frame=frames[0])
    before, changes = tree(library.path), library.changes()
    deletion = library.delete(record)
    for shown in (str(deletion), repr(deletion), deletion._repr_html_()):
        assert record.clip in shown and "1 job with 1 clip" in shown and "1 input file" in shown
        assert "Nothing has happened yet" in shown
    assert deletion.size == sum(before.values())
    assert (deletion.jobs, deletion.clips) == ((record.id,), [record.clip])
    assert tree(library.path) == before and library.changes() == changes
    with pytest.raises(LibraryError, match="nothing to undo"):
        deletion.undo()


def test_into_the_trash_and_back(library: Library, frames: list[str]) -> None:
    record = done_job(library, start_frame=frames[0])
    other = done_job(library, start_frame=frames[1])
    before = tree(library.path)
    deletion = library.delete(record).confirm()
    assert deletion.state == "trashed" and "undo()" in str(deletion)
    assert ids(library) == {other.id}
    assert library.find(record.id) is None
    assert {p for p in tree(library.path) if not p.startswith("trash/")} == {
        path for path in before if other.clip[:-4] in path or path.startswith("inputs/")
    } - {f"inputs/{Path(record.settings.start_frame).name}"}
    assert sum(tree(library.path).values()) == sum(before.values()), "nothing is lost"
    with pytest.raises(LibraryError, match=rf"in the trash; library\.restore\('{deletion.id}'\)"):
        library.get(record.id)
    with pytest.raises(LibraryError, match="trashed already"):
        deletion.confirm()
    deletion.undo()
    assert deletion.state == "undone"
    assert tree(library.path) == before
    assert library.get(record.id) == record
    assert library.clip(record).frame_count == 6
    assert library.trash() == []


def test_the_trash_survives_a_restart(library: Library) -> None:
    first, second = done_job(library), done_job(library)
    before = tree(library.path)
    library.delete(first).confirm()
    library.delete(second).confirm()
    library.close()
    again = Library(library.path)
    found = again.trash()
    assert [deletion.jobs for deletion in found] == [(second.id,), (first.id,)]
    assert found[0].deleted_at >= found[1].deleted_at
    assert again.restore(found[1].id).jobs == (first.id,)
    assert ids(again) == {first.id}
    found[0].undo()
    assert tree(again.path) == before
    with pytest.raises(LibraryError, match=r"no deletion .*library\.trash\(\)"):
        again.restore(found[0].id)
    again.close()


def test_emptying_the_trash_is_asked_for_and_final(library: Library, frames: list[str]) -> None:
    kept = done_job(library, start_frame=frames[0])
    gone = [done_job(library, start_frame=frames[1]), done_job(library, start_frame=frames[1])]
    before = tree(library.path)
    deletions = [library.delete(record).confirm() for record in gone]
    emptying = library.empty_trash()
    assert "for good" in str(emptying) and "cannot be undone" in emptying._repr_html_()
    assert set(emptying.clips) == {record.clip for record in gone}
    trashed = tree(library.path / "trash")
    assert len(trashed) == 4
    frame = Path(gone[0].settings.start_frame)
    assert emptying.size == sum(trashed.values()) + frame.stat().st_size
    emptying.confirm()
    assert emptying.state == "gone"
    left = {f"clips/{kept.clip}", f"clips/{kept.clip[:-4]}.json"}
    left.add(f"inputs/{Path(kept.settings.start_frame).name}")
    assert tree(library.path) == {path: before[path] for path in left}
    assert library.trash() == [] and ids(library) == {kept.id}
    for deletion in (emptying, *deletions):
        with pytest.raises(LibraryError):
            deletion.undo()
    library.add(gone[0].replace(settings=Settings(prompt="the id is free again")))


def test_an_empty_trash_can_be_emptied(library: Library) -> None:
    assert library.empty_trash().confirm().state == "gone"


def test_frames_that_another_job_uses_stay(library: Library, frames: list[str]) -> None:
    first = done_job(library, start_frame=frames[0], end_frame=frames[1])
    second = done_job(library, start_frame=frames[0])
    shared, own = (Path(p) for p in (first.settings.start_frame, first.settings.end_frame))
    assert [f.path for f in library.delete(first).contents.inputs] == [f"inputs/{own.name}"]
    deletion = library.delete(first).confirm()
    assert shared.exists() and not own.exists()
    # A job in the trash is a user, too: it may come back.
    later = library.delete(second).confirm()
    assert shared.exists()
    deletion.undo()
    assert shared.exists() and own.exists()
    later.undo()
    both = library.delete(first, second)
    assert {f.path for f in both.contents.inputs} == {f"inputs/{shared.name}", f"inputs/{own.name}"}


def test_a_frame_in_the_trash_comes_back_when_a_new_job_needs_it(
    library: Library, frames: list[str]
) -> None:
    """Its settings were prepared before the deletion, the job added after it."""
    old = done_job(library, start_frame=frames[0])
    new = new_record(library, start_frame=frames[0])
    deletion = library.delete(old).confirm()
    assert not Path(new.settings.start_frame).exists()
    library.add(new)
    assert Path(new.settings.start_frame).read_bytes() == Path(frames[0]).read_bytes()
    deletion.undo()
    assert Path(old.settings.start_frame).exists()
    library.delete(old).confirm()
    library.empty_trash().confirm()
    assert Path(new.settings.start_frame).exists()


def test_emptying_the_trash_leaves_a_frame_that_a_new_job_brought_back(
    library: Library, frames: list[str]
) -> None:
    old = done_job(library, start_frame=frames[0])
    new = new_record(library, start_frame=frames[0])
    library.delete(old).confirm()
    library.add(new)
    library.empty_trash().confirm()
    assert Path(new.settings.start_frame).read_bytes() == Path(frames[0]).read_bytes()


def test_jobs_at_work_are_refused(library: Library) -> None:
    done, waiting = done_job(library), add_job(library)
    before = tree(library.path)
    with pytest.raises(LibraryError, match=rf"{waiting.id} is waiting.*job\.cancel\(\).*Nothing"):
        library.delete(done, waiting)
    assert tree(library.path) == before


def test_all_that_can_be_named_can_be_deleted(library: Library) -> None:
    class Job:
        def __init__(self, job_id: str) -> None:
            self.id = job_id

    records = [done_job(library), failed_job(library), cancelled_job(library), done_job(library)]
    clip = library.clip(records[0])
    deletion = library.delete(clip, records[1], records[2].id[:8], Job(records[3].id), records[0])
    assert set(deletion.jobs) == {record.id for record in records}
    assert len(deletion.clips) == 2
    deletion.confirm()
    assert ids(library) == set()
    with pytest.raises(LibraryError, match="is no job"):
        library.delete(5)
    with pytest.raises(LibraryError, match=r"not a clip of this Library.*rescan"):
        library.delete(Clip(library.clips_folder / "unknown.mp4"))


def test_a_long_list_is_shortened(library: Library) -> None:
    records = [done_job(library, frames=2) for _ in range(15)]
    assert "and 3 more" in str(library.delete(*records))


def test_files_kept_aside_go_with_their_job(library: Library) -> None:
    record = failed_job(library)
    library.keep_aside(record, make_video(library.incoming_folder / "x.mp4"), "not its own")
    before = tree(library.path)
    deletion = library.delete(record).confirm()
    assert not list((library.path / "aside").iterdir())
    deletion.undo()
    assert tree(library.path) == before


def changed_clip(library: Library, record) -> None:
    make_video(library.clips_folder / record.clip, frames=9)


def removed_clip(library: Library, record) -> None:
    (library.clips_folder / record.clip).unlink()


def new_user_of_the_frame(library: Library, record) -> None:
    add_job(library, start_frame=record.settings.start_frame)


def deleted_meanwhile(library: Library, record) -> None:
    library.delete(record).confirm()


@pytest.mark.parametrize(
    "change",
    [changed_clip, removed_clip, new_user_of_the_frame, deleted_meanwhile],
)
def test_it_deletes_what_it_said_or_nothing(library: Library, frames: list[str], change) -> None:
    record = done_job(library, start_frame=frames[0])
    other = done_job(library)
    deletion = library.delete(record, other)
    change(library, record)
    before = tree(library.path)
    with pytest.raises(LibraryError, match="nothing was deleted"):
        deletion.confirm()
    assert tree(library.path) == before
    assert deletion.state == "asked" and other.id in ids(library)


def test_emptying_says_when_the_trash_has_grown(library: Library) -> None:
    first, second = done_job(library), done_job(library)
    library.delete(first).confirm()
    emptying = library.empty_trash()
    library.delete(second).confirm()
    before = tree(library.path)
    with pytest.raises(LibraryError, match="changed since"):
        emptying.confirm()
    assert tree(library.path) == before
    library.empty_trash().confirm()
    assert tree(library.path) == {}


def test_a_file_that_cannot_be_moved_stops_it_all(library: Library, monkeypatch) -> None:
    records = [done_job(library) for _ in range(3)]
    before = tree(library.path)
    real, calls = durable.move, []

    def stuck(source: Path, target: Path) -> None:
        calls.append(source)
        if len(calls) == 4:
            raise PermissionError(13, "Permission denied", str(source))
        real(source, target)

    deletion = library.delete(*records)
    monkeypatch.setattr(durable, "move", stuck)
    with pytest.raises(LibraryError, match=r"move .*Close programs that have it open"):
        deletion.confirm()
    monkeypatch.setattr(durable, "move", real)
    assert tree(library.path) == before and len(ids(library)) == 3
    calls.clear()
    deletion.confirm()
    monkeypatch.setattr(durable, "move", stuck)
    trashed = tree(library.path)
    with pytest.raises(LibraryError, match="move"):
        deletion.undo()
    assert tree(library.path) == trashed and deletion.state == "trashed"
    calls.clear()
    monkeypatch.setattr(durable, "move", real)
    deletion.undo()
    assert tree(library.path) == before


def test_a_file_that_was_put_in_its_place_meanwhile(library: Library) -> None:
    record = done_job(library)
    deletion = library.delete(record).confirm()
    place = library.clips_folder / record.clip
    place.write_text("somebody else's")
    before = tree(library.path)
    with pytest.raises(LibraryError, match=r"exists already.*Move it elsewhere"):
        deletion.undo()
    assert tree(library.path) == before
    place.unlink()
    deletion.undo()
    assert library.clip(record).frame_count == 6


KILLED = """
import os, shutil, sys
from framepack_widgets import durable
from framepack_widgets.library import Library
library = Library(sys.argv[1])
what, number = sys.argv[2], int(sys.argv[3])
real, calls = durable.move, []

def move(source, target):
    calls.append(source)
    if len(calls) == number:
        os.kill(os.getpid(), 9)
    real(source, target)

durable.move = move
if what == "removing":
    shutil.rmtree = lambda *a, **k: os.kill(os.getpid(), 9)
if what == "delete":
    library.delete(*library.jobs()).confirm()
elif what == "restore":
    library.trash()[0].undo()
else:
    library.empty_trash().confirm()
print("finished", flush=True)
os.kill(os.getpid(), 9)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9")
@pytest.mark.parametrize("number", [1, 2, 3, 4, 99])
@pytest.mark.parametrize("what", ["delete", "restore", "empty", "removing"])
def test_killed_in_the_middle(library: Library, frames: list[str], what: str, number: int) -> None:
    """Afterwards everything is where it was before, or where it was to go; nothing in between."""
    records = [done_job(library, start_frame=frames[0]), done_job(library, start_frame=frames[0])]
    here = tree(library.path)
    if what != "delete":
        for record in records:
            library.delete(record).confirm()
    before, jobs = tree(library.path), ids(library)
    victim = python(KILLED, library.path, what, number)
    out, error = victim.communicate(timeout=60)
    assert victim.returncode == -9, error
    library.close()
    again = Library(library.path)
    if "finished" not in out:
        assert ids(again) == jobs
    if what in ("empty", "removing") and not again.trash():
        assert tree(again.path) == {}
        assert ids(again) == set()
        assert not list((again.path / "trash").iterdir())
        again.close()
        return
    # Whatever state it is in, all of it can be brought back.
    if what in ("empty", "removing"):
        assert sum(tree(again.path).values()) == sum(before.values())
    for deletion in again.trash():
        deletion.undo()
    assert tree(again.path) == here
    assert ids(again) == {record.id for record in records}
    again.close()
