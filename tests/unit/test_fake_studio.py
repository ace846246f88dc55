"""The fake Studio itself, and the whole session on top of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from configs import studio_config

from framepack_widgets.errors import StudioRefused, StudioUnreachable
from framepack_widgets.length import final_names, plan
from framepack_widgets.registry import desk_for, library_at
from framepack_widgets.schema import Schema
from framepack_widgets.session import Studio
from framepack_widgets.settings import Settings
from framepack_widgets.studio.connect import Credentials
from framepack_widgets.studio.protocol import StudioAdapter
from framepack_widgets.testing import FakeStudio, number_of, page
from framepack_widgets.testing.renders import tiny_clip
from framepack_widgets.video_file import VideoFile


@pytest.fixture
def fake() -> FakeStudio:
    return FakeStudio(decodable=False)


def test_it_is_an_adapter_for_the_type_checker_too(fake: FakeStudio) -> None:
    adapter: StudioAdapter = fake
    assert adapter.app_id == "app-1"


@pytest.mark.parametrize("loras", [(), ("one", "style/two")])
def test_its_page_is_that_of_a_studio(loras: tuple[str, ...]) -> None:
    """As recorded, but for help texts and what was left out of the recording."""
    recorded = Schema.from_config(studio_config())
    own = page.schema(loras)
    assert own.names == recorded.names
    for name in own.names:
        ours, theirs = own[name], recorded[name]
        assert (ours.label, ours.kind, ours.minimum, ours.maximum, ours.step) == (
            theirs.label, theirs.kind, theirs.minimum, theirs.maximum, theirs.step,
        )  # fmt: skip
        if name not in ("prompt", "loras"):
            assert (ours.default, ours.values) == (theirs.default, theirs.values)
    assert own.loras == loras
    assert [field.lora for field in own.lora_fields] == list(loras)


@pytest.mark.parametrize("model", ["Original", "F1", "Video"])
@pytest.mark.parametrize("start_frame", [None, "cat.png"])
@pytest.mark.parametrize("seconds", [0.6, 1.0, 3.0, 6.0])
def test_files_are_named_and_long_as_a_studio_s(
    fake: FakeStudio, model: str, start_frame: str | None, seconds: float
) -> None:
    values = {"model": model, "start_frame": start_frame, "seconds": seconds}
    fake.add_stranger(**values)
    render = fake.start_next()
    assert render is not None
    fake.finish()
    settings = fake.schema.resolve(Settings(**values))
    wanted = final_names(render.timestamp or "", plan(settings, start_size=None))
    assert (render.video or "").endswith(wanted[0])


def test_clips_are_real_and_tell_whose_they_are(tmp_path: Path) -> None:
    for number in (1, 7):
        path = tmp_path / f"{number}.mp4"
        path.write_bytes(tiny_clip(number, 33))
        video = VideoFile(path)
        assert video.frame_count == 33
        assert {number_of(picture) for picture in video.decode(range(33))} == {number}


def test_only_renders_with_a_video_are_in_the_gallery(fake: FakeStudio) -> None:
    for _ in range(2):
        fake.add_stranger()
    first = fake.start_next()
    assert asyncio.run(fake.recent_timestamps()) == []
    assert asyncio.run(fake.sidecar(first.timestamp)) is not None  # written when it starts
    fake.finish()
    second = fake.start_next()
    fake.render_section()
    assert asyncio.run(fake.recent_timestamps()) == [second.timestamp, first.timestamp]


def test_a_restart_forgets_and_a_resume_brings_back(fake: FakeStudio) -> None:
    done, cut, waits = (fake.add_stranger(seconds=2.4) for _ in range(3))
    fake.start_next()
    fake.finish()
    fake.start_next()
    fake.render_section()
    stamps = cut.timestamp
    fake.restart()
    assert (fake.renders, fake.running, fake.app_id) == ([], None, "app-2")
    assert done.shown in fake.files
    assert fake.resume_queue() == [cut, waits]
    assert fake.resume_queue() == []
    assert fake.start_next() is cut
    assert cut.timestamp != stamps
    fake.restart(keep_queue=False)
    assert fake.resume_queue() == []


def test_a_server_that_is_down_answers_nothing(fake: FakeStudio) -> None:
    fake.go_down()
    with pytest.raises(StudioUnreachable):
        asyncio.run(fake.current())
    fake.come_up()
    assert asyncio.run(fake.current()) is None


def test_a_call_of_the_wrong_length_is_refused(fake: FakeStudio) -> None:
    async def joined() -> None: ...

    with pytest.raises(StudioRefused, match="3 values"):
        asyncio.run(fake.submit([1, 2, 3], "hash", joined))


def test_a_cancel_is_seen_after_the_section(fake: FakeStudio) -> None:
    render = fake.add_stranger(start=True, seconds=6.0)
    fake.tick()
    fake.end_running()
    for _ in range(6):
        fake.tick()
    assert (render.status, render.made, fake.running) == ("completed", 1, None)
    assert fake.ended == [render.id]


# ---------------------------------------------------------------------- the session on top of it


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    fake = FakeStudio(autoplay=True)
    desk = desk_for(library_at(tmp_path / "library"), fake)  # type: ignore[arg-type]
    studio = Studio(fake, desk, Credentials())  # type: ignore[arg-type]
    yield studio
    studio.close()


def test_a_session_plays_through(studio: Studio) -> None:
    jobs = [
        studio.submit(prompt="ours", seed=seed, seconds=1.0, steps=2, model="F1")
        for seed in range(2)
    ]
    clips = [job.result(timeout=60) for job in jobs]
    assert [clip.settings.seed for clip in clips] == [0, 1]
    assert [number_of(clip.frame(0)) for clip in clips] == [1, 2]
    assert {clip.verified for clip in clips} == {"stamp"}
    assert studio.trouble is None
    assert [job.id for job in studio.jobs()] == [job.id for job in reversed(jobs)]
    assert all(mine is theirs for mine, theirs in zip(reversed(jobs), studio.jobs(), strict=True))
