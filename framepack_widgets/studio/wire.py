"""What a Studio's answers mean. Pure: values as they came over the wire in, types out.

Outputs are found by what their components are (a video, a markdown text, a label), never by number:
versions differ in how many there are and in which order. Everything textual is another machine's
text: kept as data, escaped by whoever shows it.
"""

from __future__ import annotations

import html as html_entities
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from framepack_widgets.errors import NotAStudio
from framepack_widgets.job import Progress
from framepack_widgets.labels import bare
from framepack_widgets.studio.protocol import Current, Ending

# Labels of text boxes whose value is one of the server's own folders.
OUTPUT_FOLDER = "Output Directory"
METADATA_FOLDER = "Metadata Directory"
LORA_FOLDER = "LoRA Directory"

_SWITCHING = "switching to current job"  # the monitor went over to another job
_PENDING = "waiting in queue"  # ... and this job has not started
_UNKNOWN_JOB = "no job id provided"
_UNDER_WAY = re.compile(r"(?i)generated frames:|^(starting|cancelling) job|^waiting in queue")
_TELLING = re.compile(
    r"(?i)generated frames:|^\s*(completed|error\b|no job id|\S+ing job|job cancel)"
)
_COUNTS = re.compile(r"(?i)queue:.*running:|video required")
# Numbers as a server writes them; what is longer is none.
_WHOLE = r"[0-9]{1,9}"
_DECIMAL = r"[0-9]{1,9}(?:\.[0-9]{0,9})?"


@dataclass(frozen=True)
class Endpoint:
    """One function of the server: its number, and the components that go in and come out."""

    name: str
    fn_index: int
    inputs: tuple[Mapping[str, Any], ...]
    outputs: tuple[Mapping[str, Any], ...]

    def values(self, data: Sequence[Any], kind: str) -> list[tuple[str, Any]]:
        """(label, value) of every output of that kind, in order; of an update its new value."""
        found = []
        for component, value in zip(self.outputs, data):
            if component.get("type") == kind:
                label = str((component.get("props") or {}).get("label") or "")
                is_update = isinstance(value, Mapping) and value.get("__type__") == "update"
                found.append((label, value.get("value") if is_update else value))
        return found

    def pick(self, data: Sequence[Any], kind: str, label: str | None = None) -> Any:
        """The first output of that kind whose label begins so; None where there is none.

        Case, spacing and punctuation of labels do not count.
        """
        for own, value in self.values(data, kind):
            if label is None or bare(own).startswith(bare(label)):
                return value
        return None


def endpoints(config: Mapping[str, Any]) -> dict[str, Endpoint]:
    """The server's named endpoints, without the leading slash."""
    components = {item["id"]: item for item in config.get("components", ())}
    found: dict[str, Endpoint] = {}
    for position, dependency in enumerate(config.get("dependencies", ())):
        name = dependency.get("api_name")
        if not isinstance(name, str):
            continue
        found[name.lstrip("/")] = Endpoint(
            name=name.lstrip("/"),
            fn_index=int(dependency.get("id", position)),
            inputs=tuple(components.get(key, {}) for key in dependency.get("inputs", ())),
            outputs=tuple(components.get(key, {}) for key in dependency.get("outputs", ())),
        )
    return found


def require(found: Mapping[str, Endpoint], name: str, url: str) -> Endpoint:
    """An endpoint that cannot be done without. Raises NotAStudio."""
    if name not in found:
        raise NotAStudio(
            f"The server at {url} has no endpoint /{name}: a Studio too old, too new, or none. "
            "Versions known to work are in docs/compatibility.md."
        )
    return found[name]


def folder(config: Mapping[str, Any], label: str) -> str | None:
    """One of the server's own folders, from the text box with that label."""
    for component in config.get("components", ()):
        props = component.get("props") or {}
        if str(props.get("label", "")).casefold() == label.casefold():
            value = props.get("value")
            return value if isinstance(value, str) and value else None
    return None


def version(config: Mapping[str, Any]) -> str | None:
    """The Studio's version, shown only inside a piece of HTML (`v0.5.1`)."""
    for component in config.get("components", ()):
        if component.get("type") != "html":
            continue
        value = str((component.get("props") or {}).get("value") or "")
        match = re.search(r"\bv(\d+\.\d+(?:\.\d+)*(?:[-.]?\w+)?)\s*<", value + "<")
        if match:
            return match[1]
    return None


def gradio_major(config: Mapping[str, Any]) -> int:
    """The generation of Gradio the server runs on; a Studio's own is 5."""
    head = str(config.get("version") or "").split(".")[0]
    return int(head) if head.isdigit() else 5


def is_studio(config: Mapping[str, Any]) -> bool:
    """Whether a Gradio config is a FramePack Studio's: by what it can do, whatever its title."""
    return "handle_start_button" in endpoints(config)


def file_path(value: Any) -> str | None:
    """The server's path in a video or image value; None for nothing and for 'unchanged'."""
    if isinstance(value, str):
        return value or None
    if not isinstance(value, Mapping) or value.get("__type__") == "update":
        return None
    inner = value.get("video", value.get("image", value))
    if isinstance(inner, Mapping):
        path = inner.get("path")
        return path if isinstance(path, str) and path else None
    return inner if isinstance(inner, str) and inner else None


def current(endpoint: Endpoint, data: Sequence[Any]) -> Current | None:
    """The answer of /check_for_current_job."""
    server_id = _job_id(endpoint, data)
    if not server_id:
        return None
    progress = read_progress(_status_text(endpoint, data), _bars(endpoint, data))
    return Current(
        server_id=server_id,
        progress=Progress(
            **{
                **progress.to_dict(),
                "video": _video(endpoint, data),
                "preview": file_path(endpoint.pick(data, "image", "Next Latents")),
            }
        ),
    )


def _job_id(endpoint: Endpoint, data: Sequence[Any]) -> str | None:
    """The text box that says which job: by its label; the only one needs none."""
    boxes = endpoint.values(data, "textbox")
    named = [value for label, value in boxes if bare(label).endswith("jobid")]
    value = named[0] if named else boxes[0][1] if boxes else None
    return value.strip() or None if isinstance(value, str) else None


def _video(endpoint: Endpoint, data: Sequence[Any]) -> str | None:
    """The render's own video; a page may show others beside it."""
    videos = endpoint.values(data, "video")
    named = [value for label, value in videos if bare(label).startswith("finishedframes")]
    return file_path(named[0] if named else videos[0][1] if videos else None)


def _status_text(endpoint: Endpoint, data: Sequence[Any]) -> str:
    """What is said of the job; counts of the queue and notices may stand beside it."""
    texts = [str(value) for _, value in endpoint.values(data, "markdown") if value]
    telling = [text for text in texts if _TELLING.search(text)]
    return (telling or [text for text in texts if not _COUNTS.search(text)] or [""])[0].strip()


def _bars(endpoint: Endpoint, data: Sequence[Any]) -> str:
    """The progress bars; the queue and its counts may be HTML, too."""
    found = endpoint.values(data, "html")
    pieces = [str(value) for label, value in found if value and not bare(label)]
    return ([piece for piece in pieces if "<progress" in piece] or pieces or [""])[0]


def read_progress(text: str, html: str) -> Progress:
    """Numbers from the status text and the progress bars' HTML; what is not there stays at zero."""
    values = [
        (float(value), float(maximum or 100))
        for value, maximum in re.findall(
            rf'<progress[^>]*?value="({_DECIMAL})"(?:[^>]*?max="({_DECIMAL})")?', html
        )
    ]
    bars = [min(1.0, value / maximum) if maximum else 0.0 for value, maximum in values]
    plain = html_entities.unescape(re.sub(r"<[^>]+>", " ", html))
    step, steps, section_eta = _hint(r"Sampling", plain)
    done, total, eta = _hint(r"Total", plain)
    frames = re.search(rf"(?i)generated frames:\s*({_WHOLE})(?!\d)", text)
    sections = round(total / steps) if steps and total else 0
    section = min(sections, (max(done, 1) - 1) // steps + 1) if steps and total else 0
    section_fraction = step / steps if steps else (bars[0] if bars else 0.0)
    fraction = done / total if total else (bars[1] if len(bars) > 1 else 0.0)
    return Progress(
        fraction=min(1.0, fraction),
        section_fraction=min(1.0, section_fraction),
        section=section,
        sections=sections,
        step=step,
        steps=steps,
        eta_s=eta if eta is not None else section_eta,
        frames=int(frames[1]) if frames else 0,
        text=text.strip() or " ".join(plain.split()),
    )


def _hint(word: str, plain: str) -> tuple[int, int, float | None]:
    """`Sampling 10/25  ETA 0:00:42` -> (10, 25, 42.0)."""
    match = re.search(
        rf"{word}\s+({_WHOLE})/({_WHOLE})(?!\d)"
        rf"(?:\s+ETA\s+((?:{_WHOLE} days?, )?{_WHOLE}(?::{_WHOLE})*))?",
        plain,
    )
    if not match:
        return 0, 0, None
    return int(match[1]), int(match[2]), _duration(match[3])


def _duration(text: str | None) -> float | None:
    """`1 day, 2:03:04` or `0:00:42` in seconds."""
    if not text:
        return None
    days, _, clock = text.rpartition(",")
    seconds = 0
    for part in clock.strip().split(":"):
        seconds = seconds * 60 + int(part)
    return float(seconds + (int(days.split()[0]) * 86400 if days else 0))


def submitted_id(endpoint: Endpoint, data: Sequence[Any]) -> str | None:
    """The new job's id in the answer of /handle_start_button."""
    return _job_id(endpoint, data)


def ending(endpoint: Endpoint, messages: Sequence[Mapping[str, Any]]) -> Ending | None:
    """A job's own final state from all messages of a /monitor_job stream.

    None where the monitor went over to another job, or did not come to an end: its answer is not
    ours then, whatever it says.
    """
    if any(is_switching(message) for message in messages):
        return None
    last = next((m for m in reversed(messages) if m.get("msg") == "process_completed"), None)
    if last is None or last.get("success") is False:
        return None
    output = last.get("output")
    data = output.get("data") if isinstance(output, Mapping) else None
    if not isinstance(data, (list, tuple)):
        return None
    text = _status_text(endpoint, data)
    if _UNKNOWN_JOB in text.lower():
        return Ending(outcome=text, video=None, known=False)
    if not text or _UNDER_WAY.search(text):
        return None  # it broke off while something was rendered
    return Ending(outcome=text, video=_video(endpoint, data))


def is_switching(message: Mapping[str, Any]) -> bool:
    """Whether a monitor says here that it goes over to another job."""
    return _says(message.get("output"), _SWITCHING)


def is_pending(message: Mapping[str, Any]) -> bool:
    """Whether a monitor says here that the job has not started."""
    return _says(message.get("output"), _PENDING)


def _says(output: Any, phrase: str) -> bool:
    """Whether a text begins with it; further in it would be a prompt that is told."""
    if isinstance(output, str):
        return output.lstrip().lower().startswith(phrase)
    if isinstance(output, Mapping):
        output = output.values()
    elif not isinstance(output, (list, tuple)):
        return False
    return any(_says(item, phrase) for item in output)


def join_path(directory: str, name: str) -> str:
    """A file in one of the server's folders, in the server's own way of writing paths."""
    separator = "\\" if "\\" in directory and "/" not in directory else "/"
    return directory.rstrip("\\/") + separator + name
