"""A Studio full of other people's clips: each is adopted once, with its own settings."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from scene import SMALL, Frames, client, code_of, ready, until

import framepack_widgets as fp
from framepack_widgets.demo import pixel_code
from framepack_widgets.demo.options import DemoOptions
from framepack_widgets.demo.process import DemoProcess, start
from framepack_widgets.library import Library

ADOPT = """
from framepack_widgets.adoption.studio import StudioSource
fetch = StudioSource.fetch

async def slowly(self, name, target):
    file = await fetch(self, name, target)
    if len(studio.library.jobs()) == 5:
        print("ready", flush=True)
        time.sleep(600)
    return file

StudioSource.fetch = slowly
studio.adopt()
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """Twelve strangers' renders, one of them cut off by the server's end, and the server."""
    folder = tmp_path_factory.mktemp("adopting")
    frames = Frames(folder)
    work = folder / "server"
    cut_off(work, folder)
    demo = start(DemoOptions(speed=400, partial_every=4, workdir=work))
    with demo:
        with fp.connect(demo.url, library=folder / "theirs") as studio:
            render_all(studio, frames)
        sorted((work / "outputs").glob("*.json"))[2].unlink()
        yield demo


def render_all(studio: fp.Studio, frames: Frames) -> None:
    """Eleven renders: pairs with equal settings, every fourth partial, the last from a video."""
    jobs = [
        studio.submit(
            start_frame=frames.new() if n % 3 else None,
            prompt=f"idea {n // 2}",
            model="Original" if n < 8 else "F1",
            seed=n // 2,
            **SMALL,
        )
        for n in range(10)
    ]
    studio.run_until_idle(60)
    source = next(job.clip for job in jobs if job.clip is not None)
    studio.submit(model="Video", video=str(source.path), prompt="on", **SMALL).result(60)


def cut_off(work: Path, folder: Path) -> None:
    """A render of two sections during which the server is killed."""
    with start(DemoOptions(speed=4, workdir=work)) as demo:
        other = client(
            demo.url, folder / "cut", f"studio.submit(prompt='cut', seed=9, **{SMALL!r})"
        )
        ready(other)
        before = {path.name for path in (work / "outputs").glob("*.mp4")}
        until(
            lambda: {path.name for path in (work / "outputs").glob("*.mp4")} - before,
            "a first section",
        )
        demo.kill()
        other.kill()
        other.wait()


def facts_of(demo: DemoProcess, record: fp.job.JobRecord) -> dict | None:
    path = demo.workdir / "outputs" / f"{record.options['timestamp']}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def check(demo: DemoProcess, library: Library) -> None:
    """Every clip is whose settings stand beside it, by the code in its pixels; none is missing."""
    records = library.jobs()
    on_disk = {re.sub(r"_[^_]*$", "", p.stem) for p in demo.workdir.glob("outputs/*.mp4")}
    assert {record.options["timestamp"] for record in records} == on_disk
    assert len(records) == len(on_disk) == 12
    assert len(list(library.clips_folder.glob("*.mp4"))) == 12
    assert not any(library.incoming_folder.iterdir())
    for record in records:
        clip, facts = library.clip(record), facts_of(demo, record)
        if record.options["file"].endswith("_combined.mp4"):
            assert code_of_end(clip) == pixel_code.settings_code(facts)
        elif facts is not None:
            assert code_of(clip).settings == pixel_code.settings_code(facts), record
        assert (clip.settings.prompt, clip.settings.seed) == told(demo, record, facts)
        longest = max(
            (int(n) for p in demo.workdir.glob(f"outputs/{record.options['timestamp']}_*.mp4")
             if (n := p.stem.rpartition("_")[2]).isdigit()),
        )  # fmt: skip
        if not record.options["file"].endswith("_combined.mp4"):
            assert clip.frame_count == 4 * longest - 3
            assert clip.partial is (longest < 18), record
    assert sum(record.partial for record in records) == 3, "two by a fault, one by the kill"


def code_of_end(clip: fp.Clip) -> bytes:
    return pixel_code.read(clip.frame(-1)).settings


def told(demo: DemoProcess, record: fp.job.JobRecord, facts: dict | None) -> tuple[str, int]:
    if facts is not None:
        return facts["prompt"], facts["seed"]
    from PIL import Image

    with Image.open(demo.workdir / "outputs" / f"{record.options['timestamp']}.png") as image:
        return image.text["prompt"], int(image.text["seed"])


def test_all_of_them_once(served, tmp_path):
    with fp.connect(served.url, library=tmp_path / "l") as studio:
        assert len(studio.gallery()) == len(studio.gallery().strangers) == 12
        jobs_before = served.jobs_log()
        result = studio.adopt()
        assert not result.problems, result
        assert len(result) == 12
        check(served, studio.library)
        again = studio.adopt()
        assert (list(again), again.problems) == ([], ())
        assert all(item.is_ours for item in studio.gallery())
        assert served.jobs_log() == jobs_before, "something was rendered"


def test_killed_in_the_middle(served, tmp_path):
    other = client(served.url, tmp_path / "l", ADOPT)
    ready(other)
    other.kill()
    other.wait()
    with fp.connect(served.url, library=tmp_path / "l") as studio:
        assert studio.library.count() == 5
        assert sum(item.is_ours for item in studio.gallery()) == 5
        assert len(studio.adopt()) == 7
        check(served, studio.library)


def test_the_folder_gives_the_same(served, tmp_path):
    library = Library(tmp_path / "l")
    result = fp.adopt_folder(served.workdir / "outputs", library)
    assert [problem for problem in result.problems if "perhaps" not in problem.reason] == []
    assert len(result) + len(result.problems) >= 12


def test_what_is_ours_is_not_adopted(served, tmp_path):
    with fp.connect(served.url, library=tmp_path / "l") as studio:
        ours = studio.submit(prompt="mine", seed=1, **SMALL).result(60)
        assert studio.gallery()[0].job == ours.job_id
        result = studio.adopt([studio.gallery()[0].timestamp])
        assert (list(result), result.known) == ([], (ours.job_id,))


def test_a_stranger_is_watched_and_adopted_when_it_is_over(tmp_path):
    """Without metadata nothing but watching knows of the render."""
    from framepack_widgets.adoption import Onlooker

    demo = start(DemoOptions(speed=20, metadata=False))
    with (
        demo,
        fp.connect(demo.url, library=tmp_path / "a") as mine,
        fp.connect(demo.url, library=tmp_path / "b") as theirs,
    ):
        onlooker = Onlooker(mine)
        assert onlooker.look() is None
        job = theirs.submit(
            prompt="theirs", seed=2, latent_window_size=7, **{**SMALL, "seconds": 5}
        )
        seen = []

        def looked() -> bool:
            stranger = onlooker.look()
            if stranger is not None:
                seen.append(stranger)
            return stranger is not None and stranger.is_over

        until(looked, "the stranger's end")
        assert any(0 < stranger.progress.fraction < 1 for stranger in seen)
        assert mine.gallery().note
        [clip] = mine.adopt([seen[-1].item])
        assert clip.settings is None
        assert code_of(clip) == code_of(job.result(30))
