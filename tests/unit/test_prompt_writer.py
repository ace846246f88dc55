"""A Studio's language models: which endpoints they are, and what their answers are worth."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import PIL.Image
import pytest
from configs import studio_config
from library_tools import until

from framepack_widgets import _loop
from framepack_widgets.errors import SettingsError, StudioRefused
from framepack_widgets.images import ImageData
from framepack_widgets.prompt_writer import PromptWriter
from framepack_widgets.schema import Schema
from framepack_widgets.studio import wire
from framepack_widgets.studio.protocol import CallRefused
from framepack_widgets.studio.writer_calls import DESCRIBE, ENHANCE, find

OLD = "recorded-0.5.1.json"
NEW = "recorded-0.6-html.json"
NONE = "recorded-0.4.json"
TIMED = "[0s: a cat] [2s-3.5s: it yawns] by a lake"


def stop_of(name: str) -> dict[str, wire.Endpoint]:
    return {name: wire.Endpoint(name, 900, (), ())}


class Client:
    """A Studio that answers a text, in the shape of its version."""

    url = "http://studio"

    def __init__(self, name: str = OLD, answer: Any = "better", *, stops: bool = False) -> None:
        config = studio_config(name)
        self._endpoints = dict(wire.endpoints(config))
        if stops:
            self._endpoints |= stop_of("stop_enhancing") | stop_of("stop_captioning")
        self.schema = Schema.from_config(config)
        self.version: str | None = "0.4" if name == NONE else "0.6"
        self.given = answer
        self.sent: list[list[Any]] = []
        self.uploaded: list[Any] = []
        self.called: list[str] = []
        self.begun = threading.Event()
        self.hangs = ""
        self.ended = 0
        self.renders = False
        self.breaks = 0  # so many calls, as where a render that starts unloads the model

    def endpoints(self) -> dict[str, wire.Endpoint]:
        return self._endpoints

    async def upload(self, value: Any) -> Any:
        self.uploaded.append(value)
        return {"path": "/tmp/uploaded"}

    async def call(self, name: str, data: list[Any]) -> list[Any]:
        self.called.append(name)
        return []

    async def current(self) -> object | None:
        return object() if self.renders else None

    async def work(self, endpoint: wire.Endpoint, data: list[Any], told: Any) -> list[Any]:
        self.sent.append(data)
        told({"msg": "estimation"})
        if self.hangs != "in line":
            told({"msg": "process_starts"})
        self.begun.set()
        if self.hangs:
            try:
                await asyncio.sleep(60)
            finally:
                self.ended += 1
        if isinstance(self.given, Exception):
            raise self.given
        if len(self.sent) <= self.breaks:
            raise CallRefused("The Studio at http://studio refused the call: Error")
        update = {"__type__": "update"}
        return [
            self.given if component["type"] == "textbox" else update
            for component in endpoint.outputs
        ]


def writer(client: Client) -> PromptWriter:
    library = SimpleNamespace(recall=lambda settings: settings)
    return PromptWriter(client, library)  # type: ignore[arg-type]


def updated(value: Any) -> dict[str, Any]:
    return {"__type__": "update", "value": value}


@pytest.mark.parametrize("name", [OLD, NEW, "recorded-0.6-table.json"])
@pytest.mark.parametrize("shape", [str, updated])
def test_the_text_is_found_in_every_version_s_answer(name: str, shape: Any) -> None:
    client = Client(name, shape(" a cat, softly lit\n"))
    asked = writer(client)
    assert asked.offers_enhancing
    assert asked.offers_describing
    assert asked.enhance("a cat") == "a cat, softly lit"
    assert asked.describe(PIL.Image.new("RGB", (8, 6))) == "a cat, softly lit"
    assert client.sent == [["a cat"], [{"path": "/tmp/uploaded"}, ""]]


def test_nothing_goes_by_position() -> None:
    client = Client(NEW, "better")
    for name in ("enhance_prompt_wrapper", "caption_image_wrapper"):
        there = client._endpoints[name]
        more = ({"type": "textbox", "props": {"label": "Style", "value": "film"}},)
        client._endpoints[name] = wire.Endpoint(
            name, 1, (*more, *reversed(there.inputs)), (*more, *reversed(there.outputs))
        )
    asked = writer(client)
    assert asked.enhance("a cat") == "better"
    assert asked.describe(PIL.Image.new("RGB", (8, 6))) == "better"
    assert client.sent == [["film", "a cat"], ["film", "", {"path": "/tmp/uploaded"}]]


def test_a_studio_without_says_so() -> None:
    asked = writer(Client(NONE))
    assert not asked.offers_enhancing
    assert not asked.offers_describing
    with pytest.raises(
        StudioRefused, match=r"This Studio \(0.4\) has no prompt enhancement; .*0.5"
    ):
        asked.enhance("a cat")
    with pytest.raises(StudioRefused, match=r"This Studio \(0.4\) has no description of images"):
        asked.describe("cat.png")


def test_an_endpoint_of_that_name_with_other_components_is_another_one() -> None:
    text = ({"type": "textbox", "props": {"label": "Console"}},)
    named = {"handle_enhance_prompt": wire.Endpoint("handle_enhance_prompt", 1, text, text)}
    assert find(named, ENHANCE) is None
    assert find(named | {"handle_caption": named["handle_enhance_prompt"]}, DESCRIBE) is None


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("", "gave no text back"),
        (None, "gave no text back"),
        ({"__type__": "update"}, "gave no text back"),
        ("a cat ", "gave the prompt back unchanged"),
        ("Error: no such model", "gave an error instead of a text: Error: no such model"),
        ("An error occurred while loading", "gave an error instead"),
        ("RuntimeError: x", "gave an error instead"),
        ("CUDA out of memory. Tried to", "gave an error instead"),
        ("Traceback (most recent call last):", "gave an error instead"),
        (
            "[0s: a cat looks up]",
            r"timed parts of the prompt \(none\), it has \[0s: \.\.\.\].*looks",
        ),
    ],
)
def test_what_is_no_new_prompt_is_told(answer: Any, told: str) -> None:
    with pytest.raises(StudioRefused, match=told):
        writer(Client(OLD, answer)).enhance("a cat")


@pytest.mark.parametrize("answer", ["Errors of a clumsy cat", "A trial and error montage: a cat"])
def test_a_prompt_about_errors_is_none(answer: str) -> None:
    assert writer(Client(OLD, answer)).enhance("a cat") == answer


def test_the_times_stay() -> None:
    better = "[0s: a grey cat] [2s-3.5s: it yawns, softly lit] by a lake"
    assert writer(Client(OLD, better)).enhance(TIMED) == better
    broken = "[0s: a grey\n\ncat] [2s-3.5s: it\nyawns] by a lake"
    assert (
        writer(Client(OLD, broken)).enhance(TIMED)
        == "[0s: a grey cat] [2s-3.5s: it yawns] by a lake"
    )


@pytest.mark.parametrize(
    "answer",
    [
        "a grey cat yawns",
        "[0s: a grey cat] [2s: it yawns] by a lake",
        "[0s: a grey cat] [3s-3.5s: it yawns] by a lake",
        "[0s: a grey cat [sic] and] [2s-3.5s: it yawns] by a lake",
        "[0s: ] [2s-3.5s: it yawns] by a lake",
        "[0s: a grey cat] [2s-3.5s: it yawns]",
    ],
)
def test_other_times_are_refused_with_the_text(answer: str) -> None:
    with pytest.raises(StudioRefused, match="does not keep the timed parts") as caught:
        writer(Client(OLD, answer)).enhance(TIMED)
    assert answer in str(caught.value)
    assert "[0s: ...] [2s-3.5s: ...] text outside of them" in str(caught.value)


def test_an_empty_prompt_is_not_sent() -> None:
    client = Client()
    with pytest.raises(SettingsError, match="The prompt is empty"):
        writer(client).enhance(" \n")
    assert not client.sent


def test_a_failure_names_the_usual_causes() -> None:
    refused = CallRefused("The Studio at http://studio refused the call: no reason given")
    with pytest.raises(StudioRefused, match=r"model failed\. The Studio at .* downloads itself"):
        writer(Client(OLD, refused)).enhance("a cat")


def test_a_render_that_starts_takes_the_model_away_and_it_is_asked_again() -> None:
    client = Client(NEW)
    client.breaks = 1
    with pytest.raises(StudioRefused, match="model failed"):
        writer(client).enhance("a cat")
    assert len(client.sent) == 1, "nothing is rendered: it would fail again"
    client.renders, client.breaks = True, 2
    assert writer(client).enhance("a cat") == "better"
    assert len(client.sent) == 3
    client.breaks = 9
    with pytest.raises(StudioRefused, match="model failed"):
        writer(client).enhance("a cat")
    assert len(client.sent) == 5, "once more, not for ever"


def test_pictures_are_taken_as_start_frames_are(tmp_path: Path) -> None:
    client = Client()
    lying = PIL.Image.new("RGB", (8, 6))
    exif = lying.getexif()
    exif[0x0112] = 6
    lying.save(tmp_path / "lying.jpg", exif=exif)
    asked = writer(client)
    asked.describe(tmp_path / "lying.jpg")
    asked.describe(np.zeros((6, 8, 3), np.uint8))
    with PIL.Image.open(tmp_path / "lying.jpg") as opened:
        asked.describe(opened)
    path, array, turned = client.uploaded
    assert path == str(tmp_path / "lying.jpg")  # the server turns it, as a start frame
    assert array == ImageData.of(np.zeros((6, 8, 3), np.uint8))
    assert turned.size == (6, 8)
    (tmp_path / "text.png").write_text("no picture")
    for wrong, told in (
        (tmp_path / "gone.png", "there is no file"),
        (tmp_path / "text.png", "not an image"),
        (np.zeros((6, 8), np.uint8), r"numpy array \(6, 8\) uint8 is no picture"),
        (None, "NoneType is no picture"),
    ):
        with pytest.raises(SettingsError, match=told):
            asked.describe(wrong)
    assert len(client.uploaded) == 3


@pytest.mark.parametrize(
    ("hangs", "stops", "called"),
    [
        ("there", True, ["stop_enhancing"]),
        ("there", False, []),
        ("in line", True, []),  # what runs there is somebody else's
    ],
)
def test_stopping_stops_what_is_ours(hangs: str, stops: bool, called: list[str]) -> None:
    client = Client(NEW, stops=stops)
    client.hangs = hangs
    with pytest.raises(TimeoutError):
        writer(client).enhance("a cat", timeout=0.05)
    until(lambda: client.ended == 1)
    client.begun.clear()
    future = writer(client).begin_enhancing("a cat")
    assert client.begun.wait(10)
    future.cancel()
    until(lambda: client.ended == 2)
    _loop.run(asyncio.sleep(0.02))  # what follows on it has been done
    assert client.called == called * 2


def test_it_works_from_any_thread() -> None:
    found: list[str] = []
    asked = writer(Client())
    threads = [
        threading.Thread(target=lambda: found.append(asked.enhance("a cat"))) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert found == ["better"] * 3
