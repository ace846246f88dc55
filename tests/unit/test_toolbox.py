"""A Studio's post-processing: the fields of real pages, and what is made of answers they gave."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from library_tools import make_video

from framepack_widgets.clip import Clip
from framepack_widgets.errors import SettingsError, StudioRefused
from framepack_widgets.library import Library
from framepack_widgets.studio import wire
from framepack_widgets.studio.protocol import CallRefused
from framepack_widgets.studio.toolbox import complaint, complaints, kept_file, operations
from framepack_widgets.toolbox import Toolbox

RECORDED = Path(__file__).parents[1] / "contract"
VERSIONS = ("0.5.1", "0.6-html")
# Field, kind, lowest, highest, step, default: as the real pages of 0.5.1 and 0.6-dev show them.
FIELDS: dict[str, list[tuple[Any, ...]]] = {
    "upscale": [
        ("model", "choice", None, None, None, "RealESRGAN_x2plus"),
        ("factor", "number", 1, 2, 0.05, 2),
        ("tile_size", "choice", None, None, None, 0),
        ("enhance_faces", "flag", None, None, None, False),
        ("model_denoise", "number", 0, 1, 0.01, 0.5),
        ("streaming", "flag", None, None, None, False),
    ],
    "frames": [
        ("interpolation", "choice", None, None, None, "No Interpolation"),
        ("speed", "number", 0.25, 4, 0.05, 1),
        ("streaming", "flag", None, None, None, False),
    ],
    "filters": [
        ("brightness", "integer", -100, 100, 1, 0),
        ("contrast", "number", 0, 3, 0.05, 1),
        ("saturation", "number", 0, 3, 0.05, 1),
        ("temperature", "integer", -100, 100, 1, 0),
        ("sharpen", "number", 0, 5, 0.1, 0),
        ("blur", "number", 0, 5, 0.1, 0),
        ("denoise", "number", 0, 10, 0.1, 0),
        ("vignette", "integer", 0, 100, 1, 0),
        ("s_curve_contrast", "integer", 0, 100, 1, 0),
        ("film_grain", "integer", 0, 50, 1, 0),
    ],
    "loop": [
        ("kind", "choice", None, None, None, "loop"),
        ("repeats", "integer", 1, 10, 1, 1),
    ],
    "join": [],
    "export": [
        ("format", "choice", None, None, None, "MP4"),
        ("quality", "integer", 0, 100, 1, 85),
        ("max_width", "integer", 256, 2048, 64, 1024),
    ],
}
GIF_MESSAGES = """\
ℹ️ 🚀 Starting export to GIF...
✅   -> Step 'export' completed. Output: a_256w.gif
⚠️ ⚠️ Note: The video player shows a re-encoded MP4 for preview.
✅ --- Successfully processed. Final output saved to: /outputs/saved_videos/a_256w.gif ---
✅ Pipeline processing finished."""


def endpoints(version: str) -> dict[str, wire.Endpoint]:
    """The post-processing of a real page: nothing is recorded but components and their order."""
    path = RECORDED / f"recorded-toolbox-{version}.json"
    told = json.loads(path.read_text(encoding="utf-8"))
    components = {component["id"]: component for component in told["components"]}
    return {
        one["name"]: wire.Endpoint(
            one["name"],
            number,
            *(tuple(components[i] for i in one[s]) for s in ("inputs", "outputs")),
        )
        for number, one in enumerate(told["endpoints"])
    }


class Client:
    """Answers a call with a file and the messages of its page."""

    url, version = "http://studio", "0.5.1"

    def __init__(self, result: Callable[[Path], None], messages: str = "") -> None:
        self._endpoints = endpoints("0.5.1")
        self.result, self.messages = result, messages
        self.sent: dict[str, Any] = {}
        self.fails: Exception | None = None

    def endpoints(self) -> dict[str, wire.Endpoint]:
        return self._endpoints

    def endpoint(self, name: str) -> wire.Endpoint | None:
        return self._endpoints.get(name)

    async def upload(self, file: Path) -> Any:
        return {"path": str(file)}

    def as_video(self, uploaded: Any) -> Any:
        return {"video": uploaded, "subtitles": None}

    async def call(self, name: str, data: list[Any]) -> list[Any]:
        scale = 4.0 if "x4" in data[0] else 2.0
        slider = {"minimum": 1.0, "maximum": scale, "value": scale, "__type__": "update"}
        return ["about", slider, {"visible": False, "__type__": "update"}]

    async def work(self, endpoint: wire.Endpoint, data: list[Any], told: Any) -> list[Any]:
        if self.fails is not None:
            raise self.fails
        labels = [(c["props"].get("label") or c["type"]) for c in endpoint.inputs]
        self.sent = dict(zip(labels, data))
        return [{"video": {"path": "/studio/result.mp4"}, "subtitles": None}, self.messages]

    async def download(self, path: str, target: Path) -> None:
        self.result(target)


@pytest.fixture
def clip(tmp_path: Path) -> Clip:
    source = make_video(tmp_path / "source.mp4")
    return Library(tmp_path / "library").take_in(source, None, studio="", origin="adopted")


def toolbox(client: Client, tmp_path: Path) -> tuple[Toolbox, Library]:
    library = Library(tmp_path / "library")
    given: Any = client
    return Toolbox(given, library, "key"), library


def other(target: Path) -> None:
    make_video(target, frames=6)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_field_of_the_real_pages_has_its_name(version: str) -> None:
    found = operations(endpoints(version))
    assert list(found) == [*FIELDS, "pipeline"]
    for name, wanted in FIELDS.items():
        shown = [
            (f.name, f.kind, f.minimum, f.maximum, f.step, f.default) for f in found[name].fields
        ]
        assert shown == wanted, name
    assert found["loop"].schema["kind"].values == ("loop", "ping-pong")
    assert found["export"].schema["format"].values == ("MP4", "WebM", "GIF")
    offered = found["frames"].schema["interpolation"].values
    assert offered == ("No Interpolation", "2x Frames", "4x Frames")


@pytest.mark.parametrize("version", VERSIONS)
def test_renamed_endpoints_are_known_by_their_labels(version: str) -> None:
    renamed = {f"lambda_{e.fn_index}": e for e in endpoints(version).values()}
    assert list(operations(renamed)) == [*FIELDS, "pipeline"]


def test_a_pipeline_takes_the_range_of_the_chosen_model(clip: Clip, tmp_path: Path) -> None:
    client = Client(other)
    tools, _ = toolbox(client, tmp_path)
    step = {"model": "RealESRGAN_x4plus", "factor": 3.0}
    made = tools.pipeline(clip, upscale=step, loop={"repeats": 2}).result(20)
    assert client.sent["Target Upscale Factor (Native 2.0x)"] == 3.0
    assert (client.sent["Pipeline Steps:"], client.sent["number"]) == (["upscale", "loop"], 0)
    assert made.options["upscale"]["tile_size"] == 0, "defaults are told, too"
    tools.pipeline(clip, upscale={"model": "RealESRGAN_x4plus"}).result(20)
    assert client.sent["Target Upscale Factor (Native 2.0x)"] == 4.0, "the model's own default"
    with pytest.raises(SettingsError, match=r"factor: 3.0 is more than 2"):
        tools.pipeline(clip, upscale={"factor": 3.0}).result(20)


def test_a_speed_that_the_studio_would_ignore_is_refused(clip: Clip, tmp_path: Path) -> None:
    tools, _ = toolbox(Client(other), tmp_path)
    with pytest.raises(SettingsError, match=r"speed: 2.0 has no effect with streaming=True"):
        tools.run("frames", clip, speed=2.0, streaming=True)
    with pytest.raises(SettingsError, match="no effect"):
        tools.pipeline(clip, frames={"speed": 2.0, "streaming": True})
    tools.run("frames", clip, speed=1.0, streaming=True).result(20)


def test_the_clip_handed_back_unchanged_is_no_result(clip: Clip, tmp_path: Path) -> None:
    told = "ℹ️ Applying filters\n❌ FFmpeg is required for applying video filters."
    client = Client(lambda target: shutil.copyfile(clip.path, target) and None, told)
    tools, library = toolbox(client, tmp_path)
    with pytest.raises(StudioRefused, match=r"no video of it: FFmpeg is required .* filters\. Its"):
        tools.filters(clip, brightness=20).result(20)
    assert library.count() == 1
    assert not list(library.incoming_folder.glob("toolbox-*"))


def test_what_the_studio_said_beside_its_result_is_kept(clip: Clip, tmp_path: Path) -> None:
    tools, library = toolbox(Client(other, GIF_MESSAGES), tmp_path)
    made = tools.export(clip, format="GIF").result(20)
    notes = library.get(str(made.job_id)).notes
    assert notes == (
        "The Studio said: Note: The video player shows a re-encoded MP4 for preview.",
        "On the server it is /outputs/saved_videos/a_256w.gif.",
    )


def test_an_error_raised_inside_names_the_operation(clip: Clip, tmp_path: Path) -> None:
    client = Client(other)
    client.fails = CallRefused("The Studio at http://studio refused the call: Error")
    tools, _ = toolbox(client, tmp_path)
    with pytest.raises(StudioRefused, match=r"broke off \(join\).*Error.*ffprobe"):
        tools.join(clip, clip).result(20)


def test_messages() -> None:
    assert complaint("✅ fine\n❌ first\n⚠️ second") == "first"
    assert complaint("ℹ️ ℹ️ No filters selected") == "No filters selected"
    assert complaint("❌ it broke\n❌ Traceback (most recent call last)") == "it broke"
    assert (complaint(None), complaints(None), kept_file(None)) == ("", [], None)
    assert complaints("⚠️ slow\n❌ bad\n❌ bad\n✅ done") == ["bad", "slow"]
    assert (
        kept_file("✅ ✅ Successfully exported to WEBM! Output: C:\\out\\a.webm")
        == "C:\\out\\a.webm"
    )
    assert kept_file("✅ Output: a.mp4") is None
