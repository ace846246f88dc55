"""How a Clip, a Job and a Studio show themselves in a notebook.

Registered with IPython by name, so that none of them knows this module: `register()` is called
when the package's public names are first used in a kernel. What is shown is plain HTML that also
stands in a saved notebook: a poster and the facts, never the video's bytes. Every text is escaped:
prompts, names and messages come from people, files and another machine.
"""

from __future__ import annotations

import base64
import html
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from framepack_widgets.errors import FramePackError
from framepack_widgets.images import ImageData
from framepack_widgets.locations import jupyter_root

if TYPE_CHECKING:
    from framepack_widgets.clip import Clip
    from framepack_widgets.live_job import Job
    from framepack_widgets.session import Studio
    from framepack_widgets.settings import Settings

POSTER_LIMIT = 40_000  # bytes; a saved notebook holds one for every clip that was shown
_POSTER_WIDTHS = (480, 360, 240, 160)  # px
_VERIFIED = {
    "stamp": "yes: it carries this job's own stamp",
    "id": "yes: the server named this file for this job",
    "settings": "its settings agree; the frames are not proven",
    None: "no",
}


def register() -> None:
    """Tell IPython how to show our objects, if this process is an IPython one. Idempotent."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is None:
        return
    formatter = shell.display_formatter.formatters["text/html"]
    formatter.for_type_by_name("framepack_widgets.clip", "Clip", clip_html)
    formatter.for_type_by_name("framepack_widgets.live_job", "Job", job_html)
    formatter.for_type_by_name("framepack_widgets.session", "Studio", studio_html)


def clip_html(clip: Clip) -> str:
    """A player with a poster where the page can reach the file, and the facts."""
    try:
        facts = [
            ("length", f"{clip.seconds:.2f} s" + (", partial" if clip.partial else "")),
            ("size", f"{clip.width} × {clip.height} px, {clip.size / 1e6:.1f} MB"),
            ("proven", _VERIFIED.get(clip.verified, str(clip.verified))),
            ("file", str(clip.path)),
        ]
        poster = base64.b64encode(_poster(clip)).decode("ascii")
    except FramePackError as error:
        return f"<div>{_text(repr(clip))}: {_text(error)}</div>"
    url = url_of(clip.path)
    source = f' src="{html.escape(url)}"' if url else ""
    player = (
        f'<video controls loop preload="none" width="{min(clip.width, 480)}"{source} '
        f'poster="data:image/jpeg;base64,{poster}"></video>'
    )
    return f"<div>{player}{_table(facts)}{_settings(clip.settings)}</div>"


def job_html(job: Job) -> str:
    """Where a job stands, at the moment it is shown; its clip when there is one."""
    parts = [f"<b>Job {_text(job.id)}</b>: {_text(job.state)}"]
    if not job.done:
        parts.append(_bars(job))
    parts += [_text(note) for note in (job.message, job.trouble, *job.notes) if note]
    head = "<br>".join(parts)
    clip = job.clip
    body = clip_html(clip) if clip is not None else _settings(job.settings)
    return f"<div><p>{head}</p>{body}</div>"


def studio_html(studio: Studio) -> str:
    """What `connect` found."""
    facts = [
        ("address", studio.url),
        ("version", studio.version or "not known"),
        ("models", ", ".join(studio.models)),
        ("LoRAs", ", ".join(studio.loras) or "none"),
        ("library", str(studio.library.path)),
    ]
    if studio.trouble:
        facts.append(("trouble", studio.trouble))
    return f"<div><p><b>FramePack Studio</b></p>{_table(facts)}</div>"


def url_of(path: Path) -> str | None:
    """The address at which a notebook's page can play a file, relative to the notebook.

    Jupyter resolves it against the notebook's folder, which is the kernel's working folder, and
    serves what lies below its root, hidden folders left out. None: no page can play it from there.
    """
    here = Path.cwd().resolve()
    root = jupyter_root()
    root = root.resolve() if root is not None else here
    if not (path.is_relative_to(root) and here.is_relative_to(root)):
        return None
    if any(part.startswith(".") for part in path.relative_to(root).parts):
        return None
    return quote(Path(os.path.relpath(path, here)).as_posix())


def _poster(clip: Clip) -> bytes:
    """The first picture, as wide as the limit on its bytes allows."""
    poster = b""
    for width in _POSTER_WIDTHS:
        poster = clip.poster(width)
        if len(poster) <= POSTER_LIMIT:
            break
    return poster


def _bars(job: Job) -> str:
    progress = job.progress
    parts = [_bar("whole", progress.fraction)]
    if progress.sections:
        label = f"section {progress.section} of {progress.sections}"
        parts.append(_bar(label, progress.section_fraction))
    if progress.eta_s is not None:
        parts.append(f"{progress.eta_s:.0f} s left")
    return "<br>".join([*parts, *([_text(progress.text)] if progress.text else [])])


def _bar(label: str, fraction: float) -> str:
    return f'<progress max="1" value="{fraction:.3f}"></progress> {_text(label)} {fraction:.0%}'


def _settings(settings: Settings | None) -> str:
    if settings is None:
        return "<p>No settings are known for this file.</p>"
    rows = [(name, _value(value)) for name, value in settings.set_values().items()]
    return f"<details><summary>settings</summary>{_table(rows)}</details>"


def _value(value: Any) -> str:
    return "an image" if isinstance(value, ImageData) else str(value)


def _table(rows: Iterable[tuple[str, str]]) -> str:
    cells = "".join(
        f'<tr><th style="text-align:left">{_text(name)}</th>'
        f'<td style="text-align:left">{_text(value)}</td></tr>'
        for name, value in rows
    )
    return f"<table>{cells}</table>"


def _text(value: object) -> str:
    return html.escape(str(value))
