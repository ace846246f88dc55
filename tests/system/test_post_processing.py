"""A Studio's post-processing on clips: each result is a clip of the Library with its parent."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from scene import SMALL, Frames, until

import framepack_widgets as fp
from framepack_widgets.errors import JobCancelled, SettingsError, StudioRefused
from framepack_widgets.settings import Settings


@pytest.fixture(scope="module", params=["this", "other"])
def studio(
    request: pytest.FixtureRequest, fleet, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[fp.Studio]:
    library = tmp_path_factory.mktemp("toolbox")
    with fp.connect(fleet.get(request.param).url, library=library) as found:
        yield found


@pytest.fixture(scope="module")
def clip(studio: fp.Studio, tmp_path_factory: pytest.TempPathFactory) -> fp.Clip:
    frame = Frames(tmp_path_factory.mktemp("frames")).new()
    settings = {**SMALL, "seconds": 1, "model": "F1", "prompt": "a ship", "seed": 5}
    return studio.submit(start_frame=frame, **settings).result(60)


def made_of(new: fp.Clip, clip: fp.Clip, operation: str) -> None:
    for found in (new, fp.Clip.open(new.path)):
        assert (found.origin, found.parents) == ("processed", (clip.job_id,))
        assert found.operation == operation
        assert found.settings is None, "how it was rendered is its parent's to say"


def like(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(one.astype(int) - other.astype(int)).mean())


def test_upscale(studio: fp.Studio, clip: fp.Clip) -> None:
    new = studio.toolbox.upscale(clip, factor=1.5).result(60)
    made_of(new, clip, "upscale")
    assert (new.width, new.height) == (round(clip.width * 1.5), round(clip.height * 1.5))
    assert new.frame_count == clip.frame_count
    assert new.options["factor"] == 1.5
    assert new.options["model"] == "RealESRGAN_x2plus", "the server's default is told, too"
    assert studio.library.made_from(clip.job_id)[-1].id == new.job_id


def test_a_model_brings_its_own_range(studio: fp.Studio, clip: fp.Clip) -> None:
    big = studio.toolbox.upscale(clip, model="RealESRGAN_x4plus", factor=3).result(60)
    assert big.width == clip.width * 3
    with pytest.raises(SettingsError, match=r"factor: 3 is more than 2"):
        studio.toolbox.upscale(clip, factor=3).result(60)
    whole = studio.toolbox.upscale(clip, model="RealESRGAN_x4plus").result(60)
    assert whole.width == clip.width * 4, "the model's own factor is the default"


def test_interpolate(studio: fp.Studio, clip: fp.Clip) -> None:
    new = studio.toolbox.interpolate(clip, factor=2).result(60)
    made_of(new, clip, "frames")
    assert new.frame_count == clip.frame_count * 2 - 1
    assert new.fps == 60
    assert like(new.frame(2), clip.frame(1)) < 4
    with pytest.raises(SettingsError, match=r"by 3; it offers No Interpolation, 2x Frames"):
        studio.toolbox.interpolate(clip, factor=3)


def test_filters(studio: fp.Studio, clip: fp.Clip) -> None:
    new = studio.toolbox.filters(clip, brightness=-100).result(60)
    made_of(new, clip, "filters")
    assert new.frames().mean() < 10 < clip.frames().mean()
    with pytest.raises(SettingsError, match=r"brightnes: .*Did you mean brightness"):
        studio.toolbox.filters(clip, brightnes=1)
    with pytest.raises(SettingsError, match=r"brightness: 400 is more than 100\. Use -100 to 100"):
        studio.toolbox.filters(clip, brightness=400)


def test_loop(studio: fp.Studio, clip: fp.Clip) -> None:
    new = studio.toolbox.loop(clip, kind="ping-pong", repeats=1).result(60)
    made_of(new, clip, "loop")
    assert new.frame_count == 2 * clip.frame_count


def test_join(studio: fp.Studio, clip: fp.Clip) -> None:
    looped = studio.toolbox.loop(clip).result(60)
    new = studio.toolbox.join(clip, looped).result(60)
    assert new.parents == (clip.job_id, looped.job_id)
    assert new.frame_count == clip.frame_count + looped.frame_count


@pytest.mark.parametrize("kind", ["MP4", "WebM"])
def test_export(studio: fp.Studio, clip: fp.Clip, kind: str) -> None:
    new = studio.toolbox.export(clip, format=kind, quality=40).result(60)
    made_of(new, clip, "export")
    assert new.frame_count == clip.frame_count
    assert like(new.frame(3), clip.frame(3)) < 12
    told = " ".join(studio.library.get(new.job_id).notes)
    assert (".webm" in told) is (kind == "WebM"), "where the file itself is"


def test_pipeline(studio: fp.Studio, clip: fp.Clip) -> None:
    task = studio.toolbox.pipeline(
        clip, loop={"repeats": 2}, upscale={"factor": 2.0}, frames={"interpolation": "2x Frames"}
    )
    new = task.result(60)
    made_of(new, clip, "pipeline")
    assert new.width == clip.width * 2
    assert new.frame_count == (clip.frame_count * 2 - 1) * 3
    assert list(new.options) == ["upscale", "frames", "loop"], "the order in which it was done"
    with pytest.raises(SettingsError, match="nothing was asked"):
        studio.toolbox.pipeline(clip)
    with pytest.raises(SettingsError, match="join was asked"):
        studio.toolbox.pipeline(clip, join={})


def test_await_and_progress(studio: fp.Studio, clip: fp.Clip) -> None:
    seen = []

    async def work() -> fp.Clip:
        task = studio.toolbox.upscale(clip.job_id)
        task.watch(lambda: seen.append(task.progress))
        return await task

    assert asyncio.run(work()).width == clip.width * 2
    until(lambda: seen[-1].stage == "done", "the last news")
    assert "fetching" in [progress.stage for progress in seen]
    assert any(p.fraction is not None and "Upscaling" in p.text for p in seen[:-1])


def test_a_model_that_is_missing_is_explained(studio: fp.Studio, clip: fp.Clip) -> None:
    task = studio.toolbox.upscale(clip, model="RealESRGAN_x4plus_anime_6B", factor=2)
    with pytest.raises(StudioRefused, match=r"Could not load ESRGAN.*needs internet"):
        task.result(60)
    assert task.progress.stage == "failed"


def test_a_clip_made_of_a_made_one_inherits_its_settings(studio: fp.Studio, clip: fp.Clip) -> None:
    new = studio.toolbox.loop(clip).result(60)
    job = studio.continue_clip(new, join=False)
    assert job.settings.prompt == "a ship"
    job.cancel()


def test_what_an_older_studio_lacks_is_said(studio: fp.Studio, monkeypatch) -> None:
    known = studio._client.endpoints()
    older = {name: each for name, each in known.items() if "join" not in name}
    monkeypatch.setattr(studio._client, "endpoints", lambda: older)
    with pytest.raises(StudioRefused, match=r"has no 'join'.*it has upscale.*library\.join"):
        studio.toolbox.join("a", "b")
    monkeypatch.setattr(studio._client, "endpoints", dict)
    assert repr(studio.toolbox) == "<Toolbox: nothing here>"
    with pytest.raises(StudioRefused, match="no post-processing at all"):
        studio.toolbox.loop("a")


def test_cancel_takes_nothing_in(demo_server, tmp_path: Path) -> None:
    with fp.connect(demo_server(speed=1).url, library=tmp_path / "library") as studio:
        video = studio.library.take_in(_video(tmp_path), Settings(), studio="", origin="adopted")
        task = studio.toolbox.upscale(video)
        until(lambda: (task.progress.fraction or 0) > 0.05, "progress")
        task.cancel()
        with pytest.raises(JobCancelled, match="it finishes"):
            task.result(10)
        assert studio.library.count() == 1


def _video(folder: Path) -> Path:
    import av

    path = folder / "long.mp4"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for number in range(120):
            pixels = np.full((64, 64, 3), number, np.uint8)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        out.mux(stream.encode(None))
    return path
