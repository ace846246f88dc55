"""What the prompt editor says about a prompt: its parts, where they rule, what is wrong with them.

Everything here keeps the user's exact text: segments joined are the prompt, character by character.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from framepack_widgets import prompt
from framepack_widgets.length import FPS, frames, section_latents, sections
from framepack_widgets.models import facts_of

LONGEST = 600.0  # s, five times what a Studio offers
MOST_LINES = 120  # boundaries that are drawn; more would be one grey field
_LATEST = 9999.0  # s; beyond it a number would be written with an exponent

# The same two rules as TIME and UNWRITABLE in static/prompt_text.js.
_TIME = re.compile(r"\d+(\.\d+)?")
_UNWRITABLE = {
    "]": "a “]”, which ends a timed part",
    "\n": "a line break, which a part cannot hold",
}


@dataclass(frozen=True)
class Segment:
    """A stretch of the prompt: a timed part, or what stands outside of the brackets."""

    kind: str
    """"part" or "loose"."""
    raw: str
    """Exactly as in the prompt."""
    start: str = ""
    """s, as written; "" for loose text."""
    end: str = ""
    """s, as written; "": until the next part begins."""
    gap: str = ": "
    """What stands between the times and the text."""
    text: str = ""


@dataclass(frozen=True)
class Draft:
    """A row that is not in the prompt (yet), because it cannot be written there."""

    raw: str
    """The part that it is to replace, as in the prompt; "": a new one."""
    start: str
    end: str
    text: str


@dataclass(frozen=True)
class Setting:
    """What decides, beside the text, which part rules when."""

    seconds: float
    window: int
    model: str | None
    start_frame: bool

    @property
    def is_clip(self) -> bool:
        """Whether any clip is so long; the arithmetic would take for ever on a wild number."""
        return 0 < self.seconds <= LONGEST and self.window > 0


Ruled = list[tuple[float, float, str]]


def segments(text: str) -> list[Segment]:
    """The prompt cut up, without a character lost."""
    found, last = [], 0
    for match in prompt.PART.finditer(text):
        if match.start() > last:
            found.append(Segment("loose", text[last : match.start()]))
        start, end, words = match.groups()
        times = len(f"[{start}s") + (len(f"-{end}s") if end else 0)
        gap = text[match.start() + times : match.start(3)]
        found.append(Segment("part", match.group(0), start, end or "", gap, words))
        last = match.end()
    if last < len(text):
        found.append(Segment("loose", text[last:]))
    return found


def why_not(draft: Draft) -> str:
    """Why a row cannot be written as a timed part, and what to do; "" where it can."""
    for name, time in (("start", draft.start), ("end", draft.end)):
        if (time or name == "start") and not _TIME.fullmatch(time):
            example = "2 or 2.5" if name == "start" else "3.5, or nothing"
            return f"Its {name} {time!r} is no time: write seconds like {example}."
    for character, words in _UNWRITABLE.items():
        if character in draft.text:
            return f"Its text has {words}. Take it out."
    if not draft.raw and not draft.text.strip():
        return "Write what happens from then on."
    return ""


def state(text: str, setting: Setting, drafts: Sequence[Draft] = ()) -> dict[str, Any]:
    """All that the page shows beside the text itself, made of what JSON knows. Raises nothing."""
    cut = segments(text)
    ruled = _ruled(text, setting)
    said = prompt.problems(text, setting.seconds)
    rows = [{**asdict(segment), **_remarks(segment, text, setting, ruled, said)} for segment in cut]
    loose_said = [line for line in said if not any(line in row["problems"] for row in rows)]
    return {
        "segments": rows,
        "drafts": _placed(drafts, cut),
        "bar": _bar(cut, ruled, setting),
        "problems": loose_said,
        "notes": _notes(cut, setting),
        "next_start": _next_start(cut, setting),
    }


def _ruled(text: str, setting: Setting) -> Ruled:
    if not setting.is_clip:
        return []
    return prompt.as_rendered(
        text, setting.seconds, setting.window, setting.model, start_frame=setting.start_frame
    )


def _remarks(
    segment: Segment, text: str, setting: Setting, ruled: Ruled, said: Iterable[str]
) -> dict[str, Any]:
    if segment.kind == "loose":
        if not segment.raw.strip():
            return {"times": "", "rules": "", "problems": []}
        times, words, name = "from 0 s", prompt.parse(text).loose, "The text outside"
    else:
        part = _part_of(segment)
        times = _times(part, text, setting) if ruled else ""
        words, name = part.text, prompt.heading(part)
    rules = _rules(words, ruled)
    problems = [line for line in said if name in line]
    if ruled and not rules:
        problems.append("No time of this clip gets this text.")
    return {"times": times, "rules": rules, "problems": problems}


def _part_of(segment: Segment) -> prompt.PromptPart:
    end = float(segment.end) if segment.end else None
    return prompt.PromptPart(float(segment.start), end, segment.text.strip())


def _times(part: prompt.PromptPart, text: str, setting: Setting) -> str:
    """Where the server moves it: "2.0 s → 2.2 s, until 4.0 s → 4.4 s"."""
    parsed = prompt.parse(text)
    later = [other.start for other in parsed.parts if other.start > part.start]
    following = part.end if part.end is not None else min(later, default=setting.seconds)
    start, end = prompt.snapped(part.start, following, setting.window)
    until = _moved(following, end)
    if part.end is None and not later:
        until = "the end"
    return f"{_moved(part.start, start)}, until {until}"


def _moved(asked: float, got: float) -> str:
    same = math.isclose(asked, got, abs_tol=0.005)
    return _s(asked) if same else f"{_s(asked)} → {_s(got)}"


def _s(time: float) -> str:
    text = f"{time:.2f}"
    return f"{text.removesuffix('0')} s"


def _rules(words: str, ruled: Ruled) -> str:
    """Which time of the clip a text really gets."""
    if not ruled:
        return ""
    spans = [f"{_s(start)[:-2]} to {_s(end)}" for start, end, text in ruled if text == words]
    if not spans:
        return ""
    return f"rules {' and '.join(spans)} of the clip"


def _bar(cut: Sequence[Segment], ruled: Ruled, setting: Setting) -> dict[str, Any] | None:
    """The timeline, or None where there is nothing to tell apart."""
    if not ruled or not any(segment.kind == "part" for segment in cut):
        return None
    rows = [index for index, segment in enumerate(cut) if segment.raw.strip()]
    texts = {_words(cut[index]): number for number, index in enumerate(rows, 1)}
    lines = prompt.boundaries(setting.seconds, setting.window)
    return {
        "length": round(ruled[-1][1], 3),
        "lines": lines if len(lines) <= MOST_LINES else [],
        "pieces": [
            {"start": round(start, 3), "end": round(end, 3), "text": words,
             "row": texts.get(words, 0)}
            for start, end, words in ruled
        ],
    }  # fmt: skip


def _words(segment: Segment) -> str:
    return (segment.text if segment.kind == "part" else segment.raw).strip()


def _notes(cut: Sequence[Segment], setting: Setting) -> list[str]:
    if not any(segment.kind == "part" for segment in cut):
        return []
    if not setting.is_clip:
        return [f"Set a video length of 1 to {LONGEST:g} s to see which part rules when."]
    count = sections(setting.seconds, setting.window)
    facts = facts_of(setting.model)
    one = 4 * setting.window / FPS
    step = prompt.snapped(0, 0, setting.window)[1]
    said = []
    if facts.from_end:
        said.append(
            f"This model renders from the end: section 1 of {count} is the clip's last {_s(one)}."
        )
    elif not facts.known:
        said.append("How this model works is not known: shown as for one that renders forwards.")
    said.append(f"The server moves every time to the nearest multiple of {_s(step)}.")
    made = section_latents(count, setting.window, setting.model, start_frame=setting.start_frame)
    length = frames(made[-1]) / FPS
    if not math.isclose(length, setting.seconds, abs_tol=0.005):
        said.append(f"{_s(setting.seconds)} asked for become a clip of {_s(length)}.")
    return said


def _next_start(cut: Sequence[Segment], setting: Setting) -> str:
    """Where a new part would begin: at the boundary after the last one."""
    if not any(segment.raw.strip() for segment in cut):
        return "0"
    starts = [float(segment.start) for segment in cut if segment.kind == "part"]
    last = max(starts, default=0.0)
    later = []
    if setting.is_clip:
        taken = prompt.snapped(last, last, setting.window)[0]
        later = [t for t in prompt.boundaries(setting.seconds, setting.window) if t > taken + 1e-6]
    return f"{round(later[0], 2) if later else math.floor(min(last, _LATEST)) + 1:g}"


def _placed(drafts: Sequence[Draft], cut: Sequence[Segment]) -> list[dict[str, Any]]:
    """Each draft with the number of the segment that it is to replace; -1: a new one."""
    free = list(range(len(cut)))
    placed = []
    for draft in drafts:
        at = next((index for index in free if draft.raw and cut[index].raw == draft.raw), -1)
        if at >= 0:
            free.remove(at)
        placed.append({**asdict(draft), "at": at, "why": why_not(draft)})
    return placed
