"""The built-in Studio's language models: endpoints as recorded, and the client finds its way."""

from __future__ import annotations

from typing import Any

import pytest
from recordings import RECORDED, as_recorded, fields_of, recorded

from framepack_widgets.demo.dialects import DIALECTS
from framepack_widgets.demo.writer_part import Writer
from framepack_widgets.studio import wire
from framepack_widgets.studio.writer_calls import DESCRIBE, ENHANCE, find

OWN = (
    *("/handle_enhance_prompt", "/handle_caption"),
    *("/enhance_prompt_wrapper", "/caption_image_wrapper"),
)


@pytest.mark.parametrize("name", RECORDED)
@pytest.mark.parametrize("side", ["inputs", "outputs"])
def test_endpoints_are_as_recorded(config_of: Any, name: str, side: str) -> None:
    facts = recorded(RECORDED[name])
    there = {d["api_name"]: d for d in config_of(name)["dependencies"] if d["api_name"]}
    for api_name in OWN:
        assert (api_name in facts) is (api_name.strip("/") in there), api_name
        if api_name in facts:
            wanted = facts[api_name][side]
            components = fields_of(config_of(name), api_name, side)
            found = [as_recorded(c, f) for c, f in zip(components, wanted, strict=True)]
            assert found == wanted, api_name
            streams = bool(there[api_name.strip("/")]["types"]["generator"])
            assert streams is facts[api_name]["streams"]


@pytest.mark.parametrize("name", DIALECTS)
def test_the_client_finds_them_wherever_they_stand(config_of: Any, name: str) -> None:
    endpoints = wire.endpoints(config_of(name))
    for what, mark in ((ENHANCE, "enhanc"), (DESCRIBE, "caption")):
        call = find(endpoints, what)
        assert (call is not None) is (name != "0.4")
        if call is None:
            continue
        assert (call.stop is not None) is (name != "0.5.1")
        assert mark in call.endpoint.name
        assert call.stop is None or mark in call.stop.name
        told = [
            {"__type__": "update", "value": "text"} if c["type"] == "textbox" else {}
            for c in call.endpoint.outputs
        ]
        assert call.answer(told) == "text"
        sent = call.arguments("a cat", "a picture")
        kinds = [component["type"] for component in call.endpoint.inputs]
        assert sent == [{"textbox": "a cat", "image": "a picture"}[kind] for kind in kinds]


def test_times_stay_and_the_same_words_give_the_same_text() -> None:
    writer = Writer(0.0)
    timed = "before [0s: a cat] [2s-3.5s : it yawns] [4s: ]"
    text = writer.handle_enhance_prompt(timed)["prompt"]["value"]
    assert text == writer.handle_enhance_prompt(timed)["prompt"]["value"]
    assert text.startswith("before [0s: a cat, ")
    assert "[2s-3.5s : it yawns, " in text
    assert text.endswith("[4s: ]")
    assert writer.handle_enhance_prompt("")["prompt"] == ""
    assert writer.handle_caption(None, "mine")["prompt"] == "mine"


def test_a_stopped_one_gives_no_text() -> None:
    writer = Writer(1.0)
    answers = writer.enhance_prompt_wrapper("a cat")
    assert "value" not in next(answers)["prompt"]
    writer._stops["enhance"].clear = writer._stops["enhance"].set  # type: ignore[method-assign]
    assert "value" not in next(answers)["prompt"]
