"""Grid video and report of a run from the page: names, nothing overwritten, progress, cancel."""

from __future__ import annotations

import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
from library_tools import until

from framepack_widgets.errors import FramePackError, LibraryError
from framepack_widgets.video.grid import GridCancelled
from framepack_widgets.widgets.sweeps import file_order, run_files
from framepack_widgets.widgets.sweeps.file_order import (
    GRID,
    REPORT,
    FileOrder,
    free_name,
    path_for,
    told_layout,
)
from framepack_widgets.widgets.sweeps.file_writing import FileWriting
from framepack_widgets.widgets.sweeps.run_files import RunFiles

ROLES = {"a": "page", "b": "y", "c": "x", "d": "folded"}


def test_a_name_that_is_free_is_offered(tmp_path):
    assert free_name(GRID, "cfg_scale × seed / *", tmp_path) == "cfg_scale-seed-grid.mp4"
    (tmp_path / "night-grid.gif").touch()
    assert free_name(GRID, "night", tmp_path) == "night-grid-2.mp4"
    (tmp_path / "night-grid-2-poster.png").touch()
    assert free_name(GRID, "night", tmp_path) == "night-grid-3.mp4"
    (tmp_path / "night-report_files").mkdir()
    assert free_name(REPORT, "night", tmp_path) == "night-report-2.html"
    assert free_name(REPORT, "…", tmp_path) == "sweep-report.html"


def test_where_a_name_leads(tmp_path):
    assert path_for(GRID, " a.gif ", tmp_path) == tmp_path / "a.gif"
    assert path_for(GRID, "v1.5", tmp_path) == tmp_path / "v1.5.mp4"
    assert path_for(REPORT, "sub/a.HTML", tmp_path) == tmp_path / "sub" / "a.HTML"
    assert path_for(REPORT, str(tmp_path / "b.html"), Path("elsewhere")) == tmp_path / "b.html"
    for nothing in ("", "  ", "..", "sub/"):
        with pytest.raises(FramePackError, match="Write a name"):
            path_for(GRID, nothing, tmp_path)


def test_the_axes_stand_as_the_view_shows_them():
    order = FileOrder(GRID, None, Path("x.mp4"), ROLES)
    assert (order.columns, order.rows, order.pages) == (["c", "d"], ["b"], ["a"])
    assert told_layout(ROLES) == "columns: c × d · rows: b · a file for each value: a"
    assert told_layout({}) == ""
    assert FileOrder(REPORT, None, Path("x.html"), ROLES).pages == []


def test_what_is_there_already_is_found(tmp_path):
    alone = {"b": "y", "c": "x"}
    assert FileOrder(GRID, None, tmp_path / "x.mp4", alone).taken() == []
    (tmp_path / "x-poster.png").touch()
    assert FileOrder(GRID, None, tmp_path / "x.mp4", alone).taken() == [tmp_path / "x-poster.png"]
    (tmp_path / "[x]-a_1-1.mp4").touch()
    assert FileOrder(GRID, None, tmp_path / "[x].mp4", ROLES).taken()
    assert FileOrder(GRID, None, tmp_path / "x.mp4", ROLES).taken() == []
    assert FileOrder(REPORT, None, tmp_path / "x.html").taken() == []


# ---------------------------------------------------------------------- the widget


class FileRun:
    """What is asked of a run; writes when it is let."""

    name = "night"

    def __init__(self, folder):
        self.folder, self.go, self.asked = folder, threading.Event(), []
        self.points = [
            SimpleNamespace(in_sweep=True, clip=None, coordinates={"a": n}) for n in range(2)
        ]
        self.error = None

    def grid(self, path, **options):
        self.asked.append((path, options))
        made = []
        names = [f"{path.stem}-{n}" for n in (1, 2)] if options["page"] else [path.stem]
        for name in names:
            for done in range(1, 5):
                options["progress"](done, 4)
                while not self.go.wait(0.005) and done == 2:
                    if options["cancelled"]():
                        raise GridCancelled("cancelled after 2 of 4 pictures")
            if self.error:
                raise self.error
            file = path.with_name(name + path.suffix)
            file.write_bytes(b"video")
            made.append(SimpleNamespace(path=file, notes=("tiles were made smaller",)))
        return tuple(made) if options["page"] else made[0]

    def report(self, path, **options):
        self.asked.append((path, options))
        path.write_text("page", encoding="utf-8")
        return SimpleNamespace(path=path, notes=())


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return FileRun(tmp_path)


@pytest.fixture
def files(run):
    played = []
    made = RunFiles(played.append)
    made.played = played
    made.show(run)
    made.laid_out({"c": "x"})
    yield made
    made.close()


def say(files, **message):
    files._handle_page(files, message, [])


def write(files, name="n.mp4", what=GRID, **more):
    say(files, kind="write", what=what, name=name, **more)


def state(files, wanted):
    until(lambda: files.work.get("state") == wanted)
    return files.work


def test_the_form_begins_with_something_sensible(files, run):
    files.ask(GRID)
    assert files.opened == GRID and files.offer["name"] == "night-grid.mp4"
    assert files.offer["layout"] == "columns: c" and files.offer["folder"] == str(run.folder)
    files.laid_out({"c": "y"})
    assert files.offer["layout"] == "rows: c", "it follows the view"
    say(files, kind="hide")
    assert files.opened == ""
    files.ask("nonsense")
    assert files.opened == ""


def test_a_grid_video_is_written_told_and_played(files, run):
    files.ask(GRID)
    write(files, "sub name")
    until(lambda: files.work.get("text") == "picture 2 of 4")
    assert files.work["share"] == 0.5 and files.work["state"] == "writing"
    write(files, "another.mp4")
    until(lambda: "being written still" in files.trouble)
    run.go.set()
    work = state(files, "done")
    target = run.folder / "sub name.mp4"
    assert [file["path"] for file in work["files"]] == [str(target)] and target.exists()
    assert work["notes"] == ["tiles were made smaller"] and work["files"][0]["size"] == 5
    until(lambda: files.played[-1] == target)
    assert files.opened == ""
    [(_, options)] = run.asked
    assert (options["x"], options["y"], options["page"]) == (["c"], [], None)
    assert options["overwrite"] is False
    until(lambda: files.playing == str(target))
    say(files, kind="play", path="")
    until(lambda: files.playing == "" and files.played[-1] is None)
    say(files, kind="play", path="/etc/passwd")
    say(files, kind="play", path=str(target))
    until(lambda: files.playing == str(target))
    assert {str(each) for each in files.played} == {str(target), "None"}


def test_a_file_for_each_page(files, run):
    run.go.set()
    files.laid_out({"a": "page", "c": "x"})
    write(files)
    work = state(files, "done")
    assert [file["name"] for file in work["files"]] == ["n-1.mp4", "n-2.mp4"]
    assert run.asked[0][1]["page"] == ["a"] and work["share"] == 1.0


def test_pages_of_a_single_picture_are_counted(tmp_path):
    told = []

    class StillRun(FileRun):
        def grid(self, path, **options):
            for _ in self.points:
                options["progress"](1, 1)
                told.append((writing.progress, writing.share))
            return ()

    order = FileOrder(GRID, StillRun(tmp_path), tmp_path / "n.mp4", {"a": "page"})
    writing = FileWriting(order, lambda: None)
    writing._run()
    assert told == [("file 1 of 2, picture 1 of 1", 0.5), ("file 2 of 2, picture 1 of 1", 1.0)]


def test_nothing_is_overwritten_unasked(files, run):
    run.go.set()
    (run.folder / "n.mp4").write_bytes(b"mine")
    write(files)
    assert state(files, "taken")["taken"] == ["n.mp4"]
    assert not run.asked and (run.folder / "n.mp4").read_bytes() == b"mine"
    write(files, replace=True)
    state(files, "done")
    assert run.asked[0][1]["overwrite"] is True
    (run.folder / "r.html").touch()
    write(files, "r.html", REPORT, one_file=True)
    assert state(files, "taken")["taken"] == ["r.html"]


def test_it_is_cancelled_and_what_goes_wrong_is_shown(files, run):
    write(files)
    until(lambda: files.work.get("share") == 0.5)
    say(files, kind="cancel")
    assert "2 of 4" in state(files, "cancelled")["text"]
    assert files.played == [None] and not (run.folder / "n.mp4").exists()
    run.go.set()
    for error in (LibraryError("no room on disk"), RuntimeError("a bug")):
        run.error = error
        write(files)
        assert state(files, "failed")["text"] == str(error)
        files._writing, files.work = None, {}
    write(files, " ")
    until(lambda: "Write a name" in files.trouble)


def test_a_report_of_one_file_or_a_folder(files, run, monkeypatch):
    monkeypatch.setattr(run_files, "route_of", lambda file: (file.name, ""))
    files.ask(REPORT)
    assert files.offer["one_file"], "there is little in it"
    write(files, "r", REPORT, one_file=False)
    work = state(files, "done")
    assert work["files"][0]["name"] == "r.html" and not work["files"][0]["plays"]
    assert run.asked[0][1]["single_file"] is False
    told = work["files"][0]
    assert told["route"] is None and "open it from disk" in told["why"]
    write(files, "one", REPORT, one_file=True)
    until(lambda: files.work.get("name") == "one.html" and files.work["files"])
    assert files.work["files"][0]["route"] == "one.html"
    assert files.played == [None]


def test_another_run_is_shown(files, run):
    files.ask(GRID)
    write(files)
    until(lambda: files.work.get("share") == 0.5)
    files.show(FileRun(run.folder))
    assert files.opened == "" and files.work["state"] == "writing", "it goes on"
    run.go.set()
    state(files, "done")
    files.show(None)
    assert files.work == {}
    files.ask(GRID)
    assert files.opened == ""


def test_large_clips_are_left_out_of_the_page(tmp_path):
    assert file_order.fits_one_file(10**8) and not file_order.fits_one_file(10**9)
    clip = tmp_path / "a.mp4"
    clip.write_bytes(b"12345")
    there = SimpleNamespace(clip=SimpleNamespace(path=clip))
    gone = SimpleNamespace(clip=SimpleNamespace(path=tmp_path / "gone.mp4"))
    assert file_order.clips_size([there, gone, SimpleNamespace(clip=None)]) == 5
