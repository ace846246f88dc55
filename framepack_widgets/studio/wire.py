"""What a Studio's answers mean. Pure: values as they came over the wire in, types out.

Outputs are found by what their components are (a video, a markdown text, a label), never by number:
versions differ in how many there are and in which order. Everything textual is another machine's
text: kept as data, escaped by whoever shows it.
"""

from __future__ import annotations

import base64
import html as html_entities
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from framepack_widgets.errors import NotAStudio
from framepack_widgets.job import Progress
from framepack_widgets.studio.protocol import Current, Ending, QueueRow

# Labels of text boxes whose value is one of the server's own folders.
OUTPUT_FOLDER = "Output Directory"
METADATA_FOLDER = "Metadata Directory"

SWITCHING = "Switching to current job"  # the monitor went over to another job
PENDING = "Waiting in queue"  # ... and this job has not started
_UNKNOWN_JOB = "No job ID provided"
_UNDER_WAY = re.compile(r"(?i)generated frames:|^starting job|^waiting in queue")
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

    def pick(self, data: Sequence[Any], kind: str, label: str | None = None) -> Any:
        """The first output of that kind (and label, ignoring case); None where there is none."""
        for component, value in zip(self.outputs, data):
            if component.get("type") != kind:
                continue
            own = str((component.get("props") or {}).get("label") or "")
            if label is None or own.casefold().startswith(label.casefold()):
                is_update = isinstance(value, Mapping) and value.get("__type__") == "update"
                return value.get("value") if is_update else value
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
    server_id = endpoint.pick(data, "textbox")
    if not server_id:
        return None
    progress = read_progress(
        str(endpoint.pick(data, "markdown") or ""), str(endpoint.pick(data, "html") or "")
    )
    return Current(
        server_id=str(server_id),
        progress=Progress(
            **{
                **progress.to_dict(),
                "video": file_path(endpoint.pick(data, "video")),
                "preview": file_path(endpoint.pick(data, "image", "Next Latents")),
            }
        ),
    )


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
    frames = re.search(rf"Total generated frames:\s*({_WHOLE})(?!\d)", text)
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


def queue_rows(endpoint: Endpoint, data: Sequence[Any]) -> list[QueueRow]:
    """The queue in an answer, a table or a page; empty where the answer carries none."""
    table = endpoint.pick(data, "dataframe")
    cells = table.get("data") if isinstance(table, Mapping) else None
    if isinstance(cells, Sequence) and not isinstance(cells, str):
        return [
            _row(row) for row in cells if isinstance(row, Sequence) and not isinstance(row, str)
        ]
    page = endpoint.pick(data, "html")
    return _rows_of_page(page) if isinstance(page, str) else []


def _row(cells: Sequence[Any]) -> QueueRow:
    texts = [str(cell or "") for cell in cells[:7]] + [""] * 7
    job_id, model, status, created, started, completed, elapsed = texts[:7]
    thumbnail = _inline_png(str(cells[7])) if len(cells) > 7 else None
    job_id = job_id.removesuffix("...").strip()
    return QueueRow(job_id, model, status, created, started, completed, elapsed, thumbnail)


def _rows_of_page(page: str) -> list[QueueRow]:
    """One 0.6-dev sends HTML instead: rows with the full id and the status as a class."""
    rows = []
    for tag in re.findall(r"<[^<>]*\bdata-job-id=[^<>]*>", page):
        job_id = re.search(r"data-job-id=[\"']([^\"']+)", tag)
        status = re.search(r"queue-row-status-([\w-]+)", tag)
        if job_id and status:  # buttons in a row carry the id too
            rows.append(QueueRow(job_id[1].strip(), "", status[1], "", "", "", ""))
    return rows


def _inline_png(cell: str) -> bytes | None:
    match = re.search(r"data:image/\w+;base64,([A-Za-z0-9+/=]+)", cell)
    try:
        return base64.b64decode(match[1]) if match else None
    except ValueError:
        return None  # cut off somewhere


def submitted_id(endpoint: Endpoint, data: Sequence[Any]) -> str | None:
    """The new job's id in the answer of /handle_start_button."""
    value = endpoint.pick(data, "textbox", "Current Job ID") or endpoint.pick(data, "textbox")
    return str(value) if value else None


def ending(endpoint: Endpoint, messages: Sequence[Mapping[str, Any]]) -> Ending | None:
    """A job's own final state from all messages of a /monitor_job stream.

    None where the monitor went over to another job, or did not come to an end: its answer is not
    ours then, whatever it says.
    """
    if any(SWITCHING in str(message.get("output")) for message in messages):
        return None
    last = next((m for m in reversed(messages) if m.get("msg") == "process_completed"), None)
    if last is None or last.get("success") is False:
        return None
    output = last.get("output")
    data = output.get("data") if isinstance(output, Mapping) else None
    if not isinstance(data, (list, tuple)):
        return None
    text = str(endpoint.pick(data, "markdown") or "").strip()
    if _UNKNOWN_JOB in text:
        return Ending(outcome=text, video=None, known=False)
    if not text or _UNDER_WAY.search(text):
        return None  # it broke off while something was rendered
    return Ending(outcome=text, video=file_path(endpoint.pick(data, "video")))


def gallery_timestamps(data: Sequence[Any]) -> list[str]:
    """Timestamps of the renders in the answer of /refresh_gallery, in its order (newest first)."""
    pictures = data[0] if data else None
    if isinstance(pictures, Mapping):
        pictures = pictures.get("value") or pictures.get("root")
    found: list[str] = []
    for item in pictures if isinstance(pictures, (list, tuple)) else ():
        path = file_path(item.get("image", item) if isinstance(item, Mapping) else item)
        if path is None:
            continue
        stem = re.split(r"[\\/]", path)[-1].rsplit(".", 1)[0]
        if re.fullmatch(r"[\d_]{10,}", stem) and stem not in found:
            found.append(stem)
    return found


def join_path(directory: str, name: str) -> str:
    """A file in one of the server's folders, in the server's own way of writing paths."""
    separator = "\\" if "\\" in directory and "/" not in directory else "/"
    return directory.rstrip("\\/") + separator + name
