"""Renders of others become clips of the Library: found, told from ours, with their settings."""

from __future__ import annotations

import json
import os
import threading
import time
from pathlib import Path

import pytest
from PIL import Image

from framepack_widgets import _loop, adoption
from framepack_widgets.adoption import names
from framepack_widgets.adoption.gallery import GalleryItem
from framepack_widgets.adoption.ours import identity_of
from framepack_widgets.adoption.written import made_at, read
from framepack_widgets.errors import LibraryError, StudioRefused, StudioUnreachable
from framepack_widgets.job import ADOPTED, JobRecord, JobState, Trace
from framepack_widgets.library import Library
from framepack_widgets.settings import Settings
from framepack_widgets.stamp import apply
from framepack_widgets.studio import gallery as shelf
from framepack_widgets.studio.wire import Endpoint
from framepack_widgets.testing import FakeStudio
from framepack_widgets.testing.renders import tiny_clip
from framepack_widgets.testing.server import OUTPUTS

KEY = "0123456789ab"
STATE, THUMBS = {"type": "state"}, {"type": "gallery"}


class WithGallery(FakeStudio):
    """A fake that also answers /refresh_gallery; newer: its outputs the other way round."""

    newer = False
    has_gallery = True

    def endpoint(self, name: str) -> Endpoint | None:
        outputs = (STATE, THUMBS) if self.newer else (THUMBS, STATE)
        return Endpoint(name, 3, (), outputs) if self.has_gallery else None

    async def call(self, name: str, data: list) -> list:
        self._arrive(name)
        pictures = [
            {"image": {"path": f"/tmp/x/{t}.png", "url": "http://wrong"}, "caption": None}
            for t in [*reversed(self._gallery), "no timestamp"]
        ]
        shown = {"__type__": "update", "value": pictures}
        return [None, shown] if self.newer else [shown, None]


@pytest.fixture
def library(tmp_path):
    made = Library(tmp_path / "lib")
    yield made
    made.close()


@pytest.fixture
def studio() -> WithGallery:
    return WithGallery()


def render(studio: WithGallery, **values) -> str:
    """A stranger's whole render; its timestamp. Its PNG is there, if it had a start frame."""
    studio.add_stranger(start=True, **values)
    return keep_picture(studio, studio.finish().timestamp)


def keep_picture(studio: WithGallery, timestamp: str) -> str:
    import io

    buffer = io.BytesIO()
    Image.new("RGB", (64, 32), (9, 99, 199)).save(buffer, "PNG")
    studio.files[f"{OUTPUTS}/{timestamp}.png"] = buffer.getvalue()
    return timestamp


def adopt(studio: WithGallery, library: Library, items=None, progress=None) -> adoption.Adopted:
    return adoption.adopt(studio, library, KEY, items, progress)


# ---------------------------------------------------------------------- names


def test_names_are_tried_from_the_longest() -> None:
    settings = Settings(model="F1", seconds=2, latent_window_size=9, steps=5, start_frame="x.png")
    likely = names.likely(settings, "t")
    assert likely[:3] == ["t_20.mp4", "t_19.mp4", "t_18.mp4"]
    assert likely[-1] == "t_9.mp4", "also what a render that was cut off leaves"
    video = settings.replace(model="Video", start_frame=None)
    assert names.likely(video, "t")[0] == "t_combined.mp4"
    assert names.likely(None, "t", "37") == ["t_combined.mp4", "t_37.mp4"]
    assert "t_28.mp4" in names.other(None, "t")
    assert names.likely(Settings(model="F1", seconds=0, latent_window_size=9, steps=5), "t") == []
    assert names.expected_frames(Settings()) is None


def test_when_a_render_was_made() -> None:
    assert made_at({"timestamp": 1.7e9}, "x") == 1.7e9
    assert made_at({"timestamp": 9e12}, "x") <= time.time(), "a server's clock may be ahead"
    assert time.localtime(made_at(None, "250102_030405_678_9"))[:5] == (2025, 1, 2, 3, 4)
    assert made_at(None, "12345678901234567") is None
    assert made_at({"timestamp": 3.0}, "x") is None


def test_a_model_that_is_written_down_as_another_one() -> None:
    facts = {"prompt": "p", "seed": 1, "model_type": "Video", "has_input_image": True}
    plain = read(facts, None)
    assert (plain.settings.model, plain.settings.end_frame) == ("Video", None)
    assert plain.settings.start_frame is None
    assert plain.settings.video, "a source that has to be given again"
    with_end = read({**facts, "end_frame_used": "True"}, None)
    assert with_end.settings.model == "Video with Endframe"
    for each in (plain, with_end):
        assert any("“Video with Endframe”, too" in note for note in each.notes)


# ---------------------------------------------------------------------- the gallery


@pytest.mark.parametrize("newer", [False, True])
def test_the_gallery_lists_newest_first_and_knows_ours(studio, library, newer) -> None:
    studio.newer = newer
    first, second = render(studio), render(studio)
    library.add(JobRecord("aaaaaaaaaaaa", KEY, Settings(), 1.0, trace=Trace(timestamp=first)))
    found = adoption.gallery(studio, library)
    assert [item.timestamp for item in found] == [second, first]
    assert [item.job for item in found] == [None, "aaaaaaaaaaaa"]
    assert [item.timestamp for item in found.strangers] == [second]
    assert found[0].thumbnail == f"/tmp/x/{second}.png"
    assert f"{first}  job aaaaaaaaaaaa" in repr(found)


def test_an_empty_gallery_says_why(studio, library) -> None:
    studio.metadata = False
    render(studio)
    found = adoption.gallery(studio, library)
    assert not found
    assert "Save Metadata" in found.note
    assert found.note in repr(found)
    studio.has_gallery = False
    with pytest.raises(StudioRefused, match=r"0\.5\.1.*adopt_folder"):
        adoption.gallery(studio, library)


# ---------------------------------------------------------------------- adopting


def test_a_strangers_clip_with_its_settings(studio, library) -> None:
    timestamp = render(studio, prompt="an owl", seed=77, start_frame="/x.png", seconds=2.0)
    told = []
    result = adopt(studio, library, None, told.append)
    [clip] = result
    assert (result.problems, result.known) == ((), ())
    assert (clip.settings.prompt, clip.settings.seed, clip.settings.seconds) == ("an owl", 77, 2.0)
    assert clip.frame_count == 73
    assert not clip.partial
    record = library.get(clip.job_id)
    assert (record.origin, record.verified, record.studio) == (ADOPTED, "settings", KEY)
    assert record.options["timestamp"] == timestamp
    assert Image.open(clip.settings.start_frame).size == (64, 32)
    assert any("resized" in note for note in record.notes)
    assert [(step.done, step.total, step.adopted) for step in told] == [(0, 1, 0), (1, 1, 1)]
    assert not any(library.incoming_folder.iterdir())
    assert str(result) == "1 clip adopted"


def test_again_gives_nothing_new_and_by_name_tells_whose_it_is(studio, library) -> None:
    timestamps = [render(studio), render(studio)]
    first = adopt(studio, library)
    assert len(first) == 2
    assert list(adopt(studio, library)) == []
    again = adopt(studio, library, timestamps)
    assert list(again) == []
    assert set(again.known) == {clip.job_id for clip in first}
    assert "2 of this Library already" in str(again)
    assert library.count() == 2


def test_what_a_render_that_was_cut_off_left_is_partial(studio, library) -> None:
    stranger = studio.add_stranger(start=True, seconds=4.0)
    studio.render_section()
    studio.render_section()
    studio.end()
    [clip] = adopt(studio, library, [stranger.timestamp])
    assert clip.partial
    assert clip.frame_count == 69


def test_a_render_that_runs_is_left_alone_until_it_is_over(studio, library) -> None:
    render(studio)
    running = studio.add_stranger(start=True, seconds=4.0)
    studio.render_section()
    result = adopt(studio, library)
    assert len(result) == 1
    [problem] = result.problems
    assert (problem.timestamp, "still being rendered" in problem.reason) == (
        running.timestamp,
        True,
    )
    studio.finish()
    [clip] = adopt(studio, library)
    assert not clip.partial


def test_one_that_starts_to_grow_while_it_is_fetched_is_left_alone(studio, library) -> None:
    running = studio.add_stranger(start=True, seconds=4.0)
    studio.render_section()
    # The file is there before the server tells of it.
    studio.before("current", lambda: setattr(running, "shown", None))
    studio.before("download", lambda: setattr(running, "shown", running.video))
    result = adopt(studio, library)
    assert [problem.timestamp for problem in result.problems] == [running.timestamp]
    assert library.count() == 0
    assert not any(library.incoming_folder.iterdir())


def test_without_anything_written_down_there_is_a_clip_without_settings(studio, library) -> None:
    studio.metadata = False
    timestamp = render(studio, latent_window_size=9, seconds=4.0)
    [clip] = adopt(studio, library, [timestamp])
    assert clip.settings is None
    record = library.get(clip.job_id)
    assert record.verified is None
    assert any("no settings" in note for note in record.notes)
    assert clip.frame_count == 105


def test_the_file_that_was_seen_helps_where_nothing_else_does(studio, library) -> None:
    studio.metadata = False
    timestamp = render(studio, latent_window_size=11)
    assert adopt(studio, library, [timestamp]).problems[0].reason.startswith("no clip of it")
    seen = GalleryItem(timestamp, video=f"/srv/studio/tmp/abc/{timestamp}_11.mp4")
    [clip] = adopt(studio, library, [seen])
    assert clip.frame_count == 41


def stamped(library: Library, timestamp: str, studio: WithGallery, **values) -> JobRecord:
    """A job of ours whose stamp that render's sidecar carries."""
    field = studio.schema["teacache_threshold"]
    studio._sidecars[timestamp]["teacache_rel_l1_thresh"] = apply(0.15, 4711, field)
    fields = {"settings": Settings(prompt="ours", seed=3), "created_at": 1.0, **values}
    record = JobRecord(
        "bbbbbbbbbbbb", KEY, stamp=4711, stamp_key="teacache_rel_l1_thresh",
        stamp_step=field.step, **fields,
    )  # fmt: skip
    library.add(record)
    return record


def test_what_carries_the_stamp_of_a_job_is_that_jobs(studio, library) -> None:
    timestamp = render(studio)
    stamped(library, timestamp, studio)
    result = adopt(studio, library)
    assert (list(result), result.known) == ([], ("bbbbbbbbbbbb",))


def test_what_a_lost_job_left_is_not_lost(studio, library) -> None:
    timestamp = render(studio)
    stamped(library, timestamp, studio, state=JobState.LOST)
    [clip] = adopt(studio, library)
    assert clip.settings.prompt == "ours"
    assert clip.verified == "stamp"
    assert any("job bbbbbbbbbbbb" in note for note in library.get(clip.job_id).notes)


def test_a_stamp_of_somebody_elses_library_is_stripped(studio, library) -> None:
    timestamp = render(studio)
    stamped_value = apply(0.15, 99, studio.schema["teacache_threshold"])
    studio._sidecars[timestamp]["teacache_rel_l1_thresh"] = stamped_value
    [clip] = adopt(studio, library)
    assert clip.settings.teacache_threshold is None, "the cache that was not used says nothing"


def test_one_bad_render_does_not_end_the_others(studio, library) -> None:
    first, second, third = render(studio), render(studio), render(studio)
    gone = [p for p in studio.files if f"/{second}_" in p]
    for path in gone:
        del studio.files[path]
    broken = next(p for p in studio.files if f"outputs/{third}_" in p)
    studio.files[broken] = studio.files[broken][:900]
    result = adopt(studio, library, [first, second, third, "../../etc/passwd"])
    assert len(result) == 1
    reasons = {problem.timestamp: problem.reason for problem in result.problems}
    assert "no clip of it was found" in reasons[second]
    assert "no whole video" in reasons[third]
    assert "no timestamp" in reasons["../../etc/passwd"]
    studio.files[broken] = tiny_clip(3, 37)
    assert len(adopt(studio, library, [third])) == 1, "nothing of the damaged one is left"


def test_a_download_that_broke_off_goes_on(studio, library) -> None:
    timestamp = render(studio)
    studio.break_download(500)
    result = adopt(studio, library)
    assert "broke off" in result.problems[0].reason
    [clip] = adopt(studio, library)
    assert clip.frame_count == 33
    assert [start for _, start in studio.downloads] == [0, 500]
    assert timestamp in studio.downloads[0][0]


def test_a_server_that_is_gone_is_not_asked_a_hundred_times(studio, library) -> None:
    items = [GalleryItem(render(studio)) for _ in range(6)]
    studio.after("download", studio.go_down)
    studio.before("download", studio.go_down)
    before = studio.calls["current"]
    result = adopt(studio, library, items)
    assert len(result.problems) == 6
    assert "not tried" in result.problems[-1].reason
    assert studio.calls["current"] - before < 5
    with pytest.raises(StudioUnreachable):
        adopt(studio, library)
    studio.come_up()
    assert len(adopt(studio, library)) == 6


def test_what_was_deleted_does_not_come_back_by_itself(studio, library) -> None:
    timestamp = render(studio)
    [clip] = adopt(studio, library)
    library.delete(clip).confirm()
    assert adoption.gallery(studio, library)[0].in_trash
    assert list(adopt(studio, library)) == []
    [problem] = adopt(studio, library, [timestamp]).problems
    assert "library.restore" in problem.reason


def test_two_at_once_are_refused(studio, library) -> None:
    timestamp, refused = render(studio), []

    def meanwhile() -> None:
        from framepack_widgets.adoption.adopter import Adopter

        async def second() -> None:
            try:
                await Adopter(library, None).run([GalleryItem(timestamp)])
            except LibraryError as error:
                refused.append(str(error))

        done = _loop.submit(second())
        done.add_done_callback(lambda _: over.set())

    over = threading.Event()
    studio.before("current", meanwhile)
    assert len(adopt(studio, library)) == 1
    assert over.wait(5)
    assert "being adopted" in refused[0]


def test_stopping_keeps_what_was_adopted(studio, library) -> None:
    from framepack_widgets.adoption.adopter import Adopter
    from framepack_widgets.adoption.studio import StudioSource

    items = [GalleryItem(render(studio)) for _ in range(4)]

    def progress(step: adoption.Step) -> None:
        if step.done == 2:
            adopter.stop()

    adopter = Adopter(library, StudioSource(studio, library, KEY), progress)
    result = _loop.run(adopter.run(items))
    assert len(result) == 2
    assert ["stopped" in problem.reason for problem in result.problems] == [True, True]


@pytest.mark.parametrize("moment", ["fetched", "written"])
def test_killed_in_between_and_called_again(studio, library, monkeypatch, moment) -> None:
    class Killed(BaseException):
        pass

    timestamp = render(studio)

    def die(*_: object, **__: object) -> None:
        raise Killed

    where = (library._files, "adopt") if moment == "fetched" else (library._store, "add")
    with monkeypatch.context() as patch:
        patch.setattr(*where, die)
        with pytest.raises(Killed):
            adopt(studio, library)
    downloads = len(studio.downloads)
    [clip] = adopt(studio, library)
    assert len(studio.downloads) == downloads, "what had arrived is not fetched again"
    assert library.taken_in(identity_of(timestamp)).id == clip.job_id
    assert len(list(library.clips_folder.glob("*.mp4"))) == 1
    assert not any(library.incoming_folder.iterdir())


# ---------------------------------------------------------------------- a folder


def outputs(folder: Path, timestamp: str, latents: int, seconds: float | None = 1.0) -> Path:
    folder.mkdir(exist_ok=True)
    file = folder / f"{timestamp}_{latents}.mp4"
    file.write_bytes(tiny_clip(latents % 12, 4 * latents - 3))
    if seconds is not None:
        facts = {
            "prompt": timestamp, "seed": 1, "model_type": "F1", "has_input_image": True,
            "total_second_length": seconds, "latent_window_size": 9, "steps": 4,
            "use_magcache": True, "timestamp": 1.7e9,
        }  # fmt: skip
        (folder / f"{timestamp}.json").write_text(json.dumps(facts))
    Image.new("RGB", (8, 8)).save(folder / f"{timestamp}.png")
    return file


def test_a_folder_of_long_ago(tmp_path, library) -> None:
    folder = tmp_path / "outputs"
    outputs(folder, "250101_101010_111_22", 9)
    whole = outputs(folder, "250101_101010_111_22", 10)
    outputs(folder, "250102_101010_111_22", 9, None)
    (folder / "holiday.mp4").write_bytes(whole.read_bytes())
    growing = outputs(folder, "250103_101010_111_22", 10, 4.0)
    before = sorted(path.name for path in folder.iterdir())
    result = adoption.adopt_folder(folder, library)
    assert [clip.frame_count for clip in result] == [37, 33]
    assert result[0].settings.prompt == "250101_101010_111_22"
    assert Path(result[0].settings.start_frame).is_file()
    assert result[1].settings is None
    assert "perhaps it is still being rendered" in result.problems[0].reason
    os.utime(growing, (1.7e9, 1.7e9))
    [last] = adoption.adopt_folder(str(folder), library)
    assert last.partial
    assert list(adoption.adopt_folder(folder, library)) == []
    assert sorted(path.name for path in folder.iterdir()) == before
    with pytest.raises(LibraryError, match="no folder"):
        adoption.adopt_folder(tmp_path / "nowhere", library)


def test_a_server_and_its_folder_give_one_clip(tmp_path, studio, library) -> None:
    timestamp = render(studio)
    folder = tmp_path / "outputs"
    folder.mkdir()
    name, content = next((p, c) for p, c in studio.files.items() if f"outputs/{timestamp}_" in p)
    (folder / Path(name).name).write_bytes(content)
    assert len(adopt(studio, library)) == 1
    assert adoption.adopt_folder(folder, library).known


def test_a_folder_from_the_terminal(tmp_path, capsys) -> None:
    from framepack_widgets.cli import main
    from framepack_widgets.cli.adopt import _split

    outputs(tmp_path / "out", "250101_101010_111_22", 10)
    outputs(tmp_path / "out", "250102_101010_111_22", 10, 4.0)
    arguments = ["adopt", "--folder", str(tmp_path / "out"), "--library", str(tmp_path / "lib")]
    with pytest.raises(SystemExit) as ended:
        main([*arguments, "--json"])
    assert ended.value.code == 5, "one of them may still grow"
    told = json.loads(capsys.readouterr().out)
    assert [Path(item["file"]).exists() for item in told["adopted"]] == [True]
    assert [item["timestamp"] for item in told["problems"]] == ["250102_101010_111_22"]
    with pytest.raises(SystemExit) as ended:
        main([*arguments, "250101_101010_111_22"])
    assert ended.value.code == 2
    assert _split(["http://h:1", "25_1"]) == ("http://h:1", ["25_1"])
    assert _split(["25_1", "25_2"]) == (None, ["25_1", "25_2"])
    assert _split(["demo"]) == ("demo", [])


def test_other_pictures_in_the_gallery_are_no_renders() -> None:
    endpoint = Endpoint("refresh_gallery", 0, (), (THUMBS,))
    path = "C:\\out\\250101_101010_111_22.png"
    assert shelf.in_answer(endpoint, [[{"image": {"path": path}}, {"image": None}, None]]) == [
        shelf.Entry("250101_101010_111_22", path)
    ]
    assert shelf.in_answer(endpoint, [None]) == []
    assert shelf.in_answer(endpoint, []) == []
