"""What of a Studio's endpoints writes prompts, and what its answers are worth. Pure.

Read in the sources of 0.5.1 and 0.6-dev; 0.4 has none of it. A Studio answers an empty text where
it was stopped or had nothing to say, and gives the prompt back where it had no picture.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from framepack_widgets import prompt as prompts
from framepack_widgets.errors import StudioRefused
from framepack_widgets.labels import bare
from framepack_widgets.studio.wire import Endpoint

ENHANCE = "prompt enhancement"
DESCRIBE = "description of images"

# (endpoint, the one that stops it or ""), newest first.
_ENDPOINTS = {
    ENHANCE: (("enhance_prompt_wrapper", "stop_enhancing"), ("handle_enhance_prompt", "")),
    DESCRIBE: (("caption_image_wrapper", "stop_captioning"), ("handle_caption", "")),
}
_PROMPT = "Prompt"  # how the text box's label begins that holds the prompt, in and out
# A Studio's own raise instead; forks hand the error over as if it were the text.
_ERROR = re.compile(
    r"\W*(?:(?:an? |\w+ )?\w*(?:error|exception)\b\s*(?::|occurred|while|during|\w+ing\b)"
    r"|traceback \(most recent|cuda out of memory|out of memory"
    r"|(?:failed|unable) to (?:load|download|enhance|caption|generate|describe))",
    re.IGNORECASE,
)
_LINE_BREAKS = re.compile(r"[ \t]*[\r\n]+\s*")


@dataclass(frozen=True)
class WriterCall:
    """One of the two things, as one Studio has it."""

    endpoint: Endpoint
    stop: Endpoint | None
    """What stops it, whoever asked for it; None: nothing does."""

    def arguments(self, prompt: str, picture: Any = None) -> list[Any]:
        """What is sent: the prompt, an uploaded picture, and the page's own values besides."""
        return [
            prompt
            if _is_prompt(component)
            else picture
            if component.get("type") == "image"
            else _default(component)
            for component in self.endpoint.inputs
        ]

    def answer(self, data: list[Any]) -> str:
        """The text in the answer; "" where there is none."""
        text = self.endpoint.pick(data, "textbox", _PROMPT)
        return text.strip() if isinstance(text, str) else ""


def find(endpoints: Mapping[str, Endpoint], what: str) -> WriterCall | None:
    """How a server with these endpoints does it (ENHANCE, DESCRIBE); None: it does not."""
    for name, stop in _ENDPOINTS[what]:
        endpoint = endpoints.get(name)
        if endpoint is None:
            continue
        pictures = any(component.get("type") == "image" for component in endpoint.inputs)
        fits = pictures if what == DESCRIBE else any(map(_is_prompt, endpoint.inputs))
        if fits and any(map(_is_prompt, endpoint.outputs)):
            return WriterCall(endpoint, endpoints.get(stop))
    return None


def improved(old: str, answer: str) -> str:
    """The answer as a prompt in place of the old one. Raises StudioRefused for what is none.

    Its timed parts are those of the old one. Line breaks, which no timed part can hold, become
    blanks where that is all that is wrong.
    """
    described(answer)
    if answer == old.strip():
        raise StudioRefused(
            "The Studio gave the prompt back unchanged: its language model had nothing to add. "
            "Change some words and ask again, or keep it."
        )
    wanted = _frame(old)
    for text in (answer, _LINE_BREAKS.sub(" ", answer)):
        if _frame(text) == wanted:
            return text
    raise StudioRefused(
        "The Studio's answer was not taken: it does not keep the timed parts of the prompt "
        f"({_told(old)}), it has {_told(answer)}. Ask again, or copy from it what is of use. "
        f"It says: {answer}"
    )


def described(answer: str) -> str:
    """The answer as a text of its own. Raises StudioRefused for an empty one, or an error's."""
    if not answer:
        raise StudioRefused(
            "The Studio gave no text back: somebody stopped it there, or its language model found "
            "nothing to say. Ask again; the Studio's console may say more."
        )
    if _ERROR.match(answer):
        raise StudioRefused(
            f"The Studio gave an error instead of a text: {answer:.600} "
            "Nothing was changed; the Studio's console says more."
        )
    return answer


def _frame(text: str) -> tuple[list[tuple[float, float | None, bool]], str]:
    """What has to stay: the times, which parts say something, and what stands beside them."""
    parsed = prompts.parse(text)
    parts = [(part.start, part.end, bool(part.text)) for part in parsed.parts]
    return parts, " ".join(parsed.loose.split()) if parts else ""


def _told(text: str) -> str:
    parsed = prompts.parse(text)
    named = [prompts.heading(part) for part in parsed.parts]
    if named and parsed.loose:
        named.append("text outside of them")
    return " ".join(named) or "none"


def _is_prompt(component: Mapping[str, Any]) -> bool:
    label = (component.get("props") or {}).get("label")
    return component.get("type") == "textbox" and bare(str(label or "")) == bare(_PROMPT)


def _default(component: Mapping[str, Any]) -> Any:
    return (component.get("props") or {}).get("value")
