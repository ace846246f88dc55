"""The built-in Studio's language models: fixed words after a while, where a real one thinks.

Endpoints, their order of values and what they do with timed parts are those of the versions.
"""

from __future__ import annotations

import re
import threading
import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import gradio as gr

from .binding import in_order
from .dialects import DIALECTS

if TYPE_CHECKING:
    from .features import Context

_LOADING_S = 3.0  # at speed 1, before the first text of each model
_TEXT_S = 1.0
_TIMED = re.compile(r"(\[\d+(?:\.\d+)?s(?:-\d+(?:\.\d+)?s)?\s*:\s*)(.*?)(?=\])")
_ADDED = (
    "in soft morning light, the camera drifting slowly closer",
    "with calm and natural movements, medium shot",
    "in warm colours, the background gently out of focus",
)
_LABELS = {
    "enhance": "✨ Enhance",
    "stop_enhance": "❌ Stop Enhance",
    "caption": "✨ Caption",
    "stop_caption": "❌ Stop Caption",
}
# Endpoint -> (the button that calls it, the parts of the page that go in).
_CALLS: dict[str, tuple[str, tuple[str, ...]]] = {
    "handle_enhance_prompt": ("enhance", ("prompt",)),
    "handle_caption": ("caption", ("start", "prompt")),
    "enhance_prompt_wrapper": ("enhance", ("prompt",)),
    "caption_image_wrapper": ("caption", ("start", "prompt")),
    "stop_enhancing": ("stop_enhance", ()),
    "stop_captioning": ("stop_caption", ()),
}


def add_writer(context: Context) -> None:
    """The buttons below the page, and their endpoints; nothing where the version has none."""
    outputs = DIALECTS[context.options.dialect].writer
    writer = Writer(1 / context.options.speed)
    form = context.page.form
    parts: dict[str, Any] = {"prompt": form["prompt"], "start": form["start"]}
    pressed = {_CALLS[endpoint][0] for endpoint in outputs}
    with gr.Row():
        for name in (name for name in _LABELS if name in pressed):
            stops = {"variant": "stop", "visible": False} if name.startswith("stop") else {}
            parts[name] = gr.Button(_LABELS[name], **stops)
    for endpoint, told in outputs.items():
        button, inputs = _CALLS[endpoint]
        parts[button].click(
            in_order(getattr(writer, endpoint), told),
            [parts[name] for name in inputs],
            [parts[name] for name in told],
            api_name=endpoint,
        )


class Writer:
    """Improves prompts and describes pictures. Method names are the names of endpoints."""

    def __init__(self, pace: float) -> None:
        """pace: factor on the time that everything takes."""
        self._pace = pace
        self._loaded: set[str] = set()
        self._stops = {"enhance": threading.Event(), "caption": threading.Event()}

    def handle_enhance_prompt(self, prompt: str | None) -> dict[str, Any]:
        """As 0.5.1: one answer; an empty prompt stays empty."""
        return {"prompt": gr.update(value=self._enhanced(prompt)) if prompt else ""}

    def handle_caption(self, image: Any, prompt: str | None) -> dict[str, Any]:
        """As 0.5.1: one answer; without a picture it is the prompt."""
        return {"prompt": prompt if image is None else gr.update(value=self._caption(image))}

    def enhance_prompt_wrapper(self, prompt: str | None) -> Iterator[dict[str, Any]]:
        """As 0.6: the buttons first, then the text, or nothing where it was stopped."""
        yield _buttons("enhance", busy=True) | {"prompt": gr.update()}
        text = self._enhanced(prompt or "")
        yield _buttons("enhance", busy=False) | {"prompt": _if_any(text)}

    def caption_image_wrapper(self, image: Any, prompt: str | None) -> Iterator[dict[str, Any]]:
        """As 0.6; without a picture the prompt comes back."""
        if image is None:
            yield dict.fromkeys(_LABELS, gr.update()) | {"prompt": prompt}
            return
        yield _buttons("caption", busy=True) | {"prompt": gr.update()}
        text = self._caption(image)
        yield _buttons("caption", busy=False) | {"prompt": _if_any(text)}

    def stop_enhancing(self) -> dict[str, Any]:
        """Stop what is being improved, whoever asked for it."""
        self._stops["enhance"].set()
        return _buttons("enhance", busy=False)

    def stop_captioning(self) -> dict[str, Any]:
        """Stop what is being described, whoever asked for it."""
        self._stops["caption"].set()
        return _buttons("caption", busy=False)

    def _enhanced(self, prompt: str) -> str:
        self._stops["enhance"].clear()
        if not self._work("enhance", _LOADING_S) or not prompt:
            return ""
        if not _TIMED.search(prompt):
            return self._improved(prompt)
        stopped = False

        def part(match: re.Match[str]) -> str:
            nonlocal stopped
            words = match[2].strip()
            better = self._improved(words) if words and not stopped else ""
            stopped = stopped or bool(words and not better)
            return match[1] + better

        text = _TIMED.sub(part, prompt)
        return "" if stopped else text

    def _improved(self, words: str) -> str:
        more = _ADDED[zlib.crc32(words.encode()) % len(_ADDED)]
        return f"{words.rstrip(' .')}, {more}" if self._work("enhance", _TEXT_S) else ""

    def _caption(self, image: Any) -> str:
        self._stops["caption"].clear()
        if not self._work("caption", _LOADING_S) or not self._work("caption", _TEXT_S):
            return ""
        height, width = image.shape[:2]
        red, green, blue = (round(float(value)) for value in image.mean(axis=(0, 1))[:3])
        shape = "wide" if width > height else "tall" if height > width else "square"
        return (
            f"The image shows a {shape} scene of {width} by {height} pixels; "
            f"its mean colour is red {red}, green {green}, blue {blue}."
        )

    def _work(self, model: str, seconds: float) -> bool:
        """Take that time; a model is loaded once. Whether nobody stopped it."""
        if seconds == _LOADING_S:
            seconds = 0.0 if model in self._loaded else seconds
            self._loaded.add(model)
        return not self._stops[model].wait(seconds * self._pace)


def _buttons(asked: str, *, busy: bool) -> dict[str, Any]:
    """What becomes of the buttons while a text is made, and after it."""
    both = gr.update(interactive=not busy)
    stop = {f"stop_{asked}": gr.update(visible=busy)}
    return {"enhance": both, "caption": both, **stop}


def _if_any(text: str) -> Any:
    return gr.update(value=text) if text else gr.update()
