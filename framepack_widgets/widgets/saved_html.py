"""Clips and jobs as plain HTML: what stands in a saved notebook that no kernel belongs to.

A poster and the facts, never the video's bytes or an address that may hold another file by then.
Every text is escaped: prompts, names and messages come from people, files and another machine.
JupyterLab shows it also where it trusts a notebook's outputs no more; it keeps what is used here.
"""

from __future__ import annotations

import base64
import html
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from framepack_widgets.descent import Descent, describe
from framepack_widgets.errors import FramePackError
from framepack_widgets.images import ImageData
from framepack_widgets.job import ADOPTED, RENDER

if TYPE_CHECKING:
    from framepack_widgets.clip import Clip
    from framepack_widgets.live_job import Job
    from framepack_widgets.settings import Settings

POSTER_LIMIT = 40_000  # bytes; a saved notebook holds one for every clip that was shown
_POSTER_WIDTHS = (480, 360, 240, 160, 80)  # px
_VERIFIED = {
    "stamp": "yes: it carries this job's own stamp",
    "id": "yes: the server named this file for this job",
    "settings": "its settings agree; the frames are not proven",
    None: "no: nothing says which settings made it",
}


def clip_facts(clip: Clip, now: Clip | None = None) -> list[tuple[str, str]]:
    """What there is to say about a clip: (name, text). Raises LibraryError.

    now: the same file as read just now; a Clip may have read an older one.
    """
    now = now or type(clip)(clip.path)
    facts = [
        ("length", f"{now.seconds:.2f} s, {now.frame_count} frames at {now.fps:g} per second"),
        ("size", f"{now.width} × {now.height} px, {file_size(now.size)}"),
        ("file", str(clip.path)),
    ]
    came = describe(Descent(clip.origin, clip.parents, clip.operation))
    if came:
        facts.insert(2, ("made", came))
    if clip.origin in (RENDER, ADOPTED):  # the others were made from clips that have a proof
        facts.insert(2, ("proven", _VERIFIED.get(clip.verified, str(clip.verified))))
    if clip.partial:
        facts.insert(1, ("partial", "yes: it is shorter than its settings ask for"))
    return facts


def clip_html(clip: Clip) -> str:
    """A poster, the facts and the settings; why not, where the file cannot be read."""
    try:
        now = type(clip)(clip.path)
        facts = clip_facts(clip, now)
        poster = base64.b64encode(poster_of(now)).decode("ascii")
        settings = clip.settings
    except FramePackError as error:
        return f"<div>{_text(repr(clip))}: {_text(error)}</div>"
    picture = (
        f'<img alt="first frame of {_text(clip.path.name)}" width="{min(now.width, 480)}" '
        f'src="data:image/jpeg;base64,{poster}">'
    )
    known = clip.origin in (RENDER, ADOPTED) or settings is not None
    return f"<div>{picture}{table(facts)}{_settings(settings) if known else ''}</div>"


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


def poster_of(clip: Clip) -> bytes:
    """The first picture as JPEG, as wide as the limit on its bytes allows."""
    from framepack_widgets.poster import as_poster

    poster, first = b"", clip.first_frame()
    for width in _POSTER_WIDTHS:
        poster = as_poster(first, width)
        if len(poster) <= POSTER_LIMIT:
            break
    return poster


def table(rows: Iterable[tuple[str, str]]) -> str:
    """Names and texts below each other."""
    cells = "".join(
        f'<tr><th style="text-align:left">{_text(name)}</th>'
        f'<td style="text-align:left">{_text(value)}</td></tr>'
        for name, value in rows
    )
    return f"<table>{cells}</table>"


def file_size(size: int) -> str:
    """Bytes, for people."""
    return f"{size / 1e6:.1f} MB" if size >= 100_000 else f"{size / 1e3:.1f} kB"


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
    return f"<details><summary>settings</summary>{table(rows)}</details>"


def _value(value: Any) -> str:
    return "an image" if isinstance(value, ImageData) else str(value)


def _text(value: object) -> str:
    return html.escape(str(value))
