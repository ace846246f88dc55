"""Going on from a clip: the next render begins with its frame, and a file holds both."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scene import SMALL, Frames, client, until

import framepack_widgets as fp
from framepack_widgets.descent import Descent
from framepack_widgets.errors import LibraryError, SettingsError
from framepack_widgets.library import Library
from framepack_widgets.library.joins import wants_join


@pytest.fixture
def studio(fleet, tmp_path: Path):
    with fp.connect(fleet.get().url, library=tmp_path / "library") as found:
        yield found


@pytest.fixture
def clip(studio: fp.Studio, tmp_path: Path) -> fp.Clip:
    settings = {**SMALL, "seconds": 1, "model": "F1", "prompt": "a ship", "seed": 5, "cfg_scale": 2}
    return studio.submit(start_frame=Frames(tmp_path).new(), **settings).result(60)


def like(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(one.astype(int) - other.astype(int)).mean())


def test_the_next_clip_begins_where_this_one_ends(studio: fp.Studio, clip: fp.Clip) -> None:
    job = studio.continue_clip(clip, prompt="it sails on")
    new = job.result(60)
    assert Descent.of(job.record) == Descent(
        "render", (clip.job_id,), "continue", {"frame": clip.frame_count - 1, "join": True}
    )
    assert (new.settings.prompt, new.settings.cfg_scale) == ("it sails on", 2)
    assert new.settings.seed != 5
    assert fp.Clip.open(new.path).parents == (clip.job_id,)
    with Image.open(new.settings.start_frame) as start:
        assert np.array_equal(np.asarray(start), clip.frame(-1)), "at its own size, unchanged"
    both = job.joined(60)
    assert both.frame_count == clip.frame_count + new.frame_count - 1
    assert both.parents == (clip.job_id, new.job_id)
    assert (both.origin, both.operation, both.settings) == ("joined", "join", None)
    assert (both.width, both.height, both.fps) == (clip.width, clip.height, 30)
    for number in (0, clip.frame_count // 2, clip.frame_count - 1):
        assert like(both.frame(number), clip.frame(number)) < 2
    for number in (1, new.frame_count // 2, new.frame_count - 1):
        assert like(both.frame(clip.frame_count - 1 + number), new.frame(number)) < 2
    assert {r.id for r in studio.library.made_from(clip.job_id)} == {new.job_id, both.job_id}


def test_the_joined_file_comes_by_itself_once(studio: fp.Studio, clip: fp.Clip) -> None:
    job = studio.continue_clip(clip)
    job.result(60)
    until(lambda: studio.library.joined(job.record), "the joined clip")
    assert studio.library.joins_to_make(job.record.studio) == []
    assert job.joined().job_id == studio.library.joined(job.record).id
    both = studio.library.jobs(text="join", has_clip=True)
    assert len([record for record in both if record.origin == "joined"]) == 1


def test_any_frame_and_no_joined_file(studio: fp.Studio, clip: fp.Clip) -> None:
    job = studio.continue_clip(clip.job_id, 4, join=False)
    new = job.result(60)
    assert not wants_join(job.record)
    with Image.open(new.settings.start_frame) as start:
        assert np.array_equal(np.asarray(start), clip.frame(4))
    assert studio.library.joins_to_make(job.record.studio) == []
    both = job.joined(60)  # asked for later
    assert both.frame_count == 5 + new.frame_count - 1


def test_going_on_from_a_joined_clip(studio: fp.Studio, clip: fp.Clip) -> None:
    first = studio.continue_clip(clip, prompt="it sails on")
    both = first.joined(60)
    third = studio.continue_clip(both, seed=9)
    assert third.settings.prompt == "it sails on", "what was rendered last is gone on with"
    all_three = third.joined(60)
    assert all_three.frame_count == both.frame_count + third.clip.frame_count - 1
    chain = studio.library.join(clip, first, third)
    assert (
        chain.frame_count == clip.frame_count + first.clip.frame_count + third.clip.frame_count - 1
    )


def test_a_video_model_goes_on_from_the_whole_clip(studio: fp.Studio, clip: fp.Clip) -> None:
    job = studio.continue_clip(clip, model="Video F1")
    settings = job.settings
    assert settings.start_frame is None
    assert Path(settings.video).is_file()
    assert settings.combine_with_source is True
    assert not wants_join(job.record), "the Studio puts both into one file"
    assert job.result(60).frame_count > clip.frame_count
    with pytest.raises(SettingsError, match="whole clip"):
        studio.continue_clip(clip, 3, model="Video F1")


def test_a_file_from_elsewhere_is_taken_in(
    studio: fp.Studio, clip: fp.Clip, tmp_path: Path
) -> None:
    copy = clip.save(tmp_path / "elsewhere.mp4")
    other = fp.connect(studio.url, library=tmp_path / "other")
    with other:
        job = other.continue_clip(fp.Clip.open(copy))
        parent = other.library.get(job.record.parents[0])
        assert parent.origin == "adopted"
        assert other.library.clip(parent).frame_count == clip.frame_count
        job.joined(60)
        assert other.continue_clip(fp.Clip.open(copy)).record.parents == (parent.id,)


def test_what_cannot_be_continued(studio: fp.Studio, clip: fp.Clip) -> None:
    with pytest.raises(SettingsError, match="no frame 999"):
        studio.continue_clip(clip, 999)
    job = studio.submit(start_frame=clip.last_frame(), **SMALL)
    job.cancel()
    with pytest.raises(fp.FramePackError):
        job.result(60)
    if job.clip is None:
        with pytest.raises(LibraryError, match="has no clip to continue"):
            studio.continue_clip(job.id)


def test_a_killed_kernel_owes_nobody_the_joined_file(fleet, tmp_path: Path) -> None:
    url, folder = fleet.get().url, tmp_path / "library"
    script = "\n".join(
        [
            "from framepack_widgets.library import Library",
            "Library.make_join = lambda self, record: time.sleep(600)",  # killed while it joins
            "clip = studio.submit(start_frame=sys.argv[3], model='F1', seconds=1, width=128,",
            "                     height=128, steps=4).result()",
            "studio.continue_clip(clip).result()",
        ]
    )
    process = client(url, folder, script, Frames(tmp_path).new())
    assert process.stdout is not None
    assert process.stdout.readline().strip() == "ready"
    process.kill()
    process.wait()
    library = Library(folder)
    (job,) = [record for record in library.jobs() if record.operation == "continue"]
    assert library.joined(job) is None
    library.close()
    with fp.connect(url, library=folder) as studio:
        until(lambda: studio.library.joined(job), "the joined clip, in the next kernel")
